"""Saved replies that fit a case: of the brand and the agency, in the customer's language first, never stale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from styleguides import saved_replies
from styleguides.saved_reply_suggestions import suggest
from tenants.database import db
from tenants.errors import NotFound
from tests.factories import Agency


def written(agency: Agency, brand_id: UUID | None, title: str, *words: str, language: str = "en", **other: Any) -> UUID:
    data = {
        "title": title,
        "words": list(words),
        "texts": [{"language": language, "text": "We look into it."}],
        **other,
    }
    with agency.entered(agency.team_lead):
        return saved_replies.create_saved_reply(agency.team_lead, brand_id, data).id


def found(agency: Agency, text: str, language: str | None = "en", brand: int = 0, actor: str = "staff") -> list[str]:
    who = agency.actors[actor]
    with agency.entered(who):
        return [one.saved.title for one in suggest(who, agency.brand_ids[brand], text, language)]


def test_of_the_brand_and_the_agency_and_of_nobody_else(ana: Agency, stranger: Agency) -> None:
    written(ana, ana.brand_ids[0], "Ours", "parcel")
    written(ana, ana.brand_ids[1], "Sister's", "parcel")
    written(ana, None, "Everybody's", "parcel")
    written(stranger, None, "Strangers'", "parcel")
    assert sorted(found(ana, "Where is my parcel?")) == ["Everybody's", "Ours"]
    assert sorted(found(ana, "Where is my parcel?", brand=1)) == ["Everybody's", "Sister's"]
    assert found(ana, "Where is my parcel?", brand=2) == ["Everybody's"]
    assert found(ana, "Where is my parcel?", actor="client_owner") == ["Ours"]
    with pytest.raises(NotFound):
        found(ana, "parcel", brand=1, actor="client_owner")


def test_what_changes_is_offered_at_once_and_what_is_put_away_no_more(ana: Agency) -> None:
    first, second = written(ana, None, "One", "parcel"), written(ana, None, "Two", "refund")
    assert found(ana, "a parcel") == ["One"]
    lead = ana.team_lead
    with ana.entered(lead):
        saved_replies.change_saved_reply(lead, second, {"words": ["refund", "parcel"], "version": 1})
    assert found(ana, "a parcel") == ["One", "Two"]
    with ana.entered(lead):
        saved_replies.archive_saved_reply(lead, first)
    assert found(ana, "a parcel") == ["Two"]
    written(ana, None, "Three", "parcel")
    assert sorted(found(ana, "a parcel")) == ["Three", "Two"]
    with ana.entered(lead):
        saved_replies.restore_saved_reply(lead, first)
    assert sorted(found(ana, "a parcel")) == ["One", "Three", "Two"]


def test_the_customers_language_comes_first(ana: Agency) -> None:
    written(ana, None, "Polish", "refund", language="pl")
    written(ana, None, "British", "refund", language="en-GB")
    assert found(ana, "refund", "en") == ["British", "Polish"]
    assert found(ana, "refund", "pl-PL") == ["Polish", "British"]


def test_asking_again_takes_two_statements(ana: Agency, statements: Callable[[], list[str]]) -> None:
    written(ana, ana.brand_ids[0], "Ours", "parcel")
    found(ana, "parcel")
    with ana.entered(ana.staff):
        db.session.connection()
        statements()
        assert suggest(ana.staff, ana.brand_ids[0], "parcel", "en")
        assert len(statements()) == 2
        assert suggest(ana.staff, ana.brand_ids[0], "nothing known", "en") == []
        assert len(statements()) == 1


def test_without_labels_the_words_of_its_name_find_it(ana: Agency) -> None:
    written(ana, None, "Opening hours on holidays")
    written(ana, None, "Late parcel", "courier")
    assert found(ana, "What are your opening times?") == ["Opening hours on holidays"]
    assert found(ana, "a late parcel, you know") == ["Late parcel"], "its name counts beside its labels, as a whole"
    assert found(ana, "late") == []
