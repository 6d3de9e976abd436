"""Findings and evidence to text, JSON, SARIF, HTML and Markdown. Knows neither pytest nor a server.

pytest's reports -> Tally -> Results -> the writer of each format
"""

from pytest_ctb.report.formats import FORMATS, check_path, rendered, write
from pytest_ctb.report.results import Answer, JudgedDatabase, Outcome, Results, answer, counted, is_breach
from pytest_ctb.report.tally import Tally, from_values, to_values
from pytest_ctb.report.text import closing, headline, place, text

__all__ = [
    "FORMATS",
    "Answer",
    "JudgedDatabase",
    "Outcome",
    "Results",
    "Tally",
    "answer",
    "check_path",
    "closing",
    "counted",
    "from_values",
    "headline",
    "is_breach",
    "place",
    "rendered",
    "text",
    "to_values",
    "write",
]
