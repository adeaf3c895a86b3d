"""Copies of what expires at the platform: pictures, films and sounds of stories and direct messages.

Intake promises a copy with the item itself; the job fetches it outside any transaction and settles it here. Nothing
here commits.

A brand has a room of its own for them. Where it is full, a new copy takes the place of the oldest ones of closed
conversations; what belongs to a case that is open or snoozed is never given up, so where only that is left the new copy
is refused and its case says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from agency.inbox.incoming import Record
from agency.inbox.models import Conversation, KeptMedia, Message
from agency.inbox.stored_rows import as_json
from channels.media_kinds import EXTENSIONS, MEDIA_TYPES, MediaCopy
from channels.models import Account
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import NotFound
from tenants.models import Brand
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import raw_sql

EXPIRED, UNREACHABLE, NO_ADDRESS, FULL, GIVEN_UP = "expired", "unreachable", "no_address", "full", "given_up"
"""Why nothing is kept, beside the words of `channels.media_copies.MediaRefused`. `full`: there was no room; `given_up`:
it was kept, and made room for a newer one.
"""
NOT_KEPT = (EXPIRED, UNREACHABLE, NO_ADDRESS, FULL, GIVEN_UP, "address", "host", "too_large", "kind")
SERVED_WITH = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""A copy is a stranger's bytes: whichever door serves it, a browser that opens it runs nothing and guesses nothing."""
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
            and kept_media.reason is distinct from :given_up
            and kept_media.url is distinct from excluded.url
    returning id, state
    """,
    reason="one statement for a whole page of items",
).bindparams(bindparam("external_ids", type_=ARRAY(Text)))


class KeptCopy(NamedTuple):
    """A copy as it is served; `content_type` is one of `channels.media_kinds.MEDIA_TYPES`."""

    brand_id: UUID
    content_type: str
    body: bytes
    sha256: bytes

    def file_name(self, media_id: UUID) -> str:
        """How it is called where it is saved: nothing in it comes from a stranger."""
        return f"{media_id}.{EXTENSIONS[self.content_type]}"


class Kept(NamedTuple):
    """What copies there are of an agency: how many in each state, and the bytes of those that are kept."""

    counts: dict[str, int]
    bytes: int


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
        "given_up": GIVEN_UP,
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


def has_room(media_id: UUID, room_bytes: int) -> bool:
    """Whether a copy could find any room in its brand's ``room_bytes``; else it is refused, before it is fetched."""
    brand_id = db.session.execute(select(KeptMedia.brand_id).where(KeptMedia.id == media_id)).scalar_one_or_none()
    if brand_id is None:
        return False
    spare_bytes = room_bytes - used_bytes(brand_id)
    if spare_bytes > 0 or spare_bytes + sum(length for _, length in _of_closed(brand_id)) > 0:
        return True
    give_up(media_id, "refused", FULL)
    return False


def keep(media_id: UUID, copy: MediaCopy, room_bytes: int) -> None:
    """Store the copy; of two that arrive the first stays, and none returns after its message is gone.

    A brand's copies never take more than ``room_bytes`` together.
    """
    wanted = select(KeptMedia.brand_id).where(KeptMedia.id == media_id, KeptMedia.state == "waiting")
    brand_id = db.session.execute(wanted).scalar_one_or_none()
    if brand_id is None:
        return
    if not _make_room(brand_id, len(copy.body), room_bytes):
        give_up(media_id, "refused", FULL)
        return
    _settle(
        media_id,
        state="kept",
        reason=None,
        content_type=copy.content_type,
        body=copy.body,
        sha256=hashlib.sha256(copy.body).digest(),
        kept_at=clock.now(),
    )


def used_bytes(brand_id: UUID) -> int:
    """What this brand's copies take."""
    taken = select(func.coalesce(func.sum(func.octet_length(KeptMedia.body)), 0))
    return int(db.session.execute(taken.where(KeptMedia.brand_id == brand_id, KeptMedia.state == "kept")).scalar_one())


def kept_now() -> Kept:
    """Of every brand the scope covers."""
    rows = db.session.execute(
        select(
            KeptMedia.state,
            func.count(KeptMedia.id),
            func.coalesce(func.sum(func.octet_length(KeptMedia.body)), 0),
        ).group_by(KeptMedia.state)
    ).all()
    return Kept({state: count for state, count, _ in rows}, sum(int(length) for _, _, length in rows))


def _make_room(brand_id: UUID, length_bytes: int, room_bytes: int) -> bool:
    # One copy of a brand after the other, so that two do not take the same room.
    db.session.execute(select(Brand.id).where(Brand.id == brand_id).with_for_update(key_share=True))
    missing_bytes = used_bytes(brand_id) + length_bytes - room_bytes
    leaving: list[UUID] = []
    for media_id, length in _of_closed(brand_id) if missing_bytes > 0 else ():
        leaving.append(media_id)
        missing_bytes -= length
        if missing_bytes <= 0:
            break
    if missing_bytes > 0:
        return False
    if leaving:
        db.session.execute(
            update(KeptMedia)
            .where(KeptMedia.id.in_(leaving))
            .values(state="gone", reason=GIVEN_UP, body=None, sha256=None, content_type=None, kept_at=None)
            .execution_options(synchronize_session=False)
        )
    return True


def _of_closed(brand_id: UUID) -> list[tuple[UUID, int]]:
    """Copies that may be given up, oldest first: which, and how many bytes each."""
    rows = db.session.execute(
        select(KeptMedia.id, func.octet_length(KeptMedia.body))
        .join(
            Conversation,
            (Conversation.agency_id == KeptMedia.agency_id) & (Conversation.id == KeptMedia.conversation_id),
        )
        .where(KeptMedia.brand_id == brand_id, KeptMedia.state == "kept", Conversation.status == "closed")
        .order_by(KeptMedia.kept_at, KeptMedia.id)
    )
    return [(row[0], row[1]) for row in rows]


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
        select(KeptMedia.brand_id, KeptMedia.content_type, KeptMedia.body, KeptMedia.sha256)
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
    return KeptCopy(row.brand_id, row.content_type, bytes(row.body), bytes(row.sha256))


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
