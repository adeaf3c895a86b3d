"""The queue across brands: the list, the case open beside it, and the next case. What keeps it live: `live.py`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, session
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import desk, queries
from agency.inbox.label_names import label_names
from agency.inbox.newer import is_counted_for_all, newer_count
from agency.inbox.queries import QueueState
from agency.inbox.team import beyond_limit
from agency.web.claim_look import held_words
from agency.web.contexts import Chip, ConversationPage, InboxPage, LabelLook
from agency.web.conversation_page import conversation_page
from agency.web.inbox_address import ANY, VIEWS, VIEWS_OF_WORK, Address, read_address
from agency.web.inbox_filters import chips
from agency.web.inbox_frame import inbox_page
from agency.web.inbox_places import came_back, note_place
from agency.web.inbox_rows import look_of, rows_of
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, brand_look
from agency.web.pulse import PATH as PULSE
from agency.web.search_look import empty_reason, found_rows
from agency.web.shell import shell, take_brands, toast
from agency.web.static_version import static_version
from agency.web.theme import chosen_theme
from agency.web.view_words import tab_words
from agency.web.who import actor_of_request
from tenants import clock
from tenants.errors import NotFound
from tenants.ids import id_from
from tenants.permissions import Actor, Permission

inbox = Blueprint("inbox", __name__)

FRESH_SECONDS = 300
"""An unchanged page is not sent again for so long; then its clocks have moved and it is."""


@inbox.get("/inbox", endpoint="inbox")
def queue() -> AnyResponse:
    """The list, or its next rows for htmx."""
    return _answer(None)


@inbox.get("/inbox/<uuid:conversation_id>")
def case(conversation_id: UUID) -> AnyResponse:
    """The list with one case open; for htmx the case alone."""
    if request.headers.get("HX-Target") == "conversation":
        opened = conversation_page(
            actor_of_request(),
            conversation_id,
            read_address(),
            _id_in("before"),
            editing=_id_in("edit"),
            changing=_id_in("change"),
        )
        note_place(actor_of_request(), read_address(), conversation_id)
        return make_response(render_template("inbox/_conversation.html", conversation=opened, shell=shell()))
    return _answer(conversation_id)


@inbox.post("/inbox/next")
def next_case() -> AnyResponse:
    """Claim the top free case of this view and open it."""
    actor, address = actor_of_request(), read_address()
    found = desk.claim_next(actor, address.wanted)
    seen = id_from(request.form.get("seen", ""))  # the first free one on the page this was pressed on
    taken = desk.taken_meanwhile(actor, seen) if seen is not None and seen != found else None
    if taken is not None:
        toast(_("%(held)s, so this is the next one.", held=held_words(taken)), "info")
    if found is None:
        toast(_("Nothing free is waiting here."), "info")
        return redirect(address.url(), code=303)
    beyond = beyond_limit(actor.user_id)
    if beyond is not None:
        toast(_("You hold %(held)s cases; your limit is %(most)s.", held=beyond[0], most=beyond[1]), "warn")
    return redirect(address.case_url(found), code=303)


def _answer(conversation_id: UUID | None) -> AnyResponse:
    actor, address, since = actor_of_request(), read_address(), _since()
    back = came_back(actor, address) if request.args.get("back") else None
    if back is not None:
        return back
    after = request.args.get("after", "")
    state = queries.queue_state(actor.user_id, since=since if after else None, brand_ids=address.wanted.brand_ids)
    if address.wanted.brand_ids and not state.asked_for:
        raise NotFound()
    tag = _tag(actor, state)
    if tag is not None and request.if_none_match.contains_weak(tag):
        answer = Response(status=304)
    else:
        answer = make_response(_render(actor, address, state, conversation_id, after, since))
        note_place(actor, address, conversation_id)
    # Customers' words stay on no disk and come back by no Back button after signing out, as on every other page
    # (decision 0010). A browser therefore asks without the tag; the 304 is for who keeps the page in memory.
    answer.headers["Cache-Control"] = "no-store"
    answer.vary.update(("HX-Request", "HX-Target", "Cookie"))
    if tag is not None:
        answer.set_etag(tag, weak=True)
    return answer


def _tag(actor: Actor, state: QueueState) -> str | None:
    """Changes with everything the page shows; None where something is said only once, and of a search, whose words are
    kept a moment after what they belong to.
    """
    if session.get("_flashes") or request.args.get("q"):
        return None
    if "csrf_token" not in session:
        generate_csrf()  # puts it into the session of a first visit
    moment = int(clock.now().timestamp()) // FRESH_SECONDS
    shown = (
        request.full_path,
        request.headers.get("HX-Target"),
        session["csrf_token"],
        actor.user_id,
        actor.role,
        [count for count in state if isinstance(count, int)],  # who is busiest changes with the versions
        chosen_language(),
        str(chosen_zone()),
        chosen_theme(),
        static_version(),
        moment,
    )
    return hashlib.blake2b(repr(shown).encode("utf-8"), digest_size=12).hexdigest()


def page_with_case(actor: Actor, address: Address, opened: ConversationPage) -> str:
    """The list with this case beside it, as a page file made it: with words that were refused, say."""
    state = queries.queue_state(actor.user_id, brand_ids=address.wanted.brand_ids)
    return _render(actor, address, state, id_from(opened.id), "", clock.now(), opened)


def _render(
    actor: Actor,
    address: Address,
    state: QueueState,
    conversation_id: UUID | None,
    after: str,
    since: datetime,
    selected: ConversationPage | None = None,
) -> str:
    listed = queries.list_conversations(address.wanted, after or None, me=actor.user_id, with_accounts=False)
    brands = queries.brand_names(state.names)
    take_brands(state, brands)
    next_url = address.url(after=listed.next_cursor, since=since.isoformat()) if listed.next_cursor else ""
    rows = rows_of(found_rows(listed, address.wanted), brands, address, actor, worn=_worn(listed.rows, state))
    if request.headers.get("HX-Target") == "more-rows":
        return render_template(
            "inbox/_rows.html",
            page=InboxPage(title="", url="", rows=rows, views=(), next_url=next_url, is_cut=listed.is_cut),
        )
    if conversation_id is not None and selected is None:
        selected = conversation_page(
            actor,
            conversation_id,
            address,
            _id_in("before"),
            editing=_id_in("edit"),
            changing=_id_in("change"),
        )
    given = InboxPage(
        title=_title(address, brands),
        url="/inbox",
        rows=rows,
        views=_views(address, state, actor),
        chips=_chips(address, state, brands),
        clear_url=address.cleared(),
        save_url=address.url("/inbox/views"),
        fields_url=address.url("/inbox/filters"),
        views_url=address.url("/inbox/views"),
        kept=tuple((name, value) for name, values in address.filters.items() if name != "q" for value in values),
        search=address.wanted.q,
        told_words=_told(address, state),
        top_url=address.url() if request.args.get("returned") else "",
        next_url=next_url,
        is_cut=listed.is_cut,
        first_url=address.url() if after else "",
        newer_count=_newer_count(actor, address, state, since),
        count_url=""
        if is_counted_for_all(address.wanted)
        else address.url("/inbox/newer", made=str(int(since.timestamp() * 1000))),
        pulse_url=_pulse_url(address, since),
        rows_url=address.url("/inbox/rows"),
        newer_url=address.url(),
        zone=str(chosen_zone()),
        choose_url=address.url("/inbox/choose") if actor.may(Permission.CONVERSATION_WORK) else "",
        storm_url="/incidents/now" if actor.may(Permission.CONVERSATION_REASSIGN) else "",
        next_case_url=address.url("/inbox/next") if actor.may(Permission.CONVERSATION_WORK) else "",
        selected_id=str(conversation_id or ""),
        selected=selected,
        empty_reason="" if rows else _empty_reason(address, next_url, state),
        empty_action=None if rows else _empty_action(address, next_url, state, actor),
    )
    return inbox_page(shell(unread=state.unread_notices), given)


def _title(address: Address, brands: dict[UUID, queries.BrandName]) -> str:
    if not address.wanted.brand_ids:
        return _("All brands")
    chosen = [brands[one].name for one in address.wanted.brand_ids if one in brands]
    return chosen[0] if len(chosen) == 1 else ngettext("%(num)s brand", "%(num)s brands", len(chosen))


def _chips(address: Address, state: QueueState, brands: dict[UUID, queries.BrandName]) -> tuple[Chip, ...]:
    if address.kept.keys() <= {"view", "alone"}:
        return ()
    looks = {
        one: brand_look(str(one), brands[one].name, brands[one].mark, brands[one].colour)
        for one in address.wanted.brand_ids or ()
        if one in brands
    }
    return chips(address, looks, label_names(state.labels) if address.wanted.label_ids else {})


def _told(address: Address, state: QueueState) -> str:
    """That some of the brands of a shared address are not the reader's."""
    missing = len(address.wanted.brand_ids or ()) - state.asked_for
    if missing <= 0:
        return ""
    return ngettext(
        "%(num)s brand of this address is not yours; the rest is shown.",
        "%(num)s brands of this address are not yours; the rest is shown.",
        missing,
    )


def _worn(found: Iterable[queries.QueueRow], state: QueueState) -> dict[UUID, LabelLook]:
    """How the labels of these rows are drawn; nothing is asked for where none bears any."""
    if not any(row.label_ids for row in found):
        return {}
    return {one.id: LabelLook(str(one.id), one.name, one.colour) for one in label_names(state.labels).values()}


def _views(address: Address, state: QueueState, actor: Actor) -> tuple[Choice, ...]:
    counts = {
        "mine": state.mine,
        "free": state.open_count - state.held_count,
        "team": state.open_count,
        "waiting": state.awaiting_approval_count,
        "late": state.late,
    }
    words = tab_words()
    return tuple(
        Choice(
            words[view],
            address.url(view=view, state=None),
            selected=address.view == view,
            count=counts[view],
            tone="bad" if view == "late" and counts[view] else "plain",
            value=view,
        )
        for view in VIEWS
        if view not in VIEWS_OF_WORK or actor.may(Permission.CONVERSATION_WORK) or address.view == view
    )


def _empty_reason(address: Address, next_url: str, state: QueueState) -> str:
    if not state.brand_count:
        return _("No brand yet. A brand is one client: its channels, its voice, its people.")
    if address.wanted.q:
        return empty_reason(address.wanted, is_unfinished=bool(next_url))
    if next_url:
        return _("No case of those looked at so far has all of this. The list goes on.")
    reasons = {
        "mine": _l("You hold no case. Take the next one."),
        "free": _l("Every open case is held by somebody."),
        "team": _l("All cases are answered."),
        "waiting": _l("Nothing waits for a client."),
        "late": _l("Nothing is late."),
    }
    if address.kept.keys() - {"view", "brand", "alone"}:
        return _("No case has all of this at once. Take a filter away to see more.")
    return str(reasons[address.view])


def _empty_action(address: Address, next_url: str, state: QueueState, actor: Actor) -> Choice | None:
    if not state.brand_count:
        return Choice(_("New brand"), "/brands#new-brand") if actor.may(Permission.BRAND_MANAGE) else None
    if next_url:
        return Choice(_("Look further"), next_url)
    if address.wanted.q and (address.wanted.status is not None or address.view != "team"):
        return Choice(_("Search answered and snoozed cases, too"), address.url(view=None, state=ANY))
    if address.wanted.q and address.wanted.brand_ids:
        return Choice(_("Search in all brands"), address.url(view=None, state=ANY, brand=None))
    return Choice(_("See the whole queue"), "/inbox") if address.kept else None


def _newer_count(actor: Actor, address: Address, state: QueueState, since: datetime) -> int:
    if not state.newer or is_counted_for_all(address.wanted):
        return state.newer
    return newer_count(address.wanted, actor.user_id, since)


def _pulse_url(address: Address, since: datetime) -> str:
    """Where an open page asks whether anything moved: with what its counts are narrowed by, and when it was made."""
    asked = {"made": str(int(since.timestamp() * 1000)), "look": look_of(address)}
    if address.wanted.brand_ids:
        asked["brand"] = ",".join(map(str, address.wanted.brand_ids))
    return f"{PULSE}?{urlencode(asked)}"


def _since() -> datetime:
    """When the list this request continues was made; now for a new list and for what is no moment."""
    try:
        since = datetime.fromisoformat(request.args.get("since", ""))
        return since.astimezone(UTC) if since.tzinfo is not None and since.year > 2000 else clock.now()
    except (ValueError, OverflowError):
        return clock.now()


def _id_in(name: str) -> UUID | None:
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None
