"""What was deleted at a platform never comes back: not by a late or doubled event, not by a stale list, in no order.

Every kind of every platform, told in the platform's own words and read by its adapter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from agency.inbox.intake import mark_gone, store_page
from agency.inbox.models import Message
from channels.items import Page
from channels.models import Account
from channels.protocol import Exchange, Platform
from channels.registry import adapter_for
from tenants.database import db
from tests.channels.told import (
    ACCOUNTS,
    GONE,
    ISO,
    NOW,
    PERSON,
    SENT,
    WORDS,
    Listed,
    Told,
    change,
    conversations,
    messaged,
    pushed,
    wire,
)
from tests.factories import Agency, Factory

ROOT = "100_1"
"""A visitor's post, which stands whatever becomes of a comment beneath it."""


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


def feed(verb: str, answer: Any = None, **more: Any) -> Told:
    value = {"item": "comment", "verb": verb, "post_id": "100_1", "comment_id": "1_2", "parent_id": "100_1"}
    value |= {"from": PERSON, "message": WORDS, "created_time": SENT} | more
    value = {name: part for name, part in value.items() if part is not None}
    return Told(change("page", "feed", value), wire({"/1_2": answer, "/100_7": answer} if answer else {}))


COMMENT = {"id": "1_2", "message": WORDS, "created_time": ISO, "from": PERSON}
VISITED = {"id": "100_7", "message": WORDS, "created_time": ISO, "from": PERSON}
MESSAGE = {"id": "m_1", "message": WORDS, "created_time": ISO, "from": PERSON}
IG_COMMENT = {"id": "22", "text": WORDS, "timestamp": ISO, "username": "a.person", "from": PERSON}
REVIEW = {"reviewId": "AbFvOq1", "starRating": "ONE", "comment": WORDS, "reviewer": {"displayName": "A. Person"}}
REVIEW |= {"createTime": "2026-11-20T10:00:00Z", "updateTime": "2026-11-20T10:00:00Z"}
ANSWERED = REVIEW | {"reviewReply": {"comment": "Sorry", "updateTime": "2026-11-21T10:00:00Z"}}
EDITED = REVIEW | {"updateTime": "2026-11-22T10:00:00Z", "comment": "Still nothing"}


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
