"""What is held of one person, part by part, for the file they are given: theirs, and nobody else's words.

Rows are read a few cases at a time. Each part is one statement for each of them, whatever stands in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from agency.inbox.comeback_models import Comeback
from agency.inbox.contacts import reading
from agency.inbox.contacts.models import ContactBirthday, ContactNote
from agency.inbox.contacts.reading import LinkView, PersonView
from agency.inbox.desk_models import DraftVersion
from agency.inbox.loops.models import LoopAsking
from agency.inbox.models import Conversation, Message, Note, ReadingCorrection
from agency.replies.models import Reply, ReplyText, ReplyVariant
from styleguides.empowerment_reading import lines_of_contacts
from tenants.database import db
from tenants.models import BrandAudit
from tenants.permissions import Actor, Permission

CASES_AT_ONCE: Final = 20
MOST_LINES: Final = 10_000

Rows = Iterator[dict[str, Any]]


def parts_of(actor: Actor, person: PersonView, chosen: Sequence[UUID]) -> Iterator[tuple[str, Rows]]:
    """Every part with its rows, of these identities of the person."""
    cases = _case_ids(chosen)
    ids = frozenset(chosen)
    yield "identities", (one._asdict() for one in person.identities if one.id in ids)
    yield "links", (_link(one, person) for one in reading.links_of(person) if ids & {one.contact_id, one.other_id})
    yield "notes_on_the_person", _person_notes(actor, chosen)
    yield "birthday", _birthday(chosen)
    yield "cases", _cases(chosen, cases)
    yield "messages", _messages(chosen, cases)
    own = _ids_of(cases, Conversation.contact_id.in_(chosen))
    alone = _ids_of(own, ~_others_write(chosen))
    yield "notes_beside_cases", _beside(Note, alone)
    yield "coming_back", _coming_back(alone)
    yield "asked_aside", _asked_aside(alone)
    yield "answers_not_sent", _unsent(chosen, cases)
    yield "drafts", _beside(DraftVersion, alone)
    lines = lines_of_contacts(actor, person.brand_id, chosen, MOST_LINES)
    yield "given", (one._asdict() for one in lines)
    yield "readings_corrected", _corrections(chosen)
    yield "record", _record_lines(person, [*chosen, *own])


_MESSAGE = (
    *("id", "conversation_id", "direction", "author_name", "text", "stars", "language", "attachments", "permalink"),
    *("written_at", "edited_at", "deleted_at", "earlier_texts", "reading"),
)


def _slices(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), CASES_AT_ONCE):
        yield ids[start : start + CASES_AT_ONCE]


def _named(wanted: Any) -> Rows:
    """Rows by the names of their columns."""
    for row in db.session.execute(wanted):
        yield dict(row._mapping)


def _link(one: LinkView, person: PersonView) -> dict[str, Any]:
    """A link with its proof. Of one that was undone, whose the other identity is and what was said of it is theirs."""
    if {one.contact_id, one.other_id} <= set(person.contact_ids):
        return one._asdict()
    return {name: getattr(one, name) for name in ("id", "kind", "made_by_name", "created_at", "undone_at")}


def _person_notes(actor: Actor, chosen: Sequence[UUID]) -> Rows:
    """All of them, however many; none for who reads no notes."""
    if not actor.may(Permission.NOTE_READ):
        return iter(())
    names = ("text", "author_name", "created_at", "earlier")
    columns = [getattr(ContactNote, name) for name in names]
    return _named(select(*columns).where(ContactNote.contact_id.in_(chosen)).order_by(ContactNote.id))


def _birthday(chosen: Sequence[UUID]) -> Rows:
    names = ("month", "day", "source", "agreed_on", "noted_by_name", "created_at")
    columns = [getattr(ContactBirthday, name) for name in names]
    return _named(select(*columns).where(ContactBirthday.contact_id.in_(chosen)).order_by(ContactBirthday.id))


# ── cases ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _case_ids(chosen: Sequence[UUID]) -> list[UUID]:
    """Their cases, and those of others in which they wrote."""
    own = select(Conversation.id).where(Conversation.contact_id.in_(chosen))
    wrote = select(Message.conversation_id).where(Message.contact_id.in_(chosen), Message.direction == "in").distinct()
    return sorted({*db.session.scalars(own), *db.session.scalars(wrote)})


def _ids_of(cases: Sequence[UUID], condition: ColumnElement[bool]) -> list[UUID]:
    found: list[UUID] = []
    for some in _slices(cases):
        wanted = select(Conversation.id).where(Conversation.id.in_(some), condition)
        found += db.session.scalars(wanted.order_by(Conversation.id))
    return found


def _by_others(one: Any, chosen: Sequence[UUID]) -> ColumnElement[bool]:
    """Whether a message is a customer's who is none of these identities."""
    return and_(one.direction == "in", or_(one.contact_id.is_(None), one.contact_id.not_in(chosen)))


def _others_write(chosen: Sequence[UUID]) -> ColumnElement[bool]:
    """In a statement on conversations: whether somebody else writes there, too."""
    said = aliased(Message)
    return (
        select(said.id)
        .where(
            said.agency_id == Conversation.agency_id,
            said.conversation_id == Conversation.id,
            _by_others(said, chosen),
        )
        .exists()
    )


def _cases(chosen: Sequence[UUID], cases: Sequence[UUID]) -> Rows:
    """Their cases whole; of somebody else's in which they wrote only which it is.

    What a comment stands beneath is the brand's own, and told, unless it stands here as somebody else's message.
    """
    names = ("id", "platform", "kind", "status", "stars", "language", "permalink", "created_at", "last_message_at")
    columns = [getattr(Conversation, name) for name in (*names, "act", "sentiment", "context")]
    post = aliased(Message)
    of_others = select(post.id).where(
        post.agency_id == Conversation.agency_id,
        post.account_id == Conversation.account_id,
        post.external_id == Conversation.context["external_id"].astext,
        _by_others(post, chosen),
    )
    of_theirs = select(post.id).where(
        post.agency_id == Conversation.agency_id,
        post.account_id == Conversation.account_id,
        post.external_id == Conversation.context["external_id"].astext,
        post.contact_id.in_(chosen),
    )
    is_ours = and_(Conversation.kind != "mention", ~of_others.exists())
    more = (
        Conversation.contact_id.in_(chosen).label("own"),
        or_(is_ours, of_theirs.exists()).label("may_tell_post"),
        _others_write(chosen).label("others_write_here"),
        select(func.count(Note.id)).where(Note.conversation_id == Conversation.id).scalar_subquery().label("notes"),
    )
    for some in _slices(cases):
        for row in _named(select(*columns, *more).where(Conversation.id.in_(some)).order_by(Conversation.id)):
            yield _case(row)


def _case(row: dict[str, Any]) -> dict[str, Any]:
    own, may_tell_post, notes = row.pop("own"), row.pop("may_tell_post"), row.pop("notes")
    if not own:
        return {name: row[name] for name in ("id", "platform", "kind", "others_write_here")}
    if not may_tell_post:
        row["context"] = {name: value for name, value in row["context"].items() if name == "external_id"}
    return row | ({"notes_left_out": notes} if row["others_write_here"] and notes else {})


# ── what was said ────────────────────────────────────────────────────────────────────────────────────────────────


def _messages(chosen: Sequence[UUID], cases: Sequence[UUID]) -> Rows:
    """Theirs, and ours to them: what answers somebody else is left out, in a case of theirs, too."""
    above, case = aliased(Message), aliased(Conversation)
    wanted = [getattr(Message, name) for name in _MESSAGE]
    answers = select(Reply.in_reply_to_id).where(Reply.agency_id == Message.agency_id, Reply.id == Message.reply_id)
    answered = and_(
        above.agency_id == Message.agency_id,
        or_(
            above.id == answers.correlate(Message).scalar_subquery(),
            and_(
                Message.reply_id.is_(None),
                above.account_id == Message.account_id,
                above.external_id == Message.parent_external_id,
            ),
        ),
    )
    to_them = select(above.id).where(answered, above.contact_id.in_(chosen), above.direction == "in").exists()
    to_others = select(above.id).where(answered, _by_others(above, chosen)).exists()
    for some in _slices(cases):
        theirs = select(case.id).where(case.id.in_(some), case.contact_id.in_(chosen))
        ours = and_(Message.direction == "out", or_(to_them, and_(Message.conversation_id.in_(theirs), ~to_others)))
        said = and_(Message.direction == "in", Message.contact_id.in_(chosen))
        yield from _named(
            select(*wanted)
            .where(Message.conversation_id.in_(some), or_(said, ours))
            .order_by(Message.conversation_id, Message.written_at, Message.id)
        )


def _unsent(chosen: Sequence[UUID], cases: Sequence[UUID]) -> Rows:
    """Answers to words of theirs that were begun and never sent, as they stand now, each further wording its own."""
    words = func.coalesce(Reply.draft_text, ReplyText.text).label("text")
    for some in _slices(cases):
        yield from _named(
            select(Reply.id, Reply.conversation_id, words, Reply.written_by_name, Reply.created_at)
            .join(Message, and_(Message.agency_id == Reply.agency_id, Message.id == Reply.in_reply_to_id))
            .outerjoin(ReplyText, and_(ReplyText.agency_id == Reply.agency_id, ReplyText.id == Reply.text_id))
            .where(Reply.conversation_id.in_(some), Reply.state == "draft", Message.contact_id.in_(chosen))
            .order_by(Reply.id)
        )
        yield from _named(
            select(
                Reply.id,
                Reply.conversation_id,
                ReplyText.text,
                ReplyText.author_name.label("written_by_name"),
                ReplyText.created_at,
            )
            .join(Message, and_(Message.agency_id == Reply.agency_id, Message.id == Reply.in_reply_to_id))
            .join(ReplyVariant, and_(ReplyVariant.agency_id == Reply.agency_id, ReplyVariant.reply_id == Reply.id))
            .join(
                ReplyText,
                and_(ReplyText.agency_id == Reply.agency_id, ReplyText.id == ReplyVariant.reply_text_id),
            )
            .where(Reply.conversation_id.in_(some), Reply.state == "draft", Message.contact_id.in_(chosen))
            .order_by(Reply.id, ReplyVariant.place)
        )


def _beside(model: Any, cases: Sequence[UUID]) -> Rows:
    for some in _slices(cases):
        columns = (model.conversation_id, model.text, model.author_name)
        yield from _named(select(*columns).where(model.conversation_id.in_(some)).order_by(model.id))


def _coming_back(cases: Sequence[UUID]) -> Rows:
    names = ("conversation_id", "comes_at", "reason", "draft", "cause", "person_name", "state")
    for some in _slices(cases):
        columns = [getattr(Comeback, name) for name in names]
        yield from _named(select(*columns).where(Comeback.conversation_id.in_(some)).order_by(Comeback.id))


def _asked_aside(cases: Sequence[UUID]) -> Rows:
    names = (
        "conversation_id",
        "loop_name",
        "question",
        "words",
        "asked_by_name",
        "asked_at",
        "state",
        "answer",
        "ended_at",
    )
    for some in _slices(cases):
        columns = [getattr(LoopAsking, name) for name in names]
        yield from _named(select(*columns).where(LoopAsking.conversation_id.in_(some)).order_by(LoopAsking.id))


def _corrections(chosen: Sequence[UUID]) -> Rows:
    names = ("message_id", "aspect", "read_as", "is_in_truth", "said_by_name", "created_at")
    said = select(Message.id).where(Message.contact_id.in_(chosen), Message.direction == "in")
    columns = [getattr(ReadingCorrection, name) for name in names]
    return _named(select(*columns).where(ReadingCorrection.message_id.in_(said)).order_by(ReadingCorrection.id))


def _record_lines(person: PersonView, subjects: Sequence[UUID]) -> Rows:
    names = ("created_at", "actor_name", "action", "subject_type", "subject_id", "facts", "words")
    columns = [getattr(BrandAudit, name) for name in names]
    for some in _slices(subjects):
        yield from _named(
            select(*columns)
            .where(BrandAudit.brand_id == person.brand_id, BrandAudit.subject_id.in_([str(one) for one in some]))
            .order_by(BrandAudit.id)
        )
