"""What the account wrote itself is known as ours, of every kind, by event and by list, from whatever tool.

Beside each stands the same from a customer, who may bear the brand's name and still is none of us.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from channels.allowances import ask_for
from channels.capabilities import OurAnswer, ReadsOurAnswers
from channels.errors import ChannelError, ItemGone, Refused
from channels.items import IncomingItem
from channels.protocol import Answer, Exchange, Platform, Request
from channels.registry import able
from channels.scripted_transport import json_answer
from tests.channels.stand_ins import account_of
from tests.channels.told import ISO, PERSON, SENT, WORDS, Listed, Told, change, conversations, messaged, pushed, wire

US = {"id": "100", "name": "The Brand", "username": "thebrand"}
NAMESAKE = {"id": "901", "name": "The Brand", "username": "the.brand"}
Step = Told | Listed


def comment(who: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "1_2", "message": WORDS, "created_time": ISO, "from": who} | more


def ig_comment(who: dict[str, Any], *, shown: bool = True) -> dict[str, Any]:
    """Below Advanced Access the name stands alone."""
    found = {"id": "22", "text": WORDS, "timestamp": ISO, "username": who["username"]}
    return found | ({"from": {"id": who["id"], "username": who["username"]}} if shown else {})


def feed(who: dict[str, Any], **more: Any) -> Told:
    value = {"item": "comment", "verb": "add", "post_id": "100_1", "comment_id": "1_2", "parent_id": "100_1"}
    return Told(change("page", "feed", value | {"from": who, "message": WORDS, "created_time": SENT} | more))


def posts(*comments: dict[str, Any]) -> Listed:
    return Listed(wire({"/published_posts": {"data": [{"id": "100_1", "comments": {"data": list(comments)}}]}}))


def media(*comments: dict[str, Any], owner: str | None = "thebrand") -> Listed:
    one = {"id": "5", "comments": {"data": list(comments)}} | ({"username": owner} if owner else {})
    return Listed(wire({"/media": {"data": [one]}}))


def ig_told(who: dict[str, Any], **more: Any) -> Told:
    return Told(
        change("instagram", "comments", {"id": "22", "text": WORDS, "media": {"id": "5"}, "from": {**who, **more}})
    )


def visited(who: dict[str, Any]) -> Listed:
    post = {"id": "100_7", "message": "Hello", "created_time": ISO, "from": PERSON}
    return Listed(wire({"/visitor_posts": {"data": [{**post, "comments": {"data": [comment(who)]}}]}}))


def message(who: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "m_1", "message": WORDS, "created_time": ISO, "from": who} | more


def mentioned(who: dict[str, Any]) -> Told:
    body = {"id": "100", "mentioned_comment": ig_comment(who, shown=False)}
    return Told(change("instagram", "mentions", {"media_id": "5", "comment_id": "22"}), wire({"/100": body}))


def named(who: dict[str, Any]) -> Told:
    value = {"item": "comment", "verb": "add", "post_id": "55_1", "comment_id": "1_2", "message": WORDS}
    return Told(change("page", "mention", value), wire({"/1_2": comment(who)}))


#: Platform, id, ours, a customer's.
WAYS: dict[str, tuple[Platform, str, Step, Step]] = {
    "comment told": ("facebook", "1_2", feed(US), feed(NAMESAKE)),
    "comment told in the spelling of before 2018": (
        "facebook",
        "1_2",
        feed({}, **{"from": None}, sender_id="100", sender_name="The Brand"),
        feed({}, **{"from": None}, sender_id=900, sender_name="The Brand"),
    ),
    "comment listed": ("facebook", "1_2", posts(comment(US)), posts(comment(NAMESAKE))),
    "comment listed below a customer's": (
        "facebook",
        "1_3",
        posts(comment(US, id="1_3", parent={"id": "1_2"}), comment(PERSON)),
        posts(comment(NAMESAKE, id="1_3", parent={"id": "1_2"}), comment(PERSON)),
    ),
    "comment listed below a visitor's post": ("facebook", "1_2", visited(US), visited(NAMESAKE)),
    "mention told": ("facebook", "1_2", named(US), named(NAMESAKE)),
    "message told as an echo": (
        "facebook",
        "m_1",
        messaged("page", {"message": {"mid": "m_1", "text": WORDS, "is_echo": True, "app_id": 7}}, ours=True),
        messaged("page", {"message": {"mid": "m_1", "text": WORDS}}),
    ),
    "message of another tool, standing by": (
        "facebook",
        "m_1",
        messaged("page", {"message": {"mid": "m_1", "text": WORDS, "is_echo": True}}, ours=True, under="standby"),
        messaged("page", {"message": {"mid": "m_1", "text": WORDS}}, under="standby"),
    ),
    "message listed": (
        "facebook",
        "m_1",
        Listed(conversations(message(US))),
        Listed(conversations(message(PERSON))),
    ),
    "instagram comment told": ("instagram", "22", ig_told(US), ig_told(NAMESAKE)),
    "instagram comment told under a scoped id": (
        "instagram",
        "22",
        ig_told({"id": "77", "username": "elsewhat"}, self_ig_scoped_id="77"),
        ig_told({"id": "77", "username": "elsewhat"}),
    ),
    "instagram comment listed": ("instagram", "22", media(ig_comment(US)), media(ig_comment(NAMESAKE))),
    "instagram comment listed by name alone": (
        "instagram",
        "22",
        media(ig_comment(US, shown=False)),
        media(ig_comment(NAMESAKE, shown=False)),
    ),
    "instagram comment after the account took another name": (
        "instagram",
        "22",
        media(ig_comment({"id": "77", "username": "newname"}), owner="newname"),
        media(ig_comment({"id": "77", "username": "thebrand"}), owner="newname"),  # somebody took the old one
    ),
    "instagram comment where no owner is named": (
        "instagram",
        "22",
        media(ig_comment(US, shown=False), owner=None),
        media(ig_comment(NAMESAKE, shown=False), owner=None),
    ),
    "instagram message told": (
        "instagram",
        "m_1",
        messaged("instagram", {"message": {"mid": "m_1", "text": WORDS, "is_echo": True}}, ours=True),
        messaged("instagram", {"message": {"mid": "m_1", "text": WORDS}}),
    ),
    "instagram message listed": (
        "instagram",
        "m_1",
        Listed(conversations(message({"id": "77", "user_id": "100", "username": "thebrand"}))),
        Listed(conversations(message(PERSON))),
    ),
    "instagram mention told": ("instagram", "22", mentioned(US), mentioned(NAMESAKE)),
}


def brought(step: Step, platform: Platform, external_id: str) -> IncomingItem:
    items, _ = step.read(platform)
    return {item.external_id: item for item in items}[external_id]


@pytest.mark.parametrize("name", WAYS)
def test_ours_is_ours_and_a_namesakes_is_not(name: str) -> None:
    platform, external_id, ours, theirs = WAYS[name]
    assert brought(ours, platform, external_id).from_us
    assert not brought(theirs, platform, external_id).from_us


@pytest.mark.parametrize("item", ["post", "status", "photo", "video", "share", "link"])
@pytest.mark.parametrize("verb", ["add", "edited", "remove"])
def test_our_own_posts_are_no_customers(item: str, verb: str) -> None:
    told = feed(US, item=item, verb=verb, comment_id=None, parent_id=None)
    with pytest.raises(AssertionError, match="our own post"):
        told.read("facebook")
    (theirs,), _ = feed(NAMESAKE, item=item, comment_id=None, parent_id=None).read("facebook")
    assert (theirs.kind, theirs.from_us) == ("post", False)


@pytest.mark.parametrize("edge", ["visitor_posts", "tagged"])
def test_our_own_posts_among_visitors_are_no_customers(edge: str) -> None:
    rows = [{"id": f"100_{n}", "message": WORDS, "created_time": ISO, "from": who} for n, who in ((7, US), (8, PERSON))]
    items, _ = Listed(wire({f"/{edge}": {"data": rows}})).read("facebook")
    assert [item.external_id for item in items] == ["100_8"]


@pytest.mark.parametrize("state", ["APPROVED", "PENDING", "REJECTED", None])
def test_whatever_answers_a_review_is_the_businesss(state: str | None) -> None:
    """Google names no author of an answer: from us or typed in Google's own tool, it is the review's one answer."""
    reply = {"comment": "Sorry", "updateTime": "2026-11-21T10:00:00Z"} | ({"reviewReplyState": state} if state else {})
    review = {"reviewId": "AbFvOq1", "starRating": "ONE", "comment": WORDS, "createTime": "2026-11-20T10:00:00Z"}
    review |= {"updateTime": "2026-11-20T10:00:00Z", "reviewReply": reply}
    for step in (pushed("UPDATED_REVIEW", review), Listed(wire({"/reviews": {"reviews": [review]}}))):
        item = brought(step, "google_business", "AbFvOq1")
        assert not item.from_us
        assert item.reply is not None
        assert item.reply.text == "Sorry"


OLDER, NEWER = {"id": "m_0", "created_time": "2026-03-01T09:00:00+0000"}, {"id": "m_9", "created_time": ISO}
MINE = {"id": "m_1", "created_time": "2026-03-01T10:00:00+0000"}


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
@pytest.mark.parametrize(
    ("person", "denied", "shown", "sibling", "state"),
    [
        ("55", False, None, True, "denied"),
        ("55", True, [NEWER, OLDER], True, "gone"),
        ("55", True, [NEWER, OLDER], False, "unknown"),
        ("55", True, [NEWER], True, "unknown"),
        ("55", True, [NEWER, MINE, OLDER], True, "unknown"),
        ("55", True, None, True, "unknown"),
        (None, True, None, True, "unknown"),
    ],
    ids=["first", "older without it", "no account", "newer alone", "still listed", "no conversation", "private reply"],
)
def test_a_message_is_gone_only_where_older_ones_stand_without_it(
    platform: Platform, person: str | None, denied: bool, shown: list[dict[str, Any]] | None, sibling: bool, state: str
) -> None:
    reader, account = able(platform, ReadsOurAnswers), account_of(platform)  # type: ignore[type-abstract]
    assert reader is not None
    at = datetime(2026, 3, 1, 10, tzinfo=UTC)
    answer = OurAnswer("k", "m_1", "m_0", person, at, denied)

    def said(request: Request) -> Answer | ChannelError:
        if request.path.endswith("/conversations"):
            assert request.params["user_id"] == person
            return json_answer({"data": [] if shown is None else [{"id": "t_1", "messages": {"data": shown}}]})
        if request.path.endswith("/m_1"):
            return ItemGone() if platform == "facebook" else Refused("9000001", "deleted")
        return json_answer({"id": account.external_id} if sibling else {})

    asked = reader.plan_our_answers(account, [answer])
    (seen,) = reader.read_our_answers(account, [answer], [Exchange(one, said(one)) for one in asked])
    assert seen.state == state
    reading = sum(1 for one in asked if one.path.endswith(("/m_1", "/conversations")))
    assert ask_for(asked).also[0][1] == reading, "Meta lets two calls a second read messages"
