"""`ctb diagram`: what it draws of a replayed schema, and that Mermaid and Graphviz read it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import sample
from machine import replayed
from pytest_ctb.cli import main
from pytest_ctb.model.visible import visible
from pytest_ctb.report.diagram.dot import dot
from pytest_ctb.report.diagram.entities import Column, Entities, EntityTable, Reference, entities
from pytest_ctb.report.diagram.mermaid import mermaid
from sample import SECOND, change

ROOT = Path(__file__).parent.parent
OWN = ROOT / "docs" / "schema.mermaid"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def url(server):
    """The shared server, as an address."""
    user, password = server.admin["user"], server.admin["password"]
    return f"postgresql://{user}:{quote(password)}@/postgres?host={quote(server.admin['host'])}&port=5432"


@pytest.fixture
def team(tmp_path, monkeypatch, url):
    """A repository of two schemas, and is the working directory; the server is the shared one."""
    sample.write(tmp_path)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\nctb_postgres = {url.replace('%', '%%')}\n")
    change(
        tmp_path,
        SECOND,
        "COMMIT;",
        "CREATE SCHEMA IF NOT EXISTS people;\n"
        "CREATE TABLE IF NOT EXISTS people.buyer (id bigint PRIMARY KEY, likes bigint REFERENCES shop.item (id));\n"
        "CREATE TABLE IF NOT EXISTS people.note (id bigint PRIMARY KEY);\nCOMMIT;",
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run the command; gives what it ended with, and what it said on each stream."""

    def done(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(("diagram", *arguments))
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return done


# What is drawn


def ends(server, child: str, *more: str) -> list[str]:
    """How the references of `s.child` are drawn; `s.parent` has the keys id and (a, b)."""
    text = f"""CREATE SCHEMA s;
CREATE TABLE s.parent (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL, UNIQUE (a, b));
CREATE TABLE s.child ({child});
{"".join(more)}"""
    drawn = mermaid(entities(replayed(server, text, trials=()).schema))
    return re.findall(r"^    \"s\.parent\" (\S+) \"s\.child\" : (.*)$", drawn, re.MULTILINE)


@pytest.mark.parametrize(
    ("child", "more", "drawn"),
    [
        ("id int PRIMARY KEY, x int NOT NULL REFERENCES s.parent", "", [("||..o{", '"x"')]),
        ("id int PRIMARY KEY, x int REFERENCES s.parent", "", [("|o..o{", '"x"')]),
        ("x int NOT NULL UNIQUE REFERENCES s.parent", "", [("||..o|", '"x"')]),
        ("x int UNIQUE REFERENCES s.parent", "", [("|o..o|", '"x"')]),
        ("x int PRIMARY KEY REFERENCES s.parent", "", [("||--o|", '"x"')]),
        ("x int NOT NULL REFERENCES s.parent, n int, PRIMARY KEY (x, n)", "", [("||--o{", '"x"')]),
        # a unique index does what a constraint does, if it is of all rows, and of the columns themselves
        ("x int NOT NULL REFERENCES s.parent", "CREATE UNIQUE INDEX ON s.child (x);", [("||..o|", '"x"')]),
        ("x int NOT NULL REFERENCES s.parent", "CREATE INDEX ON s.child (x);", [("||..o{", '"x"')]),
        ("x int NOT NULL REFERENCES s.parent", "CREATE UNIQUE INDEX ON s.child (x) WHERE x > 0;", [("||..o{", '"x"')]),
        ("x int NOT NULL REFERENCES s.parent", "CREATE UNIQUE INDEX ON s.child (abs(x));", [("||..o{", '"x"')]),
        ("x int NOT NULL REFERENCES s.parent, y int", "CREATE UNIQUE INDEX ON s.child (x) INCLUDE (y);", [("||..o|", '"x"')]),
        ("x int NOT NULL REFERENCES s.parent, y int, UNIQUE (x, y)", "", [("||..o{", '"x"')]),
        # of several columns: one NULL lets go of the parent, unless MATCH FULL wants all or none
        ("x int, y int NOT NULL, FOREIGN KEY (x, y) REFERENCES s.parent (a, b)", "", [("|o..o{", '"x, y"')]),
        ("x int, y int NOT NULL, FOREIGN KEY (x, y) REFERENCES s.parent (a, b) MATCH FULL", "", [("||..o{", '"x, y"')]),
        ("x int, y int, FOREIGN KEY (x, y) REFERENCES s.parent (a, b) MATCH FULL", "", [("|o..o{", '"x, y"')]),
        ("x int UNIQUE, y int, FOREIGN KEY (x, y) REFERENCES s.parent (a, b)", "", [("|o..o|", '"x, y"')]),
        # two to the same table are two
        (
            "x int NOT NULL REFERENCES s.parent, y int REFERENCES s.parent",
            "",
            [("||..o{", '"x"'), ("|o..o{", '"y"')],
        ),
        # the words alone are no NOT NULL
        ("""x int DEFAULT length('is NOT NULL') REFERENCES s.parent""", "", [("|o..o{", '"x"')]),
    ],
)  # fmt: skip
def test_the_ends_of_a_reference_are_those_of_the_schema(server, child, more, drawn):
    assert ends(server, child, more) == drawn


def test_a_reference_for_a_period_may_need_several(server):
    text = """CREATE SCHEMA s;
CREATE TABLE s.parent (id int4range, span daterange, PRIMARY KEY (id, span WITHOUT OVERLAPS));
CREATE TABLE s.child (id int4range NOT NULL, span daterange NOT NULL,
    FOREIGN KEY (id, PERIOD span) REFERENCES s.parent (id, PERIOD span));"""
    drawn = mermaid(entities(replayed(server, text, trials=()).schema))
    assert '"s.parent" }|..o{ "s.child" : "id, span"' in drawn


def test_columns_have_their_keys_types_and_short_comments(server):
    text = """CREATE SCHEMA s; CREATE SCHEMA t;
CREATE TYPE s.state AS ENUM ('on', 'off');
CREATE TABLE s.a (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code varchar(20) NOT NULL UNIQUE, amount numeric(10,2),
    at timestamptz DEFAULT now(), span interval day to second(3), tags text[], state s.state, bits bit varying(8),
    parent bigint REFERENCES s.a, one bigint UNIQUE REFERENCES s.a, old text, long text);
COMMENT ON COLUMN s.a.code IS 'As "printed": 100% so';
COMMENT ON COLUMN s.a.old IS 'DEPRECATED 2025-11-18: nobody knew what it said; use code';
COMMENT ON COLUMN s.a.long IS 'What takes more room to say than a column of a picture has';
CREATE TABLE t.b (state s.state);"""
    assert mermaid(entities(replayed(server, text, trials=()).schema)).splitlines()[1:] == [
        "erDiagram",
        '    "s.a" {',
        "        bigint id PK",
        '        varchar(20) code UK "As #34;printed#34;: 100#37; so"',
        "        numeric(10-2) amount",
        "        timestamptz at",
        "        interval_day_to_second(3) span",
        "        text[] tags",
        "        state state",
        "        varbit(8) bits",
        "        bigint parent FK",
        "        bigint one FK, UK",
        '        text old "DEPRECATED 2025-11-18"',
        "        text long",
        "    }",
        '    "t.b" {',
        "        s_state state",
        "    }",
        '    "s.a" |o..o| "s.a" : "one"',
        '    "s.a" |o..o{ "s.a" : "parent"',
    ]


def test_a_schema_with_a_dot_is_one_schema(server):
    text = 'CREATE SCHEMA "a.b"; CREATE TABLE "a.b".t (id int); CREATE SCHEMA a; CREATE TABLE a.u (id int);'
    found = entities(replayed(server, text, trials=()).schema)
    assert {table.name: table.schema for table in found.tables} == {"a.b.t": "a.b", "a.u": "a"}


# What Mermaid reads

_NAME = r'"[^"%\r\n\v\x08\\]+"'
_WORD = r"[*A-Za-z_\u00C0-\uFFFF\U00010000-\U0010FFFF][A-Za-z0-9\-_\[\]()\u00C0-\uFFFF\U00010000-\U0010FFFF*]*"
_KEYS = r"(?:PK|FK|UK)(?:, (?:PK|FK|UK))*"
_LINE = {
    "entity": re.compile(rf"    {_NAME}( {{)?"),
    "column": re.compile(rf"        ({_WORD}) ({_WORD})(?: {_KEYS})?(?: \"[^\"\n]*\")?"),
    "reference": re.compile(rf"    {_NAME} (?:\|\||\|o|\}}\||\}}o)(?:--|\.\.)(?:o\{{|o\|) {_NAME} : \"[^\"\n]*\""),
}
"""Mermaid's lexer, as far as a diagram of ours goes: erDiagram.jison of versions 10.9 to 12."""


def problems(drawn: str) -> list[str]:
    """The lines of a diagram that Mermaid would not read, or read as something else than a table, column or reference."""
    found = []
    head, kind, *lines = drawn.removesuffix("\n").split("\n")
    assert (head[:2], kind) == ("%%", "erDiagram")
    inside = False
    for line in lines:
        if line == "    }" and inside:
            inside = False
            continue
        entity = None if inside else _LINE["entity"].fullmatch(line)
        column = _LINE["column"].fullmatch(line) if inside else None
        fine = column or entity or (not inside and _LINE["reference"].fullmatch(line))
        # An order of the whole diagram, wherever it stands; a key where a name was meant; generics; markup; an icon.
        other = not inside and re.search(r"direction\s+(TB|BT|RL|LR)", line, re.IGNORECASE)
        if column:
            other = any(re.match(r"(PK|FK|UK)\b|__?.*__?$", word, re.IGNORECASE | re.ASCII) for word in column.groups())
        bare = re.sub(r"#\d+;", " ", line)
        if not fine or other or re.search(r"[~#`<>&$%\\]|:\w", bare):
            found.append(line)
        inside = inside or bool(entity and entity[1])
    return found


NASTY = [
    "Order", "select", "end", "a b", "a.b", 'a"b', "a'b", "a%b", "%%{init: {}}%%", "a\\b", "direction TB", "x direction\tlr y",
    "größe", "注文", "🛒", "pk", "FK", "uk-x", "pkö", "__init__", "_x_", "a _b_ c", "1st", "-", "*", "**b**", "`c`", "~T~", "$$x$$",
    "fa:fa-user", "<b>bold</b>", "<script>alert(1)</script>", "&lt;", "#35;", "a#quot;b", "{", "}", "||--o{", "a:::b", "[x](y)",
    "line\nbreak", "%", "to", "one or zero", "classDef x", "subgraph", "erDiagram", "a\u00a0b", "²", "\x7f", " ", "a,b", "''", "x;y",
]  # fmt: skip


def odd(name: str) -> Entities:
    """A diagram that has the name wherever a name can stand."""
    columns = tuple(
        Column(name, name, required=True, primary=key == 1, unique=key == 2, references=key == 3, comment=name)
        for key in range(4)
    )
    table = EntityTable(f"s.{name}", columns, schema=f"s {name}")
    return Entities((table, EntityTable(name, ())), (Reference(name, (name, name), f"s.{name}", ()),))


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_name_is_read_as_a_name(name):
    assert problems(mermaid(odd(name))) == []


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
@example("pk_")
def test_any_name_is_read_as_a_name(name):
    assert problems(mermaid(odd(name))) == []


@pytest.mark.parametrize(
    "line",
    [
        '    "a%b"', '    "a" {', "        int pk", "        int __x__", "        a.b c", "        numeric(1,2) x", '    "a direction TB"',
        '    "a" ||--o{ "b"', '    "x`y"',
    ],
)  # fmt: skip
def test_the_reader_of_these_tests_refuses_what_mermaid_refuses(line):
    """Or what it takes for something else."""
    opened = '    "t" {\n' if line.startswith("        ") else ""
    closed = "\n    }" if opened else '\n    "x y'
    assert problems(f"%%\nerDiagram\n{opened}{line}{closed}\n")


def test_nasty_names_come_from_the_server_as_they_are(server):
    """Through the catalogs: quoted, of two words, with dots and quotes, not ASCII; keys and references too."""
    names = [one for one in NASTY if one.strip() and len(one.encode()) < 60]
    text = "".join(
        f"CREATE TABLE {quoted} ({quoted} int PRIMARY KEY, p int REFERENCES {quoted});\n"
        f"COMMENT ON COLUMN {quoted}.{quoted} IS E'{escaped}';\n"
        for quoted, escaped in (
            ('"' + name.replace('"', '""') + '"', name.replace("\\", "\\\\").replace("'", "''")) for name in names
        )
    )
    found = entities(replayed(server, text, trials=()).schema)
    assert {table.name for table in found.tables} == {f"public.{name}" for name in names}
    assert {table.columns[0].name for table in found.tables} == set(names)
    assert {reference.target for reference in found.references} == {table.name for table in found.tables}
    assert problems(mermaid(found)) == []


# The command


def test_it_prints_one_diagram_of_all_schemas(team, run):
    code, out, err = run()
    assert (code, err) == (0, "")
    assert re.findall(r'^    ("[^"]+").*\{$', out, re.MULTILINE) == ['"people.buyer"', '"people.note"', '"shop.item"']
    assert '    "shop.item" |o..o{ "people.buyer" : "likes"\n' in out
    assert sorted(path.name for path in team.iterdir()) == ["infra", "migrations", "pytest.ini", "rules"]


@pytest.mark.usefixtures("team")
def test_of_other_schemas_only_names_are_shown(run):
    _, out, _ = run("--schema", "people")
    assert '    "shop.item"\n' in out
    assert "numeric price" not in out
    assert '"shop.item" |o..o{ "people.buyer"' in out
    _, out, _ = run("--schema", "shop")
    assert "people" not in out


def test_a_folder_gets_one_for_all_and_one_for_each(team, run):
    code, out, _ = run("-o", "drawn/")
    assert code == 0
    assert [line.partition(":")[0] for line in out.splitlines()] == [
        "drawn/schema.mermaid", "drawn/schema.people.mermaid", "drawn/schema.shop.mermaid",
    ]  # fmt: skip
    whole, people = ((team / f"drawn/schema{one}.mermaid").read_text() for one in ("", ".people"))
    assert '    "shop.item" {\n' in whole
    assert '    "shop.item"\n' in people
    assert run("--check", "drawn") == (0, "", "")
    (team / "drawn/schema.shop.mermaid").rename(team / "drawn/schema.old.mermaid")
    assert run("--check", "drawn") == (
        1,
        "drawn/schema.old.mermaid: no table is in that schema any more\ndrawn/schema.shop.mermaid: is not there\n",
        "",
    )


def test_what_is_out_of_date_is_told_as_a_patch(team, run):
    run("-o", "schema.mermaid")
    change(team, SECOND, "price numeric", "price numeric(9,2)")
    code, out, _ = run("--check", "schema.mermaid")
    assert code == 1
    assert "-        numeric price\n+        numeric(9-2) price\n" in out
    assert run("-o", "schema.mermaid")[0] == 0  # over the old one
    assert "numeric(9-2) price" in Path("schema.mermaid").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--schema", "nowhere"], "--schema nowhere: this schema has no table (these have some: people, shop)"),
        (["--check", "a", "-o", "b"], "--output and --check exclude each other: use one of them"),
        (["--check", "a.svg", "--format", "svg"], "--check takes Mermaid's text"),
        (["--format", "png"], "'png' is not one of 'mermaid', 'svg'"),
        (["--postgres", "nowhere"], "nowhere"),
        (["-o", "pytest.ini/x.mermaid"], "pytest.ini/x.mermaid: cannot be written"),
        (["--check", "latin"], "latin: is not UTF-8"),
    ],
)
def test_what_cannot_be_told_ends_with_2(team, run, arguments, said):
    (team / "latin").write_bytes(b"\xff")
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_a_migration_that_does_not_apply_is_told_with_its_place(team, run):
    change(team, SECOND, "ALTER TABLE shop.item", "ALTER TABLE shop.nothing")
    code, _, err = run()
    assert code == 2
    assert f"{SECOND}:15: does not apply" in err


def test_without_a_table_there_is_nothing_to_draw(team, run):
    for path in (team / "migrations").iterdir():
        path.unlink()
    (team / "migrations/2025-10-23_create_shop.sql").write_text("CREATE SCHEMA shop;\n")
    code, _, err = run()
    assert (code, err) == (2, "ctb: the migrations make no table: there is nothing to draw\n")


# Graphviz


@pytest.mark.usefixtures("team")
def test_without_graphviz_it_says_how_to_get_it(run, monkeypatch):
    monkeypatch.setenv("PATH", "")
    code, out, err = run("--format", "svg", "-o", "x.svg")
    assert (code, out) == (2, "")
    assert err.startswith("ctb: --format svg needs Graphviz, and no program dot is on the PATH: install it (apt-get ")
    assert not Path("x.svg").exists()


@pytest.mark.graphviz
@pytest.mark.usefixtures("team")
def test_graphviz_draws_every_table_and_reference(run):
    code, out, err = run("--format", "svg")
    assert (code, err) == (0, "")
    svg = ElementTree.fromstring(out)
    texts = [one.text for one in svg.iter(f"{SVG}text")]
    assert {"people", "people.buyer", "people.note", "shop.item", "likes", "numeric"} <= set(texts)
    assert sum(one.get("class") == "edge" for one in svg.iter(f"{SVG}g")) == 1
    assert list(run("--format", "svg", "-o", "drawn/")[1].splitlines())
    assert ElementTree.parse("drawn/schema.people.svg").getroot().tag == f"{SVG}svg"


@pytest.mark.graphviz
def test_graphviz_takes_nasty_names_as_text():
    from pytest_ctb.cli.schema.diagram import _svg

    found = Entities(tuple(table for name in NASTY for table in odd(name).tables), ())
    svg = ElementTree.fromstring(_svg(shutil.which("dot"), dot(found)))
    texts = {"".join(one.itertext()) for one in svg.iter(f"{SVG}text")}
    for name in NASTY:
        shown = re.sub(r"[\t\n]", "\N{REPLACEMENT CHARACTER}", visible(name))
        assert {" ".join(text.split()) for text in texts} >= {" ".join(shown.split())}, name
    assert not list(svg.iter(f"{SVG}script"))


@pytest.mark.graphviz
def test_what_graphviz_refuses_is_told():
    from pytest_ctb.cli.schema.diagram import _svg
    from pytest_ctb.errors import ConfigError

    with pytest.raises(ConfigError, match="syntax error"):
        _svg(shutil.which("dot"), "digraph {")


# This repository's own


def test_our_own_diagram_is_true(monkeypatch, run, url):
    monkeypatch.chdir(ROOT)
    assert run("--check", "docs/schema.mermaid", "--postgres", url) == (0, "", ""), "ctb diagram -o docs/schema.mermaid"
    assert problems(OWN.read_text(encoding="utf-8")) == []
