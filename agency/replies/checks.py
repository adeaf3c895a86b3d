"""What must hold before words leave a writer's or an approver's hands."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from agency.inbox import outgoing
from agency.inbox.case import with_complaint
from agency.inbox.models import Conversation
from agency.replies import standing
from agency.replies.around import IN_FLIGHT_STATES as IN_FLIGHT_STATES
from agency.replies.around import Around
from agency.replies.around import base_of as base_of
from agency.replies.around import brand_of as brand_of
from agency.replies.around import case_of as case_of
from agency.replies.around import conversation_of as conversation_of
from agency.replies.around import message_of as message_of
from agency.replies.around import remembered as remembered
from agency.replies.models import NOT_LEFT, Reply, ReplyText
from agency.replies.words import hash_of, target_fingerprint
from channels.matching import same_text
from channels.message_window import Window
from channels.protocol import WrittenBy
from styleguides.brand_check import NEVER_LET_GO, CheckResult, Ready, check_for_brand
from styleguides.brand_check import has_passed as check_has_passed
from styleguides.scenarios import CaseFacts
from tenants.database import db
from tenants.errors import Conflict, Invalid, worded
from tenants.models import Brand
from tenants.permissions import Actor
from tenants.states import in_words


def words_kind(kind: str, *, private: bool) -> str:
    """As what the style guide and the platform's limits see the words: comment, review or message."""
    return "message" if private or kind == "message" else "review" if kind == "review" else "comment"


def check_words(
    conversation: Conversation,
    text: str,
    *,
    case: CaseFacts,
    private: bool = False,
    beside_others: bool = False,
    began_with: str | None = None,
    ready: Ready | None = None,
) -> CheckResult:
    """The style check of these words for this conversation, with the guide in force.

    `beside_others`, `began_with` and `ready` as in `styleguides.brand_check`: the first for words that somebody of the
    agency wrote.
    """
    return check_for_brand(
        conversation.brand_id,
        text,
        conversation.platform,
        words_kind(conversation.kind, private=private),
        stars=conversation.stars,
        customer_name=conversation.author_name,
        beside_others=beside_others,
        began_with=began_with,
        case=case,
        ready=ready,
    )


def check_text_of(
    reply: Reply,
    text: ReplyText,
    *,
    case: CaseFacts | None = None,
    beside_others: bool = False,
    around: Around | None = None,
) -> CheckResult:
    """The check of the words a reply has, as everybody who is about to pass them on makes it."""
    around = around or Around(reply)
    return check_words(
        around.conversation,
        text.text,
        case=case or _case_asked_for(reply, around),
        private=reply.private,
        beside_others=beside_others,
        began_with=None if text.by_approver else reply.began_with,
        ready=around.ready,
    )


def asks_for_words(reply: Reply, around: Around) -> bool:
    """Whether a check of this reply needs the customer's words: not where a complaint is remembered with the reply and
    what guidelines say is left out.
    """
    is_remembered = reply.complaint is not None and reply.state not in NOT_LEFT
    return not is_remembered or around.ready is None or around.ready.sayings is not None


def _case_asked_for(reply: Reply, around: Around) -> CaseFacts:
    return around.case if asks_for_words(reply, around) else with_complaint(CaseFacts(""), reply.complaint)


def has_passed(reply: Reply, around: Around) -> bool:
    """Whether the check kept with the words stopped nothing and would find the same now, so that it need not be made
    again. Only where somebody read the brand's guide ahead; False wherever that is not known.
    """
    if around.has_passed is not None:
        return around.has_passed
    text, at = around.text, around.conversation
    return (
        around.ready is not None
        and text.passed is not None
        and reply.complaint is not None
        and reply.state not in NOT_LEFT
        and check_has_passed(
            text.passed,
            at.brand_id,
            text.text,
            at.platform,
            words_kind(at.kind, private=reply.private),
            stars=at.stars,
            customer_name=at.author_name,
            complaint=reply.complaint,
            began_with=None if text.by_approver else reply.began_with,
            ready=around.ready,
        )
    )


def refuse_stopped_text(reply: Reply, around: Around, check: CheckResult | None = None) -> None:
    """Raise Invalid `style_stop` when the guide in force stops the words the reply has. `check` is theirs, where it was
    made already; one that passed and would find the same now is not made again.
    """
    if check is None and has_passed(reply, around):
        return
    refuse_stopped(check or check_text_of(reply, around.text, around=around), around.text.let_go_rules)


def findings_as_data(result: CheckResult) -> list[dict[str, Any]]:
    """Findings as stored beside a text and shown in a receipt."""
    return [
        {
            "rule": finding.rule,
            "level": finding.level,
            "message": finding.message,
            "start": finding.start,
            "end": finding.end,
            "suggestion": finding.suggestion,
            **({"needs_approval": True} if finding.needs_approval else {}),
        }
        for finding in result.findings
    ]


def stops_of(result: CheckResult, let_go_rules: Collection[str] | None = None) -> list[dict[str, Any]]:
    """The findings that forbid sending, but for rules a lead let these very words go in spite of."""
    let_go = frozenset(let_go_rules or ()) - NEVER_LET_GO
    return [f for f in findings_as_data(result) if f["level"] == "stop" and f["rule"] not in let_go]


def refuse_stopped(result: CheckResult, let_go_rules: Collection[str] | None = None) -> None:
    """Raise Invalid `style_stop` with the findings when the guide in force stops these words."""
    stops = stops_of(result, let_go_rules)
    if stops:
        raise Invalid(
            worded(
                "The brand's style guide stops this reply: %(problem)s "
                "Your words are saved and nothing was sent. Change them and try again.",
                problem=stops[0]["message"],
            ),
            code="style_stop",
            findings=findings_as_data(result),
            guide_version=result.guide_version,
        )


def refuse_unapproved(result: CheckResult) -> None:
    """Raise Conflict `needs_approval` where the guide lets these words out only after the client's yes."""
    if result.needs_approval is not None:
        raise Conflict(
            worded(
                "%(reason)s Nothing was sent; your words are kept. Send them for approval instead.",
                reason=result.needs_approval,
            ),
            code="needs_approval",
        )


def refuse_changed_target(reply: Reply, around: Around | None = None) -> None:
    """Raise Conflict when the customer changed or deleted what this reply answers, or the target moved."""
    if reply.deed == "withdraw":
        return  # our own words may go whatever the customer did meanwhile
    around = around or Around(reply)
    message = around.message
    if message.deleted_at is not None:
        raise Conflict(
            "The customer deleted what this reply answers. Nothing was sent; your words are kept.",
            code="message_deleted",
        )
    if message.content_hash != reply.in_reply_to_content_hash:
        raise Conflict(
            "The customer changed what this reply answers. Nothing was sent; read it again and save the draft anew.",
            code="message_changed",
        )
    if fingerprint_of(reply, around) != reply.target_fingerprint:
        raise Conflict(
            "This reply no longer belongs to the account it was written for. Nothing was sent; write it anew.",
            code="target_changed",
        )


def refuse_what_changed(reply: Reply, around: Around | None = None) -> None:
    """Raise Conflict for whatever may change between a draft and its sending, without our doing."""
    around = around or Around(reply)
    refuse_changed_target(reply, around)
    refuse_changed_base(reply, around)
    refuse_second_private(reply, around)
    if reply.deed == "reply":
        standing.refuse_words_there(reply, around.answer)
    refuse_closed_window(reply, around)


def fingerprint_of(reply: Reply, around: Around | None = None) -> bytes:
    """Where the reply would go now and what it would answer, from the rows themselves."""
    around = around or Around(reply)
    message, conversation = around.message, around.conversation
    return target_fingerprint(
        brand_id=conversation.brand_id,
        account_id=conversation.account_id,
        external_id=message.external_id,
        content_hash=message.content_hash,
        way=way_of(reply),
    )


def way_of(reply: Reply) -> str:
    """How the words go, as the fingerprint names it; empty for a plain answer."""
    if reply.deed != "reply":
        return f"{reply.deed}:{reply.changes_reply_id}"
    if reply.replaces_text is not None:
        return f"replace:{standing.hash_of_replaced(reply)}"
    return "private" if reply.private and reply.kind != "message" else ""


def refuse_second_answer(reply: Reply) -> None:
    """Raise Conflict while another reply to the same message is on its way: a customer never gets two answers."""
    other = db.session.execute(
        select(Reply.id, Reply.state, Reply.written_by_name)
        .where(Reply.in_reply_to_id == reply.in_reply_to_id, Reply.id != reply.id, Reply.state.in_(IN_FLIGHT_STATES))
        .limit(1)
    ).first()
    if other is not None:
        raise Conflict(
            worded(
                "Another reply to this message, by %(name)s, is %(state)s. "
                "Nothing was sent; your words are kept. Withdraw one of the two.",
                name=other.written_by_name,
                state=in_words(other.state),
            ),
            code="another_reply",
            reply_id=str(other.id),
        )


NEVER_WROTE = worded(
    "This person has not written a direct message yet, so the platform takes none from us. "
    "Nothing was sent; your words are kept. Answer in public, or wait until they write."
)
PEOPLE_ONLY = worded(
    "More than 24 hours have passed since this person wrote, so no automatic message may be sent. "
    "Nothing was sent; the words are kept. A person may still answer, in words of their own."
)
MESSAGE_OVER = worded(
    "More than 7 days have passed since this person wrote, so the platform takes no message any more. "
    "Nothing was sent; your words are kept. When they write again, they can be answered."
)
PRIVATE_OVER = worded(
    "This was written more than 7 days ago, so it cannot be answered privately any more. "
    "Nothing was sent; your words are kept. Answer it in public."
)


def window_for(reply: Reply, around: Around | None = None) -> Window | None:
    """Whether the reply may leave by the clock; None for replies that know no window."""
    around = around or Around(reply)
    return outgoing.window_by(
        lambda: around.last_written_at,
        reply.kind,
        private=reply.private,
        answers_written_at=around.message.written_at if reply.private else None,
        written_by=written_by(reply),
    )


def window_end(reply: Reply, around: Around | None = None) -> datetime | None:
    """From when on the platform takes the reply no more; None for replies that know no window."""
    around = around or Around(reply)
    return outgoing.window_end(
        lambda: around.last_written_at,
        reply.kind,
        private=reply.private,
        answers_written_at=around.message.written_at if reply.private else None,
        written_by=written_by(reply),
    )


def written_by(reply: Reply) -> WrittenBy:
    """Who stands behind the words: a yes to a rule's words does not make them a person's, changing them does."""
    return "rule" if reply.automatic else "person"


def closed_words(window: Window, kind: str) -> str:
    """Why nothing can be sent, what is safe, what to do."""
    if kind != "message":
        return PRIVATE_OVER
    return {"never_wrote": NEVER_WROTE, "people_only": PEOPLE_ONLY}.get(window.reason or "", MESSAGE_OVER)


def refuse_closed_window(reply: Reply, around: Around | None = None) -> None:
    """Raise Conflict `window_closed` where the platform would take no message or private reply now."""
    window = window_for(reply, around)
    if window is not None and window.state == "closed":
        raise Conflict(closed_words(window, reply.kind), code="window_closed", reason=window.reason)


def refuse_second_private(reply: Reply, around: Around | None = None) -> None:
    """Raise Conflict `private_once`: the platform lets us write to somebody about a comment once, ever."""
    if not reply.private or reply.kind == "message" or reply.deed != "reply":
        return
    other = (around or Around(reply)).other_private
    if other is not None:
        raise Conflict(
            "This was answered privately before, and the platform allows that once. "
            "Nothing was sent; your words are kept. Answer in public, or wait until they write back.",
            code="private_once",
            reply_id=str(other),
        )


def refuse_same_words(reply: Reply, text: ReplyText) -> None:
    """Raise Invalid `same_words` for a change that changes nothing."""
    if reply.deed != "edit":
        return
    standing = db.session.execute(
        select(ReplyText.text_hash)
        .join(Reply, (Reply.agency_id == ReplyText.agency_id) & (Reply.text_id == ReplyText.id))
        .where(Reply.id == reply.changes_reply_id)
    ).scalar_one()
    if standing == text.text_hash:
        raise Invalid(
            "These are the words that stand on the platform. Nothing was sent; change them first.",
            code="same_words",
            errors={"text": [worded("is what stands there")]},
        )


def refuse_changed_base(reply: Reply, around: Around | None = None) -> None:
    """Raise Conflict where what this changes or takes back is not what stands on the platform any more."""
    if reply.deed == "reply":
        return
    base = (around or Around(reply)).base
    # Somebody changed our words on the platform itself: theirs are newer. Taking ours back asks the platform, not us.
    is_other = base.shown is not None and reply.deed == "edit" and not same_text(base.shown, base.published or "")
    if base.state != "published" or base.has_later or base.is_gone or is_other:
        raise Conflict(
            "Our published answer was changed or taken back meanwhile. Nothing was sent. "
            "Look at the case again and start from what stands there now.",
            code="answer_changed",
        )


def refuse_closed_brand(brand: Brand) -> None:
    """Raise Conflict for a brand that is paused or archived."""
    if brand.paused_at is not None or brand.archived_at is not None:
        raise Conflict(
            worded(
                "%(brand)s is paused, so nothing is sent in its name. Your words are kept. "
                "An agency admin can let it send again.",
                brand=brand.name,
            ),
            code="brand_paused",
        )


def refuse_own_approval(actor: Actor, reply: Reply, text: ReplyText) -> None:
    """Raise Conflict when the person who drafted the words would approve them."""
    if actor.user_id in (reply.written_by, text.author_id):
        raise Conflict(
            "Whoever drafted a reply never approves it. Nothing was changed; somebody else must decide.",
            code="own_reply",
        )


def words_unchanged(text: ReplyText) -> bool:
    """Whether the stored words still have the hash they were stored with."""
    return hash_of(text.text) == text.text_hash
