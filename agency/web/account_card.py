"""An account's card: its state with one sentence and one action, its times, its permissions, and who told us first."""

from __future__ import annotations

from collections.abc import Sequence
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
from channels.health import KINDS, Facts, State, ends_at, state_of
from channels.models import Account, AccountDay, PollTurn
from tenants import clock
from tenants.database import db

DAYS_DRAWN = 14
BAR_WIDTH, BAR_STEP, DRAWN_HEIGHT = 8, 12, 40
LEAST_HEIGHT = 3
"""One word among hundreds is still seen."""
SHOWN_REASON = 160


def days_of(account_ids: Sequence[UUID]) -> dict[UUID, dict[date, AccountDay]]:
    """What came in the days drawn, one statement for a page of accounts."""
    since = clock.now().date() - timedelta(days=DAYS_DRAWN - 1)
    rows = db.session.scalars(select(AccountDay).where(AccountDay.account_id.in_(account_ids), AccountDay.day >= since))
    found: dict[UUID, dict[date, AccountDay]] = {}
    for row in rows:
        found.setdefault(row.account_id, {})[row.day] = row
    return found


def turns_of(account_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When each account is looked at next; left out where it waits for a person."""
    rows = db.session.execute(
        select(PollTurn.account_id, PollTurn.due_at).where(
            PollTurn.account_id.in_(account_ids), PollTurn.parked_at.is_(None)
        )
    )
    return {row.account_id: row.due_at for row in rows}


def card_of(
    account: Account,
    brand: BrandLook,
    *,
    may_connect: bool,
    set_aside: int,
    days: dict[date, AccountDay],
    next_turn: datetime | None,
) -> AccountRow:
    """Everything the card shows."""
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    facts = facts_of(account)
    state = state_of(facts, now)
    action = KINDS[state].action
    may_touch = may_connect and account.disconnected_at is None
    label = action_words()[action] if may_touch else ""

    def ago(at: datetime | None) -> Clock | None:
        return clocks.age(at, now, zone, locale) if at is not None else None

    def soon(at: datetime | None) -> Clock | None:
        return None if at is None else clocks.due(max(at, now), now, zone, locale)

    def fact(label: str, at: Clock | None, words: str = "") -> AccountFact:
        return AccountFact(label=label, at=at, words="" if at is not None else words or _("none yet"))

    nobody = _("waits for a person") if state in ("needs_reconnect", "access_lost") else _("at any moment")
    return AccountRow(
        name=account.name,
        brand=brand,
        platform=platform_word(account.platform),
        state=health_looks()[state],
        since=ago(account.health_since) if KINDS[state].stored else None,
        problem=_notice(account, facts, state, may_connect=may_connect),
        action_label=label,
        action_url=_action_url(account, action) if label else "",
        renew_url=url_for("connecting.leave_again", account_id=account.id) if may_touch else "",
        token_url=url_for("accounts_page.ask_reconnect", account_id=account.id) if may_touch else "",
        disconnect_url=url_for("accounts_page.ask_disconnect", account_id=account.id) if may_touch else "",
        facts=(
            fact(_("Told by an event"), ago(account.last_event_at)),
            fact(_("Last look"), ago(account.last_polled_at)),
            fact(_("Next look"), soon(next_turn) if next_turn is not None and next_turn > now else None, nobody),
            fact(_("Last thing in"), ago(account.last_item_at)),
            fact(_("Last answer out"), ago(account.last_sent_at)),
        )
        if account.disconnected_at is None
        else (
            fact(_("Last thing in"), ago(account.last_item_at)),
            fact(_("Last answer out"), ago(account.last_sent_at)),
        ),
        access=_access(account, facts) if account.disconnected_at is None else (),
        permits=_permits(account) if account.disconnected_at is None else (),
        arrivals=arrivals_of(days, now.date()),
        set_aside=set_aside,
        set_aside_url=url_for("accounts_page.set_aside", account_id=account.id) if set_aside else "",
    )


def _action_url(account: Account, action: str) -> str:
    if action == "reconnect":
        return url_for("connecting.leave_again", account_id=account.id)
    return url_for("accounts_page.check", account_id=account.id)


def _day(at: datetime) -> str:
    return format_date(at.astimezone(chosen_zone()).date(), "d MMMM y")


def _notice(account: Account, facts: Facts, state: State, *, may_connect: bool) -> Notice | None:
    if state in ("healthy", "disconnected"):
        return None
    words, kind = health_words()[state], KINDS[state]
    ends = ends_at(facts)
    named = {"place": platform_word(account.platform), "when": _day(ends) if ends else ""}
    reason = {
        "limited": facts.access_problem,
        "unsubscribed": facts.subscription_problem,
        "expiring": facts.access_problem,
    }.get(state, facts.reason if state not in ("webhook_deaf", "silent", "key_missing") else None)
    why = reason_words().get(reason or "", (reason or "")[:SHOWN_REASON] if state == "failing" else "")
    then = words.then % named
    if kind.action in ("reconnect", "subscribe", "look", "ask_platform") and not may_connect:
        then = _("Ask an agency admin to see to it.")
    return Notice(kind.tone, f"{words.sentence % named} {why}".strip(), words.safe % named, then)


def _access(account: Account, facts: Facts) -> tuple[AccountFact, ...]:
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    ends = ends_at(facts)
    if account.subscribed_at is not None:
        events = _("on since %(day)s", day=_day(account.subscribed_at))
    else:
        events = reason_words().get(account.subscription_problem or "", _("off"))
    checked = account.access_checked_at
    usage = (
        _("unknown")
        if account.usage_percent is None
        else _("%(share)s %% of the allowance", share=account.usage_percent)
    )
    missed = account.missed_count
    return (
        AccountFact(label=_("Access"), words=_("ends on %(day)s", day=_day(ends)) if ends else _("no known end")),
        AccountFact(label=_("Events"), words=events),
        AccountFact(
            label=_("Missed by events"),
            words=ngettext("%(num)s, found by looking", "%(num)s, found by looking", missed) if missed else _("none"),
        ),
        AccountFact(label=_("Usage"), words=usage),
        AccountFact(
            label=_("Access checked"),
            at=clocks.age(checked, now, zone, locale) if checked is not None else None,
            words="" if checked is not None else _("not yet"),
        ),
    )


def _permits(account: Account) -> tuple[Permit, ...]:
    """Each use, whether it was granted, and which permissions it lacks. Empty where the platform never told us."""
    if not account.scopes:
        return ()
    words = feature_words()
    return tuple(
        Permit(
            name=words[feature.name],
            stands=feature.stands(account.scopes, account.tasks),
            scopes=", ".join(feature.scopes),
            missing=", ".join(feature.missing_scopes(account.scopes)),
        )
        for feature in features_of(way_of(account.platform, account.login))
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
