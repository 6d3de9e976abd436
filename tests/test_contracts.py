"""`ctb contracts` and what it stands on: what is written, what moved, what a broken file or row is told."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

import sample
from machine import address
from pytest_ctb.cli import main
from pytest_ctb.contracts import (
    Mistake,
    RowValidator,
    contract_changes,
    dump,
    file_name,
    parse_contract,
    table_contracts,
)
from pytest_ctb.contracts.formats import FORMATS, search
from pytest_ctb.contracts.narrow import portable
from pytest_ctb.contracts.row_validator import read_row
from pytest_ctb.replay.witness.catalog import snapshot
from sample import SECOND, change

ROOT = Path(__file__).parent.parent
ITEM = "schemas/shop.item.json"


@pytest.fixture
def team(tmp_path, monkeypatch, server):
    """A repository that holds the guide, and is the working directory."""
    sample.write(tmp_path)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\nctb_postgres = {address(server)}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run the command; gives what it ended with, and what it said on each stream."""

    def done(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["contracts", *arguments])
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return done


@pytest.fixture
def table(server):
    """Give the contract of the table `s.t` that SQL makes."""

    def made(*statements: str):
        with server.login() as own:
            own.autocommit = False
            own.execute("CREATE SCHEMA s")
            for statement in statements:
                own.execute(statement)
            found = table_contracts(snapshot(own, ""))["s.t"]
            own.rollback()
        return found

    return made


# What is written


def test_written_compared_changed_and_written_again(team, run):
    code, out, _ = run()
    assert (code, out) == (0, f"{ITEM}: new\n1 contract in schemas\n")
    contract = json.loads((team / ITEM).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(contract)
    assert contract["required"] == ["id", "name"]
    before = (team / ITEM).read_bytes()
    change(team, ITEM, '"required": ["id", "name"]', '"required": ["id"]')
    edited = (team / ITEM).read_bytes()
    (team / "schemas/shop.gone.json").write_bytes(before.replace(b"shop.item", b"shop.gone"))
    (team / "schemas/event.json").write_text("{}")
    code, out, _ = run("--check")
    assert (code, (team / ITEM).read_bytes()) == (1, edited)
    assert "--- schemas/shop.gone.json\n+++ /dev/null\n" in out
    assert '-  "required": ["id"],\n+  "required": ["id", "name"],\n' in out
    assert out.endswith("2 would change: ctb contracts\n")
    code, out, _ = run()
    assert (code, out.splitlines()) == (
        0,
        [
            f"{ITEM}: written",
            "schemas/shop.gone.json: removed, there is no such table any more",
            "1 contract in schemas",
        ],
    )
    assert (team / ITEM).read_bytes() == before
    assert run("--check") == (0, "1 contract, as the migrations make them\n", "")
    assert {path.name for path in (team / "schemas").iterdir()} == {"event.json", "shop.item.json"}


def test_what_is_no_contract_is_not_written_over(team, run):
    (team / "schemas").mkdir()
    (team / ITEM).write_text('{"mine": true}')
    assert run() == (2, "", f"ctb: {ITEM} is there, and no contract; nothing was changed\n")
    assert (team / ITEM).read_text() == '{"mine": true}'


def test_without_a_schema_nothing_is_written(team, run):
    change(team, SECOND, "shop.item ADD", "shop.nothing ADD")
    code, _, err = run()
    assert code == 2
    assert err.startswith(f'ctb: {SECOND}:15: does not apply: relation "shop.nothing" does not exist')
    assert not (team / "schemas").exists()


def test_the_key_says_where_and_the_platform_s_tables_have_none(team, run):
    (team / "platform.sql").write_text("CREATE SCHEMA auth; CREATE TABLE auth.users (id bigint);")
    (team / "pytest.ini").write_text(
        f"{(team / 'pytest.ini').read_text()}ctb_prelude = platform.sql\nctb_contracts = made/contracts\n"
    )
    assert run() == (0, "made/contracts/shop.item.json: new\n1 contract in made/contracts\n", "")
    assert run("--output", "made/contracts", "--check")[0] == 0


def test_this_repository_s_contracts_are_true(run, monkeypatch, server):
    monkeypatch.chdir(ROOT)
    assert run(f"--postgres={address(server)}", "--check") == (0, "15 contracts, as the migrations make them\n", "")


@pytest.mark.parametrize(
    "arguments", [["--validate", ITEM], ["--table", "a"], ["--validate", "pytest.ini", "--table", "a", "--check"]]
)
@pytest.mark.usefixtures("team")
def test_what_goes_together(run, arguments):
    assert run(*arguments)[0] == 2


# Rows


@pytest.fixture(scope="module")
def text(server) -> str:
    """The contract of the sample's table."""
    with server.login() as own, own.transaction(force_rollback=True):
        own.execute(
            "CREATE SCHEMA shop; CREATE TABLE shop.item (id bigint PRIMARY KEY, name text NOT NULL, price numeric)"
        )
        return dump(table_contracts(snapshot(own, ""))["shop.item"])


@pytest.fixture
def written(tmp_path, monkeypatch, text):
    """A repository with a contract, and without all else."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / ITEM).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(team: Path, *lines: str | bytes) -> list[str]:
    (team / "rows.jsonl").write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines))
    return ["--validate", "rows.jsonl", "--table", "shop.item"]


def test_good_and_bad_rows(written, run):
    good = '{"id": 1, "name": "a"}'
    assert run(*rows(written, good, "", good)) == (0, "2 rows for shop.item: as the contract says\n", "")
    code, out, _ = run(*rows(written, good, '{"id": "1", "nam": null}', "[]", good))
    assert (code, out.splitlines()) == (
        1,
        [
            "rows.jsonl:2: name: is missing, must be text (text); "
            'id: is "1", must be a whole number (bigint, from -9223372036854775808, to 9223372036854775807); '
            "nam: there is no such column; there is id, name, price",
            "rows.jsonl:3: a row is an object, not []",
            "4 rows for shop.item: 2 refused",
        ],
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"id": 1', "Expecting ',' delimiter (column 9)"),
        (b'{"id": 1, "name": "\xff"}', "byte 20 is not UTF-8"),
        (b'{"id": 1, "name": "\\u0000"}', "a text contains \\u0000, which Postgres cannot hold"),
        (b'{"id": 1, "name": "\\ud800"}', "a text contains half of a surrogate pair"),
        (b'{"id": 1, "name": "a", "price": NaN}', "NaN is not JSON; where a column takes it, it is text"),
        (b'{"id": 1, "name": "a", "price": 1e200000}', "1e200000 is a number that Postgres cannot hold"),
        (b"[" * 100000, "it nests too deep to be read"),
    ],
)
def test_a_line_that_is_no_row(written, run, line, said):
    code, out, _ = run(*rows(written, '{"id": 1, "name": "a"}', line, '{"id": 2}'))
    assert code == 2
    assert f"rows.jsonl:2: not a row: {said}\n" in out
    assert out.endswith("3 rows for shop.item: 1 refused, 1 line that is no row\n")


def test_a_table_without_a_contract_and_a_broken_contract(written, run):
    line = rows(written, "{}")
    assert run(*line[:-1], "shop.itme") == (
        2,
        "",
        "ctb: no contract of shop.itme in schemas; did you mean shop.item?\n",
    )
    change(written, ITEM, '"bigint"', '"bigint",')
    code, _, err = run(*line)
    assert code == 2
    assert err.startswith(f"ctb: {ITEM}:14: it is not JSON: ")
    assert run("--validate", "nowhere.jsonl", "--table", "shop.item")[0] == 2


def test_rows_come_from_a_pipe_and_need_no_server(written):
    script = (
        "import sys; from pytest_ctb.cli import main\n"
        "try: main(['contracts', '--validate', '-', '--table', 'shop.item'])\n"
        "except SystemExit as end: print(end.code)\n"
        "print([one for one in ('pytest', 'psycopg') if one in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input='{"id": 1, "name": "a"}\n{}\n',
        capture_output=True,
        text=True,
        check=True,
        cwd=written,
    )
    assert done.stdout.splitlines()[0].startswith("<stdin>:2: id: is missing")
    assert done.stdout.splitlines()[-2:] == ["1", "[]"]


def test_without_jsonschema_it_is_said_how_to_get_it(written):
    script = (
        "import sys; sys.modules['jsonschema'] = None\nfrom pytest_ctb.cli import main\n"
        "main(['contracts', '--validate', '-', '--table', 'shop.item'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input="{}\n", capture_output=True, text=True, check=False, cwd=written
    )
    assert done.returncode == 2
    assert (
        done.stderr == 'ctb: jsonschema, which validates rows, is not installed: pip install "pytest-ctb[contracts]"\n'
    )


def test_a_big_file_takes_no_more_memory(written):
    contract = parse_contract((written / ITEM).read_text())
    line = b'{"id": 1, "name": "%s"}\n' % (b"x" * 1000)
    list(RowValidator(contract).errors([line]))
    tracemalloc.start()
    assert not list(RowValidator(contract).errors(line for _ in range(5000)))
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


# The words of a schema, one by one


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("numeric(5,2)", {"type": ["number", "string", "null"], "minimum": Decimal("-999.99"), "maximum": Decimal("999.99"), "x-scale": 2, "pattern": "^(NaN)$"}),
        ("numeric(30,10) CHECK (c <= 99999999999999999999.9999999998)", {"maximum": Decimal("99999999999999999999.9999999998"), "type": ["number", "null"], "x-scale": 10}),
        ("numeric(3,-2)", {"type": ["integer", "string", "null"], "maximum": 99900, "multipleOf": 100}),
        ("int CHECK (c IN (1, 2)) CHECK (c IN (2, 3))", {"enum": [2, None]}),
        ("text CHECK (c = 'a' OR c IN ('b', 'c'))", {"enum": ["a", "b", "c", None]}),
        ("char(3) NOT NULL CHECK (c IN ('ab', 'abc'))", {"enum": ["ab", "ab ", "abc"]}),
        ("text CHECK (c ~ '^[A-Z]{2}$' AND c <> 'XX')", {"pattern": "^[A-Z]{2}$", "not": {"enum": ["XX"]}}),
        ("text NOT NULL DEFAULT 'x'", {"type": "string"}),
        ("text CHECK (c IS NOT NULL)", {"type": "string"}),
        ("varchar(5)[]", {"type": ["array", "null"], "items": {"type": ["string", "null"], "maxLength": 5}}),
        ("jsonb", {"x-postgres": "jsonb"}),
        ("interval day to second", {"type": ["string", "null"], "x-postgres": "interval"}),
        ("int GENERATED ALWAYS AS (1) STORED", {"readOnly": True}),
        ("real CHECK (c > 0.1)", {"minimum": -Decimal("3.4028235e38")}),
        ("real CHECK (c > 0.5)", {"exclusiveMinimum": Decimal("0.5"), "pattern": "^(NaN|Infinity)$"}),
        ("text STORAGE external COMPRESSION pglz", {"type": ["string", "null"], "x-postgres": "text"}),
    ],
)  # fmt: skip
def test_a_column(table, column, told):
    found = table(f"CREATE TABLE s.t (c {column})")["properties"]["c"]
    assert {key: found[key] for key in told} == told
    assert told.keys() >= found.keys() - {
        "x-postgres",
        "minimum",
        "maximum",
        "maxLength",
        "type",
        "pattern",
        "readOnly",
    }


@pytest.mark.parametrize(
    "check",
    ["a < b", "a % 2 = 0", "a IS NOT NULL OR b IS NOT NULL", "c ~ '^\\d+$'", "c ~* '^a$'", "c COLLATE \"C\" = 'x'", "d > '2020-01-01'",
     "lower(c) = c", "c LIKE 'a%'", "r > 0.1", "octet_length(c) < 3", "c::varchar(2) = 'ab'", "a::text = '1'"],
)  # fmt: skip
def test_a_check_that_has_no_words_is_told_and_not_guessed(table, check):
    made = "CREATE TABLE s.t (a int, b int, c text, d date, r real{})"
    with_it, without = table(made.format(f", CHECK ({check})")), table(made.format(""))
    assert with_it["properties"] == without["properties"]
    assert with_it["$comment"].splitlines()[1].startswith("CHECK ")
    assert "$comment" not in without


def test_half_of_a_check_is_told_in_words(table):
    found = table("CREATE TABLE s.t (a int CHECK (a > 0 AND a % 2 = 0))")
    assert found["properties"]["a"]["exclusiveMinimum"] == 0
    assert "CHECK (((a > 0) AND ((a % 2) = 0)))" in found["$comment"]


def test_what_else_a_table_has(table):
    found = table(
        "CREATE TABLE s.base (id bigint CHECK (id > 5))",
        'CREATE TABLE s.t ("Odd, ""n" text DEFAULT \'a, b\', k int, CONSTRAINT k UNIQUE (k, id), PRIMARY KEY (id)) INHERITS (s.base)',
        "CREATE FUNCTION s.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER fill BEFORE UPDATE OR INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION s.f()",
        "CREATE TRIGGER log AFTER INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION s.f()",
        "COMMENT ON TABLE s.t IS 'Tells\n\"all\"'", "COMMENT ON COLUMN s.t.k IS 'deprecated 2025-10-23: nobody reads it'",
    )  # fmt: skip
    assert list(found["properties"]) == ["id", 'Odd, "n', "k"]
    assert found["properties"]["id"]["exclusiveMinimum"] == 5
    assert found["properties"]["k"]["deprecated"] is True
    assert (found["x-primary-key"], found["x-unique"], found["required"]) == (["id"], [["k", "id"]], ["id"])
    assert found["description"] == 'Tells\n"all"'
    assert found["$comment"].splitlines()[1:] == ["trigger s.t.fill may change or refuse a row before it is looked at"]
    assert parse_contract(dump(found)) == found


def test_a_foreign_name_is_a_safe_file_name():
    assert file_name("shop.item") == "shop.item.json"
    assert file_name('shop.a/..\\"b') == "shop.a%2F..%5C%22b.json"


@pytest.mark.parametrize(
    "one", ["^[A-Z]{2}$", "^(a|b)+$", r"^[^@]+@[a-z]+\.[a-z]{2,}$", "^[A-Za-z0-9._%+-]+$", "^$"[:0] + "^a?$"]
)
def test_a_pattern_that_all_read_alike(one):
    assert portable(one)


@pytest.mark.parametrize(
    "one",
    [
        r"^\d+$",
        "^.$",
        "[a-z]",
        "^a",
        "^a|b$",
        "^a*?$",
        "^(?i)a$",
        "^[[:alpha:]]$",
        r"^\ma$",
        "^ä$",
        "^(a$",
        "^a{2,1000}$",
        "^a++$",
        "***:^a$",
    ],
)
def test_a_pattern_that_somebody_reads_otherwise(one):
    assert not portable(one)


def test_the_end_of_a_pattern_is_the_end_of_the_text():
    assert search("^a$", "a")
    assert not search("^a$", "a\n")


@pytest.mark.parametrize(("form", "text", "right"), [
    ("date", "2024-02-29", True), ("date", "2023-02-29", False), ("date", "infinity", False), ("date-time", "2025-10-23T12:00:00Z", True),
    ("date-time", "2025-10-23 12:00:00Z", False), ("date-time", "2025-10-23T12:00:00", False), ("postgres-date", "0005-02-29 BC", True),
    ("postgres-date", "0004-02-29 BC", False), ("postgres-date", "4714-11-24 BC", False), ("postgres-inet", "::1/129", False), ("uuid", "x", False),
])  # fmt: skip
def test_a_format(form, text, right):
    assert FORMATS[form](text) is right


def test_exact_numbers_stay_exact(table):
    contract = table("CREATE TABLE s.t (c numeric(40,20))")
    text = dump(contract)
    assert '"maximum": 99999999999999999999.99999999999999999999' in text
    asked = RowValidator(contract)
    assert not list(asked.messages(read_row(b'{"c": 1.13}')))
    assert not list(asked.messages(read_row(b'{"c": 1.10000000000000000000000000}')))
    assert list(asked.messages(read_row(b'{"c": 0.000000000000000000001}')))


# What moved

BREAKS = {(False, False): "nobody", (True, False): "readers", (False, True): "writers", (True, True): "both"}


@pytest.mark.parametrize(
    ("before", "after", "whom"),
    [
        ("a int", "a int, b text", "nobody"), ("a int", "a int, b text NOT NULL DEFAULT ''", "nobody"), ("a int", "a int, b text NOT NULL", "writers"),
        ("a int, b text", "a int", "both"), ("a varchar(20)", "a varchar(50)", "readers"), ("a varchar(20)", "a text", "readers"),
        ("a text", "a varchar(20)", "writers"), ("a int", "a bigint", "readers"), ("a bigint", "a smallint", "writers"), ("a int", "a numeric", "readers"),
        ("a int", "a text", "both"), ("a int", "a int NOT NULL", "writers"), ("a int NOT NULL", "a int", "readers"),
        ("a int NOT NULL", "a int NOT NULL DEFAULT 1", "nobody"), ("a int NOT NULL DEFAULT 1", "a int NOT NULL", "writers"),
        ("a text", "a text CHECK (a IN ('x'))", "writers"), ("a text CHECK (a IN ('x'))", "a text", "readers"),
        ("a text CHECK (a IN ('x', 'y'))", "a text CHECK (a IN ('y', 'z'))", "both"), ("a text CHECK (a IN ('x', 'y'))", "a text CHECK (a IN ('y', 'x'))", "nobody"),
        ("a int CHECK (a >= 0)", "a int CHECK (a > 0)", "writers"), ("a int CHECK (a > 0)", "a int CHECK (a >= 0)", "readers"),
        ("a int CHECK (a BETWEEN 1 AND 5)", "a int CHECK (a BETWEEN 2 AND 6)", "both"), ("a float CHECK (a > 0)", "a float CHECK (a > 0 AND a < 9)", "writers"),
        ("a numeric(5,2)", "a numeric(8,2)", "readers"), ("a numeric(8,4)", "a numeric(8,2)", "both"), ("a numeric(5,2)", "a numeric(6,3)", "readers"),
        ("a text", "a date", "writers"), ("a date", "a text", "readers"), ("a date", "a timestamptz", "both"), ("a text[]", "a varchar(3)[]", "writers"),
        ("a jsonb", "a jsonb NOT NULL", "writers"), ("a int", "a int UNIQUE", "writers"), ("a int UNIQUE", "a int", "readers"),
        ("a int, b int", "a int, b int, CHECK (a < b)", "writers"), ("a int, b int, CHECK (a < b)", "a int, b int", "readers"),
        ("a int", "a int GENERATED ALWAYS AS (1) STORED", "writers"), ("a text CHECK (a ~ '^[a-z]$')", "a text CHECK (a ~ '^[A-Z]$')", "both"),
        ("a text CHECK (a <> 'x')", "a text", "readers"), ("a int", "a int, b interval", "nobody"), ("a int, b int", "b int, a int", "nobody"),
        ("a text", "a varchar", "nobody"), ("a int CHECK (a % 2 = 0), b int", "b int, a int CHECK (a % 2 = 0)", "nobody"),
    ],
)  # fmt: skip
def test_whom_a_move_breaks(table, before, after, whom):
    found = contract_changes(
        parse_contract(dump(table(f"CREATE TABLE s.t ({before})"))), table(f"CREATE TABLE s.t ({after})")
    )
    assert BREAKS[any(one.readers for one in found), any(one.writers for one in found)] == whom, found


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("{\n", 2, "it is not JSON"),
        ("[]", 1, "it is not a contract"),
        ('{"properties": {"x-table": {}}}', 1, "it is not a contract: its 'x-table' does not name the table"),
        ('{"a": 1%s}' % ("0" * 5000), 1, "it cannot be read"),
        ('{"x-table": "a.b",\n"$schema": "%s",\n"properties": {},\n"x-unique": [[{}]]}', 4, "'x-unique' cannot be"),
        ('{"x-table": "a.b",\n"$schema": "%s",\n"properties": {"a": {"type": "text"}}}', 3, "'type' cannot be"),
        ('{"x-table": "a.b",\n"$schema": "%s",\n"properties": {"a": {"pattern": "("}}}', 3, "'pattern' cannot be"),
        ('{"x-table": "a.b", "properties": {}}', 1, "its `$schema` is not"),
        ('{"x-table": "a.b",\n"$schema": "%s",\n"properties": {"a": {\n"typ": "string"}}}', 4, "unknown keyword 'typ'"),
        ('{"x-table": "a.b",\n"$schema": "%s",\n"properties": {"a": 3}}', 3, "a schema is an object"),
        ('{"x-table": "a.b",\n"$schema": "%s",\n"properties": {"a": {"minimum":\n"3"}}}', 3, "'minimum' cannot be \"3\""),
        ('{"x-table": "a.b",\n"$schema": "%s",\n"properties": {"a": {"items": {"anyOf": [{},\n{"if": 1}]}}}}', 4, "unknown keyword 'if'"),
    ],
)  # fmt: skip
def test_a_contract_that_was_edited_by_hand(text, line, said):
    found = parse_contract(text.replace("%s", "https://json-schema.org/draft/2020-12/schema"))
    assert isinstance(found, Mistake)
    assert (found.line, found.message.startswith(said)) == (line, True), found


# In pytest


@pytest.fixture
def shop(pytester, server):
    sample.write(pytester.path)
    for path in (pytester.path / "rules").iterdir():
        if path.is_file() and path.name != "data-contract.yml":
            path.unlink()
    (pytester.path / "rules" / "_profile.yml").write_text("extends: none\n")
    (pytester.path / sample.BASE).unlink()
    pytester.makeini(f"[pytest]\nctb_postgres = {address(server)}\n")
    return pytester


def test_the_guideline_in_a_run_and_under_xdist(shop):
    told = shop.runpytest("--ctb")
    assert told.ret == pytest.ExitCode.USAGE_ERROR
    told.stderr.fnmatch_lines(
        ["ERROR: nothing to check: every guideline in * is about what this repository does not have"]
    )
    with pytest.raises(SystemExit):
        main(["contracts"])
    change(shop.path, SECOND, "price numeric", "price numeric NOT NULL")
    result = shop.runpytest("--ctb", "-k", "data-contract", "-n", "2")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [f"{SECOND}:15:*: CT19 data-contract: column shop.item.price breaks writers, not readers: * (not so in {ITEM})"]
    )
    change(shop.path, SECOND, "ALTER TABLE", "-- ctb:allow data-contract: agreed\nALTER TABLE")
    shop.runpytest("--ctb", "-k", "data-contract").assert_outcomes(xfailed=1)


def test_a_folder_that_was_named_must_be_there(shop):
    result = shop.runpytest("--ctb", "--ctb-contracts", "nowhere")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: contracts folder not found: *nowhere (ctb contracts writes it)"])
