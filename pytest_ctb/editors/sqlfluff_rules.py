"""One rule of sqlfluff for each guideline that a text alone can break, made from the guideline's own file."""

from __future__ import annotations

import contextlib
import textwrap
import types
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import click
from sqlfluff.core.rules import BaseRule, LintResult, RuleContext
from sqlfluff.core.rules.crawlers import RootOnlyCrawler

from pytest_ctb.checks import checks
from pytest_ctb.config import ini
from pytest_ctb.editors.sqlfluff_tree import Tree
from pytest_ctb.errors import CtbError, NotJudgedError
from pytest_ctb.guide import guideline_files as guidelines
from pytest_ctb.guide import judge as audit
from pytest_ctb.guide.declarative import check_of
from pytest_ctb.model import Baseline, Finding, Guideline, Level, Migration, Position, Reading, Source
from pytest_ctb.repository import baseline
from pytest_ctb.repository.files import read_bytes
from pytest_ctb.repository.folders import load
from pytest_ctb.repository.layouts import DEFAULT
from pytest_ctb.repository.migration import parse_migration, reread
from pytest_ctb.repository.paths import relative

_WIDTH = 120


def _eval(self: BaseRule, context: RuleContext) -> list[LintResult]:
    """What a rule's guideline says of the file. Raises ConfigError where the guidelines cannot be read."""
    settings: dict[str, Any] = vars(self)
    root = Path.cwd()
    path, file = _path(context), context.templated_file
    if path is None or file is None or not _within(path, settings["ctb_migrations"], root):
        return []
    name = relative(root, path.absolute())
    where = (root, settings["ctb_migrations"], settings["ctb_layout"])
    if settings["ctb_layout"] != DEFAULT and name not in _laid_out(*where):
        return []
    wanted = _loaded(root, _rules(root, settings["ctb_rules"])).get(_IDS[self.code])
    if wanted is None or wanted.level is Level.OFF:
        return []
    # While sqlfluff repairs, the tree is what the file will be; of a template only its source is a migration.
    text = context.segment.raw if file.source_str == file.templated_str else file.source_str
    data = _bytes(path, text) if text == file.source_str else text.encode()
    known = _baseline(root, root / settings["ctb_baseline"])
    new = _new(wanted, _migration(name, data, *where), known)
    # Its fixes are those of the text that it holds, which lacks what it took away: a mark, Windows line ends.
    same = data == text.encode() or _migration(name, data, *where).problem
    fixable = new if same else _new(wanted, _migration(name, text.encode(), *where), known)
    edits = {(one.line, one.column, one.message): one.fix for one in fixable}
    tree, source = Tree(context.segment, text), Source(text)
    repairs = tree.repairs([edit for fix in edits.values() for edit in fix])
    return [
        LintResult(
            tree.at(source.offset(Position(one.line, one.column)), file),
            fixes=[r for edit in edits.get((one.line, one.column, one.message), ()) for r in repairs.get(edit, ())],
            description=_described(one),
        )
        for one in new
    ]


def _new(guideline: Guideline, migration: Migration, known: Baseline) -> list[Finding]:
    """What the guideline says of the file, but for what the file allows and what is known."""
    try:
        found = audit.by_text(guideline, migration, known)
        return [one for one in found if one.status == "new" and one.file == migration.path]
    except NotJudgedError:
        return []  # what cannot be read is told by the guideline `transaction`


def _path(context: RuleContext) -> Path | None:
    """The file; of a text that an editor hands over, the name that it gave, which sqlfluff keeps from its rules."""
    if context.path is None or str(context.path) != "stdin":
        return context.path
    running = click.get_current_context(silent=True)
    named = running.params.get("stdin_filename") if running else None
    return Path(named) if named else None


def _within(path: Path, folders: str, root: Path) -> bool:
    """Whether a file lies in one of the folders of migrations."""
    return any(path.absolute().is_relative_to(root / one.strip()) for one in folders.split(",") if one.strip())


def _rules(root: Path, folder: str) -> Path:
    own = guidelines.chosen(root, folder)
    return own if own.exists() else guidelines.packaged()


@lru_cache(maxsize=4)
def _loaded(root: Path, folder: Path) -> dict[str, Guideline]:
    options = {name: one.options for name, one in checks().items()}
    return {one.id: one for one in guidelines.load(root, folder, options)}


@lru_cache(maxsize=4)
def _baseline(root: Path, path: Path) -> Baseline:
    return baseline.load(root, path) if path.is_file() else Baseline("")


@lru_cache(maxsize=4)
def _migration(path: str, data: bytes, root: Path, folders: str, layout: str) -> Migration:
    """All rules see one file after the other: it is parsed once, as its layout says."""
    if layout == DEFAULT:
        return parse_migration(data, path, Reading(root, _variables(root)))
    own = _laid_out(root, folders, layout)[path]
    return reread(own, data)


@lru_cache(maxsize=2)
def _laid_out(root: Path, folders: str, layout: str) -> Mapping[str, Migration]:
    """The migrations of a layout that is not the guide's; what takes them back is none."""
    found = load(root, [root / one.strip() for one in folders.split(",") if one.strip()], [], layout, _variables(root))
    return {one.path: one for one in found.migrations}


@lru_cache(maxsize=4)
def _variables(root: Path) -> Mapping[str, str]:
    """The values of placeholders, from the ini file that `pytest --ctb` reads."""
    return ini.variables(ini.settings(root)[1].get("ctb_variables"))


def _bytes(path: Path, text: str) -> bytes:
    """The file as it lies on the disk, if that is what sqlfluff read: it knows line ends and encoding no more."""
    try:
        data = read_bytes(path)
    except OSError:  # an editor hands over what is not saved yet
        return text.encode()
    same = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    given = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    return data if same == given or b"\0" in data or "\ufffd" in same else text.encode()


def _described(finding: Finding) -> str:
    """The message; with what to write instead where that has room on a line, and is no comment."""
    lines = finding.instead.strip().splitlines()
    plain = len(lines) == 1 and len(lines[0]) <= _WIDTH and not lines[0].startswith("--")
    return f"{finding.message}. Instead: {lines[0]}" if plain else f"{finding.message}."


def _rule(one: Guideline) -> type[BaseRule]:
    """The rule of a guideline: code `CTB_CT01`, name `ctb.file_name`."""
    title = one.title.replace("{", "{{").replace("}", "}}")  # sqlfluff formats the first line
    what, why = (textwrap.fill(" ".join(each.split()), 100) for each in (one.what, one.why))
    name = f"Rule_CTB_{one.code}"
    # sqlfluff wants each of these in the class itself, and no class between it and BaseRule.
    parts = {
        "__doc__": textwrap.indent(f"{title}.\n\n{what}\n\n{why}\n", "    ").strip() + "\n",
        "__module__": __name__,
        "__qualname__": name,
        "name": f"ctb.{one.id.replace('-', '_')}",
        "groups": ("all", "ctb"),
        "config_keywords": ["ctb_layout", "ctb_migrations", "ctb_rules", "ctb_baseline"],
        "is_fix_compatible": True,
        "crawl_behaviour": RootOnlyCrawler(works_on_unparsable=True),
        "_eval": _eval,
    }
    return types.new_class(name, (BaseRule,), exec_body=lambda namespace: namespace.update(parts))


def _guidelines(root: Path) -> Mapping[str, Guideline]:
    """By code: the packaged ones, and behind them those that the repository at `root` adds, as `forbid:` does."""
    options = {name: one.options for name, one in checks().items()}
    found = list(guidelines.load(guidelines.packaged().parent, guidelines.packaged(), options))
    with contextlib.suppress(CtbError):  # one that is broken is told where a file is linted
        own = _rules(root, str(ini.settings(root)[1].get("ctb_rules") or "rules"))
        found += [one for one in guidelines.load(root, own, options) if one.id not in {one.id for one in found}]
    by_text = (one for one in found if check_of(one).by_text is not None)
    return {one.code: one for one in reversed(list(by_text))}


_FOUND = _guidelines(Path.cwd())
_IDS = {f"CTB_{code}": one.id for code, one in _FOUND.items()}
RULES = tuple(_rule(_FOUND[code]) for code in sorted(_FOUND))
# What a worker process sends back is pickled by the name of its class in this module.
globals().update({one.__name__: one for one in RULES})
