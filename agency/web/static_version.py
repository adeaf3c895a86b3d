"""One short word that changes whenever a static file does, so that browsers may keep the files for a year."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

from agency.web.icons import STATIC


@lru_cache(maxsize=1)
def static_version() -> str:
    """Ten hexadecimal characters over names and bytes of all static files, worked out once per process."""
    digest = sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(STATIC).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:10]
