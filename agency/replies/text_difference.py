"""What changed between two texts, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from styleguides.tokens import shows_nothing

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
MOST_SIGNS = 5
LONGEST_WORDS = 4000
"""Above this the whole text counts as replaced: matching is quadratic in the worst case."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that stayed, went or came."""

    kind: Literal["same", "removed", "added"]
    text: str

    @property
    def unseen(self) -> str:
        """Which signs came or went where nobody would see that any did: `U+200B`; of many the first."""
        if self.kind == "same" or not self.text.strip() or not shows_nothing(self.text):
            return ""
        signs = [f"U+{ord(sign):04X}" for sign in self.text if not sign.isspace()]
        return " ".join(signs[:MOST_SIGNS])


def text_difference(before: str, after: str) -> tuple[Piece, ...]:
    """Pieces in reading order.

    Joining all that is not `added` gives `before` again, all that is not `removed` gives `after`: nothing is lost or
    made up. White space counts, since it is published too. Unchanged white space between two changed words joins the
    change, so that a rewritten sentence reads as one.
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(new)) > LONGEST_WORDS:
        return tuple(Piece(kind, text) for kind, text in (("removed", before), ("added", after)) if text)  # type: ignore[arg-type]
    runs: list[tuple[str, str]] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        was, now = "".join(old[i1:i2]), "".join(new[j1:j2])
        after_change = bool(runs) and runs[-1][0] != runs[-1][1]
        between_changes = was.isspace() and i2 < len(old) and j2 < len(new)
        if after_change and (tag != "equal" or between_changes):
            runs[-1] = (runs[-1][0] + was, runs[-1][1] + now)
        else:
            runs.append((was, now))
    pieces: list[Piece] = []
    for was, now in runs:
        if was == now:
            pieces.append(Piece("same", was))
        else:
            pieces += [Piece("removed", was)] if was else []
            pieces += [Piece("added", now)] if now else []
    return tuple(pieces)
