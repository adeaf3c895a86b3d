"""Paired rounds and the lines they end in.

Times on a shared machine drift by a third from one minute to the next. So ours and the floor take turns, every round
gives one ratio, and what is quoted is the median of the ratios. No figure makes a run fail; a wrong answer does.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Line = dict[str, Any]
"""A line of `make bench`: name, ours, floor, unit, ratio, and where they are known against, aim, low, high, facts."""

LEAST_ROUNDS = 7


class WrongAnswer(Exception):
    """What was measured did not do what it is measured for."""


@dataclass(frozen=True)
class Pairing:
    """Medians of both sides over the rounds, and the median, lowest and highest of the rounds' ratios."""

    ours: float
    floor: float
    ratio: float
    low: float
    high: float


def paired(ours: Callable[[], float], floor: Callable[[], float], *, rounds: int) -> Pairing:
    """Run both in turn, the first turn changing from round to round; each call returns its round's figure."""
    pairs: list[tuple[float, float]] = []
    for number in range(rounds):
        if number % 2:
            below = floor()
            pairs.append((ours(), below))
        else:
            above = ours()
            pairs.append((above, floor()))
    ratios = sorted(above / below for above, below in pairs)
    return Pairing(
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        statistics.median(ratios),
        ratios[0],
        ratios[-1],
    )


def median_ms(call: Callable[[], object], times: int) -> float:
    """Median milliseconds of one call."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000


def cpu_microseconds(call: Callable[[], object], times: int) -> float:
    """Of one call, in this process's CPU: for what waits for nothing, so that what else the machine does counts not."""
    started = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - started) / times * 1e6


def line(name: str, pairing: Pairing, unit: str, *, against: str, aim: str = "", **facts: Any) -> Line:
    """A line from paired rounds. `aim` is what the ratio should be, `<= 4` or `>= 0.2`; empty for none."""
    return {
        "name": name,
        "ours": _short(pairing.ours),
        "floor": _short(pairing.floor),
        "unit": unit,
        "ratio": _short(pairing.ratio),
        "low": _short(pairing.low),
        "high": _short(pairing.high),
        "against": against,
        "aim": aim,
        "facts": facts,
    }


def count(name: str, ours: float, unit: str, *, aim: str = "", **facts: Any) -> Line:
    """A line for what is counted, not timed; `aim` speaks of the count."""
    return {"name": name, "ours": ours, "floor": None, "unit": unit, "ratio": None, "aim": aim, "facts": facts}


def is_met(found: Line) -> bool | None:
    """Whether a line's aim is reached; None where it has none."""
    aim = found.get("aim")
    if not aim:
        return None
    sign, _, wanted = str(aim).partition(" ")
    value = found["ours"] if found["ratio"] is None else found["ratio"]
    return bool(value <= float(wanted) if sign == "<=" else value >= float(wanted))


def as_text(found: Line) -> str:
    """One line for a person: name, ours, the floor, the ratio, the aim."""
    unit = found["unit"]
    parts = [f"{found['name']:<66} {_grouped(found['ours']):>10} {unit:<10}"]
    if found["ratio"] is not None:
        parts.append(f"floor {_grouped(found['floor']):>9} {unit:<6} ratio {found['ratio']:<6g}")
        if "low" in found:
            parts.append(f"[{found['low']:g}-{found['high']:g}]")
    met = is_met(found)
    if met is not None:
        parts.append(f"aim {found['aim']}: {'met' if met else 'NOT MET'}")
    return " ".join(parts).rstrip()


def _short(value: float) -> float:
    """Three figures that count; whole numbers above a thousand."""
    return round(value) if abs(value) >= 1000 else float(f"{value:.3g}")


def _grouped(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,g}"
