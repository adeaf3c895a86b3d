"""What goes wrong: each scenario strikes again and again while approved replies go out, and heals at the end."""

from __future__ import annotations

import contextlib
import itertools
import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil

from tenants import failpoints
from tests.faults import programs
from tests.faults.proxy import Trouble
from tests.faults.town import Town

LAG = {"kind": "visibility_lag", "seconds": 0, "up_to_seconds": 20, "who": "ours"}
"""What we write shows 0 to 20 s later, each write anew."""
HOUR_SECONDS = 3600
FROZEN_SECONDS = 10.0
"""Longer than the 3 s in which Redis has to answer."""
TROUBLED_SECONDS = 5.0
STOPPED_FOR_SECONDS = 180.0
"""Longer than a claim's lease with the look after it, 95 s, and than a promise's, 150 s: others take over."""
LIES = (
    {"kind": "lose_answer_after_accepting", "probability": 0.2, "applies_to": "writes"},
    {"kind": "error_after_accepting", "probability": 0.1, "applies_to": "writes"},
    {"kind": "truncate_body", "probability": 0.1, "applies_to": "writes"},
    {"kind": "html_502", "probability": 0.05, "applies_to": "writes"},
    {"kind": "delay", "seconds": 0.2, "applies_to": "writes"},
)


def _nothing(_town: Town) -> None:
    pass


@dataclass(frozen=True)
class Scenario:
    """`strike` lets one fault in, and may return before it ends: whether anything was there to be hit. `heal` ends all
    of them.
    """

    name: str
    what: str
    strike: Callable[[Town, random.Random], bool]
    every_seconds: tuple[float, float] = (1.0, 5.0)
    begin: Callable[[Town], None] = _nothing
    heal: Callable[[Town], None] = _nothing
    least_strikes: int = 8
    lies: Sequence[dict[str, object]] = (LAG,)


def _kill_somebody(town: Town, luck: random.Random) -> bool:
    return programs.kill(town.house, luck.choice(("horse", "worker", "both")), luck)


def _kill_a_horse(town: Town, luck: random.Random) -> bool:
    return programs.kill(town.house, "horse", luck)


def _leave_alone(_town: Town, _luck: random.Random) -> bool:
    return True


def _arm(town: Town) -> None:
    town.house.values["ONBRAND_FAILPOINTS"] = ",".join(f"{point}=kill%4" for point in failpoints.POINTS)


def _disarm(town: Town) -> None:
    """Programs read it when they start, so they end and are started again."""
    del town.house.values["ONBRAND_FAILPOINTS"]
    for program in town.house.programs:
        program.kill()
        program.wait(60)


def _break_postgres(town: Town, _luck: random.Random) -> bool:
    town.break_postgres()
    return True


_turns = itertools.count()


def _trouble_valkey(town: Town, _luck: random.Random) -> bool:
    """Killed, frozen, emptied, full, in turn."""
    turn = next(_turns) % 4
    if turn == 0:
        town.break_valkey()
    elif turn == 1:
        server = psutil.Process(town.valkey.child.pid)
        server.suspend()
        time.sleep(FROZEN_SECONDS)
        server.resume()
    elif turn == 2:
        town.redis().flushall()
    else:
        town.redis().config_set("maxmemory", "1mb")
        time.sleep(TROUBLED_SECONDS)
        town.redis().config_set("maxmemory", "0")
    return True


TROUBLES = (
    Trouble("reset", "down", after_bytes=40),
    Trouble("reset", "up", after_bytes=150),
    Trouble("reset", "both", after_bytes=2_000),
    Trouble("half_close", "up", after_bytes=100),
    Trouble("half_close", "down", after_bytes=100),
    Trouble("drop", "down", after_bytes=100, percent=30),
    Trouble("stall", "down", after_bytes=20, seconds=4.0),
    Trouble("delay", "both", seconds=0.3),
    Trouble("refuse"),
)


def _trouble_the_wire(town: Town, luck: random.Random) -> bool:
    """One of the three wires, for five seconds."""
    wire = luck.choice((town.to_platforms, town.to_platforms, town.to_postgres, town.to_valkey))
    trouble = luck.choice(TROUBLES)
    if wire is town.to_postgres and trouble.kind == "drop":
        trouble = Trouble("reset")  # a database whose words vanish while its line lives is waited for by anybody
    wire.trouble = trouble
    time.sleep(TROUBLED_SECONDS)
    wire.trouble = Trouble()
    return True


def _stall_the_platform(town: Town, _luck: random.Random) -> bool:
    """Every answer comes 40 s late: longer than a call may take."""
    town.to_platforms.trouble = Trouble("stall", "down", seconds=40.0, percent=40)
    return True


def _calm(town: Town) -> None:
    for wire in (town.to_platforms, town.to_postgres, town.to_valkey):
        wire.trouble = Trouble()


def _stop_a_horse(town: Town, luck: random.Random) -> bool:
    """Stopped in the midst of its job until its lease is over; no other meanwhile, so that somebody works. Time is not
    moved for who stands still: a horse judges its own lease by a clock that nobody moves.
    """
    _go_on(town)
    able = programs.at_work(town.house)
    if town.stopped or not able:
        return False
    for horse in programs.horses_of(luck.choice(able)):
        with contextlib.suppress(psutil.NoSuchProcess):
            horse.suspend()
            town.stopped.append((horse, time.monotonic()))
    return bool(town.stopped)


def _go_on(town: Town) -> None:
    """Let those go on that stood still long enough."""
    for one in [one for one in town.stopped if time.monotonic() - one[1] > STOPPED_FOR_SECONDS]:
        town.stopped.remove(one)
        with contextlib.suppress(psutil.NoSuchProcess):
            one[0].send_signal(signal.SIGCONT)


def _let_all_go_on(town: Town) -> None:
    while town.stopped:
        time.sleep(1)
        _go_on(town)


def _set_clocks_wrong(town: Town) -> None:
    town.skews = (HOUR_SECONDS, -HOUR_SECONDS)


SCENARIOS = (
    Scenario("kills", "worker, horse or both killed every 1 to 5 s", _kill_somebody),
    Scenario("points", "4 of 100 processes killed at each named point", _leave_alone, begin=_arm, heal=_disarm),
    Scenario("lies", "answers lost, cut, 5xx after accepting; horses killed", _kill_a_horse, lies=(LAG, *LIES)),
    Scenario("postgres", "PostgreSQL crashes every 4 to 10 s", _break_postgres, every_seconds=(4.0, 10.0)),
    Scenario("valkey", "Valkey killed, frozen 10 s, emptied, full, in turn", _trouble_valkey),
    Scenario("wire", "connections to all three reset, dropped, stalled, delayed", _trouble_the_wire, heal=_calm),
    Scenario("stall", "answers of the platforms 40 s late", _stall_the_platform, heal=_calm),
    Scenario("stopped", "horses stopped past their lease", _stop_a_horse, heal=_let_all_go_on, least_strikes=2),
    Scenario("clocks", "one worker 1 h ahead, one 1 h behind; horses killed", _kill_a_horse, begin=_set_clocks_wrong),
)
