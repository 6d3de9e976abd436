"""Migrations kept as code: what real Alembic and real Django print of theirs, and what commands of one's own print."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path

import pytest

from pytest_ctb.cli import main
from pytest_ctb.config.databases import configs_from
from pytest_ctb.errors import ConfigError
from pytest_ctb.repository.revisions import migrations, parse_printed
from pytest_ctb.source.command import output_of


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")


def found(pytester, *options: str) -> set[tuple[str, str, int, str]]:
    """Guideline, file, line and status of each finding of a run on real Postgres."""
    pytester.runpytest("--ctb", "--ctb-report", "r.json", *options)
    report = json.loads((pytester.path / "r.json").read_text(encoding="utf-8"))
    return {(one["guideline"], one["file"], one["line"], one["status"]) for one in report["findings"]}


# --- Alembic ----------------------------------------------------------------------------------------------------------

ALEMBIC_INI = """
    [alembic]
    script_location = db
    sqlalchemy.url = postgresql://nobody@nowhere.invalid/none
    """
ENV = """
    from pathlib import Path

    from alembic import context

    with Path("runs").open("a") as runs:
        runs.write("x")
    print("env.py prints what it likes")
    if context.is_offline_mode():
        context.configure(url=context.config.get_main_option("sqlalchemy.url"), literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
    """


def revision(name: str, down: object, up: str, back: str = "pass", head: str = "", more: str = "") -> str:
    """The text of a revision; `up` begins on line 12."""
    lines = [
        f'"""{name}"""', "", "import sqlalchemy as sa", "from alembic import op", "", f"revision = {name!r}",
        f"down_revision = {down!r}", more, head, "", "def upgrade():", textwrap.indent(textwrap.dedent(up).strip("\n"), "    "),
        "", "def downgrade():", textwrap.indent(textwrap.dedent(back).strip("\n"), "    "), "",
    ]  # fmt: skip
    return "\n".join(lines)


TABLE = """
op.create_table(
    "item",
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, server_default="{{ none }} ${of} :these"),
)
"""
ALEMBIC = {
    "pytest.ini": "[pytest]\nctb_source = alembic\nctb_postgres = embedded\n",
    "alembic.ini": ALEMBIC_INI,
    "db/env.py": ENV,
    "db/versions/a_item.py": revision("a", None, TABLE, 'op.drop_table("item")'),
    # Two branches, one of which needs the other, and what joins them.
    "db/versions/z_price.py": revision(
        "z", "a", 'op.add_column("item", sa.Column("price", sa.Numeric))', 'op.drop_column("item", "price")'
    ),
    "db/versions/b_tax.py": revision(
        "b",
        "a",
        'op.execute("ALTER TABLE item ADD COLUMN tax numeric GENERATED ALWAYS AS (price * 0.2) STORED")',
        'op.drop_column("item", "tax")',
        more='depends_on = "z"',
    ),
    "db/versions/m_merge.py": revision("m", ("z", "b"), "pass"),
    "db/versions/n_index.py": revision(
        "n",
        "m",
        """
        with op.get_context().autocommit_block():
            op.create_index("item_name", "item", ["name"], postgresql_concurrently=True, if_not_exists=True)
        """,
        """
        with op.get_context().autocommit_block():
            op.drop_index("item_name", "item", postgresql_concurrently=True, if_exists=True)
        """,
    ),
    "db/versions/o_mixed.py": revision(
        "o",
        "n",
        """
        op.add_column("item", sa.Column("size", sa.Integer))
        with op.get_context().autocommit_block():
            op.create_index("item_size", "item", ["size"], postgresql_concurrently=True)
        """,
        """
        op.drop_index("item_size", "item")
        op.drop_column("item", "size")
        """,
    ),
    "db/versions/p_rows.py": revision(
        "p", "o", "op.get_bind().execute(sa.text(\"INSERT INTO item (id, name) VALUES (1, 'a')\"))", head="# Rollback: none, because the row is wanted in every schema"
    ),
    "db/versions/q_drop.py": revision(
        "q", "p", 'op.drop_column("item", "kind")', 'op.add_column("item", sa.Column("kind", sa.Text, server_default="{{ none }} ${of} :these"))'
    ),
    "db/versions/r_allowed.py": revision(
        "r",
        "q",
        """
        op.add_column("item", sa.Column("note", sa.Text))
        # ctb:allow no-drop-column: nobody reads it since 2024
        op.drop_column("item", "size")
        """,
        """
        op.add_column("item", sa.Column("size", sa.Integer))
        op.create_index("item_size", "item", ["size"])
        op.drop_column("item", "note")
        """,
    ),
    "db/versions/s_needs_rows.py": revision(
        "s",
        "r",
        """
        for row in op.get_bind().execute(sa.text("SELECT id FROM item")).fetchall():
            op.execute(f"UPDATE item SET name = 'a' WHERE id = {row.id}")
        """,
        'raise NotImplementedError("no way back")',
    ),
}  # fmt: skip
SOME = ("-k", "transaction or no-drop-column or replay or rollback or keep-data")
"""The guidelines that these files are about."""


def test_an_alembic_project_is_judged_by_the_sql_that_alembic_prints(pytester):
    """Each finding at the line of the revision that makes the SQL; Alembic's own statements are nobody's."""
    write(pytester.path, ALEMBIC)
    result = pytester.runpytest("--ctb", "--ctb-report", "r.json", "-rs", *SOME)
    report = json.loads((pytester.path / "r.json").read_text(encoding="utf-8"))
    assert [one["file"].removeprefix("db/versions/") for one in report["migrations"]] == [
        "a_item.py", "z_price.py", "b_tax.py", "m_merge.py", "n_index.py", "o_mixed.py", "p_rows.py", "q_drop.py",
        "r_allowed.py", "s_needs_rows.py",
    ]  # fmt: skip
    assert {(one["guideline"], one["file"], one["line"], one["status"]) for one in report["findings"]} == {
        ("transaction", "db/versions/o_mixed.py", 12, "new"),
        ("no-drop-column", "db/versions/q_drop.py", 12, "new"),
        ("rollback-restores", "db/versions/q_drop.py", 15, "new"),  # a warning: the columns are in another order
        ("no-drop-column", "db/versions/r_allowed.py", 14, "allowed"),
        ("rollback-instructions", "db/versions/s_needs_rows.py", 13, "new"),
    }
    result.stdout.fnmatch_lines(
        [
            "ctb: 10 migrations, *",
            "ctb layout: alembic (ctb_source)",
            "*in `ALTER TABLE item DROP COLUMN kind;`: *",
            '    12 |     op.drop_column("item", "kind")',
            "    # ctb:allow no-drop-column: the reason",
        ]
    )
    assert "alembic_version" not in json.dumps(report)


WAYS = """
t = sa.table("item", sa.column("id", sa.Integer), sa.column("name", sa.Text), sa.column("more", postgresql.JSONB))
mood = postgresql.ENUM("sad", "ok%", name="mood", create_type=False)
mood.create(op.get_bind(), checkfirst=True)
op.execute("UPDATE item SET name = 'a' WHERE name LIKE '%b%' AND name <> '12:30'")
op.execute(t.update().where(t.c.id == 5).values(name="c"))
connection = op.get_bind()
connection.execute(sa.text("UPDATE item SET name = :name WHERE id = :id"), {"name": "o'k", "id": 4})
connection.execute(t.insert(), [{"id": 1, "name": "50%"}, {"id": 2, "name": "none"}])
connection.execute(t.update().where(t.c.id == sa.bindparam("which")).values(name="d"), {"which": 7})
op.bulk_insert(t, [{"id": 3, "more": {"a": "b:c"}}])
"""


@pytest.mark.parametrize("asks", [True, False], ids=["a database answers", "nothing answers"])
def test_the_sql_is_what_the_server_would_get(tmp_path, asks):
    """Alembic's own offline mode leaves out the parameters of a connection, and writes each % twice for some drivers."""
    files = {name: ALEMBIC[name] for name in list(ALEMBIC)[:4]}
    files["db/env.py"] = ENV.replace(", literal_binds=True", "")
    head = "from sqlalchemy.dialects import postgresql"
    files["db/versions/b.py"] = revision("b", "a", WAYS, head=head)
    files["db/versions/c.py"] = revision("c", "b", """op.execute("UPDATE item SET name = ':y'")""")
    write(tmp_path, files)
    config = _config(tmp_path, "alembic")
    printed_by = output_of(config, starts_server=asks)
    ways, wrong = parse_printed(printed_by, tmp_path, "alembic").revisions[1:]
    assert [(piece.sql, piece.line) for piece in ways.up] == [
        ("CREATE TYPE mood AS ENUM ('sad', 'ok%');", 14),
        ("UPDATE item SET name = 'a' WHERE name LIKE '%b%' AND name <> '12:30';", 15),
        ("UPDATE item SET name='c' WHERE item.id = 5;", 16),
        ("UPDATE item SET name = 'o''k' WHERE id = 4;", 18),
        ("INSERT INTO item (id, name) VALUES (1, '50%');", 19),
        ("INSERT INTO item (id, name) VALUES (2, 'none');", 19),
        ("UPDATE item SET name='d' WHERE item.id = 7;", 20),
        ("""INSERT INTO item (id, more) VALUES (3, '{"a": "b:c"}');""", 21),
    ]
    assert (wrong.up, wrong.line) == ((), 12)
    assert "the statement has no value for :y" in wrong.error


ASKING = """
bind = op.get_bind()
table = sa.Table("item", sa.MetaData(), autoload_with=bind)
if "name" in table.c:
    op.create_index("item_name", "item", ["name"])
for row in bind.execute(sa.text("SELECT id FROM item")).fetchall():
    op.execute(f"DELETE FROM item WHERE id = {row.id}")
while bind.execute(sa.text("UPDATE item SET name = 'x' WHERE name <> 'x'")).rowcount > 0:
    pass
sa.Table("part", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True)).create(bind)
"""


def test_what_a_revision_asks_a_throwaway_database_answers(tmp_path):
    """What was written before stands in it, what takes back does not, and what fails there is left to the replay."""
    files = {name: ALEMBIC[name] for name in list(ALEMBIC)[:4]}
    files["db/versions/b.py"] = revision(
        "b", "a", "op.get_bind().execute(sa.text(\"INSERT INTO item (id, name) VALUES (7, 'a')\"))",
        'op.get_bind().execute(sa.text("DELETE FROM item"))\nop.drop_table("item")',
    )  # fmt: skip
    files["db/versions/c.py"] = revision("c", "b", ASKING, 'op.drop_table("part")\nop.drop_index("item_name")')
    files["db/versions/d.py"] = revision(
        "d", "c", 'op.get_bind().execute(sa.text("UPDATE lost SET id = :id"), {"id": 1})\nop.execute("SELECT 1")'
    )
    files["db/versions/e.py"] = revision("e", "d", 'op.execute("ALTER TABLE lost ADD x int")\nop.drop_table("part")')
    write(tmp_path, files)
    printed_by = output_of(_config(tmp_path, "alembic"))
    _, rows, asking, failing, last = parse_printed(printed_by, tmp_path, "alembic").revisions
    assert [piece.sql for piece in rows.down] == ["DELETE FROM item;", "DROP TABLE item;"]
    assert [(piece.sql, piece.line) for piece in asking.up] == [
        ("CREATE INDEX item_name ON item (name);", 15),
        ("DELETE FROM item WHERE id = 7;", 17),
        ("UPDATE item SET name = 'x' WHERE name <> 'x';", 18),
        ("CREATE TABLE part (\n    id SERIAL NOT NULL, \n    PRIMARY KEY (id)\n);", 20),
    ]
    assert [piece.sql for piece in failing.up] == ["UPDATE lost SET id = 1;"]
    assert [piece.sql for piece in last.up] == ["ALTER TABLE lost ADD x int;", "DROP TABLE part;"]
    assert not any(entry.error for entry in (rows, asking, failing, last))
    alone = parse_printed(output_of(_config(tmp_path, "alembic"), starts_server=False), tmp_path, "alembic")
    assert "NoInspectionAvailable" in alone.revisions[2].error


def test_the_command_runs_again_only_for_what_changed(pytester):
    write(pytester.path, {name: ALEMBIC[name] for name in list(ALEMBIC)[:4]})
    runs = pytester.path / "runs"
    for _ in range(2):
        assert pytester.runpytest("--ctb", "-m", "ctb_static", *SOME).ret == 0
    assert runs.read_text() == "x"
    write(pytester.path, {"db/versions/z_price.py": ALEMBIC["db/versions/z_price.py"]})
    result = pytester.runpytest("--ctb", "-m", "ctb_static", "-n", "2", *SOME)
    result.stdout.fnmatch_lines(["*workers*"])
    assert (result.ret, runs.read_text()) == (0, "xx")
    write(pytester.path, {"db/versions/z_price.py": ALEMBIC["db/versions/z_price.py"].replace("price", "cost")})
    assert pytester.runpytest("--ctb", "-m", "ctb_static", *SOME).ret == 0
    assert pytester.runpytest("--ctb", "-m", "ctb_static", "--ctb-fresh", *SOME).ret == 0
    assert runs.read_text() == "xxxx"


def test_a_path_on_the_command_line_is_a_revision_and_no_python_test(pytester):
    """By itself pytest imports a Python file that is named, and the packages above it."""
    files = {**{name: ALEMBIC[name] for name in list(ALEMBIC)[:4]}, "db/__init__.py": "raise SystemExit(3)"}
    write(pytester.path, {**files, "db/versions/__init__.py": "raise SystemExit(3)"})
    result = pytester.runpytest("--ctb", "db/versions/a_item.py", "-m", "ctb_static", "-v", *SOME)
    result.stdout.fnmatch_lines(["db/versions/a_item.py::transaction PASSED*"])
    assert set(result.parseoutcomes()) <= {"passed", "deselected"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"alembic.ini": ALEMBIC_INI.replace("postgresql", "sqlite")},
            "a URL of sqlite: to print SQL it has to be one of postgresql",
        ),
        ({"db/env.py": "raise KeyError('DATABASE_URL')"}, "KeyError: 'DATABASE_URL'"),
        ({"db/env.py": "print('no migrations here')"}, "env.py ran no migrations in offline mode"),
        ({"db/versions/b.py": "revision = 'b'\ndown_revision = 'lost'\n"}, "lost"),
        (
            {"db/env.py": "import sqlalchemy as sa\nsa.create_engine('sqlite://').connect()\n"},
            "env.py connects to a database. To print SQL it must not: ",
        ),
    ],
)
def test_what_alembic_cannot_print_is_one_message(tmp_path, change, said):
    write(tmp_path, {**{name: ALEMBIC[name] for name in list(ALEMBIC)[:4]}, **change})
    with pytest.raises(ConfigError) as failed:
        output_of(_config(tmp_path, "alembic"))
    assert "the command that prints the migrations ended with exit status 1.\nCommand: alembic\n" in str(failed.value)
    assert said in str(failed.value)


def test_a_script_of_ones_own_may_prepare_what_env_py_needs(tmp_path):
    """As Flask-Migrate does: an application that env.py reads, and an ini file without script_location, in a folder."""
    script = """
        import os

        from pytest_ctb.source.alembic import main

        os.environ["APPLICATION"] = "postgresql://shop"
        main(["-c", "back end/db/alembic.ini"])
        """
    env = ENV.replace('context.config.get_main_option("sqlalchemy.url")', '__import__("os").environ["APPLICATION"]')
    files = {"back end/db/alembic.ini": "[alembic]\n", "print.py": script, "back end/db/env.py": env}
    write(tmp_path, {**files, "back end/db/versions/a.py": ALEMBIC["db/versions/a_item.py"]})
    output = output_of(_config(tmp_path, f"{sys.executable} print.py"))
    (only,) = parse_printed(output, tmp_path, "x").revisions
    assert (only.file, only.judged, only.up[0].line) == ("back end/db/versions/a.py", True, 12)


@pytest.mark.parametrize("location", ["db", "%(here)s/db", "back/db"])
def test_alembic_in_a_folder_of_the_repository(tmp_path, location):
    """What its ini file names is meant from there, or from the root; what env.py imports is beside it."""
    env = f"import own_module\n{textwrap.dedent(ENV)}"
    ini = textwrap.dedent(ALEMBIC_INI).replace("= db", f"= {location}\nprepend_sys_path = .")
    files = {"back/alembic.ini": ini, "back/db/env.py": env, "back/own_module.py": "", "own_module.py": ""}
    write(tmp_path, {**files, "back/db/versions/a.py": ALEMBIC["db/versions/a_item.py"]})
    printed = parse_printed(output_of(_config(tmp_path, "alembic -c back/alembic.ini")), tmp_path, "x")
    assert [one.file for one in printed.revisions] == ["back/db/versions/a.py"]
    module = "own_module.py" if location == "back/db" else "back/own_module.py"
    assert {"back/alembic.ini", "back/db/env.py", module} <= set(printed.reads)


def test_a_command_that_fails_ends_the_run(pytester):
    """Nothing is judged, and nothing passes."""
    write(pytester.path, {"pytest.ini": ALEMBIC["pytest.ini"]})
    result = pytester.runpytest("--ctb")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: ctb_source: *", "*there is no alembic.ini in *: ctb_source = alembic -c path/to/*"]
    )


# --- Django -----------------------------------------------------------------------------------------------------------

MANAGE = """
    import os
    import sys

    from django.core.management import execute_from_command_line

    if __name__ == "__main__":
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
        execute_from_command_line(sys.argv)
    """
SETTINGS = """
    SECRET_KEY = "x"
    USE_TZ = True
    INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "stock", "bill"]
    DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "live", "HOST": "nowhere.invalid"}}
    """
MODELS = """
    from django.db import models
    """


def django_migration(dependencies: str, *operations: str, head: str = "", body: str = "") -> str:
    """The text of a migration; the first operation stands on line 12, each on lines of its own."""
    lines = [
        "from django.conf import settings", "from django.contrib.postgres.operations import AddIndexConcurrently",
        "from django.db import migrations, models", "", head, "", "", "class Migration(migrations.Migration):",
        f"    dependencies = {dependencies}", f"    {body}", "    operations = [",
        *(f"        {operation}," for operation in operations), "    ]", "",
    ]  # fmt: skip
    return "\n".join(lines)


DJANGO = {
    "pytest.ini": "[pytest]\nctb_source = django\nctb_postgres = embedded\n",
    "manage.py": MANAGE,
    "shop/__init__.py": "",
    "shop/settings.py": SETTINGS,
    "stock/__init__.py": "import sys\nassert '_pytest' not in sys.modules",
    "stock/migrations/__init__.py": "",
    "stock/migrations/0001_initial.py": django_migration(
        "[migrations.swappable_dependency(settings.AUTH_USER_MODEL)]",
        'migrations.CreateModel("Item", [("id", models.BigAutoField(primary_key=True)), ("name", models.TextField(unique=True)), ("user", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE))])',
        'migrations.AlterUniqueTogether("item", {("name", "user")})',
    ),
    # Django looks for the names of these constraints in the database.
    "stock/migrations/0002_unique.py": django_migration(
        '[("stock", "0001_initial")]', 'migrations.AlterUniqueTogether("item", set())'
    ),
    "stock/migrations/0003_fill.py": django_migration(
        '[("stock", "0002_unique")]',
        'migrations.AddField("item", "note", models.TextField(default="it\'s {{ x }} 100%"))',
        "migrations.RunPython(fill, migrations.RunPython.noop)",
        "migrations.SeparateDatabaseAndState([migrations.RunPython(fill, fill)])",
        head="def fill(apps, schema_editor):\n    raise SystemExit('not on an empty database')\n",
    ),
    "stock/migrations/0004_index.py": django_migration(
        '[("stock", "0003_fill"), ("bill", "0001_initial")]',
        'AddIndexConcurrently("item", models.Index(fields=["note"], name="item_note"))',
        body="atomic = False",
    ),
    "stock/migrations/0005_drop.py": django_migration(
        '[("stock", "0004_index")]',
        'migrations.RemoveField("item", "note")',
        "# ctb:allow no-drop-column: nobody reads it since 2024\n        " 'migrations.RemoveField("item", "name")',
    ),
    "stock/migrations/0006_wrong.py": django_migration(
        '[("stock", "0005_drop")]',
        'AddIndexConcurrently("item", models.Index(fields=["user"], name="item_user"))',
    ),
    "stock/migrations/0007_sql.py": django_migration(
        '[("stock", "0006_wrong")]',
        'migrations.RunSQL("-- why\\nALTER TABLE stock_item ADD COLUMN extra int; UPDATE stock_item SET extra = 1")',
    ),
    "bill/__init__.py": "",
    "bill/migrations/__init__.py": "",
    "bill/migrations/0001_initial.py": django_migration(
        '[("stock", "0001_initial")]',
        'migrations.CreateModel("Line", [("id", models.BigAutoField(primary_key=True)), ("item", models.ForeignKey("stock.Item", models.PROTECT))])',
    ),
}  # fmt: skip


def test_a_django_project_is_judged_by_the_sql_that_django_prints(pytester):
    """In Django's order across applications, with the names of constraints that a real database gave."""
    write(pytester.path, DJANGO)
    before = pytester.runpytest("--ctb", "-m", "ctb_static", *SOME)
    assert before.ret == pytest.ExitCode.USAGE_ERROR
    before.stderr.fnmatch_lines(["*ctb_source = django * -m ctb_static starts none. Run `pytest --ctb` once: *"])
    result = pytester.runpytest("--ctb", "--ctb-report", "r.json", "-rs", *SOME)
    report = json.loads((pytester.path / "r.json").read_text(encoding="utf-8"))
    files = [one["file"] for one in report["migrations"]]
    assert files.index("bill/migrations/0001_initial.py") < files.index("stock/migrations/0004_index.py")
    assert files.index("django/contrib/auth/migrations/0001_initial.py") < files.index(
        "stock/migrations/0001_initial.py"
    )
    assert {(one["guideline"], one["file"], one["line"], one["status"]) for one in report["findings"]} == {
        ("no-drop-column", "stock/migrations/0005_drop.py", 12, "new"),
        ("no-drop-column", "stock/migrations/0005_drop.py", 14, "allowed"),
        ("rollback-restores", "stock/migrations/0005_drop.py", 14, "new"),  # Django forgets the index of the column
        ("transaction", "stock/migrations/0006_wrong.py", 12, "new"),
        ("replay", "stock/migrations/0006_wrong.py", 12, "new"),
        ("rollback-instructions", "stock/migrations/0007_sql.py", 12, "new"),
    }
    result.stdout.fnmatch_lines(
        [
            "ctb: 8 migrations, *",
            "ctb layout: django (ctb_source)",
            "ctb applied, not judged: * migrations of django/contrib/contenttypes/migrations, django/contrib/auth/migrations",
            "ctb not judged: no SQL: stock/migrations/0003_fill.py:*: RunPython fill and 1 more (-rs names all)",
            "*and django puts one around a file: put it alone in a file that switches it off (`atomic = False`)",
            "SKIPPED * stock/migrations/0003_fill.py:1: *RunPython fill*not SQL, so its effects were not observed",
        ]
    )
    assert pytester.runpytest("--ctb", "-m", "ctb_static", *SOME).parseoutcomes()["failed"] == 2  # it is known by now


DJANGO_BY_HAND = {
    **{name: text for name, text in DJANGO.items() if not name.startswith(("stock/migrations/0", "bill/migrations/0"))},
    "stock/migrations/0001_initial.py": django_migration(
        "[]",
        'migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))])',
        'migrations.CreateModel("Item", [("id", models.BigAutoField(primary_key=True)), ("shelf", models.ForeignKey("stock.Shelf", models.CASCADE))])',
    ),
    # The names of its constraints are those of the table before it was renamed.
    "stock/migrations/0002_rename.py": django_migration(
        '[("stock", "0001_initial")]',
        'migrations.RenameModel("Item", "Thing")',
        'migrations.AlterField("thing", "shelf", models.CharField(max_length=255))',
    ),
    "stock/migrations/0003_first.py": django_migration(
        '[("stock", "0002_rename")]',
        "migrations.RunPython(make, migrations.RunPython.noop)",
        head="def make(apps, editor):\n    apps.get_model('stock', 'Shelf').objects.create(id=7)\n    editor.execute('CREATE TABLE by_hand (id int)')\n",
    ),
    # The value for the rows that are there is asked for in the database.
    "stock/migrations/0004_default.py": django_migration(
        '[("stock", "0003_first")]',
        'migrations.AddField("thing", "place", models.ForeignKey("stock.Shelf", models.CASCADE, default=first, db_constraint=False))',
        head="def first():\n    from django.db import connection\n    with connection.cursor() as cursor:\n        cursor.execute('SELECT id FROM stock_shelf')\n        return cursor.fetchone()[0]\n",
    ),
    "stock/migrations/0005_needless.py": django_migration(
        '[("stock", "0004_default")]',
        'migrations.AddField("thing", "note", models.TextField(null=True))',
        body="atomic = False",
    ),
    "bill/migrations/0001_initial.py": django_migration(
        "[]", 'migrations.CreateModel("Line", [("id", models.BigAutoField(primary_key=True))])'
    ),
}  # fmt: skip


def test_what_an_operation_of_django_makes_is_there_for_the_next(pytester):
    """The rows of a RunPython, the name of a table that the same migration renamed; and backwards too."""
    write(pytester.path, DJANGO_BY_HAND)
    first = pytester.path / "stock" / "migrations" / "0003_first.py"
    first.write_bytes(first.read_bytes().replace(b"\n", b"\r\n"))  # Python reads it as any other
    result = pytester.runpytest("--ctb", "--ctb-report", "r.json", "-k", f"{SOME[1]} or file-encoding")
    report = json.loads((pytester.path / "r.json").read_text(encoding="utf-8"))
    found = {(finding["guideline"], finding["file"]): finding for finding in report["findings"]}
    # Django's way back makes the key and its index again with a name that fits the table's new name.
    restores = ("rollback-restores", "stock/migrations/0002_rename.py")
    needless = ("transaction", "stock/migrations/0005_needless.py")
    assert found.keys() == {restores, needless}, result.stdout.str()
    assert found[needless]["message"].endswith("nothing here inside a transaction: remove the line")
    assert not found[needless]["instead"]
    applied = {migration["file"]: migration["applied"] for migration in report["migrations"]}
    assert applied == dict.fromkeys(applied, True)
    assert len(applied) > 4


# --- a command of one's own -------------------------------------------------------------------------------------------

KNEX = """
    import json, re, sys
    from pathlib import Path

    for file in sorted(Path("db").glob("*.js")):
        text = file.read_text()
        up, down = (re.search(rf"exports.{name} = `(.*?)`", text, re.S) for name in ("up", "down"))
        line = text[: up.start()].count("\\n") + 1
        print(json.dumps({
            "file": str(file),
            "up": [{"sql": up[1], "line": line}],
            "down": down and down[1],
            "transaction": "transaction: false" not in text,
        }))
    print(json.dumps({"tool": "knex", "transaction_off": "`transaction: false`", "way_back": "exports.down"}))
    print("notes belong here", file=sys.stderr)
    """
OWN = {
    "pytest.ini": f"[pytest]\nctb_source = {sys.executable} print.py\nctb_postgres = embedded\n",
    "print.py": KNEX,
    "db/001_item.js": "exports.up = `CREATE TABLE item (id bigint PRIMARY KEY, name text NOT NULL)`\nexports.down = `DROP TABLE item`\n",
    "db/002_index.js": (
        "exports.config = { transaction: false }\n"
        "exports.up = `CREATE INDEX CONCURRENTLY IF NOT EXISTS item_name ON item (name)`\n"
        "exports.down = `DROP INDEX CONCURRENTLY IF EXISTS item_name`\n"
    ),
    "db/003_drop.js": "// Rollback: none, because nobody reads it\nexports.up = `ALTER TABLE item DROP COLUMN name`\n",
    "db/004_drop.js": "// ctb:allow no-drop-column: nobody reads it\n// Rollback: none, because nobody reads it\nexports.up = `ALTER TABLE item DROP COLUMN id`\n",
    "db/005_index.js": "exports.up = `CREATE INDEX CONCURRENTLY item_all ON item ((1))`\nexports.down = `DROP INDEX item_all`\n",
}  # fmt: skip


def test_a_command_of_ones_own_prints_by_the_same_contract(pytester):
    write(pytester.path, OWN)
    assert found(pytester, *SOME) == {
        ("no-drop-column", "db/003_drop.js", 2, "new"),
        ("no-drop-column", "db/004_drop.js", 3, "allowed"),
        ("transaction", "db/005_index.js", 1, "new"),
        ("replay", "db/005_index.js", 1, "new"),
    }


def test_one_database_of_several_may_be_code(pytester):
    """With `pytest -n` its command runs once, for all workers."""
    toml = f"""
        postgres = "embedded"

        [databases.code]
        source = "{sys.executable} print.py"

        [databases.files]
        migrations = ["sql"]
        layout = "numbered"
        """
    counted = f"{textwrap.dedent(KNEX)}\nwith open('runs', 'a') as runs:\n    runs.write('x')\n"
    files = {name: OWN[name] for name in ("db/001_item.js", "db/002_index.js")}
    write(
        pytester.path, {**files, "print.py": counted, "ctb.toml": toml, "sql/1_a.sql": "BEGIN;\nSELECT 1;\nCOMMIT;\n"}
    )
    result = pytester.runpytest("--ctb", "-n", "2", "-m", "ctb_static", "-k", "transaction")
    assert result.parseoutcomes() == {"passed": 3}
    assert (pytester.path / "runs").read_text() == "x"


def test_the_command_line_tool_reads_them_too_and_leaves_applying_to_the_tool(tmp_path, monkeypatch, capsys):
    write(tmp_path, OWN)
    monkeypatch.chdir(tmp_path)

    def said(*words: str) -> str:
        with pytest.raises(SystemExit):
            main(words)
        return "".join(capsys.readouterr())

    assert "db/005_index.js:1:1: CT05 transaction: in `CREATE INDEX CONCURRENTLY item_all ON item ((1))`: " in said(
        "check"
    )
    assert "5  db/005_index.js\n" in said("order")
    for command in ("new", "fix", "apply", "status", "rollback", "split"):
        assert f"ctb {command} is for SQL files; these migrations are code" in said(command, "x")
    (tmp_path / "print.py").write_text("raise SystemExit('not to be run')")
    text = said("check", "--stdin-filename", "db/001_item.js")
    assert "the command of ctb_source reads saved files alone" in text
    assert "not to be run" not in text


def test_a_command_that_asks_for_a_database_gets_a_throwaway_one(pytester):
    """The one of the replay's version, in which the prelude has run."""
    script = """
        import json, sys

        import psycopg

        with psycopg.connect(sys.argv[1]) as connection:
            connection.execute("CREATE TABLE made_meanwhile AS SELECT * FROM platform")
        print(json.dumps({"file": "print.py", "up": "CREATE TABLE mine AS SELECT * FROM platform", "down": "DROP TABLE mine"}))
        """
    ini = f"[pytest]\nctb_source = {sys.executable} print.py {{database}}\nctb_postgres = embedded\nctb_prelude = platform.sql\n"
    prelude = "CREATE TABLE platform (a int); GRANT SELECT ON platform TO PUBLIC;"
    write(pytester.path, {"pytest.ini": ini, "print.py": script, "platform.sql": prelude})
    assert found(pytester, *SOME) == set()


def _config(root: Path, command: str, **values: str):
    (config,) = configs_from(root, {"ctb_source": command, **values}, root)
    return config


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("no-such-program up", "cannot be run: No such file or directory"),
        ("/dev/zero", "cannot be run: Permission denied"),
        ("a" * 5000, "cannot be run: File name too long"),
        ("''", "cannot be run: "),
        ('{python} -c "raise SystemExit(7)"', "ended with exit status 7.\n"),
        ("{python} -c \"import sys; sys.exit('the reason')\"", "It says:\n    the reason\n"),
        ("{python} -c 'input()'", "EOFError"),
        ("{python} -c \"open('/dev/tty')\"", "/dev/tty"),
        ("{python} -c \"import os; os.write(1, b'\\xff')\"", "prints what is not UTF-8"),
        ("'{python}", "No closing quotation"),
        ("{python} -c 'import os; os.kill(os.getpid(), 9)'", "exit status -9"),
    ],
)
def test_a_command_that_fails_is_told_with_all_that_helps(tmp_path, command, said):
    with pytest.raises(ConfigError) as failed:
        output_of(_config(tmp_path, command.format(python=sys.executable)))
    assert said in str(failed.value)
    assert "ctb_source: " in str(failed.value)


def test_a_command_that_does_not_end_is_ended_with_what_it_started(tmp_path):
    child = "import time; time.sleep(1000)"
    command = f"{sys.executable} -c \"import subprocess, sys; subprocess.run([sys.executable, '-c', '{child}'])\""
    with pytest.raises(ConfigError, match=r"did not end within 0\.5 seconds \(5 times ctb_timeout\)"):
        output_of(_config(tmp_path, command, ctb_timeout="0.1"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "INFO: 3 migrations",
            "line 1 of what `x` prints is not a JSON object: 'INFO: 3 migrations' (send notes to stderr)",
        ),
        ("[1]", "is not a JSON object: [1]"),
        ('{"file": "a.py", "sql": "SELECT 1"}', "unknown key 'sql' (known: file, up, "),
        ('{"up": "SELECT 1"}', "'file' is missing"),
        ('{"file": "b.py"}', "b.py does not exist"),
        ('{"file": "../b.py"}', "../b.py is outside of the repository"),
        ('{"file": "a.py", "up": 1}', "'up' may not be 1"),
        ('{"file": "a.py", "up": [{"line": 1}]}', "'sql' is missing"),
        ('{"file": "a.py", "up": [{"sql": "x", "line": true}]}', "'line' may not be true"),
        ('{"file": "a.py"}\n{"file": "./a.py"}', "line 2 of what `x` prints: a.py was printed before"),
        ('{"tool": 1}', "'tool' may not be 1"),
        ('{"reads": ["a.py"]}', "nothing to check: `x` prints no migration"),
        ("", "nothing to check: `x` prints no migration"),
    ],
)
def test_output_that_breaks_the_contract_names_its_line(tmp_path, line, said):
    (tmp_path / "a.py").touch()
    with pytest.raises(ConfigError) as failed:
        parse_printed(line, tmp_path, "x")
    assert said in str(failed.value)


@pytest.mark.parametrize("key", ["ctb_migrations", "ctb_layout"])
def test_a_command_and_folders_exclude_each_other(tmp_path, key):
    with pytest.raises(ConfigError, match=f"ctb_source prints the migrations, so {key} would not be read"):
        _config(tmp_path, "alembic", **{key: "numbered" if key == "ctb_layout" else [tmp_path]})


def _read(tmp_path, text: str, name: str = "a.py", **entry: object):
    (tmp_path / name).write_text(text, encoding="utf-8")
    (migration,) = migrations(parse_printed(json.dumps({"file": name, **entry}), tmp_path, "x"), tmp_path)
    return migration


def test_where_no_line_is_known_an_allow_covers_the_file(tmp_path):
    migration = _read(tmp_path, "x = 1\n# ctb:allow keep-data: because\n", up="DROP TABLE a")
    assert [(allow.first_line, allow.position.line) for allow in migration.allows] == [(1, 2)]
    assert migration.statements[0].position == (1, 1)


@pytest.mark.parametrize(
    ("name", "mark"), [("a.py", "#"), ("a.exs", "#"), ("a.ts", "//"), ("a.go", "//"), ("a.sql", "--")]
)
def test_comments_are_those_of_the_language(tmp_path, name, mark):
    text = f"{mark} ctb:allow keep-data: because\n{mark} Rollback: none, because it is gone\n"
    migration = _read(tmp_path, text, name, up="DROP TABLE a")
    assert [allow.reason for allow in migration.allows] == ["because"]
    assert [block.because for block in migration.rollbacks] == ["it is gone"]
    assert migration.tool.comment == mark


def test_what_the_tool_sends_as_one_transaction_has_none_in_the_text(tmp_path):
    """Only what is not one transaction says where its transactions are, and those are the tool's."""
    one = _read(tmp_path, "", up="SELECT 1; SELECT ':x {{ y }}'", down="SELECT 2")
    assert [statement.sql for statement in one.sent] == ["BEGIN", "SELECT 1", "SELECT ':x {{ y }}'", "COMMIT"]
    assert [statement.sql for statement in one.rollbacks[0].statements] == ["BEGIN", "SELECT 2", "COMMIT"]
    several = _read(tmp_path, "", up=["BEGIN", "SELECT 1", "COMMIT", "SELECT 2"], down="SELECT 3", transaction=False)
    assert [(statement.sql, statement.added) for statement in several.sent] == [
        ("BEGIN", True), ("SELECT 1", False), ("COMMIT", True), ("SELECT 2", False),
    ]  # fmt: skip
    assert [statement.sql for statement in several.statements] == ["SELECT 1", "SELECT 2"]
    assert [statement.sql for statement in several.rollbacks[0].statements] == ["SELECT 3"]
