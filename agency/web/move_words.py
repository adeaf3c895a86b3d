"""The names of states and moves as words: refusals and the page of permissions say them in the reader's language.

`tenants.states.in_words` makes them from the tables; this list is where the catalogues of translations find them.
"""

from __future__ import annotations

from typing import Final

from tenants.errors import Worded, worded

SUBJECTS: Final[tuple[Worded, ...]] = (worded("reply"), worded("style guide version"), worded("approval policy"))

STATES: Final[tuple[Worded, ...]] = (
    worded("draft"),
    worded("awaiting approval"),
    worded("approved"),
    worded("declined"),
    worded("publishing"),
    worded("published"),
    worded("refused"),
    worded("outcome unknown"),
    worded("dropped"),
    worded("proposed"),
    worded("in force"),
    worded("retired"),
)

MOVES: Final[tuple[Worded, ...]] = (
    worded("submit"),
    worded("edit"),
    worded("approve"),
    worded("change and approve"),
    worded("decline"),
    worded("lapse"),
    worded("ask for changes"),
    worded("withdraw"),
    worded("drop"),
    worded("claim"),
    worded("acknowledge"),
    worded("stand back"),
    worded("settle"),
    worded("give back"),
    worded("lose track"),
    worded("reconcile"),
    worded("resolve"),
    worded("retry"),
    worded("release"),
    worded("propose"),
    worded("approve guide"),
    worded("answer"),
    worded("call back"),
    worded("put in force"),
    worded("retire"),
    worded("approve step"),
    worded("change step"),
    worded("pass step"),
    worded("escalate"),
    worded("hold"),
    worded("approve by policy"),
    worded("approve alike"),
    worded("propose policy"),
    worded("sign policy"),
    worded("answer policy"),
    worded("call policy back"),
    worded("record on paper"),
)

FIELDS: Final[tuple[Worded, ...]] = (worded("voice"), worded("identity"), worded("note"))
"""Parts of a style guide, as `styleguides.guides` names them in refusals."""
