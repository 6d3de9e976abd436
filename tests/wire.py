"""A socket between a client and a Postgres that counts what the client says, and ends the client at one of these."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path

_SAYING = b"QPc"
"""The messages with which a client makes the server do something: Query, Parse, CopyDone (manual, 54.7)."""


class Wire:
    """Listens as `folder/.s.PGSQL.5432`, or on a TCP port. `heard` is what was said: the SQL, and whose connection."""

    def __init__(self, folder: Path, server: str, *, tcp: bool = False) -> None:
        self.heard: list[str] = []
        self.sent: list[tuple[dict[str, str], str]] = []
        """Each text of SQL, behind what its connection was opened with."""
        self.at: int | None = None
        """Kill at the message of this number, counted from 0 ..."""
        self.when: Callable[[str], bool] = lambda _: False
        """... or at what it says ..."""
        self.passed_on = False
        """... when the server has it, rather than before."""
        self.deed: Callable[[], None] = self.kill
        self.victim = 0
        self._born = threading.Event()
        self._server = server
        self.folder = folder
        self._turn = threading.Lock()
        self._listener = socket.socket(socket.AF_INET if tcp else socket.AF_UNIX)
        self._listener.bind(("127.0.0.1", 0) if tcp else str(folder / ".s.PGSQL.5432"))
        self._listener.listen(300)
        self.port = self._listener.getsockname()[1] if tcp else 5432
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def born(self, pid: int) -> None:
        """Tell which process the client is."""
        self.victim = pid
        self._born.set()

    def pid(self) -> int:
        """The process that was born."""
        self._born.wait(10)
        return self.victim

    def kill(self) -> None:
        """As kill -9 does it."""
        os.kill(self.pid(), signal.SIGKILL)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                upstream = socket.socket(socket.AF_UNIX)
                upstream.connect(self._server)
                threading.Thread(target=self._speak, args=(client, upstream), daemon=True).start()
                threading.Thread(target=self._answer, args=(client, upstream), daemon=True).start()

    def _speak(self, client: socket.socket, upstream: socket.socket) -> None:
        try:
            self._forward(client, upstream)
        finally:
            for one in (client, upstream):  # closing alone would leave open what the other thread reads from
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()

    def _forward(self, client: socket.socket, upstream: socket.socket) -> None:
        with contextlib.suppress(OSError):
            first, data, opened = True, b"", {}
            while True:
                head = 0 if first else 1
                while len(data) < head + 4 or len(data) < head + int.from_bytes(data[head : head + 4], "big"):
                    more = client.recv(65536)
                    if not more:
                        return
                    data += more
                size = head + int.from_bytes(data[head : head + 4], "big")
                message, data = data[:size], data[size:]
                if first:
                    words = message[8:].decode(errors="replace").split("\0")
                    opened = dict(zip(words[::2], words[1::2], strict=False))
                elif message[:1] in b"QP":
                    self.sent.append((opened, message[5:].split(b"\0")[message[:1] == b"P"].decode(errors="replace")))
                due = not first and message[:1] in _SAYING and self._due(message)
                first = first and message[4:8] == b"\x04\xd2\x16\x2f"  # SSLRequest: the startup comes behind it
                if due and not self.passed_on:
                    self.deed()
                    return
                upstream.sendall(message)
                if due and self.passed_on:
                    self.deed()

    def _due(self, message: bytes) -> bool:
        with self._turn:
            self.heard.append(message[5:].strip(b"\0").decode(errors="replace"))
            return len(self.heard) - 1 == self.at or self.when(self.heard[-1])

    def _answer(self, client: socket.socket, upstream: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while more := upstream.recv(65536):
                client.sendall(more)
            client.shutdown(socket.SHUT_RDWR)
