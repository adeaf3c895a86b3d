"""A reply from its first draft to its receipt."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from agency.replies.acknowledgement_models import AcknowledgementTexts as AcknowledgementTexts
from agency.replies.customer_promise_models import CustomerPromise as CustomerPromise
from agency.replies.lifecycle import STATES
from agency.replies.live_models import LiveChange as LiveChange
from agency.replies.policy_models import ApprovalPolicy as ApprovalPolicy
from agency.replies.sending_models import VisibilityLag as VisibilityLag
from agency.replies.variant_models import ReplyVariant as ReplyVariant
from agency.replies.wording_models import AnsweredWord as AnsweredWord
from agency.replies.wording_models import SentWording as SentWording
from agency.replies.wording_models import Wording as Wording
from tenants.database import Base, BrandOwned, Dated, belongs_to

_STATE_LIST = ", ".join(f"'{state}'" for state in STATES)
NOT_LEFT = ("draft", "dropped")
"""States of a reply that is still its writer's, or nobody's."""
IN_FLIGHT = "state in ('publishing', 'outcome_unknown')"
LETS_OUT = ("approved", "released", "by_policy")
"""Decisions by which words may be published."""
LETS_ON = ("step_approved", "step_passed")
"""Decisions that take a reply past a step of its policy."""
UNDECIDED_STATES = ("draft", "awaiting_approval", "approved")
"""States of a reply whose words a guide that comes in force may still stop."""
UNDECIDED = "state in ('draft', 'awaiting_approval', 'approved')"
DECIDED_STATES = ("approved", "publishing", "outcome_unknown", "refused", "declined")
"""States of a reply that somebody decided on and that does not stand published."""


class Reply(BrandOwned, Dated, Base):
    """One answer to one message. `state` moves only through `agency.replies.lifecycle`.

    It carries brand, account and target from the conversation; nobody picks them. `target_fingerprint` is SHA-256
    over where the words go and what they answer, and is what an approval is bound to beside the text.
    `deed` is `reply`, or what it does to our earlier answer `changes_reply_id`: `edit` or `withdraw` it. `private` asks
    for a message to the person instead of words under theirs. `deed_reason` says why ours is withdrawn. `only_heard`: a
    holding reply, which stops the clock of being heard and answers nothing. `automatic`:
    a rule chose the words and no person changed them since, so the shorter window of messages holds. `acknowledges`:
    they say by themselves that the customer was heard, in the brand's texts of that version. `replaces_text` is
    a review's answer written elsewhere that this one takes the place of, knowingly. `saved_reply_id` is the saved reply
    the draft began from, `began_with` its words as they were put in. `complaint`: whether it answers a complaint, as it
    was when the reply left its writer (`agency.replies.checks.case_of`); None until then. `stopped_now` says what a
    guide that came in force after these words were checked, version `stopped_by_version`, stops in them.
    `question_kept`: the words it answered are found by those of near questions (`answered_word`); False until then of
    what was published before there was such a table.
    `draft_text` are words of a draft that were kept while somebody typed and that nobody has checked or handed in;
    None where its newest `ReplyText` is what stands there. `draft_version` grows with each change of the words,
    `draft_form` and `draft_turn` are the open form that kept them last and its count (`agency.replies.keeping`).
    `policy_number` is the version of the brand's approval policy that the reply was sent for approval or released by,
    0 where there was none; `waits_step` the step of it that waits, from 1; `waits_because` why
    (`agency.replies.waiting`); `waits_clock` where its waiting stands (`agency.replies.policy_clock`), `waits_due_at`
    when that is looked at next, None for never. `variant_count` is how many further wordings stand beside the text
    (`reply_variant`).
    `not_before` is when it may leave at the earliest, `not_before_because` why: `undo` (until then it can be taken back
    at a press), `chosen` (somebody chose the moment) or `hours` (the brand's hours; no moment while it has no yes).
    `trouble` is what holds it back, or became of its last sending: a word of `agency.replies.troubles`, None for none.
    `sent_at` is when the last attempt left, `lease_until` when a sender that went silent is given up (database clock).
    `live_state` is how it was last seen to stand on the platform (`agency.replies.live_models`); at `live_due_at` that
    is read again, None for no more (`agency.replies.live_sweep`).
    """

    __tablename__ = "reply"
    conversation_id: Mapped[UUID]
    account_id: Mapped[UUID]
    in_reply_to_id: Mapped[UUID]
    in_reply_to_external_id: Mapped[str] = mapped_column(Text)
    in_reply_to_content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    thread_external_id: Mapped[str] = mapped_column(Text)
    platform: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    private: Mapped[bool] = mapped_column(default=False, server_default="false")
    deed: Mapped[str] = mapped_column(Text, default="reply", server_default="reply")
    changes_reply_id: Mapped[UUID | None]
    deed_reason: Mapped[str | None] = mapped_column(Text)
    replaces_text: Mapped[str | None] = mapped_column(Text)
    only_heard: Mapped[bool] = mapped_column(default=False, server_default="false")
    automatic: Mapped[bool] = mapped_column(default=False, server_default="false")
    acknowledges: Mapped[int | None]
    saved_reply_id: Mapped[UUID | None]
    began_with: Mapped[str | None] = mapped_column(Text)
    complaint: Mapped[bool | None]
    stopped_by_version: Mapped[int | None]
    stopped_now: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="draft")
    state_since: Mapped[datetime]
    state_reason: Mapped[str | None] = mapped_column(Text)
    text_id: Mapped[UUID | None]
    draft_text: Mapped[str | None] = mapped_column(Text)
    draft_version: Mapped[int] = mapped_column(default=0, server_default="0")
    draft_by: Mapped[UUID | None]
    draft_by_name: Mapped[str | None] = mapped_column(Text)
    draft_at: Mapped[datetime | None]
    draft_form: Mapped[str | None] = mapped_column(Text)
    draft_turn: Mapped[int] = mapped_column(default=0, server_default="0")
    target_fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    written_by: Mapped[UUID]
    written_by_name: Mapped[str] = mapped_column(Text)
    submitted_at: Mapped[datetime | None]
    policy_number: Mapped[int | None]
    waits_step: Mapped[int | None]
    waits_because: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    variant_count: Mapped[int] = mapped_column(default=0, server_default="0")
    waits_clock: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    waits_due_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    not_before_because: Mapped[str | None] = mapped_column(Text)
    trouble: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    next_try_at: Mapped[datetime | None]
    absent_reads: Mapped[int] = mapped_column(default=0, server_default="0")
    resends: Mapped[int] = mapped_column(default=0, server_default="0")
    platform_id: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[datetime | None]
    read_back_at: Mapped[datetime | None]
    live_state: Mapped[str | None] = mapped_column(Text)
    live_due_at: Mapped[datetime | None]
    question_kept: Mapped[bool] = mapped_column(default=False, server_default="false")
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        belongs_to("account", "account_id"),
        Index("ix_reply_conversation", "agency_id", "conversation_id", "id"),
        Index("ix_reply_state", "agency_id", "state", "state_since"),
        Index(
            "ix_reply_of_brand",
            "agency_id",
            "brand_id",
            "id",
            postgresql_where=text("state not in ('draft', 'dropped')"),
        ),
        Index(
            "ix_reply_published_by",
            "agency_id",
            "brand_id",
            "written_by",
            postgresql_where=text("state = 'published' and deed = 'reply'"),
        ),
        Index("ix_reply_live_due", "agency_id", "live_due_at", postgresql_where=text("live_due_at is not null")),
        Index(
            "ix_reply_waits_due", "agency_id", "waits_due_at", "id", postgresql_where=text("waits_due_at is not null")
        ),
        Index("ix_reply_brand_state", "agency_id", "brand_id", "state", "state_since", "id"),
        Index("ix_reply_undecided", "agency_id", "brand_id", "id", postgresql_where=text(UNDECIDED)),
        Index(
            "ix_reply_question_not_kept",
            "agency_id",
            "id",
            postgresql_where=text("state = 'published' and deed = 'reply' and not question_kept"),
        ),
        Index(
            "uq_reply_acknowledges",
            "agency_id",
            "conversation_id",
            "brand_id",
            unique=True,
            postgresql_where=text("acknowledges is not null and kind <> 'message'"),
        ),
        Index(
            "uq_reply_in_flight",
            "agency_id",
            "conversation_id",
            "brand_id",
            unique=True,
            postgresql_where=text(IN_FLIGHT),
        ),
        Index(
            "uq_reply_platform_id",
            "agency_id",
            "account_id",
            "platform_id",
            unique=True,
            postgresql_where=text("platform_id is not null and platform <> 'google_business' and deed = 'reply'"),
        ),
        CheckConstraint(f"state in ({_STATE_LIST})", name="state_is_known"),
        CheckConstraint("deed in ('reply', 'edit', 'withdraw')", name="deed_is_known"),
        CheckConstraint("(deed = 'reply') = (changes_reply_id is null)", name="changes_name_what_they_change"),
        CheckConstraint("state <> 'published' or published_at is not null", name="published_has_a_time"),
        CheckConstraint("draft_text is null or state = 'draft'", name="only_drafts_are_typed"),
        CheckConstraint(
            "case not_before_because when 'hours' then true when 'undo' then not_before is not null"
            " when 'chosen' then not_before is not null else not_before is null and not_before_because is null end",
            name="goes_out_later_for_a_reason",
        ),
        Index(
            "ix_reply_goes_out_later",
            "agency_id",
            "not_before",
            "id",
            postgresql_where=text("state = 'approved' and not_before is not null"),
        ),
    )


class ReplyText(BrandOwned, Dated, Base):
    """The words of a reply at one moment; never changed, a change is another row. `text_hash` is SHA-256, hex.
    `is_further`: they were written as a wording beside the first, to choose from.

    `let_go_rules` are the ids of rules that stop these words and that a lead, `let_go_by`, let them go in spite of, for
    `let_go_reason`. `passed` says of a check that stopped nothing what it was about, as one hash
    (`styleguides.passed_check`): while that would be the same, it need not be made again.
    """

    __tablename__ = "reply_text"
    reply_id: Mapped[UUID]
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    text_hash: Mapped[str] = mapped_column(Text)
    author_id: Mapped[UUID]
    author_name: Mapped[str] = mapped_column(Text)
    by_approver: Mapped[bool] = mapped_column(default=False, server_default="false")
    is_further: Mapped[bool] = mapped_column(default=False, server_default="false")
    guide_version: Mapped[int | None]
    findings: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    passed: Mapped[bytes | None] = mapped_column(LargeBinary)
    let_go_rules: Mapped[list[Any] | None] = mapped_column(JSONB)
    let_go_reason: Mapped[str | None] = mapped_column(Text)
    let_go_by: Mapped[UUID | None]
    let_go_by_name: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to("reply", "reply_id"),
        UniqueConstraint("agency_id", "reply_id", "number", "brand_id"),
        {"info": {"app_may": ("SELECT", "INSERT")}},
    )


class Approval(BrandOwned, Dated, Base):
    """One decision about exactly one text for exactly one target.

    `decision` is `approved`, `step_approved` (a yes that others must follow), `released` (the policy asks for no yes),
    `declined` or `changes_asked`; or, where nobody answered, what the signed policy says that means: `by_policy` (its
    safe variant goes out) or `step_passed` (those of the next step are asked). Nobody decided these: `decided_by` is
    None. `policy_number` is the version of the brand's policy it was made by, 0 where there
    was none, and `step` the one of its steps. A lapsed approval keeps its row, with when and why it was voided.
    `came_by` is the door the person came by (`tenants.permissions.Actor`); None where that was not kept. Where several
    wordings were offered, `wording` is the number of the one the decision is about, or began from, of `wordings`.
    `outcome_told_at`: whoever said yes was mailed what became of it (`outcome_mail_id`), or is not to be.
    """

    __tablename__ = "approval"
    reply_id: Mapped[UUID]
    reply_text_id: Mapped[UUID]
    text_hash: Mapped[str] = mapped_column(Text)
    target_fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    decision: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[UUID | None]
    decided_by_name: Mapped[str] = mapped_column(Text)
    policy_number: Mapped[int | None]
    step: Mapped[int | None]
    came_by: Mapped[str | None] = mapped_column(Text)
    wording: Mapped[int | None]
    wordings: Mapped[int | None]
    outcome_told_at: Mapped[datetime | None]
    outcome_mail_id: Mapped[UUID | None]
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to("reply", "reply_id"),
        belongs_to("reply_text", "reply_text_id"),
        Index("ix_approval_reply", "agency_id", "reply_id", "created_at"),
        Index(
            "ix_approval_untold",
            "agency_id",
            "id",
            postgresql_where=text("outcome_told_at is null and decision in ('approved', 'step_approved')"),
        ),
        Index(
            "uq_approval_live",
            "agency_id",
            "reply_id",
            "brand_id",
            unique=True,
            postgresql_where=text("voided_at is null and decision in ('approved', 'released', 'by_policy')"),
        ),
        CheckConstraint(
            "decision in ('approved', 'step_approved', 'released', 'declined', 'changes_asked', 'by_policy',"
            " 'step_passed')",
            name="decision_is_known",
        ),
        CheckConstraint(
            "(decided_by is null) = (decision in ('by_policy', 'step_passed'))", name="nobody_decides_for_a_policy"
        ),
    )


class ApprovalRequest(BrandOwned, Dated, Base):
    """That one person was asked for a yes to exactly one text for exactly one target, and what became of it.

    `asked_at` is when the reply came to wait (its `state_since`): a reply sent anew is asked about anew. `mail_id` is
    the mail that asked. It ends once: `ended_because` is the move that ended it, or a word of
    `agency.replies.approval_requests.ENDINGS`, `ended_words` the reason where nobody did it, `ended_by` whoever did it,
    None for the system. `from_address` and `from_browser` are set where the decision came by its own link.
    """

    __tablename__ = "approval_request"
    reply_id: Mapped[UUID]
    reply_text_id: Mapped[UUID]
    text_hash: Mapped[str] = mapped_column(Text)
    target_fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    account_id: Mapped[UUID]
    approver_id: Mapped[UUID]
    approver_name: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    mail_id: Mapped[UUID | None]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None] = mapped_column(Text)
    ended_words: Mapped[str | None] = mapped_column(Text)
    ended_by: Mapped[UUID | None]
    ended_by_name: Mapped[str | None] = mapped_column(Text)
    from_address: Mapped[str | None] = mapped_column(Text)
    from_browser: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to("reply", "reply_id"),
        belongs_to("reply_text", "reply_text_id"),
        belongs_to("account", "account_id"),
        Index("ix_approval_request_reply", "agency_id", "reply_id", "id"),
        Index("ix_approval_request_open", "agency_id", "expires_at", "id", postgresql_where=text("ended_at is null")),
        CheckConstraint("(ended_at is null) = (ended_because is null)", name="an_end_says_why"),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )


class PublishAttempt(BrandOwned, Dated, Base):
    """One call, or one look, at the platform. Written before the call leaves; `outcome` follows.

    `outcome` is None while in flight, then `published`, `refused`, `not_sent`, `unknown`, `found` or `absent`.
    """

    __tablename__ = "publish_attempt"
    reply_id: Mapped[UUID]
    reply_text_id: Mapped[UUID]
    fence: Mapped[int] = mapped_column(BigInteger)
    request_id: Mapped[UUID]
    deed: Mapped[str] = mapped_column(Text, default="send")
    outcome: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
    platform_id: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("reply", "reply_id"),
        Index("ix_publish_attempt_reply", "agency_id", "reply_id", "created_at"),
        Index(
            "uq_publish_attempt_send",
            "agency_id",
            "reply_id",
            "fence",
            "brand_id",
            unique=True,
            postgresql_where=text("deed = 'send'"),
        ),
        CheckConstraint("deed in ('send', 'look')", name="deed_is_known"),
    )
