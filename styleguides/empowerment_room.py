"""What is left to give in a case, for whoever asks: by the brand's limits and what was given before."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, tuple_

from styleguides.empowerment import (
    KIND_NAMES,
    Bucket,
    Giving,
    LimitState,
    binding,
    period_of,
    room_minor,
    states_of,
    subject_of,
)
from styleguides.empowerment_limits import Rules, rules_of
from styleguides.models import LedgerTotal
from tenants.database import db
from tenants.permissions import Actor, Permission, require


class Place(NamedTuple):
    """The case something is given in: whoever calls has read it in the actor's scope.

    `linked_ids` are the customer's other identities: what they were given counts against the customer's limits, too.
    """

    brand_id: UUID
    conversation_id: UUID
    contact_id: UUID | None
    linked_ids: tuple[UUID, ...] = ()

    @property
    def contact_ids(self) -> tuple[UUID, ...]:
        """Of every identity of the customer."""
        return (self.contact_id, *self.linked_ids) if self.contact_id is not None else ()


class Room(NamedTuple):
    """What may be given in one scenario, or (`scenario_id` None) in none of them."""

    scenario_id: UUID | None
    title: str
    room_minor: int
    states: tuple[LimitState, ...]

    @property
    def binding(self) -> LimitState | None:
        """The limit that leaves least."""
        return binding(self.states)


class Left(NamedTuple):
    """What is left in a case, for whoever asks: without a scenario first, then by title."""

    rules: Rules
    rooms: tuple[Room, ...]

    def room(self, scenario_id: UUID | None) -> Room | None:
        """That of one scenario; None where it is not offered."""
        return next((one for one in self.rooms if one.scenario_id == scenario_id), None)


def what_is_left(actor: Actor, place: Place, scenario_ids: Collection[UUID] = ()) -> Left:
    """What the actor may give in this case today, in two statements. Those of the guidelines named are there even
    where they have no limit of their own. Raises NotFound, Forbidden.
    """
    require(actor, Permission.EMPOWERMENT_READ, place.brand_id)
    return left_by(actor, place, rules_of(place.brand_id, scenario_ids))


def left_by(actor: Actor, place: Place, rules: Rules) -> Left:
    """The same by rules that were read already; nothing in a brand that is paused. One statement."""
    giving = giving_in(place, actor.user_id, None, rules)
    given = given_in(giving, place.linked_ids) if rules.is_set_up else {}
    rooms = []
    for scenario_id in (None, *rules.scenarios):
        states = tuple(states_of(rules.limits, giving._replace(scenario_id=scenario_id), given))
        title = rules.scenarios[scenario_id].title if scenario_id is not None else ""
        rooms.append(Room(scenario_id, title, 0 if rules.is_closed else room_minor(states), states))
    return Left(rules, tuple(rooms))


def giving_in(place: Place, person_id: UUID, scenario_id: UUID | None, rules: Rules) -> Giving:
    """Where it would count today: with the identity of the case, so that what is unlinked counts apart again."""
    return Giving(place.brand_id, place.conversation_id, place.contact_id, person_id, scenario_id, rules.today())


def given_in(giving: Giving, linked_ids: Collection[UUID] = ()) -> dict[Bucket, int]:
    """The sums of every scenario for this case, customer, person and brand: one statement along one index.

    What the customer's other identities were given is added to that of this one.
    """
    wanted = [
        (kind, one, period_of(kind, giving.given_on))
        for kind in KIND_NAMES
        if (subject_id := subject_of(kind, giving)) is not None
        for one in (subject_id, *(linked_ids if subject_id == giving.contact_id else ()))
    ]
    columns = (LedgerTotal.kind, LedgerTotal.subject_id, LedgerTotal.period)
    rows = db.session.execute(
        select(
            LedgerTotal.kind,
            LedgerTotal.scenario_id,
            LedgerTotal.subject_id,
            LedgerTotal.period,
            LedgerTotal.given_minor,
        ).where(LedgerTotal.brand_id == giving.brand_id, tuple_(*columns).in_(wanted))
    )
    given: dict[Bucket, int] = {}
    for kind, scenario_id, subject_id, period, given_minor in rows:
        theirs = giving.contact_id if subject_id in linked_ids and giving.contact_id is not None else subject_id
        bucket = Bucket(kind, scenario_id, theirs, period)
        given[bucket] = given.get(bucket, 0) + given_minor
    return given
