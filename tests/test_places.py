"""Where migrations are found without settings, what is not taken, and the tables of TOML that say it otherwise."""

from __future__ import annotations

import re

import pytest

from pytest_ctb.config import ini
from pytest_ctb.config.databases import configs_from
from pytest_ctb.config.options import OPTIONS, Kind
from pytest_ctb.config.tables import read_tables
from pytest_ctb.errors import ConfigError

FILE = "2025-10-23_create_item.sql"
TWO = '[databases.shop]\nmigrations = "shop/changes"\n[databases.crm]\nmigrations = ["crm/changes"]\n'


def write(root, *folders: str, **files: str) -> None:
    """An SQL file in each of the folders, and files with their text."""
    for folder in folders:
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / FILE).write_text("SELECT 1;\n")
    for name, text in files.items():
        (root / name.replace("_toml", ".toml")).write_text(text)


def configs(root, given=None, chosen="", **ini):
    return configs_from(root, ini, root, given, chosen)


def folders(root, *rest, **ini) -> dict[str, list[str]]:
    """The folders of migrations of each database, relative to the root."""
    return {
        config.name: [folder.relative_to(root).as_posix() for folder in config.migrations]
        for config in configs(root, *rest, **ini)
    }


@pytest.mark.parametrize(
    "folder",
    ["migrations", "ctb/data/migrations", "data/migrations", "db/migrations", "sql/migrations", "database/migrations",
     "supabase/migrations", "prisma/migrations", "apps/shop/migrations", "services/shop/db/migrations",
     "packages/shop/prisma/migrations"],
)  # fmt: skip
def test_a_usual_folder_is_found_without_settings(tmp_path, folder):
    (tmp_path / "migrations").mkdir(exist_ok=True)  # of another tool: it holds no SQL
    write(tmp_path, f"{folder}/2025")
    (config,) = configs(tmp_path)
    assert (config.migrations, config.name, config.found) == ((tmp_path / folder,), "", True)
    assert config.not_taken == ()


@pytest.mark.parametrize(
    ("folder", "layout"),
    [("supabase/migrations", "supabase"), ("apps/api/prisma/migrations", "prisma"), ("db/migrations", "ctb")],
)
def test_a_folder_that_is_named_for_a_tool_has_its_layout(tmp_path, folder, layout):
    write(tmp_path, folder)
    assert [config.layout for config in configs(tmp_path)] == [layout]
    assert [config.layout for config in configs(tmp_path, ctb_layout="numbered")] == ["numbered"]
    assert [config.layout for config in configs(tmp_path, ctb_migrations=[tmp_path / folder])] == ["ctb"]


def test_the_default_folder_comes_before_others_which_are_not_taken(tmp_path):
    write(tmp_path, "migrations", "db/migrations", "apps/shop/migrations", "node_modules/x/migrations")
    (config,) = configs(tmp_path)
    assert config.migrations == (tmp_path / "migrations",)
    assert config.not_taken == (tmp_path / "db/migrations", tmp_path / "apps/shop/migrations")


def test_the_folder_of_the_layout_comes_before_others(tmp_path):
    write(tmp_path, "migrations", "db/migrations")
    assert folders(tmp_path, ctb_layout="dbmate") == {"": ["db/migrations"]}


def test_other_places_that_are_equally_likely_are_asked_for(tmp_path):
    write(tmp_path, "db/migrations", "supabase/migrations")
    with pytest.raises(ConfigError) as raised:
        configs(tmp_path)
    message = str(raised.value)
    assert message.startswith("migrations may lie in any of db/migrations, supabase/migrations: say which.")
    assert "    ctb_migrations = db/migrations\n" in message
    (tmp_path / "ctb.toml").write_text(message.partition("in ctb.toml:")[2])  # what it says to write is right
    assert folders(tmp_path) == {"db": ["db/migrations"], "supabase": ["supabase/migrations"]}


def test_several_applications_have_a_database_each(tmp_path):
    write(tmp_path, "apps/shop/migrations", "apps/crm/db/migrations", "services/shop/migrations")
    assert folders(tmp_path) == {
        "crm": ["apps/crm/db/migrations"],
        "apps-shop": ["apps/shop/migrations"],
        "services-shop": ["services/shop/migrations"],
    }
    assert folders(tmp_path, None, "crm") == {"crm": ["apps/crm/db/migrations"]}
    given = {"ctb_migrations": ["apps/shop/migrations", "apps/crm/db/migrations"]}
    assert folders(tmp_path, given) == {"": ["apps/shop/migrations", "apps/crm/db/migrations"]}


def test_nothing_found_is_the_default(tmp_path):
    assert folders(tmp_path) == {"": ["migrations"]}
    (tmp_path / "apps").write_text("a file")
    (tmp_path / "db" / "migrations" / ".git").mkdir(parents=True)
    (tmp_path / "db" / "migrations" / ".git" / "x.sql").touch()
    (tmp_path / "db" / "migrations" / "0001_initial.py").touch()
    assert folders(tmp_path) == {"": ["migrations"]}


def test_the_usual_files_lie_beside_the_migrations_or_at_the_root(tmp_path):
    write(tmp_path, "ctb/data/migrations", "ctb/data/consumers", "infra", "consumers")
    for name in ("ctb/data/schemas", "ctb/data/infra", "schemas", "ctb/data/rules"):
        (tmp_path / name).mkdir()
    for name in ("ctb/data/infra/neon.sql", "infra/neon.sql", "sizes.json"):
        (tmp_path / name).touch()
    (config,) = configs(tmp_path)
    data = tmp_path / "ctb" / "data"
    assert (config.bases, config.contracts) == ((data / "infra/neon.sql",), data / "schemas")
    assert (config.consumers, config.own_rules) == ((data / "consumers",), data / "rules")
    assert (config.sizes, config.baseline) == (tmp_path / "sizes.json", tmp_path / "ctb-baseline.json")


def test_each_of_several_databases_has_its_files_beside_it_alone(tmp_path):
    write(tmp_path, "apps/a/migrations", "apps/b/migrations", "apps/a/infra", "infra")
    for name in ("apps/a/infra/neon.sql", "infra/neon.sql", "sizes.json"):
        (tmp_path / name).touch()
    (tmp_path / "rules").mkdir()
    first, second = configs(tmp_path)
    assert (first.bases, second.bases) == ((tmp_path / "apps/a/infra/neon.sql",), ())
    assert [one.baseline for one in (first, second)] == [tmp_path / f"apps/{one}/ctb-baseline.json" for one in "ab"]
    assert second.sizes == tmp_path / "apps/b/sizes.json"
    assert {first.own_rules, second.own_rules} == {tmp_path / "rules"}  # the guide is one for all


def test_databases_side_by_side_have_their_files_in_their_folders(tmp_path):
    write(
        tmp_path,
        "migrations/shop",
        "migrations/crm",
        ctb_toml=TWO.replace("shop/changes", "migrations/shop").replace("crm/changes", "migrations/crm"),
    )
    assert [config.contracts for config in configs(tmp_path)] == [tmp_path / f"migrations/{one}/schemas" for one in ("shop", "crm")]  # fmt: skip
    chosen = configs(tmp_path, {"ctb_migrations": [str(tmp_path / "migrations/shop")]}, "shop")
    assert chosen[0].contracts == tmp_path / "migrations/shop/schemas"


def test_ctb_toml_and_pyproject_say_the_same(tmp_path):
    keys = (
        'postgres = "embedded"\npostgres_version = 16\ntimeout = 2.5\nvariables = ["a = 1", "b=2"]\nprelude = "neon"\n'
    )
    (tmp_path / "ctb.toml").write_text(f"{keys}layout = 'numbered'\n{TWO}layout = 'ctb'\n")
    own = read_tables(tmp_path)
    shop, crm = configs(tmp_path, ctb_role="superuser", ctb_rules="ctb")
    assert (shop.layout, crm.layout, shop.by_superuser, crm.variables) == (
        "numbered",
        "ctb",
        True,
        {"a": "1", "b": "2"},
    )
    assert (shop.settings().major, crm.settings().timeout, crm.settings().where) == (16, 2.5, "embedded")
    assert shop.preludes == ((tmp_path / "neon", "neon"),)
    (tmp_path / "ctb.toml").unlink()
    tables = TWO.replace("[databases", "[tool.pytest-ctb.databases")
    (tmp_path / "pyproject.toml").write_text(f"[tool.pytest-ctb]\n{keys}layout = 'numbered'\n{tables}layout = 'ctb'\n")
    assert read_tables(tmp_path)[1:] == own[1:]


def test_every_key_of_the_ini_file_is_one_of_the_tables(tmp_path):
    keys = [option for option in OPTIONS if option.key]
    lines = (f"{option.key[4:]} = {'x' if option.kind is Kind.TEXT else ['x', 'y']!r}" for option in keys)
    (tmp_path / "ctb.toml").write_text("\n".join(lines).replace("= x", "= 'x'"))
    assert read_tables(tmp_path).common.keys() == {option.key for option in keys}


def test_without_databases_the_tables_are_an_ini_file(tmp_path):
    write(tmp_path, "changes", ctb_toml='migrations = "changes"\nrules = "postgres"\n')
    (config,) = configs(tmp_path)
    assert (config.name, config.migrations, config.found) == ("", (tmp_path / "changes",), False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("migratons = 'x'", "ctb.toml: unknown key 'migratons'; did you mean migrations?"),
        ("ctb_layout = 'x'", "ctb.toml: unknown key 'ctb_layout'; did you mean layout?"),
        ("zzz = 1", "ctb.toml: unknown key 'zzz' (known: migrations, layout, "),
        ("[shop]\nmigrations = 'x'", "ctb.toml: unknown key 'shop'; a database is a table [databases.shop]"),
        ("migrations = 1", "ctb.toml: migrations must be a list of texts, not 1"),
        ("migrations = ['a', 1]", "ctb.toml: migrations must be a list of texts, not ['a', 1]"),
        ("layout = ['ctb']", "ctb.toml: layout must be a text, not ['ctb']"),
        ("stand_ins = true", "ctb.toml: stand_ins must be a text, not True"),
        ("databases = 1", "ctb.toml: databases must be a table"),
        ("databases.shop = 1", "ctb.toml: databases.shop must be a table: [databases.shop]"),
        ("[databases.shop]\nlayout = 'ctb'", "the database shop needs the key migrations: where they live"),
        ("[databases.shop]\nbas = 'x'", "ctb.toml [databases.shop]: unknown key 'bas'; did you mean base?"),
        ("[databases.'a/b']\nmigrations = 'x'", "the name of a database has letters, digits, `_`, `-` and `.`: not 'a/b'"),
        ("[databases.'..']\nmigrations = 'x'", "`_`, `-` and `.`: not '..'"),
        ("x = ", "ctb.toml: cannot be read: Invalid value"),
        ("\tlayout = 'ctb'\n layout = 1", "ctb.toml: cannot be read: Cannot overwrite a value"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_tables_is_told(tmp_path, text, message):
    (tmp_path / "ctb.toml").write_text(text)
    with pytest.raises(ConfigError, match=re.escape(message)):
        configs(tmp_path)


def test_a_key_is_set_in_one_place(tmp_path):
    (tmp_path / "ctb.toml").write_text("layout = 'ctb'")
    with pytest.raises(ConfigError, match=r"ctb_layout in the ini file and layout in .*ctb\.toml: keep one of them"):
        configs(tmp_path, ctb_layout="ctb")
    (tmp_path / "pyproject.toml").write_text("[tool.pytest-ctb]\n")
    with pytest.raises(ConfigError, match=r"ctb\.toml and \[tool\.pytest-ctb\] in .*: keep one of them"):
        configs(tmp_path)
    (tmp_path / "ctb.toml").unlink()
    (tmp_path / "pyproject.toml").write_text("[tool]\npytest-ctb = 1\n")
    with pytest.raises(ConfigError, match=r"\[tool\.pytest-ctb\] must be a table"):
        configs(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.poetry]\nname = 'x'\n")
    assert folders(tmp_path) == {"": ["migrations"]}


def test_options_of_one_database_want_one(tmp_path):
    (tmp_path / "ctb.toml").write_text(TWO)
    with pytest.raises(ConfigError, match=r"--ctb-base is about one database.*--ctb-database \(shop, crm\)"):
        configs(tmp_path, {"ctb_base": ["x.sql"]})
    assert configs(tmp_path, {"ctb_base": ["x.sql"]}, "crm")[0].bases == (tmp_path / "x.sql",)
    with pytest.raises(ConfigError, match="no database is named shpo; did you mean shop"):
        configs(tmp_path, chosen="shpo")
    (tmp_path / "ctb.toml").unlink()
    with pytest.raises(ConfigError, match="no database is named shop: this repository has one, without a name"):
        configs(tmp_path, chosen="shop")


def test_two_databases_do_not_share_their_baseline(tmp_path):
    (tmp_path / "ctb.toml").write_text(f"baseline = 'known.json'\n{TWO}")
    assert len(configs(tmp_path)) == 2  # nothing is there yet
    (tmp_path / "known.json").touch()
    with pytest.raises(
        ConfigError, match=r"shop and crm both have known\.json: give each its own with the key baseline"
    ):
        configs(tmp_path)


def test_a_folder_inside_the_one_that_is_taken_is_no_other(tmp_path):
    write(tmp_path, "db", "db/migrations", "data/migrations")
    (config,) = configs(tmp_path, ctb_layout="numbered")
    assert (config.migrations, config.not_taken) == ((tmp_path / "db",), (tmp_path / "data/migrations",))


def test_a_table_file_above_the_root_is_not_passed_by(tmp_path):
    """Pytest takes a folder for its root above which no ini file lies; what stands in ctb.toml would be lost."""
    for name in ("none", "other", "team"):
        write(tmp_path, f"{name}/shop/migrations")
    (tmp_path / "ctb.toml").write_text("")
    (tmp_path / "other" / ".git").mkdir()
    for name in ("none", "other"):  # of no repository that could say so, of another repository
        assert folders(tmp_path / name / "shop") == {"": ["migrations"]}
    team = tmp_path / "team"
    (team / ".git").mkdir()
    (team / "ctb.toml").write_text("")
    with pytest.raises(
        ConfigError, match=r"team/ctb\.toml lies above the root of this run, .*/shop: add --rootdir .*team$"
    ):
        configs(team / "shop")
    assert ini.find(team / "shop").root == team
    (team / "shop" / "ctb.toml").write_text("")
    assert folders(team / "shop") == {"": ["migrations"]}
