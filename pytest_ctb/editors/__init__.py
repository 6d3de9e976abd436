"""The face that editors see: each guideline that needs only the file, as a rule of sqlfluff.

The rules hand the file's text to the same checks as `pytest --ctb`: they do not need sqlfluff to parse a statement.
sqlfluff's plugin interface: https://docs.sqlfluff.com/en/stable/guides/setup/developing_custom_rules.html
"""

from __future__ import annotations

from typing import Any

from sqlfluff.core.plugin import hookimpl
from sqlfluff.core.rules import BaseRule

KEYS = {
    "ctb_layout": "Whose files the migrations are: ctb, auto, a tool's name, or a pattern.",
    "ctb_migrations": "The folders that hold migrations, separated by commas; files elsewhere are none of ours.",
    "ctb_rules": "The folder of the guidelines; where there is none, the packaged ones hold.",
    "ctb_baseline": "The findings that are known, if there is such a file.",
}
"""What `[sqlfluff:rules]` may say, and what it means. What it leaves out, pytest's ini file says."""


@hookimpl
def get_rules() -> list[type[BaseRule]]:
    """The rules, one for each guideline that a text alone can break."""
    # sqlfluff reads the docstrings of rules when they are made, and by then every plugin must have been loaded.
    from pytest_ctb.editors.sqlfluff_rules import rules  # noqa: PLC0415

    return rules()


@hookimpl
def load_default_config() -> dict[str, Any]:
    """Nothing: then pytest's ini file says where migrations and guidelines are."""
    return {"rules": dict.fromkeys(KEYS, "")}


@hookimpl
def get_configs_info() -> dict[str, dict[str, Any]]:
    """What the settings mean."""
    return {key: {"definition": meaning} for key, meaning in KEYS.items()}
