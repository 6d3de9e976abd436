"""The guideline files: complete both ways, worded as promised, and read strictly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cases import cases
from pytest_ctb.checks import Case, check, checks, fill
from pytest_ctb.errors import ConfigError, NotJudgedError
from pytest_ctb.guide import guideline_files as guidelines
from pytest_ctb.guide.judge import judge
from pytest_ctb.model import Level
from pytest_ctb.sql import commands
from registry import GUIDELINES, OF_THE_GUIDE, OPTIONS, PACKS

ROOT = Path(__file__).parent.parent
_LIKE = """code: CT05
title: Transaction
level: error
what: One transaction.
why: Because of the lock on the table.
source: guide
"""


@pytest.mark.registry
def test_every_check_has_its_guideline_and_every_guideline_its_check():
    assert {one.id for one in GUIDELINES} == set(OF_THE_GUIDE)
    assert set(checks()) - set(OF_THE_GUIDE) <= set(PACKS)
    assert len({one.code for one in GUIDELINES}) == len(GUIDELINES)


@pytest.mark.registry
def test_the_codes_are_counted_through():
    """Each code is given once, and none between the first and the last is missing: a code is never used again."""
    assert [guideline.code for guideline in GUIDELINES] == [f"CT{n:02}" for n in range(1, len(GUIDELINES) + 1)]


_BESIDE = (
    r"\b(?P<code>[A-Z]{2}\d\d) (?P<id>[a-z-]+):",  # CT08 no-drop-column: the start of a message
    r"::(?P<id>[a-z-]+) - (?P<code>[A-Z]{2}\d\d) ",  # …sql::no-drop-column - CT08 …: pytest's summary
    r"`(?P<id>[a-z-]+)`(?:\]\([^)]*\))? \((?P<code>[A-Z]{2}\d\d)\)",  # `no-drop-column` (CT08): prose
)


@pytest.mark.registry
def test_the_codes_are_those_that_are_published():
    """Wherever a document shows a code beside an id, they belong together."""
    ids = {guideline.code: guideline.id for guideline in GUIDELINES}
    shown = {
        (pair["code"], pair["id"])
        for document in (ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md"))
        for pattern in _BESIDE
        for pair in re.finditer(pattern, document.read_text(encoding="utf-8"))
    }
    published = {(code, name) for code, name in shown if code in ids and name in ids.values()}
    assert len(published) > len(ids) / 3
    assert published <= set(ids.items())


def test_the_packaged_guidelines_are_these():
    assert guidelines.packaged() == ROOT / "rules"


@pytest.mark.parametrize("guideline", GUIDELINES, ids=lambda one: one.id)
def test_the_prose_teaches(guideline):
    """`what` is a promise, `why` says what goes wrong, the source is a part of the guide; titles hold no braces."""
    assert len(guideline.what) > 30
    assert guideline.what.rstrip().endswith(".")
    assert len(guideline.why) > 80
    assert guideline.source.startswith(("guide, ", "the contract of pytest-ctb, "))
    assert not set("{}") & set(guideline.title)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", guideline.id)


@pytest.mark.parametrize("guideline", GUIDELINES, ids=lambda one: one.id)
def test_examples_go_both_ways_where_migrations_alone_can_show_it(guideline):
    """A guideline whose failing cases all need another file, such as a baseline, may leave its examples out."""
    failing = [case for case in cases() if case.guideline == guideline.id and case.fires]
    alone = any(all(file.startswith("migrations/") for file in case.files) for case in failing)
    if alone or guideline.examples:
        assert guideline.examples["pass"]
        assert guideline.examples["fail"]


def test_no_finding_leaves_a_placeholder(tmp_path):
    """What `instead` names in braces, the check fills: no finding of any case shows a brace of the template."""
    placeholders = {name for one in GUIDELINES for name in re.findall(r"\{(\w+)\}", one.instead)}
    assert placeholders
    for number, case in enumerate(one for one in cases() if one.fires):
        suite = case.write(tmp_path / str(number))
        for question in (one for questions in suite.questions.values() for one in questions if not one.live):
            try:
                findings = judge(question)
            except NotJudgedError:
                continue
            for finding in findings:
                assert not placeholders & set(re.findall(r"\{(\w+)\}", finding.instead)), finding


def test_fill_leaves_other_braces_alone():
    assert fill("{a} {b} '{}' {1}", {"a": "x"}) == "x {b} '{}' {1}"


def test_a_second_check_for_a_guideline_is_refused():
    with pytest.raises(ValueError, match="two checks for one guideline: transaction"):
        check("transaction")(lambda _: iter(()))


def test_a_case_that_asks_for_more_than_its_scope_is_a_mistake():
    guideline = GUIDELINES[0]
    case = Case(guideline, guideline.options, "x", None)
    with pytest.raises(AssertionError, match="file-name declares too small a scope"):
        _ = case.repository
    with pytest.raises(AssertionError, match="file-name declares too small a scope"):
        _ = case.replay


def load(tmp_path, **files):
    folder = tmp_path / "rules"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.yml").write_text(text, encoding="utf-8")
    return guidelines.load(tmp_path, folder, OPTIONS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_LIKE.replace("title", "titel"), "2: unknown key 'titel'; did you mean title?"),
        (
            _LIKE.replace("title", "heading"),
            "2: unknown key 'heading'; a guideline has code, title, level, what, why, ",
        ),
        (_LIKE.replace("what: One transaction.\n", ""), "1: the key 'what' is missing"),
        (_LIKE.replace("CT05", "T5"), "1: the code 'T5' is not two capitals and two digits, as CT01"),
        (_LIKE.replace("error", "fatal"), "3: level 'fatal' is not one of error, warning, off"),
        (_LIKE.replace("One transaction.", "[1, 2]"), "4: 'what' must be text, not [1, 2]"),
        (_LIKE + "code: CT06\n", "7: the key 'code' occurs twice (first on line 1)"),
        (_LIKE + "options: 3\n", "7: 'options' must be a mapping, not 3"),
        (_LIKE + "options:\n  strict: true\n", "8: unknown option 'strict'; there is: none"),
        (_LIKE + "examples:\n  maybe: []\n", "8: examples has two lists, 'pass' and 'fail'"),
        (_LIKE + "examples:\n  pass:\n    - 3\n", "9: an example is SQL, or a mapping of file names to SQL"),
        (_LIKE + "\tbad: yes\n", "7: not valid YAML: the line is indented with a tab; YAML allows only spaces"),
        (_LIKE + "options:\n  a:\n  \tb: c\n", "9: not valid YAML: the line is indented with a tab"),
        (_LIKE + "level: [\n", "8: not valid YAML: "),
        ("- a list\n", "1: a guideline is a mapping of keys to values"),
        ("", "1: a guideline is a mapping of keys to values"),
        (_LIKE.replace("why: Because", "why: &a Because") + "options: *b\n", "7: not valid YAML: "),
        (_LIKE + "options: !!python/object:os.system {}\n", "7: "),
    ],
)
def test_a_mistake_is_told_with_file_and_line(tmp_path, text, message):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, transaction=text)
    assert str(caught.value).startswith(f"rules/transaction.yml:{message}")


def test_all_mistakes_are_told_at_once(tmp_path):
    """Those of one file, and those of the others."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, transaction="code: 7\ntitel: X\nlevel: eror\nwhat: A\n", atomic=_LIKE.replace("CT05", "T5"))
    assert str(caught.value).splitlines() == [
        "rules/atomic.yml:1: the code 'T5' is not two capitals and two digits, as CT01",
        "rules/transaction.yml:1: 'code' must be text, not 7",
        "rules/transaction.yml:2: unknown key 'titel'; did you mean title?",
        "rules/transaction.yml:3: level 'eror' is not one of error, warning, off",
        "rules/transaction.yml:1: the key 'why' is missing",
        "rules/transaction.yml:1: the key 'source' is missing",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("options:\n  tables: company.master\n", "8: 'options.tables' must be a list, not 'company.master'"),
        ("options:\n  tables:\n    - company.master\n    - 7\n", "10: 'options.tables.1' must be text, not 7"),
        ("options: {}\n", "7: the option 'tables' is missing"),
        ("", "1: the option 'tables' is missing"),
    ],
)
def test_options_have_types_and_lines(tmp_path, options, message):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, required_tables=_LIKE + options)
    assert str(caught.value) == f"rules/required-tables.yml:{message}"


def test_a_nested_option_is_told_by_its_line(tmp_path):
    options = "options:\n  title: x\n  fields:\n    Barton ID:\n      example: 1\n"
    with pytest.raises(ConfigError, match=r"^rules/ctb-header.yml:11: 'options.fields.Barton ID.example' must be text"):
        load(tmp_path, ctb_header=_LIKE + options)


def test_a_code_that_is_taken_names_both_places(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, replay=_LIKE, transaction="\n" + _LIKE)
    assert str(caught.value) == "rules/transaction.yml:2: the code CT05 is taken by rules/replay.yml:1"


def test_a_guideline_whose_check_does_not_exist(tmp_path):
    with pytest.raises(
        ConfigError, match=r"^rules/transactions.yml:1: no check is named 'transactions'.*base-schema, "
    ):
        load(tmp_path, transactions=_LIKE)


def test_a_folder_without_guidelines_and_one_that_is_missing(tmp_path):
    with pytest.raises(ConfigError, match="nothing to check: no guideline"):
        load(tmp_path)
    with pytest.raises(ConfigError, match="guidelines folder not found"):
        guidelines.load(tmp_path, tmp_path / "nowhere", OPTIONS)


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "transaction.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"^transaction.yml: cannot be read: "):
        guidelines.load(tmp_path, tmp_path, OPTIONS)


def test_words_that_yaml_takes_for_something_else_stay_words(tmp_path):
    """`off`, `no` and a date are what they say, whatever YAML 1.1 makes of them."""
    text = _LIKE.replace("level: error", "level: off").replace("source: guide", "source: 2025-10-23")
    (one,) = load(tmp_path, transaction=text)
    assert one.level is Level.OFF
    assert one.source == "2025-10-23"


def test_the_commands_of_an_alter_are_found_where_they_stand():
    from pytest_ctb.repository.migration import parse_migration

    sql = "ALTER TABLE ONLY a.b /* x, y */ ADD c int DEFAULT f(1, 2), -- d\n  DROP e, ALTER g SET DEFAULT ',';"
    (statement,) = parse_migration(sql.encode(), "x.sql").statements
    assert [sql[at:].split(maxsplit=1)[0] for at in commands(statement)] == ["ADD", "DROP", "ALTER"]
