"""What a row of the queue says besides its state, as bits of one small number that the queue's indexes carry.

That a rule keeps a case for somebody is written where it is done and ends by a trigger (`migrations/versions/0083`); so
is that it comes back at a time (`agency.inbox.comebacks`, `migrations/versions/0094`). That a loop was
asked and has not answered is written where either is done (`agency.inbox.loops.asking`).
A VIP follows from the reasons of the rank: whoever writes these writes it too. That nobody answered in time, and that
it goes out at a time, follow from the newest change of a reply, by a trigger (`migrations/versions/0066`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

VIP: Final = 1
UNANSWERED: Final = 2
TIMED: Final = 4
KEPT: Final = 8
COMES_BACK: Final = 16
IN_LOOP: Final = 32
INCIDENT: Final = 64
SIGNS: Final = {
    "vip": VIP,
    "unanswered": UNANSWERED,
    "timed": TIMED,
    "kept": KEPT,
    "comes_back": COMES_BACK,
    "in_loop": IN_LOOP,
    "incident": INCIDENT,
}
"""By the word of filters and programs."""
_ALL: Final = sum(SIGNS.values())
SIGN_OF_VIP: Final = """(given.rank_reasons @> '[{"part": "vip"}]')::int"""
"""In statements that write the reasons of a rank."""


def signs_in(number: int, *, may_see_people: bool = True) -> list[str]:
    """The words of a number, in the order of SIGNS; that of a VIP for who may see what is known of people."""
    return [word for word, bit in SIGNS.items() if number & bit and (may_see_people or bit != VIP)]


def numbers_with(words: Collection[str], *, may_see_people: bool = True) -> tuple[int, ...]:
    """Every number that has one of these signs: compared as a list, so that an index alone answers."""
    wanted = sum({SIGNS[word] for word in words if word in SIGNS and (may_see_people or SIGNS[word] != VIP)})
    return tuple(number for number in range(_ALL + 1) if number & wanted and not number & ~_ALL)
