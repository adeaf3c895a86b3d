"""What a brand answered before, by the API: as it stands, masked, for who writes replies."""

from __future__ import annotations

from flask import Flask

from agency.replies import desk
from styleguides import facts
from tests.api.calling import Caller, token_for
from tests.factories import Agency, Factory
from tests.replies.test_same_answer import answered


def test_near_answers_of_a_conversation(whole_app: Flask, make: Factory, ana: Agency, stranger: Agency) -> None:
    case = make.conversation(ana, text="How much does parking cost?", author="Peter Hall")
    reply_id = answered(make, ana, "Parking cost?", "Dear Anna, 12 EUR.", author="Anna Nowak")
    with ana.entered(ana.team_lead):
        facts.create_fact(ana.team_lead, ana.brand_ids[0], {
            "name": "Parking", "kind": "amount", "value": "15 EUR",
            "subjects": [{"language": "en", "words": "parking"}],
        })  # fmt: skip
    with ana.entered(ana.staff):
        desk.start_draft(ana.staff, case, "15 EUR.")
    staff = Caller(whole_app, token_for(whole_app, ana.staff))
    path = f"/conversations/{case}/earlier-answers"
    found = staff.get(path).json
    assert found is not None
    (item,) = found["items"]
    assert (item["reply_id"], item["text"], item["words"]) == (str(reply_id), "Dear •••, 12 EUR.", ["parking", "cost"])
    assert (item["standing"], item["same_person"], item["by"]) == ("stands", False, ana.team_lead.name)
    sides = [{"reply_id": None, "said": ["15 EUR"]}, {"reply_id": str(reply_id), "said": ["12 EUR"]}]
    assert found["differing"] == [{"kind": "amount", "sides": sides}]
    assert [fact["value"] for fact in found["facts"]] == ["15 EUR"]
    assert Caller(whole_app, token_for(whole_app, ana.light)).get(path).status_code == 403
    assert Caller(whole_app, token_for(whole_app, stranger.staff)).get(path).status_code == 404
