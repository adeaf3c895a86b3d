"""What was promised to customers: all that is open, with what is broken first; and what people say of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
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
    actor = actor_of_request()
    works = actor.may(Permission.REPLY_WRITE)
    is_client = actor.may(Permission.REPLY_APPROVE) and not works

    def draw(one: ListedPromise) -> PromiseRow:
        press_at = url_for("promises_page.press", conversation_id=one.conversation_id, promise_id=one.promise.id)
        case = url_for("conversation.page", conversation_id=one.conversation_id)
        return drawn(
            one, url_for("owner.reply", reply_id=one.reply_id) if is_client else case, press_at if works else ""
        )

    return make_response(render_page("promises/page.html", page_of(actor, "promises_page.promises", {}, draw)))


def page_of(
    actor: Actor, endpoint: str, names: Mapping[str, Any], draw: Callable[[ListedPromise], PromiseRow]
) -> PromisesPage:
    """The list that this request's address asks for, itself at `endpoint` with these `names` in its address.

    Raises NotFound for a brand that is not one of the reader's.
    """
    looks = brand_looks()
    state = request.args.get("state", "") if request.args.get("state") in STATES else STATES[0]
    given, after = request.args.get("brand", ""), request.args.get("after") or None
    brand_id = id_from(given)
    if given and brand_id not in looks:
        raise NotFound()
    found = list_promises(actor, state, brand_id, after)
    brand = str(brand_id) if brand_id else None
    counts = count_promises(actor)
    here = partial(url_for, endpoint, **names)
    return PromisesPage(
        title=_("Promises"),
        counts=_count_words(counts),
        tabs=tuple(
            Choice(words, here(state=_tab(name), brand=brand), selected=name == state)
            for name, words in _tab_words().items()
        ),
        brands=_brands(brand_id) if len(looks) > 1 else (),
        brands_url=here(),
        state=_tab(state) or "",
        rows=tuple(map(draw, found.rows)),
        empty=_empty_words(state),
        next_url=here(state=_tab(state), after=found.next_cursor, brand=brand) if found.next_cursor else "",
        first_url=here(state=_tab(state), brand=brand) if after else "",
    )


def _brands(chosen: UUID | None) -> tuple[Choice, ...]:
    each = tuple(Choice(look.name, "", selected=one == chosen, value=str(one)) for one, look in brand_looks().items())
    return (Choice(_("All brands"), "", selected=chosen is None), *each)


def _tab(name: str) -> str | None:
    return None if name == STATES[0] else name


def _tab_words() -> dict[str, str]:
    return {"open": _("Still open"), "broken": _("Broken"), "today": _("Due today"), "late": _("Kept late")}


def _empty_words(state: str) -> str:
    if state == "late":
        return _("No promise was kept too late.")
    if state == "broken":
        return _("No promise is broken.")
    if state == "today":
        return _("No promise falls due before the day is over.")
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


def drawn(one: ListedPromise, url: str, press_url: str = "") -> PromiseRow:
    """A row that leads to `url`, with its presses where there is an address for them."""
    return PromiseRow(
        brand=brand_looks().get(one.brand_id) or brand_look(str(one.brand_id), "", "", ""),
        place=place_words(one.platform, one.kind),
        customer=one.customer_name or _("Somebody"),
        words=one.text[:WORDS_SHOWN] + ("…" if len(one.text) > WORDS_SHOWN else ""),
        url=url,
        promise=promise_look(one.promise, press_url, "list", one.time_zone),
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
