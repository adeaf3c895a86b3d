"""Our copies of what customers sent and the platform let expire, served so that a browser shows them and runs nothing.

A copy is a stranger's bytes. Its kind is one of `channels.media_kinds.MEDIA_TYPES`, judged by its first bytes when it
was copied; opened by itself it is downloaded, and a browser that opens it all the same does so in a sandbox.
"""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from flask import Blueprint, Response, send_file

from agency.inbox.kept_media import SERVED_WITH, copy_of

kept_media = Blueprint("kept_media", __name__)


@kept_media.get("/conversations/<uuid:conversation_id>/media/<uuid:media_id>")
def copy(conversation_id: UUID, media_id: UUID) -> Response:
    """The bytes, in parts where a player asks for parts."""
    found = copy_of(conversation_id, media_id)
    answer = send_file(
        BytesIO(found.body),
        mimetype=found.content_type,
        as_attachment=True,
        download_name=found.file_name(media_id),
        conditional=True,
        etag=found.sha256.hex(),
        max_age=0,
    )
    answer.headers.update(SERVED_WITH)
    return answer
