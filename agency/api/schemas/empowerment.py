"""What may be given, and the ledger of what was."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import (
    Choice,
    Flag,
    Identifier,
    Items,
    Moment,
    PageQuery,
    Strict,
    Text,
    Whole,
    next_cursor,
)
from styleguides.currencies import LARGEST_MINOR
from styleguides.empowerment import KIND_NAMES

_LONG = 10_000
_MINOR = "in minor units of the currency: cents, grosze; yen, which have none"


class LimitFields(Strict):
    """At most so much of a kind."""

    guideline_id = Identifier(load_default=None, allow_none=True, metadata={"description": "null for the whole brand"})
    kind = Choice(
        *KIND_NAMES,
        required=True,
        metadata={"description": "what it adds up: one case, one customer, one of the staff, or all together"},
    )
    amount_minor = Whole(required=True, most=LARGEST_MINOR, metadata={"description": _MINOR})


class HeldLimit(LimitFields):
    """A limit that holds."""

    from_guideline = Flag(
        required=True, metadata={"description": "it is the guideline's own `offer_limit_cents`, and changed there"}
    )
    is_comparable = Flag(
        required=True, metadata={"description": "false where the guideline names another currency: nothing is left"}
    )


class LimitChanges(Strict):
    """All limits of a brand, in the place of those that hold, and the version that was read."""

    currency = Text(longest=3, required=True, metadata={"description": "ISO 4217, such as `EUR`"})
    version = Whole(required=True, metadata={"description": "0 where nobody wrote any"})
    limits = Items(fields.Nested(LimitFields), required=True)


class Limits(Strict):
    """A brand's currency and limits."""

    brand_id = Identifier(required=True)
    currency = Text(required=True, allow_none=True)
    minor_digits = Whole(required=True, allow_none=True, metadata={"description": "digits of the minor unit"})
    version = Whole(required=True)
    limits = Items(fields.Nested(HeldLimit), required=True)
    changed_at = Moment(required=True, allow_none=True)
    changed_by = Text(required=True)


class LimitState(Strict):
    """A limit that holds in a case, and what is left of it."""

    guideline_id = Identifier(required=True, allow_none=True)
    kind = Choice(*KIND_NAMES, required=True)
    limit_minor = Whole(required=True, most=LARGEST_MINOR)
    given_minor = Whole(required=True, most=2**63 - 1)
    left_minor = Whole(required=True, most=LARGEST_MINOR)


class Room(Strict):
    """What may be given in one scenario, or in none."""

    guideline_id = Identifier(required=True, allow_none=True)
    title = Text(required=True)
    room_minor = Whole(required=True, most=LARGEST_MINOR, metadata={"description": _MINOR})
    limits = Items(fields.Nested(LimitState), required=True)


class SeenLimit(Strict):
    """A limit as it stood when a line was written."""

    guideline_id = Identifier(required=True, allow_none=True)
    kind = Choice(*KIND_NAMES, required=True)
    limit_minor = Whole(required=True, most=LARGEST_MINOR)
    given_minor = Whole(required=True, most=2**63 - 1)


class LedgerLine(Strict):
    """Something given, or taken back."""

    id = Identifier(required=True)
    number = Whole(required=True, metadata={"description": "counts the brand's lines, without a gap"})
    deed = Choice("given", "taken_back", required=True)
    amount_minor = Whole(required=True, most=LARGEST_MINOR, metadata={"description": _MINOR})
    currency = Text(required=True)
    given_on = fields.Date(required=True, metadata={"description": "the brand's day in whose limits it counts"})
    made_on = fields.Date(required=True)
    made_at = Moment(required=True, attribute="created_at")
    made_by = Identifier(required=True)
    made_by_name = Text(required=True)
    conversation_id = Identifier(required=True)
    contact_id = Identifier(required=True, allow_none=True)
    guideline_id = Identifier(required=True, allow_none=True)
    scenario = Text(required=True, metadata={"description": "the guideline's title then"})
    words = Text(required=True, metadata={"description": "what for; personal data is masked"})
    reply_id = Identifier(required=True, allow_none=True)
    over_reason = Text(required=True, allow_none=True)
    limits = Items(fields.Nested(SeenLimit), required=True)
    takes_back = Whole(required=True, allow_none=True, metadata={"description": "number of the line it takes back"})
    taken_back_by = Whole(required=True, allow_none=True, metadata={"description": "number of the line that does"})


class CaseGoodwill(Strict):
    """What may be given in a case now, and what was given in it and to its customer, the newest first."""

    conversation_id = Identifier(required=True)
    currency = Text(required=True, allow_none=True)
    minor_digits = Whole(required=True, allow_none=True)
    rooms = Items(fields.Nested(Room), required=True)
    lines = Items(fields.Nested(LedgerLine), required=True)


class NewGiving(Strict):
    """What to give."""

    amount_minor = Whole(least=1, most=LARGEST_MINOR, required=True, metadata={"description": _MINOR})
    currency = Text(longest=3, required=True, metadata={"description": "the brand's; another one is refused"})
    words = Text(longest=_LONG, required=True, metadata={"description": "what for"})
    guideline_id = Identifier(load_default=None, allow_none=True)
    over_reason = Text(
        longest=_LONG, load_default="", metadata={"description": "why more than the limits leave, by who may give it"}
    )


class TakeBack(Strict):
    """Why a line is taken back."""

    reason = Text(longest=_LONG, required=True)


class LedgerQuery(PageQuery):
    """Which lines."""

    month = Text(longest=7, load_default=None, metadata={"description": "such as `2026-11`; all without it"})


class LedgerPage(Strict):
    """Lines, the newest first."""

    items = Items(fields.Nested(LedgerLine), required=True)
    next_cursor = next_cursor()
