"""Histories that strain one thing each: a dump, many tables in one transaction, concurrent indexes, one busy table."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from layouts import File


def dump(statements: int) -> Iterator[File]:
    """One file of about so many statements, as pg_dump writes them, with grants; a file before it makes the roles."""
    yield File(
        "roles", ["BEGIN;", *(f"CREATE ROLE {role} NOLOGIN;" for role in ("anon", "member", "service")), "COMMIT;"]
    )
    settings = [
        "SET statement_timeout = 0;",
        "SET client_encoding = 'UTF8';",
        "SET standard_conforming_strings = on;",
        "SET check_function_bodies = false;",
        "SET client_min_messages = warning;",
        "SET row_security = off;",
        "SET default_tablespace = '';",
        "SET default_table_access_method = heap;",
    ]
    tables = max((statements - len(settings)) // 10, 1)
    names = [f"public.thing_{number}" for number in range(tables)]
    lines = list(settings)
    for name in names:
        lines += [
            f"CREATE TABLE {name} (\n    id bigint NOT NULL,\n    parent_id bigint,\n    name text NOT NULL,\n"
            "    details jsonb DEFAULT '{}'::jsonb NOT NULL,\n"
            "    created_at timestamp with time zone DEFAULT now() NOT NULL\n);",
            f"CREATE SEQUENCE {name}_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;",
            f"ALTER SEQUENCE {name}_id_seq OWNED BY {name}.id;",
            f"ALTER TABLE ONLY {name} ALTER COLUMN id SET DEFAULT nextval('{name}_id_seq'::regclass);",
        ]
    for name in names:
        lines.append(f"ALTER TABLE ONLY {name} ADD CONSTRAINT {name[7:]}_pkey PRIMARY KEY (id);")
    lines += [f"CREATE INDEX {name[7:]}_name_idx ON {name} USING btree (name);" for name in names]
    for number, name in enumerate(names):
        lines.append(
            f"ALTER TABLE ONLY {name} ADD CONSTRAINT {name[7:]}_parent_fkey FOREIGN KEY (parent_id) "
            f"REFERENCES {names[number // 2]}(id);"
        )
    for name in names:
        lines += [
            f"GRANT SELECT ON TABLE {name} TO anon;",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE {name} TO member;",
            f"GRANT ALL ON SEQUENCE {name}_id_seq TO service;",
        ]
    yield File("dump", ["BEGIN;", *lines, "COMMIT;"])


def tables(count: int) -> Iterator[File]:
    """One transaction that makes so many tables."""
    columns = "id bigint PRIMARY KEY, name text NOT NULL, made_at timestamptz NOT NULL DEFAULT now()"
    made = [f"CREATE TABLE table_{number} ({columns});" for number in range(count)]
    yield File("tables", ["BEGIN;", *made, "COMMIT;"])


def concurrent(count: int) -> Iterator[File]:
    """A file with empty tables, and so many files of one CREATE INDEX CONCURRENTLY each."""
    several = range(max(count // 3, 1))
    yield File(
        "tables",
        [
            f"CREATE TABLE item_{number} (id bigint PRIMARY KEY, name text, size integer, kind text);"
            for number in several
        ],
        [f"DROP TABLE item_{number};" for number in several],
    )
    for number in range(count):
        table, column = number % len(several), ("name", "size", "kind")[number // len(several) % 3]
        index = f"item_{table}_{column}_{number}_idx"
        yield File(
            index,
            [f"CREATE INDEX CONCURRENTLY {index} ON item_{table} ({column});"],
            [f"DROP INDEX CONCURRENTLY {index};"],
            outside=True,
        )


def altering(count: int) -> Iterator[File]:
    """So many small files without guards: tables with foreign keys, and one table that all of them alter."""
    yield File(
        "account", ["CREATE TABLE account (id bigint PRIMARY KEY, name text NOT NULL);"], ["DROP TABLE account;"]
    )
    for number in range(1, count):
        column = f"ALTER TABLE account ADD COLUMN flag_{number} boolean NOT NULL DEFAULT false;"
        back = f"ALTER TABLE account DROP COLUMN flag_{number};"
        if number % 3 == 1:
            made, parent = f"part_{number}", "account" if number < 4 else f"part_{number - 3}"
            table = (
                f"CREATE TABLE {made} (id bigint PRIMARY KEY, account_id bigint NOT NULL REFERENCES account (id), "
                f"parent_id bigint REFERENCES {parent} (id), note text);"
            )
            yield File(f"add_{made}", [table, column], [back, f"DROP TABLE {made};"])
        elif number % 3 == 2:
            index = f"part_{number - 1}_{number}_idx"
            up = f"CREATE INDEX {index} ON part_{number - 1} (account_id);"
            yield File(f"index_{number}", [up, column], [back, f"DROP INDEX {index};"])
        else:
            yield File(f"flag_{number}", [column], [back])


HISTORIES: dict[str, tuple[str, Callable[[int], Iterator[File]], int]] = {
    "dump": ("numbered", dump, 5_000),
    "tables": ("numbered", tables, 800),
    "concurrent": ("golang-migrate", concurrent, 30),
    "altering": ("golang-migrate", altering, 150),
}
"""By name: the layout, what makes the files, and how many statements (tables, files, files) there usually are."""
