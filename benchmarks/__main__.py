"""`make bench`: every benchmark, or one by name, as one line a figure and as JSON below var/bench."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path

import click

from benchmarks.rounds import Line, as_text
from benchmarks.scratch import CHECKOUT, Scratch, scratch_servers

OF_HOUSES = ("inbox_page", "inbox_refresh_304", "badge_counts", "conversation_page", "wall")
"""What knows `medium`: 100,000 and 1,000,000 conversations, filled in a minute or two, against each other."""
Benchmark = Callable[[Scratch, str], Iterable[Line]]

BENCHMARKS: dict[str, str] = {
    "inbox_page": "inbox_pages",
    "inbox_refresh_304": "inbox_pages",
    "filtered_views": "inbox_views",
    "badge_counts": "inbox_pages",
    "conversation_page": "inbox_pages",
    "idle_pulse": "live_inbox",
    "live": "live_inbox",
    "store_items": "item_storage",
    "duplicate_poll": "item_storage",
    "style_check": "style_check",
    "recheck": "recheck",
    "bulk_resolve": "pressing",
    "approve_many": "approve_many",
    "claim_race": "claims",
    "audit_append": "audit_append",
    "brand_scan": "brand_scan",
    "saved_reply_suggestions": "saved_replies",
    "near_equal_words": "saved_replies",
    "earlier_answers": "earlier_answers",
    "search": "search",
    "ranking": "ranking",
    "clocks": "clocks",
    "wall": "lead_wall",
    "rules": "desk_rules",
    "incidents": "incidents",
    "suggestions": "suggestions",
    "understanding": "understanding",
    "poll_cycle": "poll_cycle",
    "poll_scale": "poll_scale",
    "webhook_intake": "webhook_intake",
    "event_to_visible": "webhook_intake",
    "publishing": "publishing",
    "one_reply": "one_reply",
}
"""Name of a benchmark and the module beside this one that holds it."""


def benchmark(name: str) -> Benchmark:
    """The benchmark of this name."""
    module = import_module(f"benchmarks.{BENCHMARKS[name]}")
    if name == "style_check":
        return lambda _scratch, size: module.run(size)
    return partial(getattr(module, name))


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    model = next(
        (row.split(":", 1)[1].strip() for row in _lines_of("/proc/cpuinfo") if row.startswith("model name")),
        platform.processor(),
    )
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    return {
        "processor": model,
        "cores": os.cpu_count() or 0,
        "system": platform.platform(),
        "python": platform.python_version(),
        "commit": commit.stdout.strip(),
        "load": round(os.getloadavg()[0], 1),
    }


def _lines_of(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8").splitlines()
    except OSError:
        return []


def write(folder: Path, name: str, size: str, lines: list[Line]) -> Path:
    """The figures of one benchmark as JSON; the newest run replaces the one before."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.{size}.json"
    found = {"name": name, "size": size, "at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine()}
    file.write_text(json.dumps({**found, "lines": lines}, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return file


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHMARKS)))
@click.option("--size", type=click.Choice(["tiny", "small", "medium", "full"]), default="small", show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), default=CHECKOUT / "var" / "bench", help="Where JSON goes.")
def main(names: Sequence[str], size: str, folder: Path) -> None:
    """Run these benchmarks or all, on what is filled once. No figure makes this fail; a wrong answer does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers and folders go with us
    if size == "medium" and not (names and {*names} <= {*OF_HOUSES}):
        raise click.UsageError(f"--size medium is for {', '.join(OF_HOUSES)}; name them.")
    with scratch_servers() as scratch:
        for each in names or BENCHMARKS:
            lines: list[Line] = []
            for found in benchmark(each)(scratch, size):
                click.echo(as_text(found))
                lines.append(found)
            write(folder, each, size, lines)


if __name__ == "__main__":
    main()
