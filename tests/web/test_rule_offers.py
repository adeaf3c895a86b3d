"""What rules of the desk offer whoever answers: written, tried, told beside the case, and by programs."""

from __future__ import annotations

from html import unescape

from flask import Flask
from sqlalchemy import select

from agency.inbox import intake
from agency.inbox.models import Conversation
from agency.inbox.triage import rules
from channels import accounts
from styleguides import guidelines, saved_replies
from tenants import clock
from tenants.database import db
from tests.factories import Agency, Factory
from tests.inbox.items import comment, page
from tests.web.visiting import Visitor

TEXTS = [{"language": "en", "text": "We are sorry about the app."}]


def test_a_rule_offers_a_guideline_and_a_saved_reply(ana: Agency, make: Factory, whole_app: Flask) -> None:
    lead, brand_id = Visitor(whole_app, ana.team_lead), ana.brand_ids[0]
    account = make.account(ana)
    with ana.entered(ana.team_lead):
        guideline = guidelines.create_guideline(ana.team_lead, brand_id, {"title": "Outage", "steps": ["Say so"]}).id
        sister = guidelines.create_guideline(ana.team_lead, ana.brand_ids[1], {"title": "Theirs"}).id
        saved = saved_replies.create_saved_reply(ana.team_lead, brand_id, {"title": "App", "texts": TEXTS}).id
    form = {"name": "App", "words_any": "app", "is_on": "1", "acknowledge": "1"}
    named = {**form, "guideline_id": str(guideline), "saved_reply_id": str(saved)}
    here = f"/rules?brand={brand_id}"
    assert "names a guideline that is not there" in lead.post(here, {**named, "guideline_id": str(sister)}).text
    refused = lead.post("/rules", named)
    assert refused.status_code == 422
    assert "of one brand are named by that brand&#39;s rules alone" in refused.text
    refused = lead.post("/rules", {**form, "saved_reply_id": str(saved)})
    assert "names a saved reply that not all these brands have" in unescape(refused.text)
    tried = unescape(lead.post(here, {**named, "do": "try"}).text)
    assert "nobody acknowledged: the client has not signed that a rule may ask for it" in tried
    assert "offer the guideline “Outage”" in tried
    assert lead.post(here, named).status_code == 303
    assert "offer the saved reply “App”" in lead.get(here).text
    with ana.entered(ana.team_lead):
        (rule,) = rules.list_rules(ana.team_lead, brand_id)
    assert f'value="{saved}" selected' in lead.get(f"/rules/{rule.id}").text

    with ana.entered():
        intake.store_page(
            accounts.get(account), page(comment(1, text="The app!"), comment(2, text="Nice.")), now=clock.now()
        )
        found = dict(db.session.execute(select(Conversation.external_id, Conversation.id)).all())
    case, other = found["post_1"], found["post_2"]
    beside = unescape(lead.get(f"/conversations/{case}/beside").text)
    assert beside.count("by the rule “App”") == 2
    assert beside.index("What to do here") < beside.index("Outage") < beside.index("We are sorry about the app.")
    assert "by the rule" not in lead.get(f"/conversations/{other}/beside").text
    shown = unescape(lead.get(f"/inbox/{case}").text)
    assert "asked to acknowledge it · offered a guideline · offered a saved reply" in shown

    with ana.entered(ana.team_lead):
        guidelines.delete_guideline(ana.team_lead, brand_id, guideline)
        saved_replies.archive_saved_reply(ana.team_lead, saved)
    assert "by the rule" not in lead.get(f"/conversations/{case}/beside").text, "what is put away is offered no more"
    assert "not in use" in lead.get(here).text
