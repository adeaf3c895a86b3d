"""`/d/…/…`: what else a link of the day opens, to be read alone: decided, published, receipts, promises, style guides,
months.

A forwarded link shows it to its reader, so all of it is of brands in which the link works, of the last weeks, and
public or this person's own decision; what binds longer than a day is decided behind a sign-in. See
[decision 0067](../../docs/decisions/0067-a-link-of-the-day-is-the-whole-place-to-read.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.replies import day_links, queries
from agency.replies.live_places import live_places
from agency.replies.models import DECIDED_STATES
from agency.replies.promise_lists import ListedPromise
from agency.reports.monthly import month_from
from agency.web import guide_proposals, monthly_page, promises_page, receipts
from agency.web.contexts_owner import OwnerWaitingPage
from agency.web.contexts_promises import PromiseRow
from agency.web.day_link import GUIDE_OVER
from agency.web.link_frame import link_answer
from agency.web.opened_day import Opened, beyond, count_press, ended, nothing_here, open_day
from agency.web.waiting_rows import settled_rows
from styleguides import guides
from tenants.brands import brand_for
from tenants.errors import NotFound
from tenants.ids import id_from
from tenants.permissions import Permission

day_place = Blueprint("day_place", __name__)

Page = Callable[..., AnyResponse]


def opened(page: Page) -> Callable[..., AnyResponse]:
    """For a page that is given the link as it was opened, in the scope of its brands; what is not there is no link."""

    @wraps(page)
    def answer(token: str, **names: str) -> AnyResponse:
        found = open_day(token, narrow=True)
        if found is None:
            return nothing_here()
        if found.is_over:
            return ended(found, 200 if request.method in ("GET", "HEAD") else 409)
        return page(found, **names)

    return answer


@day_place.get("/d/<token>/decided")
@opened
def decided(found: Opened) -> Response:
    """What this person decided on and what became of it, the newest first, but for what stands published."""
    return _list(found, "decided", DECIDED_STATES, _("Decided replies"), _("Nothing has been decided yet."))


@day_place.get("/d/<token>/published")
@opened
def published(found: Opened) -> Response:
    """What stands published in public, or was said yes to by this person, the newest first."""
    return _list(found, "published", ("published",), _("Published replies"), _("Nothing has been published yet."))


@day_place.get("/d/<token>/promises")
@opened
def promises(found: Opened) -> Response:
    """What was promised to customers; of words to one person only the promise."""

    def draw(one: ListedPromise) -> PromiseRow:
        if one.is_private:
            return replace(promises_page.drawn(one, ""), customer=_("In a message to one person"), words="")
        is_new = day_links.is_shown_since(one.promise.made_at)
        return promises_page.drawn(one, found.receipt(one.reply_id) if is_new else "")

    page = promises_page.page_of(found.actor, "day_place.promises", {"token": found.token}, draw)
    return link_answer("promises/page.html", replace(page, day=found.place("promised")), found.day.agency_id, 200)


@day_place.get("/d/<token>/receipts/<reply_id>")
@opened
def receipt(found: Opened, reply_id: str) -> Response:
    """The receipt of one that the lists show."""
    wanted = _shown(found, reply_id)
    page = receipts.page_of(found.actor, wanted)
    places = live_places([wanted]) if page.state.code == "published" else {}
    page = replace(
        page,
        live_url=places[wanted].url if wanted in places else "",
        conversation_url="",
        done_url="",
        resolve_url="",
        file_url=url_for("day_place.keep_receipt", token=found.token, reply_id=wanted),
        day=found.place("published" if page.state.code == "published" else "decided"),
    )
    return link_answer("receipt/page.html", page, found.day.agency_id, 200)


@day_place.post("/d/<token>/receipts/<reply_id>")
@opened
def keep_receipt(found: Opened, reply_id: str) -> Response:
    """The same as a signed file. Pressed for, as the first one of an installation makes its key."""
    count_press(found)
    return receipts.file_of(found.actor, _shown(found, reply_id))


@day_place.get("/d/<token>/guides/<brand_id>/<int:number>")
@opened
def guide(found: Opened, brand_id: str, number: int) -> AnyResponse:
    """A style guide that waits for the client: what it asks and what is new. It is decided on behind a sign-in. Who
    comes again when it was put in force since reads who did; one that went back to the agency is its own again.
    """
    brand = brand_for(found.actor, id_from(brand_id) or UUID(int=0), Permission.GUIDE_READ)
    page = guide_proposals.page_of(found.actor, brand, number)
    waits = page.state.code == "proposed"
    if not waits and not _put_in_force_since(found, brand.id, number):
        return redirect(url_for("day_link.show", token=found.token, done=GUIDE_OVER), code=303)
    page = replace(
        page,
        back_url="",
        decide_url="",
        call_back_url="",
        propose_url="",
        in_force_url="",
        choices=(),
        notice=None,
        day=found.place("waiting"),
        sign_in_url=beyond(url_for("guide_proposals.proposal", brand_id=brand.id, number=number)) if waits else "",
    )
    return link_answer("guides/proposal.html", page, found.day.agency_id, 200)


@day_place.get("/d/<token>/months/<brand_id>/<month>")
@opened
def month(found: Opened, brand_id: str, month: str) -> Response:
    """How a month went and what was agreed, to be read; the cases behind its numbers open behind a sign-in."""
    brand, first = brand_for(found.actor, id_from(brand_id) or UUID(int=0), Permission.REPORT_READ), month_from(month)
    if first is None:
        raise NotFound()
    page = monthly_page.month_page(found.actor, brand, first, lambda *_: "", by_link=True)
    at = url_for("monthly_page.month", brand_id=brand.id, month=month)
    page = replace(page, day=found.place(""), sign_in_url=beyond(at))
    return link_answer("months/page.html", page, found.day.agency_id, 200)


def _put_in_force_since(found: Opened, brand_id: UUID, number: int) -> bool:
    version = guides.version_of(brand_id, number)
    since = version.put_in_force_at
    return version.state == "in_force" and since is not None and since >= found.day.mailed_at


def _shown(found: Opened, reply_id: str) -> UUID:
    wanted = id_from(reply_id)
    if wanted is None or not day_links.has_receipt(wanted, found.person.id):
        raise NotFound()
    return wanted


def _list(found: Opened, tab: str, states: tuple[str, ...], title: str, empty: str) -> Response:
    after = request.args.get("after") or None
    shown = queries.replies_in_states(
        states, after, newest_first=True, only=lambda of: day_links.may_be_read(of, found.person.id)
    )
    place = found.place(tab)
    here = url_for(f"day_place.{tab}", token=found.token, after=shown.next_cursor)
    page = OwnerWaitingPage(
        title=title,
        rows=settled_rows(shown.rows, found.receipt),
        next_url=here if shown.next_cursor else "",
        tabs=place.tabs,
        empty_reason=empty,
        by_link=True,
        day=place,
        note=_("Of the last 30 days, and of messages to one person only what you decided on."),
    )
    return link_answer("owner/waiting.html", page, found.day.agency_id, 200)
