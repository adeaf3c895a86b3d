"""What a message shows of things that expire at the platform: our copy, or a sentence about why there is none."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from agency.inbox import kept_media
from agency.inbox.conversation_view import ConversationView, KeptView, MessageView
from agency.web.contexts_conversation import KeptLook
from agency.web.media_words import media_word


def apart(m: MessageView, view: ConversationView) -> list[dict[str, Any]]:
    """The attachments that do not stand among the `kept_looks` of the message."""
    covered = _places(m, _kept_of(m, view))
    return [one for position, one in enumerate(m.attachments) if position not in covered]


def kept_looks(m: MessageView, view: ConversationView) -> tuple[KeptLook, ...]:
    """In the order they were attached; what the platform no longer lists stays."""
    kept = _kept_of(m, view)
    covered = _places(m, kept)
    return tuple(_look(view, one, covered.get(one.position, {})) for one in kept)


def _kept_of(m: MessageView, view: ConversationView) -> list[KeptView]:
    if m.deleted_at is not None:
        return []
    return sorted((one for one in view.kept if one.message_id == m.id), key=lambda one: one.position)


def _places(m: MessageView, kept: list[KeptView]) -> dict[int, dict[str, Any]]:
    """Position → the attachment that is shown through its copy: the platform may list others in its place by now."""
    return {
        one.position: m.attachments[one.position]
        for one in kept
        if one.position < len(m.attachments) and m.attachments[one.position].get("expires")
    }


def _look(view: ConversationView, one: KeptView, attached: dict[str, Any]) -> KeptLook:
    sort = (one.content_type or "").partition("/")[0] if one.state == "kept" else ""
    label = media_word(attached.get("kind")) or media_word(sort) or _("Attachment")
    if sort:
        return KeptLook(label=label, sort=sort, url=f"/conversations/{view.id}/media/{one.id}")
    at_the_platform = "" if one.state == "gone" else str(attached.get("url") or "")
    return KeptLook(label=label, url=at_the_platform, note=_note(one))


def _note(one: KeptView) -> str:
    if one.state == "waiting":
        return _("Expires on the platform. We are copying it.")
    if one.reason == kept_media.GIVEN_UP:
        return _("Our copy made room for newer ones after this case was closed.")
    if one.reason == kept_media.FULL:
        return _("Not copied: this brand's room for copies is full. It expires on the platform.")
    if one.reason == kept_media.UNREACHABLE:
        return _("Not kept: the platform did not hand it out for two days.")
    if one.state == "gone":
        return _("Expired on the platform before we could copy it.")
    if one.reason == "too_large":
        return _("Not copied: larger than 25 MB. It expires on the platform.")
    if one.reason == "kind":
        return _("Not copied: neither a picture nor a film nor a sound. It expires on the platform.")
    return _("Not copied: its address does not lead to the platform.")
