"""Pictures and videos of posts, comments and Instagram media as the Graph tells of them."""

from __future__ import annotations

from typing import Any

from agency.sandbox import media
from agency.sandbox.graph_absent import ABSENT
from agency.sandbox.graph_reader import Node, Reader

COMMENT_TYPES = {
    "photo": "photo",
    "image": "photo",
    "video": "video_inline",
    "sticker": "sticker",
    "animated_image": "animated_image_share",
    "share": "share",
}
IMAGE_SIDE_PIXELS = 16


def _image(reader: Reader, facts: dict[str, Any]) -> dict[str, Any]:
    still = {**facts, "kind": "photo"} if facts["kind"] in ("video", "audio", "file") else facts
    return {"height": IMAGE_SIDE_PIXELS, "width": IMAGE_SIDE_PIXELS, "src": media.address(reader.world, still)}


def of_comment(reader: Reader, node: Node) -> Any:
    """`attachment` of a comment."""
    assert node.item is not None
    facts = node.item.facts.get("attachment")
    if not facts:
        return ABSENT
    if "kind" not in facts:
        return facts
    link = f"https://www.facebook.com/photo.php?fbid={facts['name']}"
    told: dict[str, Any] = {
        "type": COMMENT_TYPES.get(facts["kind"], facts["kind"]),
        "url": link,
        "target": {"id": facts["name"], "url": link},
        "media": {"image": _image(reader, facts)},
    }
    if facts["kind"] == "video":
        told["media"]["source"] = media.address(reader.world, facts)
    if facts["kind"] == "share":
        told.update(title=facts.get("title", "A shared page"), description=facts.get("description", ""))
    return told


def of_post(reader: Reader, node: Node) -> Any:
    """`attachments` of a post: several pictures are an album with subattachments."""
    assert node.item is not None
    known = [_of_post(reader, one) for one in node.item.facts.get("attachments") or []]
    if not known:
        return ABSENT
    if len(known) == 1:
        return {"data": known}
    album = {**known[0], "media_type": "album", "type": "album", "subattachments": {"data": known}}
    return {"data": [album]}


def _of_post(reader: Reader, facts: dict[str, Any]) -> dict[str, Any]:
    if "kind" not in facts:
        return facts
    link = f"https://www.facebook.com/photo.php?fbid={facts['name']}"
    told: dict[str, Any] = {
        "media_type": {"video": "video", "share": "link"}.get(facts["kind"], "photo"),
        "type": {"video": "video_inline", "animated_image": "animated_image_share"}.get(facts["kind"], facts["kind"]),
        "url": link,
        "target": {"id": facts["name"], "url": link},
        "media": {"image": _image(reader, facts)},
    }
    if facts["kind"] == "video":
        told["media"]["source"] = media.address(reader.world, facts)
    if facts["kind"] == "share":
        told["title"] = facts.get("title", "A shared page")
    return told


def full_picture(reader: Reader, node: Node) -> Any:
    assert node.item is not None
    known = [one for one in node.item.facts.get("attachments") or [] if "kind" in one]
    return _image(reader, known[0])["src"] if known else ABSENT


def media_url(reader: Reader, node: Node) -> Any:
    """Of Instagram media: signed, and different after the day is over. A story's ends with the story."""
    assert node.item is not None
    item, facts = node.item, node.item.facts
    kind = "video" if facts.get("media_type") == "VIDEO" or facts.get("media_product_type") == "REELS" else "photo"
    today = reader.world.now() // media.DAY_SECONDS * media.DAY_SECONDS
    ends_at = today + media.LIFE_SECONDS
    if facts.get("media_product_type") == "STORY":
        ends_at = item.created_at + media.STORY_LIFE_SECONDS
    return media.address(reader.world, {"kind": kind, "name": node.id, "expires_at": ends_at})
