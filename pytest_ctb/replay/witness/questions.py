"""What the witness is asked: by the functions of witness.sql, or by their text where no superuser can install them."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_ctb.postgres import PLAIN
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.witness.catalog import CHOSEN_QUERY, UNHEARD_QUERY, of_version
from pytest_ctb.replay.witness.named import NAMED
from pytest_ctb.replay.witness.readers import READERS
from pytest_ctb.replay.witness.sent_to import SENT_TO

_PLAIN = " ".join(f"SET {name} = '{value}'" for name, value in PLAIN.items())
_TEXT = Path(__file__).with_name("witness.sql").read_text(encoding="utf-8")
_ASKED = re.compile(r"-- ask: (\w+)\n(.*?)\s*-- asked\n", re.DOTALL)
_INSTALL = (
    _TEXT.replace("{plain}", _PLAIN)
    .replace("{catalog}", CHOSEN_QUERY)
    .replace("{cluster}", UNHEARD_QUERY)
    .replace("{readers}", READERS)
    .replace("{named}", NAMED)
    .replace("{sent_to}", SENT_TO)
)
_CALLS = {
    "mark": "SELECT pg_catalog.pytest_ctb_mark()",
    "free": (
        "SELECT pg_catalog.pytest_ctb_free(%(schemas)s::pg_catalog.name[], %(names)s::pg_catalog.name[], "
        "pg_catalog.current_schema())"
    ),
    "probe": "SELECT pg_catalog.pytest_ctb_probe(%(border)s::bigint, %(known)s::pg_catalog.oid[])",
    "granted": (
        "SELECT g.seen, g.reached FROM pg_catalog.pytest_ctb_granted("
        "%(tag)s::pg_catalog.text, %(transaction)s::pg_catalog.text, %(names)s::pg_catalog.name[]) AS g"
    ),
    "readers": "SELECT pg_catalog.pytest_ctb_readers(%(relations)s::pg_catalog.oid[])",
    "fillable": "SELECT pg_catalog.pytest_ctb_fillable(%(tables)s::pg_catalog.oid[])",
    "versions": "SELECT pg_catalog.pytest_ctb_versions(%(tables)s::pg_catalog.oid[])",
    "named": (
        "SELECT pg_catalog.pytest_ctb_named(%(tables)s::pg_catalog.oid[], %(relation_names)s::pg_catalog.text[], "
        "%(schema_names)s::pg_catalog.text[], %(type_names)s::pg_catalog.text[], "
        "%(function_names)s::pg_catalog.text[], %(own_names)s::pg_catalog.name[])"
    ),
    "sequences": "SELECT pg_catalog.pytest_ctb_sequences()",
    "sent_to": (
        "SELECT pg_catalog.pytest_ctb_sent_to(%(sent_names)s::pg_catalog.text[], %(types)s::pg_catalog.oid[], "
        "%(extensions)s::pg_catalog.name[])"
    ),
    "properties": (
        "SELECT pg_catalog.pytest_ctb_properties(%(relations)s::pg_catalog.oid[], %(types)s::pg_catalog.oid[])"
    ),
    "columns": 'SELECT pg_catalog.pytest_ctb_columns(%(tables)s::pg_catalog.oid[], %(kinds)s::pg_catalog."char"[])',
}
WORDED = {"fillable", "columns", "properties"}
"""Those whose answers hold definitions and types, as the server words them."""
_PARAMETERS = {
    "tables": "%(tables)s::pg_catalog.oid[]",
    "kinds": '%(kinds)s::pg_catalog."char"[]',
    "relations": "%(relations)s::pg_catalog.oid[]",
    "types": "%(types)s::pg_catalog.oid[]",
    "relation_names": "%(relation_names)s::pg_catalog.text[]",
    "schema_names": "%(schema_names)s::pg_catalog.text[]",
    "type_names": "%(type_names)s::pg_catalog.text[]",
    "function_names": "%(function_names)s::pg_catalog.text[]",
    "own_names": "%(own_names)s::pg_catalog.name[]",
    "sent_names": "%(sent_names)s::pg_catalog.text[]",
    "extensions": "%(extensions)s::pg_catalog.name[]",
    "border": "9223372036854775807",  # all is told: a question with a flush before it takes no parameters
    "known": "'{}'::pg_catalog.oid[]",
}
_INLINE = {
    name: in_full(re.sub(rf"(?<![.\w])({'|'.join(_PARAMETERS)})(?!\w)", lambda match: _PARAMETERS[match[1]], text))
    for name, text in _ASKED.findall(_INSTALL)
}
_FLUSH = "PERFORM pg_catalog.pg_stat_force_next_flush();"
_FLUSHED = {"mark", "probe"}
FLUSHES = 150000
"""The first version that can be told to count each transaction by itself."""
_ENFORCED, _ENFORCES = "k.conenforced", 180000
"""A column of pg_constraint, and the first version that has it."""
_LIMITS = "SELECT pg_catalog.current_setting('lock_timeout'), pg_catalog.current_setting('statement_timeout')"


def installed_by(version: int) -> str:
    """The SQL that installs the witness on a server of that version; `{key}` stands for the expression of its key."""
    return _of_version(_INSTALL if version >= FLUSHES else _INSTALL.replace(_FLUSH, ""), version)


def _of_version(text: str, version: int) -> str:
    text = of_version(text, version, superuser=True)  # the functions are a superuser's
    return text if version >= _ENFORCES else text.replace(_ENFORCED, "true")


def questions(*, installed: bool, version: int) -> dict[str, str]:
    """The SQL of each question: those that witness.sql marks, and `limits`.

    `limits` are lock_timeout and statement_timeout; what was counted till then counts no more for what follows.
    """
    flush = _FLUSH.replace("PERFORM", "SELECT") if version >= FLUSHES else ""
    limits = f"{flush} {_LIMITS}"
    if installed:
        return {**_CALLS, "limits": limits}
    inline = {name: _of_version(text, version) for name, text in _INLINE.items()}
    return {"limits": limits, **{name: (flush if name in _FLUSHED else "") + text for name, text in inline.items()}}
