"""An agency's VAT id: its form is checked here, whether it holds says Stripe."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import Select, select

from agency.billing.changes import customer_of
from agency.billing.models import BillingChange
from tenants import audit
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, worded
from tenants.outbox import JobName, enqueue_after_commit
from tenants.permissions import Actor, Permission, require
from tenants.subscriptions import row_of, subscription_of

if TYPE_CHECKING:
    from agency.billing.stripe_gateway import Gateway

_FORMS: Final = {
    "AT": r"U\d{8}",
    "BE": r"[01]\d{9}",
    "BG": r"\d{9,10}",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "EL": r"\d{9}",
    "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}",
    "FR": r"[A-Z0-9]{2}\d{9}",
    "GB": r"\d{9}|\d{12}",
    "HR": r"\d{11}",
    "HU": r"\d{8}",
    "IE": r"\d[A-Z0-9]\d{5}[A-Z]{1,2}",
    "IT": r"\d{11}",
    "LT": r"\d{9}|\d{12}",
    "LU": r"\d{8}",
    "LV": r"\d{11}",
    "MT": r"\d{8}",
    "NL": r"[A-Z0-9]{10}\d{2}",
    "PL": r"\d{10}",
    "PT": r"\d{9}",
    "RO": r"\d{2,10}",
    "SE": r"\d{12}",
    "SI": r"\d{8}",
    "SK": r"\d{10}",
    "XI": r"\d{9}|\d{12}",
}
"""What follows the country's two letters: the forms of the EU's VIES, and the United Kingdom's, which is the same."""
_KINDS: Final = ("eu_vat", "gb_vat")
_LEFT_OUT: Final = re.compile(r"[\s.\-/]+")


@dataclass(frozen=True)
class Given:
    """What Stripe is to hold of a customer. `vat_id` empty: none."""

    customer: str
    vat_id: str
    change_id: UUID


def read(written: str) -> str:
    """As it is stored: `PT123456789`; empty for nothing. Raises Invalid for what cannot be one."""
    found = _LEFT_OUT.sub("", written).upper()
    if not found:
        return ""
    found = f"EL{found[2:]}" if found.startswith("GR") else found
    form = _FORMS.get(found[:2])
    if form is None or not re.fullmatch(form, found[2:], re.ASCII):
        raise Invalid(
            worded("This cannot be a VAT id. Nothing was changed."),
            errors={"vat_id": [worded("begins with the country, such as PT123456789 or PL1234567890")]},
        )
    return found


def give(actor: Actor, written: str) -> str:
    """Keep it, and promise that Stripe hears of it; empty takes it away. Raises Invalid, Conflict `no_plan`."""
    require(actor, Permission.BILLING_MANAGE)
    vat_id = read(written)
    row = subscription_of(actor.agency_id, lock=True)
    if row is None:
        raise Conflict(worded("No plan has begun. Nothing was changed."), code="no_plan")
    if vat_id == (row.vat_id or ""):
        return vat_id
    row.vat_id, row.vat_state = vat_id or None, "waiting"
    db.session.add(
        BillingChange(
            agency_id=row.agency_id,
            id=new_id(),
            kind="vat_id",
            state="confirmed",
            wanted={"vat_id": vat_id},
            asked_by=actor.user_id,
            asked_by_name=actor.name,
        )
    )
    db.session.flush()
    audit.record(actor, "billing.vat_id_given", "agency", actor.agency_id, country=vat_id[:2])
    enqueue_after_commit(JobName.TELL_VAT_ID, agency_id=actor.agency_id)
    return vat_id


def is_open(agency_id: UUID) -> bool:
    """Whether Stripe was not told yet, or has not said yet whether it holds."""
    row = row_of(agency_id)
    return row is not None and row.vat_state in ("waiting", "pending")


def begin(agency_id: UUID) -> Given | None:
    """What Stripe is to hold; None where it knows no such customer yet (it is told with the first payment)."""
    row, customer = row_of(agency_id), customer_of(agency_id)
    change = db.session.scalars(_newest(agency_id)).first()
    if row is None or customer is None or row.vat_state is None or change is None:
        return None
    return Given(customer, row.vat_id or "", change.id)


def _newest(agency_id: UUID) -> Select[BillingChange]:
    return (
        select(BillingChange)
        .where(BillingChange.agency_id == agency_id, BillingChange.kind == "vat_id")
        .order_by(BillingChange.id.desc())
        .limit(1)
    )


def at_stripe(gateway: Gateway, given: Given) -> str | None:
    """Make it so: others taken away, this one made where it is missing; what Stripe says of it. Raises Unavailable."""
    there = gateway.tax_ids(given.customer)
    for one in there:
        if one.kind in _KINDS and one.value != given.vat_id:
            gateway.drop_tax_id(given.customer, one.id)
    if not given.vat_id:
        return None
    held = next((one for one in there if one.value == given.vat_id), None)
    kind = "gb_vat" if given.vat_id.startswith("GB") else "eu_vat"
    made = held or gateway.make_tax_id(given.customer, kind, given.vat_id, f"vat:{given.change_id}")
    return "refused" if made is None else made.status


def finish(agency_id: UUID, given: Given, state: str | None) -> None:
    """Write what Stripe said, unless another number was given meanwhile."""
    row = row_of(agency_id, lock=True)
    if row is not None and (row.vat_id or "") == given.vat_id:
        row.vat_state = state
        change = db.session.scalars(_newest(agency_id)).first()
        if change is not None and change.id == given.change_id:
            change.state, change.why = ("dropped", state) if state == "refused" else ("done", None)
        db.session.flush()
