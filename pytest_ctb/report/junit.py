"""A JUnit report of `ctb check`, with the names that `pytest --ctb --junitxml` gives its tests."""

from __future__ import annotations

from xml.etree import ElementTree as ET  # writes, and reads nothing

from pytest_ctb.model.visible import visible
from pytest_ctb.report.results import Outcome, Results
from pytest_ctb.report.text import text

_ELEMENTS = {Outcome.FAILED: "failure", Outcome.ERROR: "error", Outcome.SKIPPED: "skipped", Outcome.XFAILED: "skipped"}


def as_junit(results: Results) -> str:
    """An XML document: a test case for each question, the text of its findings in those that fail."""
    counts = results.counts
    suite = ET.Element(
        "testsuite",
        name="ctb check",
        tests=str(len(results.answers)),
        failures=str(counts[Outcome.FAILED]),
        errors=str(counts[Outcome.ERROR]),
        skipped=str(counts[Outcome.SKIPPED] + counts[Outcome.XFAILED]),
        timestamp=results.began.isoformat(timespec="seconds"),
    )
    files = results.by_path
    for answer in results.answers:
        question = answer.question
        case = ET.SubElement(suite, "testcase", classname=visible(question.file), name=visible(question.name))
        findings = [finding for finding in answer.findings if finding.status == "new"]
        said = visible(text(findings, question.guideline, files)) if findings else visible(answer.reason)
        if answer.outcome in _ELEMENTS:
            ET.SubElement(case, _ELEMENTS[answer.outcome], message=said.partition("\n")[0]).text = said
        elif findings:
            ET.SubElement(case, "system-out").text = said
    document = ET.Element("testsuites")
    document.append(suite)
    ET.indent(document)
    return ET.tostring(document, encoding="unicode", xml_declaration=True) + "\n"
