"""Histories as careful maintainers write them: `pytest --ctb` finds no error in them that these would reject.

`saas` is a product for many tenants: row security, partitions, an API's roles. `events` is an event store with a queue of
jobs: growing enums, concurrent indexes, backfills. `shop` is a shop under the guide's own profile: data migrations,
views, triggers.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

HISTORIES = Path(__file__).parent / "histories"
RULES = {"saas": "postgres", "events": "postgres", "shop": "rules"}
"""The guidelines of each history: a profile, or the folder beside its migrations."""
RIGHT: dict[tuple[str, str, str], str] = {}
"""Errors that a maintainer accepts: history, file and guideline, and why it is right."""
WRONG: dict[tuple[str, str, str], str] = {
    ("shop", "2025-05-26_create_supplier_role.sql", "rollback-restores"): "what was before is read too late",
}
"""Errors that a maintainer would reject, and that are still found; each is to go."""


def errors(pytester, name) -> set[tuple[str, str, str]]:
    """What `pytest --ctb` finds of level error in a history, and nothing in the files allows."""
    shutil.copytree(HISTORIES / name, pytester.path, dirs_exist_ok=True)
    pytester.makeini("[pytest]\n")
    pytester.runpytest("--ctb", "--ctb-rules", RULES[name], "--ctb-postgres", "embedded", "--ctb-report", "report.json")
    report = json.loads((pytester.path / "report.json").read_text())
    assert len(report["migrations"]) == 60
    return {
        (name, finding["file"].rpartition("/")[2], finding["guideline"])
        for finding in report["findings"]
        if finding["level"] == "error" and finding["status"] == "new"
    }


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_history_of_careful_people_has_no_error_that_they_would_reject(pytester, name):
    found = errors(pytester, name)
    accepted = {error for error in RIGHT if error[0] == name}
    assert found - accepted - WRONG.keys() == set()
    assert accepted <= found
