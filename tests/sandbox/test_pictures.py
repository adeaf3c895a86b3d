"""The pictures of an album are objects of their own, each with its own comments."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import PAGE
from tests.sandbox.meta_world import Meta

BELOW = "id,comments.filter(stream).summary(true){id,message}"


@pytest.fixture
def pictures(meta: Meta) -> tuple[str, list[str]]:
    album = meta.make("post", text="Autumn", attachments=["photo", "photo", "video"])
    (one,) = meta.get(album, fields="attachments{subattachments{type,target{id}}}")["attachments"]["data"]
    return album, [part["target"]["id"] for part in one["subattachments"]["data"]]


def test_comments_under_a_picture_are_not_the_albums(meta: Meta, pictures: tuple[str, list[str]]) -> None:
    album, ids = pictures
    on_album = meta.make("comment", post=album, author="Ada Vale", text="lovely")
    on_second = meta.make("comment", post=album, picture=2, author="Bo Fan", text="what is this?")
    answer = meta.make("comment", post=album, parent=on_second, by="page", text="Soup")
    assert on_second.split("_")[0] == ids[1]
    listed = {one["id"]: one for one in meta.get(f"{PAGE}/photos", type="uploaded", fields=BELOW)["data"]}
    assert set(listed) == set(ids[:2])
    assert [listed[one]["comments"]["summary"]["total_count"] for one in ids[:2]] == [0, 2]
    assert {one["id"] for one in listed[ids[1]]["comments"]["data"]} == {on_second, answer}
    assert [one["id"] for one in meta.get(f"{ids[1]}/comments")["data"]] == [on_second]
    posts = meta.get(f"{PAGE}/published_posts", fields=BELOW)["data"]
    assert [[one["id"] for one in post["comments"]["data"]] for post in posts] == [[on_album]]
    assert meta.get(f"{PAGE}/photos")["data"] == []


def test_they_are_told_under_the_pictures_own_story(meta: Meta, pictures: tuple[str, list[str]]) -> None:
    album, ids = pictures
    first = meta.make("comment", post=album, picture=1, author="Ada Vale", text="lovely")
    meta.make("comment", post=album, parent=first, author="Bo Fan", text="it is")
    meta.deliver()
    told = [one["value"] for one in meta.product.changes if one["value"]["item"] == "comment"]
    story = f"{PAGE}_{ids[0]}"
    assert [(one["post_id"], one["parent_id"]) for one in told] == [(story, story), (story, first)]
    assert (told[0]["post"]["id"], told[0]["post"]["status_type"]) == (story, "added_photos")


def test_a_picture_alone_in_its_post_shares_the_posts_comments(meta: Meta) -> None:
    post = meta.make("post", text="One", attachments=["photo"])
    one = meta.make("comment", post=post, picture=1, author="Ada Vale", text="nice")
    assert one.split("_")[0] == post.split("_")[1]
    (picture,) = meta.get(f"{PAGE}/photos", type="uploaded", fields=BELOW)["data"]
    assert [each["id"] for each in picture["comments"]["data"]] == [one]


def test_a_deleted_album_takes_its_pictures_and_their_comments_along(
    meta: Meta, pictures: tuple[str, list[str]]
) -> None:
    album, ids = pictures
    comment = meta.make("comment", post=album, picture=1, author="Ada Vale", text="lovely")
    meta.control("DELETE", f"/items/{album}?platform=facebook")
    assert meta.refusal("GET", comment) == (100, 33)
    assert meta.refusal("GET", ids[0]) == (100, 33)


def test_no_picture_of_that_number(meta: Meta, pictures: tuple[str, list[str]]) -> None:
    album, _ = pictures
    wish = {"platform": "facebook", "account": PAGE, "post": album, "author": "Ada", "text": "x"}
    for number in (0, 3):
        assert meta.call("POST", "/sandbox/comments", body={**wish, "picture": number})[0] == 404
