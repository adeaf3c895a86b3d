"""A piece of the file of everybody who writes to a brand: lines of JSON, packed, some people at a time.

Each line is one thing held of one identity: `person` its id, `part` what it is, as in the file of one person
(`agency.replies.person_export`), which leaves out the same. The pieces one after another are one `.jsonl.gz`.
"""

from __future__ import annotations

import gzip
import io
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from agency.inbox.contacts import exports, reading
from agency.inbox.contacts.models import PeopleExport
from agency.replies.person_rows import parts_of
from tenants.errors import NotFound
from tenants.permissions import Actor

PEOPLE: Final = 50
"""Of one piece at most: at some 15 ms each a transaction of less than a second."""
PIECE_BYTES: Final = 1_000_000
"""A piece ends with the person in whom it grows past this, packed."""


def add_piece(actor: Actor, export: PeopleExport, people: int = PEOPLE) -> bool:
    """Read the next people and add what is held of them; returns whether somebody is left to be read."""
    wanted = exports.next_people(export, people)
    body, read, rows = io.BytesIO(), list[UUID](), 0
    with gzip.GzipFile(fileobj=body, mode="wb", mtime=0) as packed:
        for contact_id in wanted:
            rows += _write(packed, actor, contact_id)
            read.append(contact_id)
            if body.tell() > PIECE_BYTES:
                break
    if read:
        exports.add_part(export, body.getvalue(), read, rows)
    return len(read) < len(wanted) or len(wanted) == people


def _write(packed: gzip.GzipFile, actor: Actor, contact_id: UUID) -> int:
    try:
        person = reading.get_person(actor, contact_id)
    except NotFound:  # erased between the two statements
        return 0
    rows = 0
    for part, held in parts_of(actor, person, [contact_id]):
        for row in held:
            rows += 1
            packed.write(orjson.dumps({"person": str(contact_id), "part": part, **row}, default=_plain) + b"\n")
    return rows


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, (datetime, date)) else str(value)
