"""On a receipt: how whoever was asked last was asked and reminded, and what came of nobody's answer."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from agency.replies.approval_requests import mails_of_last_asking
from agency.replies.models import Reply
from agency.replies.policy_clock import clock_from_data
from agency.web import clocks
from agency.web.contexts import ChainStep
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Clock
from agency.web.wait_words import moment_words, wait_sentences

ORDER = 2
"""With the sending for approval, before the decision that shares its moment."""


def steps_waiting(reply: Reply) -> list[tuple[datetime, int, ChainStep]]:
    """By its `waits_clock`; none before anybody was asked, or without one. One statement where there is one."""
    kept = reply.waits_clock
    clock = clock_from_data(kept)
    if clock is None or clock.asked_at is None:
        return []
    counts = ((_("Silence counts from"), moment_words(clock.silence_at)),) if clock.silence_at is not None else ()
    mails = mails_of_last_asking(reply.id)
    asked_at = min((left_at or clock.asked_at for left_at in mails), default=clock.asked_at)
    what = _("Asked by mail") if mails else _("Asked; no mail about it had left")
    steps = [(asked_at, ORDER, ChainStep(what=what, icon="mail", at=_at(asked_at), facts=counts))]
    if clock.reminded_at is not None:
        often = ((_("How often"), str(clock.reminded)),)
        step = ChainStep(what=_("Reminded, for the last time"), icon="bell", at=_at(clock.reminded_at), facts=often)
        steps.append((clock.reminded_at, ORDER, step))
    if clock.fell_at is not None:
        said = " ".join(wait_sentences(kept)[1 if clock.reminded else 0 :])
        step = ChainStep(
            what=_("Nobody had answered"),
            icon="hourglass",
            tone="warn",
            at=_at(clock.fell_at),
            facts=((_("What came of it"), said),),
        )
        steps.append((clock.fell_at, ORDER, step))
    return steps


def _at(moment: datetime) -> Clock:
    return clocks.moment(moment, chosen_zone(), chosen_language())
