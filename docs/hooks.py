"""The pages of the guidelines, made while the site is built: from rules/, the checks, and what they really say.

And the picture of this repository's own schema.
Each failing example is judged, on an embedded Postgres where it takes one, so no message is written by hand. mkdocs
calls `on_config` and `on_files`; https://www.mkdocs.org/user-guide/configuration/#hooks
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import itertools
import sys
import tempfile
import typing
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlfluff
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from pytest_ctb.checks import Check, Scope, checks
from pytest_ctb.cli.project import find
from pytest_ctb.config.packaged import packaged_by_name
from pytest_ctb.guide import guideline_files as guidelines
from pytest_ctb.guide.declarative import check_of
from pytest_ctb.model import Guideline, Repository
from pytest_ctb.postgres import Server, Wanted, choose
from pytest_ctb.report import text
from pytest_ctb.report.diagram.svg import diagram

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))  # the cases of the guidelines, and how a case is judged, are those of the tests
cases = importlib.import_module("cases")
machine = importlib.import_module("machine")

_SQLFLUFF = {rule.code: rule.name for rule in sqlfluff.list_rules()}
_LONG = 30
"""A file of more lines is folded away."""
_NEEDS = {
    Scope.FILE: "the text of the file alone",
    Scope.FILES: "the texts of all files",
    Scope.REPLAY: "a server: the file is applied and watched",
    Scope.CONSUMERS: "a server: each statement is prepared before and after the file is applied",
    Scope.BASE: "a server: the schema that the migrations make",
    Scope.SCHEMA: "a server: the schema that the migrations make",
    Scope.BASELINE: "the baseline, and what its entries' guidelines need",
}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List every guideline in the navigation, by its code."""
    assert config.nav is not None
    (section,) = [one["Guidelines"] for one in config.nav if "Guidelines" in one]
    section += [{f"{one.code} {one.id}": f"guidelines/{one.id}.md"} for one in _guidelines()]
    for name, found in _packs().items():
        section.append({f"Pack {name}": [{f"{one.code} {one.id}": f"guidelines/{one.id}.md"} for one in found]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the guidelines, and their index."""
    found = _guidelines()
    with tempfile.TemporaryDirectory() as made, choose(Wanted("embedded")).offer.start() as server:
        for one in (*found, *(one for pack in _packs().values() for one in pack)):
            page = _Page(one, check_of(one), server, Path(made) / one.id)
            files.append(File.generated(config, f"guidelines/{one.id}.md", content=page.markdown))
        files.append(File.generated(config, "schema.md", content=_schema(server)))
    files.append(File.generated(config, "guidelines/index.md", content=_index(found)))
    return files


def _schema(server: Server) -> str:
    """The page with the picture of this repository's schema: drawn here, since Mermaid would be fetched by readers."""
    drawn = diagram({"": machine.replay(find(ROOT).repository, server, trials=()).schema})
    return f"""---
hide:
  - toc
---

# The schema of this repository

What `infra/` and `migrations/` here make, as the HTML report draws it: a line from a foreign key (ring) to what it
refers to (dot). Names in italics may be NULL. The picture scrolls sideways.

<figure class="ctb-schema" tabindex="0" aria-label="The schema; scrolls sideways">
{drawn}
</figure>

The same as [`ctb diagram`](ctb.md#ctb-diagram) writes it into `docs/schema.mermaid`, which GitHub and GitLab show as a
picture:

??? abstract "docs/schema.mermaid"

    ```text
    --8<-- "docs/schema.mermaid"
    ```
"""


def _guidelines() -> tuple[Guideline, ...]:
    return guidelines.load(ROOT, ROOT / "rules", {name: one.options for name, one in checks().items()})


def _packs() -> dict[str, tuple[Guideline, ...]]:
    """The guidelines of each pack, which hold only where a repository takes them."""
    return {
        name: guidelines.load(ROOT, folder, {name: one.options for name, one in checks().items()})
        for name, folder in packaged_by_name().items()
        if folder.parent.name == "packs"
    }


def _index(found: tuple[Guideline, ...]) -> str:
    needs = {one.id: "server" if checks()[one.id].scope.live else "text" for one in found}
    rows = "\n".join(
        f"| {one.code} | [`{one.id}`]({one.id}.md) | {_line(one.what)} | {needs[one.id]} |" for one in found
    )
    return f"""# Guidelines

Each is one YAML file in `rules/`, and a test for each file that it speaks of. Every page shows what holds, why, what to
write instead, and the very message that its failing examples give: they are judged anew whenever these pages are built.

| code | id | holds when | needs |
|---|---|---|---|
{rows}

{"".join(_pack(name, pack) for name, pack in _packs().items())}
Your own copy of these files may switch one off, make it a warning, or give it other options:
[Writing guidelines](../writing-guidelines.md).
"""


def _pack(name: str, found: tuple[Guideline, ...]) -> str:
    rows = "\n".join(f"| {one.code} | [`{one.id}`]({one.id}.md) | {_line(one.what)} |" for one in found)
    return f"""## The pack `{name}`

These hold where your `rules/_profile.yml` says so: [Writing guidelines](../writing-guidelines.md#profiles-and-packs).

| code | id | holds when |
|---|---|---|
{rows}

"""


@dataclasses.dataclass(frozen=True)
class _Page:
    """One guideline, and the server on which its examples are tried."""

    guideline: Guideline
    check: Check
    server: Server
    folder: Path

    @cached_property
    def markdown(self) -> str:
        one = self.guideline
        parts = [f"# {one.id} ({one.code})", _line(one.what), self._facts(), "## Why", _line(one.why)]
        if one.instead:
            parts += ["## Instead", self._instead()]
        if one.causes:
            parts += ["## Causes", *self._causes()]
        parts += ["## Fails", *self._shown("fail"), "## Passes", *self._shown("pass")]
        parts += ["## Options", *self._options(), "## How it is found", self._found()]
        if one.query or one.observe:
            parts.append(f"```sql\n{one.query or one.observe}\n```")
        parts += ["## To allow it in a file", self._allow()]
        return "\n\n".join(parts) + "\n"

    def _facts(self) -> str:
        one = self.guideline
        name = _SQLFLUFF.get(f"CTB_{one.code}")
        editor = f"`CTB_{one.code}` (`{name}`)" if name else "none: a text alone cannot show it"
        if name and self.check.scope.live:
            editor += ", as far as the text alone shows it"
        return f"""| | |
|---|---|
| Level | `{one.level}`, as `{one.path}` says |
| Needs | {_NEEDS[self.check.scope]} |
| Rule in [sqlfluff and editors](../editors.md) | {editor} |
| Run it alone | `pytest --ctb -k {one.id}` or `-k {one.code}` |
| Where the guide says so | {one.source} |"""

    def _instead(self) -> str:
        kind = "sh" if "git mv" in self.guideline.instead or "iconv" in self.guideline.instead else "sql"
        told = "\n\nA message has the names filled in." if "{" in self.guideline.instead else ""
        return f"```{kind}\n{self.guideline.instead.strip()}\n```{told}"

    def _causes(self) -> Iterator[str]:
        """What is said of findings with a reason of their own."""
        yield "Findings of these causes have a level, a reason and SQL of their own."
        for name, cause in self.guideline.causes.items():
            yield f"### `{name}`\n\nLevel `{self.guideline.level_of(cause)}`. {_line(cause.why)}"
            if cause.instead:
                yield f"```sql\n{cause.instead.strip()}\n```"

    def _shown(self, outcome: str) -> Iterator[str]:
        """The examples of one outcome, each with its files; of failing ones, what the run says of them."""
        for number, (files, said) in enumerate(self._tried[outcome]):
            yield from itertools.starmap(_file, files)
            if said:
                # The reason and the way to allow it are the same each time, and stand on this page.
                shown = said.partition(f"\n\nWhy: {_line(self.guideline.why)[:60]}")[0] if number else said
                yield f'```text title="what pytest --ctb says"\n{shown}\n```'

    @cached_property
    def _tried(self) -> dict[str, list[tuple[list[tuple[str, str]], str]]]:
        """Of each outcome the examples: their files, and what the run says of them."""
        found: dict[str, list[tuple[list[tuple[str, str]], str]]] = {"fail": [], "pass": []}
        for outcome, tried in found.items():
            for number, case in enumerate(self._cases(outcome)):
                suite = case.write(self.folder / f"{outcome}-{number}")
                said = self._said(case, suite)
                assert bool(said) is case.fires, f"{case}: {said}"
                root = suite.repository.root
                # What stands on the branch is not in the folder, and says nothing that is to be expected.
                texts = {name: data.decode() for name, data in case.files.items()}
                texts |= {one: (root / one).read_text("utf-8") for one in texts if (root / one).is_file()}
                tried.append((sorted(texts.items()), said))
        return found

    def _cases(self, outcome: str) -> Iterator[Any]:
        """The guideline's own examples; where one file cannot show it, the first case of the tests."""
        fires = outcome == "fail"
        for number, files in enumerate(self.guideline.examples.get(outcome, ())):
            yield cases.example(self.guideline.id, files, self.folder / f"{outcome}-example-{number}", fires=fires)
        if not self.guideline.examples:
            own = (one for one in cases.cases() if one.guideline == self.guideline.id and one.fires is fires)
            yield from itertools.islice(own, 1)

    def _said(self, case: Any, suite: Any) -> str:
        repository: Repository = suite.repository

        def seen() -> Any:
            return machine.replay(repository, self.server, trials=suite.trials, queries=suite.queries)

        findings = list(cases.judged(case, suite, seen))
        return text(findings, self.guideline, repository.by_path) if findings else ""

    def _options(self) -> Iterator[str]:
        """What there is to choose: as the file has it, and what each name means and is when it is left out."""
        rows = list(_fields(self.check.options, ""))
        if not rows:
            yield "None."
            return
        yield _line(self.check.options.__doc__ or "")
        if "options" in self.guideline.lines:
            yield f'```yaml title="{self.guideline.path}"\n{self._in_the_file()}\n```'
        yield "| option | is | when it is left out |\n|---|---|---|\n" + "\n".join(rows)

    def _in_the_file(self) -> str:
        """The options as the guideline's file has them."""
        lines = (ROOT / self.guideline.path).read_text(encoding="utf-8").splitlines()
        first = self.guideline.lines["options"]
        others = (line for key, line in self.guideline.lines.items() if key and "." not in key)
        return "\n".join(lines[first - 1 : min((line for line in others if line > first), default=len(lines) + 1) - 1])

    def _found(self) -> str:
        return "\n\n".join(_line(part) for part in inspect.cleandoc(self.check.function.__doc__ or "").split("\n\n"))

    def _allow(self) -> str:
        one = self.guideline
        if "ctb:allow" not in self._tried["fail"][0][1]:
            return (
                "No reason in a file would help here: what it finds stays as it is for everybody. To do without this "
                f"guideline, say `level: off` in `rules/{one.id}.yml`, or `level: warning` to be told and not stopped."
            )
        return f"""Above the statement, or in the header for the whole file. Without a reason it allows nothing.

```sql
-- ctb:allow {one.id}: the reason, for those who read the file in a year
```

For the whole repository, say `level: off` in `rules/{one.id}.yml`, or `level: warning` to be told and not stopped."""


def _fields(kind: Any, prefix: str) -> Iterator[str]:
    """A row for each field of an options record, and of the records in it."""
    hints = typing.get_type_hints(kind)
    for one in dataclasses.fields(kind):
        inside = [part for part in getattr(hints[one.name], "__args__", ()) if dataclasses.is_dataclass(part)]
        worded = "a mapping of names to what follows" if inside else _kind(hints[one.name])
        missing = one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
        default = one.default if one.default is not dataclasses.MISSING else "empty"
        shown = "must be there" if missing else _default(default)
        yield f"| `{prefix}{one.name}` | {worded} | {shown} |"
        for record in inside:
            yield from _fields(record, f"{prefix}{one.name}.NAME.")


def _kind(kind: Any) -> str:
    return {str: "text", int: "a whole number", bool: "`true` or `false`"}.get(kind, "a list of texts")


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if value and value != "empty" else "empty"


def _file(name: str, content: str) -> str:
    kind = "yaml" if name.endswith(".yml") else "sql"
    lines = content.rstrip("\n").split("\n")
    if len(lines) <= _LONG:
        return "\n".join([f'```{kind} title="{name}"', *lines, "```"])
    folded = [
        f'??? abstract "{name}, {len(lines)} lines"',
        "",
        *(f"    {one}" for one in (f"```{kind}", *lines, "```")),
    ]
    return "\n".join(folded)


def _line(prose: str) -> str:
    return " ".join(prose.split())
