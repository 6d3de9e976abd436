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
EXPECTED = {
    ("saas", "2024-02-13_index_tenant_slug.sql", "replay", "warning"): "two tenants may have one slug: nothing forbids it before",
    ("saas", "2024-05-13_widen_seats.sql", "replay", "warning"): "a subscription may have more seats than the new limit",
    ("saas", "2024-07-08_link_webhook_delivery.sql", "replay", "warning"): "a delivery may be of a webhook that is gone",
    ("saas", "2024-07-15_purge_expired_invitations.sql", "keep-data", "allowed"): "it deletes rows, and says why",
    ("saas", "2024-07-22_lower_account_email.sql", "keep-data", "allowed"): "it overwrites values, and says why",
    ("events", "2023-09-26_purge_done_jobs.sql", "keep-data", "allowed"): "it deletes rows, and says why",
    ("events", "2023-11-21_backfill_metadata.sql", "keep-data", "allowed"): "it overwrites values, and says why",
    ("shop", "2025-04-28_trim_product_names.sql", "keep-data", "allowed"): "it overwrites values, and says why",
    ("shop", "2025-05-12_remove_old_carts.sql", "keep-data", "allowed"): "it deletes rows, and says why",
    ("shop", "2025-07-28_deduplicate_addresses.sql", "keep-data", "allowed"): "it deletes rows, and says why",
}  # fmt: skip
"""All that is found but for the pack `online`: history, file, guideline, and `allowed` or the level; and why the maintainers agree. No error."""


@pytest.mark.parametrize("name", sorted(RULES))
def test_careful_people_agree_with_all_that_is_found(pytester, name):
    shutil.copytree(HISTORIES / name, pytester.path, dirs_exist_ok=True)
    pytester.makeini("[pytest]\n")
    pytester.runpytest("--ctb", "--ctb-rules", RULES[name], "--ctb-postgres", "embedded", "--ctb-report", "report.json")
    report = json.loads((pytester.path / "report.json").read_text())
    assert len(report["migrations"]) == 60
    found = {
        (name, Path(finding["file"]).name, finding["guideline"], finding["level" if new else "status"])
        for finding in report["findings"]
        for new in [finding["status"] == "new"]
        # The pack `online` warns of every older table as long as no sizes are known.
        if not finding["code"].startswith("ON")
    }
    assert found == {finding for finding in EXPECTED if finding[0] == name}
