"""Postgres in a container that testcontainers starts."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from secrets import token_hex
from uuid import uuid4

import psycopg

from pytest_ctb.errors import NoServerError, ServerError
from pytest_ctb.model import ServerInfo
from pytest_ctb.postgres.cluster import cleaning, guarded
from pytest_ctb.postgres.extensions import of_image
from pytest_ctb.postgres.place import (
    DEFAULT_MAJOR,
    PREFIX,
    Offer,
    Refusal,
    Server,
    Wanted,
    connect,
    settings_of,
    without_preparation,
)

_LABEL = "org.pytest-ctb.run"
_PACKAGE = 'pip install "pytest-ctb[docker]"'
_ENGINE = "start a Docker engine (and see that DOCKER_HOST, where it is set, points to it)"


def look(wanted: Wanted) -> Offer | Refusal:
    """Offer a container if an engine answers. The version of the image is checked when it runs."""
    if find_spec("testcontainers") is None:
        return Refusal("docker", "testcontainers is not installed", _PACKAGE)
    reason = _engine_error(os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock")
    if reason:
        return Refusal("docker", f"no Docker engine answers: {reason}", _ENGINE)
    image = wanted.image or f"postgres:{wanted.major or DEFAULT_MAJOR}"
    known = of_image(image)
    lacks = () if known is None else tuple(sorted(wanted.extensions - known))
    return Offer("docker", image, without_preparation(partial(_run, image, wanted)), lacks=lacks)


def _engine_error(host: str) -> str:
    """Why no engine answers at an address; empty where one does. Without docker's client, whose import takes 0.3 s."""
    kind, _, path = host.partition("://")
    address: str | tuple[str, int] = path
    family = socket.AF_UNIX
    if kind in {"tcp", "http", "https"}:
        name, _, port = path.rstrip("/").partition(":")
        address, family = (name, int(port or 2375)), socket.AF_INET
    elif kind != "unix":
        return ""  # ssh, npipe: the start shows it
    try:
        with socket.socket(family) as probe:
            probe.settimeout(5)
            probe.connect(address)
    except OSError as error:
        return f"{host}: {error.strerror or error}"
    return ""


@contextmanager
def _run(image: str, wanted: Wanted) -> Iterator[Server]:
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415  # see above

    run = uuid4().hex
    # The guard removes the container, however this process ends; the helper of testcontainers needs a second image.
    with guarded(cleaning(__name__, {"run": run})) as watcher:
        watcher.expect_started()
        container = PostgresContainer(
            image, username=wanted.superuser, password=token_hex(16), dbname="postgres", driver=None
        )
        container.with_kwargs(labels={_LABEL: run})
        try:
            container.start()
        except Exception as error:
            raise ServerError(f"the container of {image} did not start: {error}") from error
        try:
            options = {
                "host": container.get_container_host_ip(),
                "port": str(container.get_exposed_port(5432)),
                "user": container.username,
                "password": container.password,
                "dbname": container.dbname,
            }
            info, settings = _wait_for_answer(options, image)
            server = Server(info, options, superuser=True, shared=False, prefix=PREFIX, settings=settings)
            _check_version(server, image, wanted)
            yield server
        finally:
            with contextlib.suppress(Exception):  # the guard tries again
                container.stop()


def clean(run: str) -> None:
    """Remove the container of a run, also one that is still being made. The guard calls it at the end."""
    import docker  # noqa: PLC0415

    client = docker.from_env(timeout=10)
    for attempt in range(5):
        containers = client.containers.list(all=True, sparse=True, filters={"label": f"{_LABEL}={run}"})
        for container in containers:
            with contextlib.suppress(docker.errors.APIError):
                container.remove(force=True, v=True)
        if not containers and attempt:
            return
        time.sleep(0.5 if containers else 0.1)


def _wait_for_answer(options: dict[str, str], image: str) -> tuple[ServerInfo, dict[str, str]]:
    end = time.monotonic() + 60
    while True:
        try:
            with connect({**options, "connect_timeout": "5"}) as connection:
                version = connection.info.parameter_status("server_version") or ""
                info = ServerInfo(version.split()[0], connection.info.server_version // 10000, "docker", image)
                return info, settings_of(connection)
        except psycopg.OperationalError as error:
            if time.monotonic() > end:
                raise ServerError(f"the Postgres in {image} does not answer: {error}") from error
            time.sleep(0.1)


def _check_version(server: Server, image: str, wanted: Wanted) -> None:
    if wanted.major not in {None, server.info.major}:
        raise NoServerError(
            f"the image {image} has Postgres {server.info.version}, not {wanted.major} as --ctb-postgres-version asks"
        )
