"""What people say a customer's text is, where it was read as something else; and how often it was read rightly.

A correction wins for its very message for as long as the text stays: it stands in the message's reading, and a poll
that brings the same words leaves it there. Changed words are read anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, update

from agency.inbox.conversation_rows import refresh_conversation
from agency.inbox.models import Conversation, Message, ReadingCorrection
from agency.inbox.topic_models import Topic
from agency.inbox.topic_words import topics_now
from agency.inbox.understanding.reading import OTHER, UNKNOWN, read
from agency.inbox.understanding.stored import (
    LANGUAGE,
    TOPIC,
    VERSION,
    Stored,
    corrected,
    labels_of,
    read_anew,
    read_as,
    stands,
    to_stored,
)
from channels import accounts
from tenants import audit, clock
from tenants.database import db, first_id_of, new_id
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.ids import id_from
from tenants.permissions import Actor, Permission, require

CASE, SAMPLE = "case", "sample"
SAMPLE_DAYS: Final = 7
SAMPLE_TEXTS: Final = 5


class Told(NamedTuple):
    """A customer's text, and how it is read now."""

    text: str
    reading: Stored


def correct(
    actor: Actor, conversation_id: UUID, message_id: UUID, aspect: str, label: str, *, origin: str = CASE
) -> Told:
    """Say what a text is. The case is ranked again at once. Returns the text and its reading as it stands now.

    `aspect` is one of CORRECTABLE, or names one of the brand's own topics. In another language the text is read anew,
    and whatever goes by its language goes by that one. Saying in a sample what was read anyhow is kept,
    too: it counts as read rightly. Raises NotFound, Forbidden, Invalid for an aspect or label that does not exist,
    Conflict `message_deleted`.
    """
    # The conversation first, as everybody who changes cases locks.
    conversation = db.session.execute(
        select(Conversation).where(Conversation.id == conversation_id).with_for_update(key_share=True)
    ).scalar_one_or_none()
    message = db.session.execute(
        select(Message).where(Message.id == message_id, Message.conversation_id == conversation_id).with_for_update()
    ).scalar_one_or_none()
    if conversation is None or message is None or message.direction != "in":
        raise NotFound()
    require(actor, Permission.CONVERSATION_WORK, message.brand_id)
    if label not in labels_of(aspect) or not _is_known(aspect, message.brand_id):
        raise Invalid(
            "A text cannot be read as that. Nothing was changed. Choose one of the list.",
            errors={"label": [worded("is not known")]},
        )
    if message.deleted_at is not None:
        raise Conflict(
            "The customer deleted this. Nothing was changed; there is nothing to read any more.", code="message_deleted"
        )
    kept = reading_of(message)
    if origin == CASE and stands(kept, aspect) == label:
        return Told(message.text, kept)
    before = read_as(kept, aspect)
    now_kept: Stored = corrected(kept, aspect, label)
    values: dict[str, Any] = {}
    if aspect == LANGUAGE:
        values["language"] = None if label == UNKNOWN else label
        now_kept = _in_language(message, now_kept, label)
    db.session.execute(
        update(Message)
        .where(Message.id == message.id)
        .values(reading=now_kept, **values)
        .execution_options(synchronize_session=False)
    )
    text_hash = hash_of(message.text)
    said: dict[str, Any] = {
        "is_in_truth": label,
        "origin": origin,
        "said_by": actor.user_id,
        "said_by_name": actor.name,
    }
    changed: Any = db.session.execute(
        update(ReadingCorrection)
        .where(
            ReadingCorrection.message_id == message.id,
            ReadingCorrection.aspect == aspect,
            ReadingCorrection.text_hash == text_hash,
        )
        .values(**said)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount == 0:
        db.session.add(
            ReadingCorrection(
                agency_id=message.agency_id,
                id=new_id(),
                brand_id=message.brand_id,
                message_id=message.id,
                language=message.language,
                aspect=aspect,
                read_as=before.label,
                confidence=before.confidence,
                text_hash=text_hash,
                reading_version=int(kept.get("v", VERSION)),
                **said,
            )
        )
    audit.record(
        actor,
        "reading.corrected" if before.label != label else "reading.confirmed",
        "message",
        message.id,
        brand_id=message.brand_id,
        aspect=aspect,
        read_as=before.label,
        is_in_truth=label,
    )
    db.session.flush()
    refresh_conversation(accounts.get(message.account_id), conversation.id)
    return Told(message.text, now_kept)


def _in_language(message: Message, kept: Stored, language: str) -> Stored:
    """Read anew in the language a person named, also for the brand's own topics."""
    anew = read(message.text, OTHER if language == UNKNOWN else language, stars=message.stars)
    now_kept = read_anew(kept, to_stored(anew))
    topics = topics_now(message.brand_id)
    return topics.told(now_kept, message.text) if topics else now_kept


def _is_known(aspect: str, brand_id: UUID) -> bool:
    """Whether a topic is one of the brand's that are in use; of the other aspects there is nothing to ask."""
    if not aspect.startswith(TOPIC):
        return True
    number = id_from(aspect.removeprefix(TOPIC))
    wanted = select(Topic.id).where(Topic.id == number, Topic.brand_id == brand_id, Topic.archived_at.is_(None))
    return number is not None and aspect == f"{TOPIC}{number}" and db.session.execute(wanted).first() is not None


def reading_of(message: Message) -> Stored:
    """What is kept of how it was read; what is older than readings is read now."""
    return message.reading or to_stored(read(message.text, message.language, stars=message.stars))


def hash_of(text: str) -> bytes:
    """By which a text is known again, without its words."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


class Count(NamedTuple):
    """How often, in a language, what was read as one thing is another in truth. `origin`: CASE or SAMPLE."""

    language: str | None
    aspect: str
    origin: str
    read_as: str
    is_in_truth: str
    times: int


def counts(actor: Actor) -> list[Count]:
    """All corrections and checks of the brands one may see, counted; one statement. Raises Forbidden."""
    require(actor, Permission.QUALITY_JUDGE)
    columns = (
        ReadingCorrection.language,
        ReadingCorrection.aspect,
        ReadingCorrection.origin,
        ReadingCorrection.read_as,
        ReadingCorrection.is_in_truth,
    )
    rows = db.session.execute(
        select(*columns, func.count()).where(ReadingCorrection.reading_version == VERSION).group_by(*columns)
    )
    return sorted((Count(*row) for row in rows), key=lambda one: (one.language or "", *map(str, one[1:])))


class Drawn(NamedTuple):
    """A text drawn by lot for a look at how it was read."""

    message_id: UUID
    conversation_id: UUID
    brand_id: UUID
    text: str
    language: str | None
    reading: Stored


def sample(actor: Actor) -> Sequence[Drawn]:
    """SAMPLE_TEXTS texts in a row from a moment of the last days that nobody chose, another one each hour; none that
    was looked at. One statement. Raises Forbidden.
    """
    require(actor, Permission.QUALITY_JUDGE)
    now = clock.now()
    drawn = hashlib.sha256(f"{actor.user_id}{now:%Y-%m-%d %H}".encode()).digest()
    since = now - timedelta(days=SAMPLE_DAYS) * ((1 + int.from_bytes(drawn[:4], "big")) / 2**32)
    looked_at = select(ReadingCorrection.id).where(
        ReadingCorrection.agency_id == Message.agency_id,
        ReadingCorrection.message_id == Message.id,
        ReadingCorrection.origin == SAMPLE,
    )
    rows = db.session.execute(
        select(Message.id, Message.conversation_id, Message.brand_id, Message.text, Message.language, Message.reading)
        .where(
            Message.id >= first_id_of(since),
            Message.direction == "in",
            Message.deleted_at.is_(None),
            Message.text != "",
            Message.reading.is_not(None),
            ~looked_at.exists(),
        )
        .order_by(Message.id)
        .limit(SAMPLE_TEXTS)
    )
    return [Drawn(*row) for row in rows]
