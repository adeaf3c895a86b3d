"""Beside the replies on the client's page: what waits for a signature, and the goodwill of this month."""

from __future__ import annotations

from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from agency.replies.policy_models import ApprovalPolicy
from agency.web import clocks
from agency.web.contexts_owner import GoodwillLook, WaitingGuideRow
from agency.web.empowerment_words import meter_of
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import BrandLook, brand_look
from agency.web.shell import brand_looks
from styleguides.currencies import said_amount
from styleguides.empowerment import Limit, LimitState
from styleguides.empowerment_month import months_used
from tenants import clock
from tenants.database import db
from tenants.permissions import Actor, Permission

MOST_POLICIES = 50


def waiting_policies(actor: Actor, *, by_link: bool = False) -> tuple[WaitingGuideRow, ...]:
    """Policies that wait for a signature, the longest first; one statement, none for who does not sign. `by_link`: they
    are named there, and signed behind a sign-in.
    """
    if not actor.may(Permission.POLICY_SIGN):
        return ()
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    rows = db.session.scalars(
        select(ApprovalPolicy)
        .where(ApprovalPolicy.state == "proposed")
        .order_by(ApprovalPolicy.proposed_at, ApprovalPolicy.id)
        .limit(MOST_POLICIES)
    )
    return tuple(
        WaitingGuideRow(
            url="" if by_link else url_for("policy_page.policy", brand_id=row.brand_id),
            brand=_look(row.brand_id),
            number=row.number,
            note=row.note,
            proposed_by=row.proposed_by_name,
            waiting=clocks.age(row.proposed_at or row.created_at, now, zone, locale),
        )
        for row in rows
    )


def goodwill_of_month(actor: Actor, *, by_link: bool = False) -> tuple[GoodwillLook, ...]:
    """What each brand gave away this month, drawn against its limit where it has one; one statement. `by_link`: without
    the way to the ledger, which names customers.
    """
    looks = []
    for one in months_used(actor):
        meter = None
        if one.limit_minor is not None:
            state = LimitState(Limit("brand_month", None, one.limit_minor), one.given_minor)
            meter = meter_of(state, one.currency, _("All together, this month"))
        words = _("%(amount)s given so far", amount=said_amount(one.given_minor, one.currency, chosen_language()))
        url = "" if by_link else url_for("empowerment_page.empowerment", brand_id=one.brand_id)
        looks.append(GoodwillLook(url=url, brand=_look(one.brand_id), words=words, meter=meter))
    return tuple(looks)


def _look(brand_id: UUID) -> BrandLook:
    return brand_looks().get(brand_id) or brand_look(str(brand_id), "", "", "")
