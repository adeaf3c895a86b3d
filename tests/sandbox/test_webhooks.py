"""What Meta's half sends by itself: handshake, subscriptions, envelopes, signatures; and how deliveries go wrong."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from typing import Any

import pytest

from agency.sandbox import meta_app
from tests.sandbox.conftest import KEYS, PAGE, PROFILE, Sandbox
from tests.sandbox.meta_world import PAGE_FIELDS, Meta

HOUR = 3600


def test_the_signature_is_over_the_very_bytes_and_new_json_would_not_match(meta: Meta) -> None:
    meta.make("comment", author="Zoë", text="Ä/b <x> 100% @you 😢")
    meta.deliver()
    call = meta.product.received[-1]
    right = hmac.new(KEYS.meta_app_secret.encode(), call.body, hashlib.sha256).hexdigest()
    assert call.headers["X-Hub-Signature-256"] == f"sha256={right}"
    assert call.path == "/webhooks/meta"
    assert b"\\u00c4\\/b \\u003Cx> 100\\u0025 \\u0040you \\ud83d\\ude22" in call.body
    assert call.body != json.dumps(call.json).encode()


def test_comments_are_told_as_they_live(meta: Meta) -> None:
    post = meta.make("post", text="News", attachments=["photo"])
    comment = meta.make("comment", post=post, author="Ada Vale", text="first", attachment="photo")
    reply = meta.make("comment", parent=comment, author="Tom Reed", text="second")
    meta.control("PATCH", f"/items/{comment}", {"text": "changed"})
    meta.graph("POST", comment, is_hidden="true")
    meta.graph("POST", comment, is_hidden="false")
    own = meta.graph("POST", f"{comment}/comments", message="ours")[1]["id"]
    meta.control("DELETE", f"/items/{reply}")
    meta.deliver()
    values = [change["value"] for change in meta.product.changes]
    assert {change["field"] for change in meta.product.changes} == {"feed"}
    assert [(one["item"], one["verb"]) for one in values] == [
        *[("photo", "add"), ("comment", "add"), ("comment", "add"), ("comment", "edited"), ("comment", "hide")],
        *[("comment", "unhide"), ("comment", "add"), ("comment", "remove")],
    ]
    first, second, edited = values[1], values[2], values[3]
    assert (first["comment_id"], first["parent_id"], first["post_id"]) == (comment, post, post)
    assert (first["from"]["name"], first["photo"][:4], first["post"]["id"]) == ("Ada Vale", "http", post)
    assert (second["parent_id"], edited["message"]) == (comment, "changed")
    assert (values[6]["comment_id"], values[6]["from"]["id"]) == (own, PAGE)
    assert set(values[7]) == {"item", "verb", "comment_id", "post_id", "parent_id", "from"}


def test_visitors_ads_reactions_and_mentions(meta: Meta) -> None:
    visitor = meta.make("post", author="Ada Vale", text="I visit")
    dark = meta.make("post", text="Ad", is_published=False, ad={"ad_id": "1"})
    meta.make("comment", post=dark, author="Tom Reed", text="under the ad")
    meta.make("reaction", item=visitor, author="Tom Reed", reaction="love")
    tagged = meta.make("mention", author="Other Page", text="Hello @Pennywell")
    spoken = meta.make("mention", author="Ada Vale", text="like @Pennywell", **{"in": "comment"})
    meta.deliver()
    told = [(change["field"], change["value"]) for change in meta.product.changes]
    short = [(field, value["item"], value["verb"]) for field, value in told]
    assert short == [
        *[("feed", "post", "add"), ("feed", "comment", "add"), ("feed", "reaction", "add")],
        *[("mention", "post", "add"), ("mention", "comment", "add")],
    ]
    assert told[1][1]["post"]["is_published"] is False
    assert (told[2][1]["reaction_type"], told[2][1]["post_id"]) == ("love", visitor)
    assert (told[3][1]["post_id"], told[4][1]["comment_id"]) == (tagged, spoken)
    meta.control("POST", "/application", {"dark_comments": False})
    meta.make("comment", post=dark, author="Tom Reed", text="unheard")
    assert meta.deliver()["sent"] == 0


def test_messages_are_told_with_their_echo_edit_unsend_reaction_read_and_postback(meta: Meta) -> None:
    mid = meta.make("message", author="Ada Vale", text="hello", attachments=["video"])
    meta.deliver()
    person = meta.product.events[0]["sender"]["id"]
    sent = meta.send(PAGE, recipient={"id": person}, message={"text": "ours", "metadata": "outbox-7"})[1]
    meta.make("message", author="Ada Vale", text="from the inbox", by="page")
    meta.control("PATCH", f"/items/{mid}", {"text": "hello!"})
    meta.make("reaction", item=sent["message_id"], author="Ada Vale", emoji="😢")
    meta.make("read", author="Ada Vale")
    meta.make("postback", author="Ada Vale", title="Start", payload="GO")
    meta.control("DELETE", f"/items/{mid}")
    meta.deliver()
    hello, echo, inbox, edit, reaction, read, postback, unsent = meta.product.events
    assert hello["recipient"] == {"id": PAGE}
    assert (hello["message"]["mid"], hello["message"]["attachments"][0]["type"]) == (mid, "video")
    assert hello["timestamp"] == int(meta.clock.now * 1000)
    assert (echo["sender"], echo["recipient"]) == ({"id": PAGE}, {"id": person})
    assert echo["message"]["metadata"] == "outbox-7"
    assert str(echo["message"]["app_id"]) == KEYS.meta_app_id
    assert (inbox["message"]["is_echo"], "app_id" in inbox["message"]) == (True, False)
    assert edit["message_edit"] == {"mid": mid, "text": "hello!", "num_edit": 1}
    assert reaction["reaction"] | {"emoji": ""} == {
        "mid": sent["message_id"],
        "action": "react",
        "reaction": "sad",
        "emoji": "",
    }
    assert set(read["read"]) == {"watermark"}
    assert postback["postback"]["payload"] == "GO"
    assert unsent["message"] == {"mid": mid, "is_deleted": True}
    assert meta.product.received[0].json["entry"][0]["time"] == int(meta.clock.now * 1000)


def test_instagram_by_facebook_login_follows_the_linked_page(meta: Meta) -> None:
    post = meta.make("post", "instagram", text="Reel", media_product_type="REELS")
    top = meta.make("comment", "instagram", post=post, author="Bo Fan", text="nice")
    meta.make("comment", "instagram", parent=top, author="Bo Fan", text="really")
    comment = meta.make("mention", "instagram", author="Bo Fan", text="@pennywell look", **{"in": "comment"})
    caption = meta.make("mention", "instagram", author="Bo Fan", text="with @pennywell")
    meta.control("PATCH", f"/items/{top}", {"hidden": True})
    meta.control("DELETE", f"/items/{top}")
    meta.deliver()
    values = [(change["field"], change["value"]) for change in meta.product.changes]
    assert [field for field, _ in values] == ["comments", "comments", "mentions", "mentions"]
    assert values[0][1]["media"] == {"id": post, "media_product_type": "REELS"}
    assert (values[1][1]["parent_id"], values[0][1]["from"]["username"]) == (top, "bo.fan")
    assert values[2][1]["comment_id"] == comment
    assert values[3][1] == {"media_id": caption}
    assert {call.path for call in meta.product.received} == {"/webhooks/meta"}
    assert {call.json["object"] for call in meta.product.received} == {"instagram"}
    assert meta.graph("DELETE", f"{PAGE}/subscribed_apps")[0] == 200
    meta.make("comment", "instagram", post=post, author="Bo Fan", text="unheard")
    assert meta.deliver()["sent"] == 0


def test_instagram_login_has_its_own_address_and_secret(meta: Meta) -> None:
    meta.graph("DELETE", f"{PAGE}/subscribed_apps")
    subscribe = {"subscribed_fields": "comments,messages"}
    assert meta.graph("POST", f"{PROFILE}/subscribed_apps", "instagram", **subscribe)[0] == 200
    story = meta.make("post", "instagram", text=None, media_product_type="STORY")
    meta.make("message", "instagram", author="Bo Fan", text="wow", story={"reply_to": story})
    meta.make("message", "instagram", author="Bo Fan", story={"mention": {}})
    meta.make("mention", "instagram", author="Bo Fan", text="@pennywell", **{"in": "comment"})
    meta.deliver()
    call = meta.product.received[-1]
    assert {one.path for one in meta.product.received} == {"/webhooks/instagram"}
    right = hmac.new(KEYS.instagram_app_secret.encode(), call.body, hashlib.sha256).hexdigest()
    assert call.headers["X-Hub-Signature-256"] == f"sha256={right}"
    reply, mention = meta.product.events
    assert reply["message"]["reply_to"]["story"]["id"] == story
    assert mention["message"]["attachments"][0]["type"] == "story_mention"
    assert [change["field"] for change in meta.product.changes] == ["comments"]
    url = mention["message"]["attachments"][0]["payload"]["url"].removeprefix(meta.base)
    assert meta.call("GET", url)[0] == 200
    meta.control("POST", "/clock", {"move_seconds": 24 * HOUR + 1})
    assert meta.call("GET", url)[0] == 404
    meta.control("POST", "/application", {"flat_entries": True, "comment_id_name": True, "numeric_ids": True})
    post = meta.make("post", "instagram", text="x")
    comment = meta.make("comment", "instagram", post=post, author="Bo Fan", text="flat")
    meta.deliver()
    entry = meta.product.received[-1].json["entry"][0]
    assert (entry["field"], entry["value"]["comment_id"], entry["id"]) == ("comments", comment, int(PROFILE))


def test_an_app_in_development_hears_no_instagram_comments(meta: Meta) -> None:
    meta.control("POST", "/application", {"live": False})
    post = meta.make("post", "instagram", text="x")
    meta.make("comment", "instagram", post=post, author="Bo Fan", text="unheard")
    assert meta.deliver()["sent"] == 0


def test_subscriptions_of_the_app_need_the_handshake(meta: Meta) -> None:
    app, token = KEYS.meta_app_id, f"{KEYS.meta_app_id}|{KEYS.meta_app_secret}"
    wish = {"object": "page", "callback_url": f"{meta.product.url}/webhooks/meta", "fields": "feed"}
    where = f"{app}/subscriptions"
    wrong = {**wish, "verify_token": "wrong", "access_token": token}
    assert meta.refusal("POST", where, **wrong) == (2200, None)
    assert meta.refusal("POST", where, **{**wish, "verify_token": "verify-me", "access_token": "page-token"})[0] == 15
    right = {**wish, "verify_token": "verify-me", "access_token": token}
    assert meta.graph("POST", where, **right) == (200, {"success": True})
    listed = meta.get(where, access_token=token)["data"]
    page = next(one for one in listed if one["object"] == "page")
    assert [one["name"] for one in page["fields"]] == ["feed"]
    meta.make("message", author="Ada Vale", text="not subscribed any more")
    assert meta.deliver()["sent"] == 0
    outside = {**right, "callback_url": "http://example.org/hook"}
    assert meta.refusal("POST", where, **outside)[0] == 100


def test_fields_not_subscribed_and_a_silent_unsubscription_tell_nothing(meta: Meta) -> None:
    assert meta.graph("POST", f"{PAGE}/subscribed_apps", subscribed_fields="messages")[0] == 200
    meta.make("comment", author="Ada Vale", text="unheard")
    assert meta.deliver()["sent"] == 0
    assert meta.get(f"{PAGE}/subscribed_apps")["data"][0]["subscribed_fields"] == ["messages"]
    meta.control("POST", "/subscriptions/forget", {"account": PAGE})
    assert meta.get(f"{PAGE}/subscribed_apps")["data"] == []
    assert meta.refusal("POST", f"{PAGE}/subscribed_apps", subscribed_fields="nonsense")[0] == 100


def test_what_is_not_answered_200_is_sent_again_and_given_up_in_the_end(meta: Meta) -> None:
    post = meta.make("post", text="x")
    meta.deliver()
    meta.product.answers = [500, 204, 302]
    meta.make("comment", post=post, author="Ada Vale", text="stubborn")
    report = meta.deliver()
    assert (report["sent"], report["retried"], report["given_up"]) == (1, 3, 0)
    assert len({call.body for call in meta.product.received[1:]}) == 1
    assert len(meta.product.received) == 5
    meta.product.answers = [500] * 50
    meta.make("comment", post=post, author="Ada Vale", text="never")
    report = meta.deliver()
    assert (report["sent"], report["given_up"], report["waiting"]) == (0, 1, 0)


def test_an_hour_of_failures_unsubscribes_the_page_and_says_nothing(meta: Meta) -> None:
    meta.product.answers = [503] * 50
    meta.make("post", text="never")
    for _ in range(12):
        meta.control("POST", "/deliveries/now", {})
        meta.control("POST", "/clock", {"move_seconds": 3600})
    assert meta.control("GET", "/deliveries")["given_up"] == 1
    assert meta.get(f"{PAGE}/subscribed_apps")["data"] == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_deliveries_are_dropped_doubled_and_shuffled_by_the_seed(meta: Meta, seed: int) -> None:
    switches = {"drop": 0.1, "duplicate": 0.2, "shuffle": True, "seed": seed}
    meta.control("POST", "/deliveries/switches", switches)
    wish = {"platform": "facebook", "account": PAGE, "kind": "comment", "author": "Ada"}
    meta.control("POST", "/items", [{**wish, "text": f"{number}"} for number in range(200)])
    meta.deliver()
    texts = [change["value"].get("message") for change in meta.product.changes if change["value"]["item"] == "comment"]
    assert 0 < meta.control("GET", "/deliveries")["dropped"] < 60
    assert 140 < len(set(texts)) < 200
    assert len(texts) > len(set(texts))
    assert texts != sorted(texts, key=lambda text: int(text or 0))


def test_a_storm_sends_everything_again(meta: Meta) -> None:
    meta.make("comment", author="Ada Vale", text="once")
    meta.make("message", author="Ada Vale", text="and this")
    first = meta.deliver()["sent"]
    assert meta.control("POST", "/deliveries/storm", {"times": 10})["queued"] == 10 * first
    assert meta.deliver()["sent"] == 10 * first
    assert len({call.body for call in meta.product.received}) == first


def test_delays_are_of_the_sandbox_s_clock(meta: Meta) -> None:
    meta.control("POST", "/deliveries/switches", {"account": PAGE, "delay_seconds": 600})
    meta.make("comment", author="Ada Vale", text="later")
    assert meta.control("POST", "/deliveries/now", {})["sent"] == 0
    meta.control("POST", "/clock", {"move_seconds": 601})
    assert meta.control("POST", "/deliveries/now", {})["sent"] == 2  # the post made for it, too
    assert meta.control("GET", "/deliveries")["of_accounts"] == {PAGE: {"delay_seconds": 600}}


def test_several_entries_go_in_one_call(meta: Meta) -> None:
    post = meta.make("post", text="x")
    meta.deliver()
    meta.control("POST", "/application", {"together": 3})
    for number in range(4):
        meta.make("comment", post=post, author="Ada Vale", text=f"{number}")
    meta.deliver()
    assert [len(call.json["entry"]) for call in meta.product.received[-2:]] == [3, 1]


def test_the_background_thread_sends_without_being_told(meta: Meta) -> None:
    meta.control("POST", "/deliveries/switches", {"hold": False})
    meta.make("comment", author="Ada Vale", text="by itself")
    waiting = threading.Event()
    for _ in range(400):
        if len(meta.product.received) >= 2:
            break
        waiting.wait(0.05)
    assert [one["value"]["item"] for one in meta.product.changes] == ["status", "comment"]


def test_a_webhook_may_come_before_the_answer(meta: Meta) -> None:
    post = meta.make("post", text="x")
    meta.deliver()
    meta.control("POST", "/misbehaviour", {"kind": "webhook_first", "account": PAGE})
    made = meta.graph("POST", f"{post}/comments", message="ours")[1]["id"]
    assert meta.product.changes[-1]["value"]["comment_id"] == made


def test_what_is_rolled_back_is_not_told(meta: Meta) -> None:
    good: dict[str, Any] = {"platform": "facebook", "account": PAGE, "kind": "comment", "author": "A", "text": "x"}
    assert meta.call("POST", "/sandbox/items", body=[good, {**good, "kind": "nonsense"}])[0] == 400
    meta.control("POST", "/deliveries/switches", {"hold": True})  # the next commit
    assert meta.deliver()["sent"] == 0


def test_the_sandbox_finds_the_product_it_was_started_with_at_each_start(sandbox: Sandbox) -> None:
    world = sandbox.app.extensions["sandbox"]

    def callback() -> str:
        return str(meta_app.application(world.store)["subscriptions"]["meta"]["page"]["callback_url"])

    assert not meta_app.connect_at_start(world, {"ONBRAND_BASE_URL": "https://desk.example.org"})
    assert meta_app.connect_at_start(world, {"ONBRAND_BASE_URL": "https://desk.example.org", "ONBRAND_PORT": "5001"})
    assert callback() == "http://127.0.0.1:5001/webhooks/meta"
    assert meta_app.connect_at_start(world, {"ONBRAND_PORT": "5002"})
    assert callback() == "http://127.0.0.1:5002/webhooks/meta"
    by_hand = {"product_url": "http://127.0.0.1:5003", "verify_token": "", "verify": False}
    sandbox.control("POST", "/application/connect", by_hand)
    assert not meta_app.connect_at_start(world, {"ONBRAND_PORT": "5002"})
    assert callback() == "http://127.0.0.1:5003/webhooks/meta"


def test_bad_switches_are_refused(meta: Meta) -> None:
    for wish in ({"drop": 2}, {"drop": -1}, {"hold": 1}, {"nonsense": 1}, {"account": PAGE, "hold": True}):
        assert meta.call("POST", "/sandbox/deliveries/switches", body=wish)[0] == 400
    assert set(PAGE_FIELDS.split(",")) <= set(meta.control("GET", "/subscriptions")["subscriptions"][0]["fields"])
