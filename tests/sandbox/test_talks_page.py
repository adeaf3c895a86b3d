"""What people do in private as a brand's customers, on the sandbox's own page. Over real HTTP."""

from __future__ import annotations

from tests.sandbox.conftest import PAGE, PROFILE
from tests.sandbox.meta_world import Meta

HOSTILE = '<script>alert(1)</script>\x00"'


def where(meta: Meta, external_id: str) -> str:
    accounts = meta.control("GET", "/accounts")["accounts"]
    number = next(one["number"] for one in accounts if one["external_id"] == external_id)
    return f"/customers/{number}"


def messages(meta: Meta, account: str = PAGE) -> list[dict[str, object]]:
    found: list[dict[str, object]] = meta.control("GET", f"/items?account={account}&kind=message")["items"]
    return found


def test_a_customer_writes_changes_reacts_and_takes_back(meta: Meta) -> None:
    path = where(meta, PAGE) + "/talks"
    page = meta.page(path, {"kind": "message", "author": "Ada Vale", "text": HOSTILE, "attachment": "photo"})
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "/media/" in page
    (first,) = messages(meta)
    person = {"kind": "message", "author": "Ada Vale", "by": "page", "text": "from the inbox"}
    meta.page(path, person)
    own = next(one for one in messages(meta) if one["by_account"])
    meta.page(path, {"kind": "reaction", "author": "Ada Vale", "item": own["external_id"], "emoji": "❤"})
    meta.page(path, {"kind": "edit", "author": "Ada Vale", "item": first["external_id"], "text": "changed"})
    meta.page(path, {"kind": "read", "author": "Ada Vale"})
    meta.page(path, {"kind": "unsend", "author": "Ada Vale", "item": first["external_id"]})
    meta.deliver()
    told = [next(iter(set(event) - {"sender", "recipient", "timestamp"})) for event in meta.product.events]
    assert told == ["message", "message", "reaction", "message_edit", "read", "message"]
    assert meta.call("POST", path, {"kind": "message", "author": "Ada Vale", "text": ""})[0] == 400
    assert meta.call("POST", path, {"kind": "nonsense"})[0] == 400


def test_stories_are_answered_and_name_the_brand(meta: Meta) -> None:
    path = where(meta, PROFILE) + "/talks"
    meta.page(path, {"kind": "post"})
    (story,) = meta.control("GET", f"/items?account={PROFILE}&kind=post")["items"]
    assert story["facts"]["media_product_type"] == "STORY"
    meta.page(path, {"kind": "message", "author": "Bo Fan", "text": "wow", "story": story["external_id"]})
    meta.page(path, {"kind": "message", "author": "Bo Fan", "story": "mention"})
    meta.deliver()
    reply, mention = (event["message"] for event in meta.product.events)
    assert reply["reply_to"]["story"]["id"] == story["external_id"]
    assert mention["attachments"][0]["type"] == "story_mention"


def test_the_brand_is_mentioned_elsewhere(meta: Meta) -> None:
    path = where(meta, PAGE) + "/talks"
    meta.page(path, {"kind": "mention", "author": "Ada Vale", "in": "post", "text": "look @Pennywell"})
    meta.page(path, {"kind": "mention", "author": "Ada Vale", "in": "post", "private": "1", "text": "psst"})
    assert [one["message"] for one in meta.get(f"{PAGE}/tagged")["data"]] == ["look @Pennywell"]


def test_the_brand_s_own_tools_hide_and_answer(meta: Meta) -> None:
    comment = meta.make("comment", author="Ada Vale", text="rude")
    path = where(meta, PAGE)
    assert "Unhide" in meta.page(f"{path}/change", {"item": comment, "hidden": "1", "author": "Ada Vale"})
    assert meta.get(comment, fields="is_hidden,message") | {"id": ""} == {
        "is_hidden": True,
        "message": "rude",
        "id": "",
    }
    meta.page(f"{path}/write", {"kind": "answer", "item": comment, "text": "by hand", "author": "Ada Vale"})
    (answer,) = meta.get(f"{comment}/comments", fields="message,from")["data"]
    assert (answer["message"], answer["from"]["id"]) == ("by hand", PAGE)
    assert [line["action"] for line in meta.ledger()] == ["subscribed_apps"]
    attached = {"kind": "comment", "author": "Ada Vale", "text": "", "attachment": "sticker"}
    meta.page(f"{path}/write", attached)
    assert {one["attachment"]["type"] for one in _comments(meta)} == {"sticker"}


def _comments(meta: Meta) -> list[dict[str, dict[str, str]]]:
    (post,) = meta.get(f"{PAGE}/published_posts", fields="id")["data"]
    found = meta.get(f"{post['id']}/comments", fields="attachment")["data"]
    return [one for one in found if "attachment" in one]


def test_google_s_locations_have_no_such_page(meta: Meta) -> None:
    location = {"platform": "google_business", "external_id": "accounts/1/locations/2", "name": "Quay"}
    meta.control("POST", "/accounts", location)
    assert meta.call("GET", where(meta, "accounts/1/locations/2") + "/talks")[0] == 404
