"""Print the SQL of each revision of Alembic, as `ctb_source = alembic` runs it: `python -m pytest_ctb.source.alembic`.

Alembic's own offline mode writes the SQL: `env.py` runs once, as for `alembic upgrade --sql`, and connects to nothing.
What a revision asks of `op.get_bind()` a throwaway database answers, in which all that was written runs; without one,
nothing does. What Alembic does besides (BEGIN, COMMIT, its table of versions) is not captured.

It runs in the environment of the project, and imports nothing of this package but its neighbour.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import sqlalchemy
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import BindParameter, Insert, create_engine, event, literal, text
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import visitors
from sqlalchemy.types import JSON, NullType, String

from pytest_ctb.source.printing import fail, from_here, is_installed, own_modules, print_entries

_CONTROL = {"BEGIN;", "COMMIT;"}
_ours: list[Dialect] = []
"""That of the connection to the throwaway database, the only one that there may be."""
_CAN_ASK = sqlalchemy.__version__ >= "2"
"""SQLAlchemy 1.4 does not know the driver of this package."""


class _Output:
    """What Alembic writes in offline mode, caught while a function of a revision runs, with the line that wrote it."""

    def __init__(self, database: _Throwaway | None) -> None:
        self.pieces: list[dict[str, Any]] | None = None
        self.file = ""
        self.database = database

    def write(self, text: str) -> None:
        """Keep SQL that the revision makes, and run it; what is written between the revisions is Alembic's own."""
        sql = text.strip()
        if self.pieces is not None and sql:
            self.pieces.append({"sql": sql, "line": _line_in(self.file)})
            if self.database and sql not in _CONTROL:
                self.database.run(sql)

    def flush(self) -> None:
        """Nothing is held back."""


class _Throwaway:
    """The throwaway database: it runs what the revisions write, and answers what they ask."""

    def __init__(self, address: str) -> None:
        url = f"postgresql+psycopg{address.removeprefix('postgresql')}"
        self.engine = create_engine(url, isolation_level="AUTOCOMMIT")
        _ours.append(self.engine.dialect)
        self.connection = self.engine.connect()
        self._answering = False
        self._taking_back = False
        self.write_failed: Callable[[], None] = lambda: None
        """Write the statement that a revision executed last, if it failed."""

    def run(self, sql: str) -> None:
        """Run what was written. What fails here fails in the replay too, which says where and why."""
        if self._answering:  # it has run already
            return
        with suppress(DBAPIError):
            self._execute("SAVEPOINT before" if self._taking_back else "", sql)

    def _execute(self, *statements: str) -> None:
        try:
            for sql in filter(None, statements):
                self._send(sql)
        except DBAPIError:
            if self._taking_back:
                self._send("ROLLBACK TO SAVEPOINT before")
            raise

    def _send(self, sql: str) -> None:
        self.connection.exec_driver_sql(sql, execution_options={"no_parameters": True})

    def tell(self, write: Callable[[Any, Any], None]) -> None:
        """Let `write` have what a revision executes on the connection itself, other than queries."""
        begun: list[tuple[Any, Any]] = []

        def begins(_: Any, statement: Any, several: Any, values: Any, __: Any) -> None:
            begun[:] = [(statement, several or values)]

        def ends(_: Any, statement: Any, __: Any, ___: Any, ____: Any, result: Any) -> None:
            if not result.returns_rows or getattr(statement, "is_dml", False):
                write_begun()
            begun.clear()

        def write_begun() -> None:
            self._answering = True
            try:
                for statement, values in begun:
                    write(statement, values)
            finally:
                self._answering = False

        self.write_failed = write_begun
        event.listen(self.engine, "before_execute", begins)
        event.listen(self.engine, "after_execute", ends)

    @contextmanager
    def taken_back(self) -> Iterator[None]:
        """A block whose SQL leaves nothing."""
        self._execute("BEGIN")
        self._taking_back = True
        try:
            yield
        finally:
            self._taking_back = False
            self._execute("ROLLBACK")


def _line_in(file: str) -> int:
    """The line of the innermost caller that stands in a file; 0 where there is none."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  # the documented way to the callers
    while frame is not None:
        if frame.f_code.co_filename == file:
            return frame.f_lineno
        frame = frame.f_back
    return 0


def main(arguments: Sequence[str]) -> None:
    """Print the contract's lines for all revisions, in the order in which they apply."""
    parser = argparse.ArgumentParser(prog="ctb_source = alembic", description="The options of alembic that it knows:")
    parser.add_argument("-c", "--config", default=os.environ.get("ALEMBIC_CONFIG", "alembic.ini"))
    parser.add_argument("-n", "--name", default="alembic")
    parser.add_argument("-x", action="append")
    parser.add_argument("--database", help="the URL of a database that may be changed")
    options = parser.parse_args(arguments)
    if not Path(options.config).is_file():
        fail(f"there is no {options.config} in {Path.cwd()}: ctb_source = alembic -c path/to/alembic.ini")
    with print_entries() as write:
        event.listen(Engine, "do_connect", _refuse)
        output = _Output(_Throwaway(options.database) if options.database and _CAN_ASK else None)
        config = _config(Path(options.config).resolve(), options, output)
        try:
            script = ScriptDirectory.from_config(config)
            entries = _printed(config, script, output)
        except CommandError as error:
            fail(f"alembic: {error}")
        write(
            {
                "tool": "alembic",
                "transaction_off": "`autocommit_block()`",
                "way_back": "downgrade()",
                "note": _heads(script),
            }
        )
        for entry in entries:
            write(entry)
        write({"reads": [*map(from_here, (config.config_file_name or "", f"{script.dir}/env.py")), *own_modules()]})


def _config(ini: Path, options: argparse.Namespace, output: _Output) -> Config:
    """The configuration, in the folder that its paths are meant from: that of the ini file, or the one before."""
    config = Config(str(ini), ini_section=options.name, output_buffer=output, cmd_opts=options)  # type: ignore[arg-type]
    scripts = config.get_main_option("script_location")
    if not scripts:  # Flask-Migrate sets it so
        config.set_main_option("script_location", str(ini.parent).replace("%", "%%"))
    elif (ini.parent / scripts).is_dir() or not Path(scripts).is_dir():
        os.chdir(ini.parent)
    return config


def _heads(script: ScriptDirectory) -> str:
    """What to say of several heads, of which not all belong to a branch with a label."""
    heads = [revision for revision in map(script.get_revision, script.get_heads()) if revision]
    if len(heads) < 2 or all(revision.branch_labels for revision in heads):
        return ""
    named = ", ".join(head.revision for head in heads)
    return f"several heads, {named}: `alembic upgrade head` refuses (alembic merge heads)"


def _refuse(dialect: Dialect, *_: object) -> None:
    if any(dialect is ours for ours in _ours):
        return
    raise CommandError(
        "env.py connects to a database. To print SQL it must not: where context.is_offline_mode() is true, let it call "
        "context.configure(url=…, literal_binds=True) and context.run_migrations(), as alembic's own template does"
    )


def _printed(config: Config, script: ScriptDirectory, output: _Output) -> Sequence[dict[str, Any]]:
    """Run env.py once in offline mode, and in it the functions of each revision.

    The revisions are looked for as late as that: env.py may say where they are.
    """
    entries: list[dict[str, Any]] = []
    has_run = False

    def run(_: Any, context: MigrationContext) -> Iterator[Any]:
        nonlocal has_run
        has_run = True
        if context.dialect.name != "postgresql":
            fail(f"env.py gives alembic a URL of {context.dialect.name}: to print SQL it has to be one of postgresql")
        _send_as_online(context, output.database)
        if not entries:  # an environment with several databases asks once for each
            entries.extend(_entry(revision, output) for revision in reversed(list(script.walk_revisions())))
        return iter(())

    with EnvironmentContext(config, script, fn=run, as_sql=True, starting_rev="base", destination_rev="heads"):
        script.run_env()
    if not has_run:
        fail("env.py ran no migrations in offline mode: it has to call context.run_migrations()")
    if not entries:
        places = ", ".join(map(from_here, map(str, script._version_locations)))  # noqa: SLF001
        fail(f"alembic finds no revisions in {places}")
    return entries


def _send_as_online(context: MigrationContext, database: _Throwaway | None) -> None:
    """Let the SQL be what the server would get: offline, Alembic leaves out parameters, and may write each % twice."""
    context.dialect.identifier_preparer._double_percents = False  # noqa: SLF001
    context.impl.literal_binds = True
    JSON.literal_processor = _json_literal  # type: ignore[method-assign, assignment]  # it has none
    execute = context.impl._exec  # noqa: SLF001

    def complete(construct: Any, *arguments: Any, **options: Any) -> Any:
        statement = text(construct) if isinstance(construct, str) else construct
        for part in visitors.iterate(statement):
            if isinstance(part, BindParameter) and part.required and part.value is None:
                raise ValueError(
                    f"the statement has no value for :{part.key} (a colon that is only text is written \\:)"
                )
        return execute(statement, *arguments, **options)

    def send(statement: Any, parameters: Any = None) -> None:
        for values in parameters if isinstance(parameters, list | tuple) else [parameters or {}]:
            complete(_with_values(statement, values) if values else statement)

    context.impl._exec = complete  # type: ignore[method-assign]  # noqa: SLF001
    if database:
        database.tell(send)
        context.connection = context.impl.connection = database.connection
    else:
        context.connection = context.impl.connection = MockConnection(context.dialect, send)  # type: ignore[assignment]


def _json_literal(_: JSON, dialect: Dialect) -> Callable[[Any], str] | None:
    quoted = String().literal_processor(dialect)  # type: ignore[no-untyped-call]
    return (lambda value: quoted(json.dumps(value))) if quoted else None


def _with_values(statement: Any, values: Any) -> Any:
    """The statement with the parameters that it is executed with."""
    if isinstance(statement, Insert):
        return statement.values(values)

    def fill(part: Any) -> None:
        if part.key in values:
            part.value, part.required = values[part.key], False
            part.type = literal(part.value).type if isinstance(part.type, NullType) else part.type

    return visitors.cloned_traverse(statement, {"maintain_key": True}, {"bindparam": fill})


def _entry(revision: Script, output: _Output) -> dict[str, Any]:
    module = revision.module
    output.file = str(module.__file__)
    entry: dict[str, Any] = {"file": from_here(output.file), "judged": not is_installed(output.file)}
    up, error = _caught(module.upgrade, output)
    if error:
        return {**entry, **error}
    with output.database.taken_back() if output.database else nullcontext():
        down, error = _caught(getattr(module, "downgrade", None) or (lambda: None), output)
    entry["up"], entry["transaction"] = _in_blocks(up)
    entry["down"], entry["down_transaction"] = _in_blocks([] if error else down)
    return entry


def _caught(function: Any, output: _Output) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The SQL that a function of a revision makes, or why it makes none."""
    pieces: list[dict[str, Any]] = []
    output.pieces = pieces
    try:
        function()
    except DBAPIError:
        if output.database:
            output.database.write_failed()  # the replay says where it fails, and why
    except Exception as error:  # noqa: BLE001  # a revision may raise anything
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == output.file]
        return pieces, {"error": f"{type(error).__name__}: {error}{_advice(error)}", "line": (lines or [0])[-1] or 0}
    finally:
        output.pieces = None
    return pieces, {}


def _advice(error: Exception) -> str:
    if isinstance(error, AttributeError) and "NoneType" in str(error):
        return " (no database is asked here, so a query gives no rows; what op.execute(…) sends can be printed)"
    return ""


def _in_blocks(pieces: Sequence[dict[str, Any]]) -> tuple[Sequence[dict[str, Any]], bool]:
    """The pieces, and whether one transaction holds them all.

    Where autocommit_block() ends and begins it, each transaction stands among the pieces, but for empty ones.
    """
    if not any(piece["sql"] in _CONTROL for piece in pieces):
        return pieces, True
    blocks: list[dict[str, Any]] = []
    block: list[dict[str, Any]] = []
    inside = True
    for piece in [*pieces, {"sql": "COMMIT;", "line": 0}]:
        if piece["sql"] not in _CONTROL:
            (block if inside else blocks).append(piece)
            continue
        if block:
            first, last = block[0]["line"], block[-1]["line"]
            blocks += [{"sql": "BEGIN;", "line": first}, *block, {"sql": "COMMIT;", "line": last}]
        block, inside = [], piece["sql"] == "BEGIN;"
    return blocks, False


if __name__ == "__main__":
    main(sys.argv[1:])
