"""Print the SQL of each migration of Django: `ctb_source = django` runs `python -m pytest_ctb.source.django URL`.

Django needs a database to print SQL, since it looks up the names of constraints there. It gets a throwaway one, in
which each operation is run as soon as its SQL was collected, its Python too: the next one may need what it made. No
database of the settings can be reached meanwhile.

It runs in the environment of the project.
"""

from __future__ import annotations

import argparse
import ast
import copy
import inspect
import os
import runpy
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState
from django.db.utils import Error, OperationalError

from pytest_ctb.source.printing import fail, from_here, is_installed, own_modules, print_entries

Entry = dict[str, Any]
Write = Callable[[Entry], None]


def main(arguments: Sequence[str]) -> None:
    """Run the project's manage.py, and in it `print_migrations`."""
    parser = argparse.ArgumentParser(prog="ctb_source = django")
    parser.add_argument("database")
    parser.add_argument("manage", nargs="?", default="manage.py", help="the project's manage.py")
    options, others = parser.parse_known_args(arguments)
    if not Path(options.manage).is_file():
        fail(f"there is no {options.manage} in {Path.cwd()}: ctb_source = django path/to/manage.py")
    address = _parameters(options.database)
    with print_entries() as write:
        ours: list[Any] = []
        connect = BaseDatabaseWrapper.connect

        def guarded(self: Any) -> None:
            if self not in ours:
                raise OperationalError("pytest-ctb reads the migrations: no database of the settings can be reached")
            connect(self)

        BaseDatabaseWrapper.connect = guarded
        this = sys.modules[__name__]
        this.run = lambda: print_migrations(address, ours, write)  # type: ignore[attr-defined]
        sys.modules["pytest_ctb_django"] = this
        manage = Path(options.manage).resolve()
        os.chdir(manage.parent)
        sys.path.insert(0, str(manage.parent))
        code = "import pytest_ctb_django; pytest_ctb_django.run()"
        sys.argv = [str(manage), "shell", "--verbosity=0", *others, f"--command={code}"]
        runpy.run_path(str(manage), run_name="__main__")


def _parameters(url: str) -> dict[str, Any]:
    """The settings of Django for the address that stands for `{database}`, and for none of the project's."""
    parts = urlsplit(url)
    where = parse_qs(parts.query)
    return {
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": where["host"][0],
        "PORT": where.get("port", [""])[0],
        "OPTIONS": {},
    }


def print_migrations(address: dict[str, Any], ours: list[Any], write: Write) -> None:
    """Print the contract's lines for all migrations of all applications, in the order in which they apply."""
    connection = connections["default"]
    if connection.vendor != "postgresql":
        fail(f"the database `default` of the settings is {connection.vendor}: it has to be postgresql to print its SQL")
    connection.settings_dict |= address
    ours.append(connection)
    executor = MigrationExecutor(connection)
    if conflicts := executor.loader.detect_conflicts():
        named = "; ".join(f"{', '.join(names)} in {app}" for app, names in conflicts.items())
        fail(f"conflicting migrations, several leaves of one application: {named} (manage.py makemigrations --merge)")
    write({"tool": "django", "transaction_off": "`atomic = False`", "way_back": "operation that can be reversed"})
    state = ProjectState(real_apps=executor.loader.unmigrated_apps)
    for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        entry, state = _entry(migration, state, connection)
        write(entry)
    write({"reads": [from_here(sys.argv[0]), *own_modules()]})


def _entry(migration: Any, state: Any, connection: Any) -> tuple[Entry, Any]:
    """The line of a migration, and the state of the models after it; its SQL has run then."""
    module = sys.modules[type(migration).__module__]
    path = str(module.__file__)
    judged = not is_installed(path)
    entry: Entry = {"file": from_here(path) if judged else f"{module.__name__.replace('.', '/')}.py", "judged": judged}
    lines = _lines(module, len(migration.operations))
    before = state.clone()
    try:
        up, not_sql = _collected(migration, state, connection, lines)
    except Exception as error:  # noqa: BLE001  # an operation may raise anything
        connection.close()
        return {**entry, "error": _said(error)}, migration.mutate_state(before, preserve=False)
    down: list[Entry] = []
    try:
        down = _collected_back(migration, before, connection, lines)
    except IrreversibleError:
        pass
    except Exception as error:  # noqa: BLE001
        connection.close()
        not_sql.append({"what": f"the way back, which django cannot print ({_said(error)})", "line": 1})
    entry |= {"transaction": migration.atomic, "up": up, "down": down, "not_sql": not_sql}
    return entry, state


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _lines(module: Any, count: int) -> Sequence[int]:
    """The line of each operation in the file; of none where the list is not written out there."""
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, SyntaxError):
        return [0] * count
    for node in ast.walk(tree):
        names = [target.id for target in getattr(node, "targets", ()) if isinstance(target, ast.Name)]
        if names == ["operations"] and isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
            lines = [element.lineno for element in node.value.elts]
            return lines if len(lines) == count else [node.lineno] * count
    return [0] * count


def _alone(migration: Any, operation: Any) -> Any:
    alone = copy.copy(migration)
    alone.operations = [operation]
    return alone


def _collected(migration: Any, state: Any, connection: Any, lines: Sequence[int]) -> tuple[list[Entry], list[Entry]]:
    """The SQL of each operation, and the operations that are none; all have run then, and `state` is as after them."""
    pieces: list[Entry] = []
    not_sql: list[Entry] = []
    put_off: dict[int, int] = {}
    editor = connection.schema_editor(collect_sql=True, atomic=False)
    editor.__enter__()
    for operation, line in zip(migration.operations, lines, strict=True):
        editor.collected_sql = []
        sql, others = _parted(operation)
        not_sql += ({"what": _described(other), "line": line} for other in others)
        _alone(migration, sql).apply(state, editor, collect_sql=True)
        put_off |= {id(sql): line for sql in editor.deferred_sql if id(sql) not in put_off}
        collected = list(_pieces(editor.collected_sql, line))
        pieces += collected
        _run(collected, connection, atomic=migration.atomic)
        for python in others:
            _run_python(python, migration.app_label, state, connection)
    for sql in editor.deferred_sql:  # foreign keys, which come last
        editor.collected_sql = []
        editor.execute(sql, None)
        collected = list(_pieces(editor.collected_sql, put_off[id(sql)]))
        pieces += collected
        _run(collected, connection, atomic=migration.atomic)
    return pieces, not_sql


def _collected_back(migration: Any, state: Any, connection: Any, lines: Sequence[int]) -> list[Entry]:
    """The SQL that takes the operations back, the last first. It runs, and is taken back. Raises IrreversibleError."""
    states = [state]
    for operation in migration.operations:
        states.append(_alone(migration, operation).mutate_state(states[-1]))
    pieces: list[Entry] = []
    editor = connection.schema_editor(collect_sql=True, atomic=False)
    editor.__enter__()
    with _taken_back(connection) as run:
        for operation, before, line in reversed(list(zip(migration.operations, states, lines, strict=False))):
            editor.collected_sql = []
            _alone(migration, _parted(operation)[0]).unapply(before, editor, collect_sql=True)
            collected = list(_pieces(editor.collected_sql, line))
            pieces += collected
            run(collected)
        editor.collected_sql = []
        editor.__exit__(None, None, None)
    return [*pieces, *_pieces(editor.collected_sql, 0)]


@contextmanager
def _taken_back(connection: Any) -> Iterator[Callable[[Sequence[Entry]], None]]:
    """A function that runs SQL in one transaction, which never commits; after an error it runs nothing more."""
    failed = False

    def run(pieces: Sequence[Entry]) -> None:
        nonlocal failed
        if failed:
            return
        try:
            for piece in pieces:
                cursor.execute(piece["sql"])
        except Error:
            failed = True
            cursor.execute("ROLLBACK")

    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            yield run
        finally:
            if not failed:
                cursor.execute("ROLLBACK")


def _parted(operation: Any) -> tuple[Any, list[Any]]:
    """What of an operation is SQL, as an operation, and what is not: Python stands in SeparateDatabaseAndState too."""
    if not operation.reduces_to_sql:
        return operation, [operation]  # Django leaves it out itself
    inner = getattr(operation, "database_operations", None)
    if not inner:
        return operation, []
    parts = [_parted(part) for part in inner]
    rest = copy.copy(operation)
    rest.database_operations = [part for part, _ in parts if part.reduces_to_sql]
    return rest, [other for _, others in parts for other in others]


def _pieces(collected: Sequence[str], line: int) -> Iterator[Entry]:
    """The SQL among what an editor has collected; Django's comments are left out."""
    return ({"sql": sql, "line": line} for sql in collected if "\n" in sql or not sql.startswith("--"))


def _described(operation: Any) -> str:
    function = getattr(getattr(operation, "code", None), "__name__", "")
    return f"{type(operation).__name__} {function}".strip()


def _run(pieces: Sequence[Entry], connection: Any, *, atomic: bool) -> None:
    """Run the SQL of an operation in the throwaway database, where Django looks for what the next one needs.

    What fails here fails in the replay too, which says where and why.
    """
    statements = [piece["sql"] for piece in pieces]
    try:
        with connection.cursor() as cursor:
            for sql in ["BEGIN", *statements, "COMMIT"] if atomic and statements else statements:
                cursor.execute(sql)
    except Error:
        connection.close()


def _run_python(operation: Any, app_label: str, state: Any, connection: Any) -> None:
    """Run an operation that is no SQL, such as RunPython: later ones may need the rows that it makes.

    Its errors are not reported: it is not judged, and a database without rows may be their reason.
    """
    before = state.clone()
    operation.state_forwards(app_label, state)
    try:
        with transaction.atomic(using=connection.alias), connection.schema_editor(atomic=False) as editor:
            operation.database_forwards(app_label, editor, before, state)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # it may raise anything
        sys.stderr.write(f"{_described(operation)}: {_said(error)}\n")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main(sys.argv[1:])
