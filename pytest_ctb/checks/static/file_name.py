"""CT01: the name of the file, taken apart at its underscores."""

import datetime
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_ctb.checks import Case, check
from pytest_ctb.model import Finding, Position

_SHAPE = re.compile(r"(\d{4}-\d{2}-\d{2})_(.+)\.sql")
_VERB_LIKE = re.compile(r"[a-z]{2,}")
_EXAMPLES = "create, add, fix or another"
_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@dataclass(frozen=True)
class Options:
    """`verbs`: the only words that may follow the date; none given: any but `nouns`, in singular and plural."""

    verbs: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()

    def allow(self, word: str) -> bool:
        """Whether a word may stand where a verb is expected."""
        if self.verbs:
            return word in self.verbs
        singular = re.sub(r"ies$", "y", word)
        return bool(_VERB_LIKE.fullmatch(word)) and not {word, singular, singular.removesuffix("s")} & {*self.nouns}


@check("file-name", options=Options, reads_text=False)
def file_name(case: Case[Options]) -> Iterator[Finding]:
    """Compare with `YYYY-MM-DD_verb_noun.sql`; one finding names all problems.

    Any word of small letters may be the verb, but for those that are surely none (`nouns`), unless a team lists its
    verbs. Where a tool orders the files by their names, its form counts instead.
    """
    name, tool = case.migration.name, case.migration.tool
    if tool.file_name_form:
        if not case.migration.version:
            applied = "the file is not applied" if tool.is_psql else f"{tool.name} does not apply the file"
            message = f"the name {name} is not of the form {tool.file_name_form}: {applied}"
            yield case.finding(Position(1, 1), message, instead="")
        return
    problems = list(_problems(name, case.options))
    if problems:
        yield case.finding(
            Position(1, 1),
            f"the name {name} {'; '.join(problems)}",
            path=shlex.quote(case.subject),
            fixed=shlex.quote(_fixed(case)),
        )


def _problems(name: str, options: Options) -> Iterator[str]:
    shape = _SHAPE.fullmatch(name)
    if shape is None:
        yield "is not of the form YYYY-MM-DD_verb_noun.sql"
        return
    try:
        datetime.date.fromisoformat(shape[1])
    except ValueError:
        yield f"starts with {shape[1]}, which is no day of the calendar"
    if not _SNAKE.fullmatch(shape[2]):
        yield f"has {shape[2]!r} after the date, which is not snake case (lower case, digits, single underscores)"
        return
    verb, _, noun = shape[2].partition("_")
    if not options.allow(verb):
        yield f"has {verb!r} where a verb is expected ({', '.join(options.verbs) or _EXAMPLES})"
    if not noun:
        yield f"has no noun after {verb!r}"


def _fixed(case: Case[Options]) -> str:
    """The nearest valid path; parts that only a person can know are placeholders (`verb`, `noun`)."""
    path, slash, name = case.subject.rpartition("/")
    stem = re.sub(r"\.sql$", "", name, flags=re.IGNORECASE)
    dated = re.match(r"(\d{4})[-_]?(\d{2})[-_]?(\d{2})(?!\d)", stem)
    date, rest = "YYYY-MM-DD", stem
    if dated:
        rest = stem[dated.end() :]
        try:
            date = datetime.date(int(dated[1]), int(dated[2]), int(dated[3])).isoformat()
        except ValueError:
            date = "YYYY-MM-DD"
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", rest).lower())
    if not words or not case.options.allow(words[0]):
        words = ["verb", *words]
    if len(words) == 1:
        words.append("noun")
    return f"{path}{slash}{date}_{'_'.join(words)}.sql"
