"""Copying what expires at the platform: fetched outside any transaction, settled in one. Repeat-safe."""

from __future__ import annotations

from uuid import UUID

from flask import Flask
from sqlalchemy import select

from agency.inbox import kept_media
from agency.inbox.models import KeptMedia
from channels.media_copies import MediaGone, MediaRefused, MediaUnreachable, fetch_media
from jobs.history import WOKEN_AT_ONCE
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.outbox import JobName, enqueue_after_commit, is_promised
from tenants.scope import Scope, in_scope


def keep_media(app: Flask, agency_id: str, brand_id: str, media_id: str) -> None:
    """Fetch and store one copy, or say why there is none; where nobody answers, promise the next try."""
    scope, row_id = Scope(UUID(agency_id), frozenset({UUID(brand_id)})), UUID(media_id)
    with in_scope(app, scope):
        settings = settings_of_app()
        hosts, room_bytes = settings.media_hosts, settings.kept_media_room_bytes
        address = kept_media.address_of(row_id)
        if address is not None and not kept_media.has_room(row_id, room_bytes):
            return
    if address is None:
        return
    try:
        copy = fetch_media(address, hosts)
    except MediaRefused as refused:
        with in_scope(app, scope):
            kept_media.give_up(row_id, "refused", refused.reason)
    except MediaGone:
        with in_scope(app, scope):
            kept_media.give_up(row_id, "gone", kept_media.EXPIRED)
    except MediaUnreachable:
        with in_scope(app, scope):
            kept_media.put_off(row_id)
    else:
        with in_scope(app, scope):
            kept_media.keep(row_id, copy, room_bytes)


def wake(agency_id: UUID) -> int:
    """Promise copies again whose promise was lost or given up; returns how many."""
    rows = db.session.execute(
        select(KeptMedia.brand_id, KeptMedia.id)
        .where(KeptMedia.state == "waiting", ~is_promised(JobName.KEEP_MEDIA, "media_id", KeptMedia.id))
        .limit(WOKEN_AT_ONCE)
    ).all()
    for brand_id, media_id in rows:
        enqueue_after_commit(JobName.KEEP_MEDIA, agency_id=agency_id, brand_id=brand_id, media_id=media_id)
    return len(rows)
