"""What `ctb check` imports for one file: each module costs every run its time, so that it is a set that a test holds."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

import sample

ROOT = Path(__file__).parent.parent
LIBRARIES = ("click", "yaml", "postgast", "iniconfig", "codeowners")
"""The libraries that `ctb check` cannot do without."""
STANDARD = {
    "atexit",
    "dataclasses",
    "decimal",
    "difflib",
    "gc",
    "hashlib",
    "heapq",
    "hmac",
    "json",
    "numbers",
    "pkgutil",
}
STANDARD |= {"resource", "secrets", "shlex", "string", "textwrap", "tomllib", "traceback", "unicodedata"}
"""What it imports of Python, besides what these libraries do."""
OF_PACKAGES = {
    "cli": {"main", "check", "project", "terminal"},
    "cli.terminal": {"bar", "colours", "completion"},
    "guide": {
        "declarative", "document", "guideline_files", "judge", "needless", "profiles", "questions",
    },
    "report": {"formats", "results", "tally", "text"},
    "config": {"databases", "ini", "options", "packaged", "places", "settings", "shard", "tables"},
    "contracts": {"folder", "shapes"},
    "checks.online": {"_tables"},
}  # fmt: skip
"""All that it imports of these packages; a new name here is a decision."""
WHOLE = {"model", "sql", "repository", "checks", "errors"}
"""The packages that it may import as a whole."""

CHECK = """
import sys
from pytest_ctb.cli import main
try:
    main({arguments})
except SystemExit as end:
    assert end.code in (0, 1, None), end.code
print(*sys.modules, sep="\\n", file=sys.stderr)
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    sample.write(tmp_path)
    return tmp_path


def modules(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def of_libraries() -> set[str]:
    return modules(f"import sys, {', '.join(LIBRARIES)}\nprint(*sys.modules, sep='\\n', file=sys.stderr)")


def ours(loaded: set[str]) -> dict[str, set[str]]:
    """The modules of this project by the package that they are in, both without `pytest_ctb.`."""
    by_package = defaultdict(set)
    for name in loaded:
        if name.startswith("pytest_ctb."):
            package, _, module = name.removeprefix("pytest_ctb.").rpartition(".")
            by_package[package].add(module)
    return by_package


@pytest.mark.usefixtures("root")
def test_what_ctb_check_imports_for_one_file():
    loaded = modules(CHECK.format(arguments=["check", sample.FIRST]))
    by_package = ours(loaded)
    assert {package: by_package[package] for package in OF_PACKAGES} == OF_PACKAGES
    others = set(by_package) - set(OF_PACKAGES)
    assert {package.partition(".")[0] for package in others - {""}} <= WHOLE
    assert by_package[""] <= WHOLE | {"cli", *OF_PACKAGES}, "a package that `ctb check` needs nothing of"
    foreign = {name.partition(".")[0] for name in loaded - of_libraries()} - {"pytest_ctb"}
    public = {name for name in foreign if not name.startswith("_") and name != "encodings"}
    assert public <= STANDARD


def test_a_finding_in_any_format_brings_its_writer_alone(root):
    file = root / sample.FIRST
    file.write_text(file.read_text().replace("CREATE TABLE IF NOT EXISTS", "CREATE TABLE"))
    for form, more in (("github", {"github", "span"}), ("json", {"json", "span"})):
        loaded = modules(CHECK.format(arguments=["check", "--format", form, sample.FIRST]))
        assert ours(loaded)["report"] == OF_PACKAGES["report"] | more


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
@pytest.mark.usefixtures("root")
def test_what_reads_no_repository_imports_no_parser(arguments):
    """`--help` names all commands, and so imports them; `--version` imports none."""
    loaded = modules(CHECK.format(arguments=arguments))
    if arguments == ["--version"]:
        assert ours(loaded)["cli"] == {"main", "terminal"}
        assert "postgast" not in loaded
    assert "psycopg" not in loaded
    assert "pytest" not in loaded


def test_other_packages_are_looked_for_where_a_guideline_needs_one(root):
    """Reading what each installed distribution offers takes longer than judging a file."""
    rules = root / "rules"
    packaged = modules(CHECK.format(arguments=["check", sample.FIRST]))
    assert "importlib.metadata" not in packaged - of_libraries()
    (rules / "no-truncate.yml").write_text(
        "code: TM01\ntitle: No TRUNCATE\nwhat: No file truncates.\nwhy: Rows are lost.\nsource: us\nforbid: [TRUNCATE]\n"
    )
    assert "importlib.metadata" in modules(CHECK.format(arguments=["check", sample.FIRST]))


def test_the_commands_are_those_with_a_module():
    """A command that the table of `main` does not name would never be found."""
    from pytest_ctb.cli.main import ctb

    found = {path for path in (ROOT / "pytest_ctb/cli").rglob("*.py") if "\n@click.command(" in path.read_text()}
    assert {Path(sys.modules[command.callback.__module__].__file__) for command in ctb.commands.values()} == found
