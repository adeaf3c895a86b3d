"""`/clock-rules` and a brand's, and its acknowledgement texts: read, changed by version, refused by field."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calling import Caller
from tests.factories import Agency

RULE = {"clock": "client_pauses", "platform": "", "kind": "", "said": "", "hours": 4, "counted": "business"}
TEXT = {"platform": "", "kind": "", "language": "en", "text": "We have read it and will answer {by}."}


@pytest.mark.parametrize(
    ("of_brand", "name", "good", "bad", "field", "code"),
    [
        ("", "clock-rules", {"rules": [RULE]}, {"rules": [{**RULE, "hours": 0}]}, "rules.0.hours", "rules_changed"),
        ("brand", "clock-rules", {"rules": [RULE]}, {"rules": [RULE, RULE]}, "rules.1.clock", "rules_changed"),
        (
            "brand",
            "acknowledgement-texts",
            {"texts": [TEXT], "other_ways": "Call us."},
            {"texts": [{**TEXT, "text": "{nobody}"}]},
            "texts.0.text",
            "texts_changed",
        ),
    ],
)
def test_they_are_read_and_changed_by_version(
    lead: Caller, staff: Caller, ana: Agency, of_brand: str, name: str, good: Any, bad: Any, field: str, code: str
) -> None:
    path = f"/brands/{ana.brand_ids[0]}/{name}" if of_brand else f"/{name}"
    first = lead.get(path).get_json()
    assert (first["number"], first["saved_at"]) == (0, None)
    refused = lead.patch(path, {**bad, "based_on": 0})
    assert refused.status_code == 422
    assert list(refused.get_json()["errors"]) == [field]
    saved = lead.patch(path, {**good, "based_on": 0}).get_json()
    assert saved == {**lead.get(path).get_json(), **good}
    assert (saved["number"], saved["saved_by"]) == (1, ana.team_lead.name)
    assert lead.patch(path, {**good, "based_on": 0}).get_json()["code"] == code
    assert staff.patch(path, {**good, "based_on": 1}).status_code == 403
