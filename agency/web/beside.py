"""What helps beside the composer: cards in a fixed order, fetched when the context column is first seen.

A card is a function of the case in a file of its own, `beside_<name>.py`, with `templates/beside/_<name>.html`; a line
in CARDS is all they share. None means that it has nothing to say here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from flask import Blueprint, make_response, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.case import Case, read_case
from agency.web.beside_earlier import earlier_card
from agency.web.beside_empowerment import limits_card
from agency.web.beside_person import person_card
from agency.web.beside_saved_replies import saved_replies_card
from agency.web.beside_scenarios import scenarios_card
from agency.web.beside_sheet import sheet_card
from agency.web.contexts_beside import BesidePage, CardLook
from agency.web.inbox_address import read_address
from agency.web.looks import brand_look
from agency.web.shell import render_page
from agency.web.who import actor_of_request

beside = Blueprint("beside", __name__)

Card = Callable[[Case], CardLook | None]

CARDS: Final[tuple[Card, ...]] = (
    person_card,
    scenarios_card,
    limits_card,
    saved_replies_card,
    earlier_card,
    sheet_card,
)
"""In the order they stand: who writes, guidelines, limits left, saved replies, earlier answers and facts, sheet."""


@beside.get("/conversations/<uuid:conversation_id>/beside", endpoint="beside")
def show_beside(conversation_id: UUID) -> AnyResponse:
    """The cards of a case: inside the context column, or a page of its own without script."""
    case = read_case(actor_of_request(), conversation_id)
    wanted = (person_card,) if request.args.get("card") == "person" else CARDS  # what a colleague changes meanwhile
    found = BesidePage(
        brand=brand_look(str(case.brand_id), case.brand_name, case.brand_mark, case.brand_colour),
        customer=case.customer_name or _("Somebody"),
        case_url=read_address().case_url(case.id),
        cards=tuple(look for look in (card(case) for card in wanted) if look is not None),
    )
    if request.headers.get("HX-Request") == "true":
        return make_response(render_template("beside/_cards.html", beside=found))
    return make_response(render_page("beside/page.html", found))
