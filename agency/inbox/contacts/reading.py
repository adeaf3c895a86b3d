"""One person as one brand knows them: identities, what proves that they are one, and their cases, newest first.

Each list is one statement along an index, however many cases there are. Nothing here crosses a brand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, true, tuple_
from sqlalchemy.orm import aliased

from agency.inbox.contacts.models import ContactLink, ContactNote
from agency.inbox.contacts.names import key_range
from agency.inbox.models import ERASED, Contact, Conversation, Message
from channels.models import Account
from tenants.database import db
from tenants.errors import NotFound
from tenants.ids import id_from
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require

MOST_AT_ONCE: Final = 100
MOST_COUNTED: Final = 999
"""Cases of an identity are counted up to here and one more, so that counting never grows with them."""
MOST_NOTES: Final = 100
MOST_LINKS: Final = 200
LANGUAGES_OF: Final = 50
"""So many of an identity's newest cases are looked at for the languages they write."""


class IdentityView(NamedTuple):
    """A person as one platform shows them. `case_count` is MOST_COUNTED + 1 for more; `languages` the newest first."""

    id: UUID
    account_id: UUID
    account_name: str
    platform: str
    external_id: str
    name: str | None
    created_at: datetime
    own_vip: bool
    vip_note: str
    vip_by_name: str | None
    vip_at: datetime | None
    own_weight: int
    case_count: int
    first_at: datetime | None
    last_at: datetime | None
    languages: tuple[str, ...]

    @property
    def is_erased(self) -> bool:
        """Whether what was held of it was deleted."""
        return self.external_id.startswith(ERASED)


class PersonView(NamedTuple):
    """Identities of one person, the one asked for first. `vip` is the identity that was made a VIP last."""

    id: UUID
    brand_id: UUID
    brand_name: str
    brand_mark: str
    brand_colour: str
    is_vip: bool
    weight: int
    group_id: UUID | None
    identities: tuple[IdentityView, ...]

    @property
    def name(self) -> str | None:
        """The name shown: that of the identity asked for, or of another one."""
        return next((one.name for one in self.identities if one.name), None)

    @property
    def contact_ids(self) -> tuple[UUID, ...]:
        """Of every identity."""
        return tuple(one.id for one in self.identities)

    @property
    def vip(self) -> IdentityView | None:
        """Where, by whom and why they were made a VIP."""
        marked = [one for one in self.identities if one.own_vip]
        return max(marked, key=lambda one: (one.vip_at is not None, one.vip_at, one.id), default=None)

    @property
    def case_count(self) -> int:
        """Of all identities; each counted up to MOST_COUNTED and one more."""
        return sum(one.case_count for one in self.identities)

    @property
    def first_at(self) -> datetime:
        """Since when the brand knows them."""
        return min(min(one.created_at, one.first_at or one.created_at) for one in self.identities)

    @property
    def last_at(self) -> datetime | None:
        """When something was last written in a case of theirs."""
        return max((one.last_at for one in self.identities if one.last_at), default=None)

    @property
    def languages(self) -> tuple[str, ...]:
        """In which they write."""
        return tuple(dict.fromkeys(code for one in self.identities for code in one.languages))

    @property
    def is_erased(self) -> bool:
        """Whether what was held of them was deleted."""
        return all(one.is_erased for one in self.identities)


class CaseRow(NamedTuple):
    """A case of the person."""

    id: UUID
    contact_id: UUID
    platform: str
    kind: str
    status: str
    closed_reason: str | None
    excerpt: str
    language: str | None
    stars: int | None
    message_count: int
    reply_state: str | None
    last_message_at: datetime


class LinkView(NamedTuple):
    """A link with its proof. `says` is the message that gave the handle, as it stands now, empty where it is gone."""

    id: UUID
    contact_id: UUID
    contact_name: str | None
    contact_platform: str
    other_id: UUID
    other_name: str | None
    other_platform: str
    kind: str
    reply_id: UUID | None
    conversation_id: UUID | None
    words: str
    reason: str
    made_by_name: str | None
    created_at: datetime
    confirmed_at: datetime | None
    undone_at: datetime | None
    undone_by_name: str | None
    undo_reason: str


class ContactRow(NamedTuple):
    """A line of a list of people."""

    id: UUID
    brand_id: UUID
    platform: str
    name: str | None
    is_vip: bool
    vip_note: str
    vip_by_name: str | None
    vip_at: datetime | None
    weight: int
    group_id: UUID | None
    created_at: datetime
    name_key: str


def get_person(actor: Actor, contact_id: UUID) -> PersonView:
    """Whom this identity belongs to. One statement. Raises NotFound, for a foreign id exactly as for a made-up one;
    Forbidden.
    """
    me, known = aliased(Contact), aliased(Contact)
    cases = (
        select(Conversation.last_message_at)
        .where(Conversation.agency_id == known.agency_id, Conversation.contact_id == known.id)
        .limit(MOST_COUNTED + 1)
    )
    count = select(func.count()).select_from(cases.correlate(known).subquery()).scalar_subquery()
    at = select(Conversation.last_message_at).where(
        Conversation.agency_id == known.agency_id, Conversation.contact_id == known.id
    )
    spoken = (
        select(Conversation.language)
        .where(
            Conversation.agency_id == known.agency_id,
            Conversation.contact_id == known.id,
            Conversation.language.is_not(None),
        )
        .order_by(Conversation.last_message_at.desc())
        .limit(LANGUAGES_OF)
        .correlate(known)
        .subquery()
    )
    rows = db.session.execute(
        select(
            known.id,
            known.account_id,
            Account.name,
            known.platform,
            known.external_id,
            known.name,
            known.created_at,
            known.own_vip,
            known.vip_note,
            known.vip_by_name,
            known.vip_at,
            known.own_weight,
            count,
            at.order_by(Conversation.last_message_at).limit(1).correlate(known).scalar_subquery(),
            at.order_by(Conversation.last_message_at.desc()).limit(1).correlate(known).scalar_subquery(),
            select(func.array_agg(spoken.c.language)).scalar_subquery(),
            Brand.id,
            Brand.name,
            Brand.mark,
            Brand.colour,
            known.is_vip,
            known.weight,
            known.group_id,
        )
        .select_from(me)
        .join(
            known,
            and_(
                known.agency_id == me.agency_id,
                known.brand_id == me.brand_id,
                or_(known.id == me.id, known.group_id == me.group_id),
            ),
        )
        .join(
            Account,
            and_(
                Account.agency_id == known.agency_id,
                Account.id == known.account_id,
                Account.brand_id == known.brand_id,
            ),
        )
        .join(Brand, and_(Brand.agency_id == known.agency_id, Brand.id == known.brand_id))
        .where(me.id == contact_id)
        .order_by(known.id)
    ).all()
    if not rows:
        raise NotFound()
    of_all: tuple[Any, ...] = tuple(rows[0])[16:23]
    require(actor, Permission.CONTACT_READ, of_all[0])
    found = [IdentityView._make([*row[:15], tuple(dict.fromkeys(row[15] or ()))]) for row in rows]
    found.sort(key=lambda one: (one.id != contact_id, one.created_at, one.id))
    return PersonView._make([contact_id, *of_all, tuple(found)])


def cases_of(
    person: PersonView,
    *,
    after: tuple[datetime, UUID] | None = None,
    statuses: Sequence[str] = (),
    limit: int = 50,
) -> list[CaseRow]:
    """The person's cases with this brand, newest first. One statement: each identity's newest along its index.

    `after` is the time and id of the last one seen.
    """
    known = aliased(Contact)
    here = Conversation.last_message_at, Conversation.id
    inner = select(*(getattr(Conversation, name) for name in CaseRow._fields)).where(
        Conversation.agency_id == known.agency_id, Conversation.contact_id == known.id
    )
    if after is not None:
        inner = inner.where(Conversation.last_message_at <= after[0], tuple_(*here) < tuple_(*after))
    if statuses:
        inner = inner.where(Conversation.status.in_(statuses))
    most = min(limit, MOST_AT_ONCE + 1)
    newest = inner.order_by(*(one.desc() for one in here)).limit(most).lateral()
    rows = db.session.execute(
        select(known.id, *newest.c)
        .join(newest, true())
        .where(known.id.in_(person.contact_ids), known.brand_id == person.brand_id)
        .order_by(newest.c.last_message_at.desc(), newest.c.id.desc())
        .limit(most)
    )
    return [CaseRow._make(row[1:]) for row in rows]


def cursor_of(row: CaseRow) -> str:
    """Where the next page of cases begins."""
    return f"{row.last_message_at.isoformat()}_{row.id}"


def read_cursor(text: str | None, refusal: Callable[[], Exception]) -> tuple[datetime, UUID] | None:
    """What `cursor_of` wrote; None for the newest. Raises the refusal for what it never wrote."""
    if not text:
        return None
    at, mark, last = text.partition("_")
    found = id_from(last)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise refusal() from None
    if not mark or found is None or moment.tzinfo is None:
        raise refusal()
    return moment, found


def links_of(person: PersonView) -> list[LinkView]:
    """Every link of these identities, the standing first, then the newest. One statement."""
    one, other, said = aliased(Contact), aliased(Contact), aliased(Message)
    rows = db.session.execute(
        select(
            ContactLink.id,
            ContactLink.contact_id,
            one.name,
            one.platform,
            ContactLink.other_id,
            other.name,
            other.platform,
            ContactLink.kind,
            ContactLink.reply_id,
            said.conversation_id,
            ContactLink.words,
            ContactLink.reason,
            ContactLink.made_by_name,
            ContactLink.created_at,
            ContactLink.confirmed_at,
            ContactLink.undone_at,
            ContactLink.undone_by_name,
            ContactLink.undo_reason,
        )
        .join(one, and_(one.agency_id == ContactLink.agency_id, one.id == ContactLink.contact_id))
        .join(other, and_(other.agency_id == ContactLink.agency_id, other.id == ContactLink.other_id))
        .outerjoin(said, and_(said.agency_id == ContactLink.agency_id, said.id == ContactLink.message_id))
        .where(
            ContactLink.brand_id == person.brand_id,
            or_(ContactLink.contact_id.in_(person.contact_ids), ContactLink.other_id.in_(person.contact_ids)),
        )
        .order_by(ContactLink.undone_at.is_not(None), ContactLink.id.desc())
        .limit(MOST_LINKS)
    )
    return [LinkView._make(row) for row in rows]


def notes_of(actor: Actor, person: PersonView) -> list[ContactNote]:
    """What colleagues wrote of them, the newest first; nothing for who reads no notes. One statement."""
    if not actor.may(Permission.NOTE_READ):
        return []
    rows = db.session.scalars(
        select(ContactNote)
        .where(ContactNote.contact_id.in_(person.contact_ids), ContactNote.brand_id == person.brand_id)
        .order_by(ContactNote.created_at.desc(), ContactNote.id.desc())
        .limit(MOST_NOTES)
    )
    return list(rows)


_ROW = tuple(getattr(Contact, name) for name in ContactRow._fields)


def list_by_name(
    actor: Actor,
    brand_id: UUID,
    prefix: str,
    *,
    after: tuple[str, UUID] | None = None,
    limit: int = 50,
) -> list[ContactRow]:
    """People of a brand whose name begins so, by name; everybody with a name where `prefix` is empty. One statement
    along one index. `after` is the key and id of the last one seen. Raises NotFound, Forbidden.
    """
    require(actor, Permission.CONTACT_READ, brand_id)
    wanted = select(*_ROW).where(Contact.brand_id == brand_id)
    span = key_range(prefix)
    if span is not None:
        wanted = wanted.where(Contact.name_key >= span[0], Contact.name_key < span[1])
    else:
        wanted = wanted.where(Contact.name_key > "")
    if after is not None:
        wanted = wanted.where(tuple_(Contact.name_key, Contact.id) > tuple_(*after))
    return _rows(wanted.order_by(Contact.name_key, Contact.id), limit)


def list_vips(actor: Actor, brand_id: UUID, *, after: UUID | None = None, limit: int = 50) -> list[ContactRow]:
    """Who is a VIP to a brand: each identity that was made one, the newest contact first. One statement.

    Raises NotFound, Forbidden.
    """
    require(actor, Permission.CONTACT_READ, brand_id)
    wanted = select(*_ROW).where(Contact.brand_id == brand_id, Contact.is_vip, Contact.own_vip)
    if after is not None:
        wanted = wanted.where(Contact.id < after)
    return _rows(wanted.order_by(Contact.id.desc()), limit)


def _rows(wanted: Select[Any], limit: int) -> list[ContactRow]:
    rows = db.session.execute(wanted.limit(min(limit, MOST_AT_ONCE + 1)))
    return [ContactRow._make([*row[:-1], row[-1] or ""]) for row in rows]
