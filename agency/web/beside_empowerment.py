"""The card of what may be given here: how much and why, a form to give it, what was given already."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from agency.inbox.case import Case
from agency.web.contexts_beside import CardLook
from agency.web.contexts_empowerment import LimitsLook, LineLook, MeterLook
from agency.web.empowerment_words import here_words, line_look, meter_of
from agency.web.inbox_address import read_address
from agency.web.language import chosen_language
from agency.web.looks import Choice, Notice
from styleguides.currencies import said_amount, told_amount
from styleguides.empowerment import Limit, LimitState
from styleguides.empowerment_limits import get_rules, rules_of
from styleguides.empowerment_reading import LineRow, lines_of_case
from styleguides.empowerment_room import Left, Place, Room, left_by
from styleguides.language import base_language
from styleguides.picking import MOST_SHOWN, scenarios_of
from tenants.permissions import Permission


@dataclass(frozen=True)
class Typed:
    """What somebody typed into the form, and what became of it."""

    scenario_id: UUID | None = None
    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    notice: Notice | None = None
    said: str = ""
    given: LineRow | None = None
    request_key: str = ""


def limits_card(case: Case) -> CardLook | None:
    """None where nobody set the brand up, or for who may not see it."""
    if not case.actor.may(Permission.EMPOWERMENT_READ):
        return None
    look = limits_look(case)
    return CardLook(name="limits", heading=_("What may be given"), look=look) if look is not None else None


def limits_look(case: Case, typed: Typed | None = None) -> LimitsLook | None:
    """The card, with the scenario that fits best chosen unless somebody chose another. Four
    statements, one more where a scenario that fits has no limit of its own."""
    place = Place(case.brand_id, case.id, case.contact_id, case.linked_ids)
    rules = get_rules(case.actor, case.brand_id)
    if not rules.is_set_up:
        return None
    fitting = [one.id for one in scenarios_of(case.brand_id).pick(case.facts, MOST_SHOWN)]
    if any(one not in rules.scenarios for one in fitting):  # those without a limit of their own
        rules = rules_of(case.brand_id, fitting)
    left = left_by(case.actor, place, rules)
    chosen = typed.scenario_id if typed is not None else next(iter(fitting), None)
    room = left.room(chosen) or left.rooms[0]
    may_give = case.actor.may(Permission.EMPOWERMENT_GIVE)
    address = read_address()
    language = chosen_language()
    currency = left.rules.currency
    first, rest = _meters(left, room)
    typed = typed or Typed()
    look = LimitsLook(
        room=_("Up to %(amount)s", amount=said_amount(room.room_minor, currency, language)) if room.room_minor else "",
        why=_("The brand is paused, so nothing is given in its name.")
        if rules.is_closed
        else _why(left, room, may_exceed=case.actor.may(Permission.EMPOWERMENT_EXCEED)),
        meters=first,
        more=rest,
        lines=tuple(_line(case, row) for row in lines_of_case(case.actor, place)),
        url=address.deed_url(case.id, "goodwill") if may_give and not rules.is_closed else "",
        card_url=address.deed_url(case.id, "goodwill"),
        currency=currency,
        request_key=typed.request_key or secrets.token_urlsafe(12),
        scenarios=_scenarios(left, room, fitting),
        may_exceed=case.actor.may(Permission.EMPOWERMENT_EXCEED),
        asks_reason="over_reason" in typed.errors or bool(typed.values.get("over_reason")),
        values=typed.values,
        errors=typed.errors,
        notice=typed.notice,
        said=typed.said,
        page_url=url_for("empowerment_page.empowerment", brand_id=case.brand_id),
    )
    if typed.given is not None:
        look = replace(look, insert=_told(case, typed.given))
    return look


def _meters(left: Left, room: Room) -> tuple[tuple[MeterLook, ...], tuple[MeterLook, ...]]:
    """The limit that binds and the widest one, the brand's month; then the others."""
    tightest = room.binding
    widest = next((one for one in room.states if one.limit[:2] == ("brand_month", None)), None)
    shown = [one for one in dict.fromkeys((tightest, widest)) if one is not None]
    words = here_words()

    def drawn(one: LimitState) -> MeterLook:
        label = _label(one.limit, words)
        return meter_of(one, left.rules.currency, label, is_binding=one is tightest)

    return tuple(map(drawn, shown)), tuple(drawn(one) for one in room.states if one not in shown)


def _label(limit: Limit, words: dict[str, str]) -> str:
    """What a limit counts; which guideline is meant stands in the form."""
    named = words[limit.kind]
    return _("%(limit)s, by this guideline", limit=named) if limit.scenario_id is not None else named


def _why(left: Left, room: Room, *, may_exceed: bool) -> str:
    """One sentence: which limit says how much, and who may help where it says nothing."""
    tightest = room.binding
    if tightest is None:
        return _("No limit is written for a case like this, so nothing may be given without a lead.")
    label = _label(tightest.limit, here_words())
    if not tightest.limit.is_comparable:
        return _(
            "The guideline names another currency than the ledger's %(currency)s. Correct the guideline first.",
            currency=left.rules.currency,
        )
    if room.room_minor:
        return _("because of the limit “%(limit)s”", limit=label)
    if may_exceed:
        return _("The limit “%(limit)s” is used up. You may give more, with a reason.", limit=label)
    return _("The limit “%(limit)s” is used up. A team lead may give more.", limit=label)


def _scenarios(left: Left, chosen: Room, fitting: list[UUID]) -> tuple[Choice, ...]:
    """Those that fit the case first, each with what it leaves; then the others, and none."""
    language, currency = chosen_language(), left.rules.currency
    order = {one: place for place, one in enumerate(fitting)}
    rooms = sorted(
        (one for one in left.rooms if one.scenario_id is not None),
        key=lambda one: (order.get(one.scenario_id, len(order)), one.title),  # type: ignore[arg-type]
    )

    def choice(one: Room, title: str) -> Choice:
        label = _("up to %(amount)s: %(title)s", title=title, amount=said_amount(one.room_minor, currency, language))
        value = str(one.scenario_id) if one.scenario_id is not None else ""
        return Choice(label, "", value=value, selected=one is chosen)

    return (*(choice(one, one.title) for one in rooms), choice(left.rooms[0], _("None of the guidelines")))


def _line(case: Case, row: LineRow) -> LineLook:
    look = line_look(row, names={}, here=case.id, may_open_case=case.actor.may(Permission.CONVERSATION_READ))
    is_open = row.deed == "given" and row.taken_back_by is None
    may_take_back = case.actor.may(Permission.EMPOWERMENT_GIVE) and (
        row.person_id == case.actor.user_id or case.actor.may(Permission.EMPOWERMENT_TAKE_BACK)
    )
    if not is_open or row.conversation_id != case.id:
        return look
    url = read_address().deed_url(case.id, f"goodwill/{row.id}/take-back") if may_take_back else ""
    return replace(look, take_back_url=url, insert=_told(case, row))


def _told(case: Case, row: LineRow) -> str:
    """The sum as the reply says it: in the customer's language, and the brand's variant of it."""
    language = case.language or case.brand_language
    if base_language(language) == base_language(case.brand_language):
        language = case.brand_language
    return told_amount(row.amount_minor, row.currency, language)
