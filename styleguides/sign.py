"""What a word may have to do with: a set of bits, so that one look-up a word tells every judge where to look."""

from __future__ import annotations

from typing import Final


class Sign:
    """Bits, as plain numbers: an enumeration's `&` costs more than what it saves here.

    Without any of them a word concerns the rules' own phrases alone.
    """

    CAPITALS: Final = 1
    ADDRESS: Final = 2
    """May speak to somebody in one register."""
    NEGATIVE_FIRST: Final = 4
    NEGATIVE: Final = 8
    """One of these stands in every text that is put negatively."""
    TIME: Final = 16
    BEFORE_TIME: Final = 32
    FUTURE: Final = 64
    PERSON: Final = 128
    SALES_TALK: Final = 256
    PROMISES: Final = 512
    HEALTH: Final = 1024
