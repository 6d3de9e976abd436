"""CT05: one transaction encloses all statements; none where Postgres refuses one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pytest_ctb.checks import Case, NoOptions, Scope, check, says_nothing
from pytest_ctb.checks.static._procedures import ending_call
from pytest_ctb.checks.static._repeats import unrepeatable
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import SPACE, Edit, Finding, Position, Statement, TransactionCommand, lines
from pytest_ctb.sql import alterations, code_end, index, is_batch, may_be_refused, refused

_BEGINS = {TransactionCommand.BEGIN, TransactionCommand.START}
_INSIDE = {TransactionCommand.SAVEPOINT, TransactionCommand.RELEASE, TransactionCommand.ROLLBACK_TO}
_PREPARED = {TransactionCommand.COMMIT_PREPARED, TransactionCommand.ROLLBACK_PREPARED}
# Settings of the session take no lock and change no object: they may stand beside a CONCURRENTLY.
_SETTINGS = {"SET", "RESET", "SHOW"}
_LONGEST = 12
"""The most lines of a statement that a message shows in full."""


def transaction_by_text(case: Case[NoOptions]) -> Iterator[Finding]:
    """The check; of the procedures that a file calls, it knows those of `case.all_files`, else of the file alone."""
    migration = case.migration
    if not migration.sections:
        yield from _one_transaction(case)
    for section in migration.sections:
        part = replace(migration, statements=section.statements, no_transaction=section.no_transaction)
        yield from _one_transaction(case._replace(migration=part))


def _one_transaction(case: Case[NoOptions]) -> Iterator[Finding]:
    """The check of the statements that run in one transaction, or in none."""
    statements = case.migration.statements
    unread = next((statement.problem for statement in statements if statement.problem), None)
    read = [statement for statement in statements if statement.tag]
    if not statements:
        return
    if case.migration.no_transaction:
        yield from _no_transaction(case, read, complete=unread is None)
    elif case.migration.tool.adds_transaction:
        yield from _wrapped_by_tool(case, read)
    elif case.migration.tool.sends_whole_file and not any(statement.control for statement in read):
        yield from _sent_at_once(case, read)
    elif any(statement.command in _BEGINS for statement in read):
        yield from _with_begin(case, read)
    elif read and not unread:
        yield from _no_begin(case, read)
    if unread:  # which may hold the BEGIN or the COMMIT
        raise NotJudgedError(f"line {unread.position.line} cannot be read (see `replay`): {unread.message}")


@check("transaction", scope=Scope.FILES, by_text=transaction_by_text)
def transaction(case: Case[NoOptions]) -> Iterator[Finding]:
    """Read the transaction commands of the parse tree; BEGIN in a comment, a string or a body is none.

    A procedure that commits is refused inside a transaction too: its body is looked up in the files. What cannot be
    read is reported by `replay`.
    """
    yield from transaction_by_text(case)


def _refusal(case: Case[NoOptions], statement: Statement) -> str:
    """What Postgres refuses of a statement inside a transaction, in words; empty where it refuses nothing."""
    return refused(statement) or ending_call(case, statement)


@dataclass
class _Block:
    """The state of the transaction block while a file is read from top to bottom."""

    begun: Statement | None = None
    """The first BEGIN."""
    ended: Statement | None = None
    """The statement that ended the last transaction; None inside one."""
    outside: bool = False
    """Statements stand before the first BEGIN, or behind `ended`."""

    @property
    def is_open(self) -> bool:
        return self.begun is not None and self.ended is None


def _with_begin(case: Case[NoOptions], statements: list[Statement]) -> Iterator[Finding]:
    """The ordinary file: BEGIN, statements, COMMIT."""
    block = _Block()
    chained = False
    for statement in statements:
        command = statement.command
        if command in _BEGINS:
            yield from _begin(case, statement, block)
            block = _Block(block.begun or statement)
        elif command and command not in _INSIDE | _PREPARED:
            yield from _end(case, statement, command, block)
            chained = statement.control is not None and statement.control.chain
            block.ended, block.outside = None if chained else statement, False
        else:
            yield from _ordinary(case, statement, block)
    # Where a statement cannot be read, the COMMIT may stand in it.
    if block.begun and block.is_open and not chained and len(statements) == len(case.migration.statements):
        yield case.finding(
            block.begun.position,
            "BEGIN without COMMIT: at the end of the file psql rolls everything back, and says nothing",
            instead="COMMIT;",
            fix=[_commit(case, statements[-1])] if case.migration.exact else (),
        )


def _begin(case: Case[NoOptions], statement: Statement, block: _Block) -> Iterator[Finding]:
    if block.begun is None:
        return
    line = block.begun.position.line
    what = f"BEGIN inside the transaction of line {line}"
    if not block.is_open:
        what = f"a second transaction, after that of line {line}: the first stays when this one fails"
    yield case.finding(statement.position, what, instead="")


def _no_begin(case: Case[NoOptions], statements: list[Statement]) -> Iterator[Finding]:
    """A file without BEGIN: each statement is a transaction of its own, which some of them need."""
    alone = next((statement for statement in statements if _refusal(case, statement)), None)
    if alone:
        yield _must_stand_sent_at_once(case, alone)
    others = [statement for statement in statements if not _refusal(case, statement)]
    if not alone or not all(_may_stand_beside(case, statement) for statement in others):
        committed = [statement for statement in others if not statement.command]
        what = "no BEGIN: the statement commits by itself"
        if len(committed) > 1:
            commits = f"each of the {len(committed)} statements commits by itself"
            what = f"no BEGIN: {commits}; a failure half-way leaves half of them"
        if not committed:
            what = f"{_word(others[0])} without a BEGIN before it"
        first = (
            next((statement for statement in committed if not _may_stand_beside(case, statement)), committed[0])
            if alone and committed
            else others[0]
        )
        yield case.finding(first.position, what, fix=() if alone else _enclose(case, statements))


def _wrapped_by_tool(case: Case[NoOptions], statements: list[Statement]) -> Iterator[Finding]:
    """What the tool puts a transaction around: it neither ends that one, nor holds what is refused in it."""
    tool = case.migration.tool
    for statement in statements:
        command = statement.command
        if command and command not in _INSIDE:
            message = (
                f"{_word(statement)} in a file that {tool.name} puts a transaction around: leave that to {tool.name}"
            )
            yield case.finding(statement.position, message, instead="")
        for inner in statement.walk() if statement.tag == "DO" else (statement,):
            if inner is not statement and inner.command:
                message = f"{inner.sql.upper()} inside DO: Postgres refuses it inside a transaction"
                yield case.finding(inner.position, message, instead="")
            elif _refusal(case, inner):
                way_out = f"put it alone in a file that switches it off ({tool.transaction_off_switch})"
                if not tool.transaction_off_switch:
                    way_out = "nothing in a file switches that off, so run the statement by hand, beside the migrations"
                message = (
                    f"Postgres refuses {_refusal(case, inner)} inside a transaction, and {tool.name} puts one around a "
                    f"{tool.unit}: {way_out}"
                )
                yield case.finding(inner.position, message, instead="")


def _sent_at_once(case: Case[NoOptions], statements: list[Statement]) -> Iterator[Finding]:
    """A file that is sent in one go: several statements are one transaction, and one alone needs none."""
    if len(case.migration.statements) > 1:
        for statement in statements:
            if _refusal(case, statement):
                message = (
                    f"Postgres refuses {_refusal(case, statement)} inside a transaction, and takes the statements of a "
                    f"file for one when {case.migration.tool.name} sends them in one go: put it alone in a file"
                )
                yield case.finding(statement.position, message, instead=_whole(statement))


def _enclose(case: Case[NoOptions], statements: list[Statement]) -> Iterator[Edit]:
    """BEGIN above the first statement and COMMIT below the last; nothing where more than that is not clear."""
    *before, last = [statement.command for statement in statements]
    if not case.migration.exact:  # the offsets of what is included are those of another file
        return
    if any(before) or last not in {None, TransactionCommand.COMMIT} or len(statements) < len(case.migration.statements):
        return
    if not last or len(statements) > 1:
        yield case.insert(_above(case, statements[0]), "BEGIN;\n\n")
    if not last:
        yield _commit(case, statements[-1])


def _above(case: Case[NoOptions], first: Statement) -> int:
    """The offset of a statement, or of the comment that stands right above it and speaks of nothing else."""
    migration, line = case.migration, first.position.line
    fields, mark = [*migration.header, migration.description], migration.no_transaction
    positions = [field.position for field in fields if field] + ([mark.position] if mark else [])
    positions += [rollback.position for rollback in migration.rollbacks]
    positions += [allow.position for allow in migration.allows]
    last = max((position.line for position in positions if position.line < line), default=0)
    comments = {comment.position.line for comment in migration.comment_lines if comment.alone}
    start = line
    while start - 1 in comments:
        start -= 1
    belongs_to_it = last < start < line and first.position.column == 1
    return migration.source.offset(Position(start, 1)) if belongs_to_it else first.start


def _commit(case: Case[NoOptions], last: Statement) -> Edit:
    """COMMIT below the last statement and what stands behind it on its line."""
    source = case.migration.source
    text = source.text
    if last.data is None and text[last.end - 1] != ";":  # the file ends without one
        return case.insert(last.start + code_end(last), ";\n\nCOMMIT;")
    end = source.line_end(source.at(last.end).line)
    if "/*" in text[last.end : end]:  # which may go on behind the line
        end = last.end
    return case.insert(min(end, len(text.rstrip(SPACE))), "\n\nCOMMIT;")


def _end(case: Case[NoOptions], statement: Statement, command: TransactionCommand, block: _Block) -> Iterator[Finding]:
    word = _word(statement)
    if not block.is_open:
        if not block.outside:
            yield case.finding(statement.position, f"{word} without a BEGIN before it", instead="")
    elif command == TransactionCommand.ROLLBACK:
        yield case.finding(
            statement.position, f"{word} ends the transaction: nothing of the file is applied", instead="COMMIT;"
        )
    elif command != TransactionCommand.COMMIT:
        yield case.finding(
            statement.position, "a prepared transaction is left behind, with all its locks", instead="COMMIT;"
        )
    elif statement.control and statement.control.chain:
        yield case.finding(statement.position, f"{word} AND CHAIN opens a second transaction", instead="COMMIT;")


def _ordinary(case: Case[NoOptions], statement: Statement, block: _Block) -> Iterator[Finding]:
    for inner in statement.walk()[1:] if statement.tag == "DO" else ():
        if inner.command or _refusal(case, inner):
            words = _refusal(case, inner) or inner.sql.upper()
            yield case.finding(
                inner.position, f"{words} inside DO: Postgres refuses it inside a transaction", instead=""
            )
    if statement.tag != "DO" and _refusal(case, statement):
        yield _must_stand_sent_at_once(case, statement)
    elif not block.is_open and not block.outside:
        block.outside = True
        yield case.finding(statement.position, _outside(case, statement, block), instead="")


def _outside(case: Case[NoOptions], first: Statement, block: _Block) -> str:
    """What the first statement before BEGIN, or behind an early COMMIT, and those that follow it do."""
    others = 0
    for statement in case.migration.statements:
        if statement.start > first.start and statement.command and statement.command not in _INSIDE | _PREPARED:
            break
        others += statement.start > first.start
    more = f", with {others} more," if others else ""
    if block.ended is None:
        return f"{_head(first)}{more} is before BEGIN, outside the transaction"
    return (
        f"{_head(first)}{more} is after line {block.ended.position.line}, which ended the transaction: "
        f"{'each of them' if others else 'it'} commits by itself"
    )


def _must_stand_sent_at_once(case: Case[NoOptions], statement: Statement) -> Finding:
    mark = f"-- ctb:no-transaction: {_refusal(case, statement)} cannot run inside a transaction\n"
    statements = case.migration.statements
    alone = all(other.tag and (_refusal(case, other) or _may_stand_beside(case, other)) for other in statements)
    return case.finding(
        statement.position,
        f"Postgres refuses {_refusal(case, statement)} inside a transaction: put it alone in a file with "
        "`-- ctb:no-transaction: reason`",
        instead=mark + _whole(statement),
        fix=[case.insert(_above(case, statements[0]), mark)]
        if alone and statements[0].position.column == 1 and case.migration.exact
        else (),
    )


def _may_stand_beside(case: Case[NoOptions], statement: Statement) -> bool:
    """Whether a statement may stand without a transaction beside one that needs that.

    That is a session's setting, and a step of the way to an index on a partitioned table without a long lock (CREATE
    INDEX ON ONLY, then CONCURRENTLY on each partition, then ATTACH), or a DO that drops what an earlier run left
    invalid, where all of the file can run again.
    """
    if statement.tag in _SETTINGS:
        return True
    made = index(statement)
    attaches = statement.tag == "ALTER INDEX" and any(
        alteration.words == "ATTACH PARTITION" for alteration in alterations(statement)
    )
    drops = statement.tag == "DO" and {inner.tag for inner in statement.walk()[1:]} == {"DROP INDEX"}
    is_step = (made is not None and made.only) or attaches or (drops and not statement.unread)
    return is_step and not any(unrepeatable(other for other in case.migration.statements if other.tag))


def _no_transaction(case: Case[NoOptions], statements: list[Statement], *, complete: bool) -> Iterator[Finding]:
    """A file that says `ctb:no-transaction`: only what needs it, and what may stand beside."""
    mark = case.migration.no_transaction
    assert mark is not None
    needing = [statement for statement in statements if _refusal(case, statement)] or [
        statement for statement in statements if may_be_refused(statement)
    ]
    if not needing and not complete:
        return
    if not needing and all(is_batch(statement) for statement in statements):
        if says_nothing(mark.reason):
            instead = "-- ctb:no-transaction: each batch commits by itself, so that no lock is held for long"
            yield case.finding(mark.position, "ctb:no-transaction gives no reason", instead=instead)
        return
    if statements and not needing:
        message = f"{mark.says}, but Postgres refuses nothing here inside a transaction"
        if case.migration.tool.adds_transaction:
            yield case.finding(mark.position, f"{message}: remove the line", instead="")
        else:
            yield case.finding(mark.position, message)
        return
    if case.migration.tool.sends_whole_file:
        yield from _sent_at_once(case, statements)
        return
    if needing and says_nothing(mark.reason):
        why = f"{_refusal(case, needing[0]) or _head(needing[0])} cannot run inside a transaction"
        yield case.finding(mark.position, "ctb:no-transaction gives no reason", instead=f"-- ctb:no-transaction: {why}")
    for statement in statements:
        if _refusal(case, statement) or may_be_refused(statement) or _may_stand_beside(case, statement):
            continue
        unit = case.migration.tool.unit
        what = f"{_head(statement)} in a {unit} that says {mark.says} (line {mark.position.line})"
        instead = ""
        if not statement.command:
            beside = _refusal(case, needing[0]) or _head(needing[0])
            what = f"{_head(statement)} is beside {beside} without a transaction: give it a {unit} of its own"
            instead = (
                _whole(statement)
                if case.migration.tool.adds_transaction
                else f"BEGIN;\n\n{_whole(statement)}\n\nCOMMIT;"
            )
        yield case.finding(statement.position, what, instead=instead)


def _word(statement: Statement) -> str:
    return statement.sql.split()[0].upper().rstrip(";")


def _head(statement: Statement) -> str:
    words = statement.sql.split()
    return " ".join(words[:3]) + (" …" if len(words) > 3 else "")


def _whole(statement: Statement) -> str:
    shown = lines(statement.sql)
    return "\n".join(shown[:_LONGEST]) + (";" if len(shown) <= _LONGEST else "\n…")
