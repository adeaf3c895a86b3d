"""Who may open which page of billing, all of them there only where STRIPE_SECRET_KEY is set (`route_policy.py`)."""

from __future__ import annotations

from typing import Final

from tenants.permissions import Permission

BILLING_POLICY: Final[dict[str, Permission]] = {
    # billing_page.py
    "billing_page.billing": Permission.BILLING_MANAGE,
    "billing_page.usage": Permission.BILLING_MANAGE,
    "billing_page.file": Permission.BILLING_MANAGE,
    # billing_change_page.py
    "billing_change_page.change": Permission.BILLING_MANAGE,
    "billing_change_page.ask": Permission.BILLING_MANAGE,
    "billing_change_page.asked": Permission.BILLING_MANAGE,
    "billing_change_page.confirm": Permission.BILLING_MANAGE,
    "billing_change_page.cancel": Permission.BILLING_MANAGE,
    "billing_change_page.end": Permission.BILLING_MANAGE,
    "billing_change_page.take_back": Permission.BILLING_MANAGE,
    "billing_change_page.vat": Permission.BILLING_MANAGE,
    "billing_change_page.give_vat": Permission.BILLING_MANAGE,
    # billing_plan_page.py
    "billing_plan_page.plan": Permission.BILLING_MANAGE,
    "billing_plan_page.pay": Permission.BILLING_MANAGE,
    "billing_plan_page.waiting": Permission.BILLING_MANAGE,
    "billing_plan_page.look_again": Permission.BILLING_MANAGE,
    "billing_plan_page.portal": Permission.BILLING_MANAGE,
    # billing_invoices_page.py
    "billing_invoices_page.listed": Permission.BILLING_MANAGE,
    "billing_invoices_page.file": Permission.BILLING_MANAGE,
    "billing_invoices_page.at_stripe": Permission.BILLING_MANAGE,
}
