"""What an answer of ours is to a platform, and what happens to a conversation when it stands there, or does not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid, and_, any_, case, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from agency.inbox.conversation_rows import refresh_conversation
from agency.inbox.incoming import PRIVATE_SUFFIX, PROVISIONAL, REPLY_SUFFIX
from agency.inbox.intake import store_page
from agency.inbox.merged import told_with
from agency.inbox.models import Conversation, Message, thread_of
from agency.inbox.sent import HasPlatform, link_reply, record_sent
from channels import message_window
from channels.items import Author, IncomingItem, Page
from channels.message_window import Window
from channels.models import Account
from channels.protocol import Deed, ReplyTarget, WrittenBy
from channels.registry import traits_of
from tenants import clock
from tenants.database import db


def deed_of(kind: str, deed: str, *, private: bool) -> Deed:
    """Which call publishes an answer: `deed` is a reply's, `kind` its conversation's."""
    if deed != "reply":
        return "edit_reply" if deed == "edit" else "withdraw_reply"
    if kind == "message":
        return "message"
    return "private_reply" if private else "reply"


def is_offered(platform: str, kind: str, deed: str, *, private: bool) -> bool:
    """Whether the platform knows such an answer at all. Sent messages can be neither changed nor taken back there."""
    if deed != "reply" and (private or kind == "message"):
        return False
    if private and kind not in ("comment", "post", "message"):
        return False
    return deed_of(kind, deed, private=private) in traits_of(platform).deeds


def is_photo_tag(
    platform: str, kind: str, thread_external_id: str, context: Mapping[str, Any], message_external_id: str
) -> bool:
    """Whether this is Instagram media that shows us in a picture and does not name us in its words: nobody can comment
    there by API ("Commenting on photos in which you were tagged is not supported", IG User Mentions).
    """
    if platform != "instagram" or kind != "mention" or context.get("names_us"):
        return False
    return message_external_id == (context.get("external_id") or thread_external_id)


def target_for(
    conversation: Conversation,
    message: Message,
    *,
    post_external_id: str | None,
    deed: str,
    private: bool,
    written_by: WrittenBy,
    last_customer_at: datetime | None = None,
    our_external_id: str | None = None,
    our_text: str | None = None,
) -> ReplyTarget:
    """What an answer to this message answers, as adapters name it: the one place where targets are made.
    `last_customer_at` is for direct messages: when the person last wrote.
    """
    return ReplyTarget(
        external_id=message.external_id,
        thread_external_id=thread_of(conversation.external_id),
        kind=conversation.kind,  # type: ignore[arg-type]  # intake stores no other
        post_external_id=post_external_id,
        seen_updated_at=message.edited_at or message.written_at,
        deed=deed_of(conversation.kind, deed, private=private),
        our_external_id=our_external_id,
        our_text=our_text,
        written_at=message.written_at,
        last_customer_at=last_customer_at,
        written_by=written_by,
        sending_at=clock.now(),
    )


def last_written_to_us(conversation_id: UUID) -> datetime | None:
    """When the person last wrote in this conversation; what they took back does not count."""
    return last_written_in([conversation_id]).get(conversation_id)


def last_written_in(conversation_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """The same of several; those in which nobody did are left out."""
    rows = db.session.execute(
        select(Message.conversation_id, func.max(Message.written_at))
        .where(
            Message.conversation_id == any_(literal(list(conversation_ids), ARRAY(Uuid()))),
            Message.direction == "in",
            Message.deleted_at.is_(None),
        )
        .group_by(Message.conversation_id)
    )
    return {row[0]: row[1] for row in rows}


def window_of(
    conversation_id: UUID, kind: str, *, private: bool, answers_written_at: datetime | None, written_by: WrittenBy
) -> Window | None:
    """Whether a direct message or private reply may leave now; None for answers that know no window."""
    return window_by(
        lambda: last_written_to_us(conversation_id),
        kind,
        private=private,
        answers_written_at=answers_written_at,
        written_by=written_by,
    )


def window_by(
    last_written: Callable[[], datetime | None],
    kind: str,
    *,
    private: bool,
    answers_written_at: datetime | None,
    written_by: WrittenBy,
) -> Window | None:
    """The same, where `last_written` says when the person last wrote; it is asked only of direct messages."""
    if kind == "message":
        return message_window.message_window(last_written(), clock.now(), written_by)
    return message_window.private_reply_window(answers_written_at, clock.now()) if private else None


def window_end(
    last_written: Callable[[], datetime | None],
    kind: str,
    *,
    private: bool,
    answers_written_at: datetime | None,
    written_by: WrittenBy,
) -> datetime | None:
    """From when on a direct message or private reply may leave no more, if the person writes nothing new; None for
    answers that know no window, and where the platform decides. `last_written` as in `window_by`.
    """
    if kind == "message":
        return message_window.message_window_end(last_written(), written_by)
    return message_window.private_reply_window_end(answers_written_at) if private else None


def answered(
    account: Account,
    conversation_id: UUID,
    *,
    reply_id: UUID,
    platform_id: str,
    answered_external_id: str,
    text: str,
    written_at: datetime,
    private: bool = False,
    moderation: str | None = None,
    keeps_holder: bool = False,
) -> None:
    """Record the published words; the conversation is nobody's any more, unless it `keeps_holder`, and closes unless
    newer words wait.

    Safe to call again, and when a poll brought the same message first.
    """
    if not keeps_holder:
        _let_go(conversation_id)
    record_sent(
        account,
        conversation_id,
        external_id=message_id(account, platform_id, answered_external_id, private=private),
        parent_external_id=answered_external_id,
        text=text,
        written_at=written_at,
        reply_id=reply_id,
        author_name=account.name,
        moderation=moderation,
    )
    if account.platform == "google_business":
        _say_anew(account, conversation_id, reply_id, platform_id, answered_external_id, text, written_at, moderation)


def _say_anew(
    account: Account,
    conversation_id: UUID,
    reply_id: UUID,
    platform_id: str,
    answered_external_id: str,
    text: str,
    written_at: datetime,
    moderation: str | None,
) -> None:
    """A review has one answer: a new one in the place of one that was rejected is the same message with other words."""
    standing = db.session.execute(
        select(Message.reply_id).where(
            Message.account_id == account.id,
            Message.external_id == message_id(account, platform_id, answered_external_id),
        )
    ).scalar_one_or_none()
    if standing is not None and standing != reply_id:
        changed(
            account,
            conversation_id,
            reply_id=reply_id,
            platform_id=platform_id,
            answered_external_id=answered_external_id,
            text=text,
            changed_at=written_at,
            moderation=moderation,
        )


def file_private_message(
    account: Account, thread_external_id: str, *, reply_id: UUID, platform_id: str, text: str, written_at: datetime
) -> None:
    """Put a private reply among the person's direct messages. In a transaction of its own: it is intake.

    Safe to call again, and when an event or a poll brought the message first.
    """
    item = IncomingItem(
        external_id=platform_id,
        thread_external_id=thread_external_id,
        parent_external_id=None,
        kind="message",
        author=Author(account.external_id, account.name),
        text=text,
        created_at=written_at,
        updated_at=None,
        stars=None,
        permalink=None,
        from_us=True,
    )
    store_page(account, Page((item,), (), "", complete=True), now=clock.now(), known_stay=True)
    link_reply(account.id, platform_id, reply_id)


def file_seen(account: Account, item: IncomingItem) -> None:
    """Store what the sender just read where our answer would go: whoever decides anew sees it. In a transaction of its
    own: it is intake.
    """
    store_page(account, Page((item,), (), "", complete=True), now=clock.now())


def changed(
    account: Account,
    conversation_id: UUID,
    *,
    reply_id: UUID,
    platform_id: str,
    answered_external_id: str,
    text: str,
    changed_at: datetime,
    moderation: str | None = None,
) -> None:
    """Our published words were changed by us: the message says the new ones, and keeps what it said."""
    _let_go(conversation_id)
    before = func.jsonb_build_array(
        func.jsonb_build_object("text", Message.text, "until", changed_at.isoformat(timespec="seconds"))
    )
    _alter(
        account,
        conversation_id,
        message_id(account, platform_id, answered_external_id),
        only_live=True,
        text=text,
        edited_at=changed_at,
        earlier_texts=Message.earlier_texts.op("||", return_type=JSONB())(before),
        reply_id=reply_id,
        moderation=moderation,
        content_hash=PROVISIONAL,
    )


def taken_back(
    account: Account,
    conversation_id: UUID,
    *,
    reply_id: UUID,
    platform_id: str,
    answered_external_id: str,
    taken_back_at: datetime,
) -> None:
    """Our published words are gone by our own wish. The customer is owed an answer again."""
    _let_go(conversation_id)
    external_id = message_id(account, platform_id, answered_external_id)
    # The next answer to a review gets the very same id, and must not meet this tombstone.
    kept_as = f"{external_id}/{reply_id}" if account.platform == "google_business" else external_id
    _alter(
        account,
        conversation_id,
        external_id,
        external_id=kept_as,
        reply_id=reply_id,
        deleted_at=func.coalesce(Message.deleted_at, taken_back_at),
        **_NO_WORDS,
    )


def does_not_stand(
    account: Account,
    conversation_id: UUID,
    *,
    platform_id: str,
    answered_external_id: str,
    rejected: bool,
    now: datetime,
    private: bool = False,
) -> None:
    """Our answer is not shown: rejected by the platform's moderation, or not there. The customer is owed one again."""
    if rejected:
        moderated(account, conversation_id, platform_id, answered_external_id, "rejected")
        return
    external_id = message_id(account, platform_id, answered_external_id, private=private)
    _alter(account, conversation_id, external_id, only_live=True, deleted_at=now, **_NO_WORDS)


def moderated(
    account: Account, conversation_id: UUID, platform_id: str, answered_external_id: str, verdict: str
) -> None:
    """What the platform's moderation says of our answer by now."""
    _alter(account, conversation_id, message_id(account, platform_id, answered_external_id), moderation=verdict)


def seen_there(
    account: Account,
    conversation_id: UUID,
    *,
    reply_id: UUID,
    text: str,
    hidden: bool,
    moderation: str | None,
    now: datetime,
) -> None:
    """How our answer was just read: the message says so, and what it said before is kept with it."""
    differs = Message.text != text
    said = func.jsonb_build_array(
        func.jsonb_build_object("text", Message.text, "until", now.isoformat(timespec="seconds"))
    )
    is_changed = and_(differs, Message.deleted_at.is_(None))
    db.session.execute(
        update(Message)
        .where(
            Message.account_id == account.id, Message.conversation_id == conversation_id, Message.reply_id == reply_id
        )
        .values(
            text=text,
            edited_at=case((is_changed, now), else_=Message.edited_at),
            earlier_texts=case(
                (is_changed, Message.earlier_texts.op("||", return_type=JSONB())(said)), else_=Message.earlier_texts
            ),
            deleted_at=None,
            hidden=hidden,
            moderation=moderation,
        )
        .execution_options(synchronize_session=False)
    )
    refresh_conversation(account, conversation_id)


_NO_WORDS: Final[Mapping[str, Any]] = {"text": "", "attachments": [], "earlier_texts": []}
"""What is gone is not kept."""


def _alter(
    account: Account, conversation_id: UUID, external_id: str, /, *, only_live: bool = False, **values: Any
) -> None:
    """Change one message of ours, and its conversation's row with it. Takes no lock of the account, as intake does:
    whoever is here holds the conversation already."""
    wanted = update(Message).where(Message.account_id == account.id, Message.external_id == external_id)
    if only_live:
        wanted = wanted.where(Message.deleted_at.is_(None))
    db.session.execute(wanted.values(**values).execution_options(synchronize_session=False))
    refresh_conversation(account, conversation_id)


def _let_go(conversation_id: UUID) -> None:
    """Nobody holds it any more, nor the one it is told within."""
    db.session.execute(
        update(Conversation)
        .where(Conversation.id.in_(told_with(conversation_id)))
        .values(holder_id=None, holder_name=None, held_since=None, held_until=None)
        .execution_options(synchronize_session=False)
    )


def message_id(account: HasPlatform, platform_id: str, answered_external_id: str, *, private: bool = False) -> str:
    """What the message of an answer is called that the platform gave this id."""
    # A review carries its one answer inside itself, so that answer has no id of its own on the platform.
    if account.platform == "google_business":
        return answered_external_id + REPLY_SUFFIX
    return platform_id + PRIVATE_SUFFIX if private else platform_id
