"""The form of a rule: made from its kind alone, complete in words, and what it shows reads back to the same rule."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

import agency.demo
from agency.web.contexts_guide import FormField
from agency.web.guide_words import kind_words
from agency.web.rule_form import (
    choice_words,
    data_of,
    empty_values,
    field_words,
    fields_of,
    form_of,
    typed_values,
    values_of,
    widget_of,
)
from styleguides import guides
from styleguides.rule_kinds import RULE_KINDS, Example, Rule
from styleguides.rules import RulesInvalid, rules_from_data
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.replying import MARKUP, is_inert

DEMO = Path(agency.demo.__file__).parent / "data" / "guides"


def sent(fields: tuple[FormField, ...]) -> MultiDict[str, str]:
    """What a browser sends of a form that nobody touched."""
    form: MultiDict[str, str] = MultiDict()
    for field in fields:
        if field.widget == "group":
            form.update(sent(field.fields))
        elif field.widget in ("checks", "select"):
            for option in field.options:
                if option.selected:
                    form.add(field.name, option.value)
        elif field.widget == "check":
            if field.ticked:
                form.add(field.name, "1")
        else:
            form.add(field.name, field.value)
    return form


def again(rule: Rule) -> Rule:
    """The rule as its own form gives it back."""
    form = sent(form_of(rule.kind, values_of(rule), {}))
    (read,) = rules_from_data([data_of(rule.kind, typed_values(rule.kind, form), ())])
    return read


def every_field() -> set[str]:
    names = {one.name for cls in RULE_KINDS.values() for one in dataclasses.fields(cls)}
    return names | {one.name for one in dataclasses.fields(Example)}


def test_every_field_of_every_kind_has_words(whole_app: Flask) -> None:
    with whole_app.test_request_context():
        assert every_field() - set(field_words()) == set()
        assert set(RULE_KINDS) <= set(kind_words())
        for cls in (*RULE_KINDS.values(), Example):
            for name, wanted in fields_of(cls):
                if widget_of(name, wanted) in ("select", "checks") and name not in ("language", "languages"):
                    (field,) = [f for f in flat(form_of_class(cls)) if f.name.split(".")[-1] == name][:1]
                    codes = {option.value for option in field.options} - {
                        "",
                        "facebook",
                        "instagram",
                        "google_business",
                    }
                    assert codes <= set(choice_words()), (cls.__name__, name)


def form_of_class(cls: type[Any]) -> tuple[FormField, ...]:
    kind = cls.kind if cls is not Example else "banned"
    return form_of(kind, {}, {})


def flat(fields: tuple[FormField, ...]) -> list[FormField]:
    return [one for field in fields for one in (field, *flat(field.fields))]


def test_a_kind_nobody_has_words_for_has_a_form_all_the_same(whole_app: Flask) -> None:
    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class Novel(Rule):
        kind = "novel"
        oddities: tuple[str, ...] = ()
        how_odd: int | None = None

    RULE_KINDS["novel"] = Novel
    try:
        with whole_app.test_request_context():
            shown = {field.name: field for field in form_of("novel", empty_values("novel"), {})}
    finally:
        del RULE_KINDS["novel"]
    assert (shown["oddities"].widget, shown["oddities"].label) == ("lines", "oddities")
    assert (shown["how_odd"].widget, shown["how_odd"].label) == ("number", "how odd")
    assert list(shown)[:2] == ["oddities", "how_odd"], "the kind's own fields come first"


@pytest.mark.parametrize("name", ["pennywell", "bursztynowa-zatoka", "sol-poente"])
def test_the_rules_of_the_demo_survive_their_forms(whole_app: Flask, name: str) -> None:
    data = yaml.safe_load((DEMO / f"{name}.yaml").read_text(encoding="utf-8"))
    with whole_app.test_request_context():
        for rule in rules_from_data(data["rules"]):
            assert again(rule) == rule


LINE = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), min_size=1, max_size=12)
LINES = st.lists(LINE, min_size=1, max_size=3)
EXAMPLE = st.fixed_dictionaries(
    {"text": LINE},
    optional={"stars": st.integers(1, 5), "customer_name": LINE, "complaint": st.just(True), "language": st.just("pl")},
)
COMMON = {
    "id": st.just("one"),
    "level": st.sampled_from(["stop", "warn", "hint"]),
    "platforms": st.lists(st.sampled_from(["facebook", "instagram"]), unique=True, min_size=1),
    "reason": LINE,
    "good": EXAMPLE,
    "bad": EXAMPLE,
}
OWN: dict[str, Any] = {
    "banned": {"phrases": LINES, "suggestion": LINE, "match": st.sampled_from(["inflected", "exact", "case"])},
    "preferred": {"use": LINE, "instead_of": LINES, "forms": LINES},
    "greeting": {"any_of": LINES, "name": st.sampled_from(["required", "allowed", "never"])},
    "length": {"max_characters": st.integers(0, 999), "max_reading_seconds": st.integers(0, 99)},
    "empathy": {"any_of": LINES, "max_stars": st.integers(0, 5), "on_complaints": st.booleans()},
    "capitals": {"min_letters": st.integers(0, 9), "allowed": LINES},
    "personal_data": {"sorts": st.lists(st.sampled_from(["email", "order"]), unique=True, min_size=1)},
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(sorted(OWN)).flatmap(
    lambda kind: st.fixed_dictionaries({"kind": st.just(kind), **COMMON, **OWN[kind]})))  # fmt: skip
def test_any_rule_survives_its_form(whole_app: Flask, data: dict[str, Any]) -> None:
    try:
        (rule,) = rules_from_data([data])
    except RulesInvalid:
        return
    with whole_app.test_request_context():
        read = again(rule)
    for name in ("platforms", "sorts"):  # ticked boxes have the order of the form
        if hasattr(rule, name):
            assert set(getattr(read, name)) == set(getattr(rule, name))
            read, rule = (dataclasses.replace(one, **{name: ()}) for one in (read, rule))
    assert read == rule


# --- pages -------------------------------------------------------------------------------------------------------

RULES: list[dict[str, Any]] = [
    {"kind": "banned", "id": "no-jargon", "level": "stop", "phrases": ["synergy"], "bad": "We use synergy."},
    {"kind": "exclamation", "id": "calm", "level": "hint", "max_count": 1},
]
NEW = {
    "rule_kind": "banned",
    "phrases": "guarantee\npromise",
    "level": "stop",
    "match": "inflected",
    "reason": "Nobody can.",
    "good.text": "We do our best.",
    "bad.text": "We guarantee it.",
    "revision": "1",
    "do": "save",
}


@pytest.fixture
def lead(whole_app: Flask, ana: Agency) -> Browser:
    return Browser(whole_app, ana.team_lead)


@pytest.fixture
def address(make: Factory, ana: Agency) -> str:
    make.guide(ana, RULES)
    return f"/brands/{ana.brand_ids[0]}/guide"


def rules_of(agency: Agency, number: int) -> list[dict[str, Any]]:
    with agency.entered():
        return guides.version_of(agency.brand_ids[0], number).rules


def test_every_kind_has_a_page(lead: Browser, address: str) -> None:
    chosen = lead.get(f"{address}/1/new-rule").text
    for kind in RULE_KINDS:
        assert f"new-rule?kind={kind}" in chosen
        page = lead.get(f"{address}/1/new-rule?kind={kind}")
        assert page.status_code == 200
        assert 'name="good.text"' in page.text
    assert lead.get(f"{address}/1/new-rule?kind=magic").status_code == 404


def test_a_rule_is_added_changed_and_taken_away(lead: Browser, ana: Agency, address: str) -> None:
    added = lead.post(f"{address}/1/rules", NEW)
    assert added.status_code == 303
    assert "version=2" in added.headers["Location"], "what is in force stays: a draft is begun"
    assert rules_of(ana, 1) == RULES
    assert rules_of(ana, 2)[2] == {
        "kind": "banned", "id": "banned", "level": "stop", "phrases": ["guarantee", "promise"],
        "reason": "Nobody can.", "good": "We do our best.", "bad": "We guarantee it.",
    }  # fmt: skip
    form = {**NEW, "id": "no-promises", "phrases": "promise", "bad.text": "I promise."}
    assert lead.post(f"{address}/2/rules/banned", form).status_code == 303
    assert [rule["id"] for rule in rules_of(ana, 2)] == ["no-jargon", "calm", "no-promises"]
    late = lead.post(f"{address}/2/rules/no-promises", {**form, "reason": "My own words"})
    assert late.status_code == 409
    assert "My own words" in late.text
    assert lead.post(f"{address}/2/rules/no-jargon/remove", {"revision": "1"}).status_code == 409
    assert lead.post(f"{address}/2/rules/no-jargon/remove", {"revision": "2"}).status_code == 303
    assert [rule["id"] for rule in rules_of(ana, 2)] == ["calm", "no-promises"]
    assert lead.get(f"{address}/2/rules/no-jargon").status_code == 404


def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(lead: Browser, ana: Agency, address: str) -> None:
    wrong = lead.post(f"{address}/1/rules", {"rule_kind": "emoji", "max_count": "many", "reason": "Calm", "do": "save"})
    assert wrong.status_code == 422
    assert 'id="max_count-error"' in wrong.text
    assert 'value="many"' in wrong.text
    assert "Calm" in wrong.text
    assert lead.post(f"{address}/1/rules", {**NEW, "phrases": " \n"}).status_code == 422
    double = lead.post(f"{address}/1/rules", {**NEW, "id": "calm"})
    assert (double.status_code, 'id="id-error"' in double.text) == (422, True)
    with ana.entered():
        assert [version.number for version in guides.list_versions(ana.team_lead, ana.brand_ids[0])] == [1]


def test_examples_are_checked_while_writing_and_without_script(lead: Browser, ana: Agency, address: str) -> None:
    checked = lead.post(f"{address}/1/rules", {**NEW, "do": "check"}).text
    assert "The good example keeps the rule." in checked
    assert "The bad example is found." in checked
    form = {**NEW, "do": "", "good.text": "We guarantee nothing."}
    fragment = lead.post(f"{address}/1/rules", form, headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert "the good example breaks the rule it should keep" in fragment
    with ana.entered():
        assert len(guides.list_versions(ana.team_lead, ana.brand_ids[0])) == 1


def test_hostile_words_do_nothing(lead: Browser, address: str) -> None:
    fields = dict.fromkeys(("phrases", "suggestion", "reason", "good.text", "bad.text", "forms"), MARKUP)
    assert lead.post(f"{address}/1/rules", {**NEW, **fields}).status_code == 303
    assert is_inert(lead.get(f"{address}/2/rules/banned").text)
    assert is_inert(lead.post(f"{address}/2/rules", {**NEW, **fields, "do": "check"}).text)
    for junk in ("\x00", "x" * 9000):
        assert lead.post(f"{address}/2/rules", {**NEW, "phrases": junk}).status_code == 422


def test_only_who_writes_guides_sees_the_forms(whole_app: Flask, ana: Agency, stranger: Agency, address: str) -> None:
    for actor, status in ((ana.staff, 403), (ana.client_owner, 403), (stranger.team_lead, 404)):
        browser = Browser(whole_app, actor)
        for path in ("1/new-rule", "1/rules/calm"):
            assert browser.get(f"{address}/{path}").status_code == status
        for path in ("1/rules", "1/rules/calm", "1/rules/calm/remove"):
            assert browser.post(f"{address}/{path}", NEW).status_code == status
    reader = Browser(whole_app, ana.staff).get(address).text
    assert "rules/calm" not in reader
