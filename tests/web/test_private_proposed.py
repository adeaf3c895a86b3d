"""Where a brand's guideline says that such cases are answered in private, the composer begins so and says why."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from styleguides import guidelines
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.test_ways_of_answering import composer_form

WHY = "What happened is nobody else's business."
SAID = "This brand answers such cases privately"


@pytest.fixture
def private_case(make: Factory, ana: Agency) -> UUID:
    scenario(ana, "A complaint", case_kinds=["complaint"], visibility="private", visibility_reason=WHY)
    return make.conversation(ana, text="The parcel came broken, I want a refund!", language="en")


def scenario(agency: Agency, title: str, **fields: Any) -> None:
    with agency.entered(agency.team_lead):
        guidelines.create_guideline(
            agency.team_lead, agency.brand_ids[0], {"title": title, "steps": ["Say."], **fields}
        )


def composer_of(app: Flask, agency: Agency, case: UUID) -> str:
    page = Browser(app, agency.staff).get(f"/conversations/{case}").get_data(as_text=True)
    found = re.search(r'<form[^>]*class="[^"]*composer.*?</form>|<section[^>]*composer.*?</section>', page, re.S)
    assert found
    return unescape(found.group(0))


def is_private(composer: str) -> bool:
    return re.search(r'name="private" value="1" checked', composer) is not None


def test_a_complaint_is_begun_in_private_with_the_reason(whole_app: Flask, ana: Agency, private_case: UUID) -> None:
    composer = composer_of(whole_app, ana, private_case)
    assert is_private(composer)
    assert SAID in composer
    assert f"A complaint: {WHY}" in composer
    assert 'class="way-private">private message to who wrote this<' in composer, "the band goes with the box"


def test_what_the_writer_chose_stays_and_the_reason_with_it(whole_app: Flask, ana: Agency, private_case: UUID) -> None:
    staff, place = Browser(whole_app, ana.staff), f"/conversations/{private_case}"
    form = composer_form(staff.get(place).get_data(as_text=True), text="Thank you.", do="save")
    form.pop("private", None)
    assert staff.post(f"{place}/reply", form).status_code == 303
    composer = composer_of(whole_app, ana, private_case)
    assert not is_private(composer)
    assert SAID in composer


@pytest.mark.parametrize(
    ("words", "others", "proposed"),
    [
        ("Do you open on Sunday?", [], False),
        ("I want a refund!", [{"title": "Refund", "words": ["refund"], "visibility": "public"}], False),
        ("I want a refund!", [{"title": "Refund", "words": ["refund"], "visibility": "both"}], True),
    ],
)
def test_the_best_guideline_that_says_where_decides(
    whole_app: Flask, make: Factory, ana: Agency, private_case: UUID, words: str, others: list[Any], proposed: bool
) -> None:
    for one in others:
        scenario(ana, **one)
    composer = composer_of(whole_app, ana, make.conversation(ana, text=words, language="en"))
    assert (is_private(composer), SAID in composer) == (proposed, proposed)


def test_where_no_private_answer_can_be_given_none_is_proposed(
    whole_app: Flask, make: Factory, ana: Agency, private_case: UUID
) -> None:
    review = make.conversation(ana, platform="google_business", kind="review", text="Broken, refund!", stars=1)
    assert SAID not in composer_of(whole_app, ana, review)


def test_checking_while_typing_asks_for_each_thing_once(
    whole_app: Flask, ana: Agency, private_case: UUID, statements: Callable[[], list[str]]
) -> None:
    """The person, the target, the case, the state of guide, facts and guidelines together, the guidelines that fit, the
    marks of other brands: what else is asked for is paid with each key that is pressed."""
    staff, place = Browser(whole_app, ana.staff), f"/conversations/{private_case}"
    form = composer_form(staff.get(place).get_data(as_text=True), text="Thank you for telling us.")
    staff.post(f"{place}/check", form)  # what is kept ready is ready now
    statements()
    assert staff.post(f"{place}/check", form).status_code == 200
    asked = [one for one in statements() if "set_config" not in one]
    tables = [re.findall(r"FROM (\w+)", one)[:1] for one in asked]
    assert len(asked) <= 6, tables
    saved = staff.post(f"{place}/reply", {**form, "do": "save"})
    assert saved.status_code == 303
    form = composer_form(staff.get(place).get_data(as_text=True), text="Thank you for telling us.")
    statements()
    staff.post(f"{place}/check", form)
    assert len([one for one in statements() if "set_config" not in one]) == len(asked), "a draft costs no more"
