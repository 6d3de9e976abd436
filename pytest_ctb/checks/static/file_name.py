"""CT01: the name of the file, taken apart at its underscores."""

import contextlib
import datetime
import re
import shlex
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_ctb.checks import Case, check
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Finding, Migration, Position
from pytest_ctb.repository import git
from pytest_ctb.sql import purpose

_MOST_WORDS = 8
"""So many words a name has that is made from what a file does."""
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
            fixed = _fixed_for_tool(case)
            instead = f"git mv {shlex.quote(case.subject)} {shlex.quote(fixed)}" if fixed else ""
            yield case.finding(Position(1, 1), message, instead=instead)
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
    """The nearest valid path; parts that nothing says are placeholders (`verb`, `noun`).

    The words of the name stay; what it lacks comes from what the file does. The date is that of the name, else of the
    header, else the day on which the file came to git.
    """
    path, slash, _ = case.subject.rpartition("/")
    stem, date = _stem_and_date(case)
    words = _snake(stem)
    verb, *noun = _purpose(case.migration) or ("verb", "noun")
    if words and not case.options.allow(words[0]):
        words = [verb if case.options.allow(verb) else "verb", *words]
    elif len(words) < 2:
        words = [*(words or [verb if case.options.allow(verb) else "verb"]), *noun]
    return f"{path}{slash}{date or 'YYYY-MM-DD'}_{'_'.join(words)}.sql"


def _fixed_for_tool(case: Case[Options]) -> str:
    """A path of the form that the tool wants, numbered as the name is, else by the date; empty where it needs more."""
    path, slash, name = case.subject.rpartition("/")
    stem, date = _stem_and_date(case)
    digits = re.match(r"\W*[vV]?(\d+)", stem) if not date else None
    number = digits[1] if digits else f"{date:%Y%m%d}000000" if date else ""
    words = "_".join(_snake(stem[digits.end() :] if digits else stem) or _purpose(case.migration) or ["name"])
    form, _, needed = re.sub(r",? or .*|, N.*", "", case.migration.tool.file_name_form).partition(", ")
    numbered, count = re.subn(
        r"\bN(?=_)|\{(?:number|version|timestamp)\}|(?<=\bV)1|Y{4}[MDHS]{10}", number or "N", form
    )
    filled = re.sub(r"(?<![a-z])name(?![a-z])|\{name\}", words, numbered)
    offers = (
        count and not needed and filled != name and not {"{", "/"} & {*filled}
    )  # a folder of its own is no new name
    return f"{path}{slash}{filled}" if offers else ""


def _stem_and_date(case: Case[Options]) -> tuple[str, datetime.date | None]:
    """The name without its date and ending, and the date of the file."""
    stem = re.sub(r"(\.(up|down))?\.sql$", "", case.migration.name, flags=re.IGNORECASE)
    dated = re.match(r"(\d{4})[-_]?(\d{2})[-_]?(\d{2})(?!\d)", stem)
    if dated is None:
        return stem, _date_elsewhere(case)
    try:
        return stem[dated.end() :], datetime.date(int(dated[1]), int(dated[2]), int(dated[3]))
    except ValueError:
        return stem[dated.end() :], None


def _date_elsewhere(case: Case[Options]) -> datetime.date | None:
    field, root = case.migration.header_field("Last Updated"), case.migration.reading.root
    if field:
        with contextlib.suppress(ValueError):
            return datetime.date.fromisoformat(field.value.strip())
    if root is not None:
        with contextlib.suppress(ConfigError):  # no git there: then the day is not known
            return git.added_on(root).get(case.subject)
    return None


def _purpose(migration: Migration) -> list[str]:
    """What the file does in words of snake case, a verb first; empty where the text does not say it."""
    return [word for part in purpose(migration.statements) for word in _snake(part)][:_MOST_WORDS]


def _snake(text: str) -> list[str]:
    plain = (
        unicodedata.normalize("NFKD", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)).encode("ascii", "ignore").decode()
    )
    return re.findall(r"[a-z0-9]+", plain.lower())
