"""The stand-ins for extensions: held against the real ones, on the same inputs, and what they do in a run."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path

import psycopg
import pytest

from machine import as_migrations, processes, replayed, wait_until, wheel_bin
from pytest_ctb.postgres import Wanted, choose, local, stand_ins

BOTH = frozenset({"pgcrypto", "uuid-ossp"})
TEXTS = [
    "",
    "a",
    "naïve ─ text \\ with 'quotes'",
    "x" * 55,
    "x" * 56,
    "x" * 63,
    "x" * 64,
    "y" * 65,
    "z" * 127,
    "z" * 300,
]
SIGNATURES = """
    SELECT p.proname, pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid), p.provolatile,
           p.proisstrict, p.proparallel
    FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
    JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = ANY (%s) ORDER BY 1, 2
"""


def with_both(server):
    connection = server.login()
    connection.execute("""CREATE SCHEMA own; CREATE EXTENSION pgcrypto VERSION '1.3' SCHEMA own""")
    connection.execute("""CREATE EXTENSION "uuid-ossp" SCHEMA own; SET search_path = own""")
    return connection


@pytest.fixture(scope="module")
def stood_in():
    """A server that has but the stand-ins."""
    choice = choose(Wanted("embedded", major=18, extensions=BOTH))
    assert choice.offer.stand_ins == ("pgcrypto", "uuid-ossp")
    with choice.offer.start() as server, with_both(server) as connection:
        yield connection


@pytest.fixture(scope="module")
def real():
    """A server with the real extensions: Debian's, say, which CI's image has."""
    choice = choose(Wanted("local", extensions=BOTH))
    assert choice.offer.stand_ins == choice.offer.lacks == ()
    with choice.offer.start() as server, with_both(server) as connection:
        yield connection


@pytest.mark.contrib
def test_what_is_compared_is_a_stand_in_and_a_real_extension(stood_in, real):
    query = "SELECT count(*) FROM pg_proc WHERE probin IS NOT NULL AND pronamespace = 'own'::regnamespace"
    assert stood_in.execute(query).fetchone() == (0,)
    assert real.execute(query).fetchone()[0] > 30


@pytest.mark.contrib
def test_the_signatures_are_those_of_the_real_extension(stood_in, real):
    rows = [one.execute(SIGNATURES, [list(BOTH)]).fetchall() for one in (stood_in, real)]
    assert rows[0] == rows[1]


DETERMINED = [
    *[f"digest(%(text)s::text, '{kind}')" for kind in ("md5", "sha1", "SHA224", "sha256", "sha384", "sha512")],
    "digest(convert_to(%(text)s, 'UTF8'), 'sha1')",
    *[
        f"hmac(%(text)s::text, %(key)s::text, '{kind}')"
        for kind in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
    ],
    "hmac(convert_to(%(text)s, 'UTF8'), convert_to(%(key)s, 'UTF8'), 'sha256')",
    "uuid_generate_v3(uuid_ns_dns(), %(text)s)",
    "uuid_generate_v5(uuid_ns_url(), %(text)s)",
    "ARRAY[uuid_nil(), uuid_ns_dns(), uuid_ns_url(), uuid_ns_oid(), uuid_ns_x500()]",
    "digest(NULL::text, 'md5') IS NULL",
]


@pytest.mark.contrib
@pytest.mark.parametrize("expression", DETERMINED)
def test_what_is_determined_is_what_the_real_extension_gives(stood_in, real, expression):
    for text in TEXTS:
        for key in TEXTS if "key" in expression else [""]:
            given = {"text": text, "key": key}
            told = [one.execute(f"SELECT {expression}", given).fetchone() for one in (stood_in, real)]
            assert told[0] == told[1], given


@pytest.mark.contrib
@pytest.mark.parametrize(
    ("expression", "version"),
    [
        ("gen_random_uuid()", 4),
        ("uuid_generate_v4()", 4),
        ("uuid_generate_v1()", 1),
        ("uuid_generate_v1mc()", 1),
    ],
)
def test_uuids_at_random_are_of_their_version_and_differ(stood_in, real, expression, version):
    for one in (stood_in, real):
        made = {row[0] for row in one.execute(f"SELECT own.{expression} FROM generate_series(1, 500)").fetchall()}
        assert len(made) == 500
        assert {(each.version, each.variant) for each in made} == {(version, uuid.RFC_4122)}


def test_a_uuid_of_version_1_tells_the_time_and_a_node_that_is_no_network_card(stood_in):
    row = stood_in.execute(
        "SELECT abs(extract(epoch FROM uuid_extract_timestamp(u) - clock_timestamp())) < 60, u FROM uuid_generate_v1() u"
    ).fetchone()
    assert row[0]
    assert row[1].node >> 40 & 1


@pytest.mark.contrib
def test_random_bytes(stood_in, real):
    for one in (stood_in, real):
        made = [one.execute("SELECT gen_random_bytes(%s)", [size]).fetchone()[0] for size in (1, 31, 32, 33, 1024)]
        assert [len(each) for each in made] == [1, 31, 32, 33, 1024]
        assert len(set(made[4])) > 200
        for size in (0, 1025):
            with pytest.raises(psycopg.Error, match="Length not in range"):
                one.execute("SELECT gen_random_bytes(%s)", [size])


RAISING = [
    "crypt('a', 'b')",
    "gen_salt('bf')",
    "gen_salt('bf', 8)",
    "encrypt('a', 'b', 'aes')",
    "pgp_sym_encrypt('a', 'b')",
    "armor('a')",
    "digest('a', 'whirlpool')",
]


@pytest.mark.parametrize("call", RAISING)
def test_what_a_stand_in_cannot_do_is_told_when_it_is_called(stood_in, call):
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="the stand-in for pgcrypto") as caught:
        stood_in.execute(f"SELECT {call}")
    assert "Take a server that has the real extension: --ctb-postgres local" in caught.value.diag.message_hint


def test_a_stand_in_can_be_moved_updated_and_dropped(stood_in):
    with stood_in.transaction(force_rollback=True):
        stood_in.execute("CREATE SCHEMA other; ALTER EXTENSION pgcrypto SET SCHEMA other")
        stood_in.execute(
            'ALTER EXTENSION "uuid-ossp" SET SCHEMA other; ALTER EXTENSION pgcrypto UPDATE; SET search_path = public'
        )
        query = "SELECT other.hmac('a', 'b', 'md5') IS NOT NULL, other.fips_mode(), other.uuid_generate_v5(other.uuid_nil(), '')"
        assert stood_in.execute(query).fetchone()[1] is False
        stood_in.execute('DROP EXTENSION pgcrypto; DROP EXTENSION "uuid-ossp"; DROP SCHEMA other')


MIGRATION = """
CREATE SCHEMA IF NOT EXISTS extensions;
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA extensions;
CREATE TABLE IF NOT EXISTS t (id uuid PRIMARY KEY DEFAULT extensions.uuid_generate_v4(), h bytea);
INSERT INTO t (h) SELECT extensions.digest('a', 'sha256') WHERE NOT EXISTS (SELECT FROM t);
-- Rollback:
--   DROP TABLE t;
--   DROP EXTENSION "uuid-ossp";
--   DROP EXTENSION pgcrypto;
--   DROP SCHEMA extensions;
"""


@pytest.mark.parametrize("role", ["owner", "superuser"])
def test_a_stand_in_is_an_extension_in_the_replay_and_its_members_do_not_show(role):
    with choose(Wanted("embedded", major=18, extensions=BOTH)).offer.start() as server:
        replay = replayed(server, MIGRATION, bases=(MIGRATION,), role=role)
        folder = server.admin["host"]
        assert (Path(folder) / "stand_ins" / "pgcrypto" / "extension" / "pgcrypto.control").is_file()
    file = replay.files["1.sql"]
    assert file.applied, file.error
    assert file.rollback.differences == ()
    assert file.rerun.error is None
    assert replay.bases["base1.sql"][1] == replay.schema
    kinds = {key.kind for key in replay.schema.objects}
    assert "function" not in kinds
    assert {key.name for key in replay.schema.objects if key.kind == "extension"} == BOTH
    wait_until(lambda: not Path(folder).exists() and not processes(folder), "the server and its folder have gone")


@pytest.mark.parametrize("major", [16, 18])
def test_only_a_server_that_lacks_an_extension_gets_a_stand_in(major):
    assert choose(Wanted("embedded", major=major)).offer.stand_ins == ()
    assert choose(Wanted("embedded", major=major, extensions=BOTH)).offer.stand_ins == ("pgcrypto", "uuid-ossp")
    off = choose(Wanted("embedded", major=major, extensions=BOTH, stand_ins=False)).offer
    assert (off.lacks, off.stand_ins) == (("pgcrypto", "uuid-ossp"), ())
    assert choose(Wanted(extensions=BOTH)).offer.stand_ins == ()


def test_before_18_they_lie_in_a_copy_of_the_programs():
    """Such a server takes extensions from the folder of its installation alone, which nobody may change."""
    with choose(Wanted("embedded", major=16, extensions=BOTH)).offer.start() as server, with_both(server) as connection:
        row = connection.execute("SELECT digest('a', 'sha1'), uuid_generate_v5(uuid_ns_dns(), 'a')").fetchone()
    assert row == (hashlib.sha1(b"a").digest(), uuid.uuid5(uuid.NAMESPACE_DNS, "a"))
    assert choose(Wanted("embedded", major=16, extensions=BOTH, stand_ins=False)).offer.lacks == (
        "pgcrypto",
        "uuid-ossp",
    )


def test_auto_takes_the_real_extension_before_a_stand_in(monkeypatch):
    """Here 18 is what is installed, and lacks them, so nothing real is there but in Docker."""
    monkeypatch.setenv("PATH", f"{wheel_bin()}:/usr/bin:/bin")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    monkeypatch.setattr(local, "_USUAL", ())
    offer = choose(Wanted(extensions=BOTH)).offer
    assert (offer.place, offer.stand_ins) == ("local", ("pgcrypto", "uuid-ossp"))


def test_the_folder_has_an_extension_for_each_name():
    for name in stand_ins.NAMES:
        files = {path.suffix for path in (stand_ins.FOLDER / name / "extension").iterdir()}
        assert files == {".control", ".sql"}


def test_the_header_names_the_stand_ins_and_an_option_refuses_them(pytester):
    pytester.makepyprojecttoml("[tool.pytest.ini_options]\n")
    (pytester.path / "migrations").mkdir()
    (pytester.path / "migrations" / "2025-10-23_create_t.sql").write_text("CREATE EXTENSION pgcrypto;\n")
    where = ("--ctb", "--ctb-postgres", "embedded", "-p", "no:cacheprovider", "-k", "replay")
    result = pytester.runpytest(*where)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["ctb stand-ins: pgcrypto (plain SQL*"])
    result = pytester.runpytest(*where, "--ctb-stand-ins", "off")
    result.assert_outcomes(failed=1)
    assert "ctb stand-ins" not in result.stdout.str()
    result = pytester.runpytest(*where, "--ctb-stand-ins", "maybe")
    result.stderr.fnmatch_lines(["*--ctb-stand-ins maybe: use on or off"])
    (pytester.path / "pyproject.toml").write_text("[tool.pytest.ini_options]\nctb_stand_ins = 'off'\n")
    pytester.runpytest(*where).assert_outcomes(failed=1)


def test_a_file_that_needs_what_a_stand_in_cannot_do_says_so():
    with choose(Wanted("embedded", major=18, extensions=BOTH)).offer.start() as server:
        text = "CREATE EXTENSION pgcrypto;\nSELECT crypt('a', gen_salt('bf'));"
        (file,) = replayed(server, text, prelude=as_migrations("SELECT 1;")).files.values()
    assert file.error.message == "the stand-in for pgcrypto cannot do gen_salt()"
    assert file.failed_line == 2
