"""A guest book in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from channels.protocol import Answer, Request
from channels.scripted_transport import json_answer
from tests.channels.guestbook.adapter import OURS


@dataclass
class GuestbookStandIn:
    """Answers the adapter's requests as its docstring says."""

    entries: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self, text: str, at: datetime, *, by: str = "A guest", to: str | None = None) -> str:
        number = str(len(self.entries) + 1)
        self.entries[number] = {"id": number, "at": at.isoformat(), "by": by, "text": text, "to": to}
        return number

    def __call__(self, request: Request) -> Answer:
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        assert parts[0] == "entries"
        if len(parts) == 1:
            return json_answer({"entries": list(self.entries.values())[::-1]})
        if parts[1] not in self.entries:
            return json_answer({"error": "gone"}, 404)
        if request.method == "POST":
            assert request.json is not None
            return json_answer({"id": self.write(request.json["text"], datetime.now(UTC), by=OURS, to=parts[1])})
        return json_answer(self.entries[parts[1]])
