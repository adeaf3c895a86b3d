"""An agency's subscription: whether anything is paid for here at all, its trial, and where it stands."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tenants import clock
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.plan_models import Subscription
from tenants.plan_states import TRIAL, Standing, State, standing_of
from tenants.plans import TRIAL_PLAN


def is_on() -> bool:
    """Whether money is taken here: only where a Stripe key is set. Off, nothing is limited and nothing said."""
    return bool(settings_of_app().stripe_secret_key)


def begin_trial(agency_id: UUID) -> bool:
    """From now on the agency has two weeks without a card; False where it has a subscription, or billing is off.

    In the caller's transaction and the agency's scope; Stripe hears nothing of it.
    """
    if not is_on():
        return False
    made = db.session.connection().execute(
        insert(Subscription.__table__)  # type: ignore[arg-type]
        .values(
            agency_id=agency_id,
            id=agency_id,
            state=State.TRIALING.value,
            plan=TRIAL_PLAN,
            trial_ends_at=clock.now() + TRIAL,
        )
        .on_conflict_do_nothing()
        .returning(Subscription.id)
    )
    return made.first() is not None


def subscription_of(agency_id: UUID, *, lock: bool = False) -> Subscription | None:
    """The agency's subscription; None where billing is off or nobody has begun its trial yet.

    `lock` holds it until the transaction ends, and reads it anew.
    """
    if not is_on():
        return None
    return row_of(agency_id, lock=lock)


def row_of(agency_id: UUID, *, lock: bool = False) -> Subscription | None:
    """The row, whether billing is on or not."""
    found = select(Subscription).where(Subscription.agency_id == agency_id, Subscription.id == agency_id)
    if lock:
        # What only points at the row goes on: it is the number of things that must not change beside us.
        found = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    return db.session.execute(found).scalar_one_or_none()


def standing_now(agency_id: UUID) -> Standing | None:
    """What holds for the agency now; None where nothing is limited."""
    found = subscription_of(agency_id)
    return None if found is None else standing_of(found, clock.now())
