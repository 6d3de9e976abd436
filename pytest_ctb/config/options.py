"""The table of all options: pytest's options, the ini keys and the documentation are made from it."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """The type of a value; the enum's value is pytest's name for the type of an ini key."""

    SWITCH = "bool"
    TEXT = "string"
    PATHS = "paths"
    """A list of paths: on the command line relative to the working directory, in the ini file to that file."""
    LINES = "linelist"


class Option(NamedTuple):
    """An option of the command line, an ini key, or both."""

    name: str
    """`--ctb-base`; empty where there is only an ini key."""
    key: str
    """`ctb_base`; empty where there is only an option."""
    meaning: str
    # Rules for meanings: a phrase with a capital and no full stop, which pytest's help shows before the default.
    metavar: str = ""
    default: str = ""
    """The default in words; empty where there is none."""
    kind: Kind = Kind.TEXT

    @property
    def attribute(self) -> str:
        """The name under which pytest stores the value of the option."""
        return self.key or self.name.removeprefix("--").replace("-", "_")

    @property
    def repeatable(self) -> bool:
        """The option may be given several times; its value is a list."""
        return self.kind in (Kind.PATHS, Kind.LINES)

    @property
    def help(self) -> str:
        """The meaning with the default."""
        return f"{self.meaning} (default: {self.default})" if self.default else self.meaning


OPTIONS = (
    Option("--ctb", "", "Run the compliance suite over the SQL migrations", kind=Kind.SWITCH),
    Option(
        "--ctb-migrations",
        "ctb_migrations",
        "Where migrations live",
        "DIR",
        "migrations, or where they usually lie",
        Kind.PATHS,
    ),
    Option("--ctb-database", "", "Judge only this database, of several", "NAME"),
    Option(
        "--ctb-layout",
        "ctb_layout",
        "How the migrations are laid out: ctb, auto, a tool's name, or a pattern",
        "NAME",
        "ctb",
    ),
    Option(
        "--ctb-base",
        "ctb_base",
        "Base schema the replay must equal, or a part of it",
        "FILE",
        "infra/neon.sql and the schemas beside it",
        Kind.PATHS,
    ),
    Option(
        "--ctb-consumers",
        "ctb_consumers",
        "Statements that downstream code sends, as .sql files",
        "DIR",
        "consumers where it exists",
        Kind.PATHS,
    ),
    Option(
        "--ctb-rules",
        "ctb_rules",
        "Guidelines of your own, which add to the packaged ones; or a packaged profile's name",
        "DIR",
        "rules where it exists",
    ),
    Option(
        "--ctb-also",
        "ctb_also",
        "Guideline to judge though it is off, or the layout's tool makes it needless",
        "GUIDELINE",
        kind=Kind.LINES,
    ),
    Option(
        "--ctb-postgres",
        "ctb_postgres",
        "Where the throwaway Postgres comes from: auto, embedded, local, docker, or a postgresql:// URL "
        "of a server to make throwaway databases on",
        "WHERE",
        "auto",
    ),
    Option("--ctb-postgres-version", "ctb_postgres_version", "Major version to replay on", "N"),
    Option("--ctb-postgres-image", "ctb_postgres_image", "Image docker starts", "NAME", "postgres:<version>"),
    Option("--ctb-role", "ctb_role", "Who replays: owner, owner:NAME (so called) or superuser", "WHO", "owner"),
    Option("--ctb-timeout", "ctb_timeout", "Longest time one statement may take", "SECONDS", "60"),
    Option(
        "--ctb-processes",
        "ctb_processes",
        "Processes that replay, each on a server of its own (one on that of a URL); 1 for none beside pytest's",
        "N",
        "auto",
    ),
    Option("--ctb-disk", "ctb_disk", "Most of the server's disk one file may take", "MEGABYTES", "2048"),
    Option(
        "--ctb-prelude",
        "ctb_prelude",
        "SQL run first, as superuser: what the platform provides; a file, or neon or supabase",
        "FILE",
        kind=Kind.PATHS,
    ),
    Option(
        "--ctb-baseline",
        "ctb_baseline",
        "Findings known when the guide was adopted",
        "FILE",
        "ctb-baseline.json where it exists",
    ),
    Option(
        "--ctb-contracts",
        "ctb_contracts",
        "Contracts of the tables, which ctb contracts writes",
        "DIR",
        "schemas where it holds some",
    ),
    Option(
        "--ctb-sizes",
        "ctb_sizes",
        "Rows and bytes of the tables in production, which ctb sizes writes",
        "FILE",
        "sizes.json where it exists",
    ),
    Option("--ctb-fresh", "", "Replay everything, whatever earlier runs have seen of the same files", kind=Kind.SWITCH),
    Option("--ctb-since", "", "Judge only the migrations that changed since a git revision", "REV"),
    Option("--ctb-shard", "", "Watch one part of a long history, as 2/5, for ctb merge to judge all of it", "N/OF"),
    Option(
        "--ctb-stand-ins",
        "ctb_stand_ins",
        "Extensions of plain SQL where a server of ours lacks pgcrypto, pg_net and others: on or off",
        "WHETHER",
        "on",
    ),
    Option(
        "--ctb-variable",
        "ctb_variables",
        "Value of a placeholder in migrations, and of a variable of psql",
        "NAME=VALUE",
        kind=Kind.LINES,
    ),
    Option(
        "--ctb-report",
        "",
        "Write a report, its format by its ending: .json, .sarif, .html or .md",
        "PATH",
        kind=Kind.PATHS,
    ),
    Option("--ctb-compare", "", "Earlier JSON report: say which findings are new, gone and still there", "FILE"),
    Option(
        "",
        "ctb_source",
        "For migrations kept as code: alembic, django, or a command that prints the SQL of each",
    ),
    Option(
        "",
        "ctb_verify_ignore",
        "What `ctb verify` leaves out: a kind of object and a name a line, `schema auth` or `role neon_*`",
        kind=Kind.LINES,
    ),
)
