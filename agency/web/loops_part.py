"""Questions to loops as cases and lists show them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.inbox.conversation_view import ConversationView
from agency.inbox.loops.reading import askings_of
from agency.web import clocks
from agency.web.contexts_loops import AskingLook, LoopsPart
from agency.web.inbox_address import Address
from agency.web.language import chosen_language, chosen_zone, time_of_day
from agency.web.looks import StateLook
from tenants import clock
from tenants.permissions import Actor, Permission


def loops_part(view: ConversationView, actor: Actor, address: Address) -> LoopsPart | None:
    """Between colleagues, as notes are; None where nothing was asked."""
    rows = askings_of(view.further)
    if not rows or not actor.may(Permission.NOTE_READ):
        return None
    works, writes = actor.may(Permission.CONVERSATION_WORK), actor.may(Permission.REPLY_WRITE)
    waits = any(one.state == "open" for one in rows) and view.status == "open"
    return LoopsPart(
        rows=tuple(
            asking_look(
                one,
                inserts=writes and view.status != "closed",
                withdraw_url=address.deed_url(view.id, f"loops/{one.id}/withdraw") if works else "",
                reader=actor,
            )
            for one in rows
        ),
        hint=_("The customer waits meanwhile: a short answer that you are asking keeps them with you.")
        if waits
        else "",
    )


def asking_look(one: Any, *, inserts: bool = False, withdraw_url: str = "", reader: Actor | None = None) -> AskingLook:
    """A question, of a case or of the list; whoever it was put to may answer it here."""
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    sent_on = getattr(one, "sent_on_by", None)
    is_open = one.state == "open"
    return AskingLook(
        loop=one.loop_name,
        to=_("%(name)s, by way of %(other)s", name=one.to_name, other=sent_on) if sent_on else one.to_name,
        by=one.asked_by_name,
        asked=clocks.age(getattr(one, "asked_at", one.due_at), now, zone, locale),
        state=_state(one.state, is_late=is_open and one.due_at <= now),
        due=clocks.due(one.due_at, now, zone, locale) if is_open else None,
        question=one.question,
        said=_said(one.state, one.loop_name, one.to_name, one.ended_at),
        answer=one.answer,
        inserts=inserts and one.state == "answered",
        trouble=_("The mail to %(name)s does not arrive. Ask somebody else.", name=one.to_name)
        if is_open and one.undelivered is not None
        else "",
        withdraw_url=withdraw_url if is_open else "",
        answer_url=url_for("loops_page.open_answer", asking_id=one.id)
        if is_open and reader is not None and one.to_person_id == reader.user_id
        else "",
        files=_files(getattr(one, "files_left", 0), one.to_name),
    )


def _files(number: int, name: str) -> str:
    if not number:
        return ""
    return ngettext(
        "%(num)s file came with it and is not kept here: ask %(name)s for it.",
        "%(num)s files came with it and are not kept here: ask %(name)s for them.",
        number,
        name=name,
    )


def _state(state: str, *, is_late: bool) -> StateLook:
    if state == "open":
        return (
            StateLook("late", _("Answer is late"), "alert", "bad")
            if is_late
            else StateLook("asked", _("Asked"), "hourglass", "info")
        )
    return {
        "answered": StateLook("answered", _("Answered"), "check", "good"),
        "declined": StateLook("declined", _("Cannot answer"), "cross", "warn"),
    }.get(state, StateLook("withdrawn", _("Taken back"), "undo", "plain"))


def _said(state: str, loop: str, name: str, at: datetime | None) -> str:
    if at is None:
        return ""
    time = time_of_day(at)
    if state == "answered":
        return _("%(loop)s (%(name)s) answered %(time)s:", loop=loop, name=name, time=time)
    if state == "declined":
        return _("%(loop)s (%(name)s) cannot answer, said %(time)s:", loop=loop, name=name, time=time)
    return ""
