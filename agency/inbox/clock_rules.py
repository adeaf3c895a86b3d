"""By when a case is heard, answered, resolved, and its client says yes: rules as data, and which of them counts. Pure.

A rule says of one clock within how many hours it ends, and how they are counted, for cases of a platform, of a kind,
for complaints or for all others, or for any. Of those that fit a case the one that says most counts; a brand's come
before the agency's, and these before what holds where nobody said anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from channels.items import KINDS
from tenants.brand_hours import times_beside
from tenants.brands import MOST_HOURS, PLATFORMS
from tenants.business_time import BusinessTime, business_time_between, due_after, end_of_business_day
from tenants.errors import Invalid, worded
from tenants.opening_hours import DAY_MINUTES, Hours

HEARD, ANSWERED, RESOLVED = "heard", "answered", "resolved"
CLOCKS: Final = (HEARD, ANSWERED, RESOLVED)
"""Heard: any words of ours. Answered: an answer that is more than that. Resolved: the case is closed."""
CLIENT, CLIENT_PAUSES = "client", "client_pauses"
OF_CLIENT: Final = (CLIENT, CLIENT_PAUSES)
"""Of what waits for the client's yes: by when it comes. By the second the clock of the answer stands until then, by the
first it goes on.
"""
RULED: Final = (*CLOCKS, *OF_CLIENT)
"""What a rule may be about."""
PLAIN, BUSINESS, SAME_DAY = "plain", "business", "same_day"
COUNTED: Final = (PLAIN, BUSINESS, SAME_DAY)
"""By the clock on the wall; while the brand is open; until its business day is over."""
COMPLAINT, OTHER = "complaint", "other"
MOST_RULES: Final = 60


class ClockRule(NamedTuple):
    """One line; `""` for any platform, kind (`channels.items.KINDS`) or case (`complaint`, `other`). `hours` is 0 where
    they are counted `same_day`.
    """

    clock: str
    platform: str = ""
    kind: str = ""
    said: str = ""
    hours: int = 0
    counted: str = PLAIN

    def fits(self, platform: str, kind: str, *, is_complaint: bool) -> bool:
        """Whether it is about such a case."""
        return (
            self.platform in ("", platform)
            and self.kind in ("", kind)
            and self.said in ("", COMPLAINT if is_complaint else OTHER)
        )

    @property
    def weight(self) -> int:
        """How much it says: of what complains before of a kind before of a platform."""
        return 4 * bool(self.said) + 2 * bool(self.kind) + bool(self.platform)


RESOLVED_BY_ITSELF: Final = ClockRule(RESOLVED, said=COMPLAINT, hours=24)
"""Where nobody said otherwise (product brief: a complaint's end is told within 24 hours of it)."""
HOURS_BY_ITSELF: Final = 12
"""Within which every brand answers until somebody says otherwise; other hours come before the agency's rules."""
USUAL: Final = (
    ClockRule(HEARD, "facebook", hours=12),
    ClockRule(ANSWERED, "facebook", hours=12),
    ClockRule(HEARD, counted=SAME_DAY),
    ClockRule(ANSWERED, counted=SAME_DAY),
    RESOLVED_BY_ITSELF,
)
"""What a new agency begins with, and others may (product brief: 12 hours on Facebook, else the same business day)."""


class BrandClocks(NamedTuple):
    """By what one brand's clocks run. `times` is None where it has said nothing of its hours: then business hours are
    plain ones, and its business days are Monday to Friday.
    """

    answer_hours: int
    answer_hours_on: Mapping[str, int]
    zone: str
    times: BusinessTime | None = None
    rules: tuple[ClockRule, ...] = ()
    agency_rules: tuple[ClockRule, ...] = ()

    @classmethod
    def read(cls, row: Sequence[Any]) -> BrandClocks:
        """From what `CLOCKS_OF_BRAND` gives."""
        hours, hours_on, zone, kept, rules, agency_rules = row
        times = None if kept is None else times_beside(kept)
        if times is not None and times.never_open:
            times = None
        return cls(int(hours), hours_on, zone, times, rules_of(rules), rules_of(agency_rules))

    def rule(self, clock: str, platform: str, kind: str, *, is_complaint: bool) -> ClockRule | None:
        """The one that counts for such a case; None where this clock does not run."""
        found = _weightiest(self.rules, clock, platform, kind, is_complaint=is_complaint)
        if found is not None:
            return found
        hours = self.answer_hours_on.get(platform, self.answer_hours) if clock == ANSWERED else HOURS_BY_ITSELF
        if hours == HOURS_BY_ITSELF:
            found = _weightiest(self.agency_rules, clock, platform, kind, is_complaint=is_complaint)
        if found is not None:
            return found
        if clock == ANSWERED:
            return ClockRule(ANSWERED, hours=hours)
        return RESOLVED_BY_ITSELF if clock == RESOLVED and is_complaint else None

    def client_rule(self, platform: str, kind: str, *, is_complaint: bool) -> ClockRule | None:
        """By which the client says yes to what answers such a case; None where nobody said."""
        for rules in (self.rules, self.agency_rules):
            fitting = [r for r in rules if r.clock in OF_CLIENT and r.fits(platform, kind, is_complaint=is_complaint)]
            if fitting:
                return max(fitting, key=lambda one: one.weight)
        return None

    def due_beside(self, rule: ClockRule, since: datetime, stood: Iterable[tuple[datetime, datetime]]) -> datetime:
        """The same of a clock that stood in these spans, in their order and none within another: what was left of its
        time when one began is left when it is over.
        """
        due = self.due(rule, since)
        for begins, ends in stood:
            begins = max(begins, since)
            if begins < min(due, ends):
                due = self._later(rule, due, begins, ends)
        return due

    def _later(self, rule: ClockRule, due: datetime, begins: datetime, ends: datetime) -> datetime:
        times = self.times
        if rule.counted == SAME_DAY and times is None:
            times = _weekdays(self.zone)
        if rule.counted != PLAIN and times is not None:
            found = due_after(ends, business_time_between(begins, due, times), times)
            if found is not None:
                return found
        return due + (ends - begins)

    def due(self, rule: ClockRule, since: datetime) -> datetime:
        """By when, for what began then."""
        plain = since + timedelta(hours=rule.hours)
        if rule.counted == SAME_DAY:
            return end_of_business_day(since, self.times or _weekdays(self.zone)) or since + timedelta(days=1)
        if rule.counted == BUSINESS and self.times is not None:
            return due_after(since, timedelta(hours=rule.hours), self.times) or plain
        return plain


def _weightiest(
    rules: Sequence[ClockRule], clock: str, platform: str, kind: str, *, is_complaint: bool
) -> ClockRule | None:
    """Of those of this clock that fit the first that says most."""
    if not rules:
        return None
    fitting = (r for r in rules if r.clock == clock and r.fits(platform, kind, is_complaint=is_complaint))
    return max(fitting, key=lambda one: one.weight, default=None)


def _weekdays(zone: str) -> BusinessTime:
    day = ((0, DAY_MINUTES),)
    return BusinessTime(Hours(zone, (day,) * 5 + ((),) * 2))


CLOCKS_OF_BRAND: Final = """jsonb_build_array({b}.answer_due_hours, {b}.answer_due_hours_on, {b}.time_zone,
    (select jsonb_build_array(h.zone, h.days, h.sends_in_hours, h.country, h.part, h.special_days) from brand_hours h
        where h.agency_id = {b}.agency_id and h.brand_id = {b}.id),
    (select r.rules from clock_rules r where r.agency_id = {b}.agency_id and r.of_brand_id = {b}.id
        order by r.number desc limit 1),
    (select r.rules from clock_rules r where r.agency_id = {b}.agency_id and r.of_brand_id is null
        order by r.number desc limit 1))"""
"""In a statement with the brand's row under the name `b`: as `BrandClocks.read` reads it."""


def _about(rule: ClockRule) -> tuple[str, ...]:
    return (CLIENT if rule.clock in OF_CLIENT else rule.clock, *rule[1:4])


def rules_of(kept: Sequence[Sequence[Any]] | None) -> tuple[ClockRule, ...]:
    """Rules from what a version keeps; what this release does not know is left out."""
    found = (ClockRule(*one) for one in kept or ())
    return tuple(one for one in found if one.clock in RULED and one.counted in COUNTED)


def checked_rules(given: Sequence[Mapping[str, Any]]) -> tuple[ClockRule, ...]:
    """Rules as somebody gave them, each with `clock`, `platform`, `kind`, `said`, `hours`, `counted`; in their order.

    Raises Invalid naming the fields: `rules`, or one of a line, `rules.0.hours`.
    """
    errors: dict[str, list[str]] = {}
    found: list[ClockRule] = []
    known = {
        "clock": RULED,
        "platform": ("", *PLATFORMS),
        "kind": ("", *KINDS),
        "said": ("", COMPLAINT, OTHER),
        "counted": COUNTED,
    }
    if len(given) > MOST_RULES:
        errors["rules"] = [worded("are too many; %(n)s are enough", n=MOST_RULES)]
        given = ()
    for number, line in enumerate(given):
        words = {name: line.get(name, "") for name in known}
        for name, value in words.items():
            if value not in known[name]:
                errors[f"rules.{number}.{name}"] = [worded("is none of those there are")]
        hours: Any = 0 if words["counted"] == SAME_DAY else line.get("hours")
        if words["counted"] != SAME_DAY and (type(hours) is not int or not 1 <= hours <= MOST_HOURS):
            errors[f"rules.{number}.hours"] = [worded("must be whole hours, 1 to %(most)s", most=MOST_HOURS)]
            continue
        rule = ClockRule(hours=hours, **words)
        if any(_about(rule) == _about(other) for other in found):
            errors[f"rules.{number}.clock"] = [worded("is said twice for the same cases")]
        found.append(rule)
    if errors:
        raise Invalid("These times cannot be used. Nothing was changed; see the fields.", errors=errors)
    return tuple(found)
