"""One configuration: `ctb` and sqlfluff find and read what pytest finds and reads, and one table lists the options."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from pytest_ctb.cli.project import find
from pytest_ctb.config import ini
from pytest_ctb.config.options import OPTIONS
from pytest_ctb.errors import ConfigError
from pytest_ctb.plugin import options

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent
KEYS = """
ctb_migrations = db/one "db/the second"
ctb_base = infra/base.sql
ctb_rules = guide
ctb_baseline = known.json
ctb_contracts = shapes
ctb_prelude = neon infra/roles.sql
ctb_postgres_version = 16
ctb_timeout = 30
ctb_variables =
    schema = company

    owner=app
ctb_verify_ignore =
    schema auth
    role neon_*
"""
TYPED = """
ctb_migrations = ["db/one", "db/the second"]
ctb_base = ["infra/base.sql"]
ctb_rules = "guide"
ctb_baseline = "known.json"
ctb_contracts = "shapes"
ctb_prelude = ["neon", "infra/roles.sql"]
ctb_postgres_version = "16"
ctb_timeout = "30"
ctb_variables = ["schema = company", "owner=app"]
ctb_verify_ignore = ["schema auth", "role neon_*"]
"""
UNTYPED = TYPED.replace('"16"', "16").replace('"30"', "30.5")
FILES = {
    "pytest.toml": f"[pytest]{TYPED}",
    ".pytest.toml": f"[pytest]{TYPED}",
    "pytest.ini": f"[pytest]{KEYS}",
    ".pytest.ini": f"[pytest]{KEYS}",
    "pyproject.toml": f"[tool.pytest]{TYPED}",
    "tox.ini": f"[tox]\n[pytest]{KEYS}",
    "setup.cfg": f"[metadata]\n[tool:pytest]{KEYS}",
}
"""In the order in which pytest prefers them."""


def by_pytest(pytester, folder):
    """What the plugin has of a run that begins in a folder."""
    pytester.chdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return options.configs_of(pytester.parseconfig())[0]


def fields(config):
    """A Config as a mapping that can be compared."""
    return {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}


def same(pytester, folder):
    """The Config of pytest and of `ctb` for one folder, which are the same."""
    expected, actual = by_pytest(pytester, folder), find(folder).config
    assert fields(actual) == fields(expected)
    return actual


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_read_as_pytest_reads_it(pytester, name):
    root = pytester.path
    (root / name).write_text(FILES[name])
    (root / "migrations" / "deep").mkdir(parents=True)
    config = same(pytester, root / "migrations" / "deep")
    assert config.root == root
    assert config.migrations == (root / "db/one", root / "db/the second")
    assert config.bases == (root / "infra/base.sql",)
    assert config.own_rules == root / "guide"
    assert config.variables == {"schema": "company", "owner": "app"}
    assert config.preludes == ((root / "neon", "neon"), (root / "infra/roles.sql", "infra/roles.sql"))
    assert config.lines("ctb_verify_ignore") == ("schema auth", "role neon_*")
    settings = dataclasses.replace(config, preludes=()).settings()
    assert (settings.major, settings.timeout) == (16, 30.0)


def test_numbers_in_the_older_table_of_pyproject_are_texts(pytester):
    (pytester.path / "pyproject.toml").write_text(f"[tool.pytest.ini_options]{UNTYPED}")
    config = same(pytester, pytester.path)
    assert dataclasses.replace(config, preludes=()).settings().timeout == 30.5


@pytest.mark.parametrize("names", list(zip(FILES, list(FILES)[1:], strict=False)), ids=" ".join)
def test_of_two_files_the_one_that_pytest_prefers_is_read(pytester, names):
    first, second = names
    for name in names:
        text = re.sub(r"^ctb_(?!migrations).*\n( +.*\n|\n)*", "", FILES[name], flags=re.MULTILINE)
        (pytester.path / name).write_text(text.replace("db/one", f"db/{name}"))
    config = same(pytester, pytester.path)
    assert config.migrations[0] == pytester.path / f"db/{first}"
    (pytester.path / first).unlink()
    assert same(pytester, pytester.path).migrations[0] == pytester.path / f"db/{second}"


@pytest.mark.parametrize(
    ("name", "text", "configures"),
    [
        ("pytest.toml", "", True),
        (".pytest.toml", "", True),
        ("pytest.toml", "[other]\na = 1\n", True),
        ("pytest.ini", "", True),
        (".pytest.ini", "[other]\n", True),
        ("pyproject.toml", "[tool.pytest.ini_options]\n", True),
        ("pyproject.toml", "[tool.black]\n", False),
        ("pyproject.toml", "[tool.pytest]\n", False),
        ("tox.ini", "[tox]\n", False),
        ("tox.ini", "[pytest]\n", True),
        ("setup.cfg", "[metadata]\n", False),
        ("setup.py", "", False),
    ],
)
def test_what_configures_pytest_is_the_root(pytester, name, text, configures):
    """A file that does not configure it lets those of the folders above speak."""
    above, root = pytester.path, pytester.path / "inner"
    (root / "folder").mkdir(parents=True)
    (root / name).write_text(text)
    (above / "pytest.ini").write_text("[pytest]\nctb_migrations = outer\n")
    config = same(pytester, root / "folder")
    assert config.root == (root if configures else above)
    assert config.migrations == ((root / "migrations",) if configures else (above / "outer",))


@pytest.mark.parametrize("mark", ["pyproject.toml", "setup.py"])
def test_where_nothing_configures_pytest_a_project_is_known_by_its_file(pytester, mark):
    root = pytester.path / "inner"
    (root / "folder").mkdir(parents=True)
    (root / mark).write_text("")
    assert same(pytester, root / "folder").root == root


def test_without_any_file_the_folder_itself_is_the_root(pytester):
    folder = pytester.mkdir("folder")
    assert same(pytester, folder).root == folder


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("pytest.toml", "[pytest]\nctb_timeout = 60\n", "ctb_timeout in the ini file: expects a text in quotes, not 60"),
        ("pytest.toml", '[pytest]\nctb_migrations = "db"\n', "ctb_migrations in the ini file: expects a list of texts, not 'db'"),
        ("pytest.toml", "[pytest]\nctb_base = [1]\n", "ctb_base in the ini file: expects a list of texts, not [1]"),
        ("pyproject.toml", "[tool.pytest]\nctb_variables = 'a = 1'\n", "ctb_variables in the ini file: expects a list"),
        ("pytest.toml", "ctb_timeout = '60'\n", "pytest.toml: cannot be read: the settings of pytest must be in a table [pytest]"),
        ("pyproject.toml", "[tool.pytest]\na = 1\n[tool.pytest.ini_options]\nb = 1\n", "pytest takes one of them"),
        ("pyproject.toml", "tool = 1\n", "tool is not a table"),
        ("pytest.toml", "pytest = 1\n", "pytest is not a table"),
        ("pytest.toml", "[pytest\n", "pytest.toml: cannot be read:"),
        ("tox.ini", "[pytest]\n[pytest]\n", "tox.ini: cannot be read:"),
        ("pytest.ini", '[pytest]\nctb_migrations = "db\n', "ctb_migrations in the ini file: No closing quotation"),
        ("pytest.ini", "[pytest]\nctb_variables = a\n", "ctb_variables (--ctb-variable): 'a' is not name = value"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_said_with_its_key_or_its_file(pytester, name, text, why):
    """Never a setting that is left out without a word; pytest refuses the same."""
    (pytester.path / name).write_text(text)
    with pytest.raises(ConfigError, match=re.escape(why)):
        find(pytester.path)
    with pytest.raises((pytest.UsageError, ConfigError, AttributeError)):
        by_pytest(pytester, pytester.path)


def test_keys_of_others_are_none_of_ours(pytester):
    (pytester.path / "pytest.toml").write_text("[pytest]\nminversion = '8'\nxfail_strict = true\ntestpaths = ['a']\n")
    assert find(pytester.path).config.values == {}


def test_the_command_line_comes_before_the_ini_file(pytester):
    """Its paths are relative to where pytest, or `ctb`, was called."""
    root, folder = pytester.path, pytester.mkdir("folder")
    (root / "pytest.ini").write_text(f"[pytest]{KEYS}")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        given = ["--ctb-migrations=x", "--ctb-rules=y", "--ctb-baseline=z.json", "--ctb-prelude=neon", "--ctb-variable=owner=me"]  # fmt: skip
        config = options.configs_of(pytester.parseconfig(*given))[0]
    assert config.migrations == (folder / "x",) == find(folder, ["x"]).config.migrations
    assert config.own_rules == folder / "y" == find(folder, rules="y").config.own_rules
    assert (config.baseline, config.contracts) == (folder / "z.json", root / "shapes")
    assert config.preludes == ((folder / "neon", "neon"),)
    assert config.variables == {"schema": "company", "owner": "me"}


# The table


def test_pytest_has_every_option_and_every_key_of_the_table_and_no_other(pytester):
    config = pytester.parseconfig()
    group = config._parser.getgroup("ctb")
    assert [name for option in group.options for name in option.names()] == [one.name for one in OPTIONS if one.name]
    assert {name for name in config._parser._inidict if name.startswith("ctb_")} == {
        one.key for one in OPTIONS if one.key
    }


def test_nothing_reads_a_key_that_the_table_does_not_name():
    """In the package `ctb_…` in quotes is an ini key, an attribute of an option, or what xdist and reports carry."""
    known = {name for option in OPTIONS for name in (option.key, option.attribute)} | {
        option.attribute for option in OPTIONS
    }
    read = set()
    for path in (ROOT / "pytest_ctb" / "config").glob("*.py"):
        read |= set(re.findall(r'"(ctb_\w+)"', path.read_text(encoding="utf-8")))
    assert read <= known
    assert len(read) > 10


def test_a_folder_without_ini_file_has_the_defaults(tmp_path):
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "neon.sql").touch()
    (tmp_path / "consumers").mkdir()
    config = find(tmp_path).config
    assert config.migrations == (tmp_path / "migrations",)
    assert config.bases == (tmp_path / "infra/neon.sql",)
    assert config.consumers == (tmp_path / "consumers",)
    assert (config.own_rules, config.profile_name) == (None, "postgres")
    assert not config.is_set("ctb_baseline")
    assert ini.find(tmp_path).values == {}
