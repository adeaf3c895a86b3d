"""Which identities are one person to a brand: by proof alone, and each link can be undone by itself.

Three proofs count (LINK_KINDS): the platform named the recipient of a private reply to a comment; the person gave the
handle in words of theirs; a colleague decided, with a reason. A name never does. Links are edges between identities of
one brand; who is one person follows from those that stand, so undoing one gives back exactly what the others say.
What is read for it is in `identities`. Flushes, never commits.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from agency.inbox import merging
from agency.inbox.contacts.identities import (
    Identity,
    groups_of,
    identities,
    identity_of,
    lock,
    members,
    members_of,
    message_with,
    standing_between,
)
from agency.inbox.contacts.models import ContactLink
from agency.inbox.contacts.names import name_key
from agency.inbox.models import ERASED, Contact, Conversation, Message
from agency.inbox.reranking import rerank_contact, tell_cases_of
from channels.items import person_thread
from styleguides.given_fields import Wrong, line
from tenants import clock
from tenants.audit import record
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.outbox import JobName, enqueue_after_commit
from tenants.permissions import Actor, Permission, require
from tenants.scope import current_scope

MOST_IDENTITIES: Final = 50
"""One person has few; a group that grows past this was linked by mistake."""
LONGEST_REASON: Final = 500
LONGEST_WORDS: Final = 300
SHORTEST_HANDLE: Final = 3


def link_by_words(actor: Actor, contact_id: UUID, other_id: UUID, words: str, message_id: UUID | None) -> ContactLink:
    """Link two identities because the first one wrote the second one's handle; staff say which words prove it.

    The words must stand in a message of the person (`message_id`, or the newest that has them) and hold the other
    identity's name or id on its platform. Raises Invalid with `errors`, Conflict, NotFound, Forbidden.
    """
    ends = _begin(actor, contact_id, other_id)
    said = _line("words", words, LONGEST_WORDS)
    handle = name_key((ends[1].name or "").lstrip("@"))
    if len(handle) < SHORTEST_HANDLE or (handle not in name_key(said) and ends[1].external_id not in said):
        raise _invalid("words", worded("do not hold the name or id that the other identity has on its platform"))
    found = message_with(ends[0], said, message_id)
    if found is None:
        raise _invalid("words", worded("stand in none of this person's messages"))
    return _add(actor, ends, "same_handle", message_id=found, words=said, reason="")


def link_by_decision(actor: Actor, contact_id: UUID, other_id: UUID, reason: str) -> ContactLink:
    """Link two identities because a colleague decides so and says why.

    Raises Invalid with `errors`, Conflict, NotFound, Forbidden.
    """
    ends = _begin(actor, contact_id, other_id)
    return _add(actor, ends, "staff", reason=_reason(reason), words="")


def link_by_private_reply(account_id: UUID, reply_id: UUID, author_id: UUID, recipient_external_id: str) -> bool:
    """Link whoever wrote a comment with the thread of messages the platform sent our private reply to.

    The platform's own word, so nobody has to confirm it; once for each reply, also where somebody undid it since.
    Returns whether a link was made.
    """
    author = identity_of(author_id)
    if author is None or author.external_id.startswith(ERASED) or author.external_id == recipient_external_id:
        return False
    lock(author.brand_id)
    told = select(ContactLink.id).where(ContactLink.reply_id == reply_id)
    if db.session.execute(told).first() is not None:
        return False
    recipient = _recipient(author, account_id, recipient_external_id)
    if standing_between(author.id, recipient.id) is not None or (
        author.group_id is not None and author.group_id == recipient.group_id
    ):
        return False
    if len(members(author)) + len(members(recipient)) > MOST_IDENTITIES:
        return False
    _add(None, (author, recipient), "private_reply", reply_id=reply_id, words="", reason="")
    _claim_thread(recipient)
    return True


def confirm(actor: Actor, link_id: UUID) -> ContactLink:
    """Note that the person wrote from the handle they gave, after they gave it: by the newest such message.

    Raises Conflict `nothing_came_since`, Conflict `not_confirmable` for other proofs, NotFound, Forbidden.
    """
    link = _standing_link(actor, link_id)
    if link.kind != "same_handle" or link.message_id is None:
        raise Conflict(
            "Only a handle that somebody gave is confirmed by writing from it. Nothing was changed. "
            "Look at what proves this link.",
            code="not_confirmable",
        )
    gave = db.session.execute(
        select(Message.contact_id, Message.written_at).where(Message.id == link.message_id)
    ).one_or_none()
    theirs = link.other_id if gave is None or gave.contact_id == link.contact_id else link.contact_id
    gave_at = gave.written_at if gave is not None else link.created_at
    newest = db.session.execute(
        select(Message.id)
        .join(
            Conversation,
            and_(Conversation.agency_id == Message.agency_id, Conversation.id == Message.conversation_id),
        )
        .where(
            Conversation.contact_id == theirs,
            Message.contact_id == theirs,
            Message.direction == "in",
            Message.deleted_at.is_(None),
            Message.written_at > gave_at,
        )
        .order_by(Message.written_at.desc(), Message.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if newest is None:
        raise Conflict(
            "Nothing has come from that handle since the person gave it. The link stays as it is. "
            "Confirm it when they have written from there.",
            code="nothing_came_since",
        )
    link.confirmed_message_id, link.confirmed_at = newest, clock.now()
    record(actor, "contact.link_confirmed", "contact_link", link.id, brand_id=link.brand_id)
    db.session.flush()
    return link


def unlink(actor: Actor, link_id: UUID, reason: str) -> ContactLink:
    """Undo this very link; what other links say stands. Cases that were told together because of it are apart again.

    Raises Invalid, Conflict `undone_already`, NotFound, Forbidden.
    """
    link = _standing_link(actor, link_id)
    said = _reason(reason)
    link.undone_at, link.undone_by, link.undone_by_name = clock.now(), actor.user_id, actor.name
    link.undo_reason = said
    db.session.flush()
    were_one = members_of(link.contact_id) | members_of(link.other_id)
    regroup(were_one)
    merging.part_unproven(actor, were_one)
    record(
        actor,
        "contact.unlinked",
        "contact_link",
        link.id,
        brand_id=link.brand_id,
        kind=link.kind,
        contact_ids=[str(link.contact_id), str(link.other_id)],
    )
    return link


def regroup(contact_ids: Collection[UUID]) -> None:
    """Work out anew who is one person among these, from the links that stand, and what they share.

    Give whole groups, as they were. Who is one person is a VIP where any of the identities was made one, and has the
    greatest weight set on any; whose rank may change by that is promised to be ranked again.
    """
    found = {
        one.id: one
        for one in (
            Identity._make(row)
            for row in db.session.execute(identities().where(Contact.id.in_(contact_ids)).order_by(Contact.id))
        )
    }
    pairs = db.session.execute(
        select(ContactLink.contact_id, ContactLink.other_id).where(
            ContactLink.undone_at.is_(None),
            or_(ContactLink.contact_id.in_(contact_ids), ContactLink.other_id.in_(contact_ids)),
        )
    ).all()
    changed: set[UUID] = set()
    moved: set[UUID] = set()
    for group in groups_of(found, ((one, other) for one, other in pairs)):
        changed |= _share([found[one] for one in sorted(group)])
        moved |= {one for one in group if len(group) > 1 or found[one].group_id is not None}
    if moved:
        tell_cases_of(moved)
    for contact_id in sorted(changed):
        rerank_contact(contact_id)


def _share(group: list[Identity]) -> set[UUID]:
    """Give all of a group its name and what was set on any of them; returns whose mark or weight changed."""
    group_id = group[0].id if len(group) > 1 else None
    is_vip, weight = any(one.own_vip for one in group), max(one.own_weight for one in group)
    db.session.execute(
        update(Contact)
        .where(Contact.id.in_([one.id for one in group]))
        .values(group_id=group_id, is_vip=is_vip, weight=weight)
        .execution_options(synchronize_session=False)
    )
    return {one.id for one in group if (one.is_vip, one.weight) != (is_vip, weight)}


def _begin(actor: Actor, contact_id: UUID, other_id: UUID) -> tuple[Identity, Identity]:
    """Both ends, of one brand, nobody else linking there. Raises NotFound, Invalid, Conflict, Forbidden."""
    first = identity_of(contact_id)
    if first is None:
        raise NotFound()
    require(actor, Permission.CONTACT_LINK, first.brand_id)
    lock(first.brand_id)
    one, other = identity_of(contact_id), identity_of(other_id)
    if one is None:
        raise NotFound()
    if other is None or other.brand_id != one.brand_id:
        raise _invalid("other_id", worded("names nobody who wrote to this brand"))
    if other.id == one.id:
        raise _invalid("other_id", worded("names the same identity"))
    if one.external_id.startswith(ERASED) or other.external_id.startswith(ERASED):
        raise _invalid("other_id", worded("names somebody whose data was erased"))
    if standing_between(one.id, other.id) is not None or (one.group_id is not None and one.group_id == other.group_id):
        raise Conflict(
            "These two are one person here already. Nothing was changed. Look at the links of either of them.",
            code="linked_already",
        )
    if len(members(one)) + len(members(other)) > MOST_IDENTITIES:
        raise Conflict(
            worded(
                "One person would have more than %(most)s identities. Nothing was linked. "
                "Look whether some were linked by mistake.",
                most=MOST_IDENTITIES,
            ),
            code="too_many_identities",
        )
    return one, other


def _recipient(author: Identity, account_id: UUID, external_id: str) -> Identity:
    """Whom the platform sent the private reply to, made where they have not written yet."""
    wanted = identities().where(
        Contact.account_id == account_id, Contact.external_id == external_id, Contact.brand_id == author.brand_id
    )
    row = db.session.execute(wanted).one_or_none()
    if row is None:
        made = insert(Contact).values(
            agency_id=current_scope().agency_id,
            id=new_id(),
            brand_id=author.brand_id,
            account_id=account_id,
            platform=db.session.scalars(select(Contact.platform).where(Contact.id == author.id)).one(),
            external_id=external_id,
            name=author.name,
            name_key=name_key(author.name),
        )
        db.session.execute(made.on_conflict_do_nothing())
        row = db.session.execute(wanted).one()
        if author.name is None:
            enqueue_after_commit(
                JobName.NAME_PERSON, agency_id=current_scope().agency_id, brand_id=author.brand_id, contact_id=row.id
            )
    return Identity._make(row)


def _claim_thread(recipient: Identity) -> None:
    """Their direct messages are theirs before they write the first one: until then the thread named nobody."""
    db.session.execute(
        update(Conversation)
        .where(
            Conversation.account_id == recipient.account_id,
            Conversation.external_id == person_thread(recipient.external_id),
            Conversation.contact_id.is_(None),
        )
        .values(contact_id=recipient.id)
        .execution_options(synchronize_session=False)
    )


def _standing_link(actor: Actor, link_id: UUID) -> ContactLink:
    """A link that stands, nobody else linking in its brand. Raises NotFound, Forbidden, Conflict."""
    brand_id = db.session.execute(select(ContactLink.brand_id).where(ContactLink.id == link_id)).scalar_one_or_none()
    if brand_id is None:
        raise NotFound()
    require(actor, Permission.CONTACT_LINK, brand_id)
    lock(brand_id)
    link = db.session.execute(
        select(ContactLink).where(ContactLink.id == link_id), execution_options={"populate_existing": True}
    ).scalar_one_or_none()
    if link is None:
        raise NotFound()
    if link.undone_at is not None:
        raise Conflict(
            worded(
                "%(name)s undid this link already. Nothing was changed. Look at the person anew.",
                name=link.undone_by_name or "",
            ),
            code="undone_already",
        )
    return link


def _add(actor: Actor | None, ends: tuple[Identity, Identity], kind: str, **proof: Any) -> ContactLink:
    one, other = ends
    link = ContactLink(
        brand_id=one.brand_id,
        id=new_id(),
        created_at=clock.now(),
        contact_id=min(one.id, other.id),
        other_id=max(one.id, other.id),
        kind=kind,
        made_by=actor.user_id if actor is not None else None,
        made_by_name=actor.name if actor is not None else None,
        **proof,
    )
    db.session.add(link)
    db.session.flush()
    regroup(members(one) | members(other))
    record(
        actor,
        "contact.linked",
        "contact_link",
        link.id,
        brand_id=one.brand_id,
        kind=kind,
        contact_ids=[str(one.id), str(other.id)],
    )
    return link


def _reason(reason: str) -> str:
    return _line("reason", reason, LONGEST_REASON)


def _line(field: str, value: str, longest: int) -> str:
    try:
        return line(value, longest)
    except Wrong as wrong:
        raise _invalid(field, wrong.args[0]) from None


def _invalid(field: str, problem: str) -> Invalid:
    return Invalid(
        worded(
            "These identities cannot be linked so: %(field)s %(problem)s. Nothing was changed. Correct it, or "
            "leave them apart.",
            field=field,
            problem=problem,
        ),
        errors={field: [problem]},
    )
