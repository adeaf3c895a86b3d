"""A reply on its way, made through the desk as people make it, for tests of the pages around it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from agency.replies import desk, queries
from agency.replies.queries import ReplyRow
from tests.factories import Agency

MARKUP = "<script>alert(1)</script> \"quoted' & {{ 7919 * 7927 }}"
HOSTILE = MARKUP + "\u202egnol\u202c"
"""Markup, template code and a bidirectional override (which our own words may not hold): nothing may happen."""


def waiting_reply(agency: Agency, conversation_id: UUID, words: str = "Thank you, we look into it.") -> UUID:
    """A reply that waits for the client."""
    with agency.entered(agency.staff):
        reply_id = desk.start_draft(agency.staff, conversation_id, words).id
        desk.submit(agency.staff, reply_id)
    return reply_id


def rewritten(agency: Agency, reply_id: UUID, words: str) -> None:
    """The writer changes the words and asks again."""
    with agency.entered(agency.staff):
        desk.edit(agency.staff, reply_id, words)
        desk.submit(agency.staff, reply_id)


def row_of(agency: Agency, reply_id: UUID) -> ReplyRow:
    """The reply as it stands."""
    with agency.entered():
        return queries.get_reply(reply_id)


def form_of(html: str, **more: Any) -> dict[str, Any]:
    """The decision form as the page filled it, with what is typed and the button pressed."""
    hidden = {}
    for name in ("text_hash", "idempotency_key"):
        found = re.search(rf'name="{name}" value="([^"]*)"', html)
        assert found is not None, name
        hidden[name] = unescape(found.group(1))
    area = re.search(r'<textarea[^>]*name="text"[^>]*>\n(.*?)</textarea>', html, re.S)
    assert area is not None
    return {**hidden, "text": unescape(area.group(1)), "reason": "", **more}


def promises(superuser: Engine, job: str) -> int:
    """Open promises of a kind in the outbox."""
    with superuser.begin() as connection:
        wanted = text("select count(*) from outbox_entry where job_name = :job and done_at is null")
        return connection.execute(wanted, {"job": job}).scalar_one()


def is_inert(html: str) -> bool:
    """Whether the canary stands in the page as words only."""
    return "<script>alert" not in html and "&lt;script&gt;alert(1)" in html and str(7919 * 7927) not in html
