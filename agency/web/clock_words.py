"""The clocks of a case in words: until when it is heard, answered, resolved, and by which rule."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Any

from flask_babel import gettext as _

from agency.inbox.case_clocks import CaseClock, clocks_of, tightest
from agency.inbox.clock_rules import BUSINESS, COMPLAINT, OTHER, SAME_DAY, ClockRule
from agency.replies.reply_rows import ReplyRow
from agency.web.clock_names import clock_names
from agency.web.clocks import span_words
from agency.web.contexts_conversation import ClockLook
from agency.web.language import chosen_language, per_language, time_of_day
from agency.web.reply_looks import kind_word, platform_word


@per_language
def _ends() -> dict[str, tuple[str, str, str]]:
    """Of each clock: until when, and how it ended."""
    return {
        "heard": (_("Heard by %(time)s"), _("Heard %(time)s, in time"), _("Heard %(time)s, late")),
        "answered": (_("Answered by %(time)s"), _("Answered %(time)s, in time"), _("Answered %(time)s, late")),
        "resolved": (_("Resolved by %(time)s"), _("Resolved %(time)s, in time"), _("Resolved %(time)s, late")),
    }


@per_language
def case_words() -> dict[str, str]:
    """Which cases a rule is about, by what customers say."""
    return {COMPLAINT: _("complaints"), OTHER: _("no complaints")}


def within_words(rule: ClockRule) -> str:
    """Within how long: `12 h of business hours`."""
    if rule.counted == SAME_DAY:
        return _("the same business day")
    if rule.counted == BUSINESS:
        return _("%(hours)s h of business hours", hours=rule.hours)
    return _("%(hours)s h", hours=rule.hours)


def rule_words(rule: ClockRule) -> str:
    """A rule by what it is about and how long it gives: `Facebook, complaints, 12 h of business hours`."""
    about = (
        platform_word(rule.platform) if rule.platform else "",
        kind_word(rule.kind) if rule.kind else "",
        case_words().get(rule.said, ""),
    )
    return ", ".join(word for word in (*about, within_words(rule)) if word)


def due_reason(kept: dict[str, Any]) -> str:
    """Which clock ends first, and the rule that set it."""
    ends = tightest(kept)
    return "" if ends is None else f"{clock_names()[ends.name]}: {rule_words(ends.rule)}"


def clock_looks(
    kept: dict[str, Any], now: datetime, zone: tzinfo, replies: Iterable[ReplyRow]
) -> tuple[ClockLook, ...]:
    """Every clock of an open case that a rule sets, and how long the client has had what waits for them."""
    looks = [_look(one, now, zone) for one in clocks_of(kept)]
    asked = [reply.state_since for reply in replies if reply.state == "awaiting_approval"]
    if asked:
        span = span_words(int((now - min(asked)).total_seconds()), chosen_language())
        looks.append(ClockLook(_("With the client for %(span)s", span=span), _("our clocks go on"), "plain"))
    return tuple(looks)


def _look(one: CaseClock, now: datetime, zone: tzinfo) -> ClockLook:
    until, met, late = _ends()[one.name]
    if one.stopped is None:
        level = "late" if one.due < now else "plain"
        return ClockLook(until % {"time": time_of_day(one.due, zone)}, rule_words(one.rule), level)
    words = met if one.was_met else late
    return ClockLook(words % {"time": time_of_day(one.stopped, zone)}, rule_words(one.rule), "plain")
