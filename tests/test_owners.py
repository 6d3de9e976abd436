"""Who is to put a finding right: the owner of the guideline, else of the file, by the rules of CODEOWNERS."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import sample
from pytest_ctb.cli.main import ctb
from pytest_ctb.errors import ConfigError
from pytest_ctb.repository.owners import find_owners

RULES = """
# the whole repository
*                      @acme/all   # all others @acme/nobody

migrations/            @acme/backend @ann
/migrations/*.md       docs@acme.example
*.sql.bak              @bak
infra/**/base.sql      @acme/infra
/with\\ space/          @acme/space
free/
[broken                @acme/broken
    # an indented comment @acme/nobody
"""


@pytest.fixture
def owners(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "CODEOWNERS").write_text(RULES)
    return find_owners(tmp_path)


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("README.md", "@acme/all"),
        ("migrations/2025/x.sql", "@acme/backend @ann"),
        ("db/migrations/x.sql", "@acme/backend @ann"),
        ("migrations/x.md", "docs@acme.example"),
        ("migrations/deep/x.md", "@acme/backend @ann"),
        ("migrations.sql", "@acme/all"),
        ("old/x.sql.bak", "@bak"),
        ("infra/a/b/base.sql", "@acme/infra"),
        ("infra/base.sql", "@acme/infra"),
        ("with space/x.sql", "@acme/space"),
        ("b/with space/x.sql", "@acme/all"),
        ("free/x.sql", ""),
        ("../elsewhere/x.sql", ""),
    ],
)
def test_the_last_line_that_matches_decides(owners, path, owner):
    assert owners.of(path) == owner


def test_the_first_of_three_places_counts_and_git_s_folder_is_the_root(tmp_path):
    root = tmp_path / "backend" / "data"
    root.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    assert find_owners(root) is None
    for place, owner in (("docs", "@docs"), (".", "@root"), (".github", "@github")):
        (tmp_path / place).mkdir(exist_ok=True)
        (tmp_path / place / "CODEOWNERS").write_text(f"/backend/data/migrations/ {owner}\n/migrations/ @wrong\n")
        assert find_owners(root).of("migrations/x.sql") == owner
    (root / "CODEOWNERS").write_text("* @not-here\n")
    assert find_owners(root).of("migrations/x.sql") == "@github"


def test_a_link_out_of_the_repository_is_not_read(tmp_path):
    (tmp_path / "team" / ".git").mkdir(parents=True)
    (tmp_path / "secret").write_text("* @acme\n")
    (tmp_path / "team" / "CODEOWNERS").symlink_to(tmp_path / "secret")
    with pytest.raises(ConfigError, match="CODEOWNERS: cannot be read: a link leads out of the repository"):
        find_owners(tmp_path / "team")


def test_the_owner_stands_in_messages_and_reports(pytester, monkeypatch):
    sample.write(pytester.path)
    sample.change(pytester.path, sample.FIRST, "CREATE TABLE IF NOT EXISTS", "CREATE TABLE")
    sample.change(pytester.path, sample.SECOND, "BEGIN;\n", "")
    (pytester.path / ".git").mkdir()
    (pytester.path / "CODEOWNERS").write_text("migrations/ @acme/backend\n")
    rules = pytester.path / "rules" / "transaction.yml"
    rules.write_text(f"{rules.read_text()}\nowner: '@acme/data'\n")
    arguments = [f"--ctb-report=out.{ending}" for ending in ("json", "sarif", "md", "html")]
    result = pytester.runpytest("--ctb", "-m", "ctb_static", *arguments)
    text = result.stdout.str()
    assert ("\nOwner: @acme/backend\n" in text, "\nOwner: @acme/data\n" in text) == (True, True)
    findings = json.loads((pytester.path / "out.json").read_text())["findings"]
    wanted = {"if-not-exists": "@acme/backend", "transaction": "@acme/data"}
    assert {finding["guideline"]: finding["owner"] for finding in findings} == wanted
    results = json.loads((pytester.path / "out.sarif").read_text())["runs"][0]["results"]
    assert {finding["ruleId"]: finding["properties"] for finding in results} == {
        "CT07": {"owner": "@acme/backend"},
        "CT05": {"owner": "@acme/data"},
    }
    assert (
        "(owner &#8203;" in (pytester.path / "out.md").read_text()
        or "(owner @" in (pytester.path / "out.md").read_text()
    )
    assert "(owner " in (pytester.path / "out.md").read_text()
    assert '"owner":"@acme/backend"' in (pytester.path / "out.html").read_text()
    monkeypatch.chdir(pytester.path)
    assert "Owner: @acme/backend" in CliRunner().invoke(ctb, ["check"]).output
    (pytester.path / "CODEOWNERS").unlink()
    sample.change(pytester.path, "rules/transaction.yml", "owner: '@acme/data'", "")
    pytester.runpytest("--ctb", "-m", "ctb_static", *arguments)
    findings = json.loads((pytester.path / "out.json").read_text())["findings"]
    assert len(findings) >= 2
    assert not any({"owner", "database"} & finding.keys() for finding in findings)
