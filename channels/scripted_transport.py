"""A transport for tests and rehearsals: answers come from a function, requests are kept. It opens no connection."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from channels.errors import ChannelError
from channels.protocol import Answer, Exchange, Request


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    """An answer with a JSON body. Underscores in header names become dashes."""
    named = {name.replace("_", "-").lower(): text for name, text in headers.items()}
    return Answer(status, {"content-type": "application/json", **named}, json.dumps(value).encode())


class ScriptedTransport:
    """Answers every request with ``answer_to(request)``, which may return or raise a `ChannelError`."""

    def __init__(self, answer_to: Callable[[Request], Answer | ChannelError]) -> None:
        self._answer_to = answer_to
        self.requests: list[Request] = []

    def fetch(self, requests: Sequence[Request]) -> list[Exchange]:
        exchanges = []
        for request in requests:
            try:
                result: Answer | ChannelError = self.send(request)
            except ChannelError as error:
                result = error
            exchanges.append(Exchange(request, result))
        return exchanges

    def send(self, request: Request) -> Answer:
        self.requests.append(request)
        result = self._answer_to(request)
        if isinstance(result, ChannelError):
            raise result
        return result
