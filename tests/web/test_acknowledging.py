"""Words that say a customer was heard: the brand's texts, and one press at a case."""

from __future__ import annotations

import re
from html import unescape

from flask import Flask
from sqlalchemy import select

from agency.inbox.models import Conversation
from agency.replies.acknowledgement_versions import texts_in_use
from tenants import clock
from tenants.database import db
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment
from tests.inbox.test_reranking import keep
from tests.web.visiting import Visitor


def line(number: int, **values: str) -> dict[str, str]:
    empty = {"platform": "", "kind": "", "language": "en", "text": "We read it and answer {by}."}
    return {f"{name}.{number}": value for name, value in {**empty, **values}.items()}


def test_a_lead_writes_what_says_that_we_heard(ana: Agency, whole_app: Flask) -> None:
    lead, url = Visitor(whole_app, ana.team_lead), f"/brands/{ana.brand_ids[0]}/acknowledgement"
    assert "no words of its own yet" in lead.get(url).text
    assert lead.post(url, {"ours": "1", "based_on": "0", "other_ways": "tel. 22 555"}).status_code == 303
    page = lead.get(url).text
    assert "Przeczytaliśmy ją i odpowiemy" in page
    assert "Inny kontakt z nami: tel. 22 555." in page
    refused = lead.post(url, {**line(0, text="{imię}"), **line(1), **line(2), "based_on": "1"})
    assert refused.status_code == 422
    assert "which nothing fills" in refused.text
    assert "is said twice" in refused.text
    assert "{imię}</textarea>" in refused.text, "nothing typed is lost"
    good = {**line(3, platform="facebook"), "based_on": "1", "other_ways": ""}
    assert lead.post(url, good).status_code == 303
    assert lead.post(url, good).status_code == 409, "somebody else's words are not written over unseen"
    with ana.entered():
        kept = texts_in_use(ana.brand_ids[0])
    assert (kept.number, [tuple(one) for one in kept.texts], kept.other_ways) == (
        2,
        [("facebook", "", "en", "We read it and answer {by}.")],
        "",
    )
    staff = Visitor(whole_app, ana.staff)
    assert "Save these words" not in staff.get(url).text
    assert staff.post(url, good).status_code == 403


def test_one_press_begins_a_holding_reply_whose_time_becomes_a_promise(
    ana: Agency, make: Factory, whole_app: Flask
) -> None:
    make.policy(ana, ana.brand_ids[0], needs="none")
    keep(ana, make.account(ana), comment(1, "Where is my order? I have been waiting for a week."), now=at(2))
    with ana.entered():
        case = db.session.scalars(select(Conversation.id)).one()
    staff = Visitor(whole_app, ana.staff)
    with clock.stopped_at(at(3)):
        page = staff.get(f"/inbox/{case}").text
        found = re.search(r'href="([^"]+acknowledge=1[^"]*)"', page)
        assert found is not None
        assert "thank you for writing" not in page
        begun = staff.get(unescape(found[1])).text
        assert "thank you for writing to us. We have read this and will answer you today by 21:00." in begun
        assert re.search(r'name="only_heard" value="1" checked', begun)
        words = unescape(re.search(r'<textarea id="reply-text".*?>\n(.*?)</textarea>', begun, re.S)[1])  # type: ignore[index]
        hidden = re.findall(r'name="(binding|idempotency_key)" value="([^"]*)"', begun)
        form = {name: unescape(value) for name, value in hidden}
        sent = {**form, "text": words, "only_heard": "1"}
        assert staff.post(f"/conversations/{case}/reply", {**sent, "do": "save"}).status_code == 303
        again = staff.get(f"/inbox/{case}").text
        assert re.search(r'name="only_heard" value="1" checked', again), "a draft kept for later stays a holding reply"
        assert "acknowledge=1" not in again, "a draft is not written over"


def test_a_client_signs_the_very_words_that_go_out_by_themselves(ana: Agency, whole_app: Flask) -> None:
    lead, brand = Visitor(whole_app, ana.team_lead), f"/brands/{ana.brand_ids[0]}"
    assert "no words of its own for it yet" in lead.get(f"{brand}/approval/change").text
    words = "We read it and answer {by}. You also reach us here: {other_ways}."
    assert lead.post(f"{brand}/acknowledgement", {**line(0, text=words), "based_on": "0"}).status_code == 303
    page = lead.get(f"{brand}/approval/change").text
    assert "We read it and answer {by}." in page
    form = {
        "needs": "all",
        "revision": "0",
        "heard_texts": "1",
        "heard_when.0": "closed",
        "heard_platform.0": "facebook",
    }
    assert lead.post(f"{brand}/approval/change", {**form, "heard_after_minutes.0": "soon"}).status_code == 422
    other = {**form, "heard_after_minutes.0": "5", "heard_texts": "7"}
    assert lead.post(f"{brand}/approval/change", other).status_code == 422, "no version of the brand's words"
    assert lead.post(f"{brand}/approval/change", {**form, "heard_after_minutes.0": "5"}).status_code == 303
    assert lead.post(f"{brand}/approval/1/propose", {}).status_code == 303
    lead.post(f"{brand}/acknowledgement", {**line(0, text="Something else, {by}."), "based_on": "1"})
    shown = Visitor(whole_app, ana.client_owner).get(f"{brand}/approval").text
    assert "reach us" not in shown, "no other way was written, so nothing is signed that leads to one"
    assert "Facebook, comments and direct messages: after 5 minutes, only while the brand is closed." in shown
    assert "We read it and answer {by}." in shown
    assert "Something else" not in shown, "what is signed stays what it was"
