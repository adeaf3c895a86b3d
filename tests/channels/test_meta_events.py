"""What Meta's events mean: whole items for what is new, a fresh read for what changed, tombstones for what is gone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.capabilities import EventReading, ReadsEvents
from channels.deliveries import cut
from channels.errors import ChannelError, PlatformDown, RateLimited, TokenRevoked
from channels.items import Attachment, Author, IncomingItem
from channels.protocol import Answer, ConnectedAccount, Exchange, Platform, Request
from channels.registry import able
from channels.scripted_transport import ScriptedTransport, json_answer
from tests.channels.stand_ins import account_of, not_there

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SENT = int((NOW - timedelta(minutes=1)).timestamp())
PERSON = {"id": "900", "name": "A. Person"}


def reader(platform: Platform) -> ReadsEvents:
    found = able(platform, ReadsEvents)  # type: ignore[type-abstract]
    assert found is not None
    return found


def body_of(platform: Platform, entry: dict[str, Any]) -> bytes:
    named = "page" if platform == "facebook" else "instagram"
    (change,) = cut(json.dumps({"object": named, "entry": [{"id": "100", "time": SENT, **entry}]}).encode())
    return change.body


def changed(platform: Platform, field: str, value: dict[str, Any]) -> bytes:
    return body_of(platform, {"changes": [{"field": field, "value": value}]})


def messaged(platform: Platform, event: dict[str, Any], **more: Any) -> bytes:
    base = {"sender": {"id": 900}, "recipient": {"id": 100}, "timestamp": SENT * 1_000 + 5}
    return body_of(platform, {more.pop("under", "messaging"): [{**base, **event}]})


def read(platform: Platform, body: bytes) -> EventReading:
    return reader(platform).read_event(account_of(platform), body, now=NOW)


def only(reading: EventReading) -> IncomingItem:
    assert reading.outcome == "stored", reading.reason
    (item,) = reading.items
    return item


def answered(platform: Platform, body: bytes, answer: Answer | ChannelError) -> EventReading:
    account = account_of(platform)
    reading = reader(platform).read_event(account, body, now=NOW)
    assert reading.outcome == "asked", reading.reason
    exchanges = [Exchange(request, answer) for request in reading.ask]
    return reader(platform).read_event_answers(account, body, exchanges, now=NOW)


def feed(**more: Any) -> bytes:
    value = {
        "item": "comment",
        "verb": "add",
        "comment_id": "1_2",
        "post_id": "100_1",
        "parent_id": "100_1",
        "from": PERSON,
        "message": "Hi",
        "created_time": SENT,
    }
    return changed("facebook", "feed", {k: v for k, v in (value | more).items() if v is not None})


COMMENT = {"id": "1_2", "message": "Hi, edited", "created_time": "2026-11-22T11:00:00+0000", "from": PERSON}


# --- Facebook: comments and posts ---


def test_a_new_comment_is_whole() -> None:
    item = only(read("facebook", feed(photo="https://x.example/1.jpg")))
    assert (item.external_id, item.thread_external_id, item.parent_external_id) == ("1_2", "1_2", None)
    assert (item.kind, item.text, item.from_us, item.deleted) == ("comment", "Hi", False, False)
    assert item.author is not None
    assert (item.author.external_id, item.author.name) == ("900", "A. Person")
    assert item.created_at == datetime.fromtimestamp(SENT, tz=UTC)
    assert item.attachments == (Attachment("photo", "https://x.example/1.jpg"),)
    assert item.context is not None
    assert item.context.external_id == "100_1"


def test_a_reply_names_its_thread_and_bare_ids_are_joined() -> None:
    item = only(read("facebook", feed(comment_id="3", parent_id="1_2")))
    assert (item.external_id, item.thread_external_id, item.parent_external_id) == ("1_3", "1_2", "1_2")


def test_a_hidden_person_has_no_name() -> None:
    assert only(read("facebook", feed(**{"from": None}))).author is None


def test_what_the_page_wrote_itself_is_from_us() -> None:
    assert only(read("facebook", feed(**{"from": {"id": 100, "name": "Brand"}}))).from_us


@pytest.mark.parametrize("verb", ["edited", "hide", "unhide"])
def test_a_change_is_read_afresh(verb: str) -> None:
    reading = answered("facebook", feed(verb=verb), json_answer({**COMMENT, "is_hidden": True}))
    item = only(reading)
    assert (item.text, item.hidden, item.external_id) == ("Hi, edited", True, "1_2")
    assert item.context is not None


def test_a_changed_comment_that_is_gone_meanwhile_is_ignored() -> None:
    assert answered("facebook", feed(verb="edited"), not_there()).outcome == "ignored"


@pytest.mark.parametrize("trouble", [PlatformDown("busy"), TokenRevoked("expired")])
def test_what_may_work_later_is_raised(trouble: ChannelError) -> None:
    with pytest.raises(type(trouble)):
        answered("facebook", feed(verb="edited"), trouble)


def test_a_removal_is_a_tombstone_without_words() -> None:
    item = only(read("facebook", feed(verb="remove", message=None, created_time=None)))
    assert (item.external_id, item.deleted, item.text) == ("1_2", True, "")


def test_a_visitors_post_is_a_thread_of_its_own() -> None:
    item = only(read("facebook", feed(item="post", comment_id=None, parent_id=None)))
    assert (item.kind, item.external_id, item.thread_external_id) == ("post", "100_1", "100_1")
    under = only(read("facebook", feed(post={"status_type": "wall_post", "id": "100_1"})))
    assert (under.kind, under.thread_external_id, under.parent_external_id) == ("post", "100_1", "100_1")


def test_a_post_of_nobody_is_looked_at() -> None:
    body = feed(item="status", comment_id=None, **{"from": None})
    post = {"id": "100_1", "message": "Hello", "created_time": "2026-11-22T11:00:00+0000"}
    assert only(answered("facebook", body, json_answer({**post, "from": PERSON}))).kind == "post"
    ours = answered("facebook", body, json_answer({**post, "from": {"id": "100"}}))
    assert (ours.outcome, ours.reason) == ("ignored", "our own post")


def test_reactions_and_own_posts_are_ignored() -> None:
    assert read("facebook", feed(item="reaction", reaction_type="love")).outcome == "ignored"
    assert read("facebook", feed(item="photo", comment_id=None, **{"from": {"id": "100"}})).outcome == "ignored"


def test_an_unknown_word_is_kept_aside() -> None:
    assert read("facebook", feed(verb="sing")).outcome == "unknown"
    assert read("facebook", feed(item="hologram")).outcome == "unknown"
    unreadable = read("facebook", feed(comment_id={"x": 1}))
    assert (unreadable.outcome, len(unreadable.set_aside)) == ("unknown", 1)


def mention(**more: Any) -> bytes:
    value = {"item": "comment", "verb": "add", "post_id": "555_7", "comment_id": "7_8", "message": "@brand hi"}
    return changed("facebook", "mention", value | more)


def test_a_mention_is_read_for_its_author_and_kept_where_the_platform_hides_it() -> None:
    item = only(answered("facebook", mention(), json_answer({**COMMENT, "id": "7_8"})))
    assert (item.kind, item.external_id, item.text) == ("mention", "7_8", "Hi, edited")
    hidden = only(answered("facebook", mention(), not_there()))
    assert (hidden.kind, hidden.author, hidden.text) == ("mention", None, "@brand hi")
    assert answered("facebook", mention(message=""), not_there()).outcome == "ignored"


def test_a_comment_on_our_own_page_that_names_us_is_the_same_however_it_is_told() -> None:
    told = {"post_id": "100_7", "comment_id": "7_8"}
    by_mention = only(answered("facebook", mention(**told), json_answer({**COMMENT, "id": "7_8"})))
    by_feed = only(read("facebook", feed(**told, parent_id="100_7")))
    unseen = only(answered("facebook", mention(**told), not_there()))
    gone = only(read("facebook", mention(**told, verb="remove")))
    for item in (by_mention, by_feed, unseen, gone):
        assert (item.kind, item.external_id, item.thread_external_id) == ("comment", "7_8", "7_8")


# --- Instagram: comments and mentions ---


def test_an_instagram_comment_is_dated_by_its_event() -> None:
    value = {"comment_id": "5", "text": "Yum", "from": {"id": "900", "username": "ann"}, "parent_id": "4"}
    value |= {"media": {"id": "7", "media_product_type": "AD"}}
    item = only(read("instagram", changed("instagram", "comments", value)))
    assert (item.external_id, item.thread_external_id, item.text, item.from_us) == ("5", "4", "Yum", False)
    assert item.created_at == datetime.fromtimestamp(SENT, tz=UTC)
    assert item.context is not None
    assert (item.context.external_id, item.context.media_kind) == ("7", "ad")


@pytest.mark.parametrize("who", [{"id": "100"}, {"id": "8", "self_ig_scoped_id": "9"}, {"username": "thebrand"}])
def test_our_own_instagram_comments_are_recognised(who: dict[str, str]) -> None:
    value = {"id": "5", "text": "Thanks", "from": who, "media": {"id": "7"}}
    assert only(read("instagram", changed("instagram", "comments", value))).from_us


def test_a_bare_instagram_comment_is_read() -> None:
    raw = {"id": "5", "text": "Yum", "timestamp": "2026-11-22T11:00:00+0000", "username": "ann", "media": {"id": "7"}}
    item = only(answered("instagram", changed("instagram", "comments", {"id": "5", "text": "Yum"}), json_answer(raw)))
    assert item.author is not None
    assert item.author.name == "ann"


def test_instagram_mentions_are_read_through_the_account() -> None:
    stamp = {"timestamp": "2026-11-22T11:00:00+0000", "username": "ann"}
    comment = {"mentioned_comment": {"id": "5", "text": "@thebrand", "media": {"id": "7"}, **stamp}, "id": "100"}
    body = changed("instagram", "mentions", {"media_id": "7", "comment_id": "5"})
    item = only(answered("instagram", body, json_answer(comment)))
    assert (item.kind, item.external_id, item.from_us, item.names_us) == ("mention", "5", False, False)
    media = {"mentioned_media": {"id": "7", "caption": "Lunch at @thebrand", **stamp}, "id": "100"}
    item = only(answered("instagram", changed("instagram", "mentions", {"media_id": "7"}), json_answer(media)))
    assert (item.kind, item.thread_external_id, item.text) == ("mention", "7", "Lunch at @thebrand")
    assert item.names_us


OWN_MEDIA = {"id": "7", "owner": {"id": "100"}, "username": "thebrand"}
NAMES_US = {"id": "5", "text": "@thebrand hi", "timestamp": "2026-11-22T11:00:00+0000", "username": "ann"}
MENTIONED = json_answer({"mentioned_comment": {**NAMES_US, "media": {"id": "7"}}, "id": "100"})


def mentioned(
    alone: Answer | ChannelError, through_us: Answer | ChannelError = MENTIONED, *, comment_id: str = "5"
) -> EventReading:
    """A `mentions` event of a comment; what the platform says of it alone, and through the account it names."""
    account = account_of("instagram")
    body = changed("instagram", "mentions", {"media_id": "7", "comment_id": comment_id})
    asked = reader("instagram").read_event(account, body, now=NOW).ask
    exchanges = [Exchange(one, through_us if "mentioned_comment" in one.params["fields"] else alone) for one in asked]
    assert len(exchanges) == 2
    return reader("instagram").read_event_answers(account, body, exchanges, now=NOW)


@pytest.mark.parametrize("through_us", [MENTIONED, json_answer({"error": {"code": 100, "message": "x"}}, 400)])
@pytest.mark.parametrize("media", [OWN_MEDIA, {"id": "7", "owner": {"id": "100"}}, {"id": "7", "username": "thebrand"}])
def test_a_comment_under_our_own_media_that_names_us_is_a_comment(media: dict[str, Any], through_us: Answer) -> None:
    own = json_answer({**NAMES_US, "from": {"id": "900", "username": "ann"}, "parent_id": "4", "media": media})
    item = only(mentioned(own, through_us))
    assert (item.kind, item.external_id, item.thread_external_id) == ("comment", "5", "4")
    assert item.author == Author("900", "ann")
    assert not item.from_us


@pytest.mark.parametrize(
    "alone",
    [
        not_there(),
        json_answer({"error": {"code": 10, "message": "no permission"}}, 403),
        json_answer({**NAMES_US, "media": {"id": "7", "username": "ann"}}),
        json_answer({**NAMES_US, "media": {"id": "7", "owner": {"id": "8"}, "username": "thebrand"}}),
        json_answer({**NAMES_US, "media": {"id": "7"}}),
        json_answer(NAMES_US),
        json_answer({"media": OWN_MEDIA}),
    ],
    ids=["not shown", "not allowed", "another's", "another's of our name", "nobody's", "bare", "without a comment"],
)
def test_whatever_does_not_prove_the_media_ours_leaves_it_a_mention(alone: Answer) -> None:
    assert only(mentioned(alone)).kind == "mention"


@pytest.mark.parametrize("trouble", [PlatformDown("later"), RateLimited(60, "account")])
def test_whose_media_it_is_is_asked_again_later_where_nobody_could_say(trouble: ChannelError) -> None:
    with pytest.raises(type(trouble)):
        mentioned(trouble)


def test_a_mention_that_is_shown_in_no_way_is_ignored() -> None:
    assert mentioned(not_there(), not_there()).outcome == "ignored"


# --- messages, both ---


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
def test_a_message_is_a_thread_with_its_person(platform: Platform) -> None:
    item = only(
        read(platform, messaged(platform, {"message": {"mid": "m_1", "text": "Hi", "reply_to": {"mid": "m_0"}}}))
    )
    assert (item.kind, item.external_id, item.thread_external_id) == ("message", "m_1", "dm:900")
    assert (item.text, item.parent_external_id, item.from_us) == ("Hi", "m_0", False)
    assert item.created_at == datetime.fromtimestamp(SENT, tz=UTC) + timedelta(milliseconds=5)


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
@pytest.mark.parametrize("under", ["messaging", "standby"])
def test_an_echo_is_ours_and_in_the_persons_thread(platform: Platform, under: str) -> None:
    echo = {
        "sender": {"id": "100"},
        "recipient": {"id": "900"},
        "message": {"mid": "m_2", "text": "Yes", "is_echo": True},
    }
    item = only(read(platform, messaged(platform, echo, under=under)))
    assert (item.thread_external_id, item.from_us) == ("dm:900", True)


def test_an_echo_is_ours_whoever_it_names_as_sender() -> None:
    """A recorded one names the person as sender."""
    item = only(read("facebook", messaged("facebook", {"message": {"mid": "m_2", "text": "Yes", "is_echo": True}})))
    assert (item.thread_external_id, item.from_us) == ("dm:900", True)


def test_an_unsent_message_is_a_tombstone() -> None:
    item = only(read("instagram", messaged("instagram", {"message": {"mid": "m_1", "is_deleted": True}})))
    assert (item.external_id, item.deleted) == ("m_1", True)


def test_an_edited_message_has_the_words_and_the_time_of_the_event() -> None:
    body = messaged("facebook", {"message_edit": {"mid": "m_1", "text": "New", "num_edit": 2}})
    raw = {"id": "m_1", "message": "Old", "created_time": "2026-11-22T11:00:00+0000", "from": PERSON}
    item = only(answered("facebook", body, json_answer(raw)))
    assert (item.text, item.created_at.hour) == ("New", 11)
    assert item.updated_at == datetime.fromtimestamp(SENT, tz=UTC) + timedelta(milliseconds=5)
    assert only(answered("facebook", body, not_there())).text == "New"


def test_a_postback_speaks_for_the_person() -> None:
    item = only(read("facebook", messaged("facebook", {"postback": {"title": "Opening hours", "payload": "HOURS"}})))
    assert (item.text, item.from_us, item.thread_external_id) == ("Opening hours", False, "dm:900")
    assert item.external_id


@pytest.mark.parametrize("what", ["reaction", "read", "delivery", "referral", "pass_thread_control"])
def test_what_holds_no_words_is_ignored(what: str) -> None:
    assert read("facebook", messaged("facebook", {what: {"mid": "m_1"}})).outcome == "ignored"


@pytest.mark.parametrize(
    ("raw", "attachment"),
    [
        (
            {"type": "image", "payload": {"url": "https://x.example/1"}},
            Attachment("image", "https://x.example/1", None, True),
        ),
        (
            {"type": "story_mention", "payload": {"url": "https://x.example/2"}},
            Attachment("story_mention", "https://x.example/2", None, True),
        ),
        (
            {"type": "fallback", "title": "Page", "url": "https://x.example/3"},
            Attachment("share", "https://x.example/3", "Page"),
        ),
        (
            {"type": "location", "payload": {"coordinates": {"lat": 1.5, "long": 2}}},
            Attachment("location", None, "1.5, 2"),
        ),
        (
            {"type": "image", "payload": {"url": "https://x.example/4", "sticker_id": 3}},
            Attachment("sticker", "https://x.example/4", None, True),
        ),
        (
            {"type": "ig_reel", "payload": {"url": "https://x.example/5", "title": "T"}},
            Attachment("reel", "https://x.example/5", "T", True),
        ),
        ({"type": "unsupported_type", "payload": {}}, Attachment("unsupported", None)),
        ("nonsense", Attachment("attachment", None)),
    ],
)
def test_attachments_of_messages(raw: Any, attachment: Attachment) -> None:
    body = messaged("instagram", {"message": {"mid": "m_1", "attachments": [raw]}})
    assert only(read("instagram", body)).attachments == (attachment,)


def test_a_reply_to_a_story_shows_the_story_while_it_lives() -> None:
    story = {"story": {"id": "3", "url": "https://x.example/s"}}
    item = only(read("instagram", messaged("instagram", {"message": {"mid": "m", "text": "Wow", "reply_to": story}})))
    assert item.attachments == (Attachment("story_reply", "https://x.example/s", None, True),)


def test_requests_of_events_carry_no_token_in_their_address() -> None:
    for request in read("facebook", feed(verb="edited")).ask:
        assert isinstance(request, Request)
        assert not request.is_write
        assert "token-of-the-test" not in repr(request)


def test_an_account_of_instagram_login_asks_its_own_host() -> None:
    account: ConnectedAccount = replace(account_of("instagram"), login="instagram")
    body = changed("instagram", "mentions", {"media_id": "7"})
    (request,) = reader("instagram").read_event(account, body, now=NOW).ask
    assert request.service == "instagram_graph"
    assert ScriptedTransport(lambda _: json_answer({})).fetch([request])
