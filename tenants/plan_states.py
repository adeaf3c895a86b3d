"""What works in which state of a subscription, and for how long; what of an agency is read-only. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from tenants.errors import worded
from tenants.plans import Allowed, Terms, allowed_by, larger_of

TRIAL: Final = timedelta(days=14)
"""Without a card: long enough for two weeks' shifts of a team."""
GRACE: Final = timedelta(days=14)
"""From the first payment that failed: as long as Stripe's usual eight tries take."""
READ_ONLY_OVER: Final = 7
"""Days over which an agency's brands go read-only after the grace, some each day, in the order it chose."""
KEPT_FOR: Final = timedelta(days=90)
"""Nothing of an agency is deleted for want of payment before this, counted from when its last brand went read-only."""


class State(StrEnum):
    """Where a subscription stands, in Stripe's words."""

    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    INCOMPLETE = "incomplete"
    PAUSED = "paused"
    CANCELED = "canceled"


class Works(StrEnum):
    """Whether a thing works in a state: always, never, or until the grace after a failed payment is over."""

    YES = "yes"
    GRACE = "grace"
    NO = "no"


@dataclass(frozen=True)
class StateRule:
    """What works in a state. Reading, exporting and polling work in every one, so they are not asked about.

    `answers`: new replies. `grows`: further brands, people and accounts. `words`: for the agency's people, without
    money.
    """

    answers: Works
    grows: Works
    words: str


STATES: Final[dict[State, StateRule]] = {
    State.TRIALING: StateRule(Works.YES, Works.YES, worded("The trial is running.")),
    State.ACTIVE: StateRule(Works.YES, Works.YES, worded("The plan is paid.")),
    State.PAST_DUE: StateRule(Works.GRACE, Works.GRACE, worded("A payment failed.")),
    State.UNPAID: StateRule(Works.GRACE, Works.NO, worded("A payment failed and is not tried any more.")),
    State.INCOMPLETE: StateRule(Works.NO, Works.NO, worded("The first payment is not finished.")),
    State.PAUSED: StateRule(Works.NO, Works.NO, worded("The trial is over, or the plan was paused.")),
    State.CANCELED: StateRule(Works.GRACE, Works.NO, worded("The plan has ended.")),
}
"""A cancelled plan has a grace only where a failed payment ended it."""


class Paid(Protocol):
    """What is known of an agency's subscription (`tenants.plan_models.Subscription` has it)."""

    @property
    def state(self) -> str: ...
    @property
    def terms(self) -> Terms: ...
    @property
    def kept_terms(self) -> Terms | None: ...
    @property
    def kept_until(self) -> datetime | None: ...
    @property
    def trial_ends_at(self) -> datetime | None: ...
    @property
    def failing_since(self) -> datetime | None: ...
    @property
    def stripe_id(self) -> str | None: ...


@dataclass(frozen=True)
class Standing:
    """What holds for an agency at one moment. `grace_ends_at`: where a payment failed; `why`: why brands are
    read-only, `unpaid`, `ended` or `trial_over`, None while answers go out.
    """

    state: State
    answers: bool
    grows: bool
    allowed: Allowed
    grace_ends_at: datetime | None
    why: str | None


def standing_of(paid: Paid, now: datetime) -> Standing:
    """What holds now. A trial of ours that ran out is paused from that second, whatever was written last."""
    state = State(paid.state)
    if state is State.TRIALING and not paid.stripe_id and paid.trial_ends_at is not None and paid.trial_ends_at <= now:
        state = State.PAUSED
    rule = STATES[state]
    grace_ends_at = None
    if paid.failing_since is not None and Works.GRACE in (rule.answers, rule.grows):
        grace_ends_at = paid.failing_since + GRACE
    in_grace = grace_ends_at is not None and now < grace_ends_at
    allowed = allowed_by(paid.terms)
    if paid.kept_terms is not None and paid.kept_until is not None and now < paid.kept_until:
        allowed = larger_of(allowed, allowed_by(paid.kept_terms))
    answers = _works(rule.answers, in_grace=in_grace)
    return Standing(
        state,
        answers,
        _works(rule.grows, in_grace=in_grace),
        allowed,
        grace_ends_at,
        None if answers else _why(state, failed=grace_ends_at is not None),
    )


def _works(works: Works, *, in_grace: bool) -> bool:
    return works is Works.YES or (works is Works.GRACE and in_grace)


def _why(state: State, *, failed: bool) -> str:
    if failed or state in (State.UNPAID, State.PAST_DUE):
        return "unpaid"
    return "ended" if state is State.CANCELED else "trial_over"


def read_only_number(standing: Standing, live_brands: int, now: datetime) -> int:
    """How many of so many brands are read-only now: what is beyond the plan, and, once nothing is answered any more,
    all, but after a grace a seventh more each day.
    """
    beyond = max(0, live_brands - standing.allowed.brands)
    if standing.answers:
        return beyond
    if standing.grace_ends_at is None or now < standing.grace_ends_at:
        return live_brands
    days = (now - standing.grace_ends_at) // timedelta(days=1) + 1
    return max(beyond, min(live_brands, -(-live_brands * days // READ_ONLY_OVER)))
