"""Rows of the queue as a page shows them: looks, words and clocks around what the statement found.

A row that was made a moment ago, of the same values and for the same words, links and holder, is given again with
what it was printed as: nearly all rows of a page are those of the page before, somebody else's or one's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from flask_babel import gettext as _

from agency.inbox import queries
from agency.inbox.ranking import score_of
from agency.inbox.signs import KEPT, TIMED, UNANSWERED, VIP
from agency.web import clocks
from agency.web.contexts import LabelLook, QueueRow
from agency.web.inbox_address import PLATFORMS, Address
from agency.web.language import chosen_language, chosen_zone, per_language
from agency.web.looks import BrandLook, Stars, StateLook, brand_look
from agency.web.reply_looks import place_words, platform_word
from agency.web.state_looks import conversation_states, reply_states, unknown_state
from channels.items import KINDS as EVERY_KIND
from tenants import clock
from tenants.permissions import Actor, Permission

KEPT_FOR = timedelta(seconds=30)
"""A clock that counts in minutes may lag so long; whoever was erased is gone from here as soon."""
KEPT_ROWS = 4000
"""Of about 2 KB each."""
LONGEST_KEPT = 1_000
"""Characters of what a row's link keeps of the address; it stands in the row twice."""


class _Kept(NamedTuple):
    """A row and what it was made of; `until` it becomes late, due soon, or nobody's."""

    found: queries.QueueRow
    look: BrandLook
    labels: tuple[LabelLook, ...]
    until: datetime
    row: QueueRow


class _Store(dict[tuple[tuple[object, ...], int, bool], _Kept]):
    """By words and links, the case's number, and whether the reader holds it. Emptied as a whole."""

    def __init__(self, begun: datetime) -> None:
        super().__init__()
        self.begun = begun

    def is_over(self, now: datetime) -> bool:
        return not self.begun <= now < self.begun + KEPT_FOR or len(self) >= KEPT_ROWS


_kept = _Store(datetime.min.replace(tzinfo=UTC))


def _store(now: datetime) -> _Store:
    global _kept
    if _kept.is_over(now):
        _kept = _Store(now)
    return _kept


def rows_of(
    found: Iterable[queries.QueueRow],
    brands: dict[UUID, queries.BrandName],
    address: Address,
    actor: Actor,
    gone: Mapping[UUID, str] = MappingProxyType({}),
    worn: Mapping[UUID, LabelLook] = MappingProxyType({}),
) -> tuple[QueueRow, ...]:
    """Rows as the page prints them. Those of unnamed brands are left out; `gone` says which left the view."""
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    states, replies, places, stars = conversation_states(), reply_states(), _places(), _stars()
    start, _mark, query = address.case_url("\0").partition("\0")
    before, _mark, after = _("%(n)s pts", n="\0").partition("\0")
    vip = _("VIP") if actor.may(Permission.CONTACT_READ) else ""
    kept, view = _store(now), (locale, zone, start, query, vip)
    looks: dict[int, BrandLook | None] = {}  # by number: Python works a UUID's hash out anew each time
    rows = []
    for r in found:
        number = r.brand_id.int
        if number not in looks:
            brand = brands.get(r.brand_id)
            looks[number] = brand_look(str(brand.id), brand.name, brand.mark, brand.colour) if brand else None
        look = looks[number]
        if look is None:  # an archived brand's case: nobody works on it, and its look is not known here
            continue
        held = r.holder_id is not None and (r.held_until is None or r.held_until >= now)
        mine = held and r.holder_id == actor.user_id
        labels = tuple(worn[one] for one in r.label_ids if one in worn) if r.label_ids else ()
        left = gone.get(r.id, "") if gone else ""
        key = (view, r.id.int, mine)
        known = kept.get(key)
        if known and not left and now < known.until and known[:3] == (r, look, labels):
            rows.append(known.row)
            continue
        row_id = str(r.id)
        code = ("claimed" if held else "kept" if r.signs & KEPT else "open") if r.status == "open" else r.status
        wrote = r.last_customer_at or r.last_message_at
        row = QueueRow(
            row_id,
            f"{start}{row_id}{query}",
            look,
            places.get(r.platform if r.stars is not None else (r.platform, r.kind), r.platform),
            r.author_name or _("Somebody"),
            r.excerpt,
            r.language or "",
            stars[r.stars] if r.stars is not None else None,
            clocks.age(wrote, now, zone, locale),
            clocks.due(r.due_at, now, zone, locale) if r.due_at is not None and r.status == "open" else None,
            states.get(code) or unknown_state(code),
            _reply_look(r, replies) if r.reply_state is not None else None,
            r.holder_name or "" if held else "",
            mine,
            r.looked_at is None or (r.last_customer_at is not None and r.last_customer_at > r.looked_at),
            _score(r, now, before, after),
            gone=left,
            labels=labels,
            vip=vip if r.signs & VIP else "",
        )
        if not left and not address.wanted.q and len(query) <= LONGEST_KEPT:
            kept[key] = _Kept(r, look, labels, _turns(r, now), row)
        rows.append(row)
    return tuple(rows)


def _reply_look(r: queries.QueueRow, replies: Mapping[str, StateLook]) -> StateLook:
    """Its state, or what is nearer the point: that nobody answered in time, that it goes out later."""
    assert r.reply_state is not None
    if r.signs & TIMED and r.reply_state == "approved":
        return replies["timed"]
    if r.signs & UNANSWERED and r.reply_state == "awaiting_approval":
        return replies["unanswered"]
    return replies.get(r.reply_state) or unknown_state(r.reply_state)


def _turns(r: queries.QueueRow, now: datetime) -> datetime:
    """When next something changes that is not said in minutes."""
    soon = None if r.due_at is None else r.due_at - timedelta(seconds=clocks.SOON_SECONDS)
    return min(
        (at for at in (soon, r.due_at, r.held_until) if at is not None and at > now),
        default=datetime.max.replace(tzinfo=UTC),
    )


def _score(r: queries.QueueRow, now: datetime, before: str, after: str) -> str:
    score = score_of(r.rank, now) if r.status == "open" else None
    return "" if score is None else f"{before}{score}{after}"


@per_language
def _places() -> dict[str | tuple[str, str], str]:
    """By platform and kind; by the platform alone where stars say the rest."""
    alone: dict[str | tuple[str, str], str] = {platform: platform_word(platform) for platform in PLATFORMS}
    return alone | {(platform, kind): place_words(platform, kind) for platform in PLATFORMS for kind in EVERY_KIND}


@per_language
def _stars() -> list[Stars]:
    return [Stars(n, _("%(n)s of 5 stars", n=n)) for n in range(6)]


def look_of(address: Address) -> str:
    """Names how rows are printed for whoever sees the same: language, zone, and the address their links keep."""
    shown = (chosen_language(), str(chosen_zone()), sorted(address.kept.items()))
    return hashlib.blake2b(repr(shown).encode(), digest_size=6).hexdigest()
