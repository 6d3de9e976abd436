"""A process of its own that stands between a client and its Postgres: it passes every message on, and counts.

    python benchmarks/wiretap.py FOLDER SERVER MARK...

It listens in FOLDER as a server does, and passes on to the socket SERVER. It says `listening`; to each line that it
reads it answers with what it has counted so far, as JSON. A question that holds one of the MARKs is a reading of the
catalogs. One that is asked again right behind its answer is not counted again. The messages are those of the manual,
54.7. A thread of the client's process would not do: libpq keeps the others waiting.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

_NO_ENCRYPTION = b"\x04\xd2\x16"
"""How the code of SSLRequest and GSSENCRequest begins, which come before the startup."""


class _Connection:
    """One connection through the socket: its two directions, and what was counted of them."""

    def __init__(self, client: socket.socket, server: str, marks: Sequence[bytes]) -> None:
        self._of_questions, self._of_answers = Counter(logins=1), Counter[str]()  # each has a thread that adds to it
        self._marks = marks
        self._client = client
        self._server = socket.socket(socket.AF_UNIX)
        self._server.connect(server)
        self._parsed = b""
        self._asked = (b"", b"")
        self._waits = False  # the same is asked again and again until the answer is another; how often is up to a clock
        self._ready = False
        for direction in (self._ask, self._answer):
            threading.Thread(target=self._kept, args=(direction,), daemon=True).start()

    def _kept(self, direction: Callable[[], None]) -> None:
        """Pass on until one side hangs up; then the other side is told."""
        with contextlib.suppress(OSError):
            direction()
        for side in (self._client, self._server):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def _ask(self) -> None:
        for message in _messages(self._client, opening=True):
            if message[:1] == b"Q":
                self._note(message[5:-1])
            elif message[:1] == b"P":
                self._parsed = message[5:].split(b"\0", 2)[1]
            elif message[:1] == b"B":
                self._note(self._parsed, message)
            self._server.sendall(message)

    def _note(self, text: bytes, values: bytes = b"") -> None:
        """What is asked next, and with which values; the answers that come are to this."""
        self._waits = self._asked == (text, values)
        self._asked = (text, values)
        read = any(mark in text for mark in self._marks)
        self._of_questions.update(copies=b"CREATE DATABASE" in text, comparisons=read)

    def _answer(self) -> None:
        for message in _messages(self._server, opening=False):
            kind = message[:1]
            if self._ready and not self._waits:
                refused = kind == b"E" and b"INSERT INTO" in self._asked[0]
                self._of_answers.update(told=len(message), round_trips=kind == b"Z", refused=refused)
            self._ready = self._ready or kind == b"Z"
            self._client.sendall(message)

    @property
    def counts(self) -> Counter[str]:
        """What was counted so far, both ways."""
        return self._of_questions + self._of_answers


def _messages(source: socket.socket, *, opening: bool) -> Iterator[bytes]:
    """Message by message, until there are no more. Those that open a connection begin with their length alone."""
    data = bytearray()
    while True:
        head = 0 if opening else 1
        while len(data) < head + 4 or len(data) < head + int.from_bytes(data[head : head + 4], "big"):
            more = source.recv(1 << 16)
            if not more:
                return
            data += more
        size = head + int.from_bytes(data[head : head + 4], "big")
        message = bytes(data[:size])
        del data[:size]
        opening = opening and message[4:7] == _NO_ENCRYPTION
        yield message


class Wiretap:
    """Listens in a folder, as a server does, and passes on to a server's own socket."""

    def __init__(self, folder: Path, server: str, marks: Sequence[bytes]) -> None:
        self._connections: list[_Connection] = []
        self._server = server
        self._marks = marks
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen(100)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._connections.append(_Connection(client, self._server, self._marks))

    def counts(self) -> Counter[str]:
        """What was counted so far."""
        return sum((connection.counts for connection in self._connections), Counter())


def main(folder: str, server: str, *marks: str) -> None:
    """Listen until standard input ends."""
    wiretap = Wiretap(Path(folder), server, [mark.encode() for mark in marks])
    print("listening", flush=True)
    for _ in sys.stdin:
        print(json.dumps(wiretap.counts()), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
