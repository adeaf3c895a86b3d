"""The clocks of a case."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import Choice, Flag, Items, Moment, Strict, Text, Whole
from agency.inbox.clock_rules import COUNTED, RULED


class ClockRule(Strict):
    """What set a clock's end: for cases of a platform, of a kind, of complaints or others (empty for any), within so
    many hours, counted plainly, as business hours, or until the same business day is over.
    """

    platform = Text(required=True)
    kind = Text(required=True)
    said = Choice("", "complaint", "other", required=True)
    hours = Whole(required=True)
    counted = Choice("plain", "business", "same_day", required=True)


class ClientSpan(Strict):
    """A time in which the client had a reply that waits for a yes; `until` is null while they have it. `due_at` is by
    when a rule has them say it, null where no rule does; `pauses`: until then the clock of the answer stands.
    """

    since = Moment(required=True)
    until = Moment(required=True, allow_none=True)
    due_at = Moment(required=True, allow_none=True, attribute="due")
    pauses = Flag(required=True)


class CaseClock(Strict):
    """One of the clocks heard, answered, resolved that a rule sets; `stopped_at` is null while it runs."""

    clock = Choice("heard", "answered", "resolved", required=True, attribute="name")
    since = Moment(required=True)
    due_at = Moment(required=True, attribute="due")
    stopped_at = Moment(required=True, allow_none=True, attribute="stopped")
    rule = fields.Nested(ClockRule, required=True)


class RuleLine(Strict):
    """A rule: of a clock, or by when the client says yes (`client`; with `client_pauses` the clock of the answer stands
    until then), for cases of a platform, of a kind, of complaints or others, each empty for any.
    """

    clock = Choice(*RULED, required=True)
    platform = Text(load_default="")
    kind = Text(load_default="")
    said = Choice("", "complaint", "other", load_default="")
    hours = Whole(load_default=0, metadata={"description": "0 where `counted` is same_day"})
    counted = Choice(*COUNTED, load_default="plain")


class ClockRules(Strict):
    """A version of the rules; 0 is what holds before anybody saved any."""

    number = Whole(required=True)
    rules = Items(fields.Nested(RuleLine), required=True)
    saved_by = Text(required=True)
    saved_at = Moment(required=True, allow_none=True)


class NewClockRules(Strict):
    """Rules to put in force."""

    rules = Items(fields.Nested(RuleLine), required=True)
    based_on = Whole(required=True, metadata={"description": "`number` of the version they were changed from"})
