"""sqitch: `deploy/name.sql` and `revert/name.sql`, in the order of sqitch.plan, each by `psql -f`."""

from collections.abc import Mapping
from pathlib import Path

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Tool, lines
from pytest_ctb.repository.files import read_text
from pytest_ctb.repository.layouts import Folder, Layout, text

_PLAN = "sqitch.plan"


def _listed_order(folder: Path) -> Mapping[str, int]:
    """The place of each change. The older script of a reworked change has the tag appended to its name.

    Raises ConfigError where there is no plan.
    """
    try:
        written = read_text(folder / _PLAN)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{folder / _PLAN}: the plan of sqitch cannot be read: {error}") from error
    places: dict[str, int] = {}
    untagged: dict[str, int] = {}
    tags: dict[int, str] = {}
    for place, line in enumerate(lines(written)):
        words = line.split("#")[0].split()
        if not words or words[0].startswith("%"):
            continue
        if words[0].startswith("@"):
            tags |= dict.fromkeys(untagged.values(), words[0])
            untagged = {}
            continue
        name = words[0]
        if name in places:
            older = places[name]
            places[name + tags.get(older, "")] = older
        places[name] = untagged[name] = place
    return places


def _recognise(folder: Folder) -> str:
    return f"{_PLAN} stands in it" if (folder.path / _PLAN).is_file() else ""


LAYOUT = Layout(
    name="sqitch",
    source="https://sqitch.org/docs/manual/sqitchtutorial/",
    tool=Tool(
        name="sqitch",
        runs_once=True,
        file_name_form="deploy/name.sql, with a line in sqitch.plan",
        rollback_place="revert/ file of its name",
    ),
    migration_names=r"deploy/(?P<version>.+)\.sql",
    rollback_names=r"revert/(?P<version>.+)\.sql",
    other_names=r"(?!(deploy|revert)/).*",
    sort_key=text,
    listed_order=_listed_order,
    usual_folders=("sqitch", "db", "migrations"),
    recognise=_recognise,
    wants="sqitch.plan",
)
