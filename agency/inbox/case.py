"""What everything beside the composer needs to know of a case, read once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Subquery, Uuid, and_, bindparam, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, aggregate_order_by
from sqlalchemy.orm import aliased

from agency.inbox.contacts.identities import linked_ids
from agency.inbox.conversation_view import ConversationView, web_address
from agency.inbox.models import Contact, Conversation, Message
from agency.inbox.ranking import MANY_STARS, is_complaint, said_of
from agency.inbox.triage.offers import Offered, offered, offers_beside
from agency.inbox.understanding.reading import read
from agency.inbox.understanding.stored import Stored, judgement_of, to_stored
from channels.models import Account
from styleguides.scenarios import CaseFacts
from tenants.database import db
from tenants.errors import NotFound
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require

WORDS_READ = 5
"""So many of the customer's newest messages: who writes in pieces says it in the one before the last."""

COMPLAINT = "complaint"
"""The one of `styleguides.scenarios.CASE_KINDS` that rules of a style guide ask for."""

_QUESTION = re.compile(r"[?？؟]")


class Said(NamedTuple):
    """One of the customer's messages that still stands."""

    id: UUID
    text: str
    written_at: datetime
    hidden: bool
    reading: Stored | None = None


class Case(NamedTuple):
    """A conversation as the cards beside it see it, and who is looking.

    `said` are the customer's newest WORDS_READ messages that still stand, newest first. `language` is ISO 639-1 or
    None where nobody could tell; `context` the post or place it stands under; `complaint` the words that complain;
    `linked_ids` the other identities of whoever wrote; `offered` what rules of the desk offer for these words.
    """

    actor: Actor
    id: UUID
    brand_id: UUID
    brand_name: str
    brand_mark: str
    brand_colour: str
    brand_language: str
    brand_time_zone: str
    account_id: UUID
    account_name: str
    platform: str
    kind: str
    status: str
    language: str | None
    stars: int | None
    context: dict[str, Any]
    permalink: str | None
    contact_id: UUID | None
    customer_name: str | None
    last_customer_at: datetime | None
    said: tuple[Said, ...]
    complaint: tuple[str, ...]
    linked_ids: tuple[UUID, ...] = ()
    offered: Offered = Offered()

    @property
    def words(self) -> str:
        """The customer's newest words; empty for a rating alone."""
        return self.said[0].text if self.said else ""

    @property
    def all_words(self) -> str:
        """Their newest messages in the order they were written, a line each."""
        return "\n".join(one.text for one in reversed(self.said) if one.text)

    @property
    def is_complaint(self) -> bool:
        """By few stars, or by words where the stars do not contradict them."""
        return is_complaint(self.stars, self.complaint)

    @property
    def facts(self) -> CaseFacts:
        """What a brand's scenarios are picked by."""
        said = [(one.text, one.reading) for one in reversed(self.said)]
        return facts_of(said, self.language, self.brand_language, self.stars, self.kind, self.platform)

    @property
    def case_kinds(self) -> frozenset[str]:
        """What it is, by stars and words: some of `styleguides.scenarios.CASE_KINDS`."""
        return self.facts.case_kinds


Read = tuple[str, Stored | None]
"""A text and what is stored of how it was read."""


def reading_of(said: Read, language: str | None) -> Stored:
    """How a text was read; what is stored without that is read now."""
    text, reading = said
    return reading or to_stored(read(text, language))


def complaint_words(said: Iterable[Read], language: str | None) -> tuple[str, ...]:
    """The words of texts that complain, each once; SAID_BY_STAFF where a person said so and no word did."""
    words: dict[str, None] = {}
    for one in said:
        words.update(dict.fromkeys(said_of(reading_of(one, language), None).complaint))
    return tuple(words)


def facts_of(
    said: Sequence[Read], language: str | None, brand_language: str, stars: int | None, kind: str, platform: str
) -> CaseFacts:
    """What a case is, by stars and by how its texts, oldest first, were read or corrected."""
    words = "\n".join(text for text, _ in said if text)
    readings = [reading_of(one, language) for one in said]
    acts = {judgement_of(reading, "act").label for reading in readings}
    found = {
        "urgent": any(judgement_of(reading, "urgency").label == "urgent" for reading in readings),
        COMPLAINT: is_complaint(stars, complaint_words(said, language)),
        "question": "question" in acts or _QUESTION.search(words) is not None,
        "praise": stars >= MANY_STARS if stars is not None else "praise" in acts,
    }
    kinds = frozenset(name for name, holds in found.items() if holds)
    return CaseFacts(words, language or brand_language, stars, kinds, kind, platform)


def with_complaint(facts: CaseFacts, complaint: bool | None) -> CaseFacts:
    """The same case, a complaint or not as somebody remembered; None where nobody did."""
    if complaint is None:
        return facts
    others = facts.case_kinds - {COMPLAINT}
    return replace(facts, case_kinds=others | {COMPLAINT} if complaint else others)


def case_facts(conversation_id: UUID, answering: UUID | None = None) -> CaseFacts | None:
    """The same for a check of words, without who is looking. One statement; None outside the scope.

    `answering` is the message the words answer: what was said after it is not theirs to answer.
    """
    some = _said(conversation_id, answering)
    row = db.session.execute(
        select(_said_column(some), *_FACT_COLUMNS)
        .join(Brand, and_(Brand.agency_id == Conversation.agency_id, Brand.id == Conversation.brand_id))
        .where(Conversation.id == conversation_id)
    ).one_or_none()
    return facts_of(*row) if row is not None else None


def case_facts_many(asked: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], CaseFacts]:
    """The same of several conversations, each with the message that is answered there, in one statement. Those outside
    the scope are left out.
    """
    answered = aliased(Message)
    ids: Any = [bindparam(None, [one[place] for one in asked], ARRAY(Uuid())) for place in (0, 1)]
    pairs = func.unnest(*ids).table_valued("conversation_id", "message_id", name="pairs").render_derived()
    some = (
        select(Message.id, Message.text, Message.written_at, Message.hidden, Message.reading)
        .where(
            Message.agency_id == Conversation.agency_id,
            Message.conversation_id == Conversation.id,
            Message.direction == "in",
            Message.deleted_at.is_(None),
            tuple_(Message.written_at, Message.id) <= tuple_(answered.written_at, answered.id),
        )
        .order_by(Message.written_at.desc(), Message.id.desc())
        .limit(WORDS_READ)
        .correlate(Conversation, answered)
        .subquery()
    )
    rows = db.session.execute(
        select(Conversation.id, answered.id, _said_column(some).label("said"), *_FACT_COLUMNS)
        .join(pairs, pairs.c.conversation_id == Conversation.id)
        .join(answered, and_(answered.agency_id == Conversation.agency_id, answered.id == pairs.c.message_id))
        .join(Brand, and_(Brand.agency_id == Conversation.agency_id, Brand.id == Conversation.brand_id))
    )
    return {(row[0], row[1]): facts_of(*row[2:]) for row in rows}


_FACT_COLUMNS: Any = (
    Conversation.language,
    Brand.language,
    Conversation.stars,
    Conversation.kind,
    Conversation.platform,
)


def _said_column(some: Subquery) -> Any:
    """Text and reading of each, oldest first; an empty list for none."""
    one = func.jsonb_build_array(some.c.text, some.c.reading)
    said = select(func.jsonb_agg(aggregate_order_by(one, some.c.written_at, some.c.id)))
    return func.coalesce(said.scalar_subquery(), literal([], JSONB))


def facts_of_view(view: ConversationView, answering: UUID | None = None) -> CaseFacts:
    """The same of a conversation that was read already."""
    end = next((place for place, m in enumerate(view.messages, 1) if m.id == answering), len(view.messages))
    theirs = [m for m in view.messages[:end] if m.direction == "in" and m.deleted_at is None][-WORDS_READ:]
    return facts_of(
        [(m.text, m.reading) for m in theirs], view.language, view.brand_language, view.stars, view.kind, view.platform
    )


def _said(conversation_id: UUID, answering: UUID | None = None) -> Subquery:
    some = (
        select(Message.id, Message.text, Message.written_at, Message.hidden, Message.reading)
        .where(Message.conversation_id == conversation_id, Message.direction == "in", Message.deleted_at.is_(None))
        .order_by(Message.written_at.desc(), Message.id.desc())
        .limit(WORDS_READ)
    )
    if answering is not None:
        answered = aliased(Message)
        until = select(answered.written_at).where(answered.id == answering).scalar_subquery()
        earlier, same_moment = Message.written_at < until, Message.written_at == until
        some = some.where(or_(earlier, and_(same_moment, Message.id <= answering)))
    return some.subquery()


def read_case(actor: Actor, conversation_id: UUID) -> Case:
    """One statement. Raises NotFound, for a foreign id exactly as for a made-up one; Forbidden."""
    some = _said(conversation_id)
    said = select(func.jsonb_agg(func.jsonb_build_array(*some.c))).scalar_subquery()
    deeds = offers_beside(Conversation.id).correlate(Conversation).subquery()
    offers = select(func.jsonb_agg(func.jsonb_build_array(*deeds.c))).scalar_subquery()
    of_agency = Conversation.agency_id
    row = db.session.execute(
        select(
            Conversation.id,
            Conversation.brand_id,
            Brand.name,
            Brand.mark,
            Brand.colour,
            Brand.language,
            Brand.time_zone,
            Conversation.account_id,
            Account.name,
            Conversation.platform,
            Conversation.kind,
            Conversation.status,
            Conversation.language,
            Conversation.stars,
            Conversation.context,
            Conversation.permalink,
            Conversation.contact_id,
            func.coalesce(Contact.name, Conversation.author_name),
            Conversation.last_customer_at,
            linked_ids(),
            offers,
            said,
        )
        .join(Brand, and_(Brand.agency_id == of_agency, Brand.id == Conversation.brand_id))
        .join(
            Account,
            and_(
                Account.agency_id == of_agency,
                Account.id == Conversation.account_id,
                Account.brand_id == Conversation.brand_id,
            ),
        )
        .outerjoin(
            Contact,
            and_(
                Contact.agency_id == of_agency,
                Contact.id == Conversation.contact_id,
                Contact.brand_id == Conversation.brand_id,
            ),
        )
        .where(Conversation.id == conversation_id)
    ).one_or_none()
    if row is None:
        raise NotFound()
    require(actor, Permission.CONVERSATION_READ, row.brand_id)
    found: Any = row[-1]
    rows_of_offers: Any = row[-2]
    linked: Any = row[-3]
    messages = tuple(
        Said(UUID(number), text, datetime.fromisoformat(written), hidden, reading)
        for number, text, written, hidden, reading in found or ()
    )
    complaint = complaint_words([(one.text, one.reading) for one in messages], row.language)
    offered_here = offered(rows_of_offers, {one.id for one in messages})
    case = Case._make([actor, *row[:-3], messages, complaint, tuple(linked or ()), offered_here])
    return case._replace(permalink=web_address(case.permalink))
