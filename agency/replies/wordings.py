"""What a brand has sent in nearly the same words, and to how many people: counted when a reply is published.

Each sent reply belongs to one wording: one that has the same words, else the one it is most like, else a new one. A
wording is compared as its first reply had it, so a row of small changes does not wander into another answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Text, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from agency.inbox.case import Case
from agency.inbox.models import ERASED, Contact, Conversation, Message
from agency.replies.models import Reply, ReplyText, SentWording, Wording
from styleguides.masking import masked_people
from styleguides.saved_replies import count_use
from styleguides.wording import BANDS, NEAR, likeness, wording_of
from styleguides.wording import Wording as Put
from tenants import clock
from tenants.database import db, new_id
from tenants.permissions import Actor, Permission, require

RECENT: Final = timedelta(days=30)
MOST_COMPARED: Final = 200
NOTHING_LEFT: Final = 0.1
"""Less alike, and of the saved reply that a draft began from nothing is left."""
MANY_PEOPLE: Final = 3


class WornWording(NamedTuple):
    """A wording that went to several people lately, with the words of its newest reply, masked. Nobody who was erased
    stands in them: of a reply to such a person no words are shown.
    """

    brand_id: UUID
    people: int
    replies: int
    last_sent_at: datetime
    text: str


def remember_sent(reply: Reply) -> None:
    """Count the words of a reply that stands on the platform now, once; and the saved reply it began from."""
    if reply.deed != "reply":
        return
    text, name, contact_id = db.session.execute(
        select(ReplyText.text, func.coalesce(Contact.name, Conversation.author_name), Conversation.contact_id)
        .join(
            Conversation, and_(Conversation.agency_id == ReplyText.agency_id, Conversation.id == reply.conversation_id)
        )
        .outerjoin(Contact, and_(Contact.agency_id == Conversation.agency_id, Contact.id == Conversation.contact_id))
        .where(ReplyText.id == reply.text_id)
    ).one()
    put = wording_of(text, name)
    began = reply.began_with
    uses_it = began is not None and likeness(wording_of(began, name).features, put.features) > NOTHING_LEFT
    saved_reply_id = reply.saved_reply_id if uses_it else None
    sent_at = reply.published_at or clock.now()
    counted = db.session.execute(
        insert(SentWording)
        .values(
            agency_id=reply.agency_id,
            id=new_id(),
            brand_id=reply.brand_id,
            wording_id=find_wording(reply.brand_id, put) or _new_wording(reply, put),
            reply_id=reply.id,
            contact_id=contact_id,
            sent_at=sent_at,
            saved_reply_id=saved_reply_id,
        )
        .on_conflict_do_nothing(index_elements=["agency_id", "reply_id", "brand_id"])
        .returning(SentWording.id)
    ).all()
    if counted and saved_reply_id is not None:
        count_use(reply.agency_id, reply.brand_id, saved_reply_id, sent_at)


def find_wording(brand_id: UUID, put: Put) -> UUID | None:
    """The brand's wording that these words belong to; None where they would be a new one."""
    bands = [getattr(Wording, f"band_{number}") == put.bands[number - 1] for number in range(1, BANDS + 1)]
    rows = db.session.execute(
        select(Wording.id, Wording.exact, Wording.features)
        .where(Wording.brand_id == brand_id, or_(Wording.exact == put.exact, *bands))
        .order_by((Wording.exact == put.exact).desc(), Wording.id)
        .limit(MOST_COMPARED)
    ).all()
    if rows and rows[0].exact == put.exact:
        return rows[0].id
    likest = max(rows, key=lambda row: likeness(row.features, put.features), default=None)
    return likest.id if likest is not None and likeness(likest.features, put.features) >= NEAR else None


def _new_wording(reply: Reply, put: Put) -> UUID:
    made = db.session.execute(
        insert(Wording)
        .values(
            agency_id=reply.agency_id,
            id=new_id(),
            brand_id=reply.brand_id,
            exact=put.exact,
            features=put.features,
            **{f"band_{number}": put.bands[number - 1] for number in range(1, BANDS + 1)},
        )
        .on_conflict_do_nothing(index_elements=["agency_id", "brand_id", "exact"])
        .returning(Wording.id)
    ).scalar()
    if made is None:  # somebody sent the same words in this very moment
        made = find_wording(reply.brand_id, put)
        assert made is not None
    return made


def people_told_so(brand_id: UUID, text: str, customer_name: str | None, contact_id: UUID | None) -> int:
    """How many other people got nearly these words from the brand in the last thirty days. Two statements."""
    wording_id = find_wording(brand_id, wording_of(text, customer_name)) if text.strip() else None
    if wording_id is None:
        return 0
    wanted = select(func.count(_person().distinct())).where(
        SentWording.wording_id == wording_id, SentWording.sent_at > clock.now() - RECENT
    )
    if contact_id is not None:
        wanted = wanted.where(SentWording.contact_id.is_distinct_from(contact_id))
    return db.session.execute(wanted).scalar_one()


def people_told_of_draft(case: Case) -> int:
    """How many other people got nearly the words of the case's newest draft. One statement, two more with a draft."""
    text = db.session.execute(
        select(ReplyText.text)
        .join(Reply, and_(Reply.agency_id == ReplyText.agency_id, Reply.text_id == ReplyText.id))
        .where(Reply.conversation_id == case.id, Reply.state == "draft", Reply.deed == "reply")
        .order_by(Reply.id.desc())
        .limit(1)
    ).scalar()
    return people_told_so(case.brand_id, text, case.customer_name, case.contact_id) if text else 0


def people_told_from(saved_reply_ids: Sequence[UUID], brand_id: UUID) -> dict[UUID, int]:
    """Of each saved reply, how many people got an answer of this brand that began from it, in the last thirty days."""
    if not saved_reply_ids:
        return {}
    rows = db.session.execute(
        select(SentWording.saved_reply_id, func.count(_person().distinct()))
        .where(
            SentWording.brand_id == brand_id,
            SentWording.saved_reply_id.in_(saved_reply_ids),
            SentWording.sent_at > clock.now() - RECENT,
        )
        .group_by(SentWording.saved_reply_id)
    )
    return {saved_reply_id: people for saved_reply_id, people in rows if saved_reply_id is not None}


def worn_wordings(actor: Actor, brand_id: UUID | None = None, limit: int = 10) -> list[WornWording]:
    """What went to most people in the last thirty days, of one brand or of all this person works for."""
    require(actor, Permission.REPLY_READ, brand_id)
    worn = (
        select(
            SentWording.brand_id,
            func.count(_person().distinct()).label("people"),
            func.count(SentWording.id).label("replies"),
            func.max(SentWording.sent_at).label("last_sent_at"),
            func.max(cast(SentWording.reply_id, Text)).filter(~_is_erased(SentWording.contact_id)).label("reply_id"),
        )
        .where(SentWording.sent_at > clock.now() - RECENT)
        .group_by(SentWording.brand_id, SentWording.wording_id)
        .having(func.count(_person().distinct()) >= MANY_PEOPLE)
        .order_by(func.count(_person().distinct()).desc(), func.max(SentWording.sent_at).desc())
        .limit(limit)
    )
    if brand_id is not None:
        worn = worn.where(SentWording.brand_id == brand_id)
    found = db.session.execute(worn).all()
    texts = _texts([UUID(row.reply_id) for row in found if row.reply_id is not None])
    return [
        WornWording(row.brand_id, row.people, row.replies, row.last_sent_at, texts[row.reply_id])
        for row in found
        if row.reply_id in texts
    ]


def _texts(reply_ids: Sequence[UUID]) -> dict[str, str]:
    """The words of these replies by id, without anybody's name or data."""
    rows = db.session.execute(
        select(
            Reply.id, ReplyText.text, Conversation.language, Contact.name, Conversation.author_name, Message.author_name
        )
        .join(ReplyText, and_(ReplyText.agency_id == Reply.agency_id, ReplyText.id == Reply.text_id))
        .join(Conversation, and_(Conversation.agency_id == Reply.agency_id, Conversation.id == Reply.conversation_id))
        .join(Message, and_(Message.agency_id == Reply.agency_id, Message.id == Reply.in_reply_to_id))
        .outerjoin(Contact, and_(Contact.agency_id == Message.agency_id, Contact.id == Message.contact_id))
        .where(Reply.id.in_(reply_ids), ~_is_erased(Message.contact_id))
    )
    return {str(row[0]): masked_people(row[1], filter(None, row[3:]), row[2]) for row in rows}


def _is_erased(contact_id: Any) -> Any:
    erased = aliased(Contact)
    return select(erased.id).where(erased.id == contact_id, erased.external_id.like(f"{ERASED}%")).exists()


def _person() -> Any:
    return func.coalesce(SentWording.contact_id, SentWording.reply_id)
