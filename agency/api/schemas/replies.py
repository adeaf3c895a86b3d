"""Replies, decisions about them, and receipts."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from agency.api.schemas.fields import Choice, Flag, Identifier, Items, Moment, Strict, Text, Whole
from agency.replies.lifecycle import STATES
from agency.replies.live_models import LIVE_STATES, SEEN_BY
from agency.replies.sending_time import When
from agency.replies.troubles import TROUBLES

LONGEST_REPLY = 20_000
"""Beyond the rooms' own limit, so that their sentence explains it."""


class Finding(Strict):
    """What the style check says about a span of the text, in Unicode code points."""

    rule = Text(required=True)
    level = Choice("stop", "warn", "hint", required=True)
    message = Text(required=True)
    start = Whole(required=True)
    end = Whole(required=True)
    suggestion = Text(required=True, allow_none=True)
    needs_approval = Flag(dump_default=False)


class NewReply(Strict):
    """A draft; without `in_reply_to` it answers the newest customer message."""

    text = Text(longest=LONGEST_REPLY, required=True)
    in_reply_to = Identifier(load_default=None, allow_none=True)
    private = Flag(
        load_default=False,
        metadata={"description": "a message to whoever wrote the comment; answers to messages are private anyway"},
    )
    automatic = Flag(
        load_default=False,
        metadata={"description": "a rule chose these words: the platform's shorter window of messages holds"},
    )
    replaces = Text(
        longest=64,
        load_default=None,
        allow_none=True,
        metadata={"description": "SHA-256 of a review's answer written elsewhere that this one takes the place of"},
    )
    saved_reply_id = Identifier(
        load_default=None,
        allow_none=True,
        metadata={"description": "the saved reply these words began from; its use is counted when they are sent"},
    )


class ReplyWords(Strict):
    """The words a reply shall have."""

    text = Text(longest=LONGEST_REPLY, required=True)


class EditedReply(ReplyWords):
    """New words of a draft."""

    replaces = Text(
        longest=64,
        load_default=None,
        allow_none=True,
        metadata={"description": "as in a new reply; the empty word: nothing; without it nothing changes"},
    )
    saved_reply_id = Identifier(
        load_default=None,
        allow_none=True,
        metadata={"description": "as in a new reply; without it nothing changes"},
    )
    version = Whole(
        load_default=None,
        allow_none=True,
        metadata={"description": "the draft's as it was read: 409 `draft_changed` where it is another now"},
    )


class LeavingWords(Strict):
    """Which words leave their writer; without it, those there are."""

    text_hash = Text(
        longest=64,
        load_default=None,
        allow_none=True,
        metadata={"description": "of the words as they were shown: 409 `text_changed` where they are others now"},
    )
    when = Choice(
        "default",
        "now",
        "hours",
        "chosen",
        load_default="default",
        metadata={"description": "when they go out: at once, in the brand's hours, `at`, or as the brand has it"},
    )
    at = Moment(load_default=None, allow_none=True, metadata={"description": "the moment, where `when` is `chosen`"})
    only_heard = Flag(
        load_default=False,
        metadata={"description": "a holding reply: it stops only the clock of being heard, and its case stays open"},
    )


class SendingTime(Strict):
    """Another time for a reply that waits."""

    when = Choice("now", "hours", "chosen", required=True)
    at = Moment(load_default=None, allow_none=True)


def when_of(body: dict[str, Any]) -> When:
    """The time that a body asks for."""
    return When(body.get("when", "default"), body.get("at"))


class LetGo(Strict):
    """Why words go in spite of what stops them, as the client and the receipt show it; `text_hash` of those words as
    the reply was read.
    """

    reason = Text(longest=5_000, required=True)
    text_hash = Text(longest=64, required=True)


class Reason(Strict):
    """Why a published answer is taken back; the record keeps it."""

    reason = Text(longest=5_000, required=True)


class GivenVariant(Strict):
    """A further wording for the client to choose in the place of the first."""

    text = Text(longest=LONGEST_REPLY, required=True)
    is_safe = Flag(
        load_default=False,
        metadata={"description": "goes out if nobody answers; only where the brand's approval policy sends such a one"},
    )


class GivenVariants(Strict):
    """All wordings beside the first, two at most; none takes them away."""

    items = Items(fields.Nested(GivenVariant), required=True)
    seen = Text(
        longest=64,
        load_default=None,
        allow_none=True,
        metadata={"description": "`seen` as they were read: 409 `variants_changed` where they are others now"},
    )


class Variant(Strict):
    """A wording beside the first. `place` 2 or 3: the reply's own text is the first."""

    place = Whole(required=True)
    text = Text(required=True, attribute="text.text")
    text_hash = Text(
        required=True, attribute="text.text_hash", metadata={"description": "`approve` with it approves this wording"}
    )
    findings = Items(fields.Nested(Finding), required=True, attribute="text.findings")
    guide_version = Whole(required=True, allow_none=True, attribute="text.guide_version")
    written_by = Text(required=True, attribute="text.author_name")
    is_safe = Flag(required=True)
    is_offered = Flag(
        required=True, metadata={"description": "the reply waits for a yes and this is one of what was shown"}
    )


class Variants(Strict):
    """All wordings beside a reply's first, in order."""

    reply_id = Identifier(required=True)
    items = Items(fields.Nested(Variant), required=True)
    seen = Text(required=True, metadata={"description": "names these wordings, for changing them; empty for none"})


class ShownText(Strict):
    """Which words the approver was shown: `text_hash` of the reply as it was read, or of a variant that is offered.

    With `state_since` of that reading, the decision also fails where the same words were sent for approval anew since,
    for example because the customer changed the message they answer.
    """

    text_hash = Text(longest=64, required=True)
    state_since = Moment()


class ChangedWords(ShownText):
    """The approver's own words, and which words they stand in the place of."""

    text = Text(longest=LONGEST_REPLY, required=True)


class DeclineReason(ShownText):
    """Why the reply is declined, and which words."""

    reason = Text(longest=5_000, required=True)


class ChangeNote(ShownText):
    """What the writer should change, and in which words."""

    note = Text(longest=5_000, required=True)


class Resolution(Strict):
    """What became of a send nobody could follow, and how the lead knows."""

    outcome = Choice("published", "approved", "refused", required=True)
    reason = Text(longest=5_000, required=True)
    platform_id = Text(longest=300, load_default=None, allow_none=True)


class Request(Strict):
    """That somebody was asked by a mail for a yes to exactly one text, and how it ended."""

    id = Identifier(required=True)
    approver_id = Identifier(required=True)
    approver = Text(required=True, attribute="approver_name")
    asked_at = Moment(required=True, attribute="created_at")
    text_hash = Text(required=True, metadata={"description": "of the words that were asked about"})
    expires_at = Moment(required=True, metadata={"description": "until when the mail's link decides"})
    ended_at = Moment(required=True, allow_none=True)
    ended_because = Text(
        required=True,
        allow_none=True,
        metadata={"description": "the move that ended it, `asked_anew`, `expired` or `approver_left`; null while open"},
    )
    ended_by = Text(required=True, allow_none=True, attribute="ended_by_name")


class Requests(Strict):
    """Everybody who was asked about a reply by mail."""

    reply_id = Identifier(required=True)
    items = Items(fields.Nested(Request), required=True)


class Reply(Strict):
    """A reply with the words it has now."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    conversation_id = Identifier(required=True)
    account_id = Identifier(required=True)
    in_reply_to = Identifier(required=True, attribute="in_reply_to_id")
    platform = Text(required=True)
    kind = Text(required=True)
    private = Flag(required=True)
    automatic = Flag(required=True)
    only_heard = Flag(
        required=True, metadata={"description": "a holding reply: it stops only the clock of being heard"}
    )
    deed = Choice("reply", "edit", "withdraw", required=True)
    changes_reply_id = Identifier(required=True, allow_none=True)
    deed_reason = Text(required=True, allow_none=True)
    saved_reply_id = Identifier(required=True, allow_none=True)
    state = Choice(*STATES, required=True)
    state_since = Moment(required=True)
    state_reason = Text(required=True, allow_none=True)
    text = Text(required=True)
    text_hash = Text(required=True, metadata={"description": "SHA-256, hex, of the UTF-8 bytes of the text in NFC"})
    version = Whole(required=True, metadata={"description": "grows with each change of a draft's words"})
    typed = Flag(
        required=True,
        metadata={"description": "a draft's words as somebody types them: nobody has checked or handed them in"},
    )
    variant_count = Whole(required=True, metadata={"description": "further wordings that stand beside the text"})
    findings = Items(fields.Nested(Finding), required=True)
    guide_version = Whole(required=True, allow_none=True)
    let_go_reason = Text(
        required=True, allow_none=True, metadata={"description": "why a lead let them go in spite of what stops them"}
    )
    let_go_by = Text(required=True, allow_none=True, attribute="let_go_by_name")
    stopped_by_version = Whole(
        required=True,
        allow_none=True,
        metadata={"description": "the style guide that came in force since these words were checked and stops them"},
    )
    stopped_now = Text(required=True, allow_none=True, metadata={"description": "what it says"})
    written_by = Text(required=True, attribute="written_by_name")
    written_by_id = Identifier(required=True, attribute="written_by")
    created_at = Moment(required=True)
    submitted_at = Moment(required=True, allow_none=True)
    not_before = Moment(
        required=True, allow_none=True, metadata={"description": "it leaves no earlier, and if all still holds then"}
    )
    not_before_because = Choice(
        "undo",
        "chosen",
        "hours",
        required=True,
        allow_none=True,
        metadata={
            "description": "until then it can be undone, somebody chose the moment, or the brand's hours begin: they "
            "have no moment while it waits for a yes"
        },
    )
    trouble = Choice(
        *sorted(TROUBLES),
        required=True,
        allow_none=True,
        metadata={"description": "what holds it back, or became of a sending that did not get through"},
    )
    published_at = Moment(required=True, allow_none=True)
    read_back_at = Moment(required=True, allow_none=True)
    platform_id = Text(required=True, allow_none=True)
    live_state = Text(required=True, allow_none=True)


class Attempt(Strict):
    """One call, or one look, at the platform."""

    at = Moment(required=True)
    request_id = Identifier(required=True)
    outcome = Text(required=True, allow_none=True)
    detail = Text(required=True, allow_none=True)


class LiveChange(Strict):
    """That a published answer came to stand differently on its platform."""

    at = Moment(required=True)
    from_state = Choice(*LIVE_STATES, required=True, allow_none=True)
    to_state = Choice(*LIVE_STATES, required=True)
    seen_by = Choice(
        *SEEN_BY, required=True, metadata={"description": "`us`: by a change or taking back of our own that stands"}
    )
    reason = Text(required=True, allow_none=True, metadata={"description": "the platform's own word"})
    text_hash = Text(
        required=True, allow_none=True, metadata={"description": "SHA-256 of the words there, where they are not ours"}
    )


class After(Strict):
    """What came after it was published."""

    live_changes = Items(fields.Nested(LiveChange), required=True)
    wrote_again_at = Moment(
        required=True, allow_none=True, metadata={"description": "the customer's next words in this case"}
    )
    answered_again_by = Identifier(
        required=True, allow_none=True, metadata={"description": "the published reply that followed those"}
    )


class Receipt(Strict):
    """Who wrote and changed it, what was checked, who said yes, what was sent, what stands."""

    reply_id = Identifier(required=True)
    brand_id = Identifier(required=True)
    account_id = Identifier(required=True)
    platform = Text(required=True)
    deed = Choice("reply", "edit", "withdraw", required=True)
    private = Flag(required=True)
    changes_reply_id = Identifier(required=True, allow_none=True)
    deed_reason = Text(required=True, allow_none=True)
    changed_by_reply_ids = Items(Identifier(), required=True)
    state = Choice(*STATES, required=True)
    text = Text(required=True)
    text_hash = Text(required=True)
    written_by = Text(required=True)
    changed_by = Text(required=True, allow_none=True)
    guide_version = Whole(required=True, allow_none=True)
    findings = Items(fields.Nested(Finding), required=True)
    let_go_reason = Text(required=True, allow_none=True)
    let_go_by = Text(required=True, allow_none=True)
    approved_by = Text(required=True, allow_none=True)
    approved_at = Moment(required=True, allow_none=True)
    decision = Text(required=True, allow_none=True)
    wording = Whole(
        required=True,
        allow_none=True,
        metadata={
            "description": "the number of the wording that was chosen, or begun from, where several were offered"
        },
    )
    wordings = Whole(required=True, allow_none=True, metadata={"description": "how many were offered"})
    attempts = Items(fields.Nested(Attempt), required=True)
    looks = Items(fields.Nested(Attempt), required=True)
    platform_id = Text(required=True, allow_none=True)
    published_at = Moment(required=True, allow_none=True)
    read_back_at = Moment(required=True, allow_none=True)
    live_state = Text(required=True, allow_none=True)
    after = fields.Nested(After, required=True)
