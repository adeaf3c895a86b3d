"""The demo's earlier answers are stored as if they had been published, and what does not agree is shown."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
import yaml

from agency.demo import corpus
from agency.demo.earlier_answers import LISTED, write_earlier_answers
from agency.inbox.case import read_case
from agency.replies.same_answer import same_answer
from styleguides.check import CheckContext, check_text
from styleguides.rules import rules_from_data
from tests.factories import Agency, Factory

ENTRIES: dict[str, list[dict[str, Any]]] = json.loads(LISTED.read_text(encoding="utf-8"))
BRANDS = {brand.key: brand for brand in corpus.load_brands()}
ASKED = {
    "pennywell": "How much for a new card, I lost mine?",
    "bursztynowa-zatoka": "A parking jest dla gości bezpłatny?",
    "sol-poente": "Qual é o horário ao domingo?",
}


def test_each_brand_shows_answers_that_do_not_agree(make: Factory, ana: Agency) -> None:
    brand_ids: dict[str, UUID] = dict(zip(BRANDS, ana.brand_ids, strict=True))
    people = {person.key: ana.staff.user_id for person in corpus.load_people().people}
    for number, _key in enumerate(brand_ids):
        for platform in ("facebook", "instagram"):
            make.account(ana, brand=number, platform=platform)
    with ana.entered():
        write_earlier_answers(ana.id, brand_ids, people)
    for number, key in enumerate(brand_ids):
        case = make.conversation(ana, brand=number, text=ASKED[key], language=BRANDS[key].language)
        with ana.entered(ana.staff):
            found = same_answer(read_case(ana.staff, case))
        assert len(found.answers) == len(ENTRIES[key])
        assert len(found.contrasts) == 1, key
        assert {one.platform for one in found.answers} == {entry["platform"] for entry in ENTRIES[key]}


@pytest.mark.parametrize("key", list(ENTRIES))
def test_no_guide_stops_them(key: str) -> None:
    rules = rules_from_data(
        yaml.safe_load((corpus.DATA_FOLDER / "guides" / f"{key}.yaml").read_text(encoding="utf-8"))["rules"]
    )
    for entry in ENTRIES[key]:
        context = CheckContext(entry["platform"], "message", BRANDS[key].language, customer_name=entry["name"])
        found = [one.message for one in check_text(rules, entry["answered"], context) if one.level == "stop"]
        assert found == [], entry["answered"]
