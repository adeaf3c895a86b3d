"""How people who write are shown: on their page, beside a case, in lists."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from agency.inbox.contacts.models import ContactNote
from agency.inbox.contacts.reading import MOST_COUNTED, CaseRow, IdentityView, LinkView, PersonView
from agency.replies.one_person import LastAnswer
from agency.web import clocks
from agency.web.contexts_customers import (
    AnswerLook,
    CaseLook,
    IdentityLook,
    LinkLook,
    PersonLook,
    PersonNoteLook,
)
from agency.web.guide_words import language_word
from agency.web.language import chosen_language, chosen_zone
from agency.web.reply_looks import answer_words, place_words, platform_word, stars_look
from agency.web.state_looks import conversation_states, unknown_state
from tenants import clock
from tenants.permissions import Actor, Permission

LONGEST_NAME = 80
"""Characters of a name that are shown: somebody has ten thousand."""


def shown_name(name: str | None) -> str:
    """A public name as one line."""
    if not name or not name.strip():
        return _("Somebody")
    said = " ".join(name.split())
    return said if len(said) <= LONGEST_NAME else said[: LONGEST_NAME - 1] + "…"


def person_look(person: PersonView) -> PersonLook:
    """Who they are."""
    vip = person.vip if person.is_vip else None
    facts = [
        (_("Customer since"), _day(person.first_at)),
        (_("Cases"), _count(person.case_count)),
        (_("Last wrote or was answered"), _day(person.last_at) if person.last_at else "–"),
    ]
    if person.languages:
        facts.append((_("Writes"), ", ".join(language_word(code) for code in person.languages)))
    return PersonLook(
        name=_("Erased") if person.is_erased else shown_name(person.name),
        url=url_for("customer_page.person", contact_id=person.id),
        vip=vip.vip_note if vip else "",
        vip_by=said_by(vip.vip_by_name, vip.vip_at) if vip else "",
        is_vip=person.is_vip,
        weight=person.weight,
        facts=tuple(facts),
        identities=tuple(identity_look(one, here=person.id) for one in person.identities),
        is_erased=person.is_erased,
    )


def identity_look(one: IdentityView, here: object = None) -> IdentityLook:
    """One identity; without an address where it is the one looked from."""
    return IdentityLook(
        id=str(one.id),
        name=_("Erased") if one.is_erased else shown_name(one.name),
        place=_("%(platform)s, to %(account)s", platform=platform_word(one.platform), account=one.account_name),
        cases=ngettext("%(num)s case", "%(num)s cases", one.case_count)
        if one.case_count <= MOST_COUNTED
        else _("more than %(n)s cases", n=MOST_COUNTED),
        since=_day(min(one.created_at, one.first_at or one.created_at)),
        url="" if one.id == here else url_for("customer_page.person", contact_id=one.id),
        is_erased=one.is_erased,
    )


def case_look(row: CaseRow) -> CaseLook:
    """A case in the person's history."""
    return CaseLook(
        url=url_for("conversation.page", conversation_id=row.id),
        words=row.excerpt or (_("A rating without words.") if row.stars else _("Without words.")),
        place=place_words(row.platform, row.kind),
        at=clocks.age(row.last_message_at, clock.now(), chosen_zone(), chosen_language()),
        state=conversation_states().get(row.status) or unknown_state(row.status),
        stars=stars_look(row.stars),
        language=row.language or "",
    )


def answer_look(row: LastAnswer) -> AnswerLook:
    """An answer of ours."""
    return AnswerLook(
        at=clocks.moment(row.published_at, chosen_zone(), chosen_language()),
        place=answer_words(row.platform, row.kind, private=row.private),
        by=row.by_name,
        text=row.text,
        case_url=url_for("conversation.page", conversation_id=row.conversation_id),
        receipt_url=url_for("receipts.receipt", reply_id=row.id),
    )


def note_look(note: ContactNote, actor: Actor) -> PersonNoteLook:
    """A note with what it said before."""
    return PersonNoteLook(
        id=str(note.id),
        author=note.author_name,
        at=clocks.moment(note.created_at, chosen_zone(), chosen_language()),
        text=note.text,
        changed=said_by(note.edited_by_name, note.edited_at) if note.edited_at else "",
        earlier=tuple(
            (str(one.get("text", "")), str(one.get("by", "")), _day(datetime.fromisoformat(str(one["until"]))))
            for one in reversed(note.earlier)
        ),
        url=url_for("customer_page.change_note", contact_id=note.contact_id, note_id=note.id)
        if actor.may(Permission.NOTE_WRITE)
        else "",
        version=note.version,
    )


def link_look(row: LinkView, person: PersonView, actor: Actor) -> LinkLook:
    """A link with its proof."""
    proofs = {
        "private_reply": _("The platform sent our private reply to the comment to this thread."),
        "same_handle": _("They gave this handle themselves."),
        "staff": _("A colleague decided so."),
    }
    proof_url = ""
    if row.reply_id is not None:
        proof_url = url_for("receipts.receipt", reply_id=row.reply_id)
    elif row.conversation_id is not None:
        proof_url = url_for("conversation.page", conversation_id=row.conversation_id)
    stands = row.undone_at is None
    may = actor.may(Permission.CONTACT_LINK)
    here: dict[str, Any] = {"contact_id": person.id, "link_id": row.id}
    undone = ""
    if row.undone_at is not None:
        undone = f"{said_by(row.undone_by_name, row.undone_at)}: {row.undo_reason}"
    is_open = stands and row.kind == "same_handle" and row.confirmed_at is None
    return LinkLook(
        id=str(row.id),
        one=f"{shown_name(row.contact_name)} ({platform_word(row.contact_platform)})",
        other=f"{shown_name(row.other_name)} ({platform_word(row.other_platform)})",
        proof=proofs[row.kind],
        detail=row.words or row.reason,
        made=said_by(row.made_by_name or _("The platform"), row.created_at),
        proof_url=proof_url,
        confirmed=_day(row.confirmed_at) if row.confirmed_at else "",
        confirm_url=url_for("customer_links.confirm", **here) if is_open and may else "",
        undone=undone,
        undo_url=url_for("customer_links.undo", **here) if stands and may else "",
    )


def _count(count: int) -> str:
    return str(count) if count <= MOST_COUNTED else _("more than %(n)s", n=MOST_COUNTED)


def said_by(name: str | None, at: datetime | None) -> str:
    """Who did something, and on which day."""
    return _("%(name)s, %(day)s", name=name or "", day=_day(at) if at else "")


def _day(at: datetime) -> str:
    return str(format_date(at.astimezone(chosen_zone()).date(), "d MMM y"))
