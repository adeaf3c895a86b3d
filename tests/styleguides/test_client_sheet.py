"""The client sheet: written by one, read by all of the brand, nobody's words overwritten."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from styleguides.client_sheet import Campaign, change_sheet, sheet_data, sheet_of
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tests.factories import Agency

SHEET: dict[str, Any] = {
    "does": " A bakery. ",
    "products": "Bread",
    "hours": "7 to 19",
    "never_say": "Never name the mill.",
    "contacts": [{"name": "Robin Example", "about": "cakes", "reach": "8 to 16"}],
    "campaigns": [
        {"title": "Advent", "starts_on": "2026-11-29", "ends_on": "2026-12-24", "load": "more", "say": "Soon"}
    ],
}


def write(agency: Agency, data: Any = SHEET, version: int = 0, actor: str = "team_lead", brand: int = 0) -> Any:
    with agency.entered(agency.actors[actor]):
        return change_sheet(agency.actors[actor], agency.brand_ids[brand], data, version)


def read(agency: Agency, actor: str = "staff") -> dict[str, Any]:
    with agency.entered(agency.actors[actor]):
        return sheet_data(sheet_of(agency.actors[actor], agency.brand_ids[0]))


def test_what_is_written_is_read_and_the_record_names_the_fields(ana: Agency, superuser: Any) -> None:
    assert read(ana)["version"] == 0
    write(ana)
    assert read(ana) == {**SHEET, "does": "A bakery.", "version": 1}
    assert read(ana, "client_owner")["does"] == "A bakery."
    write(ana, {"hours": "8 to 20"}, 1)
    assert (read(ana)["hours"], read(ana)["products"], read(ana)["version"]) == ("8 to 20", "Bread", 2)
    with superuser.connect() as connection:
        facts = connection.execute(
            text("select facts from brand_audit where action = 'client_sheet.changed'")
        ).scalars()
        assert sorted(sorted(one["fields"]) for one in facts) == sorted([sorted(SHEET), ["hours"]])


def test_who_read_an_older_one_overwrites_nothing(ana: Agency) -> None:
    write(ana)
    with pytest.raises(Conflict) as refusal:
        write(ana, {"hours": "never"}, 0)
    assert (refusal.value.code, refusal.value.fields["version"]) == ("sheet_changed", 1)
    assert read(ana)["hours"] == "7 to 19"


def test_a_second_click_is_no_second_version_and_no_conflict(ana: Agency) -> None:
    for _ in range(2):
        assert write(ana).version == 1
    assert write(ana, {}, 1).version == 1


def test_two_who_write_the_first_one_at_once_make_one(ana: Agency) -> None:
    gate, ends = threading.Barrier(2), []

    def go(words: str) -> None:
        gate.wait()
        try:
            write(ana, {"does": words})
            ends.append("written")
        except Conflict:
            ends.append("told")

    threads = [threading.Thread(target=go, args=(words,)) for words in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["told", "written"]
    assert read(ana)["version"] == 1


@pytest.mark.parametrize("role", ["staff", "light", "client_owner", "billing_admin"])
def test_who_may_not_write_one(ana: Agency, role: str) -> None:
    with pytest.raises(Forbidden):
        write(ana, actor=role)


def test_another_brands_sheet_is_not_there(ana: Agency) -> None:
    with ana.entered(ana.client_owner), pytest.raises(NotFound):
        sheet_of(ana.client_owner, ana.brand_ids[1])


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"does": "x" * 4_001}, "does"),
        ({"does": "a\x00b"}, "does"),
        ({"does": None}, "does"),
        ({"made_up": "x"}, "made_up"),
        ({"contacts": "x"}, "contacts"),
        ({"contacts": [{}] * 31}, "contacts"),
        ({"contacts": [5]}, "contacts.0"),
        ({"contacts": [{"about": "cakes"}]}, "contacts.0.name"),
        ({"campaigns": [{"title": "A", "starts_on": "29.11.2026"}]}, "campaigns.0.starts_on"),
        ({"campaigns": [{"title": "A", "ends_on": "2026-13-01"}]}, "campaigns.0.ends_on"),
        ({"campaigns": [{"title": "A", "starts_on": "2026-12-02", "ends_on": "2026-12-01"}]}, "campaigns.0.ends_on"),
        ({"campaigns": [{"title": "A", "load": "mad"}]}, "campaigns.0.load"),
        ({"campaigns": [{"say": "A"}]}, "campaigns.0.title"),
    ],
)
def test_what_cannot_be_kept_names_the_field_and_changes_nothing(ana: Agency, data: Any, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        write(ana, data)
    assert list(refusal.value.fields["errors"]) == [field]
    assert read(ana)["version"] == 0


DAYS = st.none() | st.dates(date(2026, 1, 1), date(2026, 3, 1))


@given(DAYS, DAYS, st.dates(date(2026, 1, 1), date(2026, 3, 1)))
def test_a_campaign_is_to_come_on_or_over(first: date | None, last: date | None, day: date) -> None:
    campaign = Campaign("A", first, last)
    assert campaign.runs_on(day) == ((first is None or first <= day) and (last is None or day <= last))
    assert not (campaign.runs_on(day) and campaign.is_over(day))
