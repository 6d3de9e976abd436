"""Findings, and what else a run saw, to text, JSON, SARIF, HTML and Markdown. Knows neither pytest nor a server.

pytest's reports -> Tally -> Results -> one writer for each ending
"""

from pytest_ctb.report.formats import check_path, write
from pytest_ctb.report.results import counted, is_breach
from pytest_ctb.report.tally import Tally, carried
from pytest_ctb.report.text import excerpt, headline, place, text

__all__ = [
    "Tally",
    "carried",
    "check_path",
    "counted",
    "excerpt",
    "headline",
    "is_breach",
    "place",
    "text",
    "write",
]
