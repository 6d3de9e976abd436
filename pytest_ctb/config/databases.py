"""The databases of a repository, each with a configuration of its own: from the ini file, TOML and the command line."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from typing import Any

from pytest_ctb.config.ini import Ini
from pytest_ctb.config.options import OPTIONS
from pytest_ctb.config.places import Found, find_migrations
from pytest_ctb.config.settings import Config, Database, config_from
from pytest_ctb.config.tables import Tables, read_tables
from pytest_ctb.errors import ConfigError, CtbError
from pytest_ctb.repository.paths import normal, relative

_SOURCES = {"ctb_migrations", "ctb_source"}
"""The keys that say where migrations come from."""
_OF_ONE = ("ctb_migrations", "ctb_base", "ctb_consumers", "ctb_baseline", "ctb_contracts", "ctb_sizes")
"""The keys that name what belongs to one database."""
_OPTION = {option.key: option.name for option in OPTIONS if option.key}


def configs_from(
    root: Path, ini: Mapping[str, Any], start: Path, given: Mapping[str, Any] | None = None, chosen: str = ""
) -> tuple[Config, ...]:
    """The configuration of each database of a repository, or of the `chosen` one alone.

    Values of the command line (`given`) come first; its paths are relative to `start`. `ini` has the values of the ini
    file, by key. Raises ConfigError where a value is not valid, or no database is named `chosen`.
    """
    given = {key: value for key, value in (given or {}).items() if value}
    tables = read_tables(root)
    ini = {key: value for key, value in ini.items() if value}
    if twice := sorted(ini.keys() & tables.common.keys()):
        key = twice[0]
        raise ConfigError(f"{key} in the ini file and {key.removeprefix('ctb_')} in {tables.place}: keep one of them")
    common = {**ini, **tables.common}
    values, places = _values(root, common, given, tables, chosen)
    names = _chosen(values, chosen)
    if len(names) > 1:
        _refuse_options_of_one(given, names)
    configs = []
    folders = {
        name: _folder(own, given if name in names else {}, start, places.folders.get(name))
        for name, own in values.items()
    }
    homes = _homes(root, folders)
    for name in names:
        folder = places.folders.get(name) if "ctb_migrations" not in {**values[name], **given} else None
        database = Database(name, homes[name], folder, places.not_taken)
        configs.append(config_from(root, values[name], start, given, database))
    _refuse_shared(root, configs)
    return tuple(configs)


def config_around(
    folder: Path, configured: Ini, configs_of: Callable[[Path], Iterable[Config]], *, anywhere: bool = False
) -> Config | None:
    """The database among whose migrations a folder lies; None where there is none.

    `configured` is the ini file of the folder, `configs_of` the configuration of each database of a root. The root is
    the folder of the ini file; where there is no such file, or the root may be `anywhere`, any folder above.
    Raises CtbError where the ini file is wrong; a folder above may be anybody's.
    """
    above = (folder, *folder.parents) if anywhere or configured.file is None else ()
    for root in dict.fromkeys((configured.root, *above)):
        with suppress(*() if root == configured.root else (CtbError,)):
            for config in configs_of(root):
                if any(folder.is_relative_to(migrations) for migrations in config.migrations):
                    return config
    return None


def _values(
    root: Path, common: Mapping[str, Any], given: Mapping[str, Any], tables: Tables, chosen: str
) -> tuple[Mapping[str, Mapping[str, Any]], Found]:
    """The values of each database by its name, and the folders that were found where none is set."""
    if tables.databases:
        values = {name: {**common, **own} for name, own in tables.databases.items()}
        for name, own in values.items():
            if not own.keys() & _SOURCES:
                raise ConfigError(f"{tables.place}: the database {name} needs the key migrations: where they live")
        return values, Found({})
    if _SOURCES & common.keys() or ("ctb_migrations" in given and not chosen):
        return {"": common}, Found({})
    places = find_migrations(root, str(given.get("ctb_layout") or common.get("ctb_layout") or ""))
    return dict.fromkeys(places.folders, common), places


def _chosen(values: Collection[str], chosen: str) -> list[str]:
    if not chosen:
        return list(values)
    if chosen in values:
        return [chosen]
    names = [name for name in values if name]
    if not names:
        raise ConfigError(f"no database is named {chosen}: this repository has one, without a name")
    near = difflib.get_close_matches(chosen, names, n=1)
    hint = f"; did you mean {near[0]}?" if near else f" (known: {', '.join(names)})"
    raise ConfigError(f"no database is named {chosen}{hint}")


def _refuse_options_of_one(given: Mapping[str, Any], names: Iterable[str]) -> None:
    for key in _OF_ONE:
        if key in given:
            raise ConfigError(
                f"{_OPTION[key]} is about one database, and there are several: choose one with --ctb-database "
                f"({', '.join(names)})"
            )


def _folder(values: Mapping[str, Any], given: Mapping[str, Any], start: Path, found: Path | None) -> Path | None:
    """The first folder of migrations of a database."""
    folders = given.get("ctb_migrations") or values.get("ctb_migrations") or ()
    return next((normal(start / folder) for folder in folders), found)


def _homes(root: Path, folders: Mapping[str, Path | None]) -> Mapping[str, tuple[Path, ...]]:
    """Where the base schema, contracts and the like of each database are looked for: beside its migrations.

    For a single database at the root too. Where databases have their folders side by side: in the folder itself.
    """
    homes: dict[str, tuple[Path, ...]] = {}
    for name, folder in folders.items():
        beside = folder.parent if folder and folder != root and folder.is_relative_to(root) else root
        if len(folders) == 1:
            homes[name] = tuple(dict.fromkeys((beside, root)))
        else:
            shared = any(other and other.parent == beside for key, other in folders.items() if key != name)
            homes[name] = (folder if folder and shared else beside,)
    return homes


def _refuse_shared(root: Path, configs: Iterable[Config]) -> None:
    """Raise ConfigError where two databases have one baseline or one folder of contracts."""
    for first, second in combinations(configs, 2):
        for key in ("baseline", "contracts"):
            path = getattr(first, key)
            if path == getattr(second, key) and path.exists():
                raise ConfigError(
                    f"the databases {first.name} and {second.name} both have {relative(root, path)}: "
                    f"give each its own with the key {key}"
                )
