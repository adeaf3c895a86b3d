"""Saying that somebody was heard, by a person: the words to begin with, filled from the case and the brand's clocks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from agency.inbox.brand_clocks import clocks_of_brands
from agency.inbox.case import Case
from agency.inbox.case_clocks import clocks_of
from agency.inbox.clock_rules import ANSWERED, BrandClocks
from agency.replies.acknowledgement_versions import texts_in_use
from agency.replies.beginnings import values_for
from agency.replies.checks import words_kind
from styleguides.heard_words import BY, HOURS, OTHER_WAYS, OURS, begun, by_words, hours_words, rounded_down, text_for
from tenants import clock

_SOONEST_MINUTES = 30
"""Nobody is promised an answer in less: the time that is left would be over before it is read."""


class Acknowledgement(NamedTuple):
    """Words to begin with. `missing` are places nobody could fill; `is_ours`: the brand has no text of its own in this
    language.
    """

    text: str
    language: str
    missing: tuple[str, ...]
    is_ours: bool


def acknowledgement_for(case: Case, kept_clocks: dict[str, Any], *, private: bool) -> Acknowledgement:
    """The brand's words for this case in the customer's language, else ours in it, else in the brand's, else in
    English. Three statements.
    """
    language = case.language or case.brand_language
    own = texts_in_use(case.brand_id)
    kind = words_kind(case.kind, private=private)
    found = None
    for wanted in dict.fromkeys((language, case.brand_language, "en")):
        found = text_for(own.texts, case.platform, kind, wanted) or text_for(OURS, case.platform, kind, wanted)
        if found is not None:
            break
    assert found is not None, "ours are in English, too"
    brand = clocks_of_brands([case.brand_id])[case.brand_id]
    values = dict(values_for(case)) | place_values(
        brand,
        found.language,
        own.other_ways,
        answer_by(case.platform, case.kind, brand, kept_clocks, is_complaint=case.is_complaint),
        clock.now(),
    )
    filled = begun(found.text, values)
    return Acknowledgement(filled.text, found.language, filled.missing, found not in own.texts)


def answer_by(
    platform: str, kind: str, brand: BrandClocks, kept_clocks: dict[str, Any], *, is_complaint: bool
) -> datetime:
    """By when an answer is to be promised: when its clock ends; where that is over or nearly, what the same rule gives
    from now on. To a quarter of an hour.
    """
    now = clock.now()
    runs = next((one for one in clocks_of(kept_clocks) if one.name == ANSWERED and one.stopped is None), None)
    due = rounded_down(runs.due) if runs is not None else now
    if (due - now).total_seconds() >= _SOONEST_MINUTES * 60:
        return due
    rule = brand.rule(ANSWERED, platform, kind, is_complaint=is_complaint)
    assert rule is not None, "this clock always runs"
    return max(rounded_down(brand.due(rule, now)), now)


def place_values(
    brand: BrandClocks, language: str, other_ways: str, due_at: datetime, now: datetime
) -> dict[str, str | None]:
    """What fills the places that saved replies do not have."""
    times = brand.times
    zone = ZoneInfo(times.hours.zone if times is not None else brand.zone)
    return {
        BY: by_words(due_at, now, zone, language) if due_at > now else None,
        HOURS: hours_words(times.hours.days, language) or None if times is not None else None,
        OTHER_WAYS: other_ways.rstrip(".") or None,
    }
