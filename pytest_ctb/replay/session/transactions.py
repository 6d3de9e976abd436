"""What a statement means to the transaction that it runs in, and to the session behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from psycopg.pq import TransactionStatus

from pytest_ctb.model import GEXEC, Control, Ended, Source, Statement, Trace, TransactionCommand
from pytest_ctb.sql import (
    alterations,
    as_sql,
    comment_on,
    created,
    dropped,
    is_alter_table,
    kinds,
    names_in,
    refused,
    renamed,
)

DEFERRING = re.compile(r"deferr", re.IGNORECASE)
"""What can be put off to the COMMIT exists from here on, perhaps; a guess costs a few round trips."""
UNHEARD_WORDS = re.compile(r"\b(?:cluster|reindex|reassign)\b", re.IGNORECASE)
"""What changes marks of an index, or owners, and no event trigger hears of it; a guess costs a look at everything."""
HOOKING = re.compile(r"event\s+trigger|extension", re.IGNORECASE)
"""What may make an event trigger, which runs a body behind other statements; a guess costs a look at each of these."""
DYNAMIC = {GEXEC, "DO", "CALL", "SELECT", "SELECT INTO", "INSERT", "UPDATE", "DELETE", "MERGE"}
"""What may run a body, which can catch an error of its own and lose what it did till then."""
ALTERS_TYPES = {"ALTER TYPE", "ALTER DOMAIN"}
_UNMARKING = {
    "COMMENT",
    "CREATE FUNCTION",
    "CREATE INDEX",
    "CREATE PROCEDURE",
    "CREATE SCHEMA",
    "CREATE TABLE",
    "CREATE VIEW",
}
"""What leaves the session as it is, temporary objects aside; an ALTER TABLE may call a function for each row."""
_OBJECTS_ALONE = _UNMARKING | {
    "ALTER SEQUENCE",
    "CREATE POLICY",
    "CREATE SEQUENCE",
    "CREATE TRIGGER",
    "CREATE TYPE",
}
"""What does nothing but what the catalogs show: nothing global, nothing that runs a body of its own."""
_SAVEPOINTS = {TransactionCommand.SAVEPOINT, TransactionCommand.RELEASE, TransactionCommand.ROLLBACK_TO}
_BEGINS = {TransactionCommand.BEGIN, TransactionCommand.START}
_UNHEARD_KINDS = {"DATABASE", "ROLE", "TABLESPACE", "SUBSCRIPTION", "EVENT TRIGGER", "PARAMETER"}
"""What all databases of a server share, what reaches another server, and the triggers themselves: no trigger hears."""
ENDS = {TransactionCommand.COMMIT}
ENCLOSING = ENDS | _BEGINS
_MAKING = {"CREATE TABLE", "CREATE SEQUENCE", "CREATE SCHEMA", "CREATE INDEX"}
_HASTY = re.compile(r"nowait|skip.locked|lock_timeout|statement_timeout", re.IGNORECASE)
"""What does something else where something is locked; a guess costs a look."""
_MOVING = {"CLUSTER", "VACUUM FULL", "REFRESH MATERIALIZED VIEW"}
REFUSED = {"25001", "2D000"}
"""It cannot run inside a transaction, or it ends one itself (manual, appendix A)."""
_NOTHING = {"SET", "RESET", "SHOW", "PREPARE", "DEALLOCATE", "DEALLOCATE ALL"}
_OF_THE_SESSION = {
    "LOCK TABLE",
    "DECLARE CURSOR",
    "SET CONSTRAINTS",
    "DISCARD ALL",
    "DISCARD PLANS",
    "DISCARD SEQUENCES",
    "DISCARD TEMP",
}
_VACUUM = {"VACUUM", "ANALYZE"}


def own(sql: str) -> Statement:
    """A statement of ours, to be run as one of the file's."""
    return Statement(sql, Source(sql), 0)


COMMIT = own("COMMIT")


def is_nothing(statement: Statement) -> bool:
    """Tell whether it does nothing that there is to see: it controls a transaction, or sets a parameter."""
    return statement.control is not None or statement.tag in _NOTHING


def leaves_nothing(statement: Statement) -> bool:
    """Tell whether it leaves nothing behind when its transaction is over, if it is no transaction command itself."""
    return statement.tag in _NOTHING | _OF_THE_SESSION


def stands_alone(statement: Statement) -> bool:
    """Tell whether it means something else inside a transaction of ours, or leaves nothing to look at."""
    return statement.control is not None or leaves_nothing(statement) or statement.tag in _VACUUM


def only_objects(statement: Statement) -> bool:
    """Tell whether it does nothing but what the catalogs of this database show, and runs no body of its own."""
    if comment := comment_on(statement):
        return comment.kind not in _UNHEARD_KINDS
    if statement.control or statement.tag in _OBJECTS_ALONE:
        return True
    if changed := renamed(statement) or dropped(statement):
        return changed.kind not in _UNHEARD_KINDS
    return is_alter_table(statement)


def ends(statement: Statement) -> bool:
    """Whether it is a COMMIT or a ROLLBACK, behind which locks and counters start anew."""
    return statement.command in ENDS | {TransactionCommand.ROLLBACK}


def encloses(statement: Statement) -> bool:
    """Whether it is the BEGIN or the COMMIT of the file, in place of which ours stands inside of a transaction."""
    return statement.command in ENCLOSING


def takes_back(statement: Statement) -> bool:
    """Whether it is a ROLLBACK, to a savepoint or of the whole."""
    return statement.command in {TransactionCommand.ROLLBACK, TransactionCommand.ROLLBACK_TO}


def prepares(statement: Statement) -> bool:
    """Whether it may leave a transaction prepared, which no end of a session takes back."""
    return statement.command is TransactionCommand.PREPARE or statement.tag == GEXEC


def commits(statement: Statement, status: TransactionStatus) -> bool:
    """Whether it has made something last; `status` is the connection's behind it."""
    if statement.command is TransactionCommand.COMMIT:  # AND CHAIN begins another at once
        return True
    return status is TransactionStatus.IDLE and statement.command is not TransactionCommand.ROLLBACK


def marks(statement: Statement) -> bool:
    """Whether it may leave something in the session that a transaction cannot take back."""
    rename = renamed(statement)
    unmarking = statement.control or statement.tag in _UNMARKING or dropped(statement)
    return not (unmarking or (rename and not rename.set_schema)) or "temp" in statement.sql.lower()


def keeps_rows(statement: Statement) -> bool:
    """Whether the storage that it makes holds the rows that were there, as far as its text tells all that it does."""
    words = [kind for inner in statement.walk() for kind, _ in kinds(inner)]
    moves = any(kind in _MOVING or kind.endswith("SET TABLESPACE") for kind in words)
    return moves and not any(kind.startswith("TRUNCATE") for kind in words)


def may_rename(statement: Statement) -> bool:
    """Whether something may have another name behind it."""
    return renamed(statement) is not None or statement.tag in DYNAMIC | {"ALTER EXTENSION"}


def names_held(statement: Statement) -> list[str]:
    """The relations that a statement waits for until it may lock them; none where it may not want to wait."""
    if _HASTY.search(statement.sql):
        return []
    used = [name for name in names_in([statement]).uses if name.kind == "relation"]
    bare = [as_sql(name.name) for name in used if name.schema in {"", "public"}]  # the search_path may find another
    return [*bare, *(as_sql(name.schema, name.name) for name in used if name.schema)]


def asks_first(statement: Statement) -> bool:
    """Whether it makes only what is not there yet, or says again what it has said: run anew, it should do nothing."""
    if statement.tag in _MAKING:
        made = created(statement)
        return made is not None and made.if_not_exists
    commands = alterations(statement)
    if commands:
        return all(command.words == "ADD COLUMN" and command.guarded for command in commands)
    return statement.control is not None or statement.tag == "COMMENT"


def last_looks(statements: Sequence[Statement]) -> set[int]:
    """The statements, by `id`, after which a look sees all effects: the last one, and each before a ROLLBACK."""
    before_rollbacks = [statement for statement, following in pairwise(statements) if takes_back(following)]
    others = [statement for statement in statements if not statement.control]
    return set(map(id, [*before_rollbacks, *others[-1:]]))


class Savepoints:
    """The savepoints of a transaction, each with the place of its statement."""

    def __init__(self) -> None:
        self._marks: list[tuple[str, int]] = []

    def follow(self, control: Control, place: int) -> int | None:
        """Take note of a transaction command; of a ROLLBACK TO, the place of the savepoint that it goes back to."""
        match control.command:
            case TransactionCommand.SAVEPOINT:
                self._marks.append((control.savepoint, place))
            case TransactionCommand.RELEASE:
                del self._marks[self._newest(control.savepoint) :]
            case TransactionCommand.ROLLBACK_TO:
                at = self._newest(control.savepoint)
                del self._marks[at + 1 :]
                return self._marks[at][1] if at < len(self._marks) else None
            case _:
                self._marks.clear()
        return None

    def _newest(self, name: str) -> int:
        """Where the newest savepoint of that name stands; where there is none, behind the last."""
        return max((at for at, (other, _) in enumerate(self._marks) if other == name), default=len(self._marks))


def with_ends(statements: Sequence[Statement], traces: Sequence[Trace]) -> tuple[Trace, ...]:
    """The traces of statements that ran one after another, each with its transaction and how that ended for it.

    Where the last one failed, or the transaction was left open, what it did is rolled back.
    """
    marked = list(traces)
    number, began, is_open = 0, 0, False
    savepoints = Savepoints()
    for place, (statement, trace) in enumerate(zip(statements, traces, strict=False)):
        control = statement.control
        if not is_open:
            number, began = number + 1, place
            trace = trace._replace(held=())  # noqa: PLW2901  # what a transaction of ours holds around a trial
        marked[place] = trace._replace(block=number)
        if trace.error:
            return (*marked[:began], *(trace._replace(ended=Ended.ROLLED_BACK) for trace in marked[began:]))
        if control is None:
            continue
        is_open |= control.command in _BEGINS
        at = savepoints.follow(control, place)
        if takes_back(statement):
            start = began if at is None else at
            marked[start:place] = [_taken_back(earlier, control.savepoint) for earlier in marked[start:place]]
        if control.command in {TransactionCommand.COMMIT, TransactionCommand.ROLLBACK, TransactionCommand.PREPARE}:
            is_open = control.chain
            number, began = number + control.chain, place + 1
    if is_open:
        marked[began:] = [trace._replace(ended=Ended.ROLLED_BACK) for trace in marked[began:]]
    return tuple(marked)


def _taken_back(trace: Trace, savepoint: str = "") -> Trace:
    if trace.undone:
        return trace
    return trace._replace(ended=Ended.ROLLED_BACK, undone=True, savepoint=savepoint)


def fits_inside(statements: Iterable[Statement]) -> bool:
    """Whether statements do in a transaction of ours what they do by themselves: at most one BEGIN, one COMMIT."""
    seen: list[TransactionCommand] = []
    for statement in statements:
        control = statement.control
        if not statement.tag or refused(statement):
            return False
        if control is None or control.command in _SAVEPOINTS:
            continue
        fits = control.command in _BEGINS if not seen else control.command in ENDS and len(seen) == 1
        if control.chain or not fits:
            return False
        seen.append(control.command)
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
        and all(map(only_objects, statements))
        and fits_inside(statements)
    )
