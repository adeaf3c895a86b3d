"""Conversations that are told together on one page: one timeline, each message with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from flask_babel import gettext as _

from agency.inbox.conversation_view import ConversationView, NoteView, get_conversation
from agency.replies.queries import ReplyRow, replies_of, shown_to
from agency.web.contexts import MessageLook
from agency.web.contexts_conversation import PartLook
from agency.web.inbox_address import Address
from agency.web.message_looks import message_looks
from agency.web.reply_looks import place_words
from agency.web.thread_deeds import thread_deeds
from tenants.permissions import Actor, Permission


class Thread(NamedTuple):
    """One conversation with its replies."""

    view: ConversationView
    replies: list[ReplyRow]


class Told(NamedTuple):
    """The main conversation, what is told within it, and the one that is answered."""

    main: Thread
    parts: Sequence[Thread]
    answering: Thread

    @property
    def threads(self) -> list[Thread]:
        """All of them, the main one first."""
        return [self.main, *self.parts]

    @property
    def notes(self) -> list[NoteView]:
        """Of all of them, the oldest first."""
        return sorted((note for one in self.threads for note in one.view.notes), key=lambda note: note.created_at)

    def messages(self, actor: Actor, address: Address) -> tuple[MessageLook, ...]:
        """All of them in one timeline, the oldest first; each may be answered, changed or hidden where it stands."""
        found = []
        for one in self.threads:
            deeds = thread_deeds(one.view, one.replies, actor, address)
            place = self._place(one) if self.parts else ""
            looks = message_looks(one.view, one.replies, deeds=deeds)
            found += [
                ((m.written_at, m.id), replace(look, place=place) if place else look)
                for m, look in zip(one.view.messages, looks, strict=True)
            ]
        return tuple(look for _at, look in sorted(found, key=lambda pair: pair[0]))

    def _place(self, one: Thread) -> str:
        """Where it stands; with the account, where they came by several."""
        words = place_words(one.view.platform, one.view.kind)
        is_one = len({thread.view.account_id for thread in self.threads}) == 1
        return words if is_one else _("%(place)s, to %(account)s", place=words, account=one.view.account_name)

    def looks(self, actor: Actor, address: Address) -> tuple[PartLook, ...]:
        """Which conversations these are, to choose the one that is answered; nothing for one alone."""
        if not self.parts:
            return ()
        may = actor.may(Permission.CONVERSATION_WORK)
        return tuple(
            PartLook(
                self._place(one),
                next((m.text for m in reversed(one.view.messages) if m.direction == "in"), "")[:140],
                address.case_url(one.view.id),
                one is self.answering,
                address.deed_url(one.view.id, "apart") if may and one is not self.main else "",
            )
            for one in self.threads
        )


def told_together(actor: Actor, conversation_id: UUID, before: UUID | None = None) -> Told:
    """The page of this conversation, or of the one it is told within, then with this one answered.

    Two statements for one alone, two more for each that is told within it. Raises NotFound.
    """
    asked = _thread(actor, conversation_id, before)
    main = asked if asked.view.merged_into_id is None else _thread(actor, asked.view.merged_into_id)
    parts = [asked if one == conversation_id else _thread(actor, one) for one in main.view.part_ids or ()]
    answering = asked
    if parts and asked is main:
        answering = max((main, *parts), key=lambda one: max(_written(one.view), default=""))
    return Told(main, parts, answering)


def _written(view: ConversationView) -> list[str]:
    return [m.written_at.isoformat() for m in view.messages if m.direction == "in" and m.deleted_at is None]


def _thread(actor: Actor, conversation_id: UUID, before: UUID | None = None) -> Thread:
    return Thread(get_conversation(conversation_id, before=before), shown_to(actor, replies_of(conversation_id)))
