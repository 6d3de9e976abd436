"""What keep-data and idempotent say of a statement, against the truth: Postgres, run twice on rows of a table in use.

`CTB_EXAMPLES=2000 python -m pytest tests/test_row_proofs.py` tries as many; CI tries a few.
"""

from __future__ import annotations

import os
import shutil

import pytest

from cases import RULES
from machine import choice_of, oldest_and_newest, replay
from predicates import Generator, truth
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import load_suite

GUIDELINES = ("keep-data", "idempotent")
COUNT = int(os.environ.get("CTB_EXAMPLES", "24"))
BATCH = 20
"""How many statements one history holds, each on tables of its own."""
FIRST = int(os.environ.get("CTB_FIRST", "1"))


def said(folder, server, cases):
    """The messages of both guidelines for each case; None where one of them cannot judge it."""
    for name in ("migrations", "rules"):
        (folder / name).mkdir(parents=True)
    for name in GUIDELINES:
        shutil.copy(RULES / f"{name}.yml", folder / "rules")
    for number, case in enumerate(cases, start=1):
        (folder / f"migrations/2025-01-01_create_t{number:04}.sql").write_text(f"BEGIN;\n{case.tables}\nCOMMIT;\n")
        (folder / f"migrations/2025-01-02_write_t{number:04}.sql").write_text(f"BEGIN;\n{case.statement};\nCOMMIT;\n")
    suite = load_suite(folder, [folder / "migrations"], [], folder / "rules")
    evidence = replay(suite.repository, server, trials=suite.trials)
    results = [dict.fromkeys(GUIDELINES, ()) for _ in cases]
    for questions in suite.questions.values():
        for question in questions:
            if "_write_t" in question.subject:
                number = int(question.subject[-8:-4]) - 1
                try:
                    messages = tuple(finding.message for finding in judge(question, evidence))
                except NotJudgedError:
                    messages = None
                results[number][question.guideline.id] = messages
    return results


def false_passes(real, messages):
    """The guidelines that say nothing although the truth breaks them."""
    data, again = messages["keep-data"], messages["idempotent"]
    unproven = data is None or any("not proven" in message for message in data)
    if real.loses and data == ():
        yield "keep-data"
    if real.changes_again and not unproven and again == ():
        yield "idempotent"


@pytest.mark.parametrize("first", range(FIRST, FIRST + COUNT, BATCH))
def test_no_statement_passes_that_loses_or_changes_rows(first, tmp_path):
    major = oldest_and_newest()[first // BATCH % 2]
    cases = [Generator(seed).case() for seed in range(first, min(first + BATCH, FIRST + COUNT))]
    with choice_of(major).offer.start() as server:
        with server.login() as admin:
            real = []
            for case in cases:
                with admin.transaction(force_rollback=True):
                    real.append(truth(admin, case))
        messages = said(tmp_path, server, cases)
    wrong = [
        (guideline, case.schema, case.statement, case.tables)
        for case, outcome, heard in zip(cases, real, messages, strict=True)
        for guideline in false_passes(outcome, heard)
    ]
    assert wrong == []
