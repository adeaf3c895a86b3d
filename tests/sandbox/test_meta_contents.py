"""What is on Pages and profiles, and how it is read and written: lists, mentions, attachments, notices. Real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import PAGE, PROFILE
from tests.sandbox.meta_world import Meta

DAY = 86_400
ATTACHMENTS = {
    "photo": "photo",
    "video": "video_inline",
    "sticker": "sticker",
    "share": "share",
    "animated_image": "animated_image_share",
}


def ids(body: Any) -> set[str]:
    return {one["id"] for one in body["data"]}


def test_each_list_of_posts_has_its_own(meta: Meta) -> None:
    own = meta.make("post", text="own")
    visitor = meta.make("post", author="Ada Vale", text="visit")
    tagged = meta.make("mention", author="Other Page", text="@Pennywell")
    private = meta.make("mention", author="Ada Vale", text="@Pennywell", private=True)
    dark = meta.make("post", text="ad", is_published=False, ad={"ad_id": "1"})
    lists = {
        "published_posts": {own},
        "posts": {own},
        "visitor_posts": {visitor},
        "tagged": {tagged},
        "ads_posts": {dark},
        "feed": {own, visitor, tagged, dark},
        "scheduled_posts": set(),
    }
    for edge, expected in lists.items():
        assert ids(meta.get(f"{PAGE}/{edge}", fields="id")) == expected, edge
    assert meta.get(dark, fields="is_published,promotion_status")["promotion_status"] == "active"
    comment = meta.make("comment", post=dark, author="Tom Reed", text="under the ad")
    assert ids(meta.get(f"{dark}/comments", fields="id")) == {comment}
    assert meta.refusal("GET", private) == (100, 33)
    assert meta.refusal("GET", f"{PAGE}/feed", limit=101)[0] == 100


def test_reels_stand_apart_and_their_film_has_an_id_of_its_own(meta: Meta) -> None:
    reel = meta.make("post", text="Look", media_product_type="REELS")
    comment = meta.make("comment", post=reel, text="Nice", author="Ada Vale")
    assert not meta.get(f"{PAGE}/published_posts", fields="id")["data"]
    fields = "id,description,permalink_url,post_id,from{id},comments.filter(stream).summary(true){id,message}"
    (film,) = meta.get(f"{PAGE}/video_reels", fields=fields)["data"]
    assert (film["description"], film["post_id"], film["from"]["id"]) == ("Look", reel.split("_")[1], PAGE)
    assert film["id"] not in (reel, film["post_id"])
    assert [one["id"] for one in film["comments"]["data"]] == [comment]
    assert ids(meta.get(f"{film['id']}/comments", fields="id")) == {comment}
    assert meta.graph("POST", f"{film['id']}/comments", message="Thank you")[0] == 200
    assert meta.refusal("GET", f"{PAGE}/video_reels", fields="caption")[0] == 100
    meta.control("POST", "/accounts", {"platform": "facebook", "external_id": PAGE, "reels_in_posts": True})
    assert ids(meta.get(f"{PAGE}/published_posts", fields="id")) == {reel}
    meta.control("DELETE", f"/items/{reel}?platform=facebook")
    assert meta.refusal("GET", film["id"]) == (100, 33)


def test_comments_are_two_levels_deep_and_known_by_either_spelling(meta: Meta) -> None:
    top = meta.make("comment", author="Ada Vale", text="top")
    second = meta.make("comment", parent=top, author="Tom Reed", text="second")
    third = meta.make("comment", parent=second, author="Ada Vale", text="third")
    bare = third.rsplit("_", 1)[-1]
    assert meta.get(bare, fields="parent")["parent"]["id"] == top
    own = meta.graph("POST", f"{bare}/comments", message="ours")[1]["id"]
    assert meta.get(own, fields="parent{id}")["parent"] == {"id": top}
    assert ids(meta.get(f"{top}/comments", fields="id")) == {second, third, own}


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("photo", "photo"),
        ("video", "video_inline"),
        ("sticker", "sticker"),
        ("share", "share"),
        ("animated_image", "animated_image_share"),
    ],
)
def test_attachments_of_comments_can_be_fetched_until_they_expire(meta: Meta, kind: str, told: str) -> None:
    comment = meta.make("comment", author="Ada Vale", text=None, attachment=kind)
    read = meta.get(comment, fields="message,attachment")
    assert (read["message"], read["attachment"]["type"]) == ("", told)
    url = read["attachment"]["media"]["image"]["src"].removeprefix(meta.base)
    assert meta.call("GET", url)[0] == 200
    meta.control("POST", "/clock", {"move_seconds": 8 * DAY})
    assert meta.call("GET", url)[0] == 404


def test_attachments_of_posts(meta: Meta) -> None:
    album = meta.make("post", text="two", attachments=["photo", "video"])
    read = meta.get(album, fields="attachments,full_picture")
    (one,) = read["attachments"]["data"]
    assert [part["media_type"] for part in one["subattachments"]["data"]] == ["photo", "video"]
    assert meta.call("GET", read["full_picture"].removeprefix(meta.base))[0] == 200
    assert (
        meta.call("POST", "/sandbox/posts", body={"platform": "facebook", "account": PAGE, "attachments": ["x"]})[0]
        == 400
    )


def test_likes_hiding_and_authors_below_advanced_access(meta: Meta) -> None:
    comment = meta.make("comment", author="Ada Vale", text="nice")
    assert meta.graph("POST", f"{comment}/likes") == (200, {"success": True})
    read = meta.get(comment, fields="user_likes,like_count,is_hidden,can_hide,can_like")
    assert (read["user_likes"], read["like_count"]) == (True, 1)
    meta.graph("DELETE", f"{comment}/likes")
    assert meta.get(comment, fields="like_count")["like_count"] == 0
    meta.graph("POST", comment, is_hidden="true")
    assert meta.get(comment, fields="is_hidden")["is_hidden"] is True
    meta.control("POST", "/accounts", {"platform": "facebook", "external_id": PAGE, "hide_authors": True})
    assert "from" not in meta.get(comment, fields="id,from")


def test_notices_are_published_once_scheduled_and_deleted(meta: Meta) -> None:
    first = meta.graph("POST", f"{PAGE}/feed", message="We know of the outage.")[1]["id"]
    assert meta.refusal("POST", f"{PAGE}/feed", message="We know of the outage.") == (506, None)
    assert meta.graph("POST", f"{PAGE}/feed", message="It is mended.")[0] == 200
    assert meta.graph("DELETE", first) == (200, {"success": True})
    assert meta.refusal("GET", first) == (100, 33)
    soon, later = int(meta.clock.now) + 60, int(meta.clock.now) + 3600
    wish = {"message": "Later", "published": "false"}
    assert meta.refusal("POST", f"{PAGE}/feed", **wish, scheduled_publish_time=soon)[0] == 100
    planned = meta.graph("POST", f"{PAGE}/feed", **wish, scheduled_publish_time=later)[1]["id"]
    assert ids(meta.get(f"{PAGE}/scheduled_posts")) == {planned}
    assert planned not in ids(meta.get(f"{PAGE}/published_posts"))
    assert planned not in ids(meta.get(f"{PAGE}/ads_posts"))
    assert [line["action"] for line in meta.ledger() if line["outcome"] == "applied"].count("post") == 3


def test_only_own_words_are_edited_and_only_own_posts_deleted(meta: Meta) -> None:
    comment = meta.make("comment", author="Ada Vale", text="mine")
    assert meta.refusal("POST", comment, message="not yours")[0] == 200
    own = meta.graph("POST", f"{comment}/comments", message="first")[1]["id"]
    assert meta.graph("POST", own, message="second") == (200, {"success": True})
    assert meta.get(own, fields="message")["message"] == "second"
    assert meta.graph("DELETE", own)[0] == 200
    visitor = meta.make("post", author="Ada Vale", text="visit")
    assert meta.refusal("DELETE", visitor)[0] == 200


def test_instagram_media_reels_ads_stories_and_photo_tags(meta: Meta) -> None:
    feed = meta.make("post", "instagram", text="feed")
    reel = meta.make("post", "instagram", text="reel", media_product_type="REELS", media_type="VIDEO")
    ad = meta.make("post", "instagram", text="ad", media_product_type="AD", ad={"ad_id": "7", "ad_title": "T"})
    story = meta.make("post", "instagram", media_product_type="STORY")
    tag = meta.make("mention", "instagram", author="Bo Fan", text="with you", **{"in": "photo_tag"})
    assert ids(meta.get(f"{PROFILE}/media", "instagram", fields="id")) == {feed, reel, ad}
    assert ids(meta.get(f"{PROFILE}/stories", "instagram", fields="id")) == {story}
    assert ids(meta.get(f"{PROFILE}/tags", fields="id")) == {tag}
    read = meta.get(reel, "instagram", fields="media_product_type,media_url,media_type")
    assert (read["media_product_type"], read["media_type"]) == ("REELS", "VIDEO")
    assert meta.call("GET", read["media_url"].removeprefix(meta.base))[2]["content-type"] == "video/mp4"
    meta.make("comment", "instagram", post=ad, author="Bo Fan", text="under the ad")
    meta.deliver()
    told = [change["value"] for change in meta.product.changes if change["field"] == "comments"]
    assert told[0]["media"] == {"id": ad, "media_product_type": "AD", "ad_id": "7", "ad_title": "T"}
    meta.control("POST", "/clock", {"move_seconds": DAY + 1})
    assert meta.get(f"{PROFILE}/stories", "instagram", fields="id")["data"] == []
    meta.control("POST", "/accounts", {"platform": "instagram", "external_id": PROFILE, "ads_in_media": False})
    assert ids(meta.get(f"{PROFILE}/media", "instagram", fields="id")) == {feed, reel}


def test_mentions_are_read_by_the_ids_of_the_webhook_only(meta: Meta) -> None:
    comment = meta.make("mention", "instagram", author="Bo Fan", text="@pennywell help", **{"in": "comment"})
    caption = meta.make("mention", "instagram", author="Bo Fan", text="see @pennywell")
    assert ids(meta.get(f"{PROFILE}/media", "instagram", fields="id")) == set()
    assert meta.refusal("GET", comment, "instagram") == (100, 33)
    fields = f"mentioned_comment.comment_id({comment}){{id,text,username,media{{id}}}}"
    told = meta.get(PROFILE, fields=fields)
    media = told["mentioned_comment"]["media"]["id"]
    assert (told["mentioned_comment"]["text"], told["mentioned_comment"]["username"]) == ("@pennywell help", "bo.fan")
    told = meta.get(PROFILE, fields=f"mentioned_media.media_id({caption}){{id,caption}}")
    assert told["mentioned_media"] == {"id": caption, "caption": "see @pennywell"}
    assert meta.refusal("GET", PROFILE, fields="mentioned_comment.comment_id(1){id}")[0] == 100
    answer = {"media_id": media, "comment_id": comment, "message": "Here we are"}
    made = meta.graph("POST", f"{PROFILE}/mentions", **answer)
    assert made[0] == 200
    assert meta.get(made[1]["id"], "instagram", fields="text")["text"] == "Here we are"
    assert meta.graph("POST", f"{PROFILE}/mentions", media_id=caption, message="Thanks")[0] == 200
    own = meta.make("post", "instagram", text="own")
    assert meta.refusal("POST", f"{PROFILE}/mentions", media_id=own, message="x")[0] == 100
    assert [line["action"] for line in meta.ledger()].count("reply") == 3


def test_tasks_of_the_person_on_the_page_decide(meta: Meta) -> None:
    comment = meta.make("comment", author="Ada Vale", text="x")
    page = {"platform": "facebook", "external_id": PAGE}
    meta.control("POST", "/accounts", {**page, "tasks": ["ANALYZE", "MESSAGING"]})
    assert meta.refusal("POST", f"{comment}/comments", message="no")[0] == 200
    assert meta.get(f"{PAGE}/conversations", fields="id")["data"] == []
    assert meta.refusal("POST", f"{PAGE}/feed", message="no")[0] == 200
    meta.control("POST", "/accounts", {**page, "tasks": ["PROFILE_PLUS_MODERATE"]})
    assert meta.graph("POST", f"{comment}/comments", message="yes")[0] == 200
