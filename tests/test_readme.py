"""What the README shows is what a person sees: its console blocks are run again, the guidelines that it names are there.

`python tests/test_readme.py` writes the blocks anew.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

import pytest

from registry import GUIDELINES
from shown import console, write, written

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BAD = "migrations/2025-11-21_remove_company_website.sql"
COMMANDS = {
    "passing": "pytest --ctb --ctb-postgres embedded -v migrations/2025-10-23_create_company_master.sql",
    "failing": f"pytest --ctb --ctb-postgres embedded -q {BAD}",
    "effect": f"pytest --ctb --ctb-postgres embedded -q {BAD}",
}
_BODIES = {
    "failing": """DO $$
BEGIN
    IF now() > '2025-11-21' THEN
        EXECUTE format('ALTER TABLE %I.%I DROP COLUMN IF EXISTS website', 'company', 'master');
    END IF;
END $$;""",
    "effect": "SELECT company.clean_up('website');",
}
_EARLIER = """CREATE OR REPLACE FUNCTION company.clean_up(what text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    command text;
BEGIN
    FOR command IN SELECT c.command FROM company.chore AS c WHERE c.about = what LOOP
        EXECUTE command;
    END LOOP;
END $$;

CREATE TABLE IF NOT EXISTS company.chore (about text PRIMARY KEY, command text NOT NULL);
INSERT INTO company.chore (about, command)
VALUES ('website', 'ALTER TABLE company.master DROP COLUMN IF EXISTS website')
ON CONFLICT (about) DO NOTHING;"""


def repository(folder: Path, name: str) -> Path:
    """A copy of this repository; with a migration that drops a column where no linter that reads text sees it."""
    for part in ("infra", "migrations", "rules"):
        shutil.copytree(ROOT / part, folder / part)
    (folder / "pytest.ini").write_text("[pytest]\n")
    if name == "effect":
        _migration(folder, "2025-11-19_create_chores.sql", "CTB-0BADC0DD", _EARLIER, "because it is only an example")
    if name in _BODIES:
        reason = "because the addresses are kept nowhere else"
        _migration(folder, Path(BAD).name, "CTB-0BADC0DE", _BODIES[name], reason)
    return folder


def _migration(folder: Path, name: str, unique_id: str, body: str, irreversible: str) -> None:
    text = (ROOT / "migrations/2025-11-18_deprecate_company_size_label.sql").read_text(encoding="utf-8")
    head, _, _ = text.partition("BEGIN;\n")
    head = re.sub(r"CTB-[0-9A-F]{8}", unique_id, head).replace("2025-11-18", name[:10])
    head = re.sub(r"-- Description: .*\n(-- .*\n)*", "-- Description: Nobody reads the website any more\n", head)
    rollback = f"-- Rollback: none, {irreversible}\n"
    (folder / "migrations" / name).write_text(f"{head}BEGIN;\n\n{body}\n\nCOMMIT;\n\n{rollback}", encoding="utf-8")


def block(name: str, folder: Path) -> str:
    """A console block: the command, and what it says."""
    return console(COMMANDS[name], repository(folder, name))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_output_shown_is_real(name, tmp_path):
    assert written(README)[name] == block(name, tmp_path / "team")


def test_what_the_readme_says_of_guidelines_is_that_of_the_files():
    """It lists none, so that a new one changes it in nothing; those that it names are there."""
    text = README.read_text(encoding="utf-8")
    ids = {guideline.id: guideline.code for guideline in GUIDELINES}
    section = text.partition("## The guidelines\n")[2].partition("\n## ")[0]
    named = dict(re.findall(r"`([a-z-]+)` \(([A-Z]{2}\d\d)\)", section))
    assert len(named) > 3
    assert named.items() <= ids.items()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        parts = {name: block(name, Path(made) / name) for name in COMMANDS}
    write(README, parts)
