"""The shapes of a history and of a slot: what each needs so that it serves its master."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pytest_ctb.checks.live._tables import Table, base_type, read_table
from pytest_ctb.contracts.shapes import type_name
from pytest_ctb.model import Key, Name, Schema, Source
from pytest_ctb.sql import Definition, as_sql, names_in, parse, table_as_sql

_NUMBERS = {"int2": 2, "int4": 4, "int8": 8, "numeric": 16}
_TEXTS = {"text", "varchar", "bpchar", "citext", "name"}
_TIMES = {
    *("date", "timestamp", "timestamptz", "daterange", "tsrange", "tstzrange"),
    *("datemultirange", "tsmultirange", "tstzmultirange"),
}
_DOCUMENTS = {"json", "jsonb", "hstore", "public.hstore", "xml"}
_KEY_WORDS = {"id", "uuid", "guid", "key", "pk", "ref", "no", "nr", "number", "code", "oid", "fk"}
"""The last word of a column that holds a key."""
_RECORD_WORDS = {
    "master",
    "record",
    "row",
    "entity",
    "entry",
    "item",
    "object",
    "subject",
    "source",
    "target",
    "parent",
}
"""What a history calls the row that it is about."""
_TIME_WORDS = {
    *("at", "on", "date", "datetime", "time", "timestamp", "ts", "when", "since", "from", "until", "epoch", "unix"),
    *(
        "ms",
        "millis",
        "changed",
        "created",
        "deleted",
        "inserted",
        "logged",
        "modified",
        "recorded",
        "updated",
        "valid",
    ),
}
_WHO_WORDS = {
    *("by", "user", "username", "userid", "who", "whom", "actor", "author", "editor", "operator", "login"),
    *("client", "session", "ip", "host", "txid", "xid", "pid"),
}
_RAW = {"payload", "raw", "data", "body", "record", "row", "document", "message", "content", "line"}
"""What a slot calls the row as its source sent it."""


class Lack(NamedTuple):
    """What a table lacks of its shape."""

    cause: str
    """The name of the cause in the guideline's file."""
    what: str
    sql: str
    """The statements that add it."""


def history_lacks(schema: Schema, master: Table, history: Table) -> Iterator[Lack]:
    """What a history lacks: the key of its master, the time of a change, what changed."""
    table, view = table_as_sql(history.name), _History(schema, master, history)
    mirror = view.mirror()
    if mirror is None:
        if not master.keys:
            what = f"{master.name} has no primary key, so {history.name} cannot say which row changed"
            first = next(iter(master.columns), "id")
            yield Lack(
                "history-key",
                what,
                f"ALTER TABLE {table_as_sql(master.name)} ADD PRIMARY KEY ({as_sql(first)});",
            )
        else:
            yield _no_key(view, table)
    times = view.times()
    new_time = next(
        name for name in ("changed_at", "recorded_at") if name not in history.columns or name == "recorded_at"
    )
    if not times:
        yield Lack(
            "history-time",
            f"{history.name} does not say when a row of {master.name} changed: "
            "no column of it is a timestamp, a date or a range of them",
            f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {new_time} timestamptz NOT NULL DEFAULT now();",
        )
    if not view.says_what({*(mirror or ()), *times}):
        yield Lack(
            "history-content",
            f"{history.name} does not say what changed in {master.name}: it has no column for the operation "
            "or the values",
            f"ALTER TABLE {table}\n"
            "    ADD COLUMN IF NOT EXISTS operation text,\n"
            "    ADD COLUMN IF NOT EXISTS old_row jsonb,\n"
            "    ADD COLUMN IF NOT EXISTS new_row jsonb;",
        )


def slot_lacks(schema: Schema, master: Table, slot: Table) -> Iterator[Lack]:
    """What a slot lacks to feed its master."""
    if _refer(master, slot) or _is_linked(schema, master, slot) or _is_moved(schema, master, slot):
        return
    if any(_holds_a_row(schema, master, name, column) for name, column in slot.columns.items()):
        return
    needed = [name for name in master.needed if name not in master.primary]
    wanted = needed or [name for name, column in master.columns.items() if not (column.identity or column.generated)]
    missing = [name for name in wanted if not _has(slot, master, name)]
    if not missing or (not needed and len(missing) < len(wanted)):
        return
    columns = [f"ADD COLUMN IF NOT EXISTS {as_sql(name)} {type_name(master.columns[name].type)}" for name in missing]
    yield Lack(
        "slot-feed",
        f"{slot.name} cannot feed {master.name}: it has no column {', '.join(missing)} as a new row there has, "
        "no payload, no reference, and no trigger or function moves its rows there",
        f"ALTER TABLE {table_as_sql(slot.name)}\n    " + ",\n    ".join(columns) + ";",
    )


def new_history(master: Table | None, name: str) -> str:
    """The SQL of a history, for a master that may not be there yet."""
    key = _new_key_columns(master, name, " NOT NULL")
    columns = (
        "history_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        *(f"{as_sql(column)} {type_}" for column, type_ in key.items() if column != "history_id"),
        "operation text NOT NULL",
        "changed_at timestamptz NOT NULL DEFAULT now()",
        "old_row jsonb",
        "new_row jsonb",
    )
    return f"CREATE TABLE IF NOT EXISTS {name} (\n    " + ",\n    ".join(columns) + "\n);"


def new_slot(master: Table | None, name: str) -> str:
    """The SQL of a slot, for a master that may not be there yet."""
    needed = {column: type_name(master.columns[column].type) for column in master.needed} if master else {}
    columns = (
        "slot_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        *(f"{as_sql(column)} {type_}" for column, type_ in needed.items() if column != "slot_id"),
        "payload jsonb NOT NULL DEFAULT '{}'",
        "status text NOT NULL DEFAULT 'pending'",
        "received_at timestamptz NOT NULL DEFAULT now()",
    )
    return f"CREATE TABLE IF NOT EXISTS {name} (\n    " + ",\n    ".join(columns) + "\n);"


def _no_key(view: _History, table: str) -> Lack:
    master, history = view.master, view.history
    key = _new_key_columns(master, history.name, "")
    # A column of that name that is the history's own number cannot become the mirror.
    wrong = [
        name for name in key if name in history.columns and name not in view.own_numbers and name in master.columns
    ]
    shown = ", ".join(f"{name} {type_name(master.columns[name].type)}" for name in master.keys[0])
    what = f"{history.name} does not say which row of {master.name} changed: no column of it mirrors the key {shown}"
    if wrong:
        what += "; " + ", ".join(f"{name} is {type_name(history.columns[name].type)}" for name in wrong)
    if alone := [name for name in key if name in view.own_numbers and name in master.columns]:
        what += f"; {', '.join(alone)} is a key of {history.name} itself, so a row could change only once"
        key = {f"master_{name}" if name in alone else name: type_ for name, type_ in key.items()}
    commands = [
        f"ALTER COLUMN {as_sql(name)} TYPE {type_} USING {as_sql(name)}::text::{type_}"
        if name in wrong
        else f"ADD COLUMN IF NOT EXISTS {as_sql(name)} {type_}"
        for name, type_ in key.items()
    ]
    index = ", ".join(map(as_sql, key))
    return Lack(
        "history-key",
        what,
        f"ALTER TABLE {table}\n    " + ",\n    ".join(commands) + f";\nCREATE INDEX IF NOT EXISTS "
        f"{as_sql('_'.join([history.name.rpartition('.')[2], *key, 'idx']))} ON {table} ({index});",
    )


def _new_key_columns(master: Table | None, history: str, required: str) -> Mapping[str, str]:
    """The columns with which a new history mirrors the key of its master, with their types."""
    if master is None or not master.keys:
        return {"master_id": f"bigint{required}"}
    schema = history.replace('"', "").partition(".")[0]
    return {
        (f"{schema}_{name}" if name in _KEY_WORDS else name): type_name(master.columns[name].type) + required
        for name in master.keys[0]
    }


class _History:
    """What the columns of a history stand for, beside its master."""

    def __init__(self, schema: Schema, master: Table, history: Table) -> None:
        self.master = master
        self.history = history
        self.own_numbers = {key[0] for key in history.keys if len(key) == 1} | {
            name for name, column in history.columns.items() if column.identity
        }
        """The columns that number the rows of the history itself: no two rows have the same."""
        self._schema = schema

    def mirror(self) -> tuple[str, ...] | None:
        """The columns that mirror a key of the master; None where there are none."""
        for reference in self.history.references:
            if reference.target == self.master.name and not {*reference.columns} & self.own_numbers:
                return reference.columns
        row = next((name for name, column in self.history.columns.items() if column.type.name == self.master.name), "")
        if row:
            return (row,)
        return next(filter(None, map(self._mirror_of, self.master.keys)), None)

    def _mirror_of(self, key: tuple[str, ...]) -> tuple[str, ...] | None:
        taken: dict[str, None] = {}
        for name in key:
            fits = [other for other in self.history.columns if other not in taken and self._mirrors(other, name)]
            if not fits:
                return None
            taken[name if name in fits else fits[0]] = None
        return tuple(taken)

    def _mirrors(self, name: str, of: str) -> bool:
        """Whether a column of the history can hold what a column of the master's key does, by its type and name."""
        column = self.history.columns[name]
        if name in self.own_numbers or column.generated or not self._fits(column, self.master.columns[of]):
            return False
        if name == of:
            return True
        if any(name in reference.columns for reference in self.history.references):
            return False  # it refers to another table
        schema = self.master.name.partition(".")[0]
        words, wanted = _words(name), {*_words(of)} - _KEY_WORDS
        if {*words} - _KEY_WORDS <= {*_RECORD_WORDS, schema, schema.rstrip("s")}:
            return True
        if {*words} & _WHO_WORDS:
            return False
        return wanted <= {*words} if wanted else words[-1] in _KEY_WORDS

    def _fits(self, column: Definition, of: Definition) -> bool:
        have, wanted = base_type(self._schema, column.type), base_type(self._schema, of.type)
        if have in _TEXTS:
            return bool(wanted)
        return bool(have) and (have == wanted or _NUMBERS.get(have, 0) >= _NUMBERS.get(wanted, 99))

    def times(self) -> tuple[str, ...]:
        """The columns that say when a row changed."""
        return tuple(name for name, column in self.history.columns.items() if self._is_time(name, column))

    def _is_time(self, name: str, column: Definition) -> bool:
        type_, words = base_type(self._schema, column.type), {*_words(name)}
        if type_ in {"int8", "numeric", "float8"}:
            return bool(words & _TIME_WORDS)
        # A column that the master has too holds its value, `founded date`, unless it tells of a change itself.
        copied = name in self.master.columns and not column.default
        return type_ in _TIMES and (not copied or bool(words & (_TIME_WORDS - {"on", "date"})))

    def says_what(self, others: set[str]) -> bool:
        """Whether a column is left that can say what changed, behind those that say which row, when, and who."""
        own = {name for name in self.own_numbers if (name,) in self.history.keys}
        row = any(column.type.name == self.master.name for column in self.history.columns.values())
        left = self.history.columns.keys() - others - own - self._identities()
        return row or any(
            not {*_words(name)} & _WHO_WORDS
            and not any(name in reference.columns for reference in self.history.references)
            for name in left
        )

    def _identities(self) -> set[str]:
        return {name for name, column in self.history.columns.items() if column.identity}


def _refer(master: Table, slot: Table) -> bool:
    """Whether one of the two refers to the other."""
    return any(
        reference.target == other.name
        for table, other in ((master, slot), (slot, master))
        for reference in table.references
    )


def _is_linked(schema: Schema, master: Table, slot: Table) -> bool:
    """Whether a third table refers to both."""
    wanted = {master.name, slot.name}
    foreign_keys: dict[str, list[str]] = defaultdict(list)
    for part in schema.objects.values():
        if part.of and part.of.kind == "table" and part.definition.startswith("FOREIGN KEY"):
            foreign_keys[part.of.name].append(part.definition)
    names = [name for name, keys in foreign_keys.items() if name not in wanted and _mention(keys, wanted)]
    others = (read_table(schema, name) for name in names)
    return any(table and wanted <= {reference.target for reference in table.references} for table in others)


def _mention(definitions: Sequence[str], wanted: set[str]) -> bool:
    """Whether these constraints mention all of the tables; reading each table of a schema would take long."""
    return all(any(other.rpartition(".")[2] in definition for definition in definitions) for other in wanted)


def _is_moved(schema: Schema, master: Table, slot: Table) -> bool:
    """Whether a function or rule moves rows: it names both, or it is of the slot's trigger and names the master."""
    of_triggers = " ".join(
        part.definition
        for key, part in schema.objects.items()
        if key.kind in {"trigger", "rule"} and part.of == Key("table", slot.name)
    )
    for key, object_ in schema.objects.items():
        if key.kind == "rule" and object_.of == Key("table", slot.name) and _names(object_.definition, master):
            return True
        if key.kind == "function" and _bare(master) in object_.definition:
            called = f"{key.name.partition('(')[0]}(" in of_triggers.replace('"', "")
            if _names(object_.definition, master) and (called or _names(object_.definition, slot)):
                return True
    return False


def _names(definition: str, table: Table) -> bool:
    """Whether a function or rule names a table, with its schema or by its search path; in EXECUTE also as a text."""
    schema, _, bare = table.name.partition(".")
    plain = definition.replace('"', "")
    has_schema = _stands_in(schema, plain)  # perhaps as the function's search path
    names = {Name("relation", schema, bare)}
    if has_schema:
        names |= {Name("relation", "", bare), Name("relation", "public", bare)}
    statements, _ = parse(Source(definition))
    for statement in statements:
        inner = [other for other in statement.walk() if other is not statement or statement.tag == "CREATE RULE"]
        if names & names_in(inner).uses.keys() or _stands_in(table.name, plain):
            return True
        if statement.unread and has_schema and _stands_in(bare, plain):
            return True
    return False


def _stands_in(name: str, text: str) -> bool:
    return bool(re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text))


def _bare(table: Table) -> str:
    return table.name.partition(".")[2]


def _holds_a_row(schema: Schema, master: Table, name: str, column: Definition) -> bool:
    """Whether a column can hold a whole row of the master: of its row type, or as the source sent it."""
    type_ = base_type(schema, column.type)
    raw = bool({*_words(name)} & _RAW)
    return column.type.name == master.name or type_ in _DOCUMENTS or (raw and type_ in {*_TEXTS, "bytea"})


def _has(slot: Table, master: Table, name: str) -> bool:
    """Whether a slot has a column for one of its master, perhaps under another name: `raw_domain`, `first_name`.

    What the master refers to may stand in the slot by another key: `company_domain` for `company_id`.
    """
    refers = any(name in reference.columns for reference in master.references)
    wanted = {*_words(name)} - (_KEY_WORDS if refers else set()) or {*_words(name)}
    return any(
        wanted <= {*words} or {*words} <= wanted or (words[-1] == _words(name)[-1] and words[-1] not in _KEY_WORDS)
        for words in map(_words, slot.columns)
    )


def _words(name: str) -> list[str]:
    """The words of a name: `changedAt` and `changed_at` are `changed`, `at`."""
    parts = re.split(r"[\W_]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())
    return [part for part in parts if part] or [name]
