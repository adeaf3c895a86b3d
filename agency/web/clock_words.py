"""The clocks of a case in words: until when it is heard, answered, resolved, and by which rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from flask_babel import gettext as _

from agency.inbox.case_clocks import CaseClock, ClientSpan, client_spans, clocks_of, tightest, with_client
from agency.inbox.clock_rules import BUSINESS, COMPLAINT, OTHER, SAME_DAY, ClockRule
from agency.replies.policy_clock import clock_from_data
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
    """Every clock of an open case that a rule sets, how much of it the client had, and by when they say yes."""
    spans = client_spans(kept)
    looks = [_look(one, now, zone, spans) for one in clocks_of(kept)]
    if spans and spans[-1].until is None:
        looks.append(_with_client(spans[-1], now, zone, replies))
    return tuple(looks)


def _look(one: CaseClock, now: datetime, zone: tzinfo, spans: Sequence[ClientSpan]) -> ClockLook:
    until, met, late = _ends()[one.name]
    had = _had(spans, one.since, one.stopped or now)
    if one.stopped is None:
        level = "late" if one.due < now else "plain"
        return ClockLook(until % {"time": time_of_day(one.due, zone)}, rule_words(one.rule), level, had)
    words = met if one.was_met else late
    return ClockLook(words % {"time": time_of_day(one.stopped, zone)}, rule_words(one.rule), "plain", had)


def _had(spans: Sequence[ClientSpan], since: datetime, until: datetime) -> str:
    """How much of that time the client had it; empty where none, or less than a minute."""
    had, whole = with_client(spans, since, until), until - since
    if had < timedelta(minutes=1):
        return ""
    return _("with the client %(part)s of these %(whole)s", part=_span_words(had), whole=_span_words(whole))


def _with_client(span: ClientSpan, now: datetime, zone: tzinfo, replies: Iterable[ReplyRow]) -> ClockLook:
    """Since when, by when by the rule or else by what the policy says of silence, and what that does to our clocks."""
    since = time_of_day(span.since, zone)
    due, rule = span.due, rule_words(span.rule) if span.rule is not None else ""
    if due is None:
        waits = (clock_from_data(r.waits_clock) for r in replies if r.state == "awaiting_approval")
        due = min((one.silence_at for one in waits if one is not None and one.silence_at is not None), default=None)
        rule = _("by the signed policy") if due is not None else ""
    if due is None:
        words, goes_on = _("With the client since %(time)s", time=since), _("our clocks go on")
        return ClockLook(words, goes_on, "plain")
    stands = span.stands is not None and due > now
    goes_on = _("the clock of our answer stands until then") if stands else _("our clocks go on")
    words = (
        _("With the client since %(time)s, their yes was due %(due)s", time=since, due=time_of_day(due, zone))
        if due < now
        else _("With the client since %(time)s, their yes is due %(due)s", time=since, due=time_of_day(due, zone))
    )
    return ClockLook(words, ", ".join(one for one in (rule, goes_on) if one), "late" if due < now else "plain")


def _span_words(span: timedelta) -> str:
    """To the minute: `3 h 10 min`."""
    minutes = int(span.total_seconds()) // 60
    locale = chosen_language()
    hours, rest = divmod(minutes, 60)
    if not hours or hours >= 48 or not rest:
        return span_words(minutes * 60, locale)
    return f"{span_words(hours * 3600, locale)} {span_words(rest * 60, locale)}"
