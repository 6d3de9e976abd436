"""One shop, as a repository of each layout: the same migrations, with what is awkward in plain SQL."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

RULES = Path(__file__).parent.parent / "rules"
OFF = {"ctb-header", "unique-id", "required-tables", "idempotent", "if-not-exists"}
"""What asks for the guide's own header and tables, or for what a tool with a ledger of its own does not need."""


@dataclass(frozen=True)
class Change:
    """What one migration does, and what takes it back."""

    name: str
    up: str
    down: str = ""
    why_none: str = ""
    alone: bool = False
    """Postgres refuses it inside a transaction."""
    rows: str = ""
    """In place of `up` where the rows of a COPY are sent."""

    @property
    def block(self) -> bool:
        """What reads line by line does not see its end: semicolons in a body, or dashes in a string."""
        hidden = (" -- " in line and line.endswith(";") for line in self.up.splitlines())
        return "$$" in self.up or any(hidden)

    @property
    def comment(self) -> str:
        """How a comment says what takes it back."""
        if self.why_none:
            return f"-- Rollback: none, because {self.why_none}\n"
        return "-- Rollback:\n" + "".join(f"-- {line}\n" for line in self.down.splitlines())


CHANGES = (
    Change(
        "create_shop",
        "CREATE EXTENSION IF NOT EXISTS citext;\nCREATE SCHEMA shop;\n",
        "DROP SCHEMA shop;\nDROP EXTENSION citext;\n",
    ),
    Change(
        "create_reader",
        "DO $$\nBEGIN\n"
        "    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'shop_reader') THEN\n"
        "        CREATE ROLE shop_reader NOLOGIN;\n    END IF;\nEND\n$$;\n"
        "GRANT USAGE ON SCHEMA shop TO shop_reader;\n",
        "REVOKE USAGE ON SCHEMA shop FROM shop_reader;\nDROP ROLE shop_reader;\n",
    ),
    Change(
        "create_item",
        "CREATE TYPE shop.state AS ENUM ('new', 'sold');\n\n"
        "CREATE TABLE shop.item (\n    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
        "    name citext NOT NULL UNIQUE, -- one; of a kind\n    state shop.state NOT NULL DEFAULT 'new'\n);\n",
        "DROP TABLE shop.item;\nDROP TYPE shop.state;\n",
    ),
    Change(
        "add_state_gone",
        "ALTER TYPE shop.state ADD VALUE 'gone';\n",
        why_none="Postgres cannot take a value out of an enum",
    ),
    Change(
        "create_history",
        "CREATE TABLE shop.history (\n    item_id bigint NOT NULL REFERENCES shop.item,\n"
        "    at timestamptz NOT NULL DEFAULT now()\n);\n\n"
        "CREATE FUNCTION shop.note() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n"
        "    INSERT INTO shop.history (item_id) VALUES (new.id);\n    RETURN new;\nEND;\n$$;\n\n"
        "CREATE TRIGGER note AFTER INSERT ON shop.item FOR EACH ROW EXECUTE FUNCTION shop.note();\n",
        "DROP TRIGGER note ON shop.item;\nDROP FUNCTION shop.note();\nDROP TABLE shop.history;\n",
    ),
    Change(
        "create_unit",
        "CREATE TABLE shop.unit (code text PRIMARY KEY, name text NOT NULL);\n"
        "INSERT INTO shop.unit VALUES ('kg', 'kilogram; by weight'), ('pc', 'piece -- by count');\n",
        "DROP TABLE shop.unit;\n",
        rows="CREATE TABLE shop.unit (code text PRIMARY KEY, name text NOT NULL);\n"
        "COPY shop.unit FROM stdin;\nkg\tkilogram; by weight\npc\tpiece -- by count\n\\.\n",
    ),
    Change(
        "add_price_to_item",
        "ALTER TABLE shop.item ADD COLUMN price numeric;\n"
        "DO $$\nBEGIN\n    UPDATE shop.item SET price = 0 WHERE price IS NULL;\nEND\n$$;\n"
        "ALTER TABLE shop.item ALTER COLUMN price SET DEFAULT 0;\n",
        "ALTER TABLE shop.item DROP COLUMN price;\n",
    ),
    Change(
        "index_item_state",
        "CREATE INDEX CONCURRENTLY item_state_idx ON shop.item (state);\n",
        "DROP INDEX CONCURRENTLY shop.item_state_idx;\n",
        alone=True,
    ),
    Change(
        "create_stock",
        "CREATE VIEW shop.stock AS\nSELECT i.id, i.name FROM shop.item i WHERE i.state <> 'sold';\n"
        "GRANT SELECT ON shop.stock TO shop_reader;\n",
        "DROP VIEW shop.stock;\n",
    ),
    Change(
        "enable_item_security",
        "ALTER TABLE shop.item ENABLE ROW LEVEL SECURITY;\n"
        "CREATE POLICY seen ON shop.item FOR SELECT TO shop_reader USING (state <> 'gone');\n",
        "DROP POLICY seen ON shop.item;\nALTER TABLE shop.item DISABLE ROW LEVEL SECURITY;\n",
    ),
    Change(
        "add_unit_to_item",
        "ALTER TABLE shop.item ADD COLUMN unit text REFERENCES shop.unit DEFAULT 'pc';\n",
        "ALTER TABLE shop.item DROP COLUMN unit;\n",
    ),
)
"""Eleven of them, so that a text order of numbers is another one than that of the numbers."""


def framed(sql: str, *, alone: bool) -> str:
    """As a file for psql says itself whether it is a transaction."""
    return f"-- ctb:no-transaction: it may take minutes\n{sql}" if alone else f"BEGIN;\n\n{sql}\nCOMMIT;\n"


def _pairs(name: Callable[[int, str], str], off: str = "") -> Mapping[str, str]:
    """Files of their own for up and down; `{}` stands for the direction."""
    files = {}
    for number, one in enumerate(CHANGES, 1):
        first = off if one.alone else ""
        path = name(number, one.name)
        files[path.format("up")] = first + (one.comment if one.why_none else "") + one.up
        if one.down:
            files[path.format("down")] = first + one.down
    return files


def _commented(name: Callable[[int, str], str], *, psql: bool) -> Mapping[str, str]:
    """One file each, with the way back in a comment."""
    files = {}
    for number, one in enumerate(CHANGES, 1):
        text = framed(one.rows or one.up, alone=one.alone) if psql else one.up
        files[name(number, one.name)] = f"{text}\n{one.comment}"
    return files


def _stamp(number: int) -> str:
    return f"202501{number:02}093000"


def _golang_migrate() -> Mapping[str, str]:
    return _pairs(lambda number, name: f"migrations/{number}_{name}.{{}}.sql")


def _sqlx() -> Mapping[str, str]:
    return _pairs(lambda number, name: f"migrations/{_stamp(number)}_{name}.{{}}.sql", "-- no-transaction\n") | {
        "Cargo.toml": '[dependencies]\nsqlx = "0.8"\n'
    }


def _supabase() -> Mapping[str, str]:
    files = _commented(lambda number, name: f"supabase/migrations/{_stamp(number)}_{name}.sql", psql=False)
    return {**files, "supabase/config.toml": 'project_id = "shop"\n'}


def _prisma() -> Mapping[str, str]:
    files = _pairs(lambda number, name: f"prisma/migrations/{_stamp(number)}_{name}/{{}}.sql")
    files = {path.replace("/up.sql", "/migration.sql"): sql for path, sql in files.items()}
    return {**files, "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n'}


def _diesel() -> Mapping[str, str]:
    def folder(number: int, name: str) -> str:
        return f"migrations/2025-01-{number:02}-093000_{name}"

    files = dict(_pairs(lambda number, name: f"{folder(number, name)}/{{}}.sql"))
    for number, one in enumerate(CHANGES, 1):
        if one.alone:
            files[f"{folder(number, one.name)}/metadata.toml"] = "run_in_transaction = false\n"
    return {**files, "diesel.toml": '[print_schema]\nfile = "src/schema.rs"\n'}


def _numbered() -> Mapping[str, str]:
    return _commented(lambda number, name: f"migrations/{number}-{name}.sql", psql=True)


def _sections(
    name: Callable[[int, str], str], up: str, down: str, off: tuple[str, str], word: str = ""
) -> Mapping[str, str]:
    """One file each, with lines that say what goes up and what comes down; `off`: above all, and behind the lines."""
    files = {}
    for number, one in enumerate(CHANGES, 1):
        above, behind = off if one.alone else ("", "")
        parts = [one.up, one.down]
        if word and one.block:
            begin, end = f"-- +{word} StatementBegin\n", f"-- +{word} StatementEnd\n"
            parts = [f"{begin}{one.up}{end}", one.down]
        back = one.comment if one.why_none else parts[1]
        files[name(number, one.name)] = f"{above}{up}{behind}\n{parts[0]}\n{down}{behind}\n{back}"
    return files


def _dbmate() -> Mapping[str, str]:
    return _sections(
        lambda number, name: f"db/migrations/{_stamp(number)}_{name}.sql",
        "-- migrate:up",
        "-- migrate:down",
        ("", " transaction:false"),
    )


def _goose() -> Mapping[str, str]:
    return _sections(
        lambda number, name: f"migrations/{number:05}_{name}.sql",
        "-- +goose Up",
        "-- +goose Down",
        ("-- +goose NO TRANSACTION\n", ""),
        "goose",
    )


def _sql_migrate() -> Mapping[str, str]:
    return _sections(
        lambda number, name: f"migrations/{number}-{name}.sql",
        "-- +migrate Up",
        "-- +migrate Down",
        ("", " notransaction"),
        "migrate",
    )


def _flyway() -> Mapping[str, str]:
    """Versions that text would put into another order, a view that is made anew whenever it changes, both ways back."""
    files = {}
    for number, one in enumerate(CHANGES, 1):
        up, version = one.rows or one.up, f"1_{number}" if number % 2 else f"1.{number}"
        name = f"db/migration/V{version}__{one.name}.sql"
        if one.name == "create_stock":
            name, up = "db/migration/R__stock.sql", up.replace("CREATE VIEW", "CREATE OR REPLACE VIEW")
        files[name] = up if number % 2 and one.down and "R__" not in name else f"{up}\n{one.comment}"
        if number % 2 and one.down and "R__" not in name:
            files[f"db/migration/U1.{number}__{one.name}.sql"] = one.down
    return files


def _sqitch() -> Mapping[str, str]:
    """The plan's order is that of no list of files."""
    plan = "%syntax-version=1.0.0\n%project=shop\n\n"
    files = {}
    for one in CHANGES:
        plan += f"{one.name} 2025-01-02T09:30:00Z Ann <ann@example.com> # {one.name}\n"
        up = (one.comment if one.why_none else "") + framed(one.rows or one.up, alone=one.alone)
        files[f"sqitch/deploy/{one.name}.sql"] = f"-- Deploy shop:{one.name} to pg\n\n{up}"
        if one.down:
            files[f"sqitch/revert/{one.name}.sql"] = (
                f"-- Revert shop:{one.name} from pg\n\n{framed(one.down, alone=one.alone)}"
            )
        files[f"sqitch/verify/{one.name}.sql"] = "BEGIN;\nSELECT 1/0;\nROLLBACK;\n"
    return {**files, "sqitch/sqitch.plan": plan}


def _liquibase() -> Mapping[str, str]:
    """A changelog in YAML, and two changesets in the first file."""
    log = "databaseChangeLog:\n"
    files = {}
    for number, one in enumerate(CHANGES, 1):
        told = " runInTransaction:false" if one.alone else ""
        told += " splitStatements:false" if one.block else ""
        rollback = one.comment if one.why_none else "".join(f"--rollback {line}\n" for line in one.down.splitlines())
        text = f"--liquibase formatted sql\n\n--changeset ann:{number}{told}\n--comment: {one.name}\n{one.up}{rollback}"
        if number == 1:
            text += "\n--changeset ann:1b endDelimiter:/\nCREATE TABLE shop.note (id bigint)\n/\n"
            text += "/* liquibase rollback\nDROP TABLE shop.note;\n*/\n"
        files[f"db/changelog/changes/{one.name}.sql"] = text
        log += f"  - include:\n      file: changes/{one.name}.sql\n      relativeToChangelogFile: true\n"
    return {**files, "db/changelog/db.changelog-master.yaml": log}


def without_concurrently(files: Mapping[str, str]) -> dict[str, str]:
    """The files of a tool whose transaction nothing in a file switches off."""
    return {name: text.replace("INDEX CONCURRENTLY", "INDEX") for name, text in files.items()}


def _milliseconds(number: int) -> int:
    """A time in milliseconds since 1970: half past nine on a day of January 2025."""
    return 1735810200000 + number * 86_400_000


def _drizzle() -> Mapping[str, str]:
    """The journal's order is that of no list of files, and files are cut into pieces."""
    files = {}
    entries = []
    for number, one in enumerate(CHANGES, 1):
        tag = f"{20 - number:04}_{one.name}"
        up = one.up.replace(";\n\n", ";\n--> statement-breakpoint\n\n")
        files[f"drizzle/{tag}.sql"] = f"{up}\n{one.comment}"
        entries.append({"idx": number, "version": "7", "when": _milliseconds(number), "tag": tag, "breakpoints": True})
    journal = {"version": "7", "dialect": "postgresql", "entries": entries}
    return {**files, "drizzle/meta/_journal.json": json.dumps(journal, indent=2)}


def _hasura() -> Mapping[str, str]:
    files = _pairs(lambda number, name: f"migrations/default/{_milliseconds(number)}_{name}/{{}}.sql")
    return {**files, "config.yaml": "version: 3\nendpoint: http://localhost:8080\nmetadata_directory: metadata\n"}


def _tern() -> Mapping[str, str]:
    files = _sections(
        lambda number, name: f"migrations/{number:03}_{name}.sql",
        "-- what goes up",
        "---- create above / drop below ----",
        ("---- tern: disable-tx ----\n", ""),
    )
    files = {name: text.replace("below ----\n-- Rollback", "below ----\n\n-- Rollback") for name, text in files.items()}
    return {**files, "migrations/tern.conf": "[database]\ndatabase = shop\n"}


def _node_pg_migrate() -> Mapping[str, str]:
    """Milliseconds and dates, whose order is not that of the numbers."""

    def name(number: int, what: str) -> str:
        prefix = str(_milliseconds(number)) if number % 2 else f"202501{number + 2:02}093000000"
        return f"migrations/{prefix}_{what}.sql"

    files = _sections(name, "-- Up Migration", "-- Down Migration", ("", ""))
    return {**files, "package.json": '{"devDependencies": {"node-pg-migrate": "^8.0.0"}}\n'}


def _atlas() -> Mapping[str, str]:
    files = {
        f"migrations/{_stamp(number)}_{one.name}.sql": f"{'-- atlas:txmode none' * one.alone}\n\n{one.up}\n{one.comment}"
        for number, one in enumerate(CHANGES, 1)
    }
    return {**files, "migrations/atlas.sum": ""}


def atlas_sum(files: Mapping[str, str]) -> str:
    """What `atlas migrate hash` writes for files, by their names."""
    hashed, total, listed = hashlib.sha256(), hashlib.sha256(), ""
    for name, text in sorted(files.items()):
        hashed.update(name.encode() + text.encode())
        value = base64.b64encode(hashed.digest()).decode()
        total.update(name.encode() + value.encode())
        listed += f"{name} h1:{value}\n"
    return f"h1:{base64.b64encode(total.digest()).decode()}\n{listed}"


def with_safe_index(files: Mapping[str, str]) -> dict[str, str]:
    """The files of a tool that sends statement by statement: what an interruption left of the index is dropped first."""
    unsafe = "CREATE INDEX CONCURRENTLY item_state_idx"
    safe = f"DROP INDEX CONCURRENTLY IF EXISTS shop.item_state_idx;\n{unsafe}"
    return {name: text.replace(unsafe, safe) for name, text in files.items()}


SHOPS: Mapping[str, Mapping[str, str]] = {
    "golang-migrate": _golang_migrate(),
    "sqlx": _sqlx(),
    "supabase": _supabase(),
    "prisma": _prisma(),
    "diesel": _diesel(),
    "numbered": with_safe_index(_numbered()),
    "dbmate": _dbmate(),
    "goose": with_safe_index(_goose()),
    "sql-migrate": with_safe_index(_sql_migrate()),
    "flyway": with_safe_index(_flyway()),
    "sqitch": with_safe_index(_sqitch()),
    "liquibase": with_safe_index(_liquibase()),
    "drizzle": without_concurrently(_drizzle()),
    "hasura": without_concurrently(_hasura()),
    "tern": with_safe_index(_tern()),
    "node-pg-migrate": without_concurrently(_node_pg_migrate()),
    "atlas": with_safe_index(_atlas()),
}
"""By the layout's name: the files of the repository."""


def write(root: Path, files: Mapping[str, str], *, on: frozenset[str] = frozenset()) -> None:
    """Write a repository, and the guidelines that fit it; an empty atlas.sum is filled."""
    files = dict(files)
    for name in [name for name in files if name.endswith("/atlas.sum") and not files[name]]:
        folder = name.removesuffix("atlas.sum")
        beside = {path.removeprefix(folder): text for path, text in files.items() if path.startswith(folder)}
        files[name] = atlas_sum({path: text for path, text in beside.items() if path.endswith(".sql")})
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    shutil.copytree(RULES, root / "rules", dirs_exist_ok=True)
    (root / "rules" / "_profile.yml").write_text("extends: none\n")
    for id_ in OFF - on:
        file = root / "rules" / f"{id_}.yml"
        guideline = yaml.safe_load(file.read_text(encoding="utf-8"))
        file.write_text(yaml.safe_dump({**guideline, "level": "off"}), encoding="utf-8")


def path(layout: str, name: str) -> str:
    """The file of a shop that makes a change."""
    others = ("down", "revert/", "verify/", "/U", ".toml", ".conf")
    return next(one for one in SHOPS[layout] if name in one and not any(other in one for other in others))


def switched_on(text: str) -> str:
    """The text without what switches a tool's transaction off in it; what no switch serves is put into it."""
    text = text.replace("CREATE INDEX item_state_idx", "CREATE INDEX CONCURRENTLY item_state_idx")
    text = text.replace("---- tern: disable-tx ----\n", "").replace("-- atlas:txmode none", "")
    for off in ("-- no-transaction\n", " transaction:false", "-- +goose NO TRANSACTION\n", " notransaction"):
        text = text.replace(off, "")
    return text.replace(" runInTransaction:false", "")
