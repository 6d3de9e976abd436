"""`ctb sizes`: the rows and bytes of the tables of a live database, as JSON."""

from __future__ import annotations

import datetime
import os

import click

from pytest_ctb.cli.apply import database_url
from pytest_ctb.repository.sizes import dump


@click.command()
@database_url
def sizes(url: str) -> None:
    """Write the rows and bytes of a database's tables as JSON.

    One SELECT on Postgres's catalogs, with any role that may connect. The output holds names and numbers and no row;
    it is meant to be committed: `pytest --ctb` reads sizes.json (ctb_sizes) to know which tables are large.

    \b
    ctb sizes > sizes.json
    ctb sizes --database-url postgresql://reader@db.example.com/shop > sizes.json

    Ends with 2 if the database cannot be reached.
    """
    from pytest_ctb.deploy.connection import read_target  # noqa: PLC0415  # with the driver; most need no server
    from pytest_ctb.deploy.sizes import table_sizes  # noqa: PLC0415

    today = datetime.datetime.now(tz=datetime.UTC).date()
    click.echo(dump(today, table_sizes(read_target(url, os.environ))), nl=False)
