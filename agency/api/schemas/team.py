"""Who works when, speaks and can what; absences; handovers."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import Choice, Flag, Identifier, Items, Moment, Strict, Text, Whole
from agency.inbox.team_models import ABSENCE_STATES
from tenants.shifts import Standing


class Colleague(Strict):
    """Somebody who works on cases, as their shifts are at this moment."""

    person_id = Identifier(required=True)
    name = Text(required=True)
    standing = Choice(
        *(one.value for one in Standing), required=True, metadata={"description": "unknown: nobody wrote when"}
    )
    until = Moment(required=True, allow_none=True, metadata={"description": "when the shift that runs ends"})
    next_from = Moment(required=True, allow_none=True, metadata={"description": "when the next one begins"})
    languages = Items(Text(), required=True)
    skills = Items(Text(), required=True)
    held = Whole(
        required=True,
        allow_none=True,
        metadata={"description": "open cases they hold, of brands you see; null for who leads no team"},
    )
    most_cases = Whole(
        required=True, allow_none=True, metadata={"description": "so many they are to hold; null: no limit, or as held"}
    )


class TeamList(Strict):
    """Colleagues by name."""

    items = Items(fields.Nested(Colleague), required=True)


class Absence(Strict):
    """Days somebody is away, both included."""

    id = Identifier(required=True)
    person_id = Identifier(required=True)
    person_name = Text(required=True)
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)
    stand_in_id = Identifier(required=True, allow_none=True)
    stand_in_name = Text(required=True, allow_none=True)
    state = Choice(*ABSENCE_STATES, required=True)


class AbsenceList(Strict):
    """Absences that are not over, by their first day."""

    items = Items(fields.Nested(Absence), required=True)


class AbsenceQuery(Strict):
    """Whose."""

    whose = Choice("mine", "all", load_default="mine", metadata={"description": "all: for who leads the team"})


class HandoverQuery(Strict):
    """Whose."""

    whose = Choice(
        "mine", "open", load_default="mine", metadata={"description": "open: everybody's that want a lead's eye"}
    )


class Handover(Strict):
    """Cases one colleague offers another at the end of a shift."""

    id = Identifier(required=True)
    from_person_id = Identifier(required=True)
    from_name = Text(required=True)
    to_person_id = Identifier(required=True)
    to_name = Text(required=True)
    cases = Whole(required=True, attribute="case_count")
    offered_at = Moment(required=True)
    answer_by = Moment(required=True)
    ended = Flag(required=True)
    left = Whole(
        required=True,
        allow_none=True,
        metadata={"description": "of `open`: cases that lapsed, are open, and nobody has; null of one's own"},
    )


class HandoverList(Strict):
    """Of one's own the newest first; of all those with something left first, then by when an answer is due."""

    items = Items(fields.Nested(Handover), required=True)
