"""Google's reviews as items. Pure; takes any JSON and sets aside what it cannot read."""

from __future__ import annotations

from typing import Any

from channels.items import Attachment, Author, IncomingItem, OwnReply, ReplyState
from channels.wire import Json, Unreadable, identifier, instant, link, mapping, rows, short_text, text_of

_STARS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}
_TRANSLATED = "(Translated by Google)"
_ORIGINAL = "(Original)"
#: Google's words for the moderation of an answer.
REPLY_STATES: dict[str, ReplyState] = {"PENDING": "pending", "REJECTED": "rejected", "APPROVED": "published"}


def review_id_of(raw: Json) -> str | None:
    """The id, from ``reviewId`` or the end of ``name``."""
    name = raw.get("name")
    last = name.rsplit("/", 1)[-1] if isinstance(name, str) else None
    return identifier(raw.get("reviewId")) or identifier(last)


def read_review(raw: Json) -> IncomingItem:
    """Raises `Unreadable` without a usable id, time or text."""
    review_id = review_id_of(raw)
    if review_id is None:
        raise Unreadable("no usable reviewId")
    updated_at = instant(raw.get("updateTime"))
    created_at = instant(raw.get("createTime")) or updated_at
    if created_at is None:
        raise Unreadable("no usable createTime")
    text, truncated = text_of(raw.get("comment"), field="comment")
    text, translation = split_translation(text)
    stars = raw.get("starRating")
    return IncomingItem(
        external_id=review_id,
        thread_external_id=review_id,
        parent_external_id=None,
        kind="review",
        author=_author(raw.get("reviewer")),
        text=text,
        created_at=created_at,
        updated_at=updated_at or created_at,
        stars=_STARS.get(stars) if isinstance(stars, str) else None,
        permalink=link(raw.get("reviewReplyUrl")),
        from_us=False,
        attachments=_attachments(raw.get("reviewMediaItems")),
        reply=read_reply(raw.get("reviewReply")),
        truncated=truncated,
        translation=translation,
    )


def split_translation(text: str) -> tuple[str, str | None]:
    """The original and Google's translation, in either order Google writes them; any other text stays whole.

    Captured: ``(Translated by Google) T``, empty line, ``(Original)``, the original. Reported, not captured: the
    original, empty line, ``(Translated by Google)``, a line break, the translation. Both parts are kept either way.
    """
    if text.startswith(_TRANSLATED):
        translation, mark, original = text[len(_TRANSLATED) :].rpartition(f"\n\n{_ORIGINAL}")
    else:
        original, mark, translation = text.rpartition(f"\n\n{_TRANSLATED}\n")
    if not mark or not original.strip():
        return text, None
    return original.strip(), translation.strip() or None


def read_reply(value: Any) -> OwnReply | None:
    """The business's answer, None when there is none or it has no text.

    No state, or an unknown one, counts as published: answers from before April 2026 have none. Google may wrap answers
    in its translation like reviews (not documented); then the original is what we wrote.
    """
    raw = mapping(value)
    if raw is None:
        return None
    try:
        text, _ = text_of(raw.get("comment"), field="comment")
    except Unreadable:
        return None
    if not text:
        return None
    word = raw.get("reviewReplyState")
    state = REPLY_STATES.get(word, "published") if isinstance(word, str) else "published"
    violation = short_text(raw.get("policyViolation"), 100) if state == "rejected" else None
    return OwnReply(split_translation(text)[0], instant(raw.get("updateTime")), state, violation)


def _author(value: Any) -> Author | None:
    """Google gives no id, and no name for anonymous reviewers."""
    reviewer = mapping(value) or {}
    if reviewer.get("isAnonymous") is True:
        return None
    name = short_text(reviewer.get("displayName"), 300)
    return Author(None, name) if name else None


def _attachments(value: Any) -> tuple[Attachment, ...]:
    found = []
    for raw in rows(value):
        media = mapping(raw)
        if media is None:
            continue
        video = link(media.get("videoUrl"))
        label = short_text(media.get("thumbnailLabel"), 300)
        found.append(Attachment("video" if video else "photo", video or link(media.get("thumbnailUrl")), label))
    return tuple(found[:50])
