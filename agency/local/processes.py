"""Child processes of the local stack: started to die with us, found again after a crash, never two in one folder."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

LAUNCH = (sys.executable, "-I", "-S", str(Path(__file__).with_name("launch.py")))
# sun_path holds 104 bytes on macOS and 108 on Linux, the last a NUL; the names we put below a folder need up to 20.
LONGEST_SOCKET_FOLDER_BYTES = 80


class LocalStackError(Exception):
    """The local stack cannot start or go on; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Identity:
    """Who a child runs as: `means` is one of launch.py's, None for ourselves."""

    means: str | None = None
    uid: int = 0

    def arguments(self) -> list[str]:
        """The launcher's arguments for this identity."""
        return ["--as", self.means, "--uid", str(self.uid)] if self.means else []


MYSELF = Identity()


class Child:
    """A running child and, where Linux cannot tell it of our death, the pipe that does."""

    def __init__(self, process: subprocess.Popen[bytes], stop_signal: int, pipe: int | None) -> None:
        self.process = process
        self.stop_signal = stop_signal
        self._pipe = pipe

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self.process.pid

    def exit_code(self) -> int | None:
        """The exit status, or None while it runs."""
        return self.process.poll()

    def ask_to_stop(self) -> None:
        """Send the signal on which this program stops in order."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def stop(self, *, patience_seconds: float = 5.0) -> int:
        """Ask, wait, and kill what does not answer; the exit status."""
        self.ask_to_stop()
        try:
            code = self.process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        if self._pipe is not None:
            with contextlib.suppress(OSError):
                os.close(self._pipe)
            self._pipe = None
        return code


def linux_tells_children() -> bool:
    """Whether the kernel tells our children that we died: on Linux, when the main thread starts them."""
    return sys.platform == "linux" and threading.current_thread() is threading.main_thread()


def tied_to_us(stop_signal: int, identity: Identity = MYSELF) -> list[str]:
    """What stands before a command so that it gets `stop_signal` when we die; nothing more than a start elsewhere."""
    parent = ["--parent", str(os.getpid())] if linux_tells_children() else []
    return [*LAUNCH, *identity.arguments(), *parent, "--signal", str(int(stop_signal)), "--"]


def start_child(
    command: Sequence[str | Path],
    *,
    log: Path,
    stop_signal: int = signal.SIGTERM,
    identity: Identity = MYSELF,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Child:
    """Start a program in a session of its own that gets `stop_signal` when we die, however we die.

    Its output is appended to `log`, which nobody else may read. Raises LocalStackError when the log cannot be written.
    """
    pass_on: tuple[int, ...] = ()
    pipe: int | None = None
    if linux_tells_children():
        argv = tied_to_us(stop_signal, identity)
    else:
        read_end, pipe = os.pipe()
        pass_on = (read_end,)
        argv = [*LAUNCH, *identity.arguments(), "--watch", str(read_end), "--signal", str(int(stop_signal)), "--"]
    try:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise LocalStackError(cannot_write(log, error)) from error
    try:
        process = subprocess.Popen(
            [*argv, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(environment) if environment is not None else None,
            cwd=folder,
            pass_fds=pass_on,
            start_new_session=True,
        )
    finally:
        os.close(output)
        for descriptor in pass_on:
            os.close(descriptor)
    return Child(process, stop_signal, pipe)


def cannot_write(path: Path, error: OSError) -> str:
    """The sentence for a file or folder that cannot be written."""
    if error.errno == errno.ENOSPC:
        return disk_full(path.parent)
    return (
        f"{path} cannot be written ({error.strerror or error}); "
        "make its folder writable for this user, or set ONBRAND_HOME to one that is."
    )


def disk_full(folder: Path) -> str:
    """The sentence for a full disk."""
    return f"The disk that holds {folder} is full; free some space, or set ONBRAND_HOME to a folder elsewhere."


def private_folder(path: Path) -> Path:
    """Make a folder, and those above it, that only we may enter; what is there stays. Raises LocalStackError."""
    try:
        for missing in reversed([place for place in (path, *path.parents) if not place.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)
        if not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "it is not a folder")
    except OSError as error:
        raise LocalStackError(cannot_write(path, error)) from error
    return path


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600, whole or not at all. Raises LocalStackError."""
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        raise LocalStackError(cannot_write(path, error)) from error


@contextlib.contextmanager
def folder_lock(path: Path, sentence: str) -> Iterator[None]:
    """Hold the lock file `path` while the block runs; raises LocalStackError(sentence) where another process holds it.

    The lock goes with the process that holds it, so a crash leaves none behind.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise LocalStackError(cannot_write(path, error)) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LocalStackError(sentence) from error
        yield
    finally:
        os.close(descriptor)


def socket_folder(folder: Path, uid: int) -> Path:
    """A private folder, owned by `uid`, whose path is short enough for a socket: `folder` itself or one below /tmp.

    Raises LocalStackError where somebody else has made that folder.
    """
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER_BYTES:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"onbrand-{digest}"
    with contextlib.suppress(FileExistsError):
        short.mkdir(mode=0o700)
        os.chown(short, uid, -1)
    found = short.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or stat.S_IMODE(found.st_mode) != 0o700:
        raise LocalStackError(f"{short} exists and is not a private folder of ours; remove it and start again.")
    return short


def remember_process(record: Path, pid: int) -> None:
    """Write down a child, so that the next start can tell it from a stranger who got the same number."""
    with contextlib.suppress(psutil.NoSuchProcess):
        write_private(record, json.dumps({"pid": pid, "started": psutil.Process(pid).create_time()}))


def end_leftover(record: Path, stop_signal: int, *, patience_seconds: float = 5.0) -> bool:
    """Stop the remembered child of an earlier run if it still lives; True when there was one."""
    try:
        known = json.loads(record.read_text("utf-8"))
        process = psutil.Process(int(known["pid"]))
        if abs(process.create_time() - float(known["started"])) > 0.02 or process.status() == psutil.STATUS_ZOMBIE:
            return False
        process.send_signal(stop_signal)
        try:
            process.wait(patience_seconds)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(patience_seconds)
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return False
    return True


def wait_until(done: object, *, timeout_seconds: float, pause_seconds: float = 0.02) -> bool:
    """Call `done` until it answers true or the time is up; its last answer."""
    assert callable(done)
    end = time.monotonic() + timeout_seconds
    while True:
        if done():
            return True
        if time.monotonic() > end:
            return False
        time.sleep(pause_seconds)


def last_lines(log: Path, count: int = 3) -> str:
    """The last lines of a log in one line of text, for a sentence about why a program ended."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 4096))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return " / ".join(line.strip() for line in lines[-count:])


def shorten_log(log: Path, *, limit_bytes: int = 10_000_000) -> None:
    """Set a log that has grown past the limit aside as `.1`, so that logs never fill the disk."""
    with contextlib.suppress(OSError):
        if log.stat().st_size > limit_bytes:
            os.replace(log, log.with_name(log.name + ".1"))
