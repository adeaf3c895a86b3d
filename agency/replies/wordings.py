"""What a brand has sent in nearly the same words, and to how many people: counted when a reply is published.

Each sent reply belongs to one wording: one that has the same words, else the one it is most like, else a new one. A
wording is compared as its first reply had it, so a row of small changes does not wander into another answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Text, and_, cast, func, or_, select
from sqlalchemy.orm import aliased

from agency.inbox.case import Case
from agency.inbox.models import ERASED, Contact, Conversation, Message
from agency.inbox.stored_rows import as_json
from agency.replies.models import Reply, ReplyText, SentWording, Wording
from agency.replies.published_words import PublishedWords, words_of
from styleguides.masking import masked_people
from styleguides.saved_replies import count_use
from styleguides.wording import BANDS, NEAR, likeness, wording_of
from styleguides.wording import Wording as Put
from tenants import clock
from tenants.database import db, new_id
from tenants.permissions import Actor, Permission, require
from tenants.scope import raw_sql

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
    remember_many([reply])


def remember_many(replies: Sequence[Reply], words: Mapping[UUID, PublishedWords] | None = None) -> None:
    """The same of several of one agency, in four statements, three where their `words` were read already, and one more
    for each saved reply that was used.
    """
    plain = {reply.id: reply for reply in replies if reply.deed == "reply"}
    if not plain:
        return
    agency_id = next(iter(plain.values())).agency_id
    found = words_of(plain) if words is None else words
    said = [(reply_id, found[reply_id]) for reply_id in sorted(plain)]
    puts = [(plain[reply_id].brand_id, wording_of(one.text, one.customer_name)) for reply_id, one in said]
    wording_ids = _wordings_for(agency_id, puts)
    rows: list[dict[str, Any]] = []
    for (reply_id, one), (brand_id, put), wording_id in zip(said, puts, wording_ids, strict=True):
        reply = plain[reply_id]
        began = reply.began_with
        uses_it = (
            began is not None and likeness(wording_of(began, one.customer_name).features, put.features) > NOTHING_LEFT
        )
        rows.append(
            {
                "id": new_id(),
                "brand_id": brand_id,
                "wording_id": wording_id,
                "reply_id": reply_id,
                "contact_id": one.contact_id,
                "sent_at": reply.published_at or clock.now(),
                "saved_reply_id": reply.saved_reply_id if uses_it else None,
            }
        )
    fresh = set(db.session.execute(_COUNT, {"agency_id": agency_id, "rows": as_json(rows)}).scalars())
    for row in sorted(rows, key=lambda one: str(one["saved_reply_id"])):  # whoever counts others takes turns
        if row["reply_id"] in fresh and row["saved_reply_id"] is not None:
            count_use(agency_id, row["brand_id"], row["saved_reply_id"], row["sent_at"])


_COUNT = raw_sql(
    """
    insert into sent_wording (agency_id, id, brand_id, wording_id, reply_id, contact_id, sent_at, saved_reply_id)
    select :agency_id, id, brand_id, wording_id, reply_id, contact_id, sent_at, saved_reply_id
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, brand_id uuid, wording_id uuid, reply_id uuid,
        contact_id uuid, sent_at timestamptz, saved_reply_id uuid)
    on conflict (agency_id, reply_id, brand_id) do nothing
    returning reply_id
    """,
    reason="of many replies, without a statement of its own for each number of them",
)


def find_wording(brand_id: UUID, put: Put) -> UUID | None:
    """The brand's wording that these words belong to; None where they would be a new one."""
    bands = [getattr(Wording, f"band_{number}") == put.bands[number - 1] for number in range(1, BANDS + 1)]
    rows = db.session.execute(
        select(Wording.id, Wording.exact, Wording.features)
        .where(Wording.brand_id == brand_id, or_(Wording.exact == put.exact, *bands))
        .order_by((Wording.exact == put.exact).desc(), Wording.id)
        .limit(MOST_COMPARED)
    ).all()
    return _nearest(put, rows)


def _nearest(put: Put, rows: Sequence[Any]) -> UUID | None:
    """Of wordings that share something with these words, one of the same words first."""
    if rows and rows[0].exact == put.exact:
        return UUID(str(rows[0].id))
    likest = max(rows, key=lambda row: likeness(row.features, put.features), default=None)
    near = likest is not None and likeness(likest.features, put.features) >= NEAR
    return UUID(str(likest.id)) if likest is not None and near else None


_BAND_NAMES: Final = [f"band_{number}" for number in range(1, BANDS + 1)]
_GIVEN: Final = f"""
    jsonb_to_recordset(cast(:rows as jsonb)) as given(place int, id uuid, brand_id uuid, exact text, features text,
        {", ".join(f"{name} bigint" for name in _BAND_NAMES)})
"""
_SHARES_A_BAND: Final = " or ".join(f"w.{name} = given.{name}" for name in _BAND_NAMES)
_CANDIDATES = raw_sql(
    f"""
    select given.place, found.* from {_GIVEN} cross join lateral (
        select id, exact, features from wording w
        where w.agency_id = :agency_id and w.brand_id = given.brand_id
          and (w.exact = decode(given.exact, 'hex') or {_SHARES_A_BAND})
        order by (w.exact = decode(given.exact, 'hex')) desc, w.id limit {MOST_COMPARED}
    ) found
    order by given.place
    """,
    reason="what many words are near to, in one statement",
)
_MADE = raw_sql(
    f"""
    insert into wording (agency_id, id, brand_id, exact, features, {", ".join(_BAND_NAMES)})
    select :agency_id, id, brand_id, decode(exact, 'hex'), decode(features, 'hex'), {", ".join(_BAND_NAMES)}
    from {_GIVEN}
    on conflict (agency_id, brand_id, exact) do nothing
    returning brand_id, exact, id
    """,
    reason="of many wordings, without a statement of its own for each number of them",
)


def _wordings_for(agency_id: UUID, puts: Sequence[tuple[UUID, Put]]) -> list[UUID]:
    """The wording each belongs to, made where there is none; those of one call are one another's, too."""
    if len(puts) == 1:
        ((brand_id, put),) = puts
        return [find_wording(brand_id, put) or _made(agency_id, {(brand_id, put.exact): put})[brand_id, put.exact]]
    rows = [{"place": place, "brand_id": brand_id, **_bands(put)} for place, (brand_id, put) in enumerate(puts)]
    near = defaultdict[int, list[Any]](list)
    for row in db.session.execute(_CANDIDATES, {"agency_id": agency_id, "rows": as_json(rows)}):
        near[row.place].append(row)
    chosen: list[UUID | tuple[UUID, bytes]] = []
    fresh: dict[tuple[UUID, bytes], Put] = {}
    for place, (brand_id, put) in enumerate(puts):
        own = _nearest(put, near[place])
        chosen.append(own if own is not None else _among(fresh, brand_id, put))
    made = _made(agency_id, fresh) if fresh else {}
    return [made[one] if isinstance(one, tuple) else one for one in chosen]


def _among(fresh: dict[tuple[UUID, bytes], Put], brand_id: UUID, put: Put) -> tuple[UUID, bytes]:
    """One of those that are to be made, or this as one more of them."""
    for key, other in fresh.items():
        shares = key[0] == brand_id and any(a == b for a, b in zip(put.bands, other.bands, strict=True))
        if key == (brand_id, put.exact) or (shares and likeness(other.features, put.features) >= NEAR):
            return key
    fresh[brand_id, put.exact] = put
    return brand_id, put.exact


def _bands(put: Put) -> dict[str, Any]:
    return {"exact": put.exact.hex(), **dict(zip(_BAND_NAMES, put.bands, strict=True))}


def _made(agency_id: UUID, fresh: dict[tuple[UUID, bytes], Put]) -> dict[tuple[UUID, bytes], UUID]:
    """Put in by brand and words: who puts in the same at the same time waits, and nobody in a circle."""
    rows = [
        {"id": new_id(), "brand_id": brand_id, "features": put.features.hex(), **_bands(put)}
        for (brand_id, _exact), put in sorted(fresh.items(), key=lambda one: one[0])
    ]
    made = db.session.execute(_MADE, {"agency_id": agency_id, "rows": as_json(rows)})
    found = {(row[0], bytes(row[1])): row[2] for row in made}
    for (brand_id, exact), put in fresh.items():
        if (brand_id, exact) not in found:  # somebody sent the same words in this very moment
            other = find_wording(brand_id, put)
            assert other is not None
            found[brand_id, exact] = other
    return found


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
