"""`ctb verify`: how a live database differs from what the migrations make."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

import click

from pytest_ctb.cli.project import Project
from pytest_ctb.errors import ConfigError, LiveError, NoServerError
from pytest_ctb.model import Evidence
from pytest_ctb.model.visible import json_text

if TYPE_CHECKING:
    from pytest_ctb.deploy.drift.formats import VerifyReport


@click.command()
@click.option("--database-url", metavar="URL", default="", help="The database; default: the variable DATABASE_URL.")
@click.option("--owner", metavar="ROLE", default="", help="Who owns what the migrations make (default: who owns most).")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@click.option(
    "--sql", "as_sql", is_flag=True, help="The statements that bring the database back, each marked safe or not."
)
@click.pass_obj
def verify(project: Project, database_url: str, owner: str, as_json: bool, as_sql: bool) -> None:
    """Compare a live database with what the migrations make.

    They are replayed on a throwaway server, and the catalogs of the two are compared, object by object. The database is
    only read, in one short transaction that cannot write; any role that may connect can do it. What the platform owns
    is left out by `ctb_verify_ignore` in the ini file, one kind and name a line: `schema auth`, `role neon_*`.

    \b
    ctb verify --database-url postgresql://reader@db.example.com/shop
    ctb verify --sql > back.sql
    ctb verify --json

    Ends with 1 if something differs, with 2 if it could not check.
    """
    from pytest_ctb.deploy.drift import formats  # noqa: PLC0415  # with the driver; most commands need no server

    try:
        report = _compare(project, database_url, owner, sql=as_sql)
    except KeyboardInterrupt:  # click would end with 1, which says that something differs
        raise LiveError("stopped before anything was compared") from None
    if as_json:
        click.echo(json_text(formats.as_document(report, sql=as_sql)))
    else:
        click.echo(formats.as_script(report) if as_sql else formats.as_text(report))
    sys.exit(1 if report.drift.differences else 0)


def _compare(project: Project, database_url: str, owner: str, *, sql: bool) -> VerifyReport:
    from pytest_ctb.deploy.connection import read_target  # noqa: PLC0415  # with the driver
    from pytest_ctb.deploy.drift.compare import as_owned, compare_schemas  # noqa: PLC0415
    from pytest_ctb.deploy.drift.formats import VerifyReport  # noqa: PLC0415
    from pytest_ctb.deploy.drift.ignored import parse_ignored  # noqa: PLC0415
    from pytest_ctb.deploy.drift.live_schema import read_live  # noqa: PLC0415
    from pytest_ctb.deploy.drift.repair import repairs  # noqa: PLC0415
    from pytest_ctb.replay.ddl.aspects import STATEMENTS  # noqa: PLC0415

    target = read_target(database_url, os.environ)
    ignored = parse_ignored(project.config.lines("ctb_verify_ignore"))
    live = read_live(target, ignored, owner, statements=sql)
    replay = _replay(project, live.major, (STATEMENTS,) if sql else ())
    by_superuser = project.config.by_superuser
    wanted = as_owned(replay.schema, "postgres") if by_superuser else replay.schema  # so its servers call him
    drift = compare_schemas(wanted, replay.server, live, ignored)
    return VerifyReport(str(target), replay.server, live, drift, repairs(drift, replay, live) if sql else ())


def _replay(project: Project, major: int, queries: tuple[str, ...]) -> Evidence:
    """The replay, on a server of the live one's major version where there is one on which every migration applies."""
    with contextlib.suppress(NoServerError, ConfigError):
        return project.like(major).applied(queries=queries)
    return project.applied(queries=queries)
