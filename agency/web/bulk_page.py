"""Several cases at once: choosing them, what one press did, taking it back, and what was done lately."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import bulk, label_press, queries, undoing
from agency.inbox.bulk import Chosen, Pressed
from agency.inbox.colleagues import worker_named, workers_of
from agency.inbox.deeds import Assign, Deed, Release, Reopen, Resolve, Snooze, Spam
from agency.inbox.labels import LONGEST_NAME, offered_labels
from agency.web import clocks
from agency.web.contexts_bulk import (
    BulkBar,
    ChoiceRow,
    ChoosePage,
    LabelChoice,
    LeftLook,
    PressesPage,
    PressLook,
    PressPage,
)
from agency.web.inbox_address import Address, read_address
from agency.web.inbox_filters import find_labels
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, brand_look
from agency.web.press_words import deed_words, left_words, undone_words
from agency.web.shell import brand_looks, render_page, toast
from agency.web.snoozing import chosen_moment, snooze_look
from agency.web.state_looks import conversation_states, unknown_state
from agency.web.who import actor_of_request
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid
from tenants.ids import id_from
from tenants.permissions import Actor, Permission

bulk_page = Blueprint("bulk_page", __name__)

SINGLE: dict[str, Deed] = {"resolve": Resolve(), "spam": Spam(), "reopen": Reopen(), "release": Release()}
"""Deeds that need nothing more than their name."""


@bulk_page.get("/inbox/choose")
def choose() -> AnyResponse:
    """What may be done to several cases: for the queue's own boxes the bar alone, else a page with boxes."""
    actor, address = actor_of_request(), read_address()
    if request.headers.get("HX-Target") == "bulk-labels":
        return make_response(render_template("bulk/_labels.html", labels=_labels(actor, address)))
    bar = _bar(actor, address)
    if request.headers.get("HX-Request") == "true":
        return make_response(render_template("bulk/_bar.html", bar=bar))
    after = request.args.get("after", "")
    listed = queries.list_conversations(address.wanted, after or None, me=actor.user_id, with_accounts=False)
    looks, states = brand_looks(), conversation_states()
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    chosen = looks.get(address.wanted.brand_ids[0]) if address.wanted.brand_ids else None
    page = ChoosePage(
        title=chosen.name if chosen else _("All brands"),
        bar=bar,
        rows=tuple(
            ChoiceRow(
                id=str(row.id),
                url=address.case_url(row.id),
                brand=looks.get(row.brand_id) or brand_look(str(row.brand_id), "", "", ""),
                author=row.author_name or _("Somebody"),
                excerpt=row.excerpt,
                language=row.language or "",
                state=states.get(row.status) or unknown_state(row.status),
                age=clocks.age(row.last_customer_at or row.last_message_at, now, zone, locale),
            )
            for row in listed.rows
        ),
        next_url=address.url("/inbox/choose", after=listed.next_cursor) if listed.next_cursor else "",
        is_cut=listed.is_cut,
    )
    return make_response(render_page("bulk/choose.html", page))


@bulk_page.post("/inbox/press")
def press() -> AnyResponse:
    """Do it, and go back to the queue with what became of it."""
    actor, address = actor_of_request(), read_address()
    try:
        press_id = id_from(request.form.get("press", "")) or new_id()
        if request.form.get("all") == "1":
            chosen = Chosen(view=address.wanted)
        else:
            found = [id_from(one) for one in request.form.getlist("case")[: bulk.MOST_AT_ONCE + 1]]
            chosen = Chosen(tuple(one for one in found if one is not None))
        done = _do(actor, press_id, chosen)
    except (Conflict, Invalid) as refused:
        db.session.rollback()
        toast(_(refused.message), "warn")
        return redirect(address.url(), code=303)
    say(done, address)
    return redirect(address.url(), code=303)


@bulk_page.get("/inbox/presses")
def presses() -> AnyResponse:
    """What the reader did lately, each with its undo."""
    address = read_address()
    looks = tuple(press_look(one, address) for one in bulk.lately(actor_of_request()))
    return make_response(render_page("bulk/presses.html", PressesPage(presses=looks)))


@bulk_page.get("/inbox/presses/<press_id>")
def one_press(press_id: str) -> AnyResponse:
    """What became of one press, case by case where something was left."""
    address = read_address()
    done = bulk.pressed(actor_of_request(), id_from(press_id) or UUID(int=0))
    looks = brand_looks()
    page = PressPage(
        press=press_look(done, address),
        left=tuple(
            LeftLook(
                brand=looks.get(one.brand_id) or brand_look(str(one.brand_id), "", "", ""),
                url=address.case_url(one.conversation_id),
                author=one.author_name or _("Somebody"),
                excerpt=one.excerpt,
                reason=_(one.reason),
            )
            for one in done.refused
        ),
        back_url=address.url(),
    )
    return make_response(render_page("bulk/press.html", page))


@bulk_page.post("/inbox/presses/<press_id>/undo")
def undo(press_id: str) -> AnyResponse:
    """Take it back, as far as nobody touched the cases since."""
    address = read_address()
    case = id_from(request.args.get("case", ""))
    back = address.case_url(case) if case else address.url()
    try:
        undone = undoing.undo(actor_of_request(), id_from(press_id) or UUID(int=0))
    except Conflict as refused:
        toast(_(refused.message), "warn")
        return redirect(back, code=303)
    url = address.url(f"/inbox/presses/{undone.id}")
    left = undone.refused_count > 0
    toast(
        undone_words(undone),
        "warn" if left else "good",
        more_url=url if left else "",
        more_label=_("See which and why") if left else "",
    )
    return redirect(back, code=303)


def say(done: Pressed, address: Address, *, case: UUID | None = None) -> None:
    """Say on the next page what a press did, with its undo and with what was left."""
    url = address.url(f"/inbox/presses/{done.id}")
    words = " ".join(part for part in (deed_words(done), left_words(done)) if part)
    toast(
        words,
        "good" if not done.refused_count else "warn",
        undo_url=undo_url(done, address, case=case),
        more_url=url if done.refused_count else "",
        more_label=_("See which and why") if done.refused_count else "",
    )


def undo_url(done: Pressed, address: Address, *, case: UUID | None = None) -> str:
    """Where the undo of a press is posted; afterwards the person is back at the case, or at the queue."""
    if not done.can_be_undone:
        return ""
    return address.url(f"/inbox/presses/{done.id}/undo", case=str(case) if case else None)


def press_look(done: Pressed, address: Address) -> PressLook:
    """A press as its page and the list show it."""
    return PressLook(
        url=address.url(f"/inbox/presses/{done.id}"),
        words=deed_words(done),
        left_words=left_words(done),
        at=clocks.age(done.pressed_at, clock.now(), chosen_zone(), chosen_language()),
        undo_url=undo_url(done, address),
        undone_words=undone_words(done) if done.undone_at is not None else "",
    )


def _bar(actor: Actor, address: Address) -> BulkBar:
    count = bulk.count_of_view(actor, address.wanted)
    most = bulk.MOST_AT_ONCE
    all_label = ngettext("All %(num)s of this view", "All %(num)s of this view", count) if count else ""
    if count > most:
        all_label = _("The first %(most)s of this view", most=most)
    is_lead = actor.may(Permission.CONVERSATION_REASSIGN)
    return BulkBar(
        url=address.url("/inbox/press"),
        press=str(new_id()),
        all_label=all_label,
        most=most,
        snooze=snooze_look(),
        people=tuple(
            Choice(
                _("%(name)s (you)", name=one.name) if one.person_id == actor.user_id else one.name,
                "",
                value=str(one.person_id),
            )
            for one in (workers_of(actor) if is_lead else ())
        ),
        labels=_labels(actor, address),
        back_url=address.url(),
    )


def _labels(actor: Actor, address: Address) -> LabelChoice:
    looks, typed = brand_looks(), request.args.get("find_label", "")[:LONGEST_NAME]
    offered = offered_labels(actor, find=typed)
    return LabelChoice(
        tuple(
            Choice(
                f"{one.name} · {looks[one.brand_id].name}" if one.brand_id in looks else one.name,
                "",
                value=str(one.id),
            )
            for one in offered.rows
        ),
        find=find_labels(offered, typed, "find_label", address.url("/inbox/choose")),
        kept=tuple((name, value) for name, values in address.kept.items() for value in values),
    )


def _do(actor: Actor, press_id: UUID, chosen: Chosen) -> Pressed:
    name, label_id = request.form.get("deed", ""), id_from(request.form.get("label", "")) or UUID(int=0)
    if name == "label":
        return label_press.put(actor, press_id, label_id, chosen)
    if name == "unlabel":
        return label_press.take(actor, press_id, label_id, chosen)
    deed, given = _deed(actor)
    return bulk.press(actor, press_id, deed, chosen, given=given)


def _deed(actor: Actor) -> tuple[Deed, dict[str, str]]:
    form = request.form
    name = form.get("deed", "") or ("snooze" if form.get("until") else "")
    if name in SINGLE:
        return SINGLE[name], {}
    if name == "snooze":
        until = chosen_moment()
        return Snooze(until), {"until": until.isoformat()}
    if name == "assign":
        person = worker_named(actor, id_from(form.get("person", "")) or UUID(int=0))
        return Assign(person.person_id, person.name, person.brand_ids), {"name": person.name}
    raise Invalid("Choose what to do. Nothing was changed.", code="no_deed")
