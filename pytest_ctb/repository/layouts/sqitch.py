"""sqitch: `deploy/name.sql` and `revert/name.sql`, in the order of sqitch.plan, each by `psql -f`."""

from collections.abc import Mapping
from pathlib import Path

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Tool, lines
from pytest_ctb.repository.files import read_text
from pytest_ctb.repository.layouts import Folder, Layout, text

_PLAN = "sqitch.plan"


def _plan(folder: Path) -> Mapping[str, int]:
    """The place of each change. One that is planned anew leaves its older script under a name with the tag behind it.

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


def _sign(folder: Folder) -> str:
    return f"{_PLAN} stands in it" if (folder.path / _PLAN).is_file() else ""


LAYOUT = Layout(
    name="sqitch",
    source="https://sqitch.org/docs/manual/sqitchtutorial/",
    tool=Tool(name="sqitch", form="deploy/name.sql, with a line in sqitch.plan", down="revert/ file of its name"),
    ups=r"deploy/(?P<version>.+)\.sql",
    downs=r"revert/(?P<version>.+)\.sql",
    beside=r"(?!(deploy|revert)/).*",
    key=text,
    plan=_plan,
    folders=("sqitch", "db", "migrations"),
    sign=_sign,
)
