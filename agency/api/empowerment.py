"""`/brands/{id}/limits`, `/brands/{id}/ledger`, `/conversations/{id}/goodwill`: what may be given, and what was."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final
from uuid import UUID

from agency.api import empowerment_examples as examples
from agency.api.bearer import caller, id_or_nobody, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.listing import bad_cursor, page_of
from agency.api.schemas.empowerment import (
    CaseGoodwill,
    LedgerLine,
    LedgerPage,
    LedgerQuery,
    LimitChanges,
    Limits,
    NewGiving,
    TakeBack,
)
from agency.replies.giving import names_in, place_of, reply_on_the_way
from styleguides import empowerment_ledger as ledger
from styleguides import empowerment_limits, empowerment_reading
from styleguides.currencies import CURRENCIES
from styleguides.empowerment_limits import Rules
from styleguides.empowerment_reading import LineRow
from styleguides.empowerment_room import what_is_left
from tenants.errors import Invalid, NotFound

blueprint = ApiBlueprint("empowerment", __name__, description="What staff may give customers, and the ledger of it.")

_MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)
_NUMBER: Final = re.compile(r"[1-9]\d{0,8}", re.ASCII)


@blueprint.get("/brands/<brand_id>/limits")
@blueprint.response(200, Limits, example=examples.LIMITS)
def get_limits(brand_id: str) -> Any:
    """The brand's currency and limits, those that guidelines say among them."""
    return _limits(empowerment_limits.get_rules(caller(), known_id(brand_id)))


@blueprint.patch("/brands/<brand_id>/limits")
@blueprint.arguments(LimitChanges, example=examples.LIMIT_CHANGES)
@blueprint.response(200, Limits, example={**examples.LIMITS, "version": 2})
def change_limits(body: dict[str, Any], brand_id: str) -> Any:
    """Put these limits in the place of those that hold; what a case of a guideline may cost is changed there.

    409 `limits_changed` when `version` is not the present one, `currency_in_use` where the ledger has lines in another.
    """
    limits = [
        {**one, "guideline_id": id_or_nobody(one["guideline_id"]) if one["guideline_id"] is not None else None}
        for one in body["limits"]
    ]
    actor, brand = caller(), known_id(brand_id)
    return _limits(empowerment_limits.change_limits(actor, brand, body["currency"], limits, body["version"]))


@blueprint.get("/brands/<brand_id>/ledger")
@blueprint.arguments(LedgerQuery, location="query")
@blueprint.response(200, LedgerPage, example={"items": [examples.LEDGER_LINE], "next_cursor": None})
def list_ledger(query: dict[str, Any], brand_id: str) -> Any:
    """Lines of a month, or of all time, the newest first."""
    after, month = None, None
    if query["cursor"] is not None:
        if not _NUMBER.fullmatch(query["cursor"]):
            raise bad_cursor()
        after = int(query["cursor"])
    if query["month"] is not None:
        match = _MONTH.fullmatch(query["month"])
        if match is None:
            raise Invalid(
                "This is no month. Nothing was changed. Name one such as 2026-11.",
                errors={"month": ["must be a month such as 2026-11"]},
            )
        month = date(int(match[1]), int(match[2]), 1)
    rows = empowerment_reading.list_lines(
        caller(), known_id(brand_id), month=month, after=after, limit=query["limit"] + 1
    )
    return page_of(rows, query["limit"], lambda row: str(row.number))


@blueprint.get("/conversations/<conversation_id>/goodwill")
@blueprint.response(200, CaseGoodwill, example=examples.CASE_GOODWILL)
def get_goodwill(conversation_id: str) -> Any:
    """What the caller may give in this case now: without a guideline first, then by guideline."""
    place = place_of(caller(), known_id(conversation_id))
    left = what_is_left(caller(), place)
    return {
        "conversation_id": place.conversation_id,
        "currency": left.rules.currency or None,
        "minor_digits": CURRENCIES.get(left.rules.currency),
        "rooms": [
            {
                "guideline_id": room.scenario_id,
                "title": room.title,
                "room_minor": room.room_minor,
                "limits": [
                    {
                        "guideline_id": one.limit.scenario_id,
                        "kind": one.limit.kind,
                        "limit_minor": one.limit.amount_minor,
                        "given_minor": one.given_minor,
                        "left_minor": one.left_minor,
                    }
                    for one in room.states
                ],
            }
            for room in left.rooms
            if left.rules.is_set_up
        ],
        "lines": empowerment_reading.lines_of_case(caller(), place),
    }


@blueprint.post("/conversations/<conversation_id>/goodwill")
@blueprint.arguments(NewGiving, example=examples.NEW_GIVING)
@blueprint.response(201, LedgerLine, example=examples.LEDGER_LINE)
def give(body: dict[str, Any], conversation_id: str) -> Any:
    """Give. It goes with the case's reply that is not out yet, if there is one.

    409 `over_limit` with `left_minor` where the limits leave less; who may exceed them sends `over_reason`. 409
    `no_limits` where nobody set the brand up, `brand_paused` where nothing is sent in its name.
    """
    place = place_of(caller(), known_id(conversation_id))
    made = ledger.give(
        caller(),
        place,
        body["amount_minor"],
        body["words"],
        currency=body["currency"],
        scenario_id=id_or_nobody(body["guideline_id"]) if body["guideline_id"] is not None else None,
        reply_id=reply_on_the_way(place.conversation_id),
        over_reason=body["over_reason"],
        names=names_in(place.conversation_id),
    )
    return _line(made.id)


@blueprint.post("/ledger-lines/<line_id>/take-back")
@blueprint.arguments(TakeBack, example={"reason": "Wrong customer"})
@blueprint.response(
    201,
    LedgerLine,
    example={**examples.LEDGER_LINE, "number": 13, "deed": "taken_back", "limits": [], "takes_back": 12},
)
def take_back(body: dict[str, Any], line_id: str) -> Any:
    """Write the line that takes another back. 409 `taken_back_already` with the `line_id` that did."""
    names = names_in(_line(known_id(line_id)).conversation_id)
    return _line(ledger.take_back(caller(), known_id(line_id), body["reason"], names=names).id)


def _line(line_id: UUID) -> LineRow:
    found = empowerment_reading.line_of(caller(), line_id)
    if found is None:
        raise NotFound()
    return found


def _limits(rules: Rules) -> dict[str, Any]:
    return {
        "brand_id": rules.brand_id,
        "currency": rules.currency or None,
        "minor_digits": CURRENCIES.get(rules.currency),
        "version": rules.version,
        "limits": [
            {
                "guideline_id": one.scenario_id,
                "kind": one.kind,
                "amount_minor": one.amount_minor,
                "from_guideline": one.kind == "case" and one.scenario_id is not None,
                "is_comparable": one.is_comparable,
            }
            for one in rules.limits
        ],
        "changed_at": rules.changed_at,
        "changed_by": rules.changed_by_name,
    }
