"""The voice beside a case: what holds in this place, and nothing of another brand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, update

from styleguides.models import Guideline, StyleGuideVersion
from styleguides.voice import Voice, voice_of
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Forbidden, NotFound
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory

RULES: list[dict[str, Any]] = [
    {"id": "calm", "kind": "exclamation", "level": "hint", "max_count": 1},
    {"id": "google", "kind": "banned", "level": "warn", "phrases": ["cheap"], "platforms": ["google_business"]},
    {"id": "no-policy", "kind": "banned", "level": "stop", "phrases": ["our policy"]},
    {"id": "przykro", "kind": "banned", "level": "warn", "phrases": ["niestety"], "languages": ["pl"]},
    {"id": "reviews", "kind": "required", "level": "stop", "any_of": ["thank you"], "kinds": ["review"]},
    {"id": "sorry", "kind": "empathy", "level": "stop", "any_of": ["we are sorry"], "on_complaints": False},
]


def ask(agency: Agency, actor: Actor, *place: Any, brand: int = 0) -> Voice:
    with agency.entered(actor):
        return voice_of(actor, agency.brand_ids[brand], *place)


def ids(voice: Voice) -> list[str]:
    return [rule.id for rule in voice.rules]


def guideline(agency: Agency, title: str, visibility: str, **more: Any) -> None:
    with agency.entered():
        values = {"agency_id": agency.id, "brand_id": agency.brand_ids[0], "id": new_id(), **more}
        db.session.execute(insert(Guideline).values(title=title, visibility=visibility, **values))


def test_only_rules_that_hold_in_this_place_are_told_strictest_first(ana: Agency, make: Factory) -> None:
    make.guide(ana, RULES)
    assert ids(ask(ana, ana.staff, "facebook", "comment", "en-GB")) == ["no-policy", "sorry", "calm"]
    assert ids(ask(ana, ana.staff, "google_business", "review", "en", 5)) == ["no-policy", "reviews", "google", "calm"]
    assert "sorry" in ids(ask(ana, ana.staff, "google_business", "review", "en", 2))
    assert "przykro" in ids(ask(ana, ana.staff, "facebook", "comment", "pl"))
    assert "przykro" not in ids(ask(ana, ana.staff, "facebook", "comment", None)), "the brand's own language is English"


def test_the_version_in_force_speaks_not_a_draft(ana: Agency, make: Factory) -> None:
    make.guide(ana, RULES[:1], number=1)
    with ana.entered():
        db.session.execute(update(StyleGuideVersion).values(voice="Calm.", identity={"Address": "First name"}))
        db.session.add(
            StyleGuideVersion(
                agency_id=ana.id, brand_id=ana.brand_ids[0], number=2, state="draft", rules=RULES, voice="Loud."
            )
        )
    told = ask(ana, ana.light, "facebook", "comment")
    assert (told.number, told.words, dict(told.identity.other), ids(told)) == (
        1,
        "Calm.",
        {"Address": "First name"},
        ["calm"],
    )
    bare = ask(ana, ana.light, "facebook", "comment", brand=1)
    assert (bare.number, bare.words, bare.rules, bare.guidelines) == (None, "", (), ())


def test_guidelines_fit_the_kind_of_answer(ana: Agency) -> None:
    guideline(ana, "b both", "both", offer_limit_cents=2050, currency="EUR", steps=["One", "Two"], never_say=["No"])
    guideline(ana, "a public", "public")
    guideline(ana, "c private", "private")
    guideline(ana, "gone", "public", deleted_at=clock.now())
    public = ask(ana, ana.staff, "facebook", "comment").guidelines
    assert [one.title for one in public] == ["a public", "b both"]
    assert public[1][2:] == (["One", "Two"], 2050, "EUR", ["No"])
    assert [one.title for one in ask(ana, ana.staff, "facebook", "message").guidelines] == ["b both", "c private"]


def test_another_brands_voice_is_not_there(ana: Agency, stranger: Agency, make: Factory) -> None:
    make.guide(ana, RULES)
    only_second = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]])
    for agency, actor, brand_id in (
        (stranger, stranger.team_lead, ana.brand_ids[0]),
        (ana, only_second, ana.brand_ids[0]),
        (ana, ana.staff, new_id()),
    ):
        with agency.entered(actor), pytest.raises(NotFound):
            voice_of(actor, brand_id)
    with pytest.raises(Forbidden):
        ask(ana, ana.billing_admin)


def test_it_costs_one_statement(ana: Agency, make: Factory, statements: Callable[[], list[str]]) -> None:
    make.guide(ana, RULES)
    guideline(ana, "a", "both")
    ask(ana, ana.staff, "facebook", "comment")
    with ana.entered(ana.staff):
        voice_of(ana.staff, ana.brand_ids[0], "facebook", "review")
        statements()
        voice_of(ana.staff, ana.brand_ids[0], "facebook", "comment", "pl", 3)
        assert len(statements()) == 1
