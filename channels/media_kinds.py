"""What a copied attachment can be: pictures, films and sounds, told by their first bytes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_BRANDS: Final = {
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"), "image/heic"),
    **dict.fromkeys((b"M4A ", b"M4B "), "audio/mp4"),
    **dict.fromkeys((b"3gp4", b"3gp5", b"3gp6", b"3g2a"), "video/3gpp"),
    b"qt  ": "video/quicktime",
    **dict.fromkeys(
        (b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash", b"MSNV"),
        "video/mp4",
    ),
}
_STARTS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"#!AMR", "audio/amr"),
)
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
MEDIA_TYPES: Final = frozenset({*_BRANDS.values(), *_RIFF.values(), *(kind for _, kind in _STARTS)})
"""Everything a copy can be. Nothing among it can hold a script that a browser runs."""
_NAMED = {"jpeg": "jpg", "mpeg": "mp3", "quicktime": "mov", "x-msvideo": "avi", "3gpp": "3gp"}
EXTENSIONS: Final = {
    kind: "m4a" if kind == "audio/mp4" else _NAMED.get(kind.partition("/")[2], kind.partition("/")[2])
    for kind in MEDIA_TYPES
}
"""How a file of each kind is named."""


@dataclass(frozen=True, slots=True)
class MediaCopy:
    """``content_type`` is one of MEDIA_TYPES, judged by the first bytes; what the server called it is not looked at."""

    content_type: str
    body: bytes


def media_type_of(body: bytes) -> str | None:
    """Which of MEDIA_TYPES these bytes are, by how they begin; None for anything else, such as markup or documents."""
    if body[:4] == b"RIFF":
        return _RIFF.get(body[8:12])
    if body[4:8] == b"ftyp":
        return _BRANDS.get(body[8:12])
    return next((kind for start, kind in _STARTS if body.startswith(start)), None)
