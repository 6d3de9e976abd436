"""What the README shows is what a person sees: its console blocks are run again, its guideline table is that of rules/.

`python tests/test_readme.py` writes the blocks anew.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BAD = "migrations/2025-11-21_remove_company_website.sql"
COMMANDS = {
    "passing": "pytest --ctb --ctb-postgres embedded -v migrations/2025-10-23_create_company_master.sql",
    "failing": f"pytest --ctb --ctb-postgres embedded -q {BAD}",
}
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL")
_BAD_BODY = """DO $$
BEGIN
    IF now() > '2025-11-21' THEN
        EXECUTE format('ALTER TABLE %I.%I DROP COLUMN IF EXISTS website', 'company', 'master');
    END IF;
END $$;"""


def repository(folder: Path, *, bad: bool) -> Path:
    """A copy of this repository; `bad`: with a migration that drops a column where no linter that reads text sees it."""
    for name in ("infra", "migrations", "rules"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "pytest.ini").write_text("[pytest]\n")
    if not bad:
        return folder
    text = (ROOT / "migrations/2025-11-18_deprecate_company_size_label.sql").read_text(encoding="utf-8")
    head, _, _ = text.partition("BEGIN;\n")
    head = re.sub(r"CTB-[0-9A-F]{8}", "CTB-0BADC0DE", head).replace("2025-11-18", "2025-11-21")
    head = re.sub(r"-- Description: .*\n(-- .*\n)*", "-- Description: Nobody reads the website any more\n", head)
    rollback = "-- Rollback: none, because the addresses are kept nowhere else\n"
    (folder / BAD).write_text(f"{head}BEGIN;\n\n{_BAD_BODY}\n\nCOMMIT;\n\n{rollback}", encoding="utf-8")
    return folder


def run(command: str, folder: Path) -> str:
    """The output of a command, without what differs from machine to machine."""
    # CI=true alone changes what pytest says
    kept = {name: value for name, value in os.environ.items() if name in _KEPT}
    environment = {**kept, "COLUMNS": "100", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    args = [sys.executable, "-m", *command.split(), "-p", "pytest_ctb.plugin", "-p", "no:cacheprovider"]
    said = subprocess.run(args, cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout
    lines = [
        line
        for line in said.splitlines()
        if not re.match(r"platform |rootdir: |configfile: |plugins: |cachedir: ", line)
    ]
    text = re.sub(r"in \d+\.\d+s", "in 0.81s", "\n".join(lines).strip())
    return re.sub(r"=+ (\d.* in 0\.81s) =+", lambda found: f" {found[1]} ".center(100, "="), text)


def guidelines() -> str:
    """The rows of the table, from the guideline files."""
    rows = []
    for path in (ROOT / "rules").glob("*.yml"):
        one = yaml.safe_load(path.read_text(encoding="utf-8"))
        rows.append(f"| {one['code']} | `{path.stem}` | {' '.join(one['what'].split())} |")
    return "\n".join(sorted(rows))


def block(name: str, folder: Path) -> str:
    """A console block: the command, and what it says."""
    said = run(COMMANDS[name], repository(folder, bad=name == "failing"))
    return f"```console\n$ {COMMANDS[name]}\n{said}\n```"


def written() -> dict[str, str]:
    """The parts of the README between their marks."""
    text = README.read_text(encoding="utf-8")
    return {found[1]: found[2] for found in re.finditer(r"<!-- (\w+) -->\n(.*?)\n<!-- end -->", text, re.DOTALL)}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_output_shown_is_real(name, tmp_path):
    assert written()[name] == block(name, tmp_path / "team")


def test_the_table_of_guidelines_is_that_of_the_files():
    header = "| code | id | holds when |\n|---|---|---|\n"
    assert written()["guidelines"] == header + guidelines()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        parts = {name: block(name, Path(made) / name) for name in COMMANDS}
    parts["guidelines"] = "| code | id | holds when |\n|---|---|---|\n" + guidelines()
    text = README.read_text(encoding="utf-8")
    for name, part in parts.items():
        replacement = f"<!-- {name} -->\n{part}\n<!-- end -->"
        text = re.sub(rf"<!-- {name} -->\n.*?<!-- end -->", lambda _, new=replacement: new, text, flags=re.DOTALL)
    README.write_text(text, encoding="utf-8")
