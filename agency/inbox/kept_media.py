"""Copies of what expires at the platform: pictures, films and sounds of stories and direct messages.

Intake promises a copy with the item itself; the job fetches it outside any transaction and settles it here. Nothing
here commits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from agency.inbox.incoming import Record
from agency.inbox.models import KeptMedia, Message
from agency.inbox.storage import as_json
from channels.media_kinds import MEDIA_TYPES, MediaCopy
from channels.models import Account
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import NotFound
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import raw_sql

EXPIRED, UNREACHABLE, NO_ADDRESS = "expired", "unreachable", "no_address"
"""Why nothing was kept, beside the words of `channels.media_copies.MediaRefused`."""
MOST_OF_ONE_MESSAGE = 10
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 15, 900
TRIED_FOR = timedelta(hours=48)
"""A story lives for 24 hours; what answered nobody for twice as long is taken for gone."""

_WAITING = raw_sql(
    """
    insert into kept_media (agency_id, id, brand_id, conversation_id, message_id, position, url, state, reason)
    select :agency_id, given.id, :brand_id, m.conversation_id, m.id, given.position, given.url,
        case when given.url is null then 'gone' else 'waiting' end,
        case when given.url is null then :no_address end
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, external_id text, position smallint, url text)
    join message m on m.agency_id = :agency_id and m.account_id = :account_id
        and m.external_id = given.external_id and m.external_id = any(:external_ids) and m.deleted_at is null
    on conflict (agency_id, message_id, position, brand_id) do update
        set url = excluded.url, state = 'waiting', reason = null, attempts = 0
        where kept_media.state in ('waiting', 'gone') and excluded.url is not null
            and kept_media.url is distinct from excluded.url
    returning id, state
    """,
    reason="one statement for a whole page of items",
).bindparams(bindparam("external_ids", type_=ARRAY(Text)))


class KeptCopy(NamedTuple):
    """A copy as it is served; `content_type` is one of `channels.media_kinds.MEDIA_TYPES`."""

    content_type: str
    body: bytes
    sha256: bytes


def promise_copies(account: Account, written: Iterable[Record]) -> None:
    """Have what expires in these stored messages copied (KEEP_MEDIA with agency_id, brand_id, media_id).

    What is kept stays; an address that was signed anew is tried again.
    """
    rows = [
        {"id": new_id(), "external_id": record.external_id, "position": position, "url": one["url"]}
        for record in written
        if not record.deleted
        for position, one in enumerate(record.attachments[:MOST_OF_ONE_MESSAGE])
        if one.get("expires")
    ]
    if not rows:
        return
    values = {
        "agency_id": account.agency_id,
        "brand_id": account.brand_id,
        "account_id": account.id,
        "rows": as_json(rows),
        "external_ids": sorted({str(row["external_id"]) for row in rows}),
        "no_address": NO_ADDRESS,
    }
    for media_id, state in db.session.execute(_WAITING, values).all():
        if state == "waiting":
            _promise(account.agency_id, account.brand_id, media_id, 0)


def address_of(media_id: UUID) -> str | None:
    """Where the platform has what is still to be copied; None when nothing is, or its message is gone."""
    return db.session.execute(
        select(KeptMedia.url)
        .join(Message, (Message.agency_id == KeptMedia.agency_id) & (Message.id == KeptMedia.message_id))
        .where(KeptMedia.id == media_id, KeptMedia.state == "waiting", Message.deleted_at.is_(None))
    ).scalar_one_or_none()


def keep(media_id: UUID, copy: MediaCopy) -> None:
    """Store the copy; of two that arrive the first stays, and none returns after its message is gone."""
    _settle(
        media_id,
        state="kept",
        reason=None,
        content_type=copy.content_type,
        body=copy.body,
        sha256=hashlib.sha256(copy.body).digest(),
        kept_at=clock.now(),
    )


def give_up(media_id: UUID, state: str, reason: str) -> None:
    """There will be no copy: `gone` or `refused`."""
    _settle(media_id, state=state, reason=reason)


def put_off(media_id: UUID) -> None:
    """Try again a little later, each time longer; after TRIED_FOR it is taken for gone."""
    row = db.session.execute(
        update(KeptMedia)
        .where(KeptMedia.id == media_id, KeptMedia.state == "waiting")
        .values(attempts=KeptMedia.attempts + 1)
        .returning(KeptMedia.agency_id, KeptMedia.brand_id, KeptMedia.attempts, KeptMedia.created_at)
        .execution_options(synchronize_session=False)
    ).first()
    if row is None:
        return
    if row.created_at < clock.now() - TRIED_FOR:
        give_up(media_id, "gone", UNREACHABLE)
        return
    pause_seconds = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(row.attempts - 1, 10))
    _promise(row.agency_id, row.brand_id, media_id, pause_seconds)


def copy_of(conversation_id: UUID, media_id: UUID) -> KeptCopy:
    """A kept copy of a conversation. Raises NotFound for one of another, one not kept, and one that never was."""
    row = db.session.execute(
        select(KeptMedia.content_type, KeptMedia.body, KeptMedia.sha256)
        .join(Message, (Message.agency_id == KeptMedia.agency_id) & (Message.id == KeptMedia.message_id))
        .where(
            KeptMedia.id == media_id,
            KeptMedia.conversation_id == conversation_id,
            KeptMedia.state == "kept",
            Message.deleted_at.is_(None),
        )
    ).first()
    if row is None or row.body is None or row.sha256 is None or row.content_type not in MEDIA_TYPES:
        raise NotFound()
    return KeptCopy(row.content_type, bytes(row.body), bytes(row.sha256))


def _settle(media_id: UUID, **values: object) -> None:
    db.session.execute(
        update(KeptMedia)
        .where(KeptMedia.id == media_id, KeptMedia.state == "waiting")
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _promise(agency_id: UUID, brand_id: UUID, media_id: UUID, pause_seconds: int) -> None:
    run_at = clock.now() + timedelta(seconds=pause_seconds) if pause_seconds else None
    enqueue_after_commit(JobName.KEEP_MEDIA, run_at=run_at, agency_id=agency_id, brand_id=brand_id, media_id=media_id)
