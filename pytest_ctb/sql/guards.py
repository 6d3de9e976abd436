"""Which statements of Postgres's grammar have an IF [NOT] EXISTS or OR REPLACE form, and which of them do not use it.

Only the guard counts that makes a second run harmless. `ALTER TABLE … ADD COLUMN IF NOT EXISTS` is complete without
`ALTER TABLE IF EXISTS`: were the table missing, that would hide it. For Postgres 14 to 18 (manual, part VI).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pytest_ctb.model import Statement
from pytest_ctb.sql.parser import enum, name_of, strings
from pytest_ctb.sql.tokens import after_words, commands

IF_NOT_EXISTS = "IF NOT EXISTS"
IF_EXISTS = "IF EXISTS"
OR_REPLACE = "OR REPLACE"


@dataclass(frozen=True)
class Unguarded:
    """A statement, or one command of an ALTER, without the guard that it could have."""

    words: str
    """`CREATE TABLE`, `DROP COLUMN`"""
    guard: str
    names: tuple[str, ...]
    """What it makes or drops, as `schema.name` where the statement names the schema."""
    start: int = 0
    """Where it starts in the statement (characters)."""
    behind: int | None = None
    """Where the guard goes; None where a person must decide more than that."""


@dataclass(frozen=True)
class _Form:
    """How one kind of statement is guarded."""

    words: str
    guard: str
    flag: str
    """The field of the node that is set where the guard is there."""
    name: Callable[[Any], str]
    when: Callable[[Any], bool] = lambda _: True
    complete: Callable[[Any], bool] = lambda _: True
    """The guard alone mends it."""


def _dotted(field: str) -> Callable[[Any], str]:
    return lambda body: ".".join(strings(getattr(body, field)))


def _relation(field: str) -> Callable[[Any], str]:
    return lambda body: name_of(getattr(body, field))


def _text(field: str) -> Callable[[Any], str]:
    return lambda body: str(getattr(body, field))


def _is(field: str, value: str) -> Callable[[Any], bool]:
    return lambda body: enum(body, field) == value


def _mapping(body: Any) -> str:
    return f"FOR {body.user.rolename or 'CURRENT_USER'} SERVER {body.servername}"


def _index(body: Any) -> str:
    name = f"{body.relation.schemaname}.{body.idxname}" if body.relation.schemaname else str(body.idxname)
    return name if body.idxname else f"on {name_of(body.relation)} (it needs a name first)"


def _on(field: str) -> Callable[[Any], str]:
    return lambda body: f"{name_of(body.relation)}.{getattr(body, field)}"


_ROUTINE = _dotted("funcname")
_FORMS: dict[str, tuple[_Form, ...]] = {
    "create_stmt": (_Form("CREATE TABLE", IF_NOT_EXISTS, "if_not_exists", _relation("relation")),),
    "create_foreign_table_stmt": (
        _Form(
            "CREATE FOREIGN TABLE", IF_NOT_EXISTS, "base_stmt.if_not_exists", lambda b: name_of(b.base_stmt.relation)
        ),
    ),
    "create_table_as_stmt": (
        _Form(
            "CREATE MATERIALIZED VIEW",
            IF_NOT_EXISTS,
            "if_not_exists",
            lambda b: name_of(b.into.rel),
            when=_is("objtype", "OBJECT_MATVIEW"),
        ),
        # SELECT … INTO is this node as well, and has no such form of its own.
        _Form(
            "CREATE TABLE",
            IF_NOT_EXISTS,
            "if_not_exists",
            lambda b: name_of(b.into.rel),
            when=lambda b: enum(b, "objtype") == "OBJECT_TABLE" and not b.is_select_into,
        ),
    ),
    "create_seq_stmt": (_Form("CREATE SEQUENCE", IF_NOT_EXISTS, "if_not_exists", _relation("sequence")),),
    "create_schema_stmt": (
        _Form(
            "CREATE SCHEMA",
            IF_NOT_EXISTS,
            "if_not_exists",
            lambda b: b.schemaname or b.authrole.rolename,
            # With objects inside, Postgres takes no IF NOT EXISTS: they must be statements of their own.
            complete=lambda b: not b.schema_elts,
        ),
    ),
    "index_stmt": (_Form("CREATE INDEX", IF_NOT_EXISTS, "if_not_exists", _index, complete=lambda b: bool(b.idxname)),),
    "create_extension_stmt": (_Form("CREATE EXTENSION", IF_NOT_EXISTS, "if_not_exists", _text("extname")),),
    "create_stats_stmt": (
        _Form(
            "CREATE STATISTICS",
            IF_NOT_EXISTS,
            "if_not_exists",
            lambda b: ".".join(strings(b.defnames)) or "(it needs a name first)",
            complete=lambda b: bool(b.defnames),
        ),
    ),
    "create_foreign_server_stmt": (_Form("CREATE SERVER", IF_NOT_EXISTS, "if_not_exists", _text("servername")),),
    "create_user_mapping_stmt": (_Form("CREATE USER MAPPING", IF_NOT_EXISTS, "if_not_exists", _mapping),),
    "define_stmt": (
        _Form(
            "CREATE COLLATION",
            IF_NOT_EXISTS,
            "if_not_exists",
            _dotted("defnames"),
            when=_is("kind", "OBJECT_COLLATION"),
        ),
        _Form("CREATE AGGREGATE", OR_REPLACE, "replace", _dotted("defnames"), when=_is("kind", "OBJECT_AGGREGATE")),
    ),
    "create_function_stmt": (
        _Form("CREATE PROCEDURE", OR_REPLACE, "replace", _ROUTINE, when=lambda b: b.is_procedure),
        _Form("CREATE FUNCTION", OR_REPLACE, "replace", _ROUTINE, when=lambda b: not b.is_procedure),
    ),
    "view_stmt": (_Form("CREATE VIEW", OR_REPLACE, "replace", _relation("view")),),
    "rule_stmt": (_Form("CREATE RULE", OR_REPLACE, "replace", _on("rulename")),),
    # A constraint trigger cannot be replaced.
    "create_trig_stmt": (
        _Form("CREATE TRIGGER", OR_REPLACE, "replace", _on("trigname"), when=lambda b: not b.isconstraint),
    ),
    "create_plang_stmt": (_Form("CREATE LANGUAGE", OR_REPLACE, "replace", _text("plname")),),
    "create_transform_stmt": (
        _Form("CREATE TRANSFORM", OR_REPLACE, "replace", lambda b: f"FOR {'.'.join(strings(b.type_name))}"),
    ),
    "alter_enum_stmt": (
        _Form(
            "ADD VALUE",
            IF_NOT_EXISTS,
            "skip_if_new_val_exists",
            lambda b: f"{b.new_val!r} to {'.'.join(strings(b.type_name))}",
            when=lambda b: bool(b.new_val) and not b.old_val,
        ),
    ),
    "alter_domain_stmt": (
        _Form("DROP CONSTRAINT", IF_EXISTS, "missing_ok", _text("name"), when=lambda b: b.subtype == "X"),
    ),
    "alter_tsconfiguration_stmt": (
        _Form(
            "DROP MAPPING",
            IF_EXISTS,
            "missing_ok",
            lambda b: f"of {'.'.join(strings(b.cfgname))}",
            when=_is("kind", "ALTER_TSCONFIG_DROP_MAPPING"),
        ),
    ),
    "drop_role_stmt": (
        _Form("DROP ROLE", IF_EXISTS, "missing_ok", lambda b: ", ".join(one.role_spec.rolename for one in b.roles)),
    ),
    "dropdb_stmt": (_Form("DROP DATABASE", IF_EXISTS, "missing_ok", _text("dbname")),),
    "drop_table_space_stmt": (_Form("DROP TABLESPACE", IF_EXISTS, "missing_ok", _text("tablespacename")),),
    "drop_subscription_stmt": (_Form("DROP SUBSCRIPTION", IF_EXISTS, "missing_ok", _text("subname")),),
    "drop_user_mapping_stmt": (_Form("DROP USER MAPPING", IF_EXISTS, "missing_ok", _mapping),),
}
# What Postgres's grammar calls the objects that DROP names by a list, where their words are not the name itself.
_WORDS = {
    "FDW": "FOREIGN DATA WRAPPER",
    "FOREIGN_SERVER": "SERVER",
    "MATVIEW": "MATERIALIZED VIEW",
    "OPCLASS": "OPERATOR CLASS",
    "OPFAMILY": "OPERATOR FAMILY",
    "STATISTIC_EXT": "STATISTICS",
    "TSCONFIGURATION": "TEXT SEARCH CONFIGURATION",
    "TSDICTIONARY": "TEXT SEARCH DICTIONARY",
    "TSPARSER": "TEXT SEARCH PARSER",
    "TSTEMPLATE": "TEXT SEARCH TEMPLATE",
}
_COMMANDS = {
    "AT_AddColumn": ("ADD", "COLUMN", IF_NOT_EXISTS),
    "AT_DropColumn": ("DROP", "COLUMN", IF_EXISTS),
    "AT_DropConstraint": ("DROP", "CONSTRAINT", IF_EXISTS),
    "AT_DropIdentity": ("DROP", "IDENTITY", IF_EXISTS),
    "AT_DropExpression": ("DROP", "EXPRESSION", IF_EXISTS),
}
_RELATIONS = {
    "OBJECT_TABLE": "TABLE",
    "OBJECT_VIEW": "VIEW",
    "OBJECT_MATVIEW": "MATERIALIZED VIEW",
    "OBJECT_INDEX": "INDEX",
    "OBJECT_SEQUENCE": "SEQUENCE",
    "OBJECT_FOREIGN_TABLE": "FOREIGN TABLE",
}


def dropped(statement: Statement) -> tuple[str, tuple[str, ...]]:
    """The words (`TABLE`) and names of what a DROP names; two empty values for any other statement."""
    if statement.kind != "drop_stmt":
        return "", ()
    kind = enum(statement.body, "remove_type").removeprefix("OBJECT_")
    return _WORDS.get(kind, kind.replace("_", " ")), tuple(".".join(strings(one)) for one in statement.body.objects)


def unguarded(statement: Statement) -> Iterator[Unguarded]:
    """The guards that a statement could have and has not: one, or one for each command of an ALTER TABLE."""
    body, kind = statement.body, statement.kind
    if kind == "alter_table_stmt":
        yield from _commands(statement)
    elif kind == "drop_stmt" and not body.missing_ok:
        words, names = dropped(statement)
        concurrently = ["CONCURRENTLY"] if body.concurrent else []
        yield Unguarded(
            f"DROP {words}", IF_EXISTS, names, behind=after_words(statement, "DROP", *words.split(), *concurrently)
        )
    elif kind in {"rename_stmt", "alter_object_schema_stmt"} and not body.missing_ok:
        yield from _moved(statement)
    for form in _FORMS.get(kind, ()):
        owner = body.base_stmt if form.flag.startswith("base_stmt.") else body
        if form.when(body) and not getattr(owner, form.flag.rpartition(".")[2]):
            behind = _behind(statement, form) if form.complete(body) else None
            yield Unguarded(form.words, form.guard, (form.name(body),), behind=behind)


def _behind(statement: Statement, form: _Form) -> int | None:
    if form.guard == OR_REPLACE:
        return after_words(statement, "CREATE")
    concurrently = ["CONCURRENTLY"] if statement.kind == "index_stmt" and statement.body.concurrent else []
    return after_words(statement, *form.words.split(), *concurrently)


def _moved(statement: Statement) -> Iterator[Unguarded]:
    """Under its old name, or in its old schema, a relation is there only the first time."""
    body = statement.body
    renamed = statement.kind == "rename_stmt"
    words = _RELATIONS.get(enum(body, "rename_type" if renamed else "object_type"))
    if words:
        behind = after_words(statement, "ALTER", *words.split())
        yield Unguarded(f"ALTER {words}", IF_EXISTS, (name_of(body.relation),), behind=behind)


def _commands(statement: Statement) -> Iterator[Unguarded]:
    """Each command of an ALTER TABLE by itself: one may be guarded and the next not."""
    starts = commands(statement)
    attribute = enum(statement.body, "objtype") == "OBJECT_TYPE"
    for index, cmd in enumerate(statement.body.cmds):
        command = cmd.alter_table_cmd
        verb, noun, guard = _COMMANDS.get(enum(command, "subtype"), ("", "", ""))
        if not verb or command.missing_ok or (attribute and verb == "ADD"):  # ADD ATTRIBUTE has no such form
            continue
        noun = "ATTRIBUTE" if attribute else noun
        start = starts[index] if index < len(starts) else 0
        end = starts[index + 1] if index + 1 < len(starts) else len(statement.sql)
        behind = after_words(statement, verb, noun, start=start)
        if behind is None or behind > end:
            behind = after_words(statement, verb, start=start)  # ADD and DROP do without COLUMN
        name = command.name or getattr(command, "def").column_def.colname
        yield Unguarded(f"{verb} {noun}", guard, (f"{name_of(statement.body.relation)}.{name}",), start, behind)
