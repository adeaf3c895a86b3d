"""The clocks of a case."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import Choice, Flag, Moment, Strict, Text, Whole


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
