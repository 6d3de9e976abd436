"""`ctb lsp`, driven by a real client over standard input and output."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

import sample
import test_custom
from sample import FIRST, SECOND, change

CTB = Path(sys.executable).with_name("ctb")
LIMIT = 60.0
"""Seconds after which a server that says nothing counts as dead."""


class Editor:
    """A client with what the server told it."""

    def __init__(self, client: LanguageClient, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.published: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self.messages: list[str] = []
        self.versions: dict[str, int] = {}

    def uri(self, name: str) -> str:
        """The address of a file of the repository."""
        return (self.folder / name).as_uri()

    async def open(self, name: str) -> list[types.Diagnostic]:
        """Open a file as it is saved; its diagnostics."""
        text = (self.folder / name).read_text(encoding="utf-8")
        item = types.TextDocumentItem(self.uri(name), "sql", 0, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return await self.diagnostics()

    async def type(self, name: str, text: str) -> list[types.Diagnostic]:
        """Put another text in place of an open file's; its diagnostics."""
        self.versions[name] = self.versions.get(name, 0) + 1
        identifier = types.VersionedTextDocumentIdentifier(self.versions[name], self.uri(name))
        whole = [types.TextDocumentContentChangeWholeDocument(text)]
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, whole))
        return await self.diagnostics()

    async def diagnostics(self) -> list[types.Diagnostic]:
        """The next diagnostics that the server sends."""
        published = await asyncio.wait_for(self.published.get(), LIMIT)
        return list(published.diagnostics)

    async def actions(self, name: str, line: int) -> list[types.CodeAction]:
        """What the server offers on a line (from 0)."""
        here = types.Position(line, 0)
        context = types.CodeActionContext([])
        document = types.TextDocumentIdentifier(self.uri(name))
        asked = types.CodeActionParams(document, types.Range(here, here), context)
        return list(await self.client.text_document_code_action_async(asked) or ())

    async def hover(self, name: str, line: int, character: int) -> str:
        """What the server says of a place."""
        found = await self.client.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(self.uri(name)), types.Position(line, character))
        )
        return found.contents.value if found else ""

    async def complete(self, name: str, line: int, character: int) -> list[types.CompletionItem]:
        """What the server would put at a place."""
        return await self.client.text_document_completion_async(
            types.CompletionParams(types.TextDocumentIdentifier(self.uri(name)), types.Position(line, character))
        )


@contextlib.asynccontextmanager
async def started(folder: Path) -> AsyncIterator[Editor]:
    client = LanguageClient("test", "1")
    editor = Editor(client, folder)

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def publish(params: types.PublishDiagnosticsParams) -> None:
        editor.published.put_nowait(params)

    @client.feature(types.WINDOW_SHOW_MESSAGE)
    def show(params: types.ShowMessageParams) -> None:
        editor.messages.append(params.message)

    await client.start_io(str(CTB), "lsp", cwd=folder)
    capabilities = types.ClientCapabilities()
    await client.initialize_async(types.InitializeParams(capabilities, root_uri=folder.as_uri()))
    client.initialized(types.InitializedParams())
    try:
        yield editor
    finally:
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()
        client._server._transport.close()  # else its pipes stay open behind the event loop


def with_editor(folder: Path, steps: Callable[[Editor], Coroutine[Any, Any, None]]) -> None:
    """Run the steps with a server of their own."""

    async def run() -> None:
        async with started(folder) as editor:
            await steps(editor)

    with ThreadPoolExecutor(1) as thread:  # the tests with a browser leave a loop running in the main one
        thread.submit(asyncio.run, run()).result()


def applied(text: str, edits: list[types.TextEdit]) -> str:
    """The text with the edits made, as an editor makes them: columns in UTF-16."""
    lines = [*text.splitlines(keepends=True), ""]

    def offset(place: types.Position) -> int:
        units = lines[place.line].encode("utf-16-le")[: place.character * 2]
        return sum(map(len, lines[: place.line])) + len(units.decode("utf-16-le"))

    for edit in sorted(edits, key=lambda edit: (edit.range.start.line, edit.range.start.character), reverse=True):
        start, end = offset(edit.range.start), offset(edit.range.end)
        text = text[:start] + edit.new_text + text[end:]
        lines = [*text.splitlines(keepends=True), ""]
    return text


@pytest.fixture
def team(tmp_path):
    """A repository that holds the guide."""
    sample.write(tmp_path)
    return tmp_path


def test_a_file_that_holds_the_guide_has_no_finding(team):
    async def steps(editor: Editor) -> None:
        assert await editor.open(FIRST) == []

    with_editor(team, steps)


def test_findings_come_while_the_text_is_typed_and_go_with_it(team):
    text = (team / SECOND).read_text()
    broken = text.replace("ADD COLUMN IF NOT EXISTS", "ADD COLUMN")

    async def steps(editor: Editor) -> None:
        assert await editor.open(SECOND) == []
        (finding,) = await editor.type(SECOND, broken)
        assert (finding.code, finding.source, finding.severity) == ("CT07", "ctb", types.DiagnosticSeverity.Error)
        assert finding.range == types.Range(types.Position(14, 22), types.Position(14, 25))
        assert await editor.type(SECOND, text) == []

    with_editor(team, steps)
    assert (team / SECOND).read_text() == text, "nothing was written"


def test_a_place_is_counted_as_the_editor_counts(team):
    """Columns are in UTF-16 code units: an emoji before the place counts twice."""
    change(
        team, SECOND, "ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS", "/* 📁📁 */ ALTER TABLE shop.item ADD COLUMN"
    )

    async def steps(editor: Editor) -> None:
        (finding,) = await editor.open(SECOND)
        assert finding.range.start == types.Position(14, 22 + len("/*  */ ") + 4)

    with_editor(team, steps)


def test_a_repair_makes_the_text_hold(team):
    change(team, SECOND, "ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS", "/* 📁 */ ALTER TABLE shop.item ADD COLUMN")

    async def steps(editor: Editor) -> None:
        await editor.open(SECOND)
        repair, allow = await editor.actions(SECOND, 14)
        assert (repair.title, repair.is_preferred) == ("Repair CT07 if-not-exists", True)
        (edits,) = repair.edit.changes.values()
        text = applied((team / SECOND).read_text(), edits)
        assert "/* 📁 */ ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS price" in text
        assert await editor.type(SECOND, text) == []
        assert await editor.actions(SECOND, 0) == []
        assert allow.title == "Allow CT07 if-not-exists here: say why"

    with_editor(team, steps)


def test_an_exception_counts_when_its_reason_is_written(team):
    change(team, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")

    async def steps(editor: Editor) -> None:
        await editor.open(SECOND)
        allow = (await editor.actions(SECOND, 14))[1]
        (edits,) = allow.edit.changes.values()
        text = applied((team / SECOND).read_text(), edits)
        assert "CT07" in {finding.code for finding in await editor.type(SECOND, text)}
        reasoned = text.replace("-- ctb:allow if-not-exists: \n", "-- ctb:allow if-not-exists: it must stop\n")
        assert await editor.type(SECOND, reasoned) == []

    with_editor(team, steps)


def test_a_missing_header_is_written_by_a_repair(team):
    text = (team / SECOND).read_text()
    bare = text[text.index("BEGIN;") :]

    async def steps(editor: Editor) -> None:
        await editor.open(SECOND)
        assert "CT03" in {finding.code for finding in await editor.type(SECOND, bare)}
        repairs = [action for action in await editor.actions(SECOND, 0) if action.title.startswith("Repair CT03")]
        (edits,) = repairs[0].edit.changes.values()
        assert "CTB Branch" in applied(bare, edits)

    with_editor(team, steps)


def test_what_takes_a_file_back_is_written_by_a_code_action(team):
    text = (team / SECOND).read_text()
    without = text[: text.index("-- Rollback:")]

    async def steps(editor: Editor) -> None:
        await editor.open(SECOND)
        (finding,) = [item for item in await editor.type(SECOND, without) if item.code == "CT06"]
        actions = await editor.actions(SECOND, finding.range.start.line)
        (write,) = [action for action in actions if action.title == "Write what takes the file back"]
        (edits,) = write.edit.changes.values()
        written = applied(without, edits)
        assert "-- ALTER TABLE IF EXISTS shop.item DROP COLUMN IF EXISTS price;" in written
        assert await editor.type(SECOND, written) == []

    with_editor(team, steps)


def test_a_file_is_renamed_to_the_name_that_the_finding_offers(team):
    odd = "migrations/2025-10-24_AddPrice.sql"
    (team / SECOND).rename(team / odd)

    async def steps(editor: Editor) -> None:
        assert "CT01" in {finding.code for finding in await editor.open(odd)}
        (rename,) = [
            action for action in await editor.actions(odd, 0) if action.title.startswith("Rename the file to ")
        ]
        (change,) = rename.edit.document_changes
        assert change.old_uri == editor.uri(odd)
        new = change.new_uri.rpartition("/")[2]
        (team / odd).rename(team / "migrations" / new)
        assert await editor.open(f"migrations/{new}") == []

    with_editor(team, steps)


def test_hover_says_what_the_guideline_asks(team):
    change(team, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")

    async def steps(editor: Editor) -> None:
        await editor.open(SECOND)
        said = await editor.hover(SECOND, 14, 23)
        assert "**CT07 if-not-exists**" in said
        assert "Why: " in said
        assert "ADD COLUMN IF NOT EXISTS price numeric;" in said
        assert await editor.hover(SECOND, 0, 0) == ""

    with_editor(team, steps)


def test_a_replay_shows_what_postgres_did(team):
    (team / "pytest.ini").write_text("[pytest]\nctb_postgres = embedded\n")
    body = "SELECT 1;\nDO $$ BEGIN EXECUTE 'ALTER TABLE shop.item DROP COLUMN IF EXISTS ' || 'name'; END $$;\n\nCOMMIT;"
    change(team, SECOND, "COMMIT;", body)
    text = (team / SECOND).read_text()

    async def steps(editor: Editor) -> None:
        before = {finding.code for finding in await editor.open(SECOND)}
        said = await editor.client.workspace_execute_command_async(
            types.ExecuteCommandParams("ctb.replay", [editor.uri(SECOND)])
        )
        assert said.startswith(f"{SECOND}: ")
        after = await editor.diagnostics()
        assert "CT08" not in before or "CT11" not in before
        assert {"CT08", "CT11"} <= {finding.code for finding in after}
        line = text[: text.index("ALTER TABLE shop.item ADD")].count("\n")
        seen = await editor.hover(SECOND, line, 0)
        assert "ACCESS EXCLUSIVE on `shop.item`" in seen
        changed = await editor.type(SECOND, text + "\n-- changed\n")
        assert {finding.code for finding in changed} == before, "what was seen holds for the text that was run"
        assert "ACCESS EXCLUSIVE" not in await editor.hover(SECOND, line, 0)
        said = await editor.client.workspace_execute_command_async(
            types.ExecuteCommandParams("ctb.replay", [editor.uri(SECOND)])
        )
        assert said == "Save the file first: the replay reads it from the disk."

    with_editor(team, steps)


def test_completion_knows_guidelines_fields_and_tables(team):
    text = (team / SECOND).read_text()

    async def steps(editor: Editor) -> None:
        await editor.open(SECOND)
        await editor.type(SECOND, f"-- ctb:allow no-d\n-- \nSELECT * FROM shop.it\n{text}")
        ids = {item.label: item.insert_text for item in await editor.complete(SECOND, 0, 17)}
        assert ids["no-drop-column"] == "no-drop-column: "
        await editor.type(SECOND, "-- \nSELECT * FROM shop.it;")
        fields = [item.insert_text for item in await editor.complete(SECOND, 0, 3)]
        assert {"CTB Branch: ", "Unique ID: "} <= set(fields)
        (table,) = [item for item in await editor.complete(SECOND, 1, 21) if item.label == "shop.item"]
        assert table.text_edit.range == types.Range(types.Position(1, 14), types.Position(1, 21))

    with_editor(team, steps)


def test_a_file_that_is_no_migration_has_no_finding(team):
    (team / "other.sql").write_text("DROP TABLE x;")

    async def steps(editor: Editor) -> None:
        assert await editor.open("other.sql") == []
        assert await editor.open("infra/neon.sql") == []
        assert await editor.hover("other.sql", 0, 1) == ""
        assert await editor.actions("other.sql", 0) == []
        assert editor.messages == []

    with_editor(team, steps)


def test_a_guide_that_cannot_be_read_is_shown_once_and_the_server_lives(team):
    change(team, "rules/if-not-exists.yml", "level: error", "level: eror")

    async def steps(editor: Editor) -> None:
        assert await editor.open(SECOND) == []
        await editor.type(SECOND, "DROP TABLE x;")
        await editor.hover(SECOND, 0, 0)
        assert len(editor.messages) == 1
        assert "if-not-exists.yml" in editor.messages[0]
        change(team, "rules/if-not-exists.yml", "level: eror", "level: error")
        saved = types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(editor.uri(SECOND)))
        editor.client.text_document_did_save(saved)
        assert {finding.code for finding in await editor.diagnostics()} > {"CT03", "CT05"}

    with_editor(team, steps)


def test_a_check_that_crashes_is_shown_once_and_the_others_are_judged(team, tmp_path, monkeypatch):
    code = "from pytest_ctb.checks import check\n@check('team-sums')\ndef sums(case):\n    yield 1 / 0\n"
    test_custom.install(tmp_path / "site", code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    (team / "rules/team-sums.yml").write_text(test_custom.GUIDELINE.format(code="TM01", title="Sums"))

    async def steps(editor: Editor) -> None:
        assert await editor.open(SECOND) == []
        assert "CT05" in {finding.code for finding in await editor.type(SECOND, "DROP TABLE x;")}
        assert len(editor.messages) == 1
        assert "TM01 is not judged: " in editor.messages[0]
        assert "ZeroDivisionError" in editor.messages[0]

    with_editor(team, steps)


def test_a_new_file_is_known_when_it_is_saved(team):
    name = "migrations/2025-10-25_drop_item.sql"

    async def steps(editor: Editor) -> None:
        await editor.open(FIRST)
        (team / name).write_text("DROP TABLE shop.item;\n")
        assert "CT03" in {finding.code for finding in await editor.open(name)}

    with_editor(team, steps)


def test_no_text_ends_the_server(team):
    """Whatever is typed: halves of strings and comments, no SQL at all, control characters, deep nesting, long lines."""
    draw = random.Random(7)  # no secret
    text = (team / SECOND).read_text()
    strange = [
        "",
        "\0",
        "'",
        "$$",
        "/*",
        "\\i x",
        "((((" * 2000,
        "SELECT " + "1," * 20000,
        "\r",
        "\u2028",
        "\ud83d\ude00",
    ]
    texts = [piece + text for piece in strange] + [text.replace(";", piece, 2) for piece in strange]
    for _ in range(60):
        cut = sorted(draw.randrange(len(text)) for _ in range(2))
        texts.append(text[: cut[0]] + draw.choice(strange[:6]) + text[cut[1] :])

    async def steps(editor: Editor) -> None:
        await editor.open(SECOND)
        for typed in texts:
            await editor.type(SECOND, typed.encode("utf-16", "surrogatepass").decode("utf-16"))
            await editor.actions(SECOND, draw.randrange(20))
            await editor.complete(SECOND, 0, 0)
        assert await editor.type(SECOND, text) == []
        assert editor.messages == []

    with_editor(team, steps)
