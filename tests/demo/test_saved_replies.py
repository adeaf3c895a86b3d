"""The demo's saved replies can be kept, and once filled their own brand's guide stops none of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from agency.demo import corpus
from agency.demo.guide_lives import GUIDES
from styleguides.check import CheckContext, check_text
from styleguides.rules import rules_from_data
from styleguides.saved_reply_fields import values_of
from styleguides.variables import fill

SAVED: dict[str, list[dict[str, Any]]] = json.loads((GUIDES.parent / "saved_replies.json").read_text(encoding="utf-8"))
CUSTOMERS = {"en": "Maria Holt", "pl": "Anna Nowak", "pt-PT": "Inês Prado"}


def test_they_are_of_the_agency_and_of_each_brand() -> None:
    assert set(SAVED) == {"agency", *(brand.key for brand in corpus.load_brands())}
    for entries in SAVED.values():
        for entry in entries:
            assert values_of(entry)["title"] == entry["title"]


@pytest.mark.parametrize("key", [key for key in SAVED if key != "agency"])
def test_no_guide_stops_its_own_brands(key: str) -> None:
    rules = rules_from_data(yaml.safe_load((GUIDES / f"{key}.yaml").read_text(encoding="utf-8"))["rules"])
    for entry in SAVED[key]:
        for one in entry["texts"]:
            name = CUSTOMERS[one["language"]]
            values = {"customer_name": name.split()[0], "order": "7", "location": "here", "brand": "B", "my_name": "I"}
            filled = fill(one["text"], values)
            assert filled.missing == ()
            context = CheckContext("facebook", "comment", one["language"], customer_name=name)
            stops = [found for found in check_text(rules, filled.text, context) if found.level == "stop"]
            assert stops == [], (entry["title"], one["language"])
