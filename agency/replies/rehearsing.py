"""Sending is gone through once about nothing, so that a process forked for a job has its statements in words already.

SQLAlchemy keeps the SQL it has put together, and a fork inherits what is kept: the first reply of a process took half a
second longer than the second. Nothing here finds or changes a row; whatever of it goes wrong costs that time alone.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from agency.inbox.case import case_facts_many
from agency.inbox.sent_together import plain_places
from agency.replies import claiming, settling_many
from agency.replies.around_many import read_around
from agency.replies.moves import locked_many, move_together
from agency.replies.promises import database_now
from agency.replies.published_words import words_of
from agency.replies.visibility import settle_seconds_of
from styleguides.brand_state import states_of
from tenants.database import new_id
from tenants.scope import HasAppContext, Scope, in_scope


def rehearse(app: HasAppContext) -> None:
    """Ask what claiming and settling ask, for an agency that is none."""
    nobody = new_id()
    reply: Any = SimpleNamespace(
        id=nobody, brand_id=nobody, account_id=nobody, conversation_id=nobody, platform="facebook", deed="reply"
    )
    around: Any = SimpleNamespace(reply=reply)
    with in_scope(app, Scope(nobody, frozenset({nobody}))):
        locked_many([nobody])
        now = database_now()
        read_around([nobody])
        states_of([nobody])
        case_facts_many([(nobody, nobody)])
        claiming.read_round([around], now)
        move_together([], "claim", values={"sent_at": now, "lease_until": now}, fence_by=1)
        settling_many.named_anew([(reply, "nothing")])
        words_of([nobody])
        plain_places(nobody, [])
        settle_seconds_of(["facebook"])
