"""On a receipt: how whoever was asked last was asked and reminded, and what came of nobody's answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from agency.replies.policy_clock import clock_from_data
from agency.web import clocks
from agency.web.contexts import ChainStep
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Clock
from agency.web.wait_words import moment_words, wait_sentences

ORDER = 2
"""With the sending for approval, before the decision that shares its moment."""


def steps_waiting(kept: Mapping[str, Any] | None) -> list[tuple[datetime, int, ChainStep]]:
    """Of a reply's `waits_clock`; none before anybody was mailed, or without one."""
    clock = clock_from_data(kept)
    if clock is None or clock.asked_at is None:
        return []
    counts = ((_("Silence counts from"), moment_words(clock.silence_at)),) if clock.silence_at is not None else ()
    asked = ChainStep(what=_("Asked by mail"), icon="mail", at=_at(clock.asked_at), facts=counts)
    steps = [(clock.asked_at, ORDER, asked)]
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
