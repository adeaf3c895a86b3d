"""An account's card: its state with one sentence and one action, its times, its permissions, and who told us first."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from flask import url_for
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from sqlalchemy import select

from agency.web import clocks
from agency.web.connecting_words import feature_words
from agency.web.contexts import AccountRow
from agency.web.contexts_rooms import AccountFact, ArrivalBar, Arrivals, Permit
from agency.web.health_words import action_words, health_looks, health_words, reason_words
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import BrandLook, Clock, Notice
from agency.web.reply_looks import platform_word
from channels.account_standing import facts_of
from channels.features import features_of, way_of
from channels.health import KINDS, Facts, State, action_of, ends_at, state_of, write_pause_ends
from channels.models import Account, AccountDay
from tenants import clock
from tenants.database import db

DAYS_DRAWN = 14
BAR_WIDTH, BAR_STEP, DRAWN_HEIGHT = 8, 12, 40
LEAST_HEIGHT = 3
"""One word among hundreds is still seen."""
_ENDPOINTS = {"reconnect": "connecting.leave_again"}
NUMBER = re.compile(r"(?:HTTP |code )?[0-9/]{1,20}(?: [A-Z_]{1,40})?")
"""What stands beside our code for a reason and is the same in every language: HTTP 503, 100/33."""


def days_of(account_ids: Sequence[UUID]) -> dict[UUID, dict[date, AccountDay]]:
    """What came in the days drawn, one statement for a page of accounts."""
    since = clock.now().date() - timedelta(days=DAYS_DRAWN - 1)
    rows = db.session.scalars(select(AccountDay).where(AccountDay.account_id.in_(account_ids), AccountDay.day >= since))
    found: dict[UUID, dict[date, AccountDay]] = {}
    for row in rows:
        found.setdefault(row.account_id, {})[row.day] = row
    return found


def card_of(
    account: Account,
    brand: BrandLook,
    *,
    may_connect: bool,
    set_aside: int,
    days: dict[date, AccountDay],
    next_turn: datetime | None,
    url: Callable[..., str] = url_for,
) -> AccountRow:
    """Everything the card shows. ``url``: addresses of endpoints."""
    now = clock.now()
    facts = facts_of(account)
    state = state_of(facts, now)
    action = action_of(facts, state)
    is_live = account.disconnected_at is None
    may_touch = may_connect and is_live
    label = action_words()[action] if may_touch else ""
    return AccountRow(
        name=account.name,
        brand=brand,
        platform=platform_word(account.platform),
        state=health_looks()[state],
        since=since_words(account.health_since, now) if KINDS[state].stored else None,
        problem=_notice(account, facts, state, now, may_connect=may_connect),
        action_label=label,
        action_url=url(_ENDPOINTS.get(action, "accounts_page.check"), account_id=account.id) if label else "",
        renew_url=url("connecting.leave_again", account_id=account.id) if may_touch else "",
        token_url=url("accounts_page.ask_reconnect", account_id=account.id) if may_touch else "",
        disconnect_url=url("accounts_page.ask_disconnect", account_id=account.id) if may_touch else "",
        glance=(
            _past(_("Last thing in"), account.last_item_at, now),
            _past(_("Last event"), account.last_event_at, now),
            _past(_("Last look"), account.last_polled_at, now),
        ),
        course=_course(account, facts, state, next_turn, now) if is_live else (),
        access=_access(account, facts, now) if is_live else (),
        permits=_permits(account, url, may_connect=may_connect) if is_live else (),
        arrivals=arrivals_of(days, now.date()),
        set_aside=set_aside,
        set_aside_url=url("accounts_page.set_aside", account_id=account.id) if set_aside else "",
    )


def _worded(at: datetime, now: datetime, words: str) -> Clock:
    """A moment as the card says it. Never coloured: what is wrong is said by the state."""
    return replace(clocks.age(at, now, chosen_zone(), chosen_language()), words=words)


def _is_far(at: datetime, now: datetime) -> bool:
    return abs((now - at).total_seconds()) >= clocks.WEEK_SECONDS


def _span(at: datetime, now: datetime) -> str:
    return clocks.span_words(int(abs((now - at).total_seconds())), chosen_language())


def since_words(at: datetime, now: datetime) -> Clock:
    """For how long something has been so; after a week since which day."""
    if (now - at).total_seconds() < clocks.MINUTE_SECONDS:
        return _worded(at, now, _("just now"))
    if _is_far(at, now):
        return _worded(at, now, _("since %(day)s", day=_day(at)))
    return _worded(at, now, _("for %(span)s", span=_span(at, now)))


def _past(label: str, at: datetime | None, now: datetime) -> AccountFact:
    if at is None:
        return AccountFact(label=label, words=_("none yet"))
    if (now - at).total_seconds() < clocks.MINUTE_SECONDS:
        return AccountFact(label=label, at=_worded(at, now, _("just now")))
    far = _is_far(at, now)
    words = _day(at) if far else _("%(span)s ago", span=_span(at, now))
    return AccountFact(label=label, at=_worded(at, now, words))


def _next_look(state: State, at: datetime | None, now: datetime) -> AccountFact:
    label = _("Next look")
    if state in ("needs_reconnect", "access_lost"):
        return AccountFact(label=label, words=_("waits for a person"))
    if at is None or (at - now).total_seconds() < clocks.MINUTE_SECONDS:
        return AccountFact(label=label, words=_("at any moment"))
    return AccountFact(label=label, at=_worded(at, now, _("in %(span)s", span=_span(at, now))))


def _day(at: datetime) -> str:
    return format_date(at.astimezone(chosen_zone()).date(), "d MMMM y")


def _notice(account: Account, facts: Facts, state: State, now: datetime, *, may_connect: bool) -> Notice | None:
    if state in ("healthy", "disconnected"):
        return None
    words = health_words()[state]
    ends = ends_at(facts)
    named = {"place": platform_word(account.platform), "when": _day(ends) if ends else ""}
    then, sentence = words.then % named, words.sentence % named
    if state == "webhook_deaf" and _was_asked_again(facts):
        then = _("They were asked for again; the next thing a customer writes shows whether they come.")
    if state == "throttled" and facts.throttled_until is not None and facts.throttled_until > now:
        span = _span(max(facts.throttled_until, now + timedelta(minutes=1)), now)
        then = _("It goes on by itself in %(span)s. You need not do anything now.", span=span)
    if state == "writes_paused" and (until := write_pause_ends(facts, now)) is not None:
        span = _span(max(until, now + timedelta(minutes=1)), now)
        then = _(
            "It is tried again by itself in %(span)s. See at %(place)s why it is so; there you can object.",
            span=span,
            place=named["place"],
        )
        if facts.writes_paused_until is None or facts.writes_paused_until <= now:
            sentence = _("%(place)s lets this account send no direct messages for now.", place=named["place"])
    action = action_of(facts, state)
    if state == "unsubscribed" and action == "ask_platform":
        then = _("Decide at %(place)s who is told; we look again each day.", place=named["place"])
    if action in ("reconnect", "subscribe", "look", "ask_platform") and not may_connect:
        then = _("Ask an agency admin to see to it.")
    why = _why(facts, state)
    return Notice(KINDS[state].tone, f"{sentence} {why}".strip(), words.safe % named, then)


def _was_asked_again(facts: Facts) -> bool:
    checked, missed = facts.subscription_checked_at, facts.last_missed_at
    return checked is not None and missed is not None and checked > missed and facts.subscription_problem is None


def _why(facts: Facts, state: State) -> str:
    """Our own words for the reason's code. Of a platform's answer its number alone is shown, never its words."""
    if state in ("webhook_deaf", "silent", "key_missing", "writes_paused", "throttled"):
        return ""
    told = {
        "limited": facts.access_problem or facts.reason,
        "unsubscribed": facts.subscription_problem,
        "expiring": facts.access_problem,
    }.get(state, facts.reason)
    code, _space, detail = (told or "").partition(" ")
    words = reason_words().get(code, "")
    return f"{words[:-1]} ({detail})." if words and NUMBER.fullmatch(detail) else words


def _course(
    account: Account, facts: Facts, state: State, next_turn: datetime | None, now: datetime
) -> tuple[AccountFact, ...]:
    if account.subscribed_at is not None:
        events = _("on since %(day)s", day=_day(account.subscribed_at))
    else:
        events = reason_words().get(account.subscription_problem or "", _("off"))
    missed = account.missed_count
    return (
        AccountFact(label=_("Events"), words=events),
        AccountFact(
            label=_("Missed by events"),
            words=ngettext("%(num)s, found by looking", "%(num)s, found by looking", missed) if missed else _("none"),
        ),
        _next_look(state, next_turn, now),
        _past(_("Last answer out"), account.last_sent_at, now),
    )


def _access(account: Account, facts: Facts, now: datetime) -> tuple[AccountFact, ...]:
    ends, used = ends_at(facts), account.usage_percent
    checked = account.access_checked_at
    return (
        AccountFact(label=_("Access"), words=_("ends on %(day)s", day=_day(ends)) if ends else _("no known end")),
        _past(_("Access checked"), checked, now)
        if checked is not None
        else AccountFact(label=_("Access checked"), words=_("not yet")),
        AccountFact(
            label=_("Allowance used"),
            words=_("%(share)s %%", share=used) if used is not None else _("not told"),
            percent=min(used, 100) if used is not None else None,
        ),
    )


def _permits(account: Account, url: Callable[..., str], *, may_connect: bool) -> tuple[Permit, ...]:
    """Each use, whether it was granted, which permissions it lacks, and where one more is asked for. Empty where the
    platform never told us.
    """
    if not account.scopes:
        return ()
    words, way = feature_words(), way_of(account.platform, account.login)
    return tuple(
        Permit(
            name=words[feature.name],
            stands=feature.stands(account.scopes, account.tasks),
            scopes=", ".join(feature.scopes),
            missing=", ".join(feature.missing_scopes(account.scopes))
            or (_("a role on the page") if feature.lacks_task(account.tasks) else ""),
            upgrade_url=url("accounts_page.ask_reconnect", account_id=account.id, feature=feature.name)
            if may_connect and feature.missing_scopes(account.scopes)
            else "",
        )
        for feature in features_of(way)
    )


def arrivals_of(days: dict[date, AccountDay], today: date) -> Arrivals | None:
    """Two weeks as bars: told by events at the bottom, found by looking above, of these the missed ones on top."""
    if not days:
        return None
    most = max(day.told_count + day.found_count for day in days.values()) or 1

    def height(count: int) -> int:
        return max(LEAST_HEIGHT, round(count / most * DRAWN_HEIGHT)) if count else 0

    bars = []
    for place in range(DAYS_DRAWN):
        at = today - timedelta(days=DAYS_DRAWN - 1 - place)
        row = days.get(at)
        told, found, missed = (row.told_count, row.found_count, row.missed_count) if row is not None else (0, 0, 0)
        heights = [height(told), height(found - missed), height(missed)]
        if (over := sum(heights) - DRAWN_HEIGHT) > 0:
            heights[heights.index(max(heights))] -= over
        bars.append(
            ArrivalBar(
                x=place * BAR_STEP,
                told_height=heights[0],
                told_y=DRAWN_HEIGHT - heights[0],
                found_height=heights[1],
                found_y=DRAWN_HEIGHT - heights[0] - heights[1],
                missed_height=heights[2],
                missed_y=DRAWN_HEIGHT - sum(heights),
                title=_(
                    "%(day)s: %(told)s told, %(found)s found, %(missed)s missed",
                    day=format_date(at, "d MMM"),
                    told=told,
                    found=found - missed,
                    missed=missed,
                ),
            )
        )
    return Arrivals(
        bars=tuple(bars),
        told_count=sum(day.told_count for day in days.values()),
        found_count=sum(day.found_count - day.missed_count for day in days.values()),
        missed_count=sum(day.missed_count for day in days.values()),
        width=DAYS_DRAWN * BAR_STEP - (BAR_STEP - BAR_WIDTH),
        height=DRAWN_HEIGHT,
        bar_width=BAR_WIDTH,
    )
