"""The client's lists: several replies approved by one press, what was left and why, what stands published."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.web.waiting_rows import tick_of
from tenants.outbox import JobName
from tests.factories import Agency, Factory
from tests.replies.many import copies
from tests.replies.test_deciding_many import shown_now
from tests.web.browser import Browser
from tests.web.replying import MARKUP, is_inert, promises, rewritten, row_of, waiting_reply

TICK = re.compile(r'name="reply" value="([^"]+)"( checked)?')


@pytest.fixture
def waits(make: Factory, ana: Agency) -> UUID:
    return waiting_reply(ana, make.conversation(ana, text="Cold breakfast."), f"Thank you. {MARKUP} " + "Long. " * 60)


@pytest.fixture
def client(whole_app: Flask, ana: Agency) -> Browser:
    return Browser(whole_app, ana.client_owner)


def ticks(page: str) -> list[str]:
    return [unescape(value) for value, _checked in TICK.findall(page)]


def test_what_is_ticked_is_approved_and_all_of_its_words_were_shown(
    client: Browser, ana: Agency, waits: UUID, superuser: Engine, whole_app: Flask
) -> None:
    others = copies(superuser, waits, 2)
    page = client.get("/approvals").text
    assert page.count("Long. " * 60) == 3, "whole, not an excerpt"
    assert is_inert(page)
    assert (len(ticks(page)), page.count(" checked>")) == (3, 0)
    assert client.get("/approvals?tick=all").text.count(" checked>") == 3
    chosen = [one for one in ticks(page) if not one.startswith(str(waits))]
    for _press in range(2):
        answer = client.post("/approvals", {"reply": chosen, "do": "approve_many"})
        assert answer.status_code == 303
        assert "2 replies are approved." in client.get("/approvals").text
    assert [row_of(ana, one).state for one in (waits, *others)] == ["awaiting_approval", "approved", "approved"]
    assert promises(superuser, JobName.PUBLISH_REPLY) == 2
    assert ticks(Browser(whole_app, ana.team_lead).get("/approvals").text) == []


def test_what_may_not_be_approved_is_named_with_its_reason_and_foreign_ids_tell_nothing(
    client: Browser, ana: Agency, make: Factory, waits: UUID, superuser: Engine
) -> None:
    changed, fine = copies(superuser, waits, 2)
    other_brand = waiting_reply(ana, make.conversation(ana, brand=1, author="Secret Person"))
    form = [tick_of(one) for one in shown_now(ana, changed, fine, other_brand)]
    rewritten(ana, changed, "Other words.")
    answer = client.post("/approvals", {"reply": form, "do": "approve_many"})
    assert answer.status_code == 200
    for words in (
        "1 reply is approved.",
        "2 are not, and nothing of them is published.",
        "1 of them is not there for you",
    ):
        assert words in answer.text
    assert "The words changed after you were shown them." in answer.text
    assert "Secret Person" not in answer.text
    assert row_of(ana, other_brand).state == "awaiting_approval"
    assert {row_of(ana, one).state for one in (waits, changed)} == {"awaiting_approval"}
    for damaged in ([], ["x"], [form[0] + "x"], [f"{changed} {'0' * 64} 2026-01-01T00:00:00"]):
        assert client.post("/approvals", {"reply": damaged, "do": "approve_many"}).status_code == 422


def test_what_cannot_be_ticked_says_why_in_the_list(client: Browser, ana: Agency, make: Factory, waits: UUID) -> None:
    make.guide(ana, [{"kind": "banned", "id": "no-thanks", "level": "stop", "phrases": ["thank"]}])
    page = client.get("/approvals").text
    assert ticks(page) == []
    assert "Your style guide stops these words: change them or ask for changes." in page
    assert f"/approvals/{waits}" in page


def test_twelve_rows_cost_as_many_statements_as_two(
    client: Browser, waits: UUID, superuser: Engine, statements: Callable[[], list[str]]
) -> None:
    def counted(rows: int) -> list[str]:
        client.get("/approvals")
        statements()
        assert len(ticks(client.get("/approvals").text)) == rows
        return statements()

    copies(superuser, waits, 1)
    few = counted(2)
    copies(superuser, waits, 10)
    assert len(few) == len(counted(12)) <= 20, few


def test_what_is_published_leads_to_the_platform_and_its_receipt(
    client: Browser, ana: Agency, waits: UUID, superuser: Engine
) -> None:
    with superuser.begin() as connection:
        for sql in (
            "update reply set state = 'published', published_at = now(), live_state = 'visible', text_id = text_id",
            "update message set permalink = 'https://facebook.example/p/1', reply_id = (select id from reply),"
            " direction = 'out'",
        ):
            connection.execute(text(sql))
    page = client.get("/approvals?tab=published").text
    for words in ("https://facebook.example/p/1", f"/replies/{waits}/receipt", "Still there"):
        assert words in page
    assert f"/approvals/{waits}" not in client.get("/approvals?tab=decided").text
