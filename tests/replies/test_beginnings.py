"""Drafts that begin from a saved reply: what fills it, what is kept, what stops while something is missing."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from agency.inbox.case import read_case
from agency.replies import beginnings, desk
from agency.replies.models import Reply
from agency.replies.words import hash_of
from channels.scripted_transport import ScriptedTransport
from styleguides import guides, saved_replies
from styleguides.variables import order_in
from tenants.database import db, new_id
from tenants.errors import Invalid
from tests.factories import Agency, Factory
from tests.replies.conftest import Case

TEXTS = [
    {"language": "en", "text": "Dear {customer_name}, we look for {order} at once and call you today."},
    {"language": "en", "text": "Hello! Something else altogether, by {my_name} of {brand}."},
]


def saved_for(agency: Agency, brand_id: UUID | None, texts: list[dict[str, str]] = TEXTS) -> UUID:
    with agency.entered(agency.team_lead):
        return saved_replies.create_saved_reply(agency.team_lead, brand_id, {"title": "Late", "texts": texts}).id


def begun(case: Case, saved: UUID, words: str) -> UUID:
    with case.agency.entered(case.agency.staff):
        return desk.start_draft(case.agency.staff, case.conversation_id, words, saved_reply_id=saved).id


def kept(case: Case, reply_id: UUID) -> tuple[UUID | None, str | None]:
    with case.agency.entered():
        row = db.session.get_one(Reply, (case.agency.id, reply_id, case.agency.brand_ids[0]))
        return row.saved_reply_id, row.began_with


@pytest.mark.parametrize(
    ("text", "patterns", "found"),
    [
        ("My order PW-123456 is late", ("PW-######",), "PW-123456"),
        ("First PW-111111, now PW-222222!", ("PW-######",), "PW-222222"),
        ("order number: 88123 please", (), "88123"),
        ("Gdzie jest zamówienie nr 445566?", (), "445566"),
        ("o meu pedido nº 77-1234 não chegou", (), "77-1234"),
        ("I ordered 3 of them in 2026", (), None),
        ("Where is it?", (), None),
    ],
)
def test_the_order_is_what_they_wrote(text: str, patterns: tuple[str, ...], found: str | None) -> None:
    assert order_in(text, patterns) == found


@pytest.mark.parametrize(
    ("platform", "author", "location", "name"),
    [("google_business", "Ines Prado", "Test google_business", "Ines"), ("facebook", "ines_92", None, None)],
)
def test_values_come_from_the_case(
    make: Factory, ana: Agency, platform: str, author: str, location: str | None, name: str | None
) -> None:
    rule = {"kind": "personal_data", "id": "own", "order_patterns": ["PW-######"]}
    with ana.entered(ana.team_lead):
        version = guides.draft_version(ana.team_lead, ana.brand_ids[0], [rule])
        guides.put_in_force(ana.team_lead, ana.brand_ids[0], version.number)
    case_id = make.conversation(ana, text="PW-123456?", platform=platform, author=author)
    with ana.entered(ana.staff):
        case = read_case(ana.staff, case_id)
        values = beginnings.values_for(case)
        assert values["order"] == "PW-123456"
        assert values["customer_name"] == name
        assert values["brand"] == case.brand_name
        assert values["location"] == (case.account_name if location else None)
        assert values["my_name"] == "Staff"


def test_a_draft_keeps_what_it_began_from_and_other_words_change_nothing(
    make: Factory, ana: Agency, superuser: Engine
) -> None:
    case = Case(ana, make.conversation(ana, author="Anna Nowak"), superuser)
    saved = saved_for(case.agency, case.agency.brand_ids[0])
    reply_id = begun(case, saved, "Dear Anna, we look for your parcel at once and call you today.")
    filled = "Dear Anna, we look for {order} at once and call you today."
    assert kept(case, reply_id) == (saved, filled), "of two texts the one that the words are like"
    case.do("edit", reply_id, "Quite other words by now.")
    assert kept(case, reply_id) == (saved, filled)
    assert case.row(reply_id).saved_reply_id == saved


def test_another_one_put_in_later_takes_its_place(case: Case) -> None:
    first, second = saved_for(case.agency, case.agency.brand_ids[0]), saved_for(case.agency, None)
    reply_id = begun(case, first, "Hello! Something else altogether, by Staff.")
    with case.agency.entered(case.agency.staff):
        desk.edit(case.agency.staff, reply_id, "Hello! Something else altogether.", saved_reply_id=second)
    assert kept(case, reply_id)[0] == second


def test_none_of_another_brand_or_agency_begins_a_draft(case: Case, stranger: Agency) -> None:
    for foreign in (
        saved_for(case.agency, case.agency.brand_ids[1]),
        saved_for(stranger, None),
        new_id(),
    ):
        with pytest.raises(Invalid) as refused:
            begun(case, foreign, "Hello there.")
        assert refused.value.code == "unknown_saved_reply"


def test_an_unfilled_place_stops_submitting_approving_and_sending(
    case: Case, platform: Callable[..., ScriptedTransport], superuser: Engine
) -> None:
    reply_id = begun(case, saved_for(case.agency, None), "We look for {order} at once.")
    with pytest.raises(Invalid) as refused:
        case.do("submit", reply_id)
    assert (refused.value.code, refused.value.fields["findings"][0]["rule"]) == ("style_stop", "platform-variable")
    case.do("edit", reply_id, "We look for it at once.")
    case.do("submit", reply_id)
    with pytest.raises(Invalid):
        case.decide("change_and_approve", reply_id, "We look for {order} at once.")
    case.do("approve", reply_id, case.row(reply_id).text_hash, actor="client_owner")
    # As if the words had been approved before the check knew of such places.
    with superuser.begin() as connection:
        words = "We look for {order} at once."
        for table in ("reply_text", "approval"):
            connection.execute(text(f"update {table} set text_hash = :hash"), {"hash": hash_of(words)})
        connection.execute(text("update reply_text set text = :words"), {"words": words})
    sent = platform(lambda request: pytest.fail("nothing may be sent"))
    assert case.publish(reply_id, sent) == "skipped"
    row = case.row(reply_id)
    assert row.state == "draft"
    assert "{order}" in (row.state_reason or "")
