"""Handing over at the end of a shift, and answering what a colleague hands one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import handovers as room
from agency.inbox.handovers import Left
from agency.inbox.team import held_by, team_at
from agency.replies.handover_reading import (
    HandedCase,
    HandedOver,
    ListedHandover,
    TeamHandover,
    list_handovers,
    read_handover,
    team_handovers,
)
from agency.replies.holdings import MOST_SHOWN, Candidate, Holding, candidates_for, hand_over, holdings_of
from agency.web import clocks
from agency.web.contexts_handover import HandoverLink, HandoverPage, HandPage, HandRow, TeamHandoversPage
from agency.web.handover_words import candidate_words, case_looks, left_words, reason_words, why_words
from agency.web.language import chosen_language, chosen_zone, time_of_day
from agency.web.looks import Choice, Notice, StateLook, brand_look
from agency.web.reply_looks import place_words
from agency.web.shell import brand_looks, render_page, toast
from agency.web.who import actor_of_request
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import AppError, Conflict, Invalid, NotFound
from tenants.ids import id_from

handover_page = Blueprint("handover_page", __name__)

_LONGEST = 10_100


@handover_page.get("/handover")
def mine() -> Response:
    """What is mine and needs somebody before I am back, and to whom it could go."""
    return _hand(200)


@handover_page.post("/handover")
def give() -> AnyResponse:
    """Offer what is ticked."""
    actor, form = actor_of_request(), request.form
    chosen = [one for one in map(id_from, form.getlist("case")[:MOST_SHOWN]) if one is not None]
    notes = {one: form.get(f"note.{one}", "")[:_LONGEST] for one in chosen}
    try:
        to, made = id_from(form.get("to", "")), id_from(form.get("handover", "")) or new_id()
        done = hand_over(actor, made, to or actor.user_id, chosen, notes, form.get("note", "")[:_LONGEST])
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _hand(error.http_status, error=error)
    said = ngettext("%(num)s case is offered.", "%(num)s cases are offered.", done.number)
    toast(_with_left(said, done.left))
    return redirect(url_for("handover_page.one", handover_id=done.handover_id), code=303)


@handover_page.get("/handovers")
def of_team() -> Response:
    """Everybody's, for a lead: what nobody answered and what is left of it first."""
    before = request.args.get("before", "")
    found = team_handovers(actor_of_request(), _id(before) if before else None)
    last = found.ended[-1].handover.id if found.has_more else None
    page = TeamHandoversPage(
        open=tuple(map(_team_link, found.open)),
        ended=tuple(map(_team_link, found.ended)),
        is_older=bool(before),
        more_url=url_for("handover_page.of_team", before=last) if last is not None else "",
        back_url=url_for("team_page.team"),
    )
    return make_response(render_page("handovers/team.html", page))


@handover_page.get("/handovers/<handover_id>")
def one(handover_id: str) -> Response:
    """One handover, with what became of each case."""
    return _one(read_handover(actor_of_request(), _id(handover_id)))


@handover_page.post("/handovers/<handover_id>")
def answer(handover_id: str) -> AnyResponse:
    """Accept, decline or take back all of it, or what is ticked."""
    actor, wanted, form = actor_of_request(), _id(handover_id), request.form
    chosen = [one for one in map(id_from, form.getlist("case")[:MOST_SHOWN]) if one is not None] or None
    deed = form.get("do", "")
    try:
        if deed == "accept":
            done = room.accept(actor, wanted, chosen)
            said = ngettext("%(num)s case is yours now.", "%(num)s cases are yours now.", done.number)
            toast(_with_left(said, done.left), "warn" if done.left else "good")
        elif deed == "decline":
            back = room.decline(actor, wanted, chosen)
            toast(ngettext("%(num)s case is in the queue.", "%(num)s cases are in the queue.", back))
        else:
            raise NotFound()
    except Conflict as refused:
        db.session.rollback()
        toast(_(refused.message), "warn")
    return redirect(url_for("handover_page.one", handover_id=handover_id), code=303)


def handed_to_me() -> tuple[HandoverLink, ...]:
    """What colleagues offer the reader at this moment; one statement."""
    me = actor_of_request().user_id
    return tuple(
        _link(one) for one in list_handovers(actor_of_request()) if one.to_person_id == me and not one.ended_at
    )


def _id(text: str) -> UUID:
    found = id_from(text)
    if found is None:
        raise NotFound()
    return found


def _with_left(said: str, left: Iterable[Left]) -> str:
    whys = sorted({left_words(one.why, one.who) for one in left})
    return " ".join([said, *whys])


def _hand(status: int, *, error: AppError | None = None) -> Response:
    actor, form = actor_of_request(), request.form
    found = holdings_of(actor)
    people = candidates_for(actor, found.cases) if found.cases else []
    ticked = set(form.getlist("case")) if error is not None else None
    errors = {field: _(said[0]) for field, said in error.fields.get("errors", {}).items()} if error else {}
    page = HandPage(
        until=_("What needs somebody before %(time)s.", time=time_of_day(found.until)),
        rows=tuple(_mine(case, found.until, ticked) for case in found.cases),
        is_cut=found.is_cut,
        url=url_for("handover_page.give"),
        id=str(new_id()),
        colleagues=_choices(people, len(found.cases), form.get("to", "")),
        note=form.get("note", "") if error is not None else "",
        notice=Notice("bad", _(error.message)) if error is not None else None,
        errors=errors,
        recent=tuple(_link(one) for one in list_handovers(actor)),
        away_url=url_for("away.leave_desk"),
    )
    return make_response(render_page("handovers/hand.html", page), status)


def _choices(people: list[Candidate], cases: int, chosen: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            candidate_words(one, cases),
            "",
            value=str(one.person_id),
            selected=str(one.person_id) == chosen or (not chosen and number == 0),
        )
        for number, one in enumerate(people)
    )


def _mine(case: Holding, until: datetime, ticked: set[str] | None) -> HandRow:
    given = request.form.get(f"note.{case.conversation_id}", "") if ticked is not None else ""
    return HandRow(
        **_shown(case),
        reasons=tuple(why_words(one) for one in case.whys),
        note=given,
        ticked=ticked is None or str(case.conversation_id) in ticked,
    )


def _shown(case: Holding | HandedCase) -> dict[str, Any]:
    looks, now = brand_looks(), clock.now()
    due = clocks.due(case.due_at, now, chosen_zone(), chosen_language()) if case.due_at is not None else None
    return {
        "id": str(case.conversation_id),
        "url": url_for("conversation.page", conversation_id=case.conversation_id),
        "brand": looks.get(case.brand_id) or brand_look(str(case.brand_id), "", "", ""),
        "place": place_words(case.platform, case.kind),
        "customer": case.customer or _("Somebody"),
        "excerpt": case.excerpt,
        "language": case.language or "",
        "due": due,
    }


def _title(handover: HandedOver | ListedHandover) -> str:
    me, number = actor_of_request().user_id, handover.case_count
    if handover.to_person_id == me:
        return ngettext(
            "%(name)s hands you %(num)s case", "%(name)s hands you %(num)s cases", number, name=handover.from_name
        )
    if handover.from_person_id == me:
        return ngettext(
            "You hand %(name)s %(num)s case", "You hand %(name)s %(num)s cases", number, name=handover.to_name
        )
    return ngettext(
        "%(name)s hands %(whom)s %(num)s case",
        "%(name)s hands %(whom)s %(num)s cases",
        number,
        name=handover.from_name,
        whom=handover.to_name,
    )


def _link(handover: ListedHandover) -> HandoverLink:
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    return HandoverLink(
        words=_title(handover),
        url=url_for("handover_page.one", handover_id=handover.id),
        state=case_looks()["offered"]
        if handover.ended_at is None
        else StateLook("answered", _("Ended"), "check", "plain"),
        when=clocks.age(handover.offered_at, now, zone, locale),
    )


def _team_link(one: TeamHandover) -> HandoverLink:
    link, total = _link(one.handover), one.offered + one.accepted + one.given_back
    if one.left:
        more = ngettext(
            "%(num)s case stands in the queue and nobody has it",
            "%(num)s cases stand in the queue and nobody has them",
            one.left,
        )
        return replace(link, state=case_looks()["lapsed"], more=more)
    if one.offered:
        until = time_of_day(one.handover.answer_by)
        return replace(link, more=_("%(num)s of %(all)s open until %(time)s", num=one.offered, all=total, time=until))
    if total:
        said = _("%(num)s taken over, %(back)s given back", num=one.accepted, back=one.given_back)
        return replace(link, more=said)
    return link


def _one(handover: HandedOver) -> Response:
    actor, now = actor_of_request(), clock.now()
    is_giver, is_receiver = handover.from_person_id == actor.user_id, handover.to_person_id == actor.user_id
    is_open = handover.ended_at is None and handover.offered_count > 0
    said = [_("Offered %(time)s.", time=time_of_day(handover.offered_at))]
    if is_open:
        said.append(_("If nobody answers until %(time)s, a team lead is told.", time=time_of_day(handover.answer_by)))
    if handover.hidden:
        said.append(
            ngettext(
                "%(num)s more is of a brand you do not work on; it lapses to the queue.",
                "%(num)s more are of brands you do not work on; they lapse to the queue.",
                handover.hidden,
            )
        )
    page = HandoverPage(
        title=_title(handover),
        said=tuple(said),
        rows=tuple(_handed(one, handover) for one in handover.cases),
        url=url_for("handover_page.answer", handover_id=handover.id) if is_giver or is_receiver else "",
        is_giver=is_giver,
        is_open=is_open,
        warning=_warning(actor.user_id, handover.offered_count, now) if is_receiver and is_open else "",
        back_url=url_for("handover_page.mine"),
    )
    return make_response(render_page("handovers/page.html", page))


def _warning(me: UUID, more: int, now: datetime) -> str:
    most = team_at(now, [me]).of(me).most_cases
    held = held_by([me]).get(me, 0)
    if most is None or held + more <= most:
        return ""
    return _("You hold %(held)s of %(most)s. Take only some of it, or ask a team lead.", held=held, most=most)


def _handed(case: HandedCase, handover: HandedOver) -> HandRow:
    return HandRow(
        **_shown(case),
        reasons=tuple(reason_words().get(one, one) for one in case.reasons),
        note=case.note,
        ticked=False,
        state=case_looks()[case.state],
        why=left_words(case.why, handover.to_name if case.why == "no_brand" else ""),
        is_offered=case.state == "offered" and handover.ended_at is None,
    )
