"""Which way the composer's words go, and how long that way is open: in public, privately, as a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from flask_babel import gettext as _

from agency.inbox import outgoing
from agency.inbox.conversation_view import ConversationView, MessageView
from agency.replies.checks import IN_FLIGHT_STATES
from agency.replies.queries import ReplyRow
from agency.web import clocks
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Clock, Notice
from channels.message_window import Window
from tenants import clock


class Way(NamedTuple):
    """Where the words go, and until when; see `agency.web.contexts.Composer`."""

    closed: Notice | None = None
    window: Clock | None = None
    window_words: str = ""
    may_private: bool = False
    private_words: str = ""


def way_of(view: ConversationView, replies: Sequence[ReplyRow], *, automatic: bool) -> Way:
    """What is open to an answer to the newest words. Direct messages cost one statement more."""
    if view.kind == "message":
        window = outgoing.window_of(
            view.id,
            view.kind,
            private=True,
            answers_written_at=None,
            written_by="rule" if automatic else "person",
        )
        return _message_way(window) if window is not None else Way()
    newest = _newest(view)
    if newest is not None and outgoing.is_photo_tag(
        view.platform, view.kind, view.external_id, view.context, newest.external_id
    ):
        return Way(closed=_photo_tag())
    if newest is None or not outgoing.is_offered(view.platform, view.kind, "reply", private=True):
        return Way()
    if _answered_privately(replies, newest.id):
        return Way(private_words=_("Answered privately before; the platform allows that once."))
    window = outgoing.window_of(
        view.id, view.kind, private=True, answers_written_at=newest.written_at, written_by="person"
    )
    if window is None or window.closes_at is None:
        return Way(private_words=_("Too old for a private answer: the platform takes one within 7 days."))
    left = clocks.left(window.closes_at, clock.now(), chosen_zone(), chosen_language())
    return Way(may_private=True, private_words=_("once, %(left)s", left=left.words))


def _message_way(window: Window) -> Way:
    if window.closes_at is None:
        return Way(closed=_closed(window))
    left = clocks.left(window.closes_at, clock.now(), chosen_zone(), chosen_language())
    words = _("to answer freely")
    if window.state == "human_agent":
        words = _("for a person to answer; rules may not write any more")
    return Way(window=left, window_words=words)


def _photo_tag() -> Notice:
    return Notice(
        "info",
        _("The brand is tagged in this picture, not named in its words."),
        _("Instagram lets no program comment there."),
        _("Answer in Instagram itself, then close the case here."),
    )


def _closed(window: Window) -> Notice:
    kept = _("Nothing can be sent now; what is written here is kept.")
    if window.reason == "never_wrote":
        return Notice(
            "warn",
            _("This person has not written a direct message yet."),
            kept,
            _("Wait until they write to the brand."),
        )
    if window.reason == "people_only":
        return Notice(
            "warn",
            _("More than 24 hours have passed, so a rule may not write any more."),
            kept,
            _("Answer in words of your own: a person may, up to 7 days."),
        )
    return Notice(
        "warn",
        _("More than 7 days have passed since this person wrote."),
        kept,
        _("When they write again, they can be answered."),
    )


def _newest(view: ConversationView) -> MessageView | None:
    live = [m for m in view.messages if m.direction == "in" and m.deleted_at is None]
    return max(live, key=lambda m: (m.written_at, m.id), default=None)


def _answered_privately(replies: Sequence[ReplyRow], message_id: UUID) -> bool:
    states = (*IN_FLIGHT_STATES, "published")
    return any(r.private and r.in_reply_to_id == message_id and r.state in states for r in replies)
