"""An extension that the server lacks: the finding, and which place it names."""

from __future__ import annotations

import pytest

from machine import as_migrations, choice_of, managed, oldest_and_newest, replayed
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import ServerInfo, SqlError
from pytest_ctb.postgres import Wanted, choose, docker, elsewhere, extensions, local
from pytest_ctb.replay.session.missing_extension import located

LACKING = """
CREATE TABLE a (x int);
CREATE EXTENSION IF NOT EXISTS postgis;
"""


@pytest.mark.parametrize("major", oldest_and_newest())
@pytest.mark.parametrize("role", ["owner", "superuser"])
def test_an_extension_that_no_server_here_has_is_told_with_the_image_that_has_it(major, role):
    with choice_of(major).offer.start() as server:
        file = replayed(server, LACKING, role=role).files["1.sql"]
        with pytest.raises(
            ConfigError, match=r"^1.sql:3: the prelude fails: the .* has no extension postgis; docker with"
        ):
            replayed(server, "SELECT 1;", prelude=as_migrations(LACKING))
        base = replayed(server, "SELECT 1;", bases=(LACKING,), role=role).bases["base1.sql"][0]
    told = f"the {server.info.place} Postgres {server.info.version} has no extension postgis; "
    told += "docker with --ctb-postgres-image postgis/postgis:17-3.5 has it"
    assert (file.error.message, file.failed_line) == (told, 3)
    assert (base.error.message, base.failed_line) == (told, 3)


def test_so_it_is_on_the_server_of_a_url():
    with managed(18) as server:
        file = replayed(server, LACKING).files["1.sql"]
    assert file.error.message.startswith("the server of --ctb-postgres has no extension postgis; docker with")


def test_a_statement_inside_a_block_is_told_too():
    """The wheel with 16 has it not, and nothing but the server says so: the statement stands in a DO block."""
    with choice_of(16).offer.start() as server:
        text = "DO $$ BEGIN CREATE EXTENSION earthdistance CASCADE; END $$;"
        file = replayed(server, text).files["1.sql"]
    assert " has no extension earthdistance; --ctb-postgres " in file.error.message


def test_what_another_place_of_this_machine_has_comes_first(monkeypatch):
    monkeypatch.setattr(local, "_USUAL", ())
    monkeypatch.setenv("PATH", "/nowhere")
    server = ServerInfo("16.1", 16, "url", "localhost")
    version = choose(Wanted("embedded")).offer.version
    assert elsewhere("vector", server) == f"--ctb-postgres embedded has it (Postgres {version})"
    assert elsewhere("xml2", server) == "docker with --ctb-postgres-image postgres:16 has it"
    assert "apt-get install postgresql-16-partman" in elsewhere("pg_partman", server)
    assert "if pg_imaginary is its name" in elsewhere("pg_imaginary", server)


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (SqlError('extension "a-b" is not available', "0A000"), "a-b"),
        (SqlError("die Erweiterung", "0A000", detail="»/usr/share/extension/x.control« nicht"), "x"),
        (SqlError('could not open extension control file "/usr/y.control": No such file', "58P01"), "y"),
    ],
)
def test_an_error_is_understood_as_each_version_words_it(error, named):
    told = located(error, ServerInfo("14.1", 14, "docker", "postgres:14"))
    assert told.message.startswith(f"the image postgres:14 has no extension {named}; ")


def test_other_errors_stay_as_they_are():
    server = ServerInfo("18.1", 18, "embedded", "x")
    for error in (SqlError("cannot be done", "0A000"), SqlError('extension "x" is not available', "42601"), None):
        assert located(error, server) is error


def test_an_image_is_known_by_its_name():
    assert "pgcrypto" in extensions.of_image("postgres:17")
    assert "postgis" in extensions.of_image("docker.io/postgis/postgis:18-3.6")
    assert "postgis" not in extensions.of_image("postgres")
    assert extensions.of_image("example.org/own/image:1") is None


def test_docker_tells_what_its_image_lacks(monkeypatch):
    monkeypatch.setattr(docker, "_engine_error", lambda _: "")
    wanted = frozenset({"postgis", "pgcrypto"})
    assert docker.look(Wanted("docker", extensions=wanted)).lacks == ("postgis",)
    assert docker.look(Wanted("docker", image="postgis/postgis:17-3.5", extensions=wanted)).lacks == ()
    assert docker.look(Wanted("docker", image="own/image", extensions=wanted)).lacks == ()


def test_each_image_of_the_table_has_a_source_and_something_to_offer():
    for image in extensions.IMAGES:
        assert image.source.startswith("https://")
        assert image.extensions
        assert ":" in image.name.format(major=18)


@pytest.mark.contrib
def test_debian_s_server_has_what_the_official_image_is_said_to_have():
    """The image is made of Debian's packages."""
    offer = choose(Wanted("local", extensions=extensions.CONTRIB)).offer
    assert offer.lacks == ()
