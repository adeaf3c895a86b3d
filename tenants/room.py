"""The one place that says whether there is room for one more: asked in the transaction that would take it.

The agency's subscription is locked first and then it is counted, in two statements: a count in the same statement would
see the moment before the lock, and two could take the last place. Off (no Stripe key) it costs no statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select, union_all

from tenants import clock
from tenants.database import db
from tenants.errors import Conflict, Forbidden, Money, Worded, worded
from tenants.models import Brand, Invitation, Membership
from tenants.permissions import Role
from tenants.plan_models import Subscription
from tenants.plan_states import STATES, Standing, standing_of
from tenants.plans import PLANS, Allowed, Extra, Feature, Limit, Terms, extra_cents
from tenants.subscriptions import is_on, subscription_of

SEATS: Final[dict[Role, Limit]] = {
    Role.AGENCY_ADMIN: Limit.STAFF_SEATS,
    Role.TEAM_LEAD: Limit.STAFF_SEATS,
    Role.STAFF: Limit.STAFF_SEATS,
    Role.LIGHT: Limit.LIGHT_SEATS,
}
"""Which seat a role sits on; clients' owners and billing admins are free."""
EXTRA_OF: Final[dict[Limit, Extra]] = {
    Limit.BRANDS: Extra.BRAND,
    Limit.STAFF_SEATS: Extra.STAFF,
    Limit.LIGHT_SEATS: Extra.LIGHT,
}


class OverLimit(Conflict):
    """One more would be more than is paid for; `fields` name the limit, what is used and how much there may be."""

    code = "over_limit"


@dataclass(frozen=True)
class Use:
    """What of the plan is used."""

    brands: int
    staff_seats: int
    light_seats: int


def require_room(agency_id: UUID, limit: Limit, *, used: Select[Any] | None = None, by_outsider: bool = False) -> None:
    """Let one more pass, or raise; whoever asks next waits until this transaction ends.

    `used` counts what there is where this floor does not know the table. `by_outsider`: who takes a seat that was
    offered to them; they hear no prices, and other offers do not stand in their way. Raises OverLimit, or Forbidden
    `not_paid` where the plan's state lets nothing grow.
    """
    subscription = subscription_of(agency_id, lock=True)
    if subscription is None:
        return
    standing = standing_of(subscription, clock.now())
    if not standing.grows:
        raise Forbidden(_not_paid(standing, by_outsider=by_outsider), code="not_paid")
    counted = _count_of(agency_id, limit, with_offered=not by_outsider) if used is None else used
    count = int(db.session.execute(counted).scalar_one())
    allowed = standing.allowed.of(limit)
    if count < allowed:
        return
    message = _OUTSIDER if by_outsider else _no_room(limit, count, standing.allowed, subscription)
    raise OverLimit(message, limit=limit.value, used=count, allowed=allowed)


def require_seat(agency_id: UUID, role: Role, *, by_outsider: bool = False) -> None:
    """Room for one more person of that role; nothing is asked for roles that are free."""
    if role in SEATS:
        require_room(agency_id, SEATS[role], by_outsider=by_outsider)


def require_feature(agency_id: UUID, feature: Feature) -> None:
    """Raise Forbidden `not_in_plan` where the agency's plan has it not."""
    subscription = subscription_of(agency_id)
    if subscription is None or feature in standing_of(subscription, clock.now()).allowed.features:
        return
    plans = ", ".join(plan.name for plan in PLANS.values() if feature in plan.features)
    raise Forbidden(
        worded(
            "Your plan does not include the API. Nothing was made, and tokens there are go on working. "
            "An agency admin or a billing admin can choose another plan: %(plans)s.",
            plans=plans,
        ),
        code="not_in_plan",
    )


def use_of(agency_id: UUID) -> Use:
    """What is used of what a plan limits, in one statement."""
    counts = [_count_of(agency_id, limit) for limit in (Limit.BRANDS, Limit.STAFF_SEATS, Limit.LIGHT_SEATS)]
    return Use(*db.session.execute(select(*(count.scalar_subquery() for count in counts))).one())


def _count_of(agency_id: UUID, limit: Limit, *, with_offered: bool = True) -> Select[Any]:
    if limit is Limit.BRANDS:
        return select(func.count(Brand.id)).where(Brand.agency_id == agency_id, Brand.archived_at.is_(None))
    roles = [role.value for role, seat in SEATS.items() if seat is limit]
    people = select(Membership.id).where(
        Membership.agency_id == agency_id, Membership.removed_at.is_(None), Membership.role.in_(roles)
    )
    if not with_offered:
        return select(func.count()).select_from(people.subquery())
    invited = select(Invitation.id).where(
        Invitation.agency_id == agency_id,
        Invitation.used_at.is_(None),
        Invitation.withdrawn_at.is_(None),
        Invitation.expires_at > clock.now(),
        Invitation.role.in_(roles),
    )
    return select(func.count()).select_from(union_all(people, invited).subquery())


_OUTSIDER = worded(
    "The agency's plan has no free place for you. Your link stays good. Tell whoever invited you, and try again."
)


def _no_room(limit: Limit, used: int, allowed: Allowed, subscription: Subscription) -> Worded:
    numbers = {"used": used, "allowed": allowed.of(limit)}
    if limit is Limit.BRANDS:
        said = worded(
            "Your plan has room for %(allowed)s brands, and %(used)s are open. Nothing was changed.", **numbers
        )
    elif limit is Limit.STAFF_SEATS:
        said = worded(
            "Your plan has %(allowed)s staff seats, and %(used)s are taken or offered. Nothing was changed.", **numbers
        )
    elif limit is Limit.LIGHT_SEATS:
        said = worded(
            "Your plan has %(allowed)s light seats, and %(used)s are taken or offered. Nothing was changed.", **numbers
        )
    else:
        said = worded(
            "Your plan connects %(allowed)s accounts to a brand, and %(used)s are connected. Nothing was changed.",
            **numbers,
        )
    return worded("%(said)s %(way)s", said=said, way=_way_out(limit, subscription.terms))


def _way_out(limit: Limit, terms: Terms) -> Worded:
    """Who can change it and what it would cost."""
    plan = PLANS[terms.plan]
    extra = EXTRA_OF.get(limit)
    is_full = limit is Limit.BRANDS and plan.most_brands is not None and plan.brands + terms.brands >= plan.most_brands
    if extra is None or is_full:
        larger = [one for one in PLANS.values() if one.brands > plan.brands]
        if not larger:
            return worded("Write to us for more; an agency admin or a billing admin may.")
        return worded(
            "An agency admin or a billing admin can choose the plan %(plan)s, for %(price)s a month.",
            plan=larger[0].name,
            price=Money(larger[0].month_cents[terms.currency], terms.currency),
        )
    price = Money(extra_cents(extra, terms.interval, terms.currency), terms.currency)
    if terms.interval == "year":
        return worded("An agency admin or a billing admin can add one more, for %(price)s a year.", price=price)
    return worded("An agency admin or a billing admin can add one more, for %(price)s a month.", price=price)


def _not_paid(standing: Standing, *, by_outsider: bool) -> Worded:
    if by_outsider:
        return _OUTSIDER
    return worded(
        "%(state)s Nothing was changed, and what is there can be read and exported. "
        "An agency admin or a billing admin can mend it under Billing.",
        state=STATES[standing.state].words,
    )


__all__ = [
    "EXTRA_OF",
    "SEATS",
    "OverLimit",
    "Use",
    "is_on",
    "require_feature",
    "require_room",
    "require_seat",
    "use_of",
]
