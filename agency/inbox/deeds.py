"""What may be done to a case, as rules without a database: the same for one case and for hundreds.

A deed looks at a locked case and says which columns change; None says that it is so already. Whoever may not, or is
late, is told why by the error a single press would show.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import func

from agency.inbox.models import SPAM, Conversation
from tenants.errors import Conflict, Forbidden, Invalid, Moment, worded
from tenants.permissions import Actor, Permission, require

CLAIM_MINUTES = 30
"""How long a claim outlives the last deed of its holder. Typing is a deed."""
IDLE_MINUTES = 10
"""So long without a deed of its holder, and any colleague may take the case, with a reason; a lead may at once."""
LONGEST_SNOOZE_DAYS = 366

NOBODY: Mapping[str, Any] = {"holder_id": None, "holder_name": None, "held_since": None, "held_until": None}
_FREED: Mapping[str, Any] = {**NOBODY, "held_before_id": None, "hold_reason": None}
RESTORED = (
    *("status", "closed_reason", "snoozed_until", "snoozed_by", "woke_at"),
    *("holder_id", "holder_name", "held_since", "held_until", "held_before_id", "hold_reason"),
)
"""Columns a deed may change, which an undo puts back as they were."""


class Case(NamedTuple):
    """Who may do what to a conversation hangs on these."""

    id: UUID
    brand_id: UUID
    status: str
    holder_id: UUID | None
    holder_name: str | None
    held_since: datetime | None
    held_until: datetime | None
    held_before_id: UUID | None = None
    hold_reason: str | None = None
    closed_reason: str | None = None
    snoozed_until: datetime | None = None
    snoozed_by: UUID | None = None
    woke_at: datetime | None = None
    stars: int | None = None
    contact_id: UUID | None = None
    merged_into_id: UUID | None = None
    version: int = 0

    def is_held(self, now: datetime) -> bool:
        """Whether somebody has it: claims that ran out and were not cleared away yet are none."""
        return self.holder_id is not None and (self.held_until is None or self.held_until >= now)

    @property
    def free_from(self) -> datetime | None:
        """From when a colleague may take it without a lead, if its holder does nothing until then."""
        return idle_from(self.held_until)


def idle_from(held_until: datetime | None) -> datetime | None:
    """When a claim that lasts until then counts as idle; None where it never ends."""
    return None if held_until is None else held_until - timedelta(minutes=CLAIM_MINUTES - IDLE_MINUTES)


CASE = tuple(getattr(Conversation, name) for name in Case._fields)


def held(case: Case) -> Conflict:
    """That somebody else has it, for whoever is refused."""
    return Conflict(
        worded(
            "%(name)s has this case since %(time)s. Nothing was changed. "
            "Take another case, or ask a team lead to hand it over.",
            name=case.holder_name or worded("Somebody else"),
            time=Moment(case.held_since),
        )
        if case.held_since
        else worded(
            "%(name)s has this case. Nothing was changed. Take another case, or ask a team lead to hand it over.",
            name=case.holder_name or worded("Somebody else"),
        ),
        code="held",
        holder_id=str(case.holder_id),
        holder_name=case.holder_name,
        held_since=case.held_since.isoformat() if case.held_since else None,
        held_until=case.held_until.isoformat() if case.held_until else None,
        free_from=case.free_from.isoformat() if case.free_from else None,
    )


class Deed(Protocol):
    """Something done to a case. `action` is its word in the record; of some, a lead does not mind who holds it."""

    name: ClassVar[str]
    action: ClassVar[str]
    permission: ClassVar[Permission]
    is_no_matter_to_leads: ClassVar[bool]

    def values(self, actor: Actor, case: Case, now: datetime) -> dict[str, Any] | None:
        """The columns that change, None where it is so already. Raises AppError where it may not be."""
        ...

    def facts(self) -> dict[str, Any]:
        """What the record says beside who, what and when."""
        ...


class Work:
    """What most deeds are: open to all who work on cases, a lead's at any case, with nothing more to record."""

    permission: ClassVar[Permission] = Permission.CONVERSATION_WORK
    is_no_matter_to_leads: ClassVar[bool] = True

    def facts(self) -> dict[str, Any]:
        """See `Deed`."""
        return {}


@dataclass(frozen=True)
class Resolve(Work):
    """Close it; nobody holds it any more."""

    name: ClassVar[str] = "resolve"
    action: ClassVar[str] = "conversation.close"

    def values(self, actor: Actor, case: Case, now: datetime) -> dict[str, Any] | None:
        return None if case.status == "closed" else _closed(actor, now, "resolved")


@dataclass(frozen=True)
class Spam(Work):
    """Close it as spam. What has stars is somebody's public judgement: only a lead calls it spam."""

    name: ClassVar[str] = "spam"
    action: ClassVar[str] = "conversation.spam"

    def values(self, actor: Actor, case: Case, now: datetime) -> dict[str, Any] | None:
        if case.stars is not None and not actor.may(Permission.CONVERSATION_REASSIGN):
            raise Forbidden(
                "This is a review with stars, and only a team lead calls a review spam. Nothing was changed. "
                "Ask a team lead, or answer it.",
                permission=Permission.CONVERSATION_REASSIGN.value,
            )
        return None if case.closed_reason == SPAM else _closed(actor, now, SPAM)


@dataclass(frozen=True)
class Reopen(Work):
    """Put a closed or snoozed case back into the queue."""

    name: ClassVar[str] = "reopen"
    action: ClassVar[str] = "conversation.reopen"

    def values(self, actor: Actor, case: Case, now: datetime) -> dict[str, Any] | None:
        if case.status == "open":
            return None
        fresh = {"status": "open", "closed_reason": None, "snoozed_until": None, "snoozed_by": None, "woke_at": None}
        return {**fresh, "rerank_at": now}


@dataclass(frozen=True)
class Snooze(Work):
    """Take an open case out of the queue until a moment, or until the customer writes again."""

    until: datetime
    name: ClassVar[str] = "snooze"
    action: ClassVar[str] = "conversation.snooze"

    def values(self, actor: Actor, case: Case, now: datetime) -> dict[str, Any] | None:
        refuse_moment(self.until, now)
        if case.status == "closed":
            raise Conflict(
                "This case is closed, so it cannot be put off. Nothing was changed. Open it again first.", code="closed"
            )
        off = {"status": "snoozed", "snoozed_until": self.until, "snoozed_by": actor.user_id}
        return {**_closed(actor, now), **off}

    def facts(self) -> dict[str, Any]:
        return {"until": self.until.isoformat()}


@dataclass(frozen=True)
class Release(Work):
    """Give it back to the queue."""

    name: ClassVar[str] = "release"
    action: ClassVar[str] = "conversation.release"
    is_no_matter_to_leads: ClassVar[bool] = False

    def values(self, actor: Actor, case: Case, now: datetime) -> dict[str, Any] | None:
        return dict(_FREED) if case.holder_id is not None else None


@dataclass(frozen=True)
class Assign(Work):
    """A lead gives an open case to somebody. `brand_ids` are the person's brands, None for all; the name is theirs."""

    person_id: UUID
    person_name: str
    brand_ids: Collection[UUID] | None = field(hash=False)
    name: ClassVar[str] = "assign"
    action: ClassVar[str] = "conversation.assign"
    permission: ClassVar[Permission] = Permission.CONVERSATION_REASSIGN

    def values(self, actor: Actor, case: Case, now: datetime) -> dict[str, Any] | None:
        if case.status != "open":
            raise Conflict(
                "This case is closed or put off, so nobody can be given it. Nothing was changed. Open it again first.",
                code="not_open",
            )
        if self.brand_ids is not None and case.brand_id not in self.brand_ids:
            raise Invalid(
                worded(
                    "%(name)s may not work on cases of this brand. Nothing was changed. "
                    "Choose somebody else, or ask an agency admin to change what they may do.",
                    name=self.person_name,
                ),
                code="not_a_colleague",
            )
        if case.is_held(now) and case.holder_id == self.person_id:
            return None
        if case.is_held(now) and case.holder_id != actor.user_id:
            raise held(case)
        return {
            "holder_id": self.person_id,
            "holder_name": self.person_name,
            "held_since": now,
            "held_until": now + timedelta(minutes=CLAIM_MINUTES),
            "held_before_id": func.nullif(Conversation.holder_id, self.person_id),
            "hold_reason": None,
        }

    def facts(self) -> dict[str, Any]:
        return {"to_person": str(self.person_id)}


def changes(deed: Deed, actor: Actor, case: Case, now: datetime) -> dict[str, Any] | None:
    """Which columns of this locked case the deed changes, None for nothing to do.

    Raises NotFound for a brand outside the membership, Forbidden, Conflict `held` or `merged`, and what the deed does.
    """
    require(actor, deed.permission, case.brand_id)
    if case.merged_into_id is not None:
        raise merged(case)
    others = case.is_held(now) and case.holder_id != actor.user_id
    if others and not (deed.is_no_matter_to_leads and actor.may(Permission.CONVERSATION_REASSIGN)):
        raise held(case)
    return deed.values(actor, case, now)


def merged(case: Case) -> Conflict:
    """That a case is told within another one, for whoever would do something to it alone."""
    return Conflict(
        "This case is told within another one. Nothing was changed. Do it there, or take them apart first.",
        code="merged",
        merged_into_id=str(case.merged_into_id),
    )


def refuse_moment(until: datetime, now: datetime) -> None:
    """Raise Invalid for a moment that is not ahead, or too far ahead."""
    if until.tzinfo is None or not now < until <= now + timedelta(days=LONGEST_SNOOZE_DAYS):
        raise Invalid(
            "Choose a time ahead of now, within a year. Nothing was changed.",
            errors={"until": [worded("must be ahead of now and within a year")]},
        )


def _closed(actor: Actor, now: datetime, reason: str | None = None) -> dict[str, Any]:
    """Out of the queue and nobody's any more; from whom a lead took it so is kept for that person."""
    done = {"status": "closed", "snoozed_until": None, "snoozed_by": None, "woke_at": None, "looked_at": now}
    why = {} if reason is None else {"closed_reason": reason}
    return {**_FREED, "held_before_id": func.nullif(Conversation.holder_id, actor.user_id), **done, **why}


DEEDS = ("resolve", "snooze", "spam", "reopen", "release", "assign", "label", "unlabel", "merge", "split")
"""Everything a press may be, by name; what is not a class above is done by a room of its own and undone alike."""
