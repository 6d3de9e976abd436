"""`observe:`: a guideline as SQL over the traces; the documented columns and examples; mistakes with file and line.

`python tests/test_observe.py` writes the tables of docs/observe.md.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from machine import OF_WHEELS, replay, server_of
from online_cases import BEFORE, before
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.observe import TABLES
from pytest_ctb.guide.questions import load_suite

PAGE = Path(__file__).parent.parent / "docs" / "observe.md"
HEAD = "code: XX01\ntitle: A title\nlevel: error\nwhat: It holds.\nwhy: Because.\nsource: handbook\n"
FILE = "migrations/2025-10-23_add_case.sql"
_EXAMPLE = re.compile(r"^### (.*?)\n\n```yaml\n(.*?)```\n\n```sql\n(.*?)```", re.MULTILINE | re.DOTALL)
_MARKED = re.compile(r"<!-- tables -->\n.*?<!-- end -->", re.DOTALL)


@pytest.fixture(scope="module")
def started():
    """A running server."""
    with server_of(OF_WHEELS[-1]) as server:
        yield server


def found(server, root: Path, rule: str, sql: str):
    """What a guideline finds in a file behind the tables of the pack `online`."""
    (root / "migrations").mkdir(parents=True)
    (root / "rules").mkdir()
    (root / "rules/_profile.yml").write_text("extends: none\n", "utf-8")
    (root / "rules/a-rule.yml").write_text(HEAD + rule, "utf-8")
    (root / BEFORE).write_text(before(), "utf-8")
    (root / FILE).write_text(sql, "utf-8")
    suite = load_suite(root, [root / "migrations"], [], root / "rules")
    seen = replay(suite.repository, server, trials=suite.trials)
    assert all(file.applied for file in seen.files.values()), seen.files
    (question,) = [question for question in suite.questions[FILE] if question.guideline.id == "a-rule"]
    return judge(question, seen)


def documented() -> str:
    """The tables as the page shows them."""
    parts = []
    for name, table in TABLES.items():
        rows = "\n".join(f"| `{column}` | {means} |" for column, means in table.columns.items())
        parts.append(f"### `{name}`\n\n{table.means}\n\n| column | is |\n|---|---|\n{rows}\n")
    return "<!-- tables -->\n" + "\n".join(parts) + "<!-- end -->"


def test_the_page_shows_every_column():
    assert documented() in PAGE.read_text("utf-8")


EXAMPLES = _EXAMPLE.findall(PAGE.read_text("utf-8"))


def test_there_are_ten_examples():
    assert len(EXAMPLES) == 10


@pytest.mark.parametrize(("title", "rule", "sql"), EXAMPLES, ids=[title for title, _, _ in EXAMPLES])
def test_an_example_finds_what_it_says(started, tmp_path, title, rule, sql):
    marked = [number for number, line in enumerate(sql.splitlines(), 1) if line.endswith("-- found")]
    findings = found(started, tmp_path / "fires", rule, sql)
    assert {finding.line for finding in findings} == set(marked), title
    assert not any("{" in finding.message for finding in findings)
    assert found(started, tmp_path / "quiet", rule, "CREATE TABLE shop.parcels (id int, weight int DEFAULT 1);\n") == ()


def test_the_example_of_the_top_finds_a_lock_on_a_schema(started, tmp_path):
    (rule,) = re.findall(
        r'^```yaml title="rules/billing-is-open.yml"\n(.*?)```', PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    body = yaml.safe_load(rule)
    text = (
        f"observe: |\n  {body['observe'].replace('billing', 'shop').strip()}\nmessage: '{body['message']}'\n".replace(
            "\nWHERE", "\n  WHERE"
        )
    )
    (finding,) = found(started, tmp_path, text, "CREATE INDEX orders_total ON shop.orders (total);\n")
    assert finding.message == "shop.orders is locked SHARE: nobody can write to it"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("observe: SELECT nowhere FROM locks\nmessage: x\n", "7: the query cannot be read: no such column: nowhere"),
        ("observe: SELECT 1 FROM nowhere\nmessage: x\n", "7: the query cannot be read: no such table: nowhere"),
        ("observe: DELETE FROM locks; SELECT 1\nmessage: x\n", "7: the query cannot be read: "),
        ("observe: DELETE FROM locks\nmessage: x\n", "7: the query cannot be read: not authorized"),
        ("observe: SELECT statement FROM locks\n", "1: the key 'message' is missing"),
        (
            "observe: SELECT 1\nquery: SELECT 1\nmessage: x\n",
            "7: a guideline has one of 'query', 'observe' and 'forbid'",
        ),
        (
            "observe: SELECT 1\nmessage: x\noptions:\n  lines: 3\n",
            "10: unknown option 'lines'; there is: rows, small, large",
        ),
    ],
)
def test_a_mistake_is_told_with_file_and_line(tmp_path, rule, message):
    (tmp_path / "migrations").mkdir()
    (tmp_path / FILE).write_text("SELECT 1;\n", "utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/a-rule.yml").write_text(HEAD + rule, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_suite(tmp_path, [tmp_path / "migrations"], [], tmp_path / "rules")
    assert str(caught.value).startswith(f"rules/a-rule.yml:{message}")


def test_a_message_that_names_no_column_is_told(started, tmp_path):
    with pytest.raises(
        ConfigError, match=r"rules/a-rule.yml:8: the message names \{tabel\}; the query returns: statement"
    ):
        found(
            started,
            tmp_path,
            "observe: SELECT statement FROM locks\nmessage: '{tabel}'\n",
            "DROP TABLE shop.settings;\n",
        )


def test_options_decide_what_is_large(started, tmp_path):
    rule = "observe: SELECT statement, table_name FROM locks WHERE large AND taken AND blocks_reads AND kind = 'table'\nmessage: '{table_name}'\n"
    sql = "ALTER TABLE shop.orders ADD COLUMN tax int;\nALTER TABLE shop.settings ADD COLUMN tax int;\n"
    assert [one.line for one in found(started, tmp_path / "all", rule, sql)] == [1, 2]
    assert [one.line for one in found(started, tmp_path / "small", f"{rule}options:\n  small: [shop.set*]\n", sql)] == [
        1
    ]
    assert [
        one.line for one in found(started, tmp_path / "large", f"{rule}options:\n  large: [shop.settings]\n", sql)
    ] == [2]


if __name__ == "__main__":
    PAGE.write_text(_MARKED.sub(lambda _: documented(), PAGE.read_text("utf-8")), "utf-8")
