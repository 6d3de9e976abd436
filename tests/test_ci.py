"""What CI reads of this repository and of docs/ci.md: valid by the published schemas, audited, and naming what exists."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

import sample
from sample import SECOND, change

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"


def loaded(path: Path) -> dict:
    """A YAML file; `on`, which YAML 1.1 reads as true, under its name."""
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in found.items()}


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("github-actions", "action.yml"),
        ("github-workflows", ".github/workflows/ci.yml"),
        ("dependabot", ".github/dependabot.yml"),
    ],
)
def test_files_are_valid_by_their_published_schema(schema, file):
    command = [BIN / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", ROOT / file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_security_audit_finds_nothing():
    """Injection by ${{ }} in scripts, tokens left in checkouts, unpinned actions, permissions too wide."""
    done = subprocess.run([BIN / "zizmor", "--offline", ROOT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "action.yml" in done.stderr
    assert "ci.yml" in done.stderr


def test_the_audit_would_find_an_injection(tmp_path):
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert '"$REPORT"' in text
    (tmp_path / "action.yml").write_text(text.replace('"$REPORT"', "${{ inputs.args }}"), encoding="utf-8")
    done = subprocess.run([BIN / "zizmor", "--offline", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "template-injection" in done.stdout


def test_the_workflow_runs_what_exists():
    runs = [step["run"] for job in loaded(WORKFLOW)["jobs"].values() for step in job["steps"] if "run" in step]
    targets = {target for run in runs for target in re.findall(r"^make (\w+)", run, re.MULTILINE)}
    assert targets == {"lint", "test"}
    for target in targets:
        subprocess.run(["make", "--dry-run", "--always-make", target], check=True, capture_output=True, cwd=ROOT)


@pytest.mark.parametrize(
    ("results", "status"),
    [("success success success", 0), ("success skipped success", 1), ("success failure success", 1), ("cancelled", 1)],
)
def test_the_job_that_stands_for_all_passes_only_where_all_did(results, status):
    """To GitHub a skipped job is one that passed."""
    job = loaded(WORKFLOW)["jobs"]["all"]
    (step,) = job["steps"]
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        env={"PATH": os.environ["PATH"], "RESULTS": results},
        check=False,
        capture_output=True,
    )
    assert done.returncode == status
    assert step["env"] == {"RESULTS": "${{ join(needs.*.result, ' ') }}"}
    assert job["if"] == "always()"


def test_nothing_is_left_out_of_what_can_be_required():
    workflow = loaded(WORKFLOW)
    jobs = workflow["jobs"]
    assert jobs.keys() - {"all"} == set(jobs["all"]["needs"])
    assert jobs["ctb"]["name"] == "ctb"
    assert [step["uses"] for step in jobs["ctb"]["steps"]][-1] == "./"
    assert workflow["on"].keys() >= {"pull_request", "merge_group"}
    for event in workflow["on"].values():
        assert not {"paths", "paths-ignore"} & set(event or {})


def test_the_workflow_tests_every_python_that_the_package_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [one.rpartition(" ")[2] for one in project["classifiers"] if re.search(r":: 3\.\d+$", one)]
    assert loaded(WORKFLOW)["jobs"]["tests"]["strategy"]["matrix"]["python"] == named


# What docs/ci.md shows

SCHEMAS = {
    ".github/workflows/ctb.yml": ["--builtin-schema", "vendor.github-workflows"],
    ".gitlab-ci.yml": ["--builtin-schema", "vendor.gitlab-ci"],
    "ruleset.json": ["--schemafile", ROOT / "tests/schemas/github-ruleset.json"],
}


def blocks() -> dict[str, str]:
    """The YAML blocks by the file that their first line names, and the ruleset."""
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    found = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    named = {body.partition("\n")[0].removeprefix("# "): body for kind, body in found if kind == "yaml"}
    (ruleset,) = [body for kind, body in found if kind == "json"]
    return {**named, "ruleset.json": ruleset}


def test_every_block_has_its_schema():
    assert blocks().keys() == SCHEMAS.keys() | {".pre-commit-config.yaml"}


def check(name: str, text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / Path(name).name
    file.write_text(text, encoding="utf-8")
    return subprocess.run([BIN / "check-jsonschema", *SCHEMAS[name], file], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_block_is_valid_by_its_published_schema(name, tmp_path):
    done = check(name, blocks()[name], tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        (".github/workflows/ctb.yml", "runs-on:", "run-on:"),
        (".gitlab-ci.yml", "when: always", "when: ever"),
        ("ruleset.json", "strict_required_status_checks_policy", "strict"),
    ],
)
def test_the_schemas_refuse_a_mistake(name, right, wrong, tmp_path):
    text = blocks()[name]
    assert right in text
    assert check(name, text.replace(right, wrong), tmp_path).returncode == 1


def test_the_workflow_shown_passes_the_audit_but_for_the_tag_in_place_of_a_commit(tmp_path):
    file = tmp_path / ".github" / "workflows" / "ctb.yml"
    file.parent.mkdir(parents=True)
    file.write_text(blocks()[".github/workflows/ctb.yml"], encoding="utf-8")
    command = [BIN / "zizmor", "--offline", "--format", "json", "--no-exit-codes", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert {load["ident"] for load in json.loads(done.stdout)} == {"unpinned-uses"}


def test_the_workflow_shown_names_the_check_that_the_ruleset_requires():
    (job,) = yaml.safe_load(blocks()[".github/workflows/ctb.yml"])["jobs"].values()
    (rule,) = json.loads(blocks()["ruleset.json"])["rules"]
    (required,) = rule["parameters"]["required_status_checks"]
    assert required["context"] == job["name"] == "ctb"


def test_the_inputs_shown_are_those_of_the_action():
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    action = loaded(ROOT / "action.yml")
    rows = re.findall(r"^\| (`[^|]*`) \|.*\|.*\|$", text[: text.index("Outputs:")], re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([\w-]+)`", row)} == action["inputs"].keys()
    said = text[text.index("Outputs:") :].partition("\n\n")[0]
    assert all(f"`{name}`" in said for name in action["outputs"])


def test_the_workflow_shown_takes_the_checkout_that_we_take():
    checkout, *_ = loaded(WORKFLOW)["jobs"]["ctb"]["steps"]
    assert checkout["uses"] in blocks()[".github/workflows/ctb.yml"]


def test_what_the_gitlab_job_runs_runs(tmp_path):
    """Its script as it stands, on a Python that has nothing; the package from this checkout, as no index has it yet."""
    job = yaml.safe_load(blocks()[".gitlab-ci.yml"])["ctb"]
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path / "dist", ROOT]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "python"], check=True)
    project = tmp_path / "project"
    sample.write(project)
    change(project, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}  # where packages are here
    links = f"{pip.get('PIP_FIND_LINKS', '')} {tmp_path / 'dist'}".strip()
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])],
        cwd=project,
        env={**pip, "PIP_FIND_LINKS": links, "PATH": f"{tmp_path}/python/bin:/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert (project / job["artifacts"]["paths"][0]).is_file()
    (suite,) = ElementTree.parse(project / job["artifacts"]["reports"]["junit"]).getroot()
    assert {one.get("name") for one in suite if one.find("failure") is not None} == {"if-not-exists", "idempotent"}
