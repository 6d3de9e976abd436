"""What the README shows is what a person sees: its console blocks are run again, the guidelines that it names are there.

`python tests/test_readme.py` writes the blocks anew.
"""

from __future__ import annotations

import datetime
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from pytest_ctb.model import TableSize
from pytest_ctb.repository.sizes import dump
from registry import GUIDELINES
from shown import console, write, written

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BAD = "migrations/2025-11-21_remove_company_website.sql"
TRIED = "migrations/2025-10-02_add_tax.sql"
COMMANDS = {
    "tried": f"pytest --ctb -q --tb=no {TRIED}",
    "effect": f"pytest --ctb --ctb-postgres embedded -q {BAD}",
}
FAILING = f"pytest --ctb --ctb-postgres embedded -q {BAD}"
LOCKS = f"pytest --ctb -q {TRIED} -k reads-not-blocked"
"""The run that the page about the pack `online` shows, in the repository of the README's first screen."""
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


_SHOP = {
    "pytest.ini": "[pytest]\nctb_postgres = embedded\n",
    "rules/_profile.yml": """extends: [ctb, online]
guidelines:
  ctb-header: {level: off}
  required-tables: {level: off}
  lock-timeout: {options: {session: 5s}}
""",
    "sizes.json": dump(datetime.date(2025, 10, 1), {"shop.orders": TableSize(40_000_000, 6_000_000_000)}),
    "migrations/2025-10-01_create_shop.sql": """BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.orders (id bigint PRIMARY KEY, total numeric, note text);
CREATE TABLE IF NOT EXISTS shop.rates (country text NOT NULL, percent numeric NOT NULL);
COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS shop.rates;
-- DROP TABLE IF EXISTS shop.orders;
-- DROP SCHEMA IF EXISTS shop;
-- COMMIT;
""",
    TRIED: """BEGIN;
ALTER TABLE shop.orders ADD COLUMN IF NOT EXISTS tax numeric;
UPDATE shop.orders SET tax = total * 0.19;
ALTER TABLE shop.orders ALTER COLUMN tax SET NOT NULL;
INSERT INTO shop.rates (country, percent) VALUES ('DE', 19);
COMMIT;

-- Rollback:
-- ALTER TABLE shop.orders DROP COLUMN IF EXISTS vat;
""",
}
"""The repository of the first screen: a file that reads well, and fails in each way in which it is tried."""


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


def shop(folder: Path) -> Path:
    """The repository of the first screen."""
    for path, text in _SHOP.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def block(name: str, folder: Path) -> str:
    """A console block: the command, and what it says."""
    if TRIED in COMMANDS[name]:
        return console(COMMANDS[name], shop(folder))
    return console(COMMANDS[name], repository(folder, name))


def file_shown() -> str:
    """The file of the first screen."""
    return f"```sql\n-- {TRIED}\n{_SHOP[TRIED]}```"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_output_shown_is_real(name, tmp_path):
    assert written(README)[name] == block(name, tmp_path / "team")


def test_the_file_shown_is_the_one_that_was_tried():
    assert written(README)["file"] == file_shown()


def test_the_first_screen_shows_each_way_in_which_a_file_is_tried():
    """On rows, twice, back and forth, with the locks: a finding of each, before anything else is said."""
    top = "\n".join(README.read_text(encoding="utf-8").splitlines()[:50])
    for guideline in ("replay", "idempotent", "rollback-restores", "reads-not-blocked"):
        assert f"::{guideline} - " in top


def test_the_readme_is_short():
    """What a newcomer reads first; everything else stands in docs/."""
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


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
        parts = {name: block(name, Path(made) / name) for name in COMMANDS} | {"file": file_shown()}
    write(README, parts)
