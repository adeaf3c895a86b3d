"""What was promised to customers: all that is open, with what is broken first; and what people say of one."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.replies import customer_promises
from agency.replies.promise_lists import MOST_COUNTED, STATES, ListedPromise, count_promises, list_promises
from agency.web.contexts_promises import PromiseRow, PromisesPage
from agency.web.inbox_address import read_address
from agency.web.looks import Choice, brand_look
from agency.web.promise_looks import promise_look
from agency.web.reply_looks import place_words
from agency.web.shell import brand_looks, render_page, toast
from agency.web.who import actor_of_request
from tenants.errors import Conflict, NotFound
from tenants.ids import id_from
from tenants.permissions import Actor, Permission

promises_page = Blueprint("promises_page", __name__)

WORDS_SHOWN = 200


@promises_page.get("/promises")
def promises() -> Response:
    """Fifty at a time, of every brand this person works for or of one."""
    actor, looks = actor_of_request(), brand_looks()
    state = request.args.get("state", "") if request.args.get("state") in STATES else STATES[0]
    given, after = request.args.get("brand", ""), request.args.get("after") or None
    brand_id = id_from(given)
    if given and brand_id not in looks:
        raise NotFound()
    found = list_promises(actor, state, brand_id, after)
    brand = str(brand_id) if brand_id else None
    counts = count_promises(actor)
    page = PromisesPage(
        title=_("Promises"),
        counts=_count_words(counts),
        tabs=tuple(
            Choice(words, url_for("promises_page.promises", state=_tab(name), brand=brand), selected=name == state)
            for name, words in _tab_words().items()
        ),
        brands=_brands(brand_id) if len(looks) > 1 else (),
        brands_url=url_for("promises_page.promises"),
        state=_tab(state) or "",
        rows=tuple(_row(actor, one) for one in found.rows),
        empty=_empty_words(state),
        next_url=url_for("promises_page.promises", state=_tab(state), after=found.next_cursor, brand=brand)
        if found.next_cursor
        else "",
        first_url=url_for("promises_page.promises", state=_tab(state), brand=brand) if after else "",
    )
    return make_response(render_page("promises/page.html", page))


def _brands(chosen: UUID | None) -> tuple[Choice, ...]:
    each = tuple(Choice(look.name, "", selected=one == chosen, value=str(one)) for one, look in brand_looks().items())
    return (Choice(_("All brands"), "", selected=chosen is None), *each)


def _tab(name: str) -> str | None:
    return None if name == STATES[0] else name


def _tab_words() -> dict[str, str]:
    return {"open": _("Still open"), "broken": _("Broken"), "late": _("Kept late")}


def _empty_words(state: str) -> str:
    if state == "late":
        return _("No promise was kept too late.")
    if state == "broken":
        return _("No promise is broken.")
    return _("Nothing is promised. When a published answer says by when something is done, it stands here until it is.")


def _count_words(counts: dict[str, int]) -> str:
    broken, still = counts["broken"], counts["open"]
    return ", ".join(
        (
            ngettext("%(shown)s broken", "%(shown)s broken", broken, shown=_shown(broken)),
            ngettext("%(shown)s open in all", "%(shown)s open in all", still, shown=_shown(still)),
        )
    )


def _shown(count: int) -> str:
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def _row(actor: Actor, one: ListedPromise) -> PromiseRow:
    works = actor.may(Permission.REPLY_WRITE)
    url = url_for("promises_page.press", conversation_id=one.conversation_id, promise_id=one.promise.id)
    is_client = actor.may(Permission.REPLY_APPROVE) and not works
    return PromiseRow(
        brand=brand_looks().get(one.brand_id) or brand_look(str(one.brand_id), "", "", ""),
        place=place_words(one.platform, one.kind),
        customer=one.customer_name or _("Somebody"),
        words=one.text[:WORDS_SHOWN] + ("…" if len(one.text) > WORDS_SHOWN else ""),
        url=url_for("owner.reply", reply_id=one.reply_id)
        if is_client
        else url_for("conversation.page", conversation_id=one.conversation_id),
        promise=promise_look(one.promise, url if works else "", "list", one.time_zone),
    )


@promises_page.post("/conversations/<uuid:conversation_id>/promises/<uuid:promise_id>")
def press(conversation_id: UUID, promise_id: UUID) -> AnyResponse:
    """Say that it was kept elsewhere, is none, or is not kept yet; back to where it was pressed."""
    deed = request.form.get("do", "")
    said = {
        "kept": _("The promise is kept."),
        "dropped": _("It is no promise any more."),
        "reopened": _("The promise is open again."),
    }
    try:
        customer_promises.press(actor_of_request(), conversation_id, promise_id, deed)
        toast(said[deed])
    except Conflict as refused:
        toast(_(refused.message), "warn")
    if request.form.get("back") == "list":
        return redirect(url_for("promises_page.promises"), code=303)
    return redirect(read_address().case_url(conversation_id), code=303)
