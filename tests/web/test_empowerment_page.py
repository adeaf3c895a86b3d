"""Giving beside a case, the brand's ledger and its limits, as a browser sees them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from uuid import UUID

import pytest
from flask import Flask

from agency.replies import desk, giving, moves
from styleguides import guidelines
from styleguides.empowerment_ledger import give
from tenants import brands
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory
from tests.replies.test_same_answer import answered
from tests.styleguides.test_empowerment import limits, place_of, set_up
from tests.web.replying import waiting_reply
from tests.web.visiting import Visitor

HX = {"HX_Request": "true"}
LIMITS = {"case": 4000, "brand_month": 50_000}
SPACE = "\N{NO-BREAK SPACE}"


@pytest.fixture
def visit(whole_app: Flask) -> Callable[[Actor], Visitor]:
    return lambda actor: Visitor(whole_app, actor)


Visit = Callable[[Actor], Visitor]


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana, text="The food was cold.")


@pytest.fixture
def guideline(ana: Agency) -> UUID:
    offer = {"title": "Cold food", "words": ["cold"], "offer_limit_cents": 3000, "currency": "EUR"}
    with ana.entered(ana.team_lead):
        return guidelines.create_guideline(ana.team_lead, ana.brand_ids[0], offer).id


def form_of(page: str, **typed: str) -> dict[str, str]:
    """The form of the card as the page filled it, with what is typed."""
    hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', page) for name in ("currency", "request_key")}
    found = {name: unescape(match.group(1)) for name, match in hidden.items() if match}
    chosen = re.search(r'<option value="([^"]*)" selected>', page)
    return {**found, "scenario": chosen.group(1) if chosen else "", "words": "For the wait", **typed}


def words_of(page: str) -> str:
    """The page as it is read."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).replace(SPACE, " ").split())


def test_the_card_says_how_much_and_why_and_gives_without_script(
    ana: Agency, case: UUID, guideline: UUID, visit: Visit
) -> None:
    set_up(ana, LIMITS)
    staff = visit(ana.staff)
    page = staff.get(f"/conversations/{case}/beside").text
    assert "Up to 30 EUR because of the limit “This case, by this guideline”" in words_of(page)
    assert "500 of 500 EUR left" in words_of(page)
    assert f'<option value="{guideline}" selected>up to 30{SPACE}EUR: Cold food</option>' in page
    given = staff.post(f"/conversations/{case}/goodwill", form_of(page, amount="12,50"))
    assert (given.status_code, given.location) == (303, f"/inbox/{case}")
    assert "12.50 EUR given." in words_of(staff.get(given.location).text)
    page = staff.get(f"/conversations/{case}/goodwill").text
    assert "<h1>" in page
    assert "Up to 17.50 EUR" in words_of(page)
    assert "487.50 of 500 EUR left" in words_of(page)
    assert 'data-insert="€12.50"' in page
    back = re.search(r'action="([^"]+/take-back)"', page)
    assert back is not None
    assert staff.post(unescape(back.group(1)), {"reason": ""}).status_code == 422
    assert staff.post(unescape(back.group(1)), {"reason": "Wrong customer"}).status_code == 303
    page = staff.get(f"/conversations/{case}/goodwill").text
    assert "Up to 30 EUR" in words_of(page)
    assert f"Taken back by {ana.staff.name}, line 2" in page
    assert "/take-back" not in page


def test_the_card_is_drawn_again_in_its_place_and_a_second_click_gives_once(
    ana: Agency, case: UUID, visit: Visit
) -> None:
    set_up(ana, LIMITS)
    staff, here = visit(ana.staff), f"/conversations/{case}/goodwill"
    form = form_of(staff.get(here, **HX).text, amount="30")
    for _click in range(2):
        card = staff.post(here, form, **HX)
        assert card.status_code == 200
        assert "<html" not in card.text
        assert "30 EUR given." in words_of(card.text)
        assert "Up to 10 EUR" in words_of(card.text)
    assert form_of(card.text)["request_key"] != form["request_key"]
    other = staff.post(here, {**form, "amount": "5"}, **HX)
    assert other.status_code == 409
    assert "Nothing was given a second time" in words_of(other.text)


def test_the_customers_name_is_masked_in_what_is_kept_for_good(ana: Agency, case: UUID, visit: Visit) -> None:
    set_up(ana, LIMITS)
    staff, here = visit(ana.staff), f"/conversations/{case}/goodwill"
    page = staff.post(here, form_of(staff.get(here, **HX).text, amount="5", words="For Test Customer"), **HX).text
    assert "For •••" in page
    back = re.search(r'action="([^"]+/take-back)"', page)
    assert back is not None
    assert "Customer paid" not in staff.post(unescape(back.group(1)), {"reason": "Customer paid"}, **HX).text


def test_a_paused_brand_gives_nothing_and_the_card_says_so(ana: Agency, case: UUID, visit: Visit) -> None:
    set_up(ana, LIMITS)
    staff, here = visit(ana.staff), f"/conversations/{case}/goodwill"
    form = form_of(staff.get(here, **HX).text, amount="5")
    with ana.entered(ana.agency_admin):
        brands.pause_brand(ana.agency_admin, ana.brand_ids[0], paused=True)
    refused = staff.post(here, form, **HX)
    assert refused.status_code == 409
    assert "This brand is paused" in words_of(refused.text)
    card = staff.get(here, **HX).text
    assert "The brand is paused, so nothing is given in its name." in words_of(card)
    assert 'name="amount"' not in card


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ({"amount": "forty"}, 422, "The amount must be an amount such as 40.50"),
        ({"amount": "0"}, 422, "The amount must be more than nothing"),
        ({"amount": "5", "words": " "}, 422, "Given for: must not be empty"),
        ({"amount": "41"}, 409, "This is more than the limits leave here now"),
        ({"amount": "5", "currency": "JPY"}, 409, "currency changed since this form was opened. Nothing was given."),
        ({"amount": "5", "scenario": "nonsense"}, 303, ""),
    ],
)
def test_what_cannot_be_given_is_said_and_what_was_typed_stays(
    ana: Agency, case: UUID, visit: Visit, typed: dict[str, str], status: int, said: str
) -> None:
    set_up(ana, LIMITS)
    staff, here = visit(ana.staff), f"/conversations/{case}/goodwill"
    answer = staff.post(here, form_of(staff.get(here).text, **typed))
    assert answer.status_code == status
    assert said in words_of(answer.text)
    if status != 303:
        assert f'value="{typed["amount"]}"' in answer.text


def test_who_may_give_more_is_asked_why(ana: Agency, case: UUID, visit: Visit) -> None:
    set_up(ana, LIMITS)
    lead, here = visit(ana.team_lead), f"/conversations/{case}/goodwill"
    assert 'name="over_reason"' not in visit(ana.staff).get(here).text
    form = form_of(lead.get(here).text, amount="90")
    asked = lead.post(here, form)
    assert asked.status_code == 422
    assert "The reason is needed: it is more than the limits leave" in words_of(asked.text)
    assert re.search(r"<details[^>]* open><summary>More than the limits leave", asked.text)
    assert lead.post(here, {**form, "over_reason": "Stranded at night"}).status_code == 303
    page = words_of(lead.get(here).text)
    assert "More than the limits: Stranded at night" in page
    assert "Nothing left here The limit “This case” is used up. You may give more, with a reason." in page
    assert "50 EUR over" in page


def test_who_may_only_read_sees_no_form_and_a_brand_without_limits_no_card(
    ana: Agency, case: UUID, visit: Visit
) -> None:
    assert "What may be given" not in visit(ana.staff).get(f"/conversations/{case}/beside").text
    assert visit(ana.staff).get(f"/conversations/{case}/goodwill").status_code == 404
    set_up(ana, LIMITS)
    for who in ("light", "client_owner"):
        visitor = visit(ana.actors[who])
        assert "limits-amount" not in visitor.get(f"/conversations/{case}/goodwill").text
        assert visitor.post(f"/conversations/{case}/goodwill", {"amount": "5"}).status_code == 403


def test_a_lead_writes_limits_and_who_was_slower_is_told(ana: Agency, guideline: UUID, visit: Visit) -> None:
    lead, here = visit(ana.team_lead), f"/brands/{ana.brand_ids[0]}/goodwill"
    assert "Nobody has written down yet" in lead.get(here).text
    page = lead.get(f"{here}/limits").text
    assert f'name="{guideline}.brand_month"' in page
    assert f'name="{guideline}.case"' not in page
    form = {
        "currency": "EUR",
        "version": "0",
        "brand.case": "40,50",
        "brand.brand_month": "1,000",
        "brand.person_day": "",
    }
    refused = lead.post(f"{here}/limits", {**form, "brand.person_day": "lots"})
    assert refused.status_code == 422
    assert re.search(r'id="brand.person_day-error">.*?must be an amount', refused.text, re.S)
    assert 'value="40,50"' in refused.text
    assert lead.post(f"{here}/limits", form).status_code == 303
    page = lead.get(f"{here}/limits").text
    assert 'value="40.50"' in page
    assert 'value="1,000"' in page
    assert "One case: 30 EUR, as the guideline says." in words_of(page)
    slower = lead.post(f"{here}/limits", {**form, "brand.case": "5"})
    assert slower.status_code == 409
    assert re.search(r"<dt[^>]*>One case</dt><dd>40.50</dd>", slower.text)
    assert visit(ana.staff).get(f"{here}/limits").status_code == 403
    assert visit(ana.staff).post(f"{here}/limits", form).status_code == 403


def test_the_ledger_shows_the_month_and_its_lines_in_pages(
    ana: Agency, make: Factory, case: UUID, guideline: UUID, visit: Visit, statements: Callable[[], list[str]]
) -> None:
    set_up(
        ana,
        {"case": 10**6, "brand_month": 50_000, "person_month": 40_000},
        also=limits({"brand_month": 9000}, guideline),
    )
    place = place_of(ana, case)
    with ana.entered(ana.staff):
        for number in range(1, 52):
            scenario = guideline if number == 51 else None
            give(ana.staff, place, 100, f"<b>{number}</b>", currency="EUR", scenario_id=scenario)
    owner, here = visit(ana.client_owner), f"/brands/{ana.brand_ids[0]}/goodwill"
    owner.get(here)
    statements()
    page = owner.get(here)
    assert len([one for one in statements() if one.lstrip().upper().startswith("SELECT")]) <= 16
    read = words_of(page.text)
    assert "51 EUR given · 449 of 500 EUR left" in read
    assert "One of us in a month 349 of 400 EUR left the person with most" in read
    assert "All together in a month · Cold food 89 of 90 EUR left" in read
    assert f"{ana.staff.name} 51 EUR 100%" in read
    assert "Without a guideline 50 EUR 98%" in read
    assert "&lt;b&gt;51" in page.text
    assert page.text.count('class="ledger-number') == 50
    assert "goodwill/limits" not in page.text
    following = re.search(r'href="([^"]*after=2)"', page.text)
    assert following is not None
    assert owner.get(unescape(following.group(1))).text.count('class="ledger-number') == 1
    assert "Nothing was given in this month" in owner.get(f"{here}?month=2020-01").text
    for wrong in ("2026-13", "next", "2026-11-01"):
        assert owner.get(f"{here}?month={wrong}").status_code == 404
    assert owner.get(f"{here}?after=-1").status_code == 200


def test_the_file_holds_every_line_and_nothing_a_spreadsheet_would_run(ana: Agency, case: UUID, visit: Visit) -> None:
    set_up(ana, {"case": 10**6})
    place = place_of(ana, case)
    with ana.entered(ana.staff):
        for words in ("=1+1", "@sum", "＝5", " +5", "plain"):
            made = give(ana.staff, place, 1250, words, currency="EUR")
        from styleguides.empowerment_ledger import take_back

        take_back(ana.staff, made.id, "\tMistaken")
    owner = visit(ana.client_owner)
    answer = owner.get(f"/brands/{ana.brand_ids[0]}/goodwill/ledger.csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["Line"] for row in rows] == ["6", "5", "4", "3", "2", "1"]
    assert [row["Amount"] for row in rows] == ["-12.50", *["12.50"] * 5]
    assert [row["Given for"] for row in rows] == ["Mistaken", "plain", "'+5", "'＝5", "'@sum", "'=1+1"]
    assert rows[0]["Takes back line"] == "5"
    empty = owner.get(f"/brands/{ana.brand_ids[0]}/goodwill/ledger.csv?month=2020-01").data.decode("utf-8-sig")
    assert len(empty.splitlines()) == 1


def test_a_foreign_brand_cannot_be_told_from_nothing(
    ana: Agency, stranger: Agency, make: Factory, case: UUID, visit: Visit
) -> None:
    set_up(ana, LIMITS)
    with ana.entered(ana.staff):
        line_id = give(ana.staff, place_of(ana, case), 100, "Sorry", currency="EUR").id
    other = make.person(ana, Role.CLIENT_OWNER, only_brand_ids=[ana.brand_ids[1]])
    for actor in (stranger.team_lead, other, make.person(ana, Role.TEAM_LEAD, only_brand_ids=[ana.brand_ids[1]])):
        visitor, here = visit(actor), f"/brands/{ana.brand_ids[0]}/goodwill"
        for address in (here, f"{here}/ledger.csv", f"/conversations/{case}/goodwill"):
            assert visitor.get(address).status_code == 404
        if actor is not other:
            assert visitor.post(f"{here}/limits", {"currency": "EUR"}).status_code == 404
            assert visitor.post(f"/conversations/{case}/goodwill", {"amount": "1"}).status_code == 404
            address = f"/conversations/{case}/goodwill/{line_id}/take-back"
            assert visitor.post(address, {"reason": "Mine"}).status_code == 404


def test_the_receipt_names_what_was_given_with_the_reply(ana: Agency, case: UUID, visit: Visit) -> None:
    set_up(ana, LIMITS)
    reply_id = waiting_reply(ana, case)
    staff, here = visit(ana.staff), f"/conversations/{case}/goodwill"
    assert staff.post(here, form_of(staff.get(here).text, amount="7", words="Cold soup")).status_code == 303
    receipt = words_of(visit(ana.client_owner).get(f"/replies/{reply_id}/receipt").text)
    assert "Given to the customer" in receipt
    assert "Amount 7 EUR" in receipt
    assert "Cold soup" in receipt


def test_what_was_given_with_a_draft_that_was_given_up_goes_with_the_next_answer(
    make: Factory, ana: Agency, case: UUID
) -> None:
    set_up(ana, LIMITS)
    with ana.entered(ana.team_lead):
        draft = desk.start_draft(ana.team_lead, case, "Forty for you.")
        line_id = give(
            ana.team_lead, giving.place_of(ana.team_lead, case), 700, "Cold soup", currency="EUR", reply_id=draft.id
        ).id
        desk.drop(ana.team_lead, draft.id)
    reply_id = answered(make, ana, "", "Seven for you.", case=case, days=0)
    with ana.entered(ana.team_lead):
        assert [row.id for row in giving.given_with(ana.team_lead, moves.locked(reply_id))] == [line_id]
        assert giving.given_with(replace(ana.team_lead, came_by="link"), moves.locked(reply_id)) == []
