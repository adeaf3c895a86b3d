"""The scenario player: feeds written lines to the platforms at a chosen pace. Its place survives a restart."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

from agency.sandbox import seeding
from agency.sandbox.content import NotThere
from agency.sandbox.world import World

TICK_SECONDS = 0.25
MAX_LINES_PER_TICK = 200
MAX_PACE = 100_000.0


def read_lines(text: str) -> list[dict[str, Any]]:
    """Parse JSON lines; raises ValueError naming the line."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            parsed = json.loads(line)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        if not isinstance(parsed, dict):
            raise ValueError(f"line {number}: must be an object")
        found.append(parsed)
    return found


class Player:
    """Position is in scenario seconds. `tick` moves it by the time gone since the last tick, times the pace."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        # Nobody was playing while the program was down: the time since then does not count.
        self._last_tick = world.now()

    # Commands

    def load(self, lines: list[dict[str, Any]], name: str = "") -> bool:
        """Take lines in; the same lines again change nothing (False). Raises ValueError on a bad line."""
        for number, line in enumerate(lines, start=1):
            if line.get("kind") not in seeding.KINDS:
                raise ValueError(f"line {number}: kind must be one of {', '.join(seeding.KINDS)}")
            at = line.get("at_seconds", 0)
            if isinstance(at, bool) or not isinstance(at, (int, float)) or at < 0:
                raise ValueError(f"line {number}: at_seconds must be a number from 0 up")
        written = [json.dumps(line, sort_keys=True) for line in lines]
        # Times of writing count from "now" in whoever seeds, so the same scenario has other ones at each start.
        timeless = [{name: line[name] for name in sorted(line) if name != "created_at"} for line in lines]
        digest = hashlib.sha256(json.dumps(timeless).encode()).hexdigest()
        store = self.world.store
        with store.transaction() as db:
            if store.setting("scenario_digest") == digest:
                return False
            db.execute("DELETE FROM scenario_lines")
            db.executemany(
                "INSERT INTO scenario_lines (at_seconds, line) VALUES (?, ?)",
                [(float(line.get("at_seconds", 0)), text) for line, text in zip(lines, written, strict=True)],
            )
            store.set_setting("scenario_digest", digest)
            store.set_setting("scenario_name", name)
            store.set_setting("scenario_position", 0.0)
        return True

    def start(self) -> None:
        self._last_tick = self.world.now()
        self.world.store.set_setting("scenario_running", True)

    def stop(self) -> None:
        self.world.store.set_setting("scenario_running", False)

    def set_pace(self, pace: float) -> None:
        """Scenario seconds per second; raises ValueError."""
        if not 0 < pace <= MAX_PACE:
            raise ValueError(f"pace must be above 0 and at most {MAX_PACE:.0f}")
        self.world.store.set_setting("scenario_pace", pace)

    def restart(self) -> None:
        """All lines become unplayed. What was posted stays."""
        store = self.world.store
        with store.transaction() as db:
            db.execute("UPDATE scenario_lines SET played_at = NULL, note = NULL")
            db.execute("UPDATE items SET key = NULL WHERE key IS NOT NULL")
            store.set_setting("scenario_position", 0.0)
        self._last_tick = self.world.now()

    def progress(self) -> dict[str, Any]:
        store = self.world.store
        with store.transaction() as db:
            row = db.execute(
                "SELECT count(*) AS total, count(played_at) AS played, count(note) AS failed, max(at_seconds) AS length"
                " FROM scenario_lines"
            ).fetchone()
            notes = db.execute(
                "SELECT seq, note FROM scenario_lines WHERE note IS NOT NULL ORDER BY seq LIMIT 20"
            ).fetchall()
        return {
            "name": store.setting("scenario_name", ""),
            "running": bool(store.setting("scenario_running", False)),
            "pace": store.setting("scenario_pace", 1.0),
            "position_seconds": round(float(store.setting("scenario_position", 0.0)), 2),
            "length_seconds": row["length"] or 0,
            "total": row["total"],
            "played": row["played"],
            "failed": row["failed"],
            "notes": [{"line": note["seq"], "reason": note["note"]} for note in notes],
        }

    # Playing

    def tick(self) -> int:
        """Play what has become due; answers how many lines. One that cannot be played is noted, never tried again."""
        store = self.world.store
        now = self.world.now()
        gone_seconds, self._last_tick = max(0.0, now - self._last_tick), now
        if not store.setting("scenario_running", False):
            return 0
        with store.transaction() as db:
            position = float(store.setting("scenario_position", 0.0)) + gone_seconds * store.setting(
                "scenario_pace", 1.0
            )
            due = db.execute(
                "SELECT seq, line FROM scenario_lines WHERE played_at IS NULL AND at_seconds <= ?"
                " ORDER BY at_seconds, seq LIMIT ?",
                (position, MAX_LINES_PER_TICK),
            ).fetchall()
            store.set_setting("scenario_position", position)
            for row in due:
                note = self._play(json.loads(row["line"]))
                db.execute("UPDATE scenario_lines SET played_at = ?, note = ? WHERE seq = ?", (now, note, row["seq"]))
            unplayed = db.execute("SELECT count(*) FROM scenario_lines WHERE played_at IS NULL").fetchone()[0]
            if not unplayed:
                store.set_setting("scenario_running", False)
        return len(due)

    def _play(self, line: dict[str, Any]) -> str | None:
        try:
            with self.world.store.transaction():
                seeding.write_item(self.world, line, make_accounts=True)
        except (ValueError, NotThere, TypeError) as error:
            return str(error)[:300]
        return None

    def play_in_background(self) -> None:
        """Start the thread; it dies with the program."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="scenario player", daemon=True)
            self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.wait(TICK_SECONDS):
            self.tick()


def load_file(player: Player, file: Path) -> bool:
    """Load a file of JSON lines; raises ValueError and OSError."""
    return player.load(read_lines(file.read_text(encoding="utf-8")), file.name)
