"""What may be done with each message of a thread from its place: change or take back ours, follow a private answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from agency.inbox import moderation, outgoing
from agency.inbox.conversation_view import ConversationView, DeedView, MessageView
from agency.inbox.models import Message
from agency.replies.checks import IN_FLIGHT_STATES
from agency.replies.queries import ReplyRow, replies_sent_as
from agency.web.contexts_conversation import DataLook
from agency.web.contexts_promises import PromiseLook
from agency.web.inbox_address import Address, of_change
from agency.web.incoming_data import data_look
from agency.web.looks import Choice, StateLook
from agency.web.promise_looks import ended_promises
from agency.web.stored_words import said_again
from tenants.database import db
from tenants.permissions import Actor, Permission


@dataclass(frozen=True)
class Deeds:
    """Beside one message; see `agency.web.contexts.MessageLook`."""

    reply: ReplyRow | None = None
    change_url: str = ""
    take_back_url: str = ""
    linked: Choice | None = None
    deeds_url: str = ""
    deeds: tuple[Choice, ...] = ()
    harsh_deeds: tuple[Choice, ...] = ()
    states: tuple[StateLook, ...] = ()
    reason: str = ""
    data: DataLook | None = None
    promises: tuple[PromiseLook, ...] = ()


@dataclass(frozen=True)
class ThreadDeeds:
    """By message."""

    by_message: dict[UUID, Deeds] = field(default_factory=dict)

    def of(self, message_id: UUID) -> Deeds:
        return self.by_message.get(message_id, Deeds())


def thread_deeds(view: ConversationView, replies: Sequence[ReplyRow], actor: Actor, address: Address) -> ThreadDeeds:
    """What this person may do with the messages of this thread; a statement more only where private answers are."""
    known = {reply.id: reply for reply in replies}
    found = {
        m.id: Deeds(
            reply=known.get(m.reply_id) if m.reply_id else None,
            change_url=_change_url(view, m, known, replies, actor, address, "edit"),
            take_back_url=_change_url(view, m, known, replies, actor, address, "withdraw"),
            promises=ended_promises(known.get(m.reply_id) if m.reply_id else None, actor, address),
        )
        for m in view.messages
        if m.direction == "out"
    }
    found |= {m.id: _moderation(view, m, replies, actor, address) for m in view.messages if m.direction == "in"}
    if view.kind == "message":
        found |= _from_comments(view, actor, address)
    else:
        found |= _to_messages(view, known, found, address)
    return ThreadDeeds(found)


def deed_words() -> dict[str, str]:
    """Each deed as a button says it."""
    return {
        "hide": _("Hide"),
        "unhide": _("Show again"),
        "like": _("Like"),
        "unlike": _("Unlike"),
        "delete": _("Delete for everybody"),
        "block": _("Block this person"),
    }


def _deed_look(deed: DeedView, words: str) -> StateLook:
    code = f"{deed.deed}-{deed.state}"
    if deed.state == "waiting":
        return StateLook(code, _("%(deed)s: on its way", deed=words), "hourglass", "info")
    if deed.state == "refused":
        return StateLook(code, _("%(deed)s: refused", deed=words), "cross", "bad")
    return StateLook(code, _("%(deed)s: not clear", deed=words), "question", "warn")


def _moderation(
    view: ConversationView, m: MessageView, replies: Sequence[ReplyRow], actor: Actor, address: Address
) -> Deeds:
    """The buttons beside a customer's message, and what became of the last ones pressed."""
    words = deed_words()
    asked = [d for d in view.deeds if d.message_id == m.id]
    waiting = {d.deed for d in asked if d.state == "waiting"}
    last = asked[-1] if asked and asked[-1].state != "done" else None
    states = tuple(_deed_look(d, words[d.deed]) for d in asked if d.state == "waiting" or d is last)
    reason = said_again(last.reason or "") if last is not None else ""
    if m.deleted_at is not None or view.brand_paused:
        return Deeds(states=states, reason=reason, data=data_look(view, m, replies, actor, address, ()))
    kind = moderation.kind_of(view.kind, view.external_id, m.external_id)
    so = {"hide": m.hidden, "unhide": not m.hidden, "like": m.liked, "unlike": not m.liked}
    open_now = [
        deed
        for deed in words
        if deed in moderation.offered(view.platform, kind)
        and not so.get(deed, False)
        and deed not in waiting
        and actor.may(moderation.DEED_PERMISSIONS[deed])
        and (deed != "block" or m.author_name is not None)
    ]

    def choices(permission: Permission) -> tuple[Choice, ...]:
        return tuple(Choice(words[d], "", value=d) for d in open_now if moderation.DEED_PERMISSIONS[d] is permission)

    return Deeds(
        deeds_url=address.deed_url(view.id, f"messages/{m.id}/deeds") if open_now else "",
        deeds=choices(Permission.MESSAGE_MODERATE),
        harsh_deeds=choices(Permission.MESSAGE_REMOVE),
        states=states,
        reason=reason,
        data=data_look(view, m, replies, actor, address, open_now),
    )


def _change_url(
    view: ConversationView,
    m: MessageView,
    known: dict[UUID, ReplyRow],
    replies: Sequence[ReplyRow],
    actor: Actor,
    address: Address,
    deed: str,
) -> str:
    reply = known.get(m.reply_id) if m.reply_id else None
    if reply is None or reply.state != "published" or m.deleted_at is not None:
        return ""
    if not actor.may(Permission.REPLY_WRITE):
        return ""
    if not outgoing.is_offered(view.platform, view.kind, deed, private=reply.private):
        return ""
    if any(r.changes_reply_id == reply.id and r.state in IN_FLIGHT_STATES for r in replies):
        return ""
    if deed == "withdraw":
        return address.deed_url(view.id, f"replies/{reply.id}/take-back")
    return f"{of_change(address.case_url(view.id), reply.id)}#composer"


def _to_messages(
    view: ConversationView, known: dict[UUID, ReplyRow], found: dict[UUID, Deeds], address: Address
) -> dict[UUID, Deeds]:
    """From a private answer beneath a comment to the direct messages it began."""
    private = {m.id: r for m in view.messages if m.reply_id and (r := known.get(m.reply_id)) and r.private}
    if not private:
        return {}
    rows = db.session.execute(
        select(Message.external_id, Message.conversation_id).where(
            Message.account_id == view.account_id,
            Message.external_id.in_([r.platform_id for r in private.values() if r.platform_id]),
        )
    )
    places: dict[str | None, UUID] = {row[0]: row[1] for row in rows}
    return {
        message_id: Deeds(
            reply=reply, linked=Choice(_("Its direct messages"), address.case_url(places[reply.platform_id]))
        )
        for message_id, reply in private.items()
        if reply.platform_id in places
    }


def _from_comments(view: ConversationView, actor: Actor, address: Address) -> dict[UUID, Deeds]:
    """From a direct message that answered a comment back to that comment."""
    ours = {m.external_id: m for m in view.messages if m.direction == "out"}
    return {
        ours[reply.platform_id].id: Deeds(
            reply=reply, linked=Choice(_("The comment it answers"), address.case_url(reply.conversation_id))
        )
        for reply in replies_sent_as(view.account_id, list(ours))
        if reply.platform_id in ours and reply.conversation_id != view.id
    }
