"""What rules of the desk offer whoever answers a case, and whether one asked for an acknowledgement."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import select

from agency.inbox.models import Conversation
from agency.inbox.triage.models import TriageDeed
from agency.inbox.triage.terms import Effects
from tenants.database import db

ACKNOWLEDGE: Final = "acknowledge"
GUIDELINE: Final = "guideline_id"
SAVED_REPLY: Final = "saved_reply_id"
OFFERS: Final = (ACKNOWLEDGE, GUIDELINE, SAVED_REPLY)
"""Effects that a deed keeps as it was asked to, by their names in `Effects`."""

MOST_READ: Final = 50
"""Of a case, the newest ones."""


class Offered(NamedTuple):
    """Guidelines and saved replies that rules name for a case, each with the first rule's name, in the rules' order."""

    guidelines: Mapping[UUID, str] = MappingProxyType({})
    saved_replies: Mapping[UUID, str] = MappingProxyType({})


def offers_in(effects: Effects) -> dict[str, Any]:
    """What of a rule's effects its deed keeps."""
    values = {name: getattr(effects, name) for name in OFFERS}
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items() if value}


def offers_beside(this_id: Any) -> Any:
    """As a select beside others of one case: rows of a message, its offers and the rule's name, in the rules' order."""
    return (
        select(TriageDeed.message_id, TriageDeed.offers, TriageDeed.rule_name)
        .where(TriageDeed.agency_id == Conversation.agency_id, TriageDeed.conversation_id == this_id)
        .where(TriageDeed.offers != {})
        .order_by(TriageDeed.id.desc())
        .limit(MOST_READ)
    )


def offered(rows: Iterable[Sequence[Any]] | None, message_ids: Collection[UUID]) -> Offered:
    """What is offered for these words, from the JSON of `offers_beside`."""
    found: dict[str, dict[UUID, str]] = {GUIDELINE: {}, SAVED_REPLY: {}}
    for message_id, offers, rule_name in reversed(list(rows or ())):
        for name, kept in found.items():
            if offers.get(name) and UUID(message_id) in message_ids:
                kept.setdefault(UUID(offers[name]), rule_name)
    return Offered(found[GUIDELINE], found[SAVED_REPLY])


def is_asked_for(message_id: UUID) -> bool:
    """Whether a rule asked that whoever wrote this be told they were heard. One statement."""
    wanted = select(TriageDeed.id).where(TriageDeed.message_id == message_id, TriageDeed.offers.has_key(ACKNOWLEDGE))
    return db.session.execute(wanted.limit(1)).first() is not None
