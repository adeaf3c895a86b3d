"""Keeping the words of a draft while somebody types them: one row changed, and nobody's words written over unseen.

An open form names itself (`form`), counts what it sends (`turn`), and says which words it was filled with or last kept
(`based_on`, their hash). It may go on where the draft still says that, where it was this very form that kept it last,
and where it adds to one's own words and changes none of them: after a reload the page before keeps its last words
behind the new one's back. What comes late from a form is let go. Everything else is a colleague's change, or one's own
in another window: those words are kept beside the draft (`agency.replies.versions`); nothing is lost on either side.
"""

from __future__ import annotations

from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import case, select, update

from agency.inbox import desk as inbox_desk
from agency.replies import versions
from agency.replies.joins import WORDS_OF_REPLY
from agency.replies.models import Reply, ReplyText
from agency.replies.words import accepted, hash_of
from tenants import audit, clock
from tenants.database import db
from tenants.errors import Conflict, worded
from tenants.permissions import Actor, Permission, require

BUSY_STATES = ("awaiting_approval", "approved", "publishing", "outcome_unknown")
LONGEST_FORM = 64


class Typed(NamedTuple):
    """What an open form sends. `turn` is 0 where no script counts: then somebody pressed a button. Where not `takes`,
    its page was being left or has just come, and a case that nobody has stays with nobody.
    """

    text: str
    form: str
    turn: int
    based_on: str
    takes: bool = True


class Way(NamedTuple):
    """Where the words of a form shall go and what they began from, each None where the form says nothing of it."""

    private: bool | None = None
    replaces: str | None = None
    saved_reply_id: UUID | None = None


class DraftRow(NamedTuple):
    """The reply that words typed for a case would go into, with the words it has now."""

    id: UUID
    brand_id: UUID
    state: str
    text: str
    text_author_id: UUID
    text_author_name: str
    version: int
    form: str | None
    turn: int
    kind: str
    private: bool
    replaces_text: str | None
    saved_reply_id: UUID | None

    def goes(self, way: Way) -> bool:
        """Whether it goes that way already."""
        replaces = hash_of(self.replaces_text) if self.replaces_text is not None else ""
        return (
            (way.private is None or self.private == (way.private or self.kind == "message"))
            and way.replaces in (None, replaces)
            and way.saved_reply_id in (None, self.saved_reply_id)
        )

    @property
    def text_hash(self) -> str:
        """Of the words it has now."""
        return hash_of(self.text)


class Kept(NamedTuple):
    """What stands in the draft now: words of this hash, as its version."""

    reply_id: UUID
    text_hash: str
    version: int


Verdict = Literal["same", "late", "write", "changed"]


def judged(row: DraftRow, typed: Typed, actor_id: UUID) -> Verdict:
    """Whether these words go into the draft. Pure: the table of `tests/replies/test_keeping.py`."""
    if row.form is not None and row.form == typed.form and row.text_author_id == actor_id:
        if typed.turn and typed.turn <= row.turn:
            return "late"
        return "same" if row.text == typed.text else "write"
    if row.text == typed.text:
        return "same"
    goes_on = row.text_author_id == actor_id and bool(row.text) and typed.text.startswith(row.text)
    return "write" if goes_on or row.text_hash == typed.based_on else "changed"


def draft_row(conversation_id: UUID, changes: UUID | None = None) -> DraftRow | None:
    """The newest draft of an answer, or of a change of that published one; without a draft the newest reply."""
    found = db.session.execute(
        select(
            Reply.id,
            Reply.brand_id,
            Reply.state,
            ReplyText.text,
            ReplyText.author_id,
            ReplyText.author_name,
            Reply.draft_version,
            Reply.draft_form,
            Reply.draft_turn,
            Reply.kind,
            Reply.private,
            Reply.replaces_text,
            Reply.saved_reply_id,
            Reply.draft_text,
            Reply.draft_by,
            Reply.draft_by_name,
        )
        .join(ReplyText, WORDS_OF_REPLY)
        .where(
            Reply.conversation_id == conversation_id,
            Reply.deed != "withdraw",
            Reply.changes_reply_id == changes if changes is not None else Reply.changes_reply_id.is_(None),
        )
        .order_by((Reply.state == "draft").desc(), Reply.id.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    row = DraftRow._make(found[: len(DraftRow._fields)])
    if found.draft_text is None:
        return row
    return row._replace(text=found.draft_text, text_author_id=found.draft_by, text_author_name=found.draft_by_name)


def keep(
    actor: Actor,
    conversation_id: UUID,
    typed: Typed,
    way: Way = Way(),  # noqa: B008 - a tuple, never changed
    changes: UUID | None = None,
    bound: UUID | None = None,
) -> Kept | None:
    """Keep words in the draft as they are typed; None where there is no draft yet, or it goes another way: then they
    are to be saved as by a button.

    `bound` is the reply whose words the form was filled with. Renews the claim. Never touches a reply that left its
    writer. Raises Conflict `held`, `draft_changed`, `submitted`, Invalid for unusable words, NotFound, Forbidden.
    """
    words = accepted(typed.text)
    inbox_desk.hold(actor, conversation_id, takes=typed.takes)
    row = draft_row(conversation_id, changes)
    if row is None:
        return None
    typed = typed._replace(text=words)
    verdict = judged(row, typed, actor.user_id)
    goes = row.goes(way)
    if verdict == "late" or (verdict == "same" and (goes or row.state != "draft")):
        return Kept(row.id, row.text_hash, row.version)
    if row.state != "draft":
        if row.state in BUSY_STATES or bound is not None:
            raise submitted(row.state)
        return None
    require(actor, Permission.REPLY_WRITE, row.brand_id)
    if verdict == "changed":
        raise changed_meanwhile(row, actor)
    if not goes:
        return None
    if row.text_author_id != actor.user_id:
        versions.remember(row, conversation_id, changes)
        audit.record(actor, "reply.go_on", "reply", row.id, brand_id=row.brand_id, from_person=str(row.text_author_id))
    written = db.session.execute(
        update(Reply)
        .where(Reply.id == row.id, Reply.state == "draft", Reply.draft_version == row.version)
        .values(
            draft_text=words,
            draft_version=row.version + 1,
            draft_by=actor.user_id,
            draft_by_name=actor.name,
            draft_at=clock.now(),
            draft_form=typed.form[:LONGEST_FORM],
            draft_turn=typed.turn,
        )
        .returning(Reply.draft_version)
        .execution_options(synchronize_session=False)
    ).scalar()
    if written is None:  # somebody was faster, a moment ago
        now = draft_row(conversation_id, changes)
        raise changed_meanwhile(now or row, actor) if now is None or now.state == "draft" else submitted(now.state)
    return Kept(row.id, hash_of(words), written)


def mark_form(reply_id: UUID, typed: Typed, *, only_heard: bool) -> None:
    """Remember which form these words came from, so that what it sends late is known as such, and whether it says that
    they are a holding reply.
    """
    if typed.form:
        heard = case((Reply.state == "draft", only_heard), else_=Reply.only_heard)
        db.session.execute(
            update(Reply)
            .where(Reply.id == reply_id)
            .values(draft_form=typed.form[:LONGEST_FORM], draft_turn=typed.turn, only_heard=heard)
            .execution_options(synchronize_session=False)
        )


def go_on(actor: Actor, reply: Reply, words: str, version: int | None) -> tuple[UUID, str] | None:
    """Before a locked draft gets new words: keep what a colleague typed in it. Returns by id and name who typed these
    very words, None for the actor.

    Raises Conflict `draft_changed` with both texts where `version` is not the one these words' writer saw.
    """
    row = draft_row(reply.conversation_id, reply.changes_reply_id)
    if row is None or row.id != reply.id:
        return None
    if version not in (None, row.version) and words != row.text:
        refused = changed_meanwhile(row, actor)
        refused.fields["your_text"] = words
        raise refused
    if reply.draft_text is None or reply.draft_by == actor.user_id:
        return None
    if words == row.text:
        return row.text_author_id, row.text_author_name
    versions.remember(row, reply.conversation_id, reply.changes_reply_id)
    return None


def changed_meanwhile(row: DraftRow, actor: Actor) -> Conflict:
    """For words that would be written over what their writer has not seen."""
    mine = row.text_author_id == actor.user_id
    return Conflict(
        worded("You changed this draft in another window. Nothing was written over. Choose which words go on.")
        if mine
        else worded(
            "%(name)s changed this draft meanwhile. Yours was not saved over it. Choose which words go on.",
            name=row.text_author_name,
        ),
        code="draft_changed",
        text=row.text,
        text_hash=row.text_hash,
        version=row.version,
        changed_by=row.text_author_name,
    )


def submitted(state: str) -> Conflict:
    """For words typed after the reply they were for left its writer."""
    return Conflict(
        "This reply was handed in or given up meanwhile, so it stays as it is. Nothing was changed. "
        "Look at where it stands; your words are kept beside it.",
        code="submitted",
        state=state,
    )
