"""Over every page of whoever may mend it: until when all works as ever, or since when brands are read-only.

Nothing for anybody else, without a Stripe key, in parts that htmx asks for, and on the pages of billing, which say it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import request, url_for
from flask_babel import gettext as _

from agency.billing import changes
from agency.web.billing_change_words import day_words
from agency.web.looks import Notice
from tenants import clock
from tenants.database import db
from tenants.permissions import Actor, Permission
from tenants.plan_states import STATES, State, standing_of
from tenants.subscriptions import subscription_of

SAID_BEFORE: Final = timedelta(days=3)
"""So long before a trial or a cancelled plan ends it is said on every page; its mails come as early."""


def billing_notices(actor: Actor) -> tuple[Notice, ...]:
    """One banner or none; a statement for agency admins and billing admins where a key is set."""
    is_asked = "HX-Request" not in request.headers and not (request.blueprint or "").startswith("billing")
    if not is_asked or not actor.may(Permission.BILLING_MANAGE) or db.session.info.get("scope") is None:
        return ()
    subscription = subscription_of(actor.agency_id)
    if subscription is None:
        return ()
    now = clock.now()
    standing = standing_of(subscription, now)
    words, url = _(STATES[standing.state].words), url_for("billing_page.billing")
    if not standing.answers:
        safe = _("No new replies go out. All there is can be read and exported, and what customers write comes in.")
        return (Notice("bad", words, safe, "", _("Mend it under Billing"), url),)
    if standing.grace_ends_at is not None:
        safe = _("Customers are answered as ever until %(day)s.", day=day_words(standing.grace_ends_at))
        return (Notice("warn", words, safe, "", _("Mend it under Billing"), url),)
    ends_at = subscription.ends_at
    if standing.state is State.TRIALING and not subscription.stripe_id:
        ends_at = subscription.trial_ends_at
    if ends_at is None or ends_at - now > SAID_BEFORE:
        return ()
    safe = _("Nothing is charged by itself, and nothing is lost.")
    if standing.state is State.TRIALING:
        what = _("The trial ends on %(day)s.", day=day_words(ends_at))
        return (Notice("info", what, safe, "", _("Choose a plan"), url),)
    if changes.waiting(actor.agency_id) is not None:
        return ()  # the year ends to go on by the month
    what = _("The plan ends on %(day)s.", day=day_words(ends_at))
    return (Notice("info", what, safe, "", _("See Billing"), url),)
