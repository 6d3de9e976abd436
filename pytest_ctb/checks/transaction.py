"""CT05: one transaction around every statement, or none where Postgres refuses one."""

from collections.abc import Iterator
from typing import Any

from pytest_ctb.checks import Case, NoOptions, check
from pytest_ctb.model import Finding, Position, Statement
from pytest_ctb.sql import enum

_BEGINS = {"TRANS_STMT_BEGIN", "TRANS_STMT_START"}
_INSIDE = {"TRANS_STMT_SAVEPOINT", "TRANS_STMT_RELEASE", "TRANS_STMT_ROLLBACK_TO"}
# A session's own settings hold no lock and change nothing: they may stand beside a CONCURRENTLY.
_SETTINGS = {"variable_set_stmt", "variable_show_stmt"}


@check("transaction")
def transaction(case: Case[NoOptions]) -> Iterator[Finding]:
    """Walk the parse tree's own transaction commands; BEGIN in a comment, a string or a body is none of them."""
    statements = case.migration.statements
    for one in statements:
        if one.problem:
            yield case.finding(one.problem.position, f"cannot be read: {one.problem.message}", instead="")
    read = [one for one in statements if one.kind]
    if not statements:
        yield case.finding(Position(1, 1), "the file holds no SQL statement", instead="")
    elif case.migration.no_transaction:
        yield from _without(case, read)
    elif read:
        yield from _within(case, read)


def _within(case: Case[NoOptions], statements: list[Statement]) -> Iterator[Finding]:
    """The ordinary file: BEGIN, statements, COMMIT."""
    if not any(_command(one) in _BEGINS for one in statements):
        yield from _no_begin(case, statements)
        return
    begun: Statement | None = None
    finished: Statement | None = None
    for one in statements:
        command = _command(one)
        if command in _BEGINS:
            if begun and not finished:
                yield case.finding(
                    one.position, f"BEGIN inside the transaction of line {begun.position.line}", instead=""
                )
            elif finished:
                yield case.finding(
                    one.position,
                    f"a second transaction, after that of line {_line(begun)}: the first stays when this one fails",
                    instead="",
                )
                finished = None
            begun = begun or one
        elif command in _INSIDE:
            continue
        elif command:
            yield from _end(case, one, command, begun, finished)
            finished = None if one.body.chain else one
        else:
            yield from _ordinary(case, one, begun, finished)
    # Where a statement cannot be read, the COMMIT may stand in it.
    if begun and not finished and len(statements) == len(case.migration.statements):
        yield case.finding(
            begun.position,
            "BEGIN without COMMIT: at the end of the file psql rolls everything back, and says nothing",
            instead="COMMIT;",
        )


def _no_begin(case: Case[NoOptions], statements: list[Statement]) -> Iterator[Finding]:
    first = statements[0]
    refused = [one for one in statements if _refused(one)]
    if refused:
        one = refused[0]
        yield case.finding(
            one.position,
            f"Postgres refuses {_refused(one)} inside a transaction: let it stand alone in a file that says so",
            instead=f"-- ctb:no-transaction: {_refused(one)} cannot run inside a transaction",
        )
        first = next((s for s in statements if not _refused(s) and s.kind not in _SETTINGS), first)
        if first is one or _refused(first):
            return
    count = len([one for one in statements if not _command(one)])
    which = "the statement commits by itself" if count == 1 else f"each of the {count} statements commits by itself"
    yield case.finding(first.position, f"no BEGIN: {which}, and a failure half-way leaves half of them applied")


def _end(
    case: Case[NoOptions], one: Statement, command: str, begun: Statement | None, finished: Statement | None
) -> Iterator[Finding]:
    word = one.sql.split()[0].upper().rstrip(";")
    if begun is None or finished:
        yield case.finding(one.position, f"{word} without a BEGIN before it", instead="")
    elif command == "TRANS_STMT_ROLLBACK":
        yield case.finding(
            one.position, f"{word} ends the transaction: nothing of the file is applied", instead="COMMIT;"
        )
    elif command != "TRANS_STMT_COMMIT":
        yield case.finding(one.position, "a prepared transaction is left behind, with all its locks", instead="COMMIT;")
    elif one.body.chain:
        yield case.finding(one.position, f"{word} AND CHAIN opens a second transaction", instead="COMMIT;")


def _ordinary(
    case: Case[NoOptions], one: Statement, begun: Statement | None, finished: Statement | None
) -> Iterator[Finding]:
    refused = _refused(one)
    if refused:
        yield case.finding(
            one.position,
            f"Postgres refuses {refused} inside a transaction: let it stand alone in a file that says so",
            instead=f"-- ctb:no-transaction: {refused} cannot run inside a transaction\n{_whole(one)}",
        )
    for inner in one.walk()[1:] if one.kind == "do_stmt" else ():
        if _command(inner) in {"TRANS_STMT_COMMIT", "TRANS_STMT_ROLLBACK"}:
            yield case.finding(
                inner.position, f"{inner.sql.upper()} inside DO: Postgres refuses it inside a transaction", instead=""
            )
    if refused:
        return
    if begun is None:
        yield case.finding(one.position, f"{_head(one)} stands before BEGIN, outside the transaction", instead="")
    elif finished:
        yield case.finding(
            one.position,
            f"{_head(one)} stands after line {finished.position.line}, which ended the transaction",
            instead="",
        )


def _without(case: Case[NoOptions], statements: list[Statement]) -> Iterator[Finding]:
    """A file that says `ctb:no-transaction`: only what needs it, and a session's settings."""
    mark = case.migration.no_transaction
    assert mark is not None
    if not mark.reason:
        yield case.finding(
            mark.position,
            "ctb:no-transaction gives no reason",
            instead="-- ctb:no-transaction: CREATE INDEX CONCURRENTLY cannot run inside a transaction",
        )
    needing = [one for one in statements if _refused(one)]
    if not needing and statements:
        yield case.finding(mark.position, "ctb:no-transaction, but Postgres refuses nothing here inside a transaction")
        return
    for one in statements:
        if _refused(one) or one.kind in _SETTINGS:
            continue
        if _command(one):
            yield case.finding(
                one.position,
                f"{_head(one)} in a file that says ctb:no-transaction (line {mark.position.line})",
                instead="",
            )
        else:
            yield case.finding(
                one.position,
                f"{_head(one)} stands beside {_refused(needing[0])} without a transaction: give it a file of its own",
                instead=f"BEGIN;\n\n{_whole(one)}\n\nCOMMIT;",
            )


def _command(statement: Statement) -> str:
    """The transaction command that a statement is; empty for any other."""
    return enum(statement.body, "kind") if statement.kind == "transaction_stmt" else ""


def _line(statement: Statement | None) -> int:
    return statement.position.line if statement else 0


def _head(statement: Statement) -> str:
    words = statement.sql.split()
    return " ".join(words[:3]) + (" …" if len(words) > 3 else "")


def _whole(statement: Statement) -> str:
    lines = statement.sql.splitlines()
    return "\n".join(lines[:12]) + (";" if len(lines) <= 12 else "\n…")


def _refused(statement: Statement) -> str:
    """What it is that Postgres refuses inside a transaction block (PreventInTransactionBlock); empty for the rest."""
    body: Any = statement.body
    words = ""
    match statement.kind:
        case "index_stmt" if body.concurrent:
            words = "CREATE INDEX CONCURRENTLY"
        case "drop_stmt" if body.concurrent:
            words = "DROP INDEX CONCURRENTLY"
        case "reindex_stmt":
            whole = enum(body, "kind") in {"REINDEX_OBJECT_SCHEMA", "REINDEX_OBJECT_SYSTEM", "REINDEX_OBJECT_DATABASE"}
            concurrently = any(one.def_elem.defname == "concurrently" for one in body.params)
            words = "REINDEX CONCURRENTLY" if concurrently else "REINDEX of a whole schema or database" if whole else ""
        case "vacuum_stmt" if body.is_vacuumcmd:
            words = "VACUUM"
        case "cluster_stmt" if not body.relation.relname:
            words = "CLUSTER of all tables"
        case "alter_table_stmt":
            words = (
                "DETACH PARTITION … CONCURRENTLY" if any(_detaches(cmd.alter_table_cmd) for cmd in body.cmds) else ""
            )
        case "createdb_stmt" | "dropdb_stmt":
            words = "CREATE DATABASE" if statement.kind == "createdb_stmt" else "DROP DATABASE"
        case "create_table_space_stmt" | "drop_table_space_stmt":
            words = "CREATE TABLESPACE" if statement.kind == "create_table_space_stmt" else "DROP TABLESPACE"
        case "alter_system_stmt":
            words = "ALTER SYSTEM"
        case "alter_database_stmt" if any(one.def_elem.defname == "tablespace" for one in body.options):
            words = "ALTER DATABASE … SET TABLESPACE"
        case "create_subscription_stmt" if _connects(body):
            words = "CREATE SUBSCRIPTION"
    return words


def _detaches(command: Any) -> bool:
    return enum(command, "subtype") == "AT_DetachPartition" and getattr(command, "def").partition_cmd.concurrent


def _connects(subscription: Any) -> bool:
    """Without `connect = false` (or `create_slot = false`) a slot is made on the other server."""
    off = {"connect", "create_slot"}
    return not any(
        one.def_elem.defname in off and one.def_elem.arg.string.sval == "false" for one in subscription.options
    )
