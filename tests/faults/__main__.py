"""`make faults`: approved replies go out while everything fails; a table, and JSON below var/faults.

A duplicate, a loss or words nobody approved end it with 1. Time is moved, not waited: whenever nothing happens before a
clock strikes, the clocks of PostgreSQL's rows, of Redis's pauses and of the platforms go on together. With
`--every-second` all of them are lived through.
"""

from __future__ import annotations

import contextlib
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
STRIKES_FOR_SECONDS = {"small": 120, "full": 1800}
"""Faults end when everything was sent once and the scenario struck often enough, or after this long."""
SEQUENCES = {"small": 500, "full": 5000}
TOLD_EVERY_SECONDS = 10
STATES = (
    "select string_agg(state || ' ' || n, ', ' order by state) from (select state, count(*) n from reply group by 1) s"
)
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


@dataclass
class Run:
    """One scenario let in: what is known of it at any time, so that a run that is ended early says what it saw."""

    scenario: Scenario
    size: str
    each: int
    moves: bool
    """Whether time is moved where nothing else can happen."""
    strikes: int = 0
    struck_for: float = 0.0
    after: float = 0.0
    moved: int = 0
    verdict: replies.Verdict | None = None
    _told_at: float = 0.0

    def live(self) -> None:
        scenario, luck = self.scenario, random.Random(f"{self.scenario.name} {self.size}")
        with standing(SETTLE_SECONDS) as town:
            house = town.house
            approved = replies.many_approved(house, dict.fromkeys(replies.ACCOUNTS, self.each))
            for lie in scenario.lies:
                house.sandbox.tell("misbehaviour", lie)
            scenario.begin(town)
            town.start_programs()
            try:
                self._strike(town, luck)
                scenario.heal(town)
                house.sandbox.behave()
                self._wait(town, len(approved))
            finally:
                self.verdict = replies.judge(house, approved)

    def _strike(self, town: Town, luck: random.Random) -> None:
        began = time.monotonic()
        while not _is_enough(town, self.strikes >= self.scenario.least_strikes, time.monotonic() - began, self.size):
            time.sleep(luck.uniform(*self.scenario.every_seconds))
            self.strikes += self.scenario.strike(town, luck)
            programs.start_again(town.house)
            if self.moves:
                _move(town)
            self.struck_for = time.monotonic() - began
            self._tell(town)

    def _wait(self, town: Town, wanted: int) -> None:
        healed = time.monotonic()
        while replies.settled(town.house) < wanted and self.after < 2 * SETTLED_WITHIN_SECONDS:
            programs.start_again(town.house)
            self.moved += _move(town) if self.moves else 0
            time.sleep(0.2)
            self.after = self.moved + time.monotonic() - healed
            self._tell(town)

    def _tell(self, town: Town) -> None:
        if time.monotonic() < self._told_at + TOLD_EVERY_SECONDS:
            return
        self._told_at = time.monotonic()
        with contextlib.suppress(*AWAY):
            states = town.house.scalar(STATES)
            click.echo(
                f"{self.scenario.name}: {self.strikes} faults in {self.struck_for:.0f} s, {self.after:.0f} s since"
                f" (moved {self.moved} s); {states}",
                err=True,
            )

    def row(self) -> Row:
        """What was seen until now."""
        verdict = self.verdict or replies.Verdict(0, 0, 0, 0, 0, 0)
        return Row(
            self.scenario.name,
            self.scenario.what,
            verdict.publishes,
            self.strikes,
            round(self.struck_for),
            verdict.duplicates,
            verdict.lost,
            verdict.never_approved,
            verdict.for_a_person,
            verdict.unsettled,
            round(self.after),
            self.moved,
        )


def _is_enough(town: Town, struck: bool, seconds: float, size: str) -> bool:
    if seconds > STRIKES_FOR_SECONDS[size]:
        return True
    try:
        return struck and not town.house.scalar("select count(*) from reply where sent_at is null")
    except AWAY:
        return False


def _move(town: Town) -> int:
    """Let time pass where nothing but a clock can change anything; how many seconds."""
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
@click.option("--every-second", is_flag=True, help="Live through every second instead of moving time.")
@click.option("--folder", type=click.Path(path_type=Path), default=CHECKOUT / "var" / "faults", help="Where JSON goes.")
def main(names: Sequence[str], size: str, each: int | None, every_second: bool, folder: Path) -> None:
    """Let these faults in or all; ends with 1 where something was published twice, lost or never approved."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers and programs go with us
    click.echo(HEAD)
    click.echo("|---|---|---|---|---|---|---|---|---|")
    wrong = False
    folder.mkdir(parents=True, exist_ok=True)
    for scenario in SCENARIOS:
        if not names or scenario.name in names:
            run = Run(scenario, size, each or EACH[size], moves=not every_second)
            try:
                run.live()
            finally:
                row = run.row()
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
