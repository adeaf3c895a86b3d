"""A place in a list comes back from outside: flipped, cut, forged with a right checksum, or from another list."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from tenants.database import new_id
from tests.api.calling import token_for
from tests.factories import Agency, Factory
from tests.steady import share_of
from tests.web.browser import Browser

FAR = ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59", "2026-11-22T00:00:00+00:00", "2026-11-22", "")
PLACES: list[Any] = [0, -(2**31), 2**31, 2**63, 10**300, 1.5, True, None, [], {}, "1", *FAR]


@pytest.fixture
def make(whole_app: Flask) -> Factory:
    return Factory(whole_app)


def forged(*parts: Any) -> str:
    body = json.dumps(list(parts)).encode()
    return base64.urlsafe_b64encode(zlib.crc32(body).to_bytes(4, "big") + body).decode().rstrip("=")


def test_no_cursor_breaks_a_list_or_opens_another(
    whole_app: Flask, make: Factory, ana: Agency, stranger: Agency
) -> None:
    own = {str(make.conversation(ana)) for _ in range(3)}
    theirs = make.conversation(stranger, text="CANARY theirs", rank=1)
    client = whole_app.test_client(use_cookies=False)
    bearer = {"Authorization": f"Bearer {token_for(whole_app, ana.team_lead)}"}
    browser = Browser(whole_app, ana.team_lead)
    address = "/api/v1/conversations?limit=1"
    real = client.get(address, headers=bearer).get_json()["next_cursor"]
    cursors = [real[:end] for end in range(0, len(real), 7)]
    cursors += [real[:at] + "A" + real[at + 1 :] for at in range(0, len(real), 5)]
    cursors += [
        forged(kind, place, one)
        for kind in ("rank", "due", "past", "", None)
        for place in PLACES
        for one in (str(theirs), str(new_id()), None)
    ]
    cursors += [forged(), forged([[]] * 50), forged("rank", 5), "====", "\x00", "é", "x" * 450, "x" * 4000]
    answered = 0
    for turn, cursor in enumerate(cursors):
        answer = client.get(f"{address}&cursor={quote(cursor)}", headers=bearer)
        assert answer.status_code in (200, 422), (cursor, answer.status_code)
        if answer.status_code == 200:
            answered += 1
            assert {item["id"] for item in answer.get_json()["items"]} <= own
        for path in share_of(("/inbox", "/approvals"), turn, of=2):
            page = f"{path}?after={quote(cursor)}"
            shown = browser.get(page)
            assert shown.status_code in (200, 303, 302, 404, 422), (page, shown.status_code)
            assert "CANARY" not in shown.text
    assert answered > 2
