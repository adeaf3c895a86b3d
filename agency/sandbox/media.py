"""Pictures, videos and voices that the sandbox serves itself, at signed addresses that end, as the platforms' do."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
import zlib
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from agency.sandbox.world import World

DAY_SECONDS = 86_400
LIFE_SECONDS = 7 * DAY_SECONDS
STORY_LIFE_SECONDS = DAY_SECONDS
# What people attach, and the file each is served as.
KINDS = {
    "photo": ("png", "image/png"),
    "image": ("png", "image/png"),
    "sticker": ("png", "image/png"),
    "animated_image": ("gif", "image/gif"),
    "video": ("mp4", "video/mp4"),
    "audio": ("wav", "audio/wav"),
    "file": ("pdf", "application/pdf"),
    "share": ("png", "image/png"),
}
EXTENSIONS = dict(KINDS.values())
SIDE_PIXELS = 16


def attached(world: World, wish: Any, *, lives_seconds: float = LIFE_SECONDS) -> dict[str, Any]:
    """What is kept of one attachment: a kind out of KINDS, or an object in a platform's own words, kept as it is.

    Raises ValueError on anything else.
    """
    if isinstance(wish, dict) and "kind" not in wish:
        return wish
    facts = dict(wish) if isinstance(wish, dict) else {"kind": wish}
    if facts["kind"] not in KINDS:
        raise ValueError(f"an attachment is one of {', '.join(KINDS)}, or the platform's own object")
    facts.setdefault("name", str(10**16 + secrets.randbelow(9 * 10**16)))
    facts.setdefault("expires_at", world.now() + lives_seconds)
    return facts


def address(world: World, facts: dict[str, Any]) -> str:
    """Where the attachment can be fetched until it expires."""
    if facts.get("url"):
        return str(facts["url"])
    extension = KINDS[facts["kind"]][0]
    name, ends = f"{facts['name']}.{extension}", f"{int(facts['expires_at']):x}"
    return f"{world.base_url}/media/{name}?oe={ends}&oh={_signature(world, name, ends)}"


def _signature(world: World, name: str, ends: str) -> str:
    key = world.keys.meta_app_secret.encode()
    return hmac.new(key, f"{name} {ends}".encode(), hashlib.sha256).hexdigest()[:32]


def blueprint(world: World) -> Blueprint:
    doors = Blueprint("media", __name__)

    @doors.get("/media/<name>")
    def serve(name: str) -> Response:
        ends, signature = request.args.get("oe", ""), request.args.get("oh", "")
        right = hmac.compare_digest(_signature(world, name, ends).encode(), signature.encode("utf-8", "replace"))
        extension = name.rpartition(".")[2]
        if not right or extension not in EXTENSIONS or int(ends, 16) <= world.now():
            return Response("URL signature expired", status=404, content_type="text/plain")
        return Response(content(name), content_type=EXTENSIONS[extension])

    return doors


def is_ours(world: World, url: str) -> bool:
    """Whether the address is served here: the sandbox fetches nothing from anywhere else."""
    return urlsplit(url).path.startswith("/media/")


def content(name: str) -> bytes:
    """A small real file of the kind its name says; the same name gives the same bytes."""
    seed = hashlib.sha256(name.encode()).digest()
    extension = name.rpartition(".")[2]
    if extension == "png":
        return _png(seed[:3])
    if extension == "gif":
        return (
            b"GIF89a\x01\x00\x01\x00\x80\x00\x00"
            + seed[:3]
            + b"\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
        )
    if extension == "wav":
        sound = bytes(128 for _ in range(800))
        head = struct.pack(
            "<4sI8sIHHIIHH4sI", b"RIFF", 36 + len(sound), b"WAVEfmt ", 16, 1, 1, 8000, 8000, 1, 8, b"data", len(sound)
        )
        return head + sound
    if extension == "pdf":
        return b"%PDF-1.4\n% " + seed.hex().encode() + b"\n%%EOF\n"
    return struct.pack(">I4s4sI4s", 20, b"ftyp", b"isom", 512, b"isom") + struct.pack(">I4s", 8 + 32, b"free") + seed


def _png(colour: bytes) -> bytes:
    rows = (b"\x00" + colour * SIDE_PIXELS) * SIDE_PIXELS
    head = struct.pack(">IIBBBBB", SIDE_PIXELS, SIDE_PIXELS, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
