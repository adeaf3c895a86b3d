"""How accounts look while they are being connected: what for, and how far."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from flask import request
from flask_babel import gettext as _

from agency.web.connecting_words import events_sentence, feature_words
from agency.web.contexts_connecting import ConnectedRow, FeatureRow, GrantedRow
from agency.web.health_words import health_looks
from agency.web.looks import BrandLook, StateLook
from agency.web.reply_looks import platform_word
from channels import accounts
from channels.account_standing import facts_of
from channels.features import BASICS, USUAL, Way, features_of, standing_features, way_of
from channels.health import state_of
from channels.models import Account, ConnectAttempt, GrantedAccount
from tenants import clock

LOOK_FOR = timedelta(minutes=30)
"""A page that waits for a sign of life looks by itself this long."""
QUIET_AFTER = timedelta(minutes=5)
"""Then nothing came so far, and the page says what that means."""
EVENT_SEEN = accounts.SHOW_EVENT_EVERY
"""The time of the last event is written this seldom."""


def waits(account: Account) -> bool:
    """Whether nothing real came back yet, nothing broke, and it is worth looking again soon."""
    return (
        account.tested_at is None
        and account.disconnected_at is None
        and account.health not in accounts.NEED_A_PERSON
        and _age(account) < LOOK_FOR
    )


def connected_row(account: Account, look: BrandLook) -> ConnectedRow:
    """How far one account is."""
    return ConnectedRow(
        name=account.name,
        platform=platform_word(account.platform),
        brand=look,
        state=_state(account),
        reading=_reading(account),
        events=""
        if account.health in accounts.NEED_A_PERSON
        else events_sentence(
            account.subscribed_at is not None,
            account.subscription_problem,
            account.subscription_checked_at is not None,
        ),
    )


def summary_of(every: Sequence[Account]) -> str:
    """Of more accounts than one page shows, how far they are."""
    return _(
        "%(total)s connected; tested: %(tested)s; in need of a person: %(broken)s.",
        total=len(every),
        tested=sum(one.tested_at is not None for one in every),
        broken=sum(one.health in accounts.NEED_A_PERSON for one in every),
    )


def seen_as(rows: tuple[object, ...], is_waiting: bool) -> str:
    """Stands for what a page shows, so that looking again changes nothing on it (and says nothing aloud) needlessly."""
    return hashlib.sha256(repr((rows, is_waiting)).encode()).hexdigest()[:16]


def is_same_look(seen: str) -> bool:
    """Whether a page that looks again by itself shows exactly this already."""
    return "HX-Request" in request.headers and request.args.get("seen") == seen


def _age(account: Account) -> timedelta:
    return clock.now() - (account.token_renewed_at or account.created_at)


def _state(account: Account) -> StateLook:
    if account.health != "ok":
        return health_looks()[state_of(facts_of(account), clock.now())]
    if account.tested_at is not None:
        return StateLook("tested", _("Connected and tested"), "check", "good")
    if account.last_polled_at is not None:
        return StateLook("read", _("Connected, test open"), "pulse", "info")
    return StateLook("waiting", _("We look for what is there now"), "clock", "plain")


def _reading(account: Account) -> str:
    """What came so far."""
    is_quiet = _age(account) >= QUIET_AFTER
    if account.health in accounts.NEED_A_PERSON:
        return _("Its access broke meanwhile. Nothing is lost; the card of the channel says what to do.")
    if account.tested_at is not None:
        if account.last_event_at is not None and account.last_event_at >= account.tested_at - EVENT_SEEN:
            return _("An event arrived and was read.")
        return _("Something new was found by looking and read.")
    if account.last_polled_at is None:
        if is_quiet:
            return _("The platform has not answered yet. Nothing is lost; the card of the channel says what is wrong.")
        return _("Nothing came back yet. This page looks again by itself.")
    if is_quiet:
        return _("Reading works, but nothing new has come yet. That is no fault while nobody writes.")
    return _("Reading works; nothing new has come yet.")


def advice_for(rows: Sequence[Account]) -> str:
    """What ends the test, said once for all that can still be tested; empty where nothing is open."""
    is_open = [one for one in rows if one.tested_at is None and one.last_polled_at is not None and one.health == "ok"]
    if not is_open:
        return ""
    if all(one.platform == "google_business" for one in is_open):
        return _(
            "The test ends with the next review, or a change of one. You need not wait for it here: the card of the "
            "channel says when the first event came."
        )
    return _(
        "To end the test, write a comment under one of the posts, as somebody else than the account itself; it arrives "
        "within a minute. Or leave this page: the card of the channel says when the first event came."
    )


def feature_rows(way: Way, chosen: Iterable[str], account: Account | None = None) -> tuple[FeatureRow, ...]:
    """The table's features as the form shows them; of an account also which it lacks."""
    wanted, words = set(chosen), feature_words()
    standing = set(standing_features(way, account.scopes, account.tasks)) if account else set()
    return tuple(
        FeatureRow(
            name=one.name,
            label=words[one.name],
            scopes=one.scopes,
            is_always=one.name == BASICS,
            is_chosen=one.name in wanted,
            is_missing=account is not None and one.name not in standing,
        )
        for one in features_of(way)
    )


def chosen_for(account: Account) -> tuple[str, ...]:
    """What is ticked when an account is connected again: what it can do now and what was asked for in the address."""
    way = way_of(account.platform, account.login)
    standing = standing_features(way, account.scopes, account.tasks) if account.scopes else USUAL
    return (*standing, *request.args.getlist("feature"))


def granted_rows(
    waiting: Sequence[GrantedAccount],
    walk: ConnectAttempt,
    live: Mapping[tuple[str, str], Account],
    brands: Mapping[UUID, BrandLook],
) -> tuple[tuple[GrantedRow, ...], tuple[str, ...]]:
    """What was granted, what can be connected first, and what all of it lacks. Ticked only where there is nothing to
    choose between: an agency sees the pages of all its clients here, and one tick too many would let a brand speak on
    another's page.
    """
    rows = [_granted_row(one, walk, live.get((one.platform, one.external_id)), brands) for one in waiting]
    new = [row for row in rows if row.is_new]
    if len(new) == 1:
        rows = [replace(row, is_chosen=row.is_new) for row in rows]
    all_lack = tuple(one for one in rows[0].lacks if len(rows) > 1 and all(one in row.lacks for row in rows))
    rows = [replace(row, lacks=tuple(one for one in row.lacks if one not in all_lack)) for row in rows]
    return tuple(sorted(rows, key=lambda row: (not row.is_choosable, not row.is_new, _by_name(row.name)))), all_lack


def _sounds_like(name: str, brand_id: UUID, brands: Mapping[UUID, BrandLook]) -> str | None:
    """Another brand whose name stands in this one, where the chosen brand's does not."""
    said = name.casefold()
    if brand_id in brands and brands[brand_id].name.casefold() in said:
        return None
    return next((look.name for one, look in brands.items() if one != brand_id and look.name.casefold() in said), None)


def _by_name(name: str) -> list[tuple[int, str]]:
    """Branch 2 before branch 10."""
    parts = re.findall(r"[0-9]{1,9}|[^0-9]+", name.casefold())
    return [(int(part), "") if part.isascii() and part.isdigit() else (-1, part) for part in parts]


def _granted_row(
    one: GrantedAccount, walk: ConnectAttempt, live: Account | None, brands: Mapping[UUID, BrandLook]
) -> GrantedRow:
    state, lacks, words = "", [], feature_words()
    if live is not None and live.brand_id == walk.brand_id:
        state = _("Connected already; choosing it renews its access.")
    elif live is not None and live.brand_id in brands:
        state = _("Connected to %(brand)s. Disconnect it there first.", brand=brands[live.brand_id].name)
    elif live is not None:
        state = _("Connected to another brand. Disconnect it there first.")
    elif (other := _sounds_like(one.name, walk.brand_id, brands)) is not None:
        state = _("By its name it could be %(brand)s.", brand=other)
    for feature in features_of(way_of(one.platform, one.login)):
        lacking = feature.missing_scopes(one.scopes)
        if feature.name not in walk.features:
            continue
        if feature.lacks_task(one.tasks):
            lacks.append(
                _(
                    "%(use)s: your role on the page does not include it (%(task)s).",
                    use=words[feature.name],
                    task=", ".join(feature.tasks),
                )
            )
        elif lacking:
            lacks.append(_("%(use)s: not allowed (%(scopes)s).", use=words[feature.name], scopes=", ".join(lacking)))
    return GrantedRow(
        id=str(one.id),
        name=one.name,
        external_id=one.external_id,
        platform=platform_word(one.platform),
        state=state,
        lacks=tuple(lacks),
        is_new=live is None,
        is_choosable=live is None or live.brand_id == walk.brand_id,
    )
