"""The rules of sqlfluff, one for each guideline that needs only the text, made from the file of the guideline."""

from __future__ import annotations

import contextlib
import os
import sys
import textwrap
import types
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import click
from sqlfluff.core.errors import SQLLintError
from sqlfluff.core.rules import BaseRule, LintResult, RuleContext
from sqlfluff.core.rules.crawlers import RootOnlyCrawler

from pytest_ctb.checks import options_by_check
from pytest_ctb.config.databases import config_around, configs_from
from pytest_ctb.config.ini import Ini, find
from pytest_ctb.config.packaged import packaged, packaged_by_name, rules_path
from pytest_ctb.config.settings import Config
from pytest_ctb.editors import KEYS
from pytest_ctb.editors.sqlfluff_tree import Segments
from pytest_ctb.errors import CtbError, NotJudgedError
from pytest_ctb.guide.declarative import check_of
from pytest_ctb.guide.guideline_files import load as load_guidelines
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.needless import asked_for, why_needless, with_also
from pytest_ctb.guide.questions import by_name, question_of_file
from pytest_ctb.model import Baseline, Finding, Guideline, Level, Migration, Position, Reading, Sizes, Source
from pytest_ctb.repository.baseline import load as load_baseline
from pytest_ctb.repository.files import bytes_shown
from pytest_ctb.repository.folders import load as load_repository
from pytest_ctb.repository.layouts import DEFAULT
from pytest_ctb.repository.migration import parse_migration, reread
from pytest_ctb.repository.paths import relative
from pytest_ctb.repository.sizes import find_sizes

_WIDTH = 120
_PREFIX = "Rule_CTB_"
_ID = "guideline_id"
RuleSettings = tuple[tuple[str, str], ...]
"""The keys of `[sqlfluff:rules]` that are set, which are our ini keys, each with its value."""


class _Warning(LintResult):
    """A finding of the level `warning`: sqlfluff shows it, and ends as if it were not there."""

    def to_linting_error(self, rule: BaseRule) -> SQLLintError | None:
        """As sqlfluff makes it, but a warning."""
        error = super().to_linting_error(rule)
        if error is not None:
            error.warning = True
        return error


def _eval(self: BaseRule, context: RuleContext) -> list[LintResult]:
    """The findings of a rule's guideline in a file. Raises ConfigError where the guidelines cannot be read."""
    path, file = _path(context), context.templated_file
    if path is None or file is None:
        return []
    settings = tuple((key, vars(self)[key]) for key in KEYS if vars(self)[key])
    config = _repository(path.parent, settings)
    name = relative(config.root, path) if config else ""
    if config is None or (config.layout != DEFAULT and name not in _of_layout(config)):
        return []
    guideline = _guidelines(config).get(vars(type(self))[_ID])
    if guideline is None or guideline.level is Level.OFF:
        return []
    if config.layout != DEFAULT and why_needless(guideline, _of_layout(config)[name].tool, _asked(config)):
        return []
    # While sqlfluff repairs, the tree is what the file will be; of a template only its source is a migration.
    text = context.segment.raw if file.source_str == file.templated_str else file.source_str
    data = bytes_shown(path, text) if text == file.source_str else text.encode()
    findings = _new_findings(guideline, _migration(name, data, config), config)
    # Fixes must fit the text in sqlfluff's tree, which lacks a byte order mark and Windows line ends.
    same = data == text.encode() or _migration(name, data, config).problem
    fixable = findings if same else _new_findings(guideline, _migration(name, text.encode(), config), config)
    edits = {(finding.line, finding.column, finding.message): finding.fix for finding in fixable}
    segments, source = Segments(context.segment, text), Source(text)
    repairs = segments.repairs([edit for fix in edits.values() for edit in fix])
    return [
        (_Warning if finding.level is Level.WARNING else LintResult)(
            segments.at(source.offset(Position(finding.line, finding.column)), file),
            fixes=[
                repair
                for edit in edits.get((finding.line, finding.column, finding.message), ())
                for repair in repairs.get(edit, ())
            ],
            description=_description(finding),
        )
        for finding in findings
    ]


def _new_findings(guideline: Guideline, migration: Migration, config: Config) -> list[Finding]:
    """The findings that neither the file allows nor the baseline has."""
    try:
        question = question_of_file(guideline, migration, _baseline(config), _guide(config), _sizes(config))
        findings = judge(question)
    except NotJudgedError:
        return []  # the guideline `replay` reports statements that cannot be read
    return [finding for finding in findings if finding.status == "new" and finding.file == migration.path]


def _path(context: RuleContext) -> Path | None:
    """The path of the file; of text on stdin the path that `--stdin-filename` gives, which rules do not get."""
    path = context.path
    if path is not None and str(path) == "stdin":
        running = click.get_current_context(silent=True)
        name = running.params.get("stdin_filename") if running else None
        path = Path(name) if name else None
    return Path(os.path.normpath(path.absolute())) if path else None


def _repository(folder: Path, settings: RuleSettings = ()) -> Config | None:
    """The repository whose migrations folder holds this folder, searched for upwards; None where there is none.

    Its root is the folder of the file that configures pytest. Where there is none, or `[sqlfluff:rules]` names the
    folders of migrations, the root may be any folder above.
    """
    configured = _ini(folder)
    anywhere = "ctb_migrations" in dict(settings)
    return config_around(folder, configured, lambda root: _configs(root, configured.root, settings), anywhere=anywhere)


@lru_cache(maxsize=1024)
def _ini(folder: Path) -> Ini:
    return find(folder)


@lru_cache(maxsize=64)
def _configs(root: Path, configured_at: Path, settings: RuleSettings) -> tuple[Config, ...]:
    """The configuration of each database."""
    given: dict[str, Any] = dict(settings)
    if "ctb_migrations" in given:
        given["ctb_migrations"] = [part.strip() for part in given["ctb_migrations"].split(",") if part.strip()]
    if "ctb_rules" in given and not rules_path(root, given["ctb_rules"]).exists():
        del given["ctb_rules"]  # where there is no such folder, the guidelines are those that hold without it
    return configs_from(root, _ini(configured_at).values, root, given)


@lru_cache(maxsize=4)
def _guidelines(config: Config) -> Mapping[str, Guideline]:
    """By id."""
    options = options_by_check()
    loaded = load_guidelines(config.root, config.rules, options, config.rules_under)
    return {guideline.id: guideline for guideline in with_also(loaded, config.lines("ctb_also"))}


@lru_cache(maxsize=4)
def _asked(config: Config) -> frozenset[str]:
    return asked_for(config.root, _guidelines(config).values(), config.lines("ctb_also"))


@lru_cache(maxsize=4)
def _guide(config: Config) -> Mapping[str, Guideline]:
    return by_name(_guidelines(config).values())


@lru_cache(maxsize=4)
def _baseline(config: Config) -> Baseline:
    return load_baseline(config.root, config.baseline) if config.baseline.is_file() else Baseline("")


@lru_cache(maxsize=4)
def _sizes(config: Config) -> Sizes | None:
    return find_sizes(config.root, config.sizes, named=config.is_set("ctb_sizes"))


@lru_cache(maxsize=4)
def _migration(path: str, data: bytes, config: Config) -> Migration:
    """A file, parsed once for all rules: sqlfluff runs them one after the other on each file."""
    if config.layout == DEFAULT:
        return parse_migration(data, path, Reading(config.root, config.variables))
    return reread(_of_layout(config)[path], data)


@lru_cache(maxsize=2)
def _of_layout(config: Config) -> Mapping[str, Migration]:
    """The migrations by path, for a layout other than `ctb`: files that roll back are left out."""
    repository = load_repository(config.root, config.migrations, [], config.layout, config.variables)
    return {migration.path: migration for migration in repository.migrations}


def _description(finding: Finding) -> str:
    """The message, with the SQL to write instead where that is one short line of code."""
    lines = finding.instead.strip().splitlines()
    plain = len(lines) == 1 and len(lines[0]) <= _WIDTH and not lines[0].startswith("--")
    return f"{finding.message}. Instead: {lines[0]}" if plain else f"{finding.message}."


_rules: dict[str, type[BaseRule]] = {}
"""The rules by class name. A class is made once: worker processes pickle results by its name."""


def rules() -> list[type[BaseRule]]:
    """The rules of the packaged guidelines, those of the pack `online`, and what nearby repositories add (`forbid:`).

    These are the repositories of the working directory and of the paths on the command line: sqlfluff asks for its
    rules before it says which files it lints.
    """
    guidelines = _guidelines_at(Path.cwd(), tuple(sys.argv[1:]))  # sqlfluff asks for each file
    return [_rules.get(_class_name(guideline)) or _rule(guideline) for guideline in guidelines]


def __getattr__(name: str) -> type[BaseRule]:
    """The class of a rule by name, for unpickling in a process that has not made the rules yet."""
    if name.startswith(_PREFIX):
        rules()
    if name not in _rules:
        raise AttributeError(name)
    return _rules[name]


@lru_cache(maxsize=8)
def _guidelines_at(working: Path, arguments: tuple[str, ...]) -> tuple[Guideline, ...]:
    """The guidelines that need only the text, sorted by code."""
    paths = (Path(os.path.normpath(working / argument)) for argument in ("", *arguments))
    folders = [path if path.is_dir() else path.parent for path in paths if os.path.exists(path)]  # noqa: PTH110  # no error for a name that is too long
    options = options_by_check()
    guidelines = list(load_guidelines(packaged().parent, packaged(), options))
    guidelines += load_guidelines(packaged().parent, packaged_by_name()["online"], options)
    for folder in dict.fromkeys(folders):
        with contextlib.suppress(CtbError):  # a broken configuration is reported when a file is linted
            ini = _ini(folder)
            config = _repository(folder) or _configs(ini.root, ini.root, ())[0]
            ids = {guideline.id for guideline in guidelines}
            guidelines += (guideline for guideline in _guidelines(config).values() if guideline.id not in ids)
    by_code = {guideline.code: guideline for guideline in reversed(guidelines) if check_of(guideline).by_text}
    return tuple(by_code[code] for code in sorted(by_code))


def _class_name(guideline: Guideline) -> str:
    return f"{_PREFIX}{guideline.code}"


def _rule(guideline: Guideline) -> type[BaseRule]:
    """Make the rule of a guideline: code `CTB_CT01`, name `ctb.file_name`."""
    title = guideline.title.replace("{", "{{").replace("}", "}}")  # sqlfluff formats the first line
    what, why = (textwrap.fill(" ".join(text.split()), 100) for text in (guideline.what, guideline.why))
    name = _class_name(guideline)
    # sqlfluff wants each of these in the class itself, and no class between it and BaseRule.
    parts = {
        "__doc__": textwrap.indent(f"{title}.\n\n{what}\n\n{why}\n", "    ").strip() + "\n",
        "__module__": __name__,
        "__qualname__": name,
        "name": f"ctb.{guideline.id.replace('-', '_')}",
        "groups": ("all", "ctb"),
        "config_keywords": list(KEYS),
        "is_fix_compatible": True,
        "crawl_behaviour": RootOnlyCrawler(works_on_unparsable=True),
        "_eval": _eval,
        _ID: guideline.id,
    }
    _rules[name] = types.new_class(name, (BaseRule,), exec_body=lambda namespace: namespace.update(parts))
    return _rules[name]
