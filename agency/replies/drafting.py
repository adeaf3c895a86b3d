"""What a reply is made of: the message it answers, the way its words go, and the words as texts in a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from agency.inbox import outgoing
from agency.inbox.models import Conversation, Message, thread_of
from agency.replies import checks
from agency.replies.models import Reply, ReplyText
from agency.replies.words import hash_of, target_fingerprint
from styleguides.brand_check import CheckResult
from styleguides.other_brands import OTHER_BRAND
from styleguides.scenarios import CaseFacts
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, worded
from tenants.permissions import Actor


class Nobody(NamedTuple):
    """Who writes what nobody wrote: words that a signed policy lets out by itself."""

    user_id: UUID
    name: str


NOBODY: Final = Nobody(UUID(int=0), "automatic")


def message_to_answer(conversation: Conversation, message_id: UUID | None) -> Message:
    """The newest live message of the customer, or the one named. Raises Invalid where there is none."""
    wanted = select(Message).where(
        Message.conversation_id == conversation.id, Message.direction == "in", Message.deleted_at.is_(None)
    )
    if message_id is not None:
        wanted = wanted.where(Message.id == message_id)
    message = db.session.execute(wanted.order_by(Message.written_at.desc(), Message.id.desc()).limit(1)).scalar()
    if message is None:
        raise Invalid(
            "There is no customer message here to answer; it may have been deleted. Nothing was saved.",
            code="nothing_to_answer",
            errors={"in_reply_to": [worded("is not a customer's message in this conversation")]},
        )
    return message


def refuse_unknown_way(conversation: Conversation, deed: str, *, private: bool) -> None:
    """Raise Invalid `private_not_available` or Conflict `not_offered` for what the platform does not know here."""
    if outgoing.is_offered(conversation.platform, conversation.kind, deed, private=private):
        return
    if private:
        raise Invalid(
            "This conversation can only be answered in public from here. Nothing was saved.",
            code="private_not_available",
        )
    raise Conflict(
        "The platform does not offer this for what is written here. Nothing was changed. Do it on the platform itself.",
        code="not_offered",
    )


def refuse_photo_tag(conversation: Conversation, message: Message) -> None:
    """Raise Conflict `not_offered` for a picture that shows the brand without naming it."""
    if outgoing.is_photo_tag(
        conversation.platform, conversation.kind, conversation.external_id, conversation.context, message.external_id
    ):
        raise Conflict(
            "Instagram lets no program comment where the brand is only tagged in the picture. Nothing was saved. "
            "Answer in Instagram itself, then close the case here.",
            code="not_offered",
        )


def fingerprint(reply: Reply, conversation: Conversation, message: Message) -> bytes:
    """What an approval of this reply is bound to beside its words."""
    return target_fingerprint(
        brand_id=conversation.brand_id,
        account_id=conversation.account_id,
        external_id=message.external_id,
        content_hash=message.content_hash,
        way=checks.way_of(reply),
    )


def new_reply(
    conversation: Conversation,
    message: Message,
    actor: Actor | Nobody,
    *,
    private: bool,
    automatic: bool = False,
    deed: str = "reply",
    changes: Reply | None = None,
    reason: str | None = None,
) -> Reply:
    """The row of a new draft, without words yet and not yet stored. `deed` and `changes` as in `Reply`."""
    reply = Reply(
        agency_id=conversation.agency_id,
        id=new_id(),
        brand_id=conversation.brand_id,
        conversation_id=conversation.id,
        account_id=conversation.account_id,
        in_reply_to_id=message.id,
        in_reply_to_external_id=message.external_id,
        in_reply_to_content_hash=message.content_hash,
        thread_external_id=thread_of(conversation.external_id),
        platform=conversation.platform,
        kind=conversation.kind,
        private=private,
        automatic=automatic,
        deed=deed,
        changes_reply_id=changes.id if changes else None,
        deed_reason=reason,
        state="draft",
        state_since=clock.now(),
        target_fingerprint=b"",
        written_by=actor.user_id,
        written_by_name=actor.name,
    )
    reply.target_fingerprint = fingerprint(reply, conversation, message)
    return reply


@dataclass(frozen=True, slots=True)
class LetGo:
    """That a lead let words go in spite of the rules that stop them, and why."""

    rules: tuple[str, ...]
    reason: str
    by: UUID
    by_name: str

    @classmethod
    def of(cls, text: ReplyText) -> LetGo | None:
        """As it stands with a text; None where nobody had to."""
        if text.let_go_by is None:
            return None
        return cls(tuple(text.let_go_rules or ()), text.let_go_reason or "", text.let_go_by, text.let_go_by_name or "")


def new_text(
    reply: Reply,
    conversation: Conversation,
    actor: Actor | Nobody,
    words: str,
    *,
    by_approver: bool = False,
    let_go: LetGo | None = None,
    leaves: bool = False,
    author: tuple[UUID, str] | None = None,
) -> ReplyText:
    """Store these words as the reply's newest text, with what the style guide says of them.

    `leaves`: they are about to be shown to the client. With it or `let_go` they are the words that stood there, and
    whoever wrote them stays their author. `author`, by id and name, is who typed them where that is not the actor.
    """
    author = author or (actor.user_id, actor.name)
    if leaves or let_go is not None:
        author = _author_of(reply) or author
    text = write_text(
        reply,
        conversation,
        words,
        author=author,
        case=checks.case_of(reply),
        by_approver=by_approver,
        let_go=let_go,
        leaves=leaves,
    )
    reply.text_id = text.id
    reply.draft_version = (reply.draft_version or 0) + 1
    reply.draft_text = reply.draft_by = reply.draft_by_name = reply.draft_at = None
    reply.stopped_now = reply.stopped_by_version = None  # these words were checked with the guide in force just now
    db.session.flush()
    return text


def _author_of(reply: Reply) -> tuple[UUID, str] | None:
    wanted = select(ReplyText.author_id, ReplyText.author_name).where(ReplyText.id == reply.text_id)
    found = db.session.execute(wanted).first()
    return (found.author_id, found.author_name) if found else None


def write_text(
    reply: Reply,
    conversation: Conversation,
    words: str,
    *,
    author: tuple[UUID, str],
    case: CaseFacts,
    by_approver: bool = False,
    let_go: LetGo | None = None,
    leaves: bool = False,
    is_further: bool = False,
) -> ReplyText:
    """Store these words as one more text of the reply's, with what the style guide says of them; which of its texts is
    the reply's own stays as it is. `leaves` as in `new_text`, `author` by id and name; `is_further`: a wording beside
    the first. Not flushed.
    """
    result = checks.check_words(
        conversation,
        words,
        case=case,
        private=reply.private,
        beside_others=not by_approver,
        began_with=None if by_approver else reply.began_with,
    )
    last = db.session.execute(select(func.max(ReplyText.number)).where(ReplyText.reply_id == reply.id)).scalar()
    text = ReplyText(
        agency_id=reply.agency_id,
        id=new_id(),
        brand_id=reply.brand_id,
        reply_id=reply.id,
        number=(last or 0) + 1,
        text=words,
        text_hash=hash_of(words),
        author_id=author[0],
        author_name=author[1],
        by_approver=by_approver,
        is_further=is_further,
        guide_version=result.guide_version,
        findings=_kept_findings(result, own=not leaves and let_go is None),
        passed=result.passed,
        let_go_rules=list(let_go.rules) if let_go else None,
        let_go_reason=let_go.reason if let_go else None,
        let_go_by=let_go.by if let_go else None,
        let_go_by_name=let_go.by_name if let_go else None,
    )
    db.session.add(text)
    return text


def forget_typed(reply: Reply) -> None:
    """What was typed since is taken back: the newest text is what the draft says again."""
    if reply.draft_text is not None:
        reply.draft_text = reply.draft_by = reply.draft_by_name = reply.draft_at = None
        reply.draft_version += 1


def settle_typed(reply: Reply, actor: Actor) -> None:
    """What was typed and kept becomes the draft's newest text, by whoever typed it: before a draft leaves its writer,
    is let go or given up. The reply must be locked.
    """
    if reply.draft_text is not None and reply.draft_by is not None:
        author = (reply.draft_by, reply.draft_by_name or "")
        new_text(reply, checks.conversation_of(reply), actor, reply.draft_text, author=author)
        reply.automatic = False


def tells_of_others(text: ReplyText) -> bool:
    """Whether its findings name words of other clients, as those of a draft may."""
    return any(finding["rule"] == OTHER_BRAND.id for finding in text.findings)


def _kept_findings(result: CheckResult, *, own: bool) -> list[dict[str, Any]]:
    """Once a text leaves the agency its client reads the findings, and shall not learn of other clients by them."""
    return [
        finding
        for finding in checks.findings_as_data(result)
        if finding["rule"] != OTHER_BRAND.id or (own and finding["level"] == "stop")
    ]
