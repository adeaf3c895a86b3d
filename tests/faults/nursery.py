"""`python -m tests.faults.nursery SOCKET`: programs of the product that begin at once.

Imports everything a worker or dispatcher imports, once, and forks for each it is asked for: what is killed every few
seconds is at work again after a tenth of one, where starting anew would take a core for several.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.scratch import CHECKOUT

START_SECONDS = 120
LONGEST_WORDS = 65_536


class Born(psutil.Process):
    """A program the nursery forked. It buries its children itself, so one that ended is simply gone."""

    def poll(self) -> int | None:
        """None while it lives."""
        return None if self.is_running() else 0


class Nursery:
    """The nursery as it is asked."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def start(self, command: tuple[str, ...], environment: Mapping[str, str]) -> Born:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
            line.connect(str(self._path))
            line.send(json.dumps([command, dict(environment)]).encode())
            return Born(int(line.recv(32)))


@contextmanager
def nursery(folder: Path) -> Iterator[Nursery]:
    """One for as long as the block lasts."""
    path = folder / "nursery"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.nursery", str(path)], stdout=subprocess.PIPE, cwd=CHECKOUT
    )
    assert process.stdout is not None
    try:
        if process.stdout.readline() != b"ready\n":
            raise RuntimeError("The nursery did not begin.")
        yield Nursery(path)
    finally:
        process.kill()
        process.wait(START_SECONDS)
        process.stdout.close()


def serve(path: Path) -> None:
    from agency.command_line import main
    from jobs import dispatcher, worker  # noqa: F401 - so that nobody born here imports them
    from jobs.catalogue import CATALOGUE
    from styleguides.language import detect_language

    for kind in CATALOGUE.values():
        kind.resolve()
    detect_language("Loads the model of languages.")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries who ended
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(path))
    listener.listen()
    print("ready", flush=True)
    while True:
        line, _ = listener.accept()
        command, environment = json.loads(line.recv(LONGEST_WORDS))
        child = os.fork()
        if child == 0:
            listener.close()
            line.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nowhere, stream)
            os.environ.update(environment)
            sys.argv = ["onbrand", *command]
            try:
                main()
            finally:
                os._exit(0)
        line.send(str(child).encode())
        line.close()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
