"""How fast replies leave for a platform that allows our whole project few calls: in turn, before it refuses.

What a refusal costs is the try, and calls made while throttled count, too. Each brand and each agency has a share of
what may leave, so that a thousand of one hold up nobody else's.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from agency.replies.around import Around
from agency.replies.models import Reply
from channels.allowances import Ask, sending_of
from tenants.errors import worded

IN_TURN_SECONDS: Final = 5
"""Those that find no room are tried again after so long, or a multiple of it: many of them together are one job."""
IN_TURN = worded(
    "Many replies go out there now, and the platform takes so many a minute. The reply is kept and goes out by itself."
)

Room = Callable[[Sequence[Ask]], list[float]]
"""Seconds that each must wait for room; 0: it may leave, and that is counted."""


def take_turns(ready: Sequence[Around], again: list[tuple[Reply, int]], room: Room | None) -> list[Around]:
    """Those of the replies that may leave now, brands in turn; the others are put to what is tried `again`, with their
    seconds. One question for all.
    """
    waits = _waits_of(ready, room) if room is not None else {}
    for place, seconds in waits.items():
        reply = ready[place].reply
        reply.state_reason, reply.trouble = IN_TURN, "in_turn"
        again.append((reply, seconds))
    return [one for place, one in enumerate(ready) if place not in waits]


def _waits_of(ready: Sequence[Around], room: Room) -> dict[int, int]:
    turns = Counter[object]()
    asks: list[tuple[int, int, Ask]] = []
    for place, one in enumerate(ready):
        reply = one.reply
        ask = sending_of(reply.platform, str(reply.agency_id), str(reply.brand_id))
        if ask is not None:
            turns[reply.brand_id] += 1
            asks.append((turns[reply.brand_id], place, ask))
    asks.sort(key=lambda one: one[:2])
    waits = room([ask for _turn, _place, ask in asks]) if asks else []
    return {
        place: math.ceil(wait / IN_TURN_SECONDS) * IN_TURN_SECONDS
        for (_turn, place, _ask), wait in zip(asks, waits, strict=True)
        if wait > 0
    }
