"""Where a subscription stands, for those who pay: what happened, what is safe, until when, and where it is mended."""

from __future__ import annotations

from datetime import datetime

from flask import url_for
from flask_babel import gettext as _

from agency.billing import changes
from agency.web.billing_change_words import day_words, terms_words
from agency.web.looks import Notice, Tone
from tenants.plan_models import Subscription
from tenants.plan_states import STATES, Standing, State
from tenants.plans import from_plain

AT_STRIPE = frozenset({State.PAST_DUE, State.UNPAID, State.INCOMPLETE, State.PAUSED})
"""Mended with a card at Stripe, where Stripe has the subscription."""


def is_paid(subscription: Subscription) -> bool:
    """Whether Stripe has a plan that has not ended; otherwise one is chosen first."""
    return subscription.stripe_id is not None and subscription.state != State.CANCELED


def state_words(subscription: Subscription, standing: Standing) -> Notice:
    """What happened, what works, and until when; a link where a plan is to be chosen."""
    safe = (
        _("Customers are answered as ever.")
        if standing.answers
        else _("No new replies go out. All there is can be read and exported, and what customers write comes in.")
    )
    tone: Tone = "bad" if not standing.answers else "warn" if standing.grace_ends_at is not None else "info"
    choose = "" if is_paid(subscription) else url_for("billing_plan_page.plan")
    return Notice(
        tone,
        _(STATES[standing.state].words),
        safe,
        _until(subscription, standing),
        _("Choose a plan") if choose else "",
        choose,
    )


def mend_label(subscription: Subscription, standing: Standing) -> str:
    """What the one button to Stripe says; empty where nothing is mended there."""
    if not is_paid(subscription) or standing.state not in AT_STRIPE:
        return ""
    if standing.state is State.INCOMPLETE:
        return _("Finish the payment at Stripe")
    return _("Give a card at Stripe") if standing.state is State.PAUSED else _("Mend the payment at Stripe")


def _until(subscription: Subscription, standing: Standing) -> str:
    if standing.grace_ends_at is not None:
        if standing.answers:
            return _("Until %(day)s nothing changes.", day=day_words(standing.grace_ends_at))
        return _("The time to mend it was over on %(day)s.", day=day_words(standing.grace_ends_at))
    if standing.state is State.TRIALING:
        return _ends(subscription.trial_ends_at)
    if standing.state is State.PAUSED and not subscription.stripe_id:
        return _("It ended on %(day)s.", day=day_words(subscription.trial_ends_at))
    held, kept = changes.waiting(subscription.agency_id), changes.kept_now(subscription)
    if held is not None:
        what, day = terms_words(from_plain(held.wanted)), day_words(held.takes_effect_at)
        return _("From %(day)s: %(what)s.", day=day, what=what)
    if subscription.ends_at is None and kept is not None:
        day, what = day_words(subscription.kept_until), terms_words(subscription.terms)
        return _("From %(day)s: %(what)s.", day=day, what=what)
    if standing.state is State.CANCELED:
        return _("It ended on %(day)s.", day=day_words(subscription.ended_at)) if subscription.ended_at else ""
    return _ends(subscription.ends_at)


def _ends(at: datetime | None) -> str:
    return _("It ends on %(day)s.", day=day_words(at)) if at is not None else ""
