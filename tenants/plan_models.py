"""What an agency pays for, as far as every floor needs to know it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import AgencyOwned, Base, Dated, belongs_to_agency
from tenants.plans import Currency, Interval, Terms, from_plain


class Subscription(AgencyOwned, Dated, Base):
    """An agency's one subscription, under the agency's own id: so there are never two, and it is what limits lock.

    Without `stripe_id` it is a trial of ours. Everything else is what Stripe said last (`fetched_at`), and
    `failing_since`: the first failed payment of those that still stand open. `kept` are terms that were paid until
    `kept_until` and are smaller by now. `ends_at`: cancelled for then. `told`: which warnings went out, by their name.
    `vat_state`: `waiting` until Stripe was told, then what Stripe says of the number.
    """

    __tablename__ = "subscription"
    state: Mapped[str] = mapped_column(Text)
    plan: Mapped[str] = mapped_column(Text)
    interval: Mapped[str] = mapped_column(Text, default="month", server_default="month")
    currency: Mapped[str] = mapped_column(Text, default="eur", server_default="eur")
    extra_brands: Mapped[int] = mapped_column(default=0, server_default="0")
    extra_staff_seats: Mapped[int] = mapped_column(default=0, server_default="0")
    extra_light_seats: Mapped[int] = mapped_column(default=0, server_default="0")
    kept: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    kept_until: Mapped[datetime | None]
    trial_ends_at: Mapped[datetime | None]
    period_starts_at: Mapped[datetime | None]
    period_ends_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    stripe_id: Mapped[str | None] = mapped_column(Text)
    fetched_at: Mapped[datetime | None]
    card: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    vat_id: Mapped[str | None] = mapped_column(Text)
    vat_state: Mapped[str | None] = mapped_column(Text)
    told: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    __table_args__ = (
        belongs_to_agency(),
        CheckConstraint(
            "state in ('trialing', 'active', 'past_due', 'unpaid', 'incomplete', 'paused', 'canceled')",
            name="state_is_known",
        ),
        CheckConstraint(
            "vat_state in ('waiting', 'pending', 'verified', 'unverified', 'unavailable', 'refused')",
            name="vat_state_is_known",
        ),
        CheckConstraint(
            "extra_brands >= 0 and extra_staff_seats >= 0 and extra_light_seats >= 0", name="extras_are_some"
        ),
    )

    @property
    def terms(self) -> Terms:
        """What is taken by now: what the next invoice is about."""
        return Terms(
            self.plan,
            Interval(self.interval),
            Currency(self.currency),
            self.extra_brands,
            self.extra_staff_seats,
            self.extra_light_seats,
        )

    @terms.setter
    def terms(self, terms: Terms) -> None:
        self.plan, self.interval, self.currency = terms.plan, terms.interval.value, terms.currency.value
        self.extra_brands, self.extra_staff_seats = terms.brands, terms.staff_seats
        self.extra_light_seats = terms.light_seats

    @property
    def kept_terms(self) -> Terms | None:
        """The larger terms that were paid for, until `kept_until`."""
        return from_plain(self.kept) if self.kept is not None else None
