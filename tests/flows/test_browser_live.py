"""Two people at the same queue: what one does stands in the other's list, which does not move."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from agency.inbox import desk
from agency.inbox.models import Contact, Conversation, Message
from tenants.database import db
from tenants.permissions import Actor, Role
from tests.factories import Factory
from tests.flows.conftest import House
from tests.flows.test_browser_path import PASSWORD, _sign_in, chromium
from tests.web.test_customer_page import writer as wrote

__all__ = ["chromium"]
pytestmark = pytest.mark.browser
NO_SLOW_LOOK = """const every = setInterval;
window.setInterval = (deed, ms, ...rest) => (ms === 20000 ? 0 : every(deed, ms, ...rest));"""
PULSE = "window.onbrandPulse()"
TOP = "[...document.querySelectorAll('.row')].map((row) => [row.getAttribute('href'), row.getBoundingClientRect().top])"


def test_a_colleagues_claim_and_typing_appear_and_the_list_stays(house: House, web: str, chromium: Any) -> None:
    make, agency = Factory(house.agency.app), house.agency
    people = [make.person(agency, Role.STAFF, password=PASSWORD) for _ in range(2)]
    cases = [make.conversation(agency, platform="google_business", kind="review", stars=1, rank=n) for n in range(4)]

    def signed_in(actor: Actor) -> Any:
        page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
        _sign_in(page, web, house, actor)
        return page

    reader, writer = map(signed_in, people)
    writer.add_init_script(NO_SLOW_LOOK)
    reader.goto(f"{web}/inbox?view=free")
    row = reader.locator(f'.row[href*="{cases[1]}"]')
    row.focus()
    reader.evaluate(PULSE)
    before = reader.evaluate(TOP)

    writer.goto(f"{web}/inbox/{cases[1]}")
    writer.evaluate(PULSE)
    reader.evaluate(PULSE)
    name = people[1].name
    expect(row.locator(".seen")).to_have_attribute("title", f"{name} is looking")

    writer.get_by_role("button", name="Take this case").click()
    writer.locator("#reply-text").press_sequentially("We are")
    writer.evaluate(PULSE)
    make.conversation(agency, platform="google_business", kind="review", stars=1, rank=99)
    reader.evaluate(PULSE)
    expect(row.locator("strong")).to_have_text(f"Taken by {name}")
    expect(reader.locator("#new-bar a")).to_have_text("1 new case")
    news, rows = reader.locator("#new-bar a").bounding_box(), reader.locator("#rows").bounding_box()
    assert news is not None
    assert rows is not None
    assert news["y"] + news["height"] <= rows["y"], "and it covers none of them"
    expect(reader.locator('.tabs a[aria-current="page"] .count')).to_have_text("4")
    assert reader.evaluate(TOP) == before, "the rows are where they were"
    assert reader.evaluate("document.activeElement.getAttribute('href')") == before[2][0], "and the focus"

    with agency.entered(agency.team_lead):
        desk.take_over(agency.team_lead, cases[1], "You are needed elsewhere")
    writer.evaluate(PULSE)
    lost = writer.locator("#claim .claim-lost")
    expect(lost, "told by the pulse, not by the slow look").to_contain_text("Taken from you")

    reader.goto(f"{web}/inbox/{cases[1]}")
    reader.evaluate(PULSE)
    expect(reader.locator("#others")).to_contain_text(name)
    writer.goto(f"{web}/account")
    reader.evaluate(PULSE)
    expect(reader.locator("#others")).to_be_empty()

    facebook, one = wrote(make, agency, "Ana Kowalska", text="I am ana.k on Instagram", platform="facebook")
    instagram, other = wrote(make, agency, "ana.k", text="Hello there", platform="instagram", kind="message")
    reader.goto(f"{web}/inbox/{instagram}")
    reader.locator("#who-writes").wait_for()
    reader.evaluate(PULSE)
    writer.goto(f"{web}/customers/{one}/link?q=ana.")
    writer.locator(f'[value="{other}"]').check()
    writer.locator('[name="words"]').fill("I am ana.k on Instagram")
    writer.get_by_role("button", name="They are one person").click()
    writer.get_by_text("They gave this handle themselves.").wait_for()
    reader.evaluate(PULSE)
    expect(reader.locator("#who-writes .identities")).to_contain_text("Ana Kowalska")

    with agency.entered():
        account_id = db.session.scalars(select(Contact.account_id).where(Contact.id == other)).one()
    while_one = make.conversation(agency, account_id=account_id, text="Written while they are one", author="ana.k")
    with agency.entered():
        for model, theirs in ((Conversation, Conversation.id), (Message, Message.conversation_id)):
            db.session.execute(update(model).where(theirs == while_one).values(contact_id=other))
    reader.goto(f"{web}/customers/{one}")
    expect(reader.locator(".person-cases").first).to_contain_text("Written while they are one")
    expect(reader.locator("#links")).to_contain_text(name)
    reader.locator(".person-links summary").click()
    reader.locator('.person-links [name="reason"]').fill("Two sisters")
    reader.locator(".person-links button.bad").click()
    expect(reader.locator(".person-links .undone")).to_contain_text(f"{people[0].name}")
    assert reader.get_by_text("Written while they are one").count() == 0, "their case is their own again"
    writer.locator(".person-links summary").click()
    writer.locator('.person-links [name="reason"]').fill("Mistaken")
    writer.locator(".person-links button.bad").click()
    expect(writer.locator(".banner")).to_contain_text(f"{people[0].name} undid this link already")
    expect(writer.locator(".person-links .undone")).to_contain_text("Two sisters")
    writer.goto(f"{web}/inbox/{facebook}")
    expect(writer.locator("#who-writes")).not_to_contain_text("ana.k")
