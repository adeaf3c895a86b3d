"""Start one program so that it dies with us and, as root, runs as somebody else. Run by path, never imported.

`launch.py [--as MEANS --uid N] [--reach FOLDER] [--parent PID | --watch FD] [--signal N] -- PROGRAM …`

`--parent`: Linux sends the signal when the thread that started us dies. `--watch`: elsewhere, and off the main
thread, this process stays, passes signals on, and sends the signal itself when the other end of the pipe FD closes.

`--as`: by which means root becomes somebody PostgreSQL accepts and still reaches files below a private folder:
  none       the user id N and nothing more: every folder on the way lets others pass
  search     N with the ambient capability CAP_DAC_READ_SEARCH: passes and reads private folders, writes only its own
  namespace  a user namespace in which root appears as user N: owns root's files, holds no capability
  override   N with CAP_DAC_OVERRIDE: the last resort, and the only one a container commonly allows
No means changes the permissions of any folder. Exits with 97 and one sentence when the means is not allowed here.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import select
import signal
import sys
from types import FrameType

REFUSED = 97
PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CLONE_NEWUSER = 0x10000000
CAPABILITY_VERSION_3 = 0x20080522
CAPABILITIES = {"override": 1, "search": 2}  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


def call(name: str, *arguments: object) -> None:
    """Call a function of the C library; raises OSError from errno when it answers other than 0."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def hold_only(capability: int) -> None:
    """Hold this one capability, and let the program we become hold it too."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    bit = 1 << capability
    sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)  # effective, permitted, inheritable; low words, high words
    call("capset", header, sets)
    zero = ctypes.c_ulong(0)
    call("prctl", PR_CAP_AMBIENT, ctypes.c_ulong(PR_CAP_AMBIENT_RAISE), ctypes.c_ulong(capability), zero, zero)


def enter_namespace(uid: int) -> None:
    """A user namespace in which our own user id appears as `uid`."""
    own_uid, own_gid = os.geteuid(), os.getegid()
    call("unshare", CLONE_NEWUSER)
    for name, line in (("setgroups", "deny"), ("uid_map", f"{uid} {own_uid} 1"), ("gid_map", f"{uid} {own_gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(line)


def become(means: str, uid: int) -> None:
    """Become user `uid` by this means. Raises OSError where it is not allowed."""
    if means == "namespace":
        enter_namespace(uid)
        return
    capability = CAPABILITIES.get(means)
    if capability is not None:
        call("prctl", PR_SET_KEEPCAPS, ctypes.c_ulong(1), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    if capability is not None:
        hold_only(capability)


def stay_and_watch(pipe: int, stop_signal: int, command: list[str]) -> int:
    """Run the command as a child; stop it when the pipe closes. The exit status, 128 + signal when it was killed."""
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        for inherited in (pipe, woken, waker):
            os.close(inherited)
        os.execv(command[0], command)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, pass_on)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    watched = [pipe, woken]
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        ready, _, _ = select.select(watched, [], [], 1)
        if woken in ready:
            os.read(woken, 512)
        if pipe in ready:
            watched.remove(pipe)
            pass_on(stop_signal, None)


def main() -> int:
    """Become who is asked for, check the way, tie our life to the parent's, and turn into the program."""
    parser = argparse.ArgumentParser(prog="launch")
    parser.add_argument("--as", dest="means", choices=("none", "search", "override", "namespace"))
    parser.add_argument("--uid", type=int, default=0)
    parser.add_argument("--reach", default="")
    parser.add_argument("--parent", type=int, default=0)
    parser.add_argument("--watch", type=int, default=-1)
    parser.add_argument("--signal", type=int, default=int(signal.SIGTERM))
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    os.umask(0o077)
    try:
        if options.means:
            become(options.means, options.uid)
        if options.reach:
            os.stat(os.path.join(options.reach, "."))
        if options.watch >= 0:
            return stay_and_watch(options.watch, options.signal, options.command)
        if options.parent:
            zero = ctypes.c_ulong(0)
            call("prctl", PR_SET_PDEATHSIG, ctypes.c_ulong(options.signal), zero, zero, zero)
            if os.getppid() != options.parent:
                return REFUSED  # it died before we could ask to be told
        os.execv(options.command[0], options.command)
    except OSError as error:
        print(f"{options.command[0]} cannot be started: {error}", file=sys.stderr)
        return REFUSED


if __name__ == "__main__":
    sys.exit(main())
