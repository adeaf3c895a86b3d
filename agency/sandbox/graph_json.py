"""JSON, times and names as Meta writes them."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any


def as_text(body: Any) -> str:
    """ASCII only, slashes escaped; answers and webhooks alike."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/")


def as_webhook_text(body: Any) -> str:
    """Webhooks escape some letters more: whoever writes the JSON anew gets other bytes, and another signature."""
    text = as_text(body)
    for letter in "<%@":
        text = text.replace(letter, f"\\u{ord(letter):04X}")
    return text


def graph_time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def username(author: dict[str, Any]) -> str:
    """An Instagram name made from a person's name, unless the person has one."""
    if author.get("username"):
        return str(author["username"])
    plain = unicodedata.normalize("NFKD", str(author.get("name", ""))).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", ".", plain).strip(".") or f"user{author.get('id', '')}"
