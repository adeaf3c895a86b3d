"""Our copies of what customers sent and the platform let expire, served so that a browser shows them and runs nothing.

A copy is a stranger's bytes. Its kind is one of `channels.media_kinds.MEDIA_TYPES`, judged by its first bytes when it
was copied; opened by itself it is downloaded, and a browser that opens it all the same does so in a sandbox.
"""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from flask import Blueprint, Response, send_file

from agency.inbox.kept_media import copy_of
from channels.media_kinds import EXTENSIONS

kept_media = Blueprint("kept_media", __name__)

CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


@kept_media.get("/conversations/<uuid:conversation_id>/media/<uuid:media_id>")
def copy(conversation_id: UUID, media_id: UUID) -> Response:
    """The bytes, in parts where a player asks for parts."""
    found = copy_of(conversation_id, media_id)
    answer = send_file(
        BytesIO(found.body),
        mimetype=found.content_type,
        as_attachment=True,
        download_name=f"{media_id}.{EXTENSIONS[found.content_type]}",
        conditional=True,
        etag=found.sha256.hex(),
        max_age=0,
    )
    answer.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer
