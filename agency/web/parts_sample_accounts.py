"""Invented channels for `/parts/pages/accounts`: one for each state, drawn by the very code of the real page."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from agency.web import contexts as c
from agency.web.account_card import card_of
from agency.web.contexts_history import HistoryLook
from agency.web.looks import Choice, StateLook
from agency.web.parts_samples import brands
from channels.health import KINDS, State
from channels.models import Account, AccountDay
from tenants import clock

SCOPES = ["pages_show_list", "pages_read_engagement", "pages_manage_metadata", "pages_read_user_content"]
NAMES = ("Hotel Bursztynowa Zatoka w Łebie", "Pennywell", "Padaria Sol Poente, Vila Nova de Milfontes")


def _columns(state: State, now: datetime) -> dict[str, Any]:
    """What makes an account be in a state."""
    by_state: dict[State, dict[str, Any]] = {
        "needs_reconnect": {"health": "needs_reconnect", "health_reason": "password_changed"},
        "access_lost": {"health": "access_lost", "health_reason": "page_role_lost"},
        "no_allowance": {"health": "failing", "health_reason": "quota_zero", "platform": "google_business"},
        "key_missing": {"health": "failing", "health_reason": "key_missing"},
        "writes_paused": {"writes_paused_until": now + timedelta(hours=3, minutes=20)},
        "failing": {"health": "failing", "health_reason": "platform_down HTTP 503", "platform": "instagram"},
        "throttled": {"health": "throttled", "throttled_until": now + timedelta(minutes=40), "usage_percent": 97},
        "expiring": {"token_expires_at": now + timedelta(days=5), "access_problem": "not_renewed"},
        "limited": {"access_problem": "not_verified", "platform": "google_business"},
        "unsubscribed": {"subscription_problem": "other_topic", "platform": "google_business", "subscribed_at": None},
        "webhook_deaf": {"last_missed_at": now - timedelta(minutes=9), "missed_count": 3},
        "silent": {"usual_gap_seconds": 7_200, "last_item_at": now - timedelta(days=5)},
        "disconnected": {"health": "disconnected", "disconnected_at": now - timedelta(days=3)},
        "healthy": {},
    }
    return by_state[state]


def account(state: State, number: int = 0) -> Account:
    """An account in a state; it stands in no database."""
    now = clock.now()
    columns: dict[str, Any] = {
        "id": UUID(int=number + 1),
        "name": NAMES[number % len(NAMES)],
        "platform": "facebook",
        "login": None,
        "health": "ok",
        "health_since": now - timedelta(minutes=84) if state not in ("healthy", "silent") else now - timedelta(days=30),
        "created_at": now - timedelta(days=30),
        "last_polled_at": now - timedelta(minutes=1, seconds=number),
        "last_event_at": now - timedelta(minutes=7 * (number + 1)),
        "last_item_at": now - timedelta(hours=number + 1),
        "last_sent_at": now - timedelta(hours=5),
        "access_checked_at": now - timedelta(hours=11),
        "subscribed_at": now - timedelta(days=30),
        "scopes": SCOPES,
        "tasks": [],
        "missed_count": 0,
        "usage_percent": 34,
    }
    return Account(**{**columns, **_columns(state, now)})


def _days(number: int) -> dict[Any, AccountDay]:
    today = clock.now().date()
    return {
        today - timedelta(days=ago): AccountDay(
            told_count=(ago * 7 + number * 3) % 13,
            found_count=2 if ago % 5 == number % 5 else 0,
            missed_count=1 if ago % 5 == number % 5 and number % 3 == 0 else 0,
        )
        for ago in range(14)
        if (ago + number) % 6
    }


def _row(state: State, number: int, *, may_connect: bool = True) -> c.AccountRow:
    now = clock.now()
    return card_of(
        account(state, number),
        brands()[(number + 1) % 3],
        may_connect=may_connect,
        set_aside=2 if number == 1 else 0,
        days=_days(number) if state != "disconnected" else {},
        next_turn=now + timedelta(minutes=4, seconds=30),
        url=lambda endpoint, **_names: f"#{endpoint}",
    )


def accounts(kind: str = "") -> c.AccountsPage:
    """Each state once, the worst first; `many`: sixty, three of them in trouble; `reader`: for whoever may not act."""
    if kind == "many":
        states: list[State] = ["access_lost", "webhook_deaf", "silent", *["healthy"] * 57]  # type: ignore[list-item]
    else:
        states = sorted(KINDS, key=lambda state: KINDS[state].rank)
    rows = [_row(state, number, may_connect=kind != "reader") for number, state in enumerate(states)]
    reading = HistoryLook(
        account=rows[-2].name,
        state=StateLook("running", "Reading its past", "clock", "info"),
        words="back to 3 May 2026, 412 items",
        page_url="#",
    )
    rows[-2] = replace(rows[-2], history=reading)
    return c.AccountsPage(
        rows=tuple(rows),
        tabs=(Choice("All", "?", True, len(rows)), Choice("Troubled", "?t=1", count=3, tone="bad")),
        connect_url="" if kind == "reader" else "#",
        brands=tuple(Choice(b.name, "", value=b.id) for b in brands()),
        platforms=(Choice("Facebook", "", value="facebook"), Choice("Google", "", value="google_business")),
    )
