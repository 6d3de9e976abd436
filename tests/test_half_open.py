"""Ctrl-C while a session logs in: the half-open connection is closed, though the traceback is kept."""

from __future__ import annotations

import signal
import socket
import threading

import pytest

from pytest_ctb.postgres.place import connect


def test_an_interrupted_login_is_closed_at_once(tmp_path):
    """Otherwise the server waits a minute for the login, and so does every DROP DATABASE (PostgreSQL's procsignal.c)."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / ".s.PGSQL.5432"))
        listening.listen()
        accepted: list[socket.socket] = []

        def interrupt() -> None:
            client, _ = listening.accept()
            client.settimeout(20)
            assert client.recv(8)  # the client asks; nobody answers
            accepted.append(client)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        # A shell that puts the tests into the background has them ignore it.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            thread.start()
            with pytest.raises(KeyboardInterrupt) as kept:
                connect({"host": str(tmp_path), "user": "somebody", "dbname": "postgres"})
            thread.join()
        finally:
            signal.signal(signal.SIGINT, before)
        (client,) = accepted
        with client:
            while data := client.recv(1 << 10):
                assert data
        assert kept.tb is not None
