"""Everything held of one person, as a file they may be given: JSON for programs and one page to read, in a zip.

Theirs are their messages, our answers to them, notes, links, what was given, what their texts were read as, unsent
drafts and the record's lines. Other people's words are left out: what others wrote in the same thread, what we answered
them, the post of somebody else that it stands beneath, and of a link that was undone whose the other identity is. Notes
and drafts beside a case in which others write, too, may be about them; they are left out and counted. What is read is
in `person_rows`. Read a few cases at a time and written as it is read, so that a large person never stands in memory.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Collection, Iterator
from datetime import date, datetime
from html import escape
from typing import IO, Any, Final
from uuid import UUID

from agency.inbox.contacts.reading import PersonView
from agency.replies.person_rows import parts_of
from tenants.audit import record
from tenants.errors import Invalid, worded
from tenants.permissions import Actor, Permission, require

HELD_BYTES: Final = 1_000_000
"""The file stands in memory up to here, then on disk."""


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
            count = _write(entry, page, parts_of(actor, person, chosen))
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
    page.write(
        b'<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">'
        b"<title>person</title><style>body{overflow-wrap:anywhere}</style><main><h1>person</h1>"
    )
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
