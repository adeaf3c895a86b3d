"""Everybody who writes to a brand, by name, and its VIPs."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, make_response, request, url_for
from flask_babel import gettext as _

from agency.inbox.contacts import reading
from agency.inbox.contacts.names import LONGEST_KEY
from agency.inbox.contacts.reading import ContactRow
from agency.web.brand_address import brand_at, look_of
from agency.web.contexts_customers import CustomerRow, CustomersPage
from agency.web.customer_looks import said_by, shown_name
from agency.web.looks import Choice
from agency.web.reply_looks import platform_word
from agency.web.shell import render_page
from agency.web.who import actor_of_request
from tenants.errors import NotFound
from tenants.ids import id_from
from tenants.permissions import Permission

customers_page = Blueprint("customers_page", __name__)

PAGE_ROWS = 50
LONGEST_SEARCH = 100


@customers_page.get("/brands/<brand_id>/customers")
def customers(brand_id: str) -> Response:
    """Fifty at a time: by name, or the VIPs."""
    brand, actor = brand_at(brand_id, Permission.CONTACT_READ), actor_of_request()
    q, is_vips = request.args.get("q", "")[:LONGEST_SEARCH], request.args.get("view") == "vips"
    given = request.args.get("after", "")
    if is_vips:
        rows = reading.list_vips(actor, brand.id, after=_id(given) if given else None, limit=PAGE_ROWS + 1)
    else:
        rows = reading.list_by_name(actor, brand.id, q, after=_cursor(given), limit=PAGE_ROWS + 1)
    kept = {"view": "vips"} if is_vips else {"q": q}
    last = rows[PAGE_ROWS - 1] if len(rows) > PAGE_ROWS else None
    mark = "" if last is None else str(last.id) if is_vips else f"{last.id}_{last.name_key}"
    page = CustomersPage(
        brand=look_of(brand),
        tabs=(
            Choice(_("By name"), _url(brand.id), selected=not is_vips),
            Choice(_("VIPs"), _url(brand.id, view="vips"), selected=is_vips),
        ),
        rows=tuple(_row(one) for one in rows[:PAGE_ROWS]),
        url=_url(brand.id),
        q=q,
        is_vips=is_vips,
        next_url=_url(brand.id, **kept, after=mark) if mark else "",
        first_url=_url(brand.id, **kept) if given else "",
        export_url=url_for("people_export_page.people_export", brand_id=brand.id)
        if actor.may(Permission.CONTACT_EXPORT)
        else "",
    )
    return make_response(render_page("customers/page.html", page))


def _row(one: ContactRow) -> CustomerRow:
    return CustomerRow(
        name=shown_name(one.name),
        platform=platform_word(one.platform),
        url=url_for("customer_page.person", contact_id=one.id),
        is_vip=one.is_vip,
        vip=f"{one.vip_note} · {said_by(one.vip_by_name, one.vip_at)}" if one.vip_note else "",
        weight=one.weight,
        is_linked=one.group_id is not None,
    )


def _url(brand_id: UUID, **parts: str) -> str:
    query = urlencode({name: value for name, value in parts.items() if value})
    return url_for("customers_page.customers", brand_id=brand_id) + (f"?{query}" if query else "")


def _id(text: str) -> UUID:
    found = id_from(text)
    if found is None:
        raise NotFound()
    return found


def _cursor(text: str) -> tuple[str, UUID] | None:
    if not text:
        return None
    first, mark, key = text.partition("_")
    if not mark or len(key) > LONGEST_KEY or "\0" in key:
        raise NotFound()
    return key, _id(first)
