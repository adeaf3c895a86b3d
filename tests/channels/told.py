"""One account of each platform, and what is said of it in the platform's own words: by an event, or by a list."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from channels import deliveries
from channels.capabilities import ReadsEvents
from channels.google_business import deliveries as pushes
from channels.items import IncomingItem
from channels.protocol import Answer, ConnectedAccount, Exchange, Platform, Request, Secret
from channels.registry import able, adapter_for
from channels.scripted_transport import json_answer

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SENT, ISO, WORDS = int(NOW.timestamp()) - 600, "2026-11-22T11:50:00+0000", "Where is my order?"
LOCATION = "accounts/1/locations/2"
ACCOUNTS: dict[Platform, ConnectedAccount] = {
    "facebook": ConnectedAccount("a", "facebook", "100", Secret("t"), None, "The Brand"),
    "instagram": ConnectedAccount("a", "instagram", "100", Secret("t"), "facebook", "thebrand"),
    "google_business": ConnectedAccount("a", "google_business", LOCATION, Secret("t"), None, "The Brand"),
}
GONE = json_answer({"error": {"code": 100, "error_subcode": 33, "message": "x", "status": "NOT_FOUND"}}, 404)
PERSON = {"id": "900", "name": "A. Person", "username": "a.person"}
Wire = Callable[[Request], Answer]


def wire(answers: Mapping[str, Any]) -> Wire:
    """Answers by how the path ends (an `Answer`, or a body); everything else is an empty list."""

    def answer(request: Request) -> Answer:
        for end, body in answers.items():
            if request.path.endswith(end):
                return body if isinstance(body, Answer) else json_answer(body)
        return json_answer({"data": []} if request.service != "google_reviews" else {})

    return answer


@dataclass(frozen=True)
class Told:
    """Something the platform sends, and what it answers when it is asked about it."""

    body: bytes
    wire: Wire = field(default=wire({}))

    def read(self, platform: Platform) -> tuple[Sequence[IncomingItem], bool]:
        """The items, and whether they are the event's own words."""
        adapter, account = able(platform, ReadsEvents), ACCOUNTS[platform]  # type: ignore[type-abstract]
        assert adapter is not None
        if platform == "google_business":
            change = pushes.cut(self.body)
            assert isinstance(change, deliveries.Change)
        else:
            (change,) = deliveries.cut(self.body)
        reading = adapter.read_event(account, change.body, now=NOW)
        assert reading.outcome in ("stored", "asked"), reading.reason
        own = not reading.ask
        asked: Sequence[Request] = reading.ask
        for _ in range(2):
            if asked:
                exchanges = [Exchange(request, self.wire(request)) for request in asked]
                reading = adapter.read_event_answers(account, change.body, exchanges, now=NOW)
                asked = reading.ask
        return reading.items, own


@dataclass(frozen=True)
class Listed:
    """A whole poll, perhaps of a list that is older than what we know."""

    wire: Wire

    def read(self, platform: Platform) -> tuple[Sequence[IncomingItem], bool]:
        adapter, account = adapter_for(platform), ACCOUNTS[platform]
        items: list[IncomingItem] = []
        cursor: str | None = None
        requests: Sequence[Request] = adapter.plan_poll(account, None, now=NOW)
        while requests:
            exchanges = [Exchange(request, self.wire(request)) for request in requests]
            page = adapter.read_poll(account, cursor, exchanges, now=NOW)
            assert not page.set_aside
            items += page.items
            cursor, requests = page.next_cursor, page.more
        return items, False


def change(named: str, fieldname: str, value: dict[str, Any], at: int = SENT) -> bytes:
    entry = {"id": "100", "time": at, "changes": [{"field": fieldname, "value": value}]}
    return json.dumps({"object": named, "entry": [entry]}).encode()


def messaged(
    named: str, event: dict[str, Any], answer: Any = None, *, under: str = "messaging", ours: bool = False
) -> Told:
    """A messaging event from the person to the account, or the other way."""
    base: dict[str, Any] = {"sender": {"id": "900"}, "recipient": {"id": "100"}, "timestamp": SENT * 1000}
    if ours:
        base |= {"sender": base["recipient"], "recipient": base["sender"]}
    body = {"object": named, "entry": [{"id": "100", "time": SENT * 1000, under: [base | event]}]}
    return Told(json.dumps(body).encode(), wire({"/m_1": answer} if answer else {}))


def pushed(kind: str, review: Any) -> Told:
    data = {"type": kind, "location": LOCATION, "review": f"{LOCATION}/reviews/AbFvOq1"}
    message = {"data": base64.b64encode(json.dumps(data).encode()).decode(), "messageId": "1"}
    return Told(json.dumps({"message": message, "subscription": "s"}).encode(), wire({"/reviews/AbFvOq1": review}))


def conversations(message: dict[str, Any]) -> Wire:
    people = {"data": [PERSON, {"id": "100", "username": "thebrand"}]}
    thread = {"id": "t_1", "updated_time": ISO, "participants": people}
    return wire({"/conversations": {"data": [thread]}, "/t_1/messages": {"data": [message]}})
