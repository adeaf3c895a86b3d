"""The proxy that troubles connections does what the scenarios take it to do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.faults.proxy import Proxy, Trouble, proxied

WORDS = b"0123456789" * 10


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    """Before a server that says back what it is told, and closes when it is told no more."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        try:
            with connection:
                while words := connection.recv(4096):
                    connection.sendall(words)
        except OSError:
            pass

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    with proxied(("127.0.0.1", listener.getsockname()[1])) as made:
        yield made
    listener.close()


def said_back(proxy: Proxy, trouble: Trouble, *, patience_seconds: float = 30) -> tuple[bytes, str, float]:
    """What came back of `WORDS`, how it ended (`end`, `reset`, `silence`), and after how many seconds."""
    proxy.trouble, began, got = trouble, time.monotonic(), b""
    try:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=patience_seconds) as line:
            line.sendall(WORDS)
            while len(got) < len(WORDS):
                more = line.recv(4096)
                if not more:
                    return got, "end", time.monotonic() - began
                got += more
    except TimeoutError:
        return got, "silence", time.monotonic() - began
    except OSError:
        return got, "reset", time.monotonic() - began
    return got, "whole", time.monotonic() - began


def test_untroubled_words_pass(proxy: Proxy) -> None:
    assert said_back(proxy, Trouble())[:2] == (WORDS, "whole")


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_reset_comes_after_so_many_bytes(proxy: Proxy, direction: str) -> None:
    got, how, _ = said_back(proxy, Trouble("reset", direction, after_bytes=30))  # type: ignore[arg-type]
    assert how == "reset"
    assert got in (b"", WORDS[:30]), "a reset may overtake what went before it"


def test_what_is_dropped_vanishes_and_the_line_stays(proxy: Proxy) -> None:
    got, how, _ = said_back(proxy, Trouble("drop", "down", after_bytes=30), patience_seconds=0.3)
    assert (got, how) == (WORDS[:30], "silence")


def test_a_half_close_ends_one_direction_in_order(proxy: Proxy) -> None:
    assert said_back(proxy, Trouble("half_close", "up", after_bytes=30))[:2] == (WORDS[:30], "end")


@pytest.mark.parametrize("kind", ["delay", "stall"])
def test_what_is_late_comes_whole(proxy: Proxy, kind: str) -> None:
    got, how, after = said_back(proxy, Trouble(kind, "down", seconds=0.2))  # type: ignore[arg-type]
    assert (got, how) == (WORDS, "whole")
    assert after >= 0.2


def test_nobody_is_let_in(proxy: Proxy) -> None:
    before = proxy.suffered
    assert said_back(proxy, Trouble("refuse"))[1] in ("reset", "end")
    assert proxy.suffered == before + 1
    assert said_back(proxy, Trouble("refuse", percent=0))[1] == "whole"
