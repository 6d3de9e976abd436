"""What static verdicts cost, against as many empty test functions in as many files: whole runs of pytest."""

from __future__ import annotations

import re
from pathlib import Path

from bounds import VERDICTS, Bound, Figure, Found
from timing import CHECK, CTB, PYTEST, Plan, in_turn, ran

STATIC = (*CTB, "-m", "ctb_static")
FILES = 1_112
"""Of nine static guidelines each: ten thousand verdicts."""


def measure(plan: Plan) -> list[Found]:
    """Both runs; and what is left of each without what comes before the first verdict or function."""
    files = plan.size(FILES)
    history = plan.history(files)
    count = passed(ran(STATIC, history).output)
    functions, nothing = _functions(plan.top / "functions", files, count // files), plan.top / "nothing"
    nothing.mkdir(exist_ok=True)
    (nothing / "pytest.ini").write_text("[pytest]\n")
    verdicts, empty, read, start = in_turn(
        plan.repeat,
        lambda: ran(STATIC, history).seconds,
        lambda: ran(PYTEST, functions).seconds,
        lambda: ran(CHECK, history).seconds,
        lambda: ran((*PYTEST, "--co"), nothing, allowed=[5]).seconds,
    )
    return [
        Figure(f"{count:,} static verdicts, the whole run", verdicts, "s"),
        Figure(f"{count:,} empty functions, the whole run", empty, "s"),
        Figure("static verdicts : empty functions", verdicts / empty, "", Bound(VERDICTS)),
        Figure("the same without start, reading and judging", (verdicts - read) / (empty - start)),
    ]


def passed(output: str) -> int:
    """How many tests passed."""
    found = re.search(r"(\d+) passed", output)
    assert found, output
    return int(found[1])


def told(output: str) -> int:
    """How many results a run told, whatever they are."""
    return sum(int(number) for number in re.findall(r"(\d+) (?:passed|failed|xfailed|skipped)", output))


def _functions(folder: Path, files: int, each: int) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    for number in range(files):
        text = "\n\n".join(f"def test_{one}():\n    pass\n" for one in range(each))
        (folder / f"test_{number}.py").write_text(text)
    return folder
