"""`ctb verify`: what a live database has that the migrations do not say, and the other way round."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import click

from pytest_ctb.cli.project import Project
from pytest_ctb.errors import ServerError

if TYPE_CHECKING:
    from pytest_ctb.live.repair import Repair
    from pytest_ctb.live.verified import Verified


@click.command()
@click.option("--database-url", metavar="URL", default="", help="The database; default: the variable DATABASE_URL.")
@click.option("--owner", metavar="ROLE", default="", help="Who owns what the migrations make (default: who owns most).")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@click.option("--sql", "as_sql", is_flag=True, help="The statements that bring the database back, each marked safe or not.")
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

    Ends with 1 if something differs, with 2 if that could not be told.
    """
    # With the driver; most commands need no server.
    from pytest_ctb.live.aspects import aspects  # noqa: PLC0415
    from pytest_ctb.live.connection import target  # noqa: PLC0415
    from pytest_ctb.live.drift import drift  # noqa: PLC0415
    from pytest_ctb.live.ignored import ignored  # noqa: PLC0415
    from pytest_ctb.live.observe import STATEMENTS, observe  # noqa: PLC0415
    from pytest_ctb.live.repair import repairs  # noqa: PLC0415
    from pytest_ctb.live.verified import Verified, as_document, as_text  # noqa: PLC0415

    where = target(database_url, os.environ)
    left_out = ignored(project.lines("ctb_verify_ignore"))
    live = observe(where, left_out, owner, statements=as_sql)
    replay = project.applied(queries=(STATEMENTS,) if as_sql else ())
    found = drift(replay.schema, replay.server, live, left_out)
    todo: tuple[Repair, ...] = ()
    if as_sql:
        answer = replay.answers[STATEMENTS]
        if answer.error:
            raise ServerError(f"the throwaway Postgres does not say what makes its objects: {answer.error.message}")
        (role,) = (row[1] for row in answer.rows if row[0] == "role")
        todo = repairs(found, aspects(answer.rows, role), aspects(live.statements), live.owner, live.roles)
    seen = Verified(str(where), replay.server, live, found, todo)
    if as_json:
        click.echo(json.dumps(as_document(seen, sql=as_sql), indent=2, ensure_ascii=False))
    else:
        click.echo(_script(seen) if as_sql else as_text(seen))
    sys.exit(1 if found.found else 0)


def _script(seen: Verified) -> str:
    from pytest_ctb.live.verified import as_script  # noqa: PLC0415  # with the driver

    return as_script(seen)
