"""Answers other people recorded, through our parsers; see payloads/README.md."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from channels import meta_graph
from channels.errors import ChannelError, PlatformDown, Refused, TokenRevoked
from channels.facebook import parse as facebook
from channels.google_business import parse as google
from channels.instagram import parse as instagram
from channels.items import PostContext
from channels.protocol import Answer
from tests.channels.stand_ins import account_of

PAYLOADS = Path(__file__).parent / "payloads"


def body(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def value(name: str) -> Any:
    return json.loads(body(name))


@pytest.mark.parametrize(
    ("name", "error", "reason"),
    [
        ("exampleErrorNew", TokenRevoked, "password_changed"),
        ("instagram__ig_login_exception", Refused, "2500"),
        ("exampleOauthError", Refused, "400"),
        ("oauthExampleError", PlatformDown, "code 1/1965014"),
    ],
)
def test_recorded_errors(name: str, error: type[ChannelError], reason: str) -> None:
    with pytest.raises(error) as caught:
        meta_graph.read(Answer(400, {}, body(name)))
    assert reason in (getattr(caught.value, "reason", None), getattr(caught.value, "platform_code", None))


def test_the_recorded_batch() -> None:
    slots = meta_graph.batch_answers(Answer(200, {}, body("batch__batch-first-error")), 2)
    assert slots is not None
    first, second = slots
    assert first is not None
    assert second is not None
    with pytest.raises(Refused) as caught:  # without subcode 33 it is not told from a call that lacks its proof
        meta_graph.read(first)
    assert (caught.value.platform_code, caught.value.request_id) == ("app_unproven", "AjPj2sQoTXX")
    assert meta_graph.usage_percent(first) == 2
    assert meta_graph.read(second)["id"] == "123456789"
    assert meta_graph.batch_answers(Answer(200, {}, body("batch__batch-first-error")), 3) is None


def test_recorded_facebook_comments() -> None:
    post = PostContext("474930769339741_520586098107541", None, None, None)
    raw = value("v2_2__comment-issue286")
    item = facebook.read_comment(raw, account_of("facebook"), post, None)
    assert item.external_id == "520586098107541_520590871440397"
    assert item.created_at == datetime(2015, 9, 1, 0, 17, 3, tzinfo=UTC)
    assert item.author is not None
    assert (item.author.external_id, item.author.name) == ("474930769339741", "Tester Page")
    assert not item.from_us
    bare = facebook.read_comment({**raw, "id": "520590871440397"}, account_of("facebook"), post, None)
    assert bare.external_id == item.external_id
    hidden = facebook.read_comment(
        {**value("v2_2__comment_canHide"), "is_hidden": True}, account_of("facebook"), post, None
    )
    assert hidden.hidden


def test_recorded_instagram_comments_and_media() -> None:
    media = instagram.read_media(value("instagram__media-image"))
    assert media is not None
    assert (media.external_id, media.text, media.media_kind) == ("123456789", "a great picture", "image")
    assert media.owner_name == "fake_username"
    item = instagram.read_comment(value("instagram__comment"), account_of("instagram"), media, None)
    assert item.author is not None
    assert (item.text, item.author.external_id) == ("Great!", "98765432123")
    nameless = instagram.read_comment(
        value("instagram__comment")["replies"]["data"][0], account_of("instagram"), media, "1"
    )
    assert nameless.author is None
    assert nameless.parent_external_id == "1"
    named = instagram.read_comment(value("instagram__comment_missing_user"), account_of("instagram"), media, None)
    assert named.author is not None
    assert (named.author.external_id, named.author.name) == (None, "example_user")


def test_the_recorded_review() -> None:
    item = google.read_review(value("review_with_reply"))
    assert (item.external_id, item.stars, item.text) == ("abc123", 5, "Great service!")
    assert item.reply is not None
    assert (item.reply.text, item.reply.state) == ("Thank you for your feedback!", "published")
    assert item.reply.updated_at == datetime(2024, 1, 16, 8, tzinfo=UTC)


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert meta_graph.read(Answer(200, {}, b"\xef\xbb\xbf" + b'{"id":"1"}')) == {"id": "1"}
