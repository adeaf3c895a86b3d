"""Where somebody was last in each brand: noted when they move, and led back to by a switch."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.last_places import place_in, remember_place
from agency.web.inbox_address import INBOX, Address, address_of
from tenants.errors import NotFound
from tenants.ids import id_from
from tenants.permissions import Actor

LONGEST_ADDRESS = 8_000


def note_place(actor: Actor, address: Address, conversation_id: UUID | None) -> None:
    """Remember where they are, if they came from elsewhere: a page asked for again writes nothing."""
    came_from = request.headers.get("HX-Current-URL") or request.referrer or ""
    is_part = request.headers.get("HX-Target") == "more-rows" or request.args.get("after")
    if not came_from or is_part or address.kept.get("alone"):
        return
    if _place_of(came_from) == (address.filters, conversation_id):
        return
    remember_place(actor, address.kept.get("brand", ()), address.filters, conversation_id)


def _place_of(came_from: str) -> tuple[dict[str, list[str]], UUID | None] | None:
    """Filters and open case of an inbox address; None for any other page."""
    if len(came_from) > LONGEST_ADDRESS:
        return None
    try:
        parts = urlsplit(came_from)
        filters = address_of(parse_qs(parts.query, max_num_fields=500)).filters
    except (ValueError, NotFound):
        return None
    if parts.path == INBOX:
        return filters, None
    head, _slash, last = parts.path.rpartition("/")
    return (filters, id_from(last)) if head == INBOX and id_from(last) else None


def came_back(actor: Actor, address: Address) -> AnyResponse | None:
    """The way to where they were in these brands; None where that is the top, or they never were there."""
    brands = address.kept.get("brand", [])
    place = place_in(actor, brands)
    if place is None or not (place.filters or place.conversation_id):
        return None
    there = address_of({**place.filters, "brand": brands})
    path = f"{INBOX}/{place.conversation_id}" if place.conversation_id else INBOX
    return redirect(there.url(path, returned="1"), code=303)
