"""Which brands are read-only because they are not paid for: written here, asked here.

In such a brand nothing new goes out in its name; everything else works as ever, and what was let out or waits for a yes
goes on (decision 0095). Without a Stripe key nothing is ever asked or written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import select

from tenants import audit, clock
from tenants.database import db
from tenants.errors import Conflict, worded
from tenants.models import Brand
from tenants.plan_models import Subscription
from tenants.plan_states import read_only_number, standing_of
from tenants.scope import current_scope
from tenants.subscriptions import is_on, subscription_of

OVER_PLAN: Final = "over_plan"
"""Why, where the plan is paid and has room for fewer brands; else `tenants.plan_states.Standing.why`."""


def refuse(brand: Brand) -> None:
    """Raise Conflict `brand_read_only` for a brand that is."""
    if brand.read_only_at is not None:
        raise Conflict(
            worded(
                "%(brand)s is read-only, because the agency's plan does not cover it now. Nothing was sent and your "
                "words are kept; everything can be read and exported. An agency admin or a billing admin can mend it "
                "under Billing.",
                brand=brand.name,
            ),
            code="brand_read_only",
        )


def refuse_of(brand_id: UUID) -> None:
    """The same of a brand in the scope by its id: a statement, none where billing is off."""
    brand = db.session.get(Brand, {"agency_id": current_scope().agency_id, "id": brand_id}) if is_on() else None
    if brand is not None:
        refuse(brand)


def settle(agency_id: UUID) -> int:
    """Make brands read-only, or free again, as the agency's plan stands now; how many it changed. Harmless twice.

    In the agency's scope. No statement where billing is off, one where nothing is paid for yet, two where nothing
    changes; what changes is written under the subscription's lock and into each brand's record.
    """
    subscription = subscription_of(agency_id)
    if subscription is None or not _wanted(subscription):
        return 0
    subscription = subscription_of(agency_id, lock=True)
    changed = _wanted(subscription) if subscription is not None else []
    now = clock.now()
    for brand, why in changed:
        was = brand.read_only_at
        brand.read_only_why = why
        brand.read_only_at = None if why is None else was or now
        if why is None:
            audit.record(None, "brand.free_again", "brand", brand.id, brand_id=brand.id)
        elif was is None:
            audit.record(None, "brand.read_only", "brand", brand.id, brand_id=brand.id, why=why)
    db.session.flush()
    return len(changed)


def _wanted(subscription: Subscription) -> list[tuple[Brand, str | None]]:
    """The brands that stand otherwise than they should, and why they should be read-only; None for free."""
    found = select(Brand).where(Brand.agency_id == subscription.agency_id).execution_options(populate_existing=True)
    brands = in_turn(db.session.scalars(found))
    live = [brand for brand in brands if brand.archived_at is None]
    now = clock.now()
    standing = standing_of(subscription, now)
    held = {brand.id for brand in live[: read_only_number(standing, len(live), now)]}
    why = standing.why or OVER_PLAN
    wanted = [(brand, why if brand.id in held else None) for brand in brands]
    return [(brand, reason) for brand, reason in wanted if brand.read_only_why != reason]


def in_turn(brands: Iterable[Brand]) -> list[Brand]:
    """Which goes read-only first: as the agency chose; those without a number after those with, the newest first."""
    return sorted(brands, key=lambda one: (one.read_only_turn is None, one.read_only_turn or 0, -one.id.int))
