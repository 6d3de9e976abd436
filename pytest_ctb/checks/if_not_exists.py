"""CT07: every statement that has an IF [NOT] EXISTS or OR REPLACE form uses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pytest_ctb.checks import Case, check
from pytest_ctb.model import Finding, Migration, Statement
from pytest_ctb.sql import after_words, commands, enum, name_of, place, strings, walk

_IF_NOT_EXISTS = "IF NOT EXISTS"
_IF_EXISTS = "IF EXISTS"
_OR_REPLACE = "OR REPLACE"

# What DROP calls each kind of object; the words behind which IF EXISTS goes.
_DROPS = {
    "OBJECT_ACCESS_METHOD": "ACCESS METHOD",
    "OBJECT_AGGREGATE": "AGGREGATE",
    "OBJECT_CAST": "CAST",
    "OBJECT_COLLATION": "COLLATION",
    "OBJECT_CONVERSION": "CONVERSION",
    "OBJECT_DOMAIN": "DOMAIN",
    "OBJECT_EVENT_TRIGGER": "EVENT TRIGGER",
    "OBJECT_EXTENSION": "EXTENSION",
    "OBJECT_FDW": "FOREIGN DATA WRAPPER",
    "OBJECT_FOREIGN_SERVER": "SERVER",
    "OBJECT_FOREIGN_TABLE": "FOREIGN TABLE",
    "OBJECT_FUNCTION": "FUNCTION",
    "OBJECT_INDEX": "INDEX",
    "OBJECT_LANGUAGE": "LANGUAGE",
    "OBJECT_MATVIEW": "MATERIALIZED VIEW",
    "OBJECT_OPCLASS": "OPERATOR CLASS",
    "OBJECT_OPERATOR": "OPERATOR",
    "OBJECT_OPFAMILY": "OPERATOR FAMILY",
    "OBJECT_POLICY": "POLICY",
    "OBJECT_PROCEDURE": "PROCEDURE",
    "OBJECT_PUBLICATION": "PUBLICATION",
    "OBJECT_ROUTINE": "ROUTINE",
    "OBJECT_RULE": "RULE",
    "OBJECT_SCHEMA": "SCHEMA",
    "OBJECT_SEQUENCE": "SEQUENCE",
    "OBJECT_STATISTIC_EXT": "STATISTICS",
    "OBJECT_TABLE": "TABLE",
    "OBJECT_TRANSFORM": "TRANSFORM",
    "OBJECT_TRIGGER": "TRIGGER",
    "OBJECT_TSCONFIGURATION": "TEXT SEARCH CONFIGURATION",
    "OBJECT_TSDICTIONARY": "TEXT SEARCH DICTIONARY",
    "OBJECT_TSPARSER": "TEXT SEARCH PARSER",
    "OBJECT_TSTEMPLATE": "TEXT SEARCH TEMPLATE",
    "OBJECT_TYPE": "TYPE",
    "OBJECT_VIEW": "VIEW",
}
# The commands of ALTER TABLE that have such a form: their words, and what they lack.
_COMMANDS = {
    "AT_AddColumn": ("ADD", "COLUMN", _IF_NOT_EXISTS),
    "AT_DropColumn": ("DROP", "COLUMN", _IF_EXISTS),
    "AT_DropConstraint": ("DROP", "CONSTRAINT", _IF_EXISTS),
    "AT_DropIdentity": ("DROP", "IDENTITY", _IF_EXISTS),
    "AT_DropExpression": ("DROP", "EXPRESSION", _IF_EXISTS),
}


@dataclass(frozen=True)
class Options:
    """Kinds of statement that are left alone, by their words: `CREATE INDEX`, say."""

    except_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Form:
    """A statement, or a command in it, without its guard."""

    words: str
    """`CREATE TABLE`"""
    guard: str
    name: str
    start: int = 0
    """Where the words start in the statement (characters)."""
    behind: int | None = None
    """Where the guard goes; None where a person must decide."""


@check("if-not-exists", options=Options)
def if_not_exists(case: Case[Options]) -> Iterator[Finding]:
    """Ask the parse tree of each statement that runs for its guard; a DROP IF EXISTS before it, or an IF or EXCEPTION
    around it in a body, is one too. What is temporary is gone before it could be made again.
    """
    dropped: set[tuple[str, str]] = set()
    temporary: set[str] = set()
    for statement in _that_run(case.migration):
        body = statement.body
        if statement.kind == "drop_stmt" and body.missing_ok:
            kind = _DROPS.get(enum(body, "remove_type"), "")
            dropped |= {(kind, ".".join(strings(one))) for one in body.objects}
        if _is_temporary(statement):
            temporary |= {
                node.relname for node in walk(body) if node.DESCRIPTOR.name == "RangeVar" and node.relpersistence == "t"
            }
            continue
        if statement.guarded:
            continue
        for form in _forms(statement):
            if form.words in case.options.except_for or (form.words.removeprefix("CREATE "), form.name) in dropped:
                continue
            if statement.kind == "index_stmt" and body.relation.relname in temporary:
                continue
            yield case.finding(
                place(statement, form.start),
                f"{form.words} {form.name} has no {form.guard}".replace("  ", " "),
                instead=_guarded(statement, form),
            )


def _that_run(migration: Migration) -> Iterator[Statement]:
    """The statements of the file, those of its DO blocks, and those of a function of its own that it calls."""
    called = {
        strings(node.funcname)[-1]
        for statement in migration.statements
        if statement.kind in {"select_stmt", "call_stmt", "do_stmt"}
        for one in statement.walk()
        for node in walk(one.body)
        if node.DESCRIPTOR.name == "FuncCall"
    }
    for statement in migration.statements:
        if not statement.kind:
            continue
        yield statement
        runs = statement.kind == "do_stmt" or (
            statement.kind == "create_function_stmt" and strings(statement.body.funcname)[-1] in called
        )
        if runs:
            yield from (one for one in statement.walk()[1:] if one.kind)


def _is_temporary(statement: Statement) -> bool:
    body = statement.body
    relation = {
        "create_stmt": lambda: body.relation,
        "create_table_as_stmt": lambda: body.into.rel,
        "view_stmt": lambda: body.view,
        "create_seq_stmt": lambda: body.sequence,
    }.get(statement.kind)
    return relation is not None and (relation().relpersistence == "t" or relation().schemaname == "pg_temp")


def _forms(statement: Statement) -> Iterator[_Form]:
    """The guards that a statement could have and has not."""
    body: Any = statement.body
    kind = statement.kind
    if kind == "alter_table_stmt":
        yield from _alter_table_forms(statement)
    elif kind == "drop_stmt" and not body.missing_ok:
        words = _DROPS.get(enum(body, "remove_type"))
        if words:
            names = ", ".join(".".join(strings(one)) for one in body.objects)
            ends = [*words.split(), "CONCURRENTLY"] if body.concurrent else words.split()
            yield _Form(f"DROP {words}", _IF_EXISTS, names, behind=after_words(statement, "DROP", *ends))
    else:
        found = _lacking(statement)
        if found:
            words, guard, name = found
            modifier = ["CONCURRENTLY"] if kind == "index_stmt" and body.concurrent else []
            ends = ["CREATE"] if guard == _OR_REPLACE else [*words.split(), *modifier]
            named = bool(name) and not name.startswith("on ")
            yield _Form(words, guard, name, behind=after_words(statement, *ends) if named else None)


def _lacking(statement: Statement) -> tuple[str, str, str] | None:
    """The words, the guard that is missing and the name, for every other kind of statement; None where all is well."""
    body: Any = statement.body
    found: tuple[str, str, str] | None = None
    match statement.kind:
        case "create_stmt" if not body.if_not_exists:
            found = "CREATE TABLE", _IF_NOT_EXISTS, name_of(body.relation)
        case "create_foreign_table_stmt" if not body.base_stmt.if_not_exists:
            found = "CREATE FOREIGN TABLE", _IF_NOT_EXISTS, name_of(body.base_stmt.relation)
        case "create_table_as_stmt" if not body.if_not_exists:
            view = enum(body, "objtype") == "OBJECT_MATVIEW"
            found = "CREATE MATERIALIZED VIEW" if view else "CREATE TABLE", _IF_NOT_EXISTS, name_of(body.into.rel)
        case "select_stmt" if body.HasField("into_clause") and body.into_clause.rel.relpersistence != "t":
            # SELECT … INTO has no such form; CREATE TABLE AS has.
            found = None
        case "create_seq_stmt" if not body.if_not_exists:
            found = "CREATE SEQUENCE", _IF_NOT_EXISTS, name_of(body.sequence)
        case "create_schema_stmt" if not body.if_not_exists:
            found = "CREATE SCHEMA", _IF_NOT_EXISTS, body.schemaname or body.authrole.rolename
        case "index_stmt" if not body.if_not_exists:
            found = (
                "CREATE INDEX",
                _IF_NOT_EXISTS,
                body.idxname or f"on {name_of(body.relation)} (it needs a name first)",
            )
        case "create_extension_stmt" if not body.if_not_exists:
            found = "CREATE EXTENSION", _IF_NOT_EXISTS, body.extname
        case "create_stats_stmt" if not body.if_not_exists:
            found = "CREATE STATISTICS", _IF_NOT_EXISTS, ".".join(strings(body.defnames)) or "(it needs a name first)"
        case "create_foreign_server_stmt" if not body.if_not_exists:
            found = "CREATE SERVER", _IF_NOT_EXISTS, body.servername
        case "create_user_mapping_stmt" if not body.if_not_exists:
            found = (
                "CREATE USER MAPPING",
                _IF_NOT_EXISTS,
                f"FOR {body.user.rolename or 'CURRENT_USER'} SERVER {body.servername}",
            )
        case "define_stmt" if enum(body, "kind") == "OBJECT_COLLATION" and not body.if_not_exists:
            found = "CREATE COLLATION", _IF_NOT_EXISTS, ".".join(strings(body.defnames))
        case "define_stmt" if enum(body, "kind") == "OBJECT_AGGREGATE" and not body.replace:
            found = "CREATE AGGREGATE", _OR_REPLACE, ".".join(strings(body.defnames))
        case "create_function_stmt" if not body.replace:
            words = "CREATE PROCEDURE" if body.is_procedure else "CREATE FUNCTION"
            found = words, _OR_REPLACE, ".".join(strings(body.funcname))
        case "view_stmt" if not body.replace:
            found = "CREATE VIEW", _OR_REPLACE, name_of(body.view)
        case "rule_stmt" if not body.replace:
            found = "CREATE RULE", _OR_REPLACE, f"{name_of(body.relation)}.{body.rulename}"
        case "create_trig_stmt" if not body.replace and not body.isconstraint:
            found = "CREATE TRIGGER", _OR_REPLACE, f"{name_of(body.relation)}.{body.trigname}"
        case "create_plang_stmt" if not body.replace:
            found = "CREATE LANGUAGE", _OR_REPLACE, body.plname
        case "create_transform_stmt" if not body.replace:
            found = "CREATE TRANSFORM", _OR_REPLACE, f"FOR {'.'.join(strings(body.type_name))}"
        case "alter_enum_stmt" if body.new_val and not body.old_val and not body.skip_if_new_val_exists:
            found = "ALTER TYPE … ADD VALUE", _IF_NOT_EXISTS, f"{'.'.join(strings(body.type_name))} {body.new_val!r}"
        case "alter_domain_stmt" if body.subtype == "X" and not body.missing_ok:
            found = "ALTER DOMAIN … DROP CONSTRAINT", _IF_EXISTS, body.name
        case "alter_tsconfiguration_stmt" if (
            enum(body, "kind") == "ALTER_TSCONFIG_DROP_MAPPING" and not body.missing_ok
        ):
            found = "ALTER TEXT SEARCH CONFIGURATION … DROP MAPPING", _IF_EXISTS, ".".join(strings(body.cfgname))
        case "drop_role_stmt" if not body.missing_ok:
            found = "DROP ROLE", _IF_EXISTS, ", ".join(one.role_spec.rolename for one in body.roles)
        case "dropdb_stmt" if not body.missing_ok:
            found = "DROP DATABASE", _IF_EXISTS, body.dbname
        case "drop_table_space_stmt" if not body.missing_ok:
            found = "DROP TABLESPACE", _IF_EXISTS, body.tablespacename
        case "drop_subscription_stmt" if not body.missing_ok:
            found = "DROP SUBSCRIPTION", _IF_EXISTS, body.subname
        case "drop_user_mapping_stmt" if not body.missing_ok:
            found = (
                "DROP USER MAPPING",
                _IF_EXISTS,
                f"FOR {body.user.rolename or 'CURRENT_USER'} SERVER {body.servername}",
            )
    return found


def _alter_table_forms(statement: Statement) -> Iterator[_Form]:
    """Each command of an ALTER TABLE by itself: one may be guarded and the next not."""
    starts = commands(statement)
    for index, cmd in enumerate(statement.body.cmds):
        command = cmd.alter_table_cmd
        if enum(command, "subtype") not in _COMMANDS or command.missing_ok:
            continue
        verb, noun, guard = _COMMANDS[enum(command, "subtype")]
        attribute = enum(statement.body, "objtype") == "OBJECT_TYPE"
        if attribute and verb == "ADD":
            continue  # ADD ATTRIBUTE has no such form
        noun = "ATTRIBUTE" if attribute else noun
        name = command.name or getattr(command, "def").column_def.colname
        start = starts[index] if index < len(starts) else 0
        end = starts[index + 1] if index + 1 < len(starts) else len(statement.sql)
        behind = after_words(statement, verb, noun, start=start)
        if behind is None or behind > end:
            behind = after_words(statement, verb, start=start)  # ADD and DROP do without COLUMN
        yield _Form(f"{verb} {noun}", guard, f"{name_of(statement.body.relation)}.{name}", start, behind)


def _guarded(statement: Statement, form: _Form) -> str:
    """The statement with its guard put in: whole where it is short, else its first lines."""
    if form.behind is None:
        sql = f"{form.words} {form.guard} …"
        if form.words.startswith("ALTER"):
            head, _, tail = form.words.partition(" … ")
            sql = f"{head} {form.name.split()[0]} {tail} {form.guard} {' '.join(form.name.split()[1:])}".rstrip()
        return sql
    sql = f"{statement.sql[: form.behind]} {form.guard}{statement.sql[form.behind :]}"
    lines = sql.splitlines()
    return sql + ";" if len(lines) <= 12 else "\n".join([*lines[:6], "…"])
