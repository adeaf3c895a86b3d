"""What looking for incidents costs where words come in: pages stored with it against the same pages without.

The floor is the same intake with the look for complaints taken out, in the same house and minutes; pages bring
nothing but complaints, each a case of its own, which is the dearest there is.
"""

from __future__ import annotations

import time
from datetime import timedelta
from itertools import count as numbers
from typing import Any

from agency.inbox import intake
from benchmarks.item_storage import PAGE_ITEMS, _filled, _Place
from benchmarks.rounds import Line, line, paired
from benchmarks.scratch import Scratch
from channels.items import Author, IncomingItem, Page
from tenants import clock

PAGES = {"tiny": 1, "small": 5, "full": 20}
ROUNDS = {"tiny": 2, "small": 9, "full": 11}
SAID = ("My order {n} never came", "The parcel number {n} is broken", "Your courier was rude, what a shame {n}")
ABOUT = ("in Gdańsk", "since Monday", "again and again", "and nobody answers the phone", "in your shop", "at the till")


def incidents(scratch: Scratch, size: str) -> list[Line]:
    """Storing complaints with the look for incidents against storing them without."""
    place = _Place(_filled(scratch, size))
    fresh, watch = numbers(), intake.watch_over
    try:

        def stored(*, looks: bool) -> float:
            pages = [_page(next(fresh)) for _ in range(PAGES[size])]
            intake.watch_over = watch if looks else _nothing  # type: ignore[assignment]
            started = time.perf_counter()
            for page in pages:
                place.store_new(page)
            return len(pages) * PAGE_ITEMS / (time.perf_counter() - started)

        for looks in (True, False) * 3:  # statements are prepared from their fifth run on
            stored(looks=looks)
        pairing = paired(lambda: stored(looks=True), lambda: stored(looks=False), rounds=ROUNDS[size])
        return [
            line("storing complaints with the look for incidents", pairing, "rows/s", against="the same without it")
        ]
    finally:
        intake.watch_over = watch
        place.close()


def _nothing(*_given: Any, **_named: Any) -> None:
    """The floor: no look."""


def _page(number: int) -> Page:
    now = clock.now()
    items = tuple(
        IncomingItem(
            external_id=f"storm_{number}_{n}",
            thread_external_id=f"storm_{number}_{n}",
            parent_external_id=None,
            kind="comment",
            author=Author(f"storm-{number}-{n}", f"Customer {n}"),
            text=f"{SAID[n % 3].format(n=n)} {ABOUT[(n * 7 + number) % 6]} w{number * 31 + n}x, terrible service!",
            created_at=now - timedelta(seconds=n),
            updated_at=None,
            stars=None,
            permalink=None,
            from_us=False,
        )
        for n in range(PAGE_ITEMS)
    )
    return Page(items=items, set_aside=(), next_cursor="{}", complete=True)
