"""A TCP proxy that troubles what passes: delays, drops, resets after so many bytes, half-closes, stalls.

It knows no protocol. It runs its loop in a thread of its own; `trouble` may be set from any thread and counts for every
chunk from then on.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import random
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

CHUNK_BYTES = 16_384
SO_ATTACH_FILTER = 26  # Linux; Python has no name for it
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends a reset."""

Direction = Literal["up", "down", "both"]
Kind = Literal["none", "refuse", "delay", "drop", "reset", "half_close", "stall"]


@dataclass(frozen=True)
class Trouble:
    """What happens to a connection once so many bytes went in a direction (`up` is towards the server).

    `refuse`: new connections are reset at once. `delay`: each chunk waits `seconds`. `drop`: what follows vanishes, the
    connection stays. `reset`: both sides are reset. `half_close`: that direction ends in order, the other goes on.
    `stall`: nothing passes for `seconds`, once, then all of it does.
    """

    kind: Kind = "none"
    direction: Direction = "both"
    after_bytes: int = 0
    seconds: float = 0.0
    percent: int = 100
    """Of a hundred connections made while it stands, so many suffer it."""

    def meets(self, direction: str) -> bool:
        return self.direction in ("both", direction)


@dataclass
class Proxy:
    """Listens on a loopback port and passes everything on to `target`: (host, port), or the path of a Unix socket."""

    target: tuple[str, int] | str
    trouble: Trouble = Trouble()
    connections: int = 0
    suffered: int = 0
    """Connections that met their trouble."""
    port: int = 0
    _luck: random.Random = field(default_factory=lambda: random.Random(7))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _ends: set[asyncio.StreamWriter] = field(default_factory=set)

    def vanish(self) -> None:
        """From now on nothing that clients on lines open now send arrives here, and no word of theirs is acknowledged:
        as with a server whose machine is gone. A filter of the kernel that keeps no packet does it.
        """
        keep_nothing = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
        program = struct.pack("HL", 1, ctypes.addressof(keep_nothing))
        for end in list(self._ends):
            end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)

    async def serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        unlucky = self._luck.randrange(100) < self.trouble.percent
        if unlucky and self.trouble.kind == "refuse":
            self.suffered += 1
            _reset(writer)
            return
        try:
            if isinstance(self.target, str):
                far_reader, far_writer = await asyncio.open_unix_connection(self.target)
            else:
                far_reader, far_writer = await asyncio.open_connection(*self.target)
        except OSError:
            _reset(writer)
            return
        link = _Link(self, unlucky, (writer, far_writer))
        both = [
            asyncio.ensure_future(link.pass_on(reader, far_writer, "up")),
            asyncio.ensure_future(link.pass_on(far_reader, writer, "down")),
        ]
        self._tasks.update(both)
        self._ends.add(writer)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*both, return_exceptions=True)
        self._tasks.difference_update(both)
        self._ends.discard(writer)
        for end in (writer, far_writer):
            end.close()


@dataclass
class _Link:
    """One connection through the proxy."""

    proxy: Proxy
    unlucky: bool
    ends: tuple[asyncio.StreamWriter, asyncio.StreamWriter]
    met: bool = False

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: str) -> None:
        passed = 0
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                trouble = self.proxy.trouble
                if self.unlucky and trouble.kind not in ("none", "refuse") and trouble.meets(direction):
                    left = max(0, trouble.after_bytes - passed)
                    if len(chunk) > left:
                        writer.write(chunk[:left])
                        await writer.drain()
                        passed, chunk = passed + left, chunk[left:]
                        if not await self._suffers(trouble, writer):
                            continue
                writer.write(chunk)
                await writer.drain()
                passed += len(chunk)
            if writer.can_write_eof():
                writer.write_eof()
        except OSError:  # one end broke: a process died with words unread
            for end in self.ends:
                _reset(end)

    async def _suffers(self, trouble: Trouble, writer: asyncio.StreamWriter) -> bool:
        """Whether the rest still passes."""
        first, self.met = not self.met, True
        self.proxy.suffered += first
        if trouble.kind == "delay":
            await asyncio.sleep(trouble.seconds)
            return True
        if trouble.kind == "stall":
            if first:
                await asyncio.sleep(trouble.seconds)
            return True
        if trouble.kind == "reset":
            for end in self.ends:
                _reset(end)
        elif trouble.kind == "half_close" and first and writer.can_write_eof():
            writer.write_eof()
        return False


def _reset(writer: asyncio.StreamWriter) -> None:
    end: socket.socket = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):  # a Unix socket takes it and ends in order
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


@contextmanager
def proxied(target: tuple[str, int] | str) -> Iterator[Proxy]:
    """A proxy for as long as the block lasts."""
    proxy, ready = Proxy(target), threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(proxy.serve(ready, stop),), daemon=True)
    thread.start()
    if not ready.wait(30):
        raise RuntimeError("the proxy does not listen")
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
