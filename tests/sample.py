"""A small repository that holds the guide, for tests to break."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

RULES = Path(__file__).parent.parent / "rules"
FIRST = "migrations/2025-10-23_create_shop_item.sql"
SECOND = "migrations/2025-10-24_add_price_to_item.sql"
BASE = "infra/neon.sql"
_FRAME = "-- " + "─" * 45


def migration(body: str, *, unique_id: str, date: str = "2025-10-23", rollback: str = "SELECT 1;") -> str:
    """The text of a file with the guide's header, transaction and rollback block around `body`."""
    instructions = "\n".join(f"-- {line}" for line in rollback.splitlines())
    return f"""{_FRAME}
-- \N{FILE FOLDER} CTB Classification Metadata
{_FRAME}
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-{unique_id}
-- Last Updated: {date}
-- Enforcement: ORBT
{_FRAME}

-- Description: What the shop sells

BEGIN;

{body}
COMMIT;

-- Rollback:
{instructions}
"""


def write(root: Path, *, tables: tuple[str, ...] = ("shop.item",)) -> None:
    """Two migrations, a base schema that equals them, and all guidelines, `required-tables` asking for `tables`."""
    files = {
        FIRST: migration(
            "CREATE SCHEMA IF NOT EXISTS shop;\n\n"
            "CREATE TABLE IF NOT EXISTS shop.item (\n    id bigint PRIMARY KEY,\n    name text NOT NULL\n);\n",
            unique_id="00000001",
            rollback="DROP TABLE IF EXISTS shop.item;\nDROP SCHEMA IF EXISTS shop;",
        ),
        SECOND: migration(
            "ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS price numeric;\n",
            unique_id="00000002",
            date="2025-10-24",
            rollback="ALTER TABLE shop.item DROP COLUMN IF EXISTS price;",
        ),
        BASE: migration(
            "CREATE SCHEMA IF NOT EXISTS shop;\n\n"
            "CREATE TABLE IF NOT EXISTS shop.item (\n"
            "    id bigint PRIMARY KEY,\n    name text NOT NULL,\n    price numeric\n);\n",
            unique_id="00000003",
            date="2025-10-24",
        ),
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    shutil.copytree(RULES, root / "rules")
    required = root / "rules" / "required-tables.yml"
    guideline = yaml.safe_load(required.read_text(encoding="utf-8"))
    guideline["options"]["tables"] = list(tables)
    required.write_text(yaml.safe_dump(guideline), encoding="utf-8")


def write_more(root: Path, files: int = 20) -> None:
    """As many migrations more, of the day after the others, each with a table of its own: `shop.t0` and so on."""
    for number in range(files):
        text = migration(
            f"CREATE TABLE IF NOT EXISTS shop.t{number} (id bigint);",
            unique_id=f"E{number:07X}",
            date="2025-10-25",
            rollback=f"DROP TABLE IF EXISTS shop.t{number};",
        )
        (root / f"migrations/2025-10-25_create_t{number}.sql").write_text(text, encoding="utf-8")


def change(root: Path, name: str, old: str, new: str) -> None:
    """Replace one text, which must stand there, in one file."""
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} holds no {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
