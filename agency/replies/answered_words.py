"""By which words an answered question is found again: kept when its answer is published, gone with the message.

What is kept of a word is a hash of its stem under a key of the brand's own (`tenants.data_keys`), so that the words
stand nowhere a second time. A tombstone on a message takes its words along (a trigger, as with kept media).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from agency.inbox.case import WORDS_READ
from agency.inbox.stored_rows import as_json
from agency.replies.models import Reply
from styleguides.questions import MOST_WORDS, question_words, stem_number
from tenants import clock
from tenants.data_keys import vault_of_app
from tenants.database import db, new_id
from tenants.scope import raw_sql

PURPOSE: Final = "answered words"
KEPT_AT_ONCE: Final = 200
"""Older answers of one agency that upkeep looks at in one minute."""


def hash_key(agency_id: UUID, brand_id: UUID, *, make: bool = False) -> bytes | None:
    """The key of the brand's stems; None where nothing of it was ever kept."""
    return vault_of_app().hash_key(agency_id, brand_id, PURPOSE, make=make)


def keep_question(reply: Reply) -> None:
    """Keep the words that a published reply answers, once: the person's messages since our last answer."""
    keep_questions([reply])


def keep_questions(replies: Sequence[Reply]) -> None:
    """The same of several, in three statements; one more for each brand of which nothing was ever kept."""
    plain = {reply.id: reply for reply in replies if reply.deed == "reply" and not reply.question_kept}
    for reply in plain.values():
        reply.question_kept = True
    keep_words(list(plain.values()))


def keep_words(replies: Sequence[Reply]) -> None:
    """Keep what these answer, for whoever notes itself that it is kept."""
    replies = [reply for reply in replies if not reply.only_heard]  # these answer nothing
    said = _said_before(replies) if replies else {}
    if not said:
        return
    first = replies[0]
    brand_ids = {reply.brand_id for reply in replies if reply.id in said}
    keys = vault_of_app().hash_keys(first.agency_id, brand_ids, PURPOSE)
    found: list[dict[str, Any]] = []
    for reply in replies:
        rows: dict[int, dict[str, Any]] = {}
        for message_id, text, language in said.get(reply.id, ()):
            for stem in question_words(text, language):
                if len(rows) < MOST_WORDS:
                    rows.setdefault(
                        stem_number(stem, keys[reply.brand_id]),
                        {
                            "id": new_id(),
                            "brand_id": reply.brand_id,
                            "reply_id": reply.id,
                            "message_id": message_id,
                            "answered_at": reply.published_at or clock.now(),
                        },
                    )
        found += [{**row, "stem": stem} for stem, row in rows.items()]
    if found:
        db.session.execute(_KEEP, {"agency_id": replies[0].agency_id, "rows": as_json(found)})


def keep_older(limit: int = KEPT_AT_ONCE) -> int:
    """Keep the questions of replies that were published before these words were kept, the newest first; returns of how
    many. In an agency's scope. Who sends at the same time holds their reply; it is left to them.
    """
    wanted = (
        select(Reply)
        .where(Reply.state == "published", Reply.deed == "reply", Reply.question_kept.is_(False))
        .order_by(Reply.id.desc())
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = db.session.execute(wanted).scalars().all()
    keep_questions(found)
    return len(found)


def _said_before(replies: Sequence[Reply]) -> dict[UUID, list[tuple[UUID, str, str]]]:
    """By reply the message that is answered and what its writer said before it, since anybody of ours last wrote,
    newest first: id, words, language. What was deleted is nowhere.
    """
    given = {
        "agency_id": replies[0].agency_id,
        "reply_ids": [reply.id for reply in replies],
        "message_ids": [reply.in_reply_to_id for reply in replies],
    }
    found = defaultdict[UUID, list[tuple[UUID, str, str]]](list)
    for reply_id, message_id, text, language in db.session.execute(_SAID_BEFORE, given):
        found[reply_id].append((message_id, text, language))
    return found


_KEEP = raw_sql(
    """
    insert into answered_word (agency_id, id, brand_id, stem, reply_id, message_id, answered_at)
    select :agency_id, id, brand_id, stem, reply_id, message_id, answered_at
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, brand_id uuid, stem bigint, reply_id uuid,
        message_id uuid, answered_at timestamptz)
    """,
    reason="the words of many questions in one statement",
)

# What somebody is deleting at this moment is not kept; who publishes holds the conversation, so nobody is.
_SAID_BEFORE = raw_sql(
    f"""
    select given.reply_id, said.id, said.text, said.language
    from unnest(cast(:reply_ids as uuid[]), cast(:message_ids as uuid[])) as given(reply_id, message_id)
    join message answered on answered.agency_id = :agency_id and answered.id = given.message_id
    cross join lateral (
        select other.id, other.text, other.written_at, coalesce(other.language, c.language, b.language) as language
        from message other
        join conversation c on c.agency_id = other.agency_id and c.id = other.conversation_id
        join brand b on b.agency_id = other.agency_id and b.id = other.brand_id
        where other.agency_id = :agency_id and other.conversation_id = answered.conversation_id
          and other.direction = 'in' and other.deleted_at is null
          and other.contact_id is not distinct from answered.contact_id
          and other.written_at <= answered.written_at
          and coalesce(other.written_at > (
              select max(ours.written_at) from message ours
              where ours.agency_id = :agency_id and ours.conversation_id = answered.conversation_id
                and ours.direction = 'out' and ours.written_at < answered.written_at), true)
        order by other.written_at desc, other.id desc limit {WORDS_READ} for share of other skip locked
    ) said
    order by given.reply_id, said.written_at desc, said.id desc
    """,
    reason="of each of many replies the few messages before it, held in one statement",
)
