"""Limits and lines of the ledger in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from agency.web import clocks
from agency.web.contexts_empowerment import LineLook, MeterLook
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import StateLook
from styleguides.currencies import said_amount, said_figure
from styleguides.empowerment import Limit, LimitState
from styleguides.empowerment_limits import Scenario
from styleguides.empowerment_reading import LineRow

NEARLY_PERCENT = 80
"""From here on a limit is nearly used up."""
DRAWN = 1_000
"""Meters are drawn in so many parts: amounts may be larger than what a page counts in."""


def here_words() -> dict[str, str]:
    """What each kind of limit counts, said to whoever gives."""
    return {
        "case": _("This case"),
        "customer_month": _("This customer, this month"),
        "person_day": _("You, today"),
        "person_month": _("You, this month"),
        "brand_day": _("All together, today"),
        "brand_month": _("All together, this month"),
    }


def limit_words() -> dict[str, str]:
    """What each kind of limit counts, said to whoever sets it."""
    return {
        "case": _("One case"),
        "customer_month": _("One customer in a month"),
        "person_day": _("One of us on a day"),
        "person_month": _("One of us in a month"),
        "brand_day": _("All together on a day"),
        "brand_month": _("All together in a month"),
    }


def label_of(limit: Limit, words: Mapping[str, str], scenarios: Mapping[UUID, Scenario]) -> str:
    """What a limit counts, with the scenario it is for."""
    named = words[limit.kind]
    if limit.scenario_id is None or limit.scenario_id not in scenarios:
        return named
    return f"{named} · {scenarios[limit.scenario_id].title}"


def left_words(left_minor: int, limit_minor: int, currency: str) -> str:
    """310 of 500 EUR left."""
    language = chosen_language()
    return _(
        "%(left)s of %(limit)s left",
        left=said_figure(left_minor, currency, language),
        limit=said_amount(limit_minor, currency, language),
    )


def meter_of(state: LimitState, currency: str, label: str, *, note: str = "", is_binding: bool = False) -> MeterLook:
    """A limit, drawn and said. More than was allowed is drawn full and said."""
    limit, given = state.limit.amount_minor, state.given_minor
    drawn = DRAWN if given >= limit else given * DRAWN // limit
    look: StateLook | None = None
    if not state.limit.is_comparable:
        look = StateLook("other_currency", _("The guideline names another currency"), "alert", "bad")
    elif given > limit:
        over = said_amount(given - limit, currency, chosen_language())
        look = StateLook("over", _("%(amount)s over", amount=over), "alert", "bad")
    elif given == limit:
        look = StateLook("used_up", _("Used up"), "ban", "bad")
    elif given * 100 >= limit * NEARLY_PERCENT:
        look = StateLook("nearly", _("Nearly used up"), "alert", "warn")
    return MeterLook(
        label=label,
        words=left_words(state.left_minor, limit, currency),
        value=drawn,
        limit=DRAWN,
        state=look,
        note=note,
        is_binding=is_binding,
    )


def line_look(
    row: LineRow, *, names: Mapping[UUID, str], here: UUID | None = None, may_open_case: bool = True
) -> LineLook:
    """A line for reading; `here` is the case beside which it stands."""
    language, zone = chosen_language(), chosen_zone()
    amount = said_amount(row.amount_minor, row.currency, language)
    is_elsewhere = here is not None and row.conversation_id != here
    case_url = url_for("conversation.page", conversation_id=row.conversation_id) if may_open_case else ""
    taken_back = ""
    if row.taken_back_by is not None:
        taken_back = _("Taken back by %(name)s, line %(n)s", name=row.taken_back_by_name, n=row.taken_back_by)
    return LineLook(
        id=str(row.id),
        number=row.number,
        amount=amount if row.deed == "given" else f"\N{MINUS SIGN}{amount}",
        words=row.words,
        who=row.made_by_name,
        at=clocks.moment(row.created_at, zone, language),
        scenario=row.scenario,
        customer=names.get(row.contact_id or row.id, _("Somebody")) if here is None else "",
        case_url=case_url if here is None or is_elsewhere else "",
        over=row.over_reason or "",
        takes_back=_("Takes back line %(n)s", n=row.takes_back) if row.takes_back is not None else "",
        taken_back=taken_back,
        is_elsewhere=is_elsewhere,
    )


def contacts_of(rows: Iterable[LineRow]) -> set[UUID]:
    """The customers these lines name."""
    return {row.contact_id for row in rows if row.contact_id is not None}
