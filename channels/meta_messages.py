"""Direct messages on both Meta platforms, as events tell them and as conversations list them. Pure.

A thread is the person: events name nothing else. What the account wrote itself, through us, another tool or the
platform's own inbox, comes back as an echo and is recognised by its sender.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from channels import meta_events
from channels.capabilities import EventReading
from channels.deliveries import Told
from channels.items import Attachment, Author, IncomingItem, person_thread
from channels.meta_requests import one_object
from channels.protocol import ConnectedAccount, Exchange, Request
from channels.wire import Json, Unreadable, identifier, instant, link, mapping, rows, short_text, text_of

#: ``story`` is known on Instagram alone and ``sticker`` on Messenger alone, so each asks in its own words.
_FIELDS = "id,created_time,from,to,message,attachments{id,mime_type,name,image_data,video_data,file_url},shares"
FACEBOOK_FIELDS = f"{_FIELDS},sticker"
INSTAGRAM_FIELDS = f"{_FIELDS},story,is_unsupported"
LEAST_FIELDS = "id,created_time,from,to,message"

_IGNORED = {
    "reaction": "a reaction",
    "read": "a sign that somebody read",
    "delivery": "a sign of delivery",
    "referral": "a way into the conversation, without words",
    "optin": "a consent, without words",
    "account_linking": "an account link, without words",
    "pass_thread_control": "another app took the conversation over",
    "take_thread_control": "another app took the conversation over",
    "request_thread_control": "another app asks for the conversation",
    "app_roles": "roles of apps",
}
KINDS = frozenset({"message", "message_edit", "postback", "messaging", "policy-enforcement", *_IGNORED})
#: One word for what the platforms name in several ways.
_ATTACHMENTS = {"fallback": "share", "ig_post": "post", "ig_reel": "reel", "unsupported_type": "unsupported"}
#: What lies on pages of the platform, not on addresses that are signed for a while.
_LASTING = {"share", "location", "template"}


def fields_of(account: ConnectedAccount, *, detail: int = 0) -> str:
    if detail >= 2:
        return LEAST_FIELDS
    return INSTAGRAM_FIELDS if account.platform == "instagram" else FACEBOOK_FIELDS


def looks_like_message(external_id: str) -> bool:
    """Ids of posts and comments are digits in one or two parts; those of messages never are."""
    return external_id.startswith(("m_", "mid.", "postback.", "aWdf"))


# --- events ---


def read(account: ConnectedAccount, told: Told, now: datetime) -> EventReading:
    """One messaging event; those of conversations another app holds ("standby") count as well. Raises `Unreadable`."""
    if told.kind in _IGNORED:
        return meta_events.ignored(_IGNORED[told.kind])
    if told.kind == "message":
        return meta_events.stored(_message(account, told, now))
    if told.kind == "postback":
        return meta_events.stored(_postback(account, told, now))
    if told.kind == "message_edit":
        # It may come before the message it edits, and several come in any order: the message itself has the last word.
        mid = _mid(mapping(told.value.get("message_edit")) or {})
        _person(account, told.value)
        return meta_events.asked(one_message(account, mid))
    if told.kind == "policy-enforcement":
        return meta_events.unknown("the platform enforces a policy on this account")
    if told.standby:
        return meta_events.ignored("an event of a conversation that another app holds, without words")
    return meta_events.unknown("a messaging event of an unknown kind")


def read_answers(account: ConnectedAccount, told: Told, exchanges: Sequence[Exchange], now: datetime) -> EventReading:
    """The edited message. Whether a read shows the edit at once is not documented, so the event's words count, dated by
    the event: of several edits the last one stays. Raises `Unreadable` and `ChannelError`.
    """
    edit = mapping(told.value.get("message_edit")) or {}
    person, from_us = _person(account, told.value)
    text, truncated = text_of(edit.get("text"), field="text")
    at = meta_events.moment_of(told, now)
    instead = replace(_plain(account, person, _mid(edit), from_us, at), text=text, truncated=truncated, updated_at=at)

    def edited(raw: Json) -> IncomingItem:
        return replace(read_message(raw, account, person), text=text, truncated=truncated, updated_at=at)

    return meta_events.answered(exchanges, edited, instead)


def one_message(account: ConnectedAccount, mid: str) -> Request:
    return one_object(account, mid, fields_of(account), {"ask": "message"})


def _message(account: ConnectedAccount, told: Told, now: datetime) -> IncomingItem:
    message = mapping(told.value.get("message"))
    if message is None:
        raise Unreadable("a message without content")
    person, from_us = _person(account, told.value)
    from_us = from_us or message.get("is_echo") is True
    item = _plain(account, person, _mid(message), from_us, meta_events.moment_of(told, now))
    if message.get("is_deleted") is True:
        return replace(item, deleted=True)
    text, truncated = text_of(message.get("text"), field="text")
    answered = mapping(message.get("reply_to")) or {}
    attachments = [_told_attachment(one) for one in rows(message.get("attachments"))]
    story = mapping(answered.get("story"))
    if story is not None:
        attachments.append(Attachment("story_reply", link(story.get("url")), expires=True))
    if _yes(message.get("is_unsupported")) and not attachments:
        attachments.append(Attachment("unsupported", None))
    return replace(
        item,
        text=text,
        truncated=truncated,
        parent_external_id=identifier(answered.get("mid")),
        attachments=tuple(attachments[:50]),
    )


def _postback(account: ConnectedAccount, told: Told, now: datetime) -> IncomingItem:
    """A pressed button: it speaks for the person and opens the message window."""
    raw = mapping(told.value.get("postback"))
    if raw is None:
        raise Unreadable("a postback without content")
    person, _ = _person(account, told.value)
    at = meta_events.moment_of(told, now)
    mid = identifier(raw.get("mid")) or f"postback.{person}.{int(at.timestamp() * 1_000)}"
    text, truncated = text_of(raw.get("title") or raw.get("payload"), field="title")
    return replace(_plain(account, person, mid, False, at), text=text, truncated=truncated)


def _person(account: ConnectedAccount, value: Json) -> tuple[str, bool]:
    """The person of the thread, and whether the account is the one who wrote."""
    sender = identifier((mapping(value.get("sender")) or {}).get("id"))
    recipient = identifier((mapping(value.get("recipient")) or {}).get("id"))
    from_us = sender == account.external_id
    person = recipient if from_us else sender
    if person is None:
        raise Unreadable("nobody is named as sender or recipient")
    return person, from_us


def _mid(raw: Json) -> str:
    mid = identifier(raw.get("mid"))
    if mid is None:
        raise Unreadable("a message without a usable id")
    return mid


def _told_attachment(value: Any) -> Attachment:
    raw = mapping(value) or {}
    payload = mapping(raw.get("payload")) or {}
    named = short_text(raw.get("type"), 40) or "attachment"
    kind = "sticker" if payload.get("sticker_id") else _ATTACHMENTS.get(named, named)
    title = short_text(payload.get("title"), 300) or short_text(raw.get("title"), 300)
    place = mapping(payload.get("coordinates"))
    if place is not None and isinstance(place.get("lat"), int | float) and isinstance(place.get("long"), int | float):
        title = f"{place['lat']}, {place['long']}"
    url = link(payload.get("url")) or link(raw.get("url"))
    return Attachment(kind, url, title, expires=url is not None and kind not in _LASTING)


# --- conversations ---


def read_person(account: ConnectedAccount, conversation: Json) -> Author | None:
    """The other one of a conversation; None where nobody else is named."""
    for value in rows(conversation.get("participants")):
        participant = mapping(value) or {}
        found = identifier(participant.get("id"))
        if found is not None and not _is_us(participant, account):
            return Author(found, _name(participant))
    return None


def read_message(raw: Json, account: ConnectedAccount, person: str) -> IncomingItem:
    """One message of a conversation with ``person`` (empty: unknown).

    Raises `Unreadable` without a usable id, time or text.
    """
    mid = identifier(raw.get("id"))
    if mid is None:
        raise Unreadable("no usable id")
    created_at = instant(raw.get("created_time"))
    if created_at is None:
        raise Unreadable("no usable created_time")
    text, truncated = text_of(raw.get("message"), field="message")
    sender = mapping(raw.get("from")) or {}
    sender_id = identifier(sender.get("id"))
    from_us = _is_us(sender, account) or (bool(person) and sender_id is not None and sender_id != person)
    item = _plain(account, person, mid, from_us, created_at)
    author = item.author if from_us else Author(person, _name(sender))
    return replace(item, text=text, truncated=truncated, author=author, attachments=_listed_attachments(raw))


def _listed_attachments(raw: Json) -> tuple[Attachment, ...]:
    found = []
    for value in rows(raw.get("attachments")):
        one = mapping(value) or {}
        image, video = mapping(one.get("image_data")), mapping(one.get("video_data"))
        sort = (short_text(one.get("mime_type"), 100) or "").split("/")[0]
        kind = "image" if image else "video" if video else sort if sort in ("image", "video", "audio") else "file"
        url = link((image or video or {}).get("url")) or link(one.get("file_url"))
        title = short_text(one.get("name"), 300) if kind == "file" else None
        found.append(Attachment(kind, url, title, expires=url is not None))
    for value in rows(raw.get("shares")):
        one = mapping(value) or {}
        found.append(Attachment("share", link(one.get("link")), short_text(one.get("name"), 300)))
    sticker = link(raw.get("sticker"))
    if sticker:  # listed as a picture, too
        found = [one for one in found if one.url != sticker]
        found.append(Attachment("sticker", sticker, expires=True))
    story = mapping(raw.get("story")) or {}
    for name, kind in (("mention", "story_mention"), ("reply_to", "story_reply")):
        part = mapping(story.get(name))
        if part is not None:
            found.append(Attachment(kind, link(part.get("link")), expires=True))
    if _yes(raw.get("is_unsupported")) and not found:
        found.append(Attachment("unsupported", None))
    return tuple(found[:50])


def _plain(account: ConnectedAccount, person: str, mid: str, from_us: bool, at: datetime) -> IncomingItem:
    return IncomingItem(
        external_id=mid,
        thread_external_id=person_thread(person),
        parent_external_id=None,
        kind="message",
        author=Author(account.external_id, account.name) if from_us else Author(person, None),
        text="",
        created_at=at,
        updated_at=None,
        stars=None,
        permalink=None,
        from_us=from_us,
    )


def _is_us(person: Json, account: ConnectedAccount) -> bool:
    if account.external_id in (identifier(person.get("id")), identifier(person.get("user_id"))):
        return True
    return account.platform == "instagram" and account.name is not None and person.get("username") == account.name


def _name(person: Json) -> str | None:
    return short_text(person.get("name"), 300) or short_text(person.get("username"), 100)


def _yes(value: Any) -> bool:
    return value is True or value == "true"
