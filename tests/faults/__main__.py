"""`make faults`: approved replies go out while everything fails; a table, and JSON below var/faults.

A duplicate, a loss or words nobody approved end it with 1. In `small` time is moved, not waited: whenever nothing can
happen before a clock strikes, the clocks of PostgreSQL's rows, of Redis's pauses and of the platforms go on together.
In `full` every second is lived through.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import psycopg
import redis
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.__main__ import machine
from benchmarks.scratch import CHECKOUT
from tests.faults import programs, replies
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.town import OF_ANSWERS, Town, standing

SETTLE_SECONDS = 60
"""As in production; the platforms of a run show what they accepted 20 s later at most."""
SETTLED_WITHIN_SECONDS = 900
FOR_A_PERSON_AT_MOST = 0.01
STEP_SECONDS = 30
"""So far the clocks are moved at once, where they are."""
EACH = {"small": 20, "full": 1000}
STRIKES_FOR_SECONDS = {"small": 120, "full": 7200}
"""Faults end when everything was sent once and the scenario struck often enough, or after this long."""
SEQUENCES = {"small": 500, "full": 5000}
AWAY = (SQLAlchemyError, psycopg.Error, redis.RedisError)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    scenario: str
    what: str
    publishes: int
    strikes: int
    struck_for_seconds: int
    duplicates: int
    lost: int
    never_approved: int
    for_a_person: int
    unsettled: int
    settled_after_seconds: int
    """From the end of the faults; where time was moved, with the time it was moved by."""
    moved_seconds: int

    @property
    def is_wrong(self) -> bool:
        return bool(self.duplicates or self.lost or self.never_approved)

    @property
    def verdict(self) -> str:
        if self.is_wrong:
            return "WRONG"
        late = self.unsettled or self.settled_after_seconds > SETTLED_WITHIN_SECONDS
        return "misses" if late or self.for_a_person > FOR_A_PERSON_AT_MOST * self.publishes else "holds"


HEAD = "| scenario | what fails | publishes | faults | duplicates | lost | for a person | settled after | verdict |"


def as_text(row: Row) -> str:
    after = f"{row.settled_after_seconds} s" if not row.unsettled else f"not: {row.unsettled}"
    return (
        f"| {row.scenario} | {row.what} | {row.publishes} | {row.strikes} in {row.struck_for_seconds} s "
        f"| {row.duplicates} | {row.lost} | {row.for_a_person} | {after} | {row.verdict} |"
    )


def run(scenario: Scenario, size: str, each: int) -> Row:
    luck = random.Random(f"{scenario.name} {size}")
    with standing(SETTLE_SECONDS) as town:
        house = town.house
        approved = replies.approved(house, dict.fromkeys(replies.ACCOUNTS, each))
        for lie in scenario.lies:
            house.sandbox.tell("misbehaviour", lie)
        scenario.begin(town)
        town.start_programs()
        began, strikes = time.monotonic(), 0
        while not _is_enough(town, strikes >= scenario.least_strikes, time.monotonic() - began, size):
            time.sleep(luck.uniform(*scenario.every_seconds))
            scenario.strike(town, luck)
            strikes += 1
            programs.start_again(house)
            if size == "small":
                _move(town)
        struck_for = time.monotonic() - began
        scenario.heal(town)
        house.sandbox.behave()
        moved, healed = 0, time.monotonic()
        while replies.settled(house) < len(approved) and moved + time.monotonic() - healed < 2 * SETTLED_WITHIN_SECONDS:
            programs.start_again(house)
            moved += _move(town) if size == "small" else 0
            time.sleep(0.2)
        after = moved + time.monotonic() - healed
        verdict = replies.judge(house, approved)
    return Row(
        scenario.name,
        scenario.what,
        verdict.publishes,
        strikes,
        round(struck_for),
        verdict.duplicates,
        verdict.lost,
        verdict.never_approved,
        verdict.for_a_person,
        verdict.unsettled,
        round(after),
        moved,
    )


def _is_enough(town: Town, struck: bool, seconds: float, size: str) -> bool:
    if seconds > STRIKES_FOR_SECONDS[size]:
        return True
    try:
        return struck and not town.house.scalar("select count(*) from reply where sent_at is null")
    except AWAY:
        return False


def _move(town: Town) -> int:
    """Let time pass where nothing else can happen; how many seconds."""
    try:
        if not programs.is_still(town.house, OF_ANSWERS):
            return 0
        town.house.pass_time(STEP_SECONDS)
    except AWAY:
        return 0
    town.house.sandbox.tell("clock", {"move_seconds": STEP_SECONDS})
    return STEP_SECONDS


def sequences(size: str) -> bool:
    """Whether the generated lives of replies hold, as many as this size has."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/replies/test_sequences.py"]
    environment = {**os.environ, "SEQUENCES": str(SEQUENCES[size])}
    return subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode == 0


@click.command()
@click.argument("names", nargs=-1, type=click.Choice([*(s.name for s in SCENARIOS), "sequences"]))
@click.option("--size", type=click.Choice(list(EACH)), default="small", show_default=True)
@click.option("--each", type=int, help="Replies on each platform; the size's own number otherwise.")
@click.option("--folder", type=click.Path(path_type=Path), default=CHECKOUT / "var" / "faults", help="Where JSON goes.")
def main(names: Sequence[str], size: str, each: int | None, folder: Path) -> None:
    """Let these faults in or all; ends with 1 where something was published twice, lost or never approved."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers and programs go with us
    click.echo(HEAD)
    click.echo("|---|---|---|---|---|---|---|---|---|")
    wrong = False
    folder.mkdir(parents=True, exist_ok=True)
    for scenario in SCENARIOS:
        if not names or scenario.name in names:
            row = run(scenario, size, each or EACH[size])
            click.echo(as_text(row))
            wrong |= row.is_wrong
            at = datetime.now(UTC).isoformat(timespec="seconds")
            found = {"size": size, "at": at, "machine": machine(), **asdict(row), "verdict": row.verdict}
            (folder / f"{scenario.name}.{size}.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    if not names or "sequences" in names:
        held = sequences(size)
        click.echo(f"{SEQUENCES[size]} generated sequences: {'hold' if held else 'WRONG'}")
        wrong |= not held
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
