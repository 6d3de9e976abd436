"""Which place has an extension: public images, Debian's packages, and what is installed on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import NamedTuple

from pytest_ctb.model import ServerInfo
from pytest_ctb.postgres import stand_ins
from pytest_ctb.postgres.place import Offer, Wanted


class Image(NamedTuple):
    """A public image and its extensions, without those of Postgres itself."""

    name: str
    """With its tag; `{major}` stands for the major version where there is an image for each."""
    extensions: frozenset[str]
    source: str


_OF_POSTGRES = """
amcheck autoinc bloom btree_gin btree_gist citext cube dblink dict_int dict_xsyn earthdistance file_fdw fuzzystrmatch
hstore insert_username intagg intarray isn lo ltree moddatetime pageinspect pg_buffercache pg_freespacemap pg_prewarm
pg_stat_statements pg_surgery pg_trgm pg_visibility pg_walinspect pgcrypto pgrowlocks pgstattuple plpgsql postgres_fdw
refint seg sslinfo tablefunc tcn tsm_system_rows tsm_system_time unaccent uuid-ossp xml2
"""
CONTRIB = frozenset(_OF_POSTGRES.split())
"""The extensions of Postgres itself, in the official image: https://www.postgresql.org/docs/current/contrib.html"""

IMAGES = (
    Image("postgres:{major}", CONTRIB, "https://hub.docker.com/_/postgres"),
    Image("pgvector/pgvector:pg{major}", frozenset({"vector"}), "https://github.com/pgvector/pgvector#docker"),
    Image(
        "postgis/postgis:17-3.5",
        frozenset(
            {
                "postgis",
                "postgis_raster",
                "postgis_sfcgal",
                "postgis_tiger_geocoder",
                "postgis_topology",
                "address_standardizer",
                "address_standardizer_data_us",
            }
        ),
        "https://github.com/postgis/docker-postgis",
    ),
    Image(
        "timescale/timescaledb:latest-pg17",
        frozenset({"timescaledb"}),
        "https://github.com/timescale/timescaledb-docker",
    ),
    Image("citusdata/citus:latest", frozenset({"citus", "citus_columnar"}), "https://github.com/citusdata/docker"),
)
"""Images for --ctb-postgres-image; all are based on the official image, so have its extensions too."""

DEBIAN = {
    "address_standardizer": "postgis-3",
    "hll": "hll",
    "hypopg": "hypopg",
    "ip4r": "ip4r",
    "pg_cron": "cron",
    "pg_partman": "partman",
    "pg_repack": "repack",
    "pg_similarity": "similarity",
    "pgaudit": "pgaudit",
    "pgrouting": "pgrouting",
    "pgtap": "pgtap",
    "plpgsql_check": "plpgsql-check",
    "postgis": "postgis-3",
    "postgis_raster": "postgis-3",
    "postgis_topology": "postgis-3",
    "rum": "rum",
    "vector": "pgvector",
}
"""The package `postgresql-<major>-…` of an extension: https://packages.debian.org, https://apt.postgresql.org"""


def of_image(image: str) -> frozenset[str] | None:
    """The extensions of an image, found by its name without the tag; None where the image is not known."""
    name = image.partition(":")[0].removeprefix("docker.io/").removeprefix("library/")
    for known in IMAGES:
        if known.name.partition(":")[0] == name:
            return CONTRIB | known.extensions
    return None


def elsewhere(extension: str, server: ServerInfo) -> str:
    """A sentence that says which place has an extension that this server lacks; starts nothing."""
    return next(
        _places(extension, server), f"name an image that has it (--ctb-postgres-image), if {extension} is its name"
    )


def _places(extension: str, server: ServerInfo) -> Iterator[str]:
    for name in ("local", "embedded"):
        if name == server.place:
            continue
        wanted = Wanted(name, extensions=frozenset({extension}))
        offer = import_module(f"pytest_ctb.postgres.{name}").look(wanted)
        if isinstance(offer, Offer) and not any(offer.shortfall):
            yield f"--ctb-postgres {name} has it (Postgres {offer.version})"
    for image in IMAGES:
        if extension in image.extensions:
            yield f"docker with --ctb-postgres-image {image.name.format(major=server.major)} has it"
    if server.place not in {"local", "embedded"} and extension in stand_ins.NAMES:
        yield "--ctb-postgres embedded has a stand-in for it"
    if extension in DEBIAN:
        package = f"postgresql-{server.major}-{DEBIAN[extension]}"
        yield f"--ctb-postgres local has it where it is installed (Debian: apt-get install {package})"
