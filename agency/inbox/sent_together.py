"""Answers of ours as messages, many at once: the same as `agency.inbox.outgoing.answered` does to one, for those whose
conversation and message are plain. Whatever is not plain is left to that.

By so many statements however many they are. Their conversations must be held already.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text, Uuid

from agency.inbox.brand_rules import RULES_OF_BRAND, STANDING, BrandRules
from agency.inbox.conversation_rows import Rules, refreshed_row
from agency.inbox.incoming import PROVISIONAL
from agency.inbox.models import Message, is_apart
from agency.inbox.sent import link_reply
from agency.inbox.storage import CHANGED, FACTS, WHY
from agency.inbox.stored_rows import Thread, as_json
from agency.inbox.summary import MessageFacts
from tenants.database import db, new_id
from tenants.kept_select import KeptSelect
from tenants.scope import raw_sql


class Sender(NamedTuple):
    """Of an account: what a message in its name needs."""

    id: UUID
    brand_id: UUID
    platform: str
    name: str


class Sent(NamedTuple):
    """An answer that stands on its platform. `external_id` is its message's (`agency.inbox.outgoing.message_id`)."""

    account: Sender
    conversation_id: UUID
    reply_id: UUID
    platform_id: str
    external_id: str
    answered_external_id: str
    text: str
    written_at: datetime
    moderation: str | None


class Place(NamedTuple):
    """A conversation as it will be when its answer is recorded."""

    thread: Thread
    brand_id: UUID
    platform: str


_THREADS = raw_sql(
    f"""
    select brand_id, platform, id, external_id, kind, status, closed_reason, false, 'published', last_customer_at,
        coalesce((select {STANDING} from contact
            where contact.agency_id = :agency_id and contact.id = conversation.contact_id), 0), null, null, clocks
    from conversation
    where agency_id = :agency_id and id = any(:ids) and merged_into_id is null
      and not exists (select from conversation part
          where part.agency_id = :agency_id and part.merged_into_id = conversation.id)
    """,
    reason=WHY,
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

_MESSAGES = raw_sql(
    """
    insert into message (agency_id, id, brand_id, conversation_id, account_id, external_id, parent_external_id,
        direction, author_name, text, truncated, attachments, written_at, hidden, moderation, content_hash, reply_id)
    select :agency_id, id, brand_id, conversation_id, account_id, external_id, parent_external_id,
        'out', author_name, text, false, '[]', written_at, false, moderation, decode(content_hash, 'hex'), reply_id
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, brand_id uuid, conversation_id uuid,
        account_id uuid, external_id text, parent_external_id text, author_name text, text text,
        written_at timestamptz, moderation text, content_hash text, reply_id uuid)
    on conflict (agency_id, account_id, external_id, brand_id) do nothing
    returning reply_id
    """,
    reason=WHY,
)

_FACTS = raw_sql(FACTS.replace("brand_id = :brand_id", "brand_id = any(:brand_ids)"), reason=WHY).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)), bindparam("brand_ids", type_=ARRAY(Uuid))
)

_ANSWERED = raw_sql(
    CHANGED.replace(
        "version = c.version + 1",
        "version = c.version + 1, reply_state = 'published', holder_id = null, holder_name = null, held_since = null,"
        " held_until = null",
    ),
    reason="a row of so many indexes is written once",
)

_RULES = raw_sql(
    f"""
    select given.brand_id, given.platform,
        ({RULES_OF_BRAND.replace(":brand_id", "given.brand_id").replace("cast(:platform as text)", "given.platform")})
    from unnest(:brand_ids, :platforms) as given(brand_id, platform)
    """,
    reason=WHY,
).bindparams(bindparam("brand_ids", type_=ARRAY(Uuid)), bindparam("platforms", type_=ARRAY(Text)))


_THERE: Final = KeptSelect(
    select(Message.account_id, Message.external_id).where(
        Message.account_id == any_(bindparam("account_ids", type_=ARRAY(Uuid))),
        Message.external_id == any_(bindparam("names", type_=ARRAY(Text))),
    )
)


def plain_places(agency_id: UUID, sent: Sequence[Sent]) -> dict[UUID, Place]:
    """By reply, those that are recorded together: told within no other conversation and telling none, not set apart,
    and with no message there by that name yet: an event or a poll may have brought ours first, or the platform names
    words of somebody else, which `agency.replies.settling` does not believe. (A review's answer has the review's own
    name: that it stands there says nothing.) Two statements.
    """
    rows = db.session.execute(_THREADS, {"agency_id": agency_id, "ids": [one.conversation_id for one in sent]})
    places = {row[2]: Place(Thread(*row[2:]), row[0], row[1]) for row in rows}
    given = {
        "account_ids": [one.account.id for one in sent],
        "names": [name for one in sent for name in _names(one)],
    }
    known = set(_THERE.rows(given))
    return {
        one.reply_id: places[one.conversation_id]
        for one in sent
        if one.conversation_id in places
        and not is_apart(places[one.conversation_id].thread.external_id)
        and known.isdisjoint((one.account.id, name) for name in _names(one))
    }


def _names(one: Sent) -> set[str]:
    """By which of its names no message may be there yet."""
    return {one.external_id} if one.account.platform == "google_business" else {one.external_id, one.platform_id}


def record_together(agency_id: UUID, sent: Sequence[tuple[Sent, Place]]) -> None:
    """Put the answers into their conversations, which are nobody's any more and close unless newer words wait. Four
    statements.
    """
    rows = [
        {
            "id": new_id(),
            "brand_id": one.account.brand_id,
            "conversation_id": one.conversation_id,
            "account_id": one.account.id,
            "external_id": one.external_id,
            "parent_external_id": one.answered_external_id,
            "author_name": one.account.name,
            "text": one.text,
            "written_at": one.written_at,
            "moderation": one.moderation,
            "content_hash": PROVISIONAL.hex(),
            "reply_id": one.reply_id,
        }
        for one, _place in sent
    ]
    put_in = set(db.session.execute(_MESSAGES, {"agency_id": agency_id, "rows": as_json(rows)}).scalars())
    for one, _place in sent:
        if one.reply_id not in put_in:  # somebody filed it under another thread in this very moment
            link_reply(one.account.id, one.external_id, one.reply_id, one.answered_external_id)
    _refresh(agency_id, [place for _one, place in sent])


def _refresh(agency_id: UUID, places: Sequence[Place]) -> None:
    pairs = sorted({(place.brand_id, place.platform) for place in places})
    brand_ids, platforms = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    given = {"agency_id": agency_id, "brand_ids": brand_ids}
    rules = {
        (row[0], row[1]): Rules(BrandRules.read(row[2]))
        for row in db.session.execute(_RULES, {**given, "platforms": platforms})
    }
    facts: dict[UUID, list[MessageFacts]] = {}
    for row in db.session.execute(_FACTS, {**given, "ids": [place.thread.id for place in places]}):
        facts.setdefault(row[0], []).append(MessageFacts(*row[1:]))
    changed: list[dict[str, Any]] = [
        refreshed_row(place.thread, facts[place.thread.id], rules[place.brand_id, place.platform]) for place in places
    ]
    db.session.execute(_ANSWERED, {"agency_id": agency_id, "rows": as_json(changed)})
