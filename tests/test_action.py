"""The action's shell steps, run as they are in an environment that has nothing but what a runner of GitHub's gives."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import sample
from sample import SECOND, change

ROOT = Path(__file__).parent.parent


class Runner:
    """A runner of GitHub's as far as a shell step sees it: a checkout, its files and variables, a Python on PATH."""

    def __init__(self, home: Path, python: Path) -> None:
        self.workspace = home / "workspace"
        self.temp = home / "temp"
        self.home = home / "home"
        for one in (self.workspace, self.temp, self.home):
            one.mkdir()
        self.summary = home / "summary.md"
        self.steps: dict[str, dict[str, dict[str, str]]] = {}
        self.log = ""
        self._path = f"{python}:/usr/local/bin:/usr/bin:/bin"

    def run(self, action: dict, **given: str) -> bool:
        """Run the action's shell steps in their order, with these inputs; whether all of them went well."""
        inputs = {name: str(one.get("default", "")) for name, one in action["inputs"].items()}
        assert given.keys() <= inputs.keys()
        inputs |= given
        failed = False
        for number, step in enumerate(action["runs"]["steps"]):
            if "run" not in step or not self._goes(step.get("if"), inputs, failed=failed):
                continue
            status, outputs = self._step(step, inputs)
            self.steps[step.get("id", str(number))] = {"outputs": outputs}
            failed = failed or status != 0
        return not failed

    def outputs(self, action: dict) -> dict[str, str]:
        """What the action hands on."""
        return {name: self._filled(one["value"], {}) for name, one in action["outputs"].items()}

    def _step(self, step: dict, inputs: dict[str, str]) -> tuple[int, dict[str, str]]:
        script, output = self.temp / "step", self.temp / "output"
        command = {"bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"], "python": ["python"]}[step["shell"]]
        command[0] = shutil.which(command[0], path=self._path)
        script.write_text(step["run"], encoding="utf-8")
        output.write_text("", encoding="utf-8")
        environment = {
            "PATH": self._path,
            "HOME": str(self.home),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_ARCH": "X64",
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.temp),
            **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},  # where packages are here
            **{name: self._filled(value, inputs) for name, value in step.get("env", {}).items()},
        }
        done = subprocess.run(
            [*command, script],
            cwd=self.workspace / self._filled(step.get("working-directory", "."), inputs),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.log += done.stdout
        lines = output.read_text(encoding="utf-8").splitlines()
        return done.returncode, dict(line.split("=", 1) for line in lines)

    def _filled(self, text: str, inputs: dict[str, str]) -> str:
        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda found: self._value(found[1], inputs), text)

    def _value(self, name: str, inputs: dict[str, str]) -> str:
        match name.split("."):
            case ["inputs", key]:
                return inputs[key]
            case ["steps", step, "outputs", key]:
                return self.steps.get(step, {}).get("outputs", {}).get(key, "")
            case ["steps", step, "outcome"]:
                return self.steps.get(step, {}).get("outcome", "")
            case ["github", "action_path"]:
                return str(ROOT)
            case ["env", _]:
                return ""
        raise AssertionError(f"the action asks for {name}, which this runner does not know")

    def _goes(self, condition: str | None, inputs: dict[str, str], *, failed: bool) -> bool:
        """A condition of the few forms that the action has; one without a status function needs all before to pass."""
        terms = [term.strip() for term in (condition or "").strip("${} ").split("&&") if term.strip()]
        if "!cancelled()" not in terms and failed:
            return False
        for term in terms:
            if term == "!cancelled()":
                continue
            name, sign, value = re.fullmatch(r"([\w.-]+) (==|!=) '([\w.]*)'", term).groups()
            if (self._value(name, inputs) == value) is (sign == "!="):
                return False
        return True


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def python(tmp_path_factory) -> Path:
    """What setup-python gives: the programs of a Python that has pip and nothing else."""
    folder = tmp_path_factory.mktemp("python")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder / "bin"


@pytest.fixture
def runner(tmp_path, python) -> Runner:
    """A runner with a checkout of a repository that holds the guide."""
    made = Runner(tmp_path, python)
    sample.write(made.workspace)
    return made


@pytest.fixture(scope="session")
def action() -> dict:
    return yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


def given(wheel: Path, **more: str) -> dict[str, str]:
    """The inputs of a run on what the tests have: the wheel, and Postgres in another."""
    return {"package": f"{wheel}[embedded]", "postgres": "embedded", **more}


def test_the_action_installs_itself_and_passes_where_the_guide_is_held(runner, action):
    assert runner.run(action, postgres="embedded"), runner.log
    outputs = runner.outputs(action)
    assert outputs["outcome"] == "passed"
    report = json.loads(Path(outputs["json"]).read_text(encoding="utf-8"))
    assert report["findings"] == []
    assert report["summary"]["passed"] > 20
    assert Path(outputs["markdown"]).read_text(encoding="utf-8") == runner.summary.read_text(encoding="utf-8")
    assert json.loads(Path(outputs["sarif"]).read_text(encoding="utf-8"))["runs"][0]["results"] == []


def test_the_action_fails_where_the_guide_is_broken_and_reports_all_the_same(runner, action, wheel):
    change(runner.workspace, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    assert not runner.run(action, **given(wheel))
    outputs = runner.outputs(action)
    assert outputs["outcome"] == "failed"
    assert SECOND in runner.summary.read_text(encoding="utf-8")
    (result, *_) = json.loads(Path(outputs["sarif"]).read_text(encoding="utf-8"))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == SECOND
    line = 1 + (runner.workspace / SECOND).read_text(encoding="utf-8").splitlines().index(
        "ALTER TABLE shop.item ADD COLUMN price numeric;"
    )
    place = rf"file={re.escape(SECOND)},line={line},endLine={line},col=\d+,endColumn=\d+"
    assert re.search(rf"^::error {place},title=CT07 if-not-exists::ADD COLUMN", runner.log, re.MULTILINE)


def test_the_action_in_a_subfolder_with_options_of_its_own(runner, action, wheel):
    sub = runner.workspace / "services" / "the shop"
    sub.mkdir(parents=True)
    for part in ("infra", "migrations", "rules"):
        (runner.workspace / part).rename(sub / part)
    change(sub, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    options = "-k 'if-not-exists or file-name' --ctb-role owner"
    more = {"working-directory": "services/the shop", "args": options, "summary": "false"}
    assert not runner.run(action, **given(wheel, **more, annotations="false"))
    assert "::error" not in runner.log
    assert not runner.run(action, **given(wheel, **more))
    outputs = runner.outputs(action)
    assert json.loads(Path(outputs["json"]).read_text(encoding="utf-8"))["summary"]["passed"] == 3
    assert not runner.summary.exists()
    assert f"::error file=services/the shop/{SECOND},line=" in runner.log
    (result,) = json.loads(Path(outputs["sarif"]).read_text(encoding="utf-8"))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == f"services/the%20shop/{SECOND}"


def test_an_input_is_no_script(runner, action, wheel):
    """What somebody could put into a branch's name or a title, and a workflow could hand on."""
    evil = "$(touch gone); `touch gone`; touch gone #"
    assert not runner.run(action, **given(wheel, **{"postgres-version": evil}))
    assert runner.outputs(action)["outcome"] == "error"
    assert f"--ctb-postgres-version {evil}: not a major version" in runner.log
    assert not [*runner.workspace.rglob("gone")]


def test_the_action_says_when_the_findings_could_not_be_uploaded(runner, action):
    *_, last = action["runs"]["steps"]
    runner.steps["upload"] = {"outcome": "failure"}
    only = {**action, "runs": {"steps": [last]}}
    assert runner.run(only)
    assert runner.log.startswith("::warning title=pytest-ctb::")
    assert "security-events: write" in runner.log
