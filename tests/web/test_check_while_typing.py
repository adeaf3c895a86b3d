"""What a check costs while somebody types, and that the band of the composer goes with where the words go."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask

from styleguides import guidelines
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.test_ways_of_answering import composer_form


@pytest.fixture
def typed_case(make: Factory, ana: Agency) -> UUID:
    with ana.entered(ana.team_lead):
        data = {"title": "A complaint", "steps": ["Say."], "case_kinds": ["complaint"]}
        guidelines.create_guideline(ana.team_lead, ana.brand_ids[0], data)
    return make.conversation(ana, text="The parcel came broken, I want a refund!", language="en")


def test_the_band_says_both_ways_where_there_are_two(whole_app: Flask, ana: Agency, typed_case: UUID) -> None:
    page = Browser(whole_app, ana.staff).get(f"/conversations/{typed_case}").get_data(as_text=True)
    assert 'class="way-public">public answer to a comment<' in page
    assert 'class="way-private">private message to who wrote this<' in page


def test_checking_while_typing_asks_for_each_thing_once(
    whole_app: Flask, ana: Agency, typed_case: UUID, statements: Callable[[], list[str]]
) -> None:
    """The person, the target, the case, the state of guide, facts and guidelines together, the policy, who is asked,
    the guidelines that fit, the marks of other brands: what else is asked for is paid with each key that is pressed."""
    staff, place = Browser(whole_app, ana.staff), f"/conversations/{typed_case}"
    form = composer_form(staff.get(place).get_data(as_text=True), text="Thank you for telling us.")
    staff.post(f"{place}/check", form)  # what is kept ready is ready now
    statements()
    assert staff.post(f"{place}/check", form).status_code == 200
    asked = [one for one in statements() if "set_config" not in one]
    tables = [re.findall(r"FROM (\w+)", one)[:1] for one in asked]
    assert len(asked) <= 7, tables
    saved = staff.post(f"{place}/reply", {**form, "do": "save"})
    assert saved.status_code == 303
    form = composer_form(staff.get(place).get_data(as_text=True), text="Thank you for telling us.")
    statements()
    staff.post(f"{place}/check", form)
    assert len([one for one in statements() if "set_config" not in one]) == len(asked), "a draft costs no more"
