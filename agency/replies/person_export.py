"""Everything held of one person, as a file they may be given: JSON for programs and one page to read, in a zip.

Theirs are their messages, our answers to them, notes, links, what was given, what their texts were read as, unsent
drafts and the record's lines. Other people's words are left out, but for those they answered. Read a few cases at a
time and written as it is read, so that a large person never stands in memory.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from html import escape
from typing import IO, Any, Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from agency.inbox.contacts import reading
from agency.inbox.contacts.reading import PersonView
from agency.inbox.desk_models import DraftVersion
from agency.inbox.models import Conversation, Message, Note, ReadingCorrection
from agency.replies.models import Reply
from styleguides.empowerment_reading import lines_of_contacts
from tenants.audit import record
from tenants.database import db
from tenants.errors import Invalid, worded
from tenants.models import BrandAudit
from tenants.permissions import Actor, Permission, require

HELD_BYTES: Final = 1_000_000
"""The file stands in memory up to here, then on disk."""
CASES_AT_ONCE: Final = 20
MOST_LINES: Final = 10_000


def export_person(actor: Actor, person: PersonView, contact_ids: Collection[UUID]) -> IO[bytes]:
    """The zip, from its beginning. `contact_ids` are the identities chosen. The record keeps that it was made.

    Raises Invalid with `errors`, Forbidden.
    """
    require(actor, Permission.CONTACT_EXPORT, person.brand_id)
    chosen = [one for one in person.contact_ids if one in set(contact_ids)]
    if not chosen or len(chosen) != len(set(contact_ids)):
        problem = worded("must name identities of this person")
        raise Invalid(
            worded(
                "These are not identities of this person: %(field)s %(problem)s. Nothing was exported. "
                "Open the person anew and choose.",
                field="contact_ids",
                problem=problem,
            ),
            errors={"contact_ids": [problem]},
        )
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=HELD_BYTES)  # noqa: SIM115 - whoever asked sends it
    page: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=HELD_BYTES)  # noqa: SIM115 - closed below
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        with packed.open("person.json", "w", force_zip64=True) as entry:
            count = _write(entry, page, _parts(actor, person, chosen))
        page.seek(0)
        with packed.open("person.html", "w", force_zip64=True) as entry:
            while piece := page.read(65_536):
                entry.write(piece)
    page.close()
    record(
        actor,
        "contact.exported",
        "contact",
        person.id,
        brand_id=person.brand_id,
        contact_ids=[str(one) for one in chosen],
        rows=count,
    )
    file.seek(0)
    return file


def _write(entry: IO[bytes], page: IO[bytes], parts: Iterator[tuple[str, Iterator[dict[str, Any]]]]) -> int:
    """Each part as an array, in both; returns how many rows there were."""
    count = 0
    page.write(b"<!doctype html><meta charset=utf-8><title>person</title>")
    for number, (name, rows) in enumerate(parts):
        entry.write(b",\n" if number else b"{\n")
        entry.write(f'"{name}": ['.encode())
        page.write(f"<h2>{escape(name)}</h2>".encode())
        for place, row in enumerate(rows):
            count += 1
            entry.write(
                (",\n" if place else "\n").encode() + json.dumps(row, ensure_ascii=False, default=_plain).encode()
            )
            said = "".join(
                f"<dt>{escape(key)}<dd dir=auto style=white-space:pre-wrap>{escape(_shown(value))}"
                for key, value in row.items()
                if value not in (None, "", [], {})
            )
            page.write(f"<dl>{said}</dl><hr>".encode())
        entry.write(b"]")
    entry.write(b"\n}\n")
    return count


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, (datetime, date)) else str(value)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_plain)


def _parts(actor: Actor, person: PersonView, chosen: Sequence[UUID]) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
    cases = _case_ids(person, chosen)
    ids = frozenset(chosen)
    yield "identities", (one._asdict() for one in person.identities if one.id in ids)
    yield "links", (one._asdict() for one in reading.links_of(person) if ids & {one.contact_id, one.other_id})
    notes = [one for one in reading.notes_of(actor, person) if one.contact_id in ids]
    yield "notes_on_the_person", (_columns(one, "text", "author_name", "created_at", "earlier") for one in notes)
    yield "cases", _of_cases(Conversation, Conversation.id, cases, _CASE)
    yield "messages", _messages(chosen, cases)
    own = _own_cases(chosen, cases)
    said = ("conversation_id", "text", "author_name")
    yield "notes_beside_cases", _of_cases(Note, Note.conversation_id, own, said)
    yield "answers_not_sent", _of_cases(Reply, Reply.conversation_id, own, _DRAFT, Reply.state == "draft")
    yield (
        "drafts",
        _of_cases(DraftVersion, DraftVersion.conversation_id, own, said),
    )
    lines = lines_of_contacts(actor, person.brand_id, chosen, MOST_LINES)
    yield "given", (one._asdict() for one in lines)
    yield "readings_corrected", _corrections(chosen)
    yield "record", _record_lines(person, [*chosen, *own])


_CASE = (
    "id",
    "platform",
    "kind",
    "status",
    "stars",
    "language",
    "context",
    "permalink",
    "created_at",
    "last_message_at",
    "act",
    "sentiment",
)
_DRAFT = ("id", "conversation_id", "draft_text", "written_by_name", "created_at")
_MESSAGE = (
    "id",
    "conversation_id",
    "direction",
    "author_name",
    "text",
    "stars",
    "language",
    "attachments",
    "permalink",
    "written_at",
    "edited_at",
    "deleted_at",
    "earlier_texts",
    "reading",
)


def _columns(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _case_ids(person: PersonView, chosen: Sequence[UUID]) -> list[UUID]:
    """Their cases, and those of others in which they wrote."""
    own = select(Conversation.id).where(Conversation.contact_id.in_(chosen))
    wrote = select(Message.conversation_id).where(Message.contact_id.in_(chosen), Message.direction == "in").distinct()
    return sorted({*db.session.scalars(own), *db.session.scalars(wrote)})


def _own_cases(chosen: Sequence[UUID], cases: Sequence[UUID]) -> list[UUID]:
    found: list[UUID] = []
    for some in _slices(cases):
        own = select(Conversation.id).where(Conversation.id.in_(some), Conversation.contact_id.in_(chosen))
        found += db.session.scalars(own.order_by(Conversation.id))
    return found


def _slices(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), CASES_AT_ONCE):
        yield ids[start : start + CASES_AT_ONCE]


def _of_cases(
    model: Any, column: Any, cases: Sequence[UUID], names: Sequence[str], *also: Any
) -> Iterator[dict[str, Any]]:
    wanted = [getattr(model, name) for name in names]
    for some in _slices(cases):
        rows = db.session.execute(select(*wanted).where(column.in_(some), *also).order_by(model.id))
        yield from (dict(zip(names, row, strict=True)) for row in rows)


def _messages(chosen: Sequence[UUID], cases: Sequence[UUID]) -> Iterator[dict[str, Any]]:
    """Theirs, what they answered, and ours in cases of theirs."""
    asked, case = aliased(Message), aliased(Conversation)
    wanted = [getattr(Message, name) for name in _MESSAGE]
    for some in _slices(cases):
        theirs = select(case.id).where(case.id.in_(some), case.contact_id.in_(chosen))
        answered = select(asked.parent_external_id).where(
            asked.conversation_id.in_(some), asked.contact_id.in_(chosen), asked.parent_external_id.is_not(None)
        )
        rows = db.session.execute(
            select(*wanted)
            .where(
                Message.conversation_id.in_(some),
                or_(
                    Message.contact_id.in_(chosen),
                    Message.external_id.in_(answered),
                    (Message.direction == "out") & Message.conversation_id.in_(theirs),
                ),
            )
            .order_by(Message.conversation_id, Message.written_at, Message.id)
        )
        yield from (dict(zip(_MESSAGE, row, strict=True)) for row in rows)


def _corrections(chosen: Sequence[UUID]) -> Iterator[dict[str, Any]]:
    names = ("message_id", "aspect", "read_as", "is_in_truth", "said_by_name", "created_at")
    said = select(Message.id).where(Message.contact_id.in_(chosen), Message.direction == "in")
    rows = db.session.execute(
        select(*(getattr(ReadingCorrection, name) for name in names)).where(ReadingCorrection.message_id.in_(said))
    )
    yield from (dict(zip(names, row, strict=True)) for row in rows)


def _record_lines(person: PersonView, subjects: Sequence[UUID]) -> Iterator[dict[str, Any]]:
    names = ("created_at", "actor_name", "action", "subject_type", "subject_id", "facts")
    for some in _slices(subjects):
        rows = db.session.execute(
            select(*(getattr(BrandAudit, name) for name in names))
            .where(BrandAudit.brand_id == person.brand_id, BrandAudit.subject_id.in_([str(one) for one in some]))
            .order_by(BrandAudit.id)
        )
        yield from (dict(zip(names, row, strict=True)) for row in rows)
