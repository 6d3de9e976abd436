"""What a statement means to the transaction that it runs in, and to the session behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from psycopg.pq import TransactionStatus

from pytest_ctb.model import Source, Statement, Trace
from pytest_ctb.sql import enum, refused

DEFERRING = re.compile(r"deferr", re.IGNORECASE)
"""What can be put off to the COMMIT exists from here on, perhaps; a guess costs a few round trips."""
DYNAMIC = {"gexec", "do_stmt", "call_stmt", "select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"}
"""What may run a body, which can catch an error of its own and lose what it did till then."""
_UNMARKING = {
    "comment_stmt",
    "create_function_stmt",
    "create_schema_stmt",
    "create_stmt",
    "drop_stmt",
    "index_stmt",
    "rename_stmt",
    "transaction_stmt",
    "view_stmt",
}
"""What leaves the session as it is, temporary objects aside; an ALTER TABLE may call a function for each row."""
OBJECTS_ALONE = {
    "alter_object_schema_stmt",
    "alter_seq_stmt",
    "alter_table_stmt",
    "comment_stmt",
    "create_enum_stmt",
    "create_function_stmt",
    "create_policy_stmt",
    "create_schema_stmt",
    "create_seq_stmt",
    "create_stmt",
    "create_trig_stmt",
    "drop_stmt",
    "index_stmt",
    "rename_stmt",
    "transaction_stmt",
    "view_stmt",
}
"""What does nothing but what the catalogs show: nothing global, nothing that runs a body of its own."""
_BEGINS = {"TRANS_STMT_BEGIN", "TRANS_STMT_START"}
_SAVEPOINTS = {"TRANS_STMT_SAVEPOINT", "TRANS_STMT_RELEASE", "TRANS_STMT_ROLLBACK_TO"}
ENDS = {"TRANS_STMT_COMMIT"}
ENCLOSING = ENDS | {"TRANS_STMT_BEGIN", "TRANS_STMT_START"}
REFUSED = {"25001", "2D000"}
"""It cannot run inside a transaction, or it ends one itself (manual, appendix A)."""
NOTHING = {"transaction_stmt", "variable_set_stmt", "variable_show_stmt", "prepare_stmt", "deallocate_stmt"}
ALONE = NOTHING | {"lock_stmt", "declare_cursor_stmt", "constraints_set_stmt", "discard_stmt", "vacuum_stmt"}
"""What means something else inside a transaction, or leaves nothing to look at."""


def own(sql: str) -> Statement:
    """A statement of ours, to be run as one of the file's."""
    return Statement(sql, Source(sql), 0)


COMMIT = own("COMMIT")


def ends(statement: Statement) -> bool:
    """Whether it is a COMMIT or a ROLLBACK, behind which locks and counters start anew."""
    return statement.kind == "transaction_stmt" and enum(statement.body, "kind") in ENDS | {"TRANS_STMT_ROLLBACK"}


def encloses(statement: Statement) -> bool:
    """Whether it is the BEGIN or the COMMIT of the file, in place of which ours stands inside of a transaction."""
    return statement.kind == "transaction_stmt" and enum(statement.body, "kind") in ENCLOSING


def takes_back(statement: Statement) -> bool:
    """Whether it is a ROLLBACK, to a savepoint or of the whole."""
    kind = enum(statement.body, "kind") if statement.kind == "transaction_stmt" else ""
    return kind in {"TRANS_STMT_ROLLBACK", "TRANS_STMT_ROLLBACK_TO"}


def prepares(statement: Statement) -> bool:
    """Whether it may leave a transaction prepared, which no end of a session takes back."""
    if statement.kind == "transaction_stmt":
        return enum(statement.body, "kind") == "TRANS_STMT_PREPARE"
    return statement.kind == "gexec"


def commits(statement: Statement, status: TransactionStatus) -> bool:
    """Whether it has made something last; `status` is the connection's behind it."""
    ending = enum(statement.body, "kind") if statement.kind == "transaction_stmt" else ""
    if ending == "TRANS_STMT_COMMIT":  # AND CHAIN begins another at once
        return True
    return status is TransactionStatus.IDLE and ending != "TRANS_STMT_ROLLBACK"


def marks(statement: Statement) -> bool:
    """Whether it may leave something in the session that a transaction cannot take back."""
    return statement.kind not in _UNMARKING or "temp" in statement.sql.lower()


def asks_first(statement: Statement) -> bool:
    """Whether it makes only what is not there yet, or says again what it has said: run anew, it should do nothing."""
    match statement.kind:
        case "create_stmt" | "create_seq_stmt" | "create_schema_stmt" | "index_stmt":
            return bool(statement.body.if_not_exists)
        case "alter_table_stmt":
            commands = [one.alter_table_cmd for one in statement.body.cmds]
            return all(enum(one, "subtype") == "AT_AddColumn" and one.missing_ok for one in commands)
        case kind:
            return kind in {"comment_stmt", "transaction_stmt"}


def with_undone(statements: Sequence[Statement], traces: Sequence[Trace]) -> tuple[Trace, ...]:
    """The traces, with those told apart that a ROLLBACK took back, to a savepoint or as a whole."""
    marked = list(traces)
    began = 0
    savepoints: list[tuple[str, int]] = []
    for place, one in enumerate(statements):
        command = enum(one.body, "kind") if one.kind == "transaction_stmt" else ""
        if command in ENCLOSING:
            began, savepoints = place, []
        elif command == "TRANS_STMT_SAVEPOINT":
            savepoints.append((one.body.savepoint_name, place))
        elif command in {"TRANS_STMT_ROLLBACK", "TRANS_STMT_ROLLBACK_TO"}:
            to = one.body.savepoint_name
            start = max((at for name, at in savepoints if name == to), default=began)
            savepoints = [(name, at) for name, at in savepoints if at <= start]
            marked[start:place] = [trace._replace(undone=True) for trace in marked[start:place]]
    return tuple(marked)


def fits_inside(statements: Iterable[Statement]) -> bool:
    """Whether statements do in a transaction of ours what they do by themselves: at most one BEGIN, one COMMIT."""
    seen: list[str] = []
    for one in statements:
        if not one.kind or refused(one):
            return False
        if one.kind == "transaction_stmt":
            kind = enum(one.body, "kind")
            if kind in _SAVEPOINTS:
                continue
            if one.body.chain or not (kind in _BEGINS if not seen else kind == "TRANS_STMT_COMMIT" and len(seen) == 1):
                return False
            seen.append(kind)
    return len(seen) != 1


def at_once(statements: Sequence[Statement]) -> bool:
    """Whether the server does the same with them one by one and in one message, if it does all of them.

    What is one transaction, and only makes objects: it runs no body that could ask what was sent, and how the server
    reads what follows stays as it is. See the manual, section 54.2.2.1 (multiple statements in a simple query).
    """
    return (
        len(statements) > 1
        and encloses(statements[0])
        and encloses(statements[-1])
        and all(one.kind in OBJECTS_ALONE for one in statements)
        and fits_inside(statements)
    )
