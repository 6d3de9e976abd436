"""The comparison of catalogs held against pg_dump: where the one tells two schemas apart, the other does too.

Many schemas stand side by side in one database, with the same objects and changes of each one's own, and are dumped at
once. What is asked of the comparison elsewhere, change by change, is what is changed here.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections import defaultdict
from itertools import combinations

import psycopg
import pytest

from machine import choice_of, oldest_and_newest, wheel_bin
from pytest_ctb.model import Key
from pytest_ctb.model.differences import of_the_server
from pytest_ctb.replay.witness.catalog import snapshot
from test_catalog import ALTERNATIVES, BASE, CHANGES, OF_18, an_extension

ONLY_SEEN = {
    "REFRESH MATERIALIZED VIEW s.m WITH NO DATA": "a dump without rows makes every materialized view without them",
    "COMMENT ON TRIGGER on_halves ON s.half IS 'x'": "a partition's trigger is made with that of the whole table",
}
"""What pg_dump writes alike, and why."""
ONLY_DUMPED: dict[str, str] = {}
"""What the comparison takes for the same, and why."""

_OWN_NAMES = re.compile(r"\bs(?=\.)|(?<=SCHEMA )s\b|\b(?:pub|et|srv|fdw|sub|plother|other_heap)\b(?= |;|$)")
"""The schema, and what stands in none."""
_OF_THE_SERVER = re.compile(r"^(?:CREATE|ALTER) ROLE.*|^CREATE EXTENSION.*", re.MULTILINE)
_TOKEN = re.compile(r"_?v\d\d\d_")
_ENTRY = re.compile(r"^--\n-- Name: .*\n--\n", re.MULTILINE)
_STATE = re.compile(r"^SET default_\w+ = .*;\n", re.MULTILINE)
_SCHEMAS_A_DATABASE = 60


def _is_of_a_schema(change: str) -> bool:
    """Whether a change is of what each schema has for itself."""
    shown = [key.partition(" ") for key in CHANGES.get(change, "").split("; ") if key]
    others = re.search(
        r"ROLE|full_of_things|pg_default|SCHEMA public|LANGUAGE plpgsql|PARAMETER|PRIVILEGES REVOKE", change
    )
    return not (others or any(of_the_server(Key(kind, name), None) for kind, _, name in shown))


WAYS = [
    [],
    [],
    *([change] for change in CHANGES if _is_of_a_schema(change)),
    *([way] for ways in ALTERNATIVES.values() for way in ways),
]


def _pairs(seed: int) -> list[list[str]]:
    """Two changes in both orders, where each works alone: equal where neither minds the other."""
    chosen = random.Random(seed).sample([change for change in CHANGES if _is_of_a_schema(change)], 24)
    return [
        order for one, other in zip(chosen[::2], chosen[1::2], strict=True) for order in ([one, other], [other, one])
    ]


def as_schema(sql: str, number: int, extension: str) -> str:
    """SQL on the schema `s` and what goes with it, as that on the objects of one number."""
    named = _OWN_NAMES.sub(lambda match: f"v{number:03}_{match[0]}", sql)
    return named.replace("EXTENSION_OF_THIS_SERVER", extension)


@pytest.fixture(scope="module", params=oldest_and_newest(), ids="pg{}".format)
def server(request):
    """A server of the oldest and of the newest major version that can be had."""
    with choice_of(request.param).offer.start() as started:
        yield started


def test_the_comparison_and_pg_dump_tell_the_same_schemas_apart(server):
    ways = [*WAYS, *([way] for ways in OF_18.values() for way in ways if server.info.major >= 18), *_pairs(24)]
    told = {}
    for start in range(0, len(ways), _SCHEMAS_A_DATABASE):
        part = {0: [], **dict(enumerate(ways[start : start + _SCHEMAS_A_DATABASE], start=1))}
        seen, dumped = _both(server, f"dumped_{start}", part)
        for one, other in combinations(seen, 2):
            apart = seen[one] != seen[other], dumped[one] != dumped[other]
            known = ONLY_SEEN if apart[0] else ONLY_DUMPED
            if apart[0] != apart[1] and not known.keys() & {*part[one], *part[other]}:
                told["; ".join(part[one]), "; ".join(part[other])] = "only seen" if apart[0] else "only dumped"
    assert told == {}


def _both(server, name, ways):
    """Of each schema what the comparison sees, and what pg_dump writes."""
    with server.login() as admin:
        admin.execute(f"CREATE DATABASE {name}")
        for role in ("reader", "writer"):
            if admin.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
                admin.execute(f"CREATE ROLE {role}")
    made = set()
    with server.login(name) as connection:
        extension = an_extension(connection)
        connection.execute(
            f"CREATE EXTENSION {extension}; SET session_replication_role = replica"
        )  # or all triggers fire
        base = _OF_THE_SERVER.sub("", BASE)
        for number, way in ways.items():
            connection.execute(as_schema(base, number, extension))
            try:
                with connection.transaction():
                    for change in way:
                        connection.execute(as_schema(change, number, extension))
            except psycopg.Error:
                assert len(way) > 1, way  # the one makes the other impossible
            else:
                made.add(number)
        objects = snapshot(connection, "", server).objects
    return {number: seen for number, seen in _by_schema(objects.items()) if number in made}, {
        number: text for number, text in _by_schema(_dump(server, name)) if number in made
    }


def _by_schema(items):
    """What has the number of a schema in it, by that, and without it."""
    found = defaultdict(list)
    for item in items:
        numbers = set(_TOKEN.findall(str(item)))
        if numbers:
            (token,) = {number.strip("_") for number in numbers}
            found[int(token[1:])].append(_TOKEN.sub("", str(item)))
    return [(number, sorted(texts)) for number, texts in found.items()]


def _dump(server, name):
    """The entries of a dump; each with the settings that were in force, which pg_dump says only when they change."""
    command = [
        wheel_bin() / "pg_dump",
        "--schema-only",
        "-h",
        server.admin["host"],
        "-p",
        server.admin.get("port", "5432"),
    ]
    done = subprocess.run(
        [*command, "-U", server.admin["user"], name],
        env={"LC_ALL": "C.UTF-8", "PGPASSWORD": server.admin.get("password", "")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    state = {}
    entries, _, _ = done.stdout.partition("\n--\n-- PostgreSQL database dump complete")
    for entry in _ENTRY.split(entries)[1:]:
        yield "\n".join([*state.values(), _STATE.sub("", entry).strip()])
        state |= {line.split(" ")[1]: line for line in _STATE.findall(entry)}
