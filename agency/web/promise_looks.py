"""A promise to a customer in words: what is left, how it ended, and what a draft would promise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from agency.replies.promise_lists import Promised
from agency.replies.reply_rows import ReplyRow
from agency.web import clocks
from agency.web.contexts_promises import PromiseLook
from agency.web.inbox_address import Address
from agency.web.language import chosen_language, chosen_zone, per_language
from agency.web.looks import StateLook
from styleguides.promised_moments import PromisedMoment
from tenants import clock
from tenants.permissions import Actor, Permission

_LAST_MINUTE = timedelta(minutes=1)
"""A day that is over at midnight is called by its own name."""


@per_language
def promise_states() -> dict[str, StateLook]:
    """Where a promise stands."""
    return {
        "open": StateLook("open", _("Promised"), "hourglass", "info"),
        "broken": StateLook("broken", _("Promise broken"), "alert", "bad"),
        "kept": StateLook("kept", _("Promise kept"), "check", "good"),
        "late": StateLook("late", _("Promise kept late"), "clock", "warn"),
        "dropped": StateLook("dropped", _("No promise"), "cross", "plain"),
        "lapsed": StateLook("lapsed", _("Lapsed: its answer does not stand there"), "ban", "plain"),
    }


def promise_look(one: Promised, url: str = "", back: str = "", brand_zone: str = "") -> PromiseLook:
    """One promise; `url` where presses go, for whoever may end it. By the reader's clock, and by the brand's beside it
    where they show different times.
    """
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    is_open, due = one.ended is None, clocks.moment(one.due_at, zone, locale)
    code = ("broken" if one.is_broken(now) else "open") if one.ended is None else one.ended
    return PromiseLook(
        phrase=one.phrase,
        state=promise_states()[code],
        due=replace(due, words=_("by %(time)s", time=clocks.until_words(one.due_at, zone, locale))),
        there=_there(one.due_at, zone, brand_zone, is_beside=True) if is_open else "",
        left=clocks.due(one.due_at, now, zone, locale) if is_open else None,
        ended=clocks.moment(one.ended_at, zone, locale) if one.ended_at is not None else None,
        ended_by=one.ended_by_name or "",
        is_open=is_open,
        url=url,
        back=back,
    )


def open_promises(
    replies: Iterable[ReplyRow], actor: Actor, address: Address, brand_zone: str
) -> tuple[PromiseLook, ...]:
    """What a case still owes, the next first."""
    found = [(one, reply) for reply in replies for one in Promised.of(reply) if one.ended is None]
    return tuple(
        promise_look(one, press_url(one, reply, actor, address), brand_zone=brand_zone)
        for one, reply in sorted(found, key=lambda pair: (pair[0].due_at, pair[0].id))
    )


def ended_promises(reply: ReplyRow | None, actor: Actor, address: Address) -> tuple[PromiseLook, ...]:
    """What an answer promised and what became of it; open ones stand with the case."""
    if reply is None:
        return ()
    return tuple(
        promise_look(one, press_url(one, reply, actor, address)) for one in Promised.of(reply) if one.ended is not None
    )


def press_url(one: Promised, reply: ReplyRow, actor: Actor, address: Address) -> str:
    """Where presses about it go; empty for who may not."""
    if not actor.may(Permission.REPLY_WRITE):
        return ""
    return address.deed_url(reply.conversation_id, f"promises/{one.id}")


def would_promise(text: str, found: Iterable[PromisedMoment], zone: str) -> tuple[str, ...]:
    """What a draft would promise if it went out now, by the brand's clock: by Friday → Fri 12 Mar, 17:00."""
    return tuple(
        f"{text[one.start : one.end]} → {_there(one.due_at, chosen_zone(), zone) or _day_and_time(one.due_at, zone)}"
        for one in found
    )


def _there(at: datetime, reader_zone: tzinfo, zone: str, *, is_beside: bool = False) -> str:
    """The moment by the brand's clock; empty where the reader's says the same. `is_beside` the reader's: the day only
    where that is another.
    """
    if not zone:
        return ""
    there, here = at.astimezone(ZoneInfo(zone)), at.astimezone(reader_zone)
    if there.utcoffset() == here.utcoffset():
        return ""
    is_other_day = (there - _LAST_MINUTE).date() != (here - _LAST_MINUTE).date()
    hour = "24:00" if (there.hour, there.minute) == (0, 0) else there.strftime("%H:%M")
    told = _day_and_time(at, zone) if is_other_day or not is_beside else hour
    return _("%(time)s by the brand's clock", time=told)


def _day_and_time(at: datetime, zone: str) -> str:
    return clocks.until_words(at, ZoneInfo(zone), chosen_language(), "EEE d MMM")
