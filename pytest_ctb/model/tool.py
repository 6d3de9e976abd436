"""How a migration tool treats the files that it applies, so that a check needs to know no tool by name."""

from __future__ import annotations

from typing import NamedTuple


class Tool(NamedTuple):
    """The tool that applies the migrations. The default is psql, which applies a file as it is written."""

    name: str = "psql"
    adds_transaction: bool = False
    """The tool puts a transaction around each file, so the file should have none itself."""
    sends_whole_file: bool = False
    """The tool sends a file in one query, which makes several statements one transaction (manual, 54.2.2.1)."""
    transaction_off_switch: str = ""
    """What a person writes to switch that transaction off, for messages."""
    detects_refused_statements: bool = False
    """The tool adds no transaction to a file with a statement that Postgres refuses inside one."""
    sends_copy_rows: bool = True
    """The tool sends the rows after a `COPY … FROM stdin`."""
    placeholder: str = ""
    """A regular expression for placeholders of its own form (group 1: the name), which it fills anywhere."""
    required_placeholder: str = ""
    """A regular expression for placeholders (group 1: the name); the tool refuses a file where one has no value."""
    file_name_form: str = ""
    """The form of a file's name, for messages; empty: the guide's form."""
    comment: str = "--"
    """What a comment in the file begins with, for messages."""
    stops_at: str = ""
    """The pattern of the names of other SQL files at which the tool stops; it passes over the rest."""
    same_version: str = ""
    """What the tool does with two files of the same version, for messages; empty: it refuses both."""
    unit: str = "file"
    """What has a transaction of its own, for messages."""
    rollback_place: str = ""
    """Where the tool finds the rollback of a migration, for messages; empty: only a comment can hold it."""
    runs_once: bool = False
    """The tool keeps a ledger of the files that it has applied, and runs none of them twice."""
    rolls_back: bool = True
    """The tool, or a person with psql, runs the rollback of a migration; False: the tool only goes forward."""

    @property
    def applier(self) -> str:
        """What applies the files, for messages."""
        return "the script that calls psql" if self.is_psql else self.name

    @property
    def is_code(self) -> bool:
        """The files are code that prints SQL, in a language that reads any line end as a line feed."""
        return self.comment != Tool().comment

    @property
    def is_psql(self) -> bool:
        """A person or a script runs psql: nothing else orders or refuses files."""
        return self.name == "psql"


LEDGER_TABLES = frozenset(
    {
        "__diesel_schema_migrations",
        "__drizzle_migrations",
        "_prisma_migrations",
        "_sqlx_migrations",
        "alembic_version",
        "ar_internal_metadata",
        "atlas_schema_revisions",
        "databasechangelog",
        "databasechangeloglock",
        "django_migrations",
        "flyway_schema_history",
        "goose_db_version",
        "gorp_migrations",
        "pgmigrations",
        "schema_migrations",
    }
)
"""The tables in which tools keep what is applied: a dump of a database holds them, and no migration makes them."""

PSQL = Tool()
