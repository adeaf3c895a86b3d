"""What the pages of a change of plan say: prices, dates, what is too much, why it came to nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.billing.change_rules import Effect
from agency.billing.excess import Excess
from agency.billing.models import BillingChange
from agency.web.contexts_billing_change import PriceLine
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Notice
from tenants.plans import PLANS, PRICES, Extra, Feature, Interval, Terms, total_cents


def money(cents: int, currency: str) -> str:
    """€149.00, as the reader writes it; below nothing with a minus."""
    return str(format_currency(cents / 100, currency.upper(), locale=chosen_language()))


def day_words(at: datetime | None) -> str:
    """1 December 2026, in the reader's zone."""
    return _day(at.astimezone(chosen_zone()).date()) if at is not None else ""


def _day(day: date) -> str:
    return str(format_date(day, "long", locale=chosen_language()))


def number(count: int) -> str:
    """3,000."""
    return str(format_decimal(count, locale=chosen_language()))


def price_words(cents: int, terms: Terms) -> str:
    """What a whole period costs."""
    price = money(cents, terms.currency)
    if terms.interval is Interval.YEAR:
        return _("%(price)s a year", price=price)
    return _("%(price)s a month", price=price)


def terms_words(terms: Terms) -> str:
    """Team, 2 more brands, 1 more staff seat."""
    parts = [PLANS[terms.plan].name]
    if terms.brands:
        parts.append(ngettext("%(num)s more brand", "%(num)s more brands", terms.brands))
    if terms.staff_seats:
        parts.append(ngettext("%(num)s more staff seat", "%(num)s more staff seats", terms.staff_seats))
    if terms.light_seats:
        parts.append(ngettext("%(num)s more light seat", "%(num)s more light seats", terms.light_seats))
    parts.append(_("paid by the year") if terms.interval is Interval.YEAR else _("paid by the month"))
    return ", ".join(parts)


def lines_of(change: BillingChange) -> tuple[PriceLine, ...]:
    """What is owed now, and the tax on it."""
    currency = change.currency or "eur"
    found = [line_words(line, currency) for line in change.lines]
    tax = (change.now_cents or 0) - sum(line["cents"] for line in change.lines)
    return (*found, PriceLine(what=_("Tax"), amount=money(tax, currency))) if tax else tuple(found)


def line_words(line: dict[str, Any], currency: str) -> PriceLine:
    """A line in the reader's words; in Stripe's where it is about something we do not know."""
    known = PRICES.get(str(line.get("key")))
    if known is None:
        return PriceLine(what=str(line.get("what") or ""), amount=money(line["cents"], currency))
    named = thing(known.plan, known.extra)
    count = line.get("number")
    counted = f"{number(count)} × {named}" if isinstance(count, int) else named
    began, until = _second(line.get("from")), _second(line.get("until"))
    if line["cents"] < 0:
        what = _("Paid and not used from %(day)s to %(until)s: %(what)s", day=began, until=until, what=counted)
    else:
        what = _("From %(day)s to %(until)s: %(what)s", day=began, until=until, what=counted)
    return PriceLine(what=what, amount=money(line["cents"], currency))


def thing(plan: str | None, extra: Extra | None) -> str:
    """What a price is of."""
    if plan is not None:
        return _("plan %(name)s", name=PLANS[plan].name)
    if extra is Extra.BRAND:
        return _("extra brand")
    if extra is Extra.STAFF:
        return _("extra staff seat")
    if extra is Extra.LIGHT:
        return _("extra light seat")
    return _("answered conversation beyond the plan")


def _second(seconds: Any) -> str:
    return day_words(datetime.fromtimestamp(seconds, UTC)) if isinstance(seconds, int) else ""


def effect_words(change: BillingChange) -> str:
    """From when it holds."""
    day = day_words(change.takes_effect_at)
    if change.effect == Effect.PERIOD_END:
        return _("It holds from %(day)s. Until then you have all that was paid for, and can take it back.", day=day)
    if change.effect == Effect.YEAR_END:
        return _(
            "It holds when your year ends, on %(day)s. Until then nothing changes, and you can take it back.", day=day
        )
    if change.effect == Effect.TAKE_BACK:
        return _("What you have goes on after %(day)s as it is.", day=day)
    return _("It holds at once.")


def now_words(change: BillingChange) -> str:
    """What becomes of the money of now."""
    total, due, currency = change.now_cents or 0, change.due_cents or 0, change.currency or "eur"
    if total < 0:
        return _("Nothing is charged. %(price)s stay as credit for the next invoices.", price=money(-total, currency))
    if due < total:
        return _("%(price)s of it are paid from your credit.", price=money(total - due, currency))
    return "" if total else _("Nothing is charged now, and nothing is paid back.")


def excess_words(excess: Excess) -> tuple[str, ...]:
    """One sentence for each thing that is too much or gets less; nothing is taken away by any of them."""
    found = []
    if excess.brands:
        found.append(
            ngettext(
                "%(num)s brand more than it has room for: it goes read-only then, and all that is in it stays.",
                "%(num)s brands more than it has room for: they go read-only then, and all that is in them stays.",
                excess.brands,
            )
        )
    if excess.staff_seats or excess.light_seats:
        found.append(
            ngettext(
                "%(num)s person more than there are seats. Nobody is removed; seats are looked after under People.",
                "%(num)s people more than there are seats. Nobody is removed; seats are looked after under People.",
                excess.staff_seats + excess.light_seats,
            )
        )
    found += [
        _(
            "%(brand)s has %(used)s accounts connected, and %(allowed)s fit. All stay; no more can be connected.",
            brand=name,
            used=number(used),
            allowed=number(excess.will.accounts_of_brand),
        )
        for name, used in excess.accounts
    ]
    if excess.history_months:
        has, will = excess.history_months
        found.append(
            _("Accounts connected from then on bring %(will)s months of their past, not %(has)s.", has=has, will=will)
        )
    if excess.conversations:
        before, after = map(number, excess.conversations)
        found.append(_("%(will)s answered conversations a month are included, not %(has)s.", has=before, will=after))
    if Feature.API in excess.loses:
        found.append(_("No new API tokens can be made; those there are go on working."))
    return tuple(found)


def why_words(change: BillingChange) -> Notice:
    """Why it came to nothing: what happened, what is safe, what to do."""
    safe = _("Nothing was changed and nothing charged.")
    if change.why == "card_refused":
        return Notice(
            "bad", _("Your card was refused."), safe, _("Give another card, and then ask for the price anew.")
        )
    if change.why == "price_changed":
        return Notice("warn", _("The price is another one by now."), safe, _("Look at the new one."))
    if change.why == "not_paid":
        return Notice("warn", _("A payment is owed."), safe, _("Mend the payment first."))
    if change.why == "ended":
        return Notice("warn", _("The plan has ended."), safe, _("Choose a plan anew under Billing."))
    if change.why == "taken_back":
        return Notice("info", _("This change was taken back."), _("What you had goes on."))
    return Notice(
        "warn", _("What you pay for was changed somewhere else meanwhile."), safe, _("Look at it, and choose anew.")
    )


def plan_has(key: str) -> tuple[str, ...]:
    """What a plan includes."""
    plan = PLANS[key]
    return (
        _("Brands: %(number)s", number=number(plan.brands)),
        _("Staff seats: %(number)s", number=number(plan.staff_seats)),
        _("Light seats: %(number)s", number=number(plan.light_seats)),
        _("Accounts for each brand: %(number)s", number=number(plan.accounts_of_brand)),
        _("Answered conversations a month: %(number)s", number=number(plan.conversations)),
        _("Months of the past: %(number)s", number=number(plan.history_months)),
        _("With the API") if Feature.API in plan.features else _("Without the API"),
    )


def total_words(terms: Terms) -> str:
    """By our own table, before tax."""
    return price_words(total_cents(terms), terms)


def fields_of(terms: Terms) -> tuple[tuple[str, str], ...]:
    """Terms as a form of ours posts them."""
    return (
        ("plan", terms.plan),
        ("interval", terms.interval.value),
        ("currency", terms.currency.value),
        ("brands", str(terms.brands)),
        ("staff_seats", str(terms.staff_seats)),
        ("light_seats", str(terms.light_seats)),
    )
