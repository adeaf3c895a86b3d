"""What was deleted at a platform never comes back: not by a late or doubled event, not by a stale list, in no order.

Every kind of every platform, told in the platform's own words and read by its adapter.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from agency.inbox.intake import mark_gone, store_page
from agency.inbox.models import Message
from channels import deliveries
from channels.capabilities import ReadsEvents
from channels.google_business import deliveries as pushes
from channels.items import IncomingItem, Page
from channels.models import Account
from channels.protocol import Answer, ConnectedAccount, Exchange, Platform, Request, Secret
from channels.registry import able, adapter_for
from channels.scripted_transport import json_answer
from tenants.database import db
from tests.factories import Agency, Factory

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SENT, ISO, WORDS = int(NOW.timestamp()) - 600, "2026-11-22T11:50:00+0000", "Where is my order?"
LOCATION = "accounts/1/locations/2"
ROOT = "100_1"
"""A visitor's post, which stands whatever becomes of a comment beneath it."""
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


@dataclass(frozen=True)
class Denied:
    """A sweep missed it, and the platform denies it beside a sibling that reads."""

    external_id: str


Step = Told | Listed | Denied


@dataclass(frozen=True)
class Story:
    """``removal`` is the step after which ``external_id`` is gone; ``leaves_trace``: also where it was never seen."""

    platform: Platform
    external_id: str
    removal: Step
    others: tuple[Step, ...]
    leaves_trace: bool = True


def change(named: str, fieldname: str, value: dict[str, Any], at: int = SENT) -> bytes:
    entry = {"id": "100", "time": at, "changes": [{"field": fieldname, "value": value}]}
    return json.dumps({"object": named, "entry": [entry]}).encode()


def feed(verb: str, answer: Any = None, **more: Any) -> Told:
    value = {"item": "comment", "verb": verb, "post_id": "100_1", "comment_id": "1_2", "parent_id": "100_1"}
    value |= {"from": PERSON, "message": WORDS, "created_time": SENT} | more
    value = {name: part for name, part in value.items() if part is not None}
    return Told(change("page", "feed", value), wire({"/1_2": answer, "/100_7": answer} if answer else {}))


def messaged(named: str, event: dict[str, Any], answer: Any = None, under: str = "messaging") -> Told:
    base = {"sender": {"id": "900"}, "recipient": {"id": "100"}, "timestamp": SENT * 1000}
    body = {"object": named, "entry": [{"id": "100", "time": SENT * 1000, under: [base | event]}]}
    return Told(json.dumps(body).encode(), wire({"/m_1": answer} if answer else {}))


def pushed(kind: str, review: Any) -> Told:
    data = {"type": kind, "location": LOCATION, "review": f"{LOCATION}/reviews/AbFvOq1"}
    body = {
        "message": {"data": base64.b64encode(json.dumps(data).encode()).decode(), "messageId": "1"},
        "subscription": "s",
    }
    return Told(json.dumps(body).encode(), wire({"/reviews/AbFvOq1": review}))


COMMENT = {"id": "1_2", "message": WORDS, "created_time": ISO, "from": PERSON}
VISITED = {"id": "100_7", "message": WORDS, "created_time": ISO, "from": PERSON}
MESSAGE = {"id": "m_1", "message": WORDS, "created_time": ISO, "from": PERSON}
IG_COMMENT = {"id": "22", "text": WORDS, "timestamp": ISO, "username": "a.person", "from": PERSON}
REVIEW = {"reviewId": "AbFvOq1", "starRating": "ONE", "comment": WORDS, "reviewer": {"displayName": "A. Person"}}
REVIEW |= {"createTime": "2026-11-20T10:00:00Z", "updateTime": "2026-11-20T10:00:00Z"}
ANSWERED = REVIEW | {"reviewReply": {"comment": "Sorry", "updateTime": "2026-11-21T10:00:00Z"}}
EDITED = REVIEW | {"updateTime": "2026-11-22T10:00:00Z", "comment": "Still nothing"}


def conversations(message: dict[str, Any]) -> Wire:
    people = {"data": [PERSON, {"id": "100", "username": "thebrand"}]}
    thread = {"id": "t_1", "updated_time": ISO, "participants": people}
    return wire({"/conversations": {"data": [thread]}, "/t_1/messages": {"data": [message]}})


def message_story(platform: Platform) -> Story:
    named = "page" if platform == "facebook" else "instagram"
    edit = {"message_edit": {"mid": "m_1", "text": "Where's it?", "num_edit": 1}}
    return Story(
        platform,
        "m_1",
        messaged(named, {"message": {"mid": "m_1", "is_deleted": True}}),
        (
            messaged(named, {"message": {"mid": "m_1", "text": WORDS}}),
            messaged(named, {"message": {"mid": "m_1", "text": WORDS}}, under="standby"),
            messaged(named, edit, MESSAGE),
            messaged(named, edit, GONE),
            Listed(conversations(MESSAGE)),
        ),
    )


STORIES = {
    "facebook comment": Story(
        "facebook",
        "1_2",
        feed("remove", message=None, created_time=None),
        (
            feed("add"),
            feed("add", comment_id="2"),
            feed("edited", COMMENT),
            feed("edited", GONE),
            feed("hide", COMMENT | {"is_hidden": True}),
            Listed(wire({"/published_posts": {"data": [{"id": "100_1", "comments": {"data": [COMMENT]}}]}})),
            Listed(
                wire({"/published_posts": {"data": [{"id": "100_1", "comments": {"data": [COMMENT | {"id": "2"}]}}]}})
            ),
        ),
    ),
    "facebook comment under a visitor's post": Story(
        "facebook",
        "1_2",
        feed("remove", message=None, post={"status_type": "wall_post", "id": "100_1"}),
        (
            feed("add"),
            feed("add", post={"status_type": "wall_post", "id": "100_1"}),
            Listed(wire({"/visitor_posts": {"data": [VISITED | {"id": "100_1", "comments": {"data": [COMMENT]}}]}})),
        ),
    ),
    "facebook visitor's post": Story(
        "facebook",
        "100_7",
        feed("remove", item="post", post_id="100_7", comment_id=None, parent_id=None, message=None),
        (
            feed("add", item="post", post_id="100_7", comment_id=None, parent_id=None),
            feed("edited", VISITED, item="post", post_id="100_7", comment_id=None, parent_id=None),
            Listed(wire({"/visitor_posts": {"data": [VISITED]}})),
            Listed(wire({"/tagged": {"data": [VISITED]}})),
        ),
    ),
    "facebook message": message_story("facebook"),
    "facebook mention": Story(
        "facebook",
        "1_2",
        Told(change("page", "mention", {"item": "comment", "verb": "remove", "post_id": "55_1", "comment_id": "1_2"})),
        tuple(
            Told(
                change(
                    "page",
                    "mention",
                    {"item": "comment", "verb": verb, "post_id": "55_1", "comment_id": "1_2", "message": WORDS},
                ),
                wire({"/1_2": answer}),
            )
            for verb in ("add", "edited")
            for answer in (COMMENT, GONE)
        ),
    ),
    "instagram comment": Story(
        "instagram",
        "22",
        Denied("22"),
        (
            Told(change("instagram", "comments", {"id": "22", "text": WORDS, "from": PERSON, "media": {"id": "5"}})),
            Told(change("instagram", "comments", {"id": "22"}), wire({"/22": IG_COMMENT | {"media": {"id": "5"}}})),
            Listed(wire({"/media": {"data": [{"id": "5", "comments": {"data": [IG_COMMENT]}}]}})),
            Listed(wire({"/media": {"data": [{"id": "5", "comments": {"data": [IG_COMMENT | {"hidden": True}]}}]}})),
        ),
        leaves_trace=False,
    ),
    "instagram message": message_story("instagram"),
    "instagram mention": Story(
        "instagram",
        "22",
        Denied("22"),
        tuple(
            Told(
                change("instagram", "mentions", {"media_id": "5", "comment_id": "22"}),
                wire({"/100": {"id": "100", "mentioned_comment": IG_COMMENT | more}}),
            )
            for more in ({}, {"text": "Where is it?"})
        ),
        leaves_trace=False,
    ),
    "google review": Story(
        "google_business",
        "AbFvOq1",
        pushed("UPDATED_REVIEW", GONE),
        (
            pushed("NEW_REVIEW", REVIEW),
            pushed("UPDATED_REVIEW", EDITED),
            Listed(wire({"/reviews": {"reviews": [ANSWERED]}})),
            Listed(wire({"/reviews": {"reviews": [EDITED]}})),
            Listed(wire({"/reviews": {"reviews": [EDITED | {"reviewReply": ANSWERED["reviewReply"]}]}})),
        ),
    ),
    "google review missed by a sweep": Story(
        "google_business",
        "AbFvOq1",
        Denied("AbFvOq1"),
        (
            pushed("NEW_REVIEW", REVIEW),
            Listed(wire({"/reviews": {"reviews": [ANSWERED]}})),
            Listed(wire({"/reviews": {"reviews": [EDITED]}})),
        ),
        leaves_trace=False,
    ),
}


def take(agency: Agency, account_id: UUID, platform: Platform, step: Step) -> None:
    """As `jobs.events` and `jobs.polling` do it."""
    with agency.entered():
        account = db.session.scalars(select(Account).where(Account.id == account_id)).one()
        if isinstance(step, Denied):
            adapter, connected = adapter_for(platform), ACCOUNTS[platform]
            answers = wire({f"/{step.external_id}": GONE, "/100": {"id": "100"}})
            looks = [Exchange(one, answers(one)) for one in adapter.plan_presence(connected, [step.external_id])]
            gone = [one.external_id for one in adapter.read_presence(connected, looks) if one.state == "gone"]
            assert gone == [step.external_id]
            mark_gone(account, gone, now=NOW)
            return
        items, own = step.read(platform)
        store_page(account, Page(tuple(items), (), "{}", complete=False), now=NOW, known_stay=own)


def standing(agency: Agency) -> dict[str, tuple[bool, str]]:
    with agency.entered():
        found = db.session.scalars(select(Message).where(Message.direction == "in"))
        return {one.external_id: (one.deleted_at is not None, one.text) for one in found if one.external_id != ROOT}


@pytest.mark.parametrize("name", STORIES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_deleted_item_never_comes_back(
    app: Flask, make: Factory, clean: None, name: str, data: st.DataObject
) -> None:
    story = STORIES[name]
    again = data.draw(st.lists(st.sampled_from([*story.others, story.removal]), max_size=3))
    steps = data.draw(st.permutations([*story.others, story.removal, *again]))
    agency = make.agency("Run", brands=("One",))
    account_id = make.account(agency, platform=story.platform)
    is_gone = False
    for step in steps:
        known = story.external_id in standing(agency)
        take(agency, account_id, story.platform, step)
        is_gone = is_gone or (step is story.removal and (known or story.leaves_trace))
        if is_gone:
            assert standing(agency) == {story.external_id: (True, "")}
    if not is_gone:
        take(agency, account_id, story.platform, story.removal)
        assert standing(agency) == {story.external_id: (True, "")}


@pytest.mark.parametrize("name", STORIES)
def test_each_step_alone_brings_what_it_tells(app: Flask, make: Factory, clean: None, name: str) -> None:
    """So that the test above cannot pass because nothing is ever stored."""
    story = STORIES[name]
    brought = set()
    for step in story.others:
        agency = make.agency("Run", brands=("One",))
        account_id = make.account(agency, platform=story.platform)
        take(agency, account_id, story.platform, step)
        found = standing(agency)
        assert set(found) <= {story.external_id}
        brought |= {words for gone, words in found.values() if not gone}
    assert brought
    assert all(brought)
