"""The language server: what the protocol asks, answered from the documents and the last replays."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, BinaryIO

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer
from pygls.workspace import TextDocument

from pytest_ctb import __version__
from pytest_ctb.cli.language_server import answers
from pytest_ctb.cli.language_server.documents import Document, Documents
from pytest_ctb.cli.language_server.replays import Replayed, replay
from pytest_ctb.errors import CtbError
from pytest_ctb.model import Finding, Position
from pytest_ctb.report import counted

REPLAY = "ctb.replay"
"""The command that runs `pytest --ctb` for one file; its argument is the file's URI."""


class Server(LanguageServer):
    """A language server with the repositories that it has read, and what it replayed."""

    def __init__(self) -> None:
        super().__init__("ctb", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Incremental)
        self.documents = Documents()
        self.replays: dict[str, Replayed] = {}
        self.problem = ""
        """What was last shown as the reason why a repository cannot be read."""

    def read(self, uri: str) -> tuple[TextDocument, Document] | None:
        """An open file and what is found in it; None for a file that is no migration, or cannot be judged."""
        path = uris.to_fs_path(uri)
        text = self.workspace.get_text_document(uri)
        try:
            document = self.documents.read(Path(path), text.source) if path else None
        except (CtbError, OSError) as error:
            self._show(str(error))
            return None
        if document and document.error:
            self._show(document.error)
        else:
            self.problem = ""
        return (text, document) if document else None

    def findings(self, uri: str, text: TextDocument, document: Document) -> tuple[Finding, ...]:
        """The findings in the text, and those of the last replay as long as the text is the one that was replayed."""
        replayed = self.replays.get(uri)
        if replayed is None or replayed.text != text.source:
            return document.findings
        codes = {(finding.code, finding.line, finding.column) for finding in document.findings}
        live = (item for item in replayed.findings if (item.code, item.line, item.column) not in codes)
        return (*document.findings, *live)

    def publish(self, uri: str) -> None:
        """Send the diagnostics of a file."""
        read = self.read(uri)
        shown: list[types.Diagnostic] = []
        version = None
        if read:
            text, document = read
            version = text.version
            shown = answers.diagnostics(document, self.findings(uri, text, document))
            for diagnostic in shown:
                diagnostic.range = text.position_codec.range_to_client_units(text.lines, diagnostic.range)
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=uri, diagnostics=shown, version=version)
        )

    def _show(self, problem: str) -> None:
        """Show why the file, or one guideline, cannot be judged. The same reason is not shown twice in a row."""
        if problem != self.problem:
            self.problem = problem
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"ctb: {problem}"))


def _server() -> Server:
    server = Server()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(server: Server, params: types.DidOpenTextDocumentParams) -> None:
        server.documents.look_for(Path(uris.to_fs_path(params.text_document.uri) or ""))
        server.publish(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(server: Server, params: types.DidChangeTextDocumentParams) -> None:
        server.publish(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(server: Server, _params: types.DidSaveTextDocumentParams) -> None:
        _renew(server)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_files(server: Server, _params: types.DidChangeWatchedFilesParams) -> None:
        _renew(server)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(server: Server, params: types.DidCloseTextDocumentParams) -> None:
        empty = types.PublishDiagnosticsParams(uri=params.text_document.uri, diagnostics=[])
        server.text_document_publish_diagnostics(empty)

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
    )
    def code_action(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        if not (read := server.read(uri)):
            return []
        text, document = read
        actions = answers.code_actions(document, uri, server.findings(uri, text, document), params.range)
        for action in actions:
            _to_client(text, action)
        return actions

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(server: Server, params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        if not (read := server.read(uri)):
            return None
        text, document = read
        replayed = server.replays.get(uri)
        current = replayed if replayed and replayed.text == text.source else None
        at = _place(text, params.position)
        said = answers.hover(document, server.findings(uri, text, document), current, at)
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, said)) if said else None

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["-", ":", ".", " "]))
    def completion(server: Server, params: types.CompletionParams) -> list[types.CompletionItem]:
        if not (read := server.read(params.text_document.uri)):
            return []
        text, document = read
        items = answers.completions(document, _place(text, params.position))
        for item in items:
            if isinstance(item.text_edit, types.TextEdit):
                item.text_edit.range = text.position_codec.range_to_client_units(text.lines, item.text_edit.range)
        return items

    @server.command(REPLAY)
    async def run(server: Server, uri: str) -> str:
        return await _replay(server, uri)

    return server


def _renew(server: Server) -> None:
    """A file on the disk changed: read the repositories again, and judge what is open."""
    server.documents.forget()
    for uri in server.workspace.text_documents:
        server.publish(uri)


async def _replay(server: Server, uri: str) -> str:
    """Run the suite on a saved file, show its findings, and say how it ended."""
    read = server.read(uri)
    if read is None:
        return "This file is no migration."
    text, document = read
    if text.source != document.project.file(document.migration).read_text(encoding="utf-8"):
        return "Save the file first: the replay reads it from the disk."
    try:
        replayed = await asyncio.to_thread(replay, document.project, document.migration.path, text.source)
    except CtbError as error:
        return f"ctb: {error}"
    server.replays[uri] = replayed
    server.publish(uri)
    return f"{document.migration.path}: {counted(len(replayed.findings), 'finding')}"


def _place(text: TextDocument, position: types.Position) -> Position:
    """A position of the editor's as ours: from 1, in characters."""
    place = text.position_codec.position_from_client_units(text.lines, position)
    return Position(place.line + 1, place.character + 1)


def _to_client(text: TextDocument, action: types.CodeAction) -> None:
    """Count the columns of an action as the editor does."""
    changes = action.edit.changes if action.edit else None
    holders: list[Any] = [*(edit for edits in (changes or {}).values() for edit in edits), *(action.diagnostics or ())]
    for holder in holders:
        holder.range = text.position_codec.range_to_client_units(text.lines, holder.range)


def start(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Serve on two streams until the editor ends it."""
    _server().start_io(stdin, stdout)
