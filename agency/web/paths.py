"""Which paths belong to the pages and which to the other door."""

from __future__ import annotations

OTHER_DOOR = ("/api/", "/webhooks/", "/meta/")
"""Programs speak here: no cookie is read, no form token asked for, and errors are JSON."""


def is_page_path(path: str) -> bool:
    """Whether a path is for people."""
    return not path.startswith(OTHER_DOOR) and path != "/api"
