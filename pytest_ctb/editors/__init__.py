"""The plugin of sqlfluff: each guideline that needs only the text of a file, as a rule.

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
"""The keys of `[sqlfluff:rules]` and their meanings. A key that is not set is read from the ini file of pytest."""


@hookimpl
def get_rules() -> list[type[BaseRule]]:
    """The rules, one for each guideline that needs only the text."""
    # sqlfluff reads the docstrings of rules when they are made, and by then every plugin must have been loaded.
    from pytest_ctb.editors.sqlfluff_rules import rules  # noqa: PLC0415

    return rules()


@hookimpl
def load_default_config() -> dict[str, Any]:
    """Empty defaults: then the ini file of pytest gives the values."""
    return {"rules": dict.fromkeys(KEYS, "")}


@hookimpl
def get_configs_info() -> dict[str, dict[str, Any]]:
    """What the settings mean."""
    return {key: {"definition": meaning} for key, meaning in KEYS.items()}
