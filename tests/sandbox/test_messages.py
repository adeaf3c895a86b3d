"""Messenger and Instagram messages: reading, windows, private replies, blocks; over real HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.conftest import PAGE, PROFILE
from tests.sandbox.meta_world import Meta

HOUR, DAY = 3600, 86_400


def person_of(meta: Meta, platform: str = "facebook", author: str = "Ada Vale", text: str = "Hello") -> str:
    """A customer writes; answers their id for messages."""
    meta.make("message", platform, author=author, text=text)
    account = PAGE if platform == "facebook" else PROFILE
    threads = meta.control("GET", f"/items?account={account}&kind=thread")["items"]
    return str(next(one["facts"]["person"]["id"] for one in threads if one["facts"]["person"]["name"] == author))


def answer(meta: Meta, platform: str, person: str, text: str = "Hi", **more: Any) -> tuple[int, Any]:
    body = {"recipient": {"id": person}, "message": {"text": text}, **more}
    return meta.send(PAGE, **body) if platform == "facebook" else meta.send(PROFILE, "instagram", **body)


def code_of(told: tuple[int, Any]) -> tuple[int, int | None]:
    error = told[1]["error"]
    return error["code"], error.get("error_subcode")


@pytest.mark.parametrize(("platform", "outside"), [("facebook", (10, 2018278)), ("instagram", (10, 2534022))])
def test_the_window_is_a_day_and_for_people_a_week(meta: Meta, platform: str, outside: tuple[int, int]) -> None:
    person = person_of(meta, platform)
    tagged = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    meta.control("POST", "/clock", {"move_seconds": 24 * HOUR - 60})
    assert answer(meta, platform, person)[0] == 200
    meta.control("POST", "/clock", {"move_seconds": 120})
    assert code_of(answer(meta, platform, person)) == outside
    assert code_of(answer(meta, platform, person, messaging_type="UPDATE")) == outside
    assert answer(meta, platform, person, **tagged)[0] == 200
    meta.control("POST", "/clock", {"move_seconds": 6 * DAY - 120})
    assert answer(meta, platform, person, **tagged)[0] == 200
    meta.control("POST", "/clock", {"move_seconds": 120})
    assert code_of(answer(meta, platform, person, **tagged)) == outside
    meta.make("message", platform, author="Ada Vale", text="Still there?")
    assert answer(meta, platform, person)[0] == 200
    lines = [(line["action"], line["outcome"]) for line in meta.ledger()]
    assert (lines.count(("message", "applied")), lines.count(("message", "refused"))) == (4, 3)


def test_the_ledger_marks_a_tag_that_was_not_needed(meta: Meta) -> None:
    person = person_of(meta)
    assert answer(meta, "facebook", person, messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT")[0] == 200
    assert meta.ledger()[-1]["policy_breach"] == "HUMAN_AGENT inside of 24 hours"
    meta.control("POST", "/application", {"human_agent": False})
    meta.control("POST", "/clock", {"move_seconds": 2 * DAY})
    told = answer(meta, "facebook", person, messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT")
    assert code_of(told) == (10, 2018065)


def test_what_a_message_may_not_be(meta: Meta) -> None:
    person, fan = person_of(meta), person_of(meta, "instagram", "Bo Fan")
    for tag in ("ACCOUNT_UPDATE", "CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE", "NONSENSE"):
        assert code_of(answer(meta, "facebook", person, messaging_type="MESSAGE_TAG", tag=tag)) == (100, None)
    assert answer(meta, "facebook", person, "ż" * 2000)[0] == 200
    assert code_of(answer(meta, "facebook", person, "ż" * 2001)) == (100, None)
    assert answer(meta, "instagram", fan, "ż" * 500)[0] == 200
    assert code_of(answer(meta, "instagram", fan, "ż" * 500 + "x")) == (100, 2534015)
    assert code_of(answer(meta, "facebook", "999")) == (100, 2018001)
    assert code_of(answer(meta, "instagram", "999")) == (100, 2534014)
    both = {"text": "x", "attachment": {"type": "image", "payload": {"url": "https://e.test/a.png"}}}
    assert meta.send(PAGE, recipient={"id": person}, message=both)[0] == 400
    assert meta.send(PAGE, recipient={"id": person}, message={"attachment": both["attachment"]})[0] == 200
    assert [(line["action"], line["outcome"]) for line in meta.ledger()].count(("message", "applied")) == 3


def test_a_page_s_token_answers_its_instagram_profile_s_thread_too(meta: Meta) -> None:
    fan = person_of(meta, "instagram", "Bo Fan")
    status, body = meta.send(PAGE, recipient={"id": fan}, message={"text": "From the Page"})
    assert (status, body["recipient_id"]) == (200, fan)
    (thread,) = meta.get(f"{PAGE}/conversations", platform="instagram", fields="id,messages{message,from}")["data"]
    assert [one["message"] for one in thread["messages"]["data"]] == ["From the Page", "Hello"]
    assert meta.get(f"{PAGE}/conversations", fields="id").get("data") == []


def test_conversations_come_newest_first_with_people_and_contents(meta: Meta) -> None:
    person_of(meta, author="First Writer")
    meta.clock.move(10)
    picture = meta.make("message", author="Ada Vale", text="Look", attachments=["photo", "sticker"])
    meta.clock.move(10)
    found = meta.get(f"{PAGE}/conversations", fields="updated_time,unread_count,participants,message_count,snippet")
    assert [one["participants"]["data"][0]["name"] for one in found["data"]] == ["Ada Vale", "First Writer"]
    thread = found["data"][0]
    assert (thread["unread_count"], thread["message_count"], thread["snippet"]) == (1, 1, "Look")
    assert thread["participants"]["data"][1] == {"name": "Pennywell", "email": f"{PAGE}@facebook.com", "id": PAGE}
    fields = "id,message,from,to,created_time,attachments,sticker"
    (message,) = meta.get(f"{thread['id']}/messages", fields=fields)["data"]
    assert message["id"] == picture
    assert len(message["attachments"]["data"]) == 2
    url = message["attachments"]["data"][0]["image_data"]["url"]
    status, data, headers = meta.call("GET", url.removeprefix(meta.base))
    assert (status, headers["content-type"], data[:4]) == (200, "image/png", b"\x89PNG")
    meta.control("POST", "/clock", {"move_seconds": 8 * DAY})
    assert meta.call("GET", url.removeprefix(meta.base))[0] == 404
    assert meta.call("GET", url.removeprefix(meta.base).replace("oe=", "oe=f"))[0] == 404


def test_only_twenty_instagram_messages_can_be_read_and_the_rest_look_deleted(meta: Meta) -> None:
    mids = []
    for number in range(22):
        meta.clock.move(1)
        mids.append(meta.make("message", "instagram", author="Bo Fan", text=f"{number}"))
    (thread,) = meta.get(f"{PROFILE}/conversations", "instagram", platform="instagram", fields="id")["data"]
    listed = meta.get(f"{thread['id']}/messages", "instagram", fields="id,created_time", limit=50)["data"]
    assert [one["id"] for one in listed] == mids[::-1]
    assert meta.get(mids[2], "instagram", fields="id,message")["message"] == "2"
    assert meta.refusal("GET", mids[1], "instagram", fields="id,message") == (9000001, None)
    unsent = meta.make("message", "instagram", author="Bo Fan", text="gone")
    meta.control("DELETE", f"/items/{unsent}")
    assert meta.refusal("GET", unsent, "instagram", fields="id,message") == (9000001, None)


def test_a_private_reply_is_sent_once_within_a_week_and_opens_no_window(meta: Meta) -> None:
    comment = meta.make("comment", author="Ada Vale", text="My card is lost")
    author = meta.get(comment, fields="from,can_reply_privately")
    assert author["can_reply_privately"] is True
    whole, bare = comment, comment.rsplit("_", 1)[-1]
    status, body = meta.send(PAGE, recipient={"comment_id": bare}, message={"text": "We write to you"})
    assert status == 200
    assert body["recipient_id"] != author["from"]["id"]
    again = meta.send(PAGE, recipient={"comment_id": whole}, message={"text": "Twice"})
    assert code_of(again) == (10900, None)
    assert code_of(answer(meta, "facebook", body["recipient_id"])) == (10, 2018278)
    read = meta.get(comment, fields="can_reply_privately,private_reply_conversation")
    assert (read["can_reply_privately"], read["private_reply_conversation"]["id"][:2]) == (False, "t_")
    meta.make("message", author="Ada Vale", text="Thanks")
    assert answer(meta, "facebook", body["recipient_id"])[0] == 200
    late = meta.make("comment", author="Tom Reed", text="Old")
    meta.control("POST", "/clock", {"move_seconds": 7 * DAY + 1})
    assert code_of(meta.send(PAGE, recipient={"comment_id": late}, message={"text": "Late"})) == (10903, None)
    actions = [line["action"] for line in meta.ledger() if line["outcome"] == "applied"]
    assert actions.count("private_reply") == 1


def test_a_private_reply_on_instagram_is_refused_by_one_code(meta: Meta) -> None:
    post = meta.make("post", "instagram", text="Look")
    comment = meta.make("comment", "instagram", post=post, author="Bo Fan", text="How much?")
    told = {"recipient": {"comment_id": comment}, "message": {"text": "Ten"}}
    assert meta.send(PROFILE, "instagram", **told)[0] == 200
    assert code_of(meta.send(PROFILE, "instagram", **told)) == (100, 2534025)
    nowhere = {"recipient": {"comment_id": "17900000000000000"}, "message": {"text": "x"}}
    assert code_of(meta.send(PROFILE, "instagram", **nowhere)) == (100, 2534025)


def test_blocked_people_cannot_write_until_let_in(meta: Meta) -> None:
    person = person_of(meta)
    assert meta.graph("POST", f"{PAGE}/blocked", psid=person) == (200, {person: True})
    assert meta.get(f"{PAGE}/blocked")["data"] == [{"id": person}]
    writing = {"platform": "facebook", "account": PAGE, "author": "Ada Vale", "text": "Let me in"}
    assert meta.call("POST", "/sandbox/messages", body=writing)[0] == 400
    assert code_of(answer(meta, "facebook", person)) == (551, 1545041)
    free = {"user_ids": f'["{person}"]', "actions": '["UNBLOCK_USER"]'}
    assert meta.graph("POST", f"{PAGE}/moderate_conversations", **free)[0] == 200
    meta.control("POST", "/messages", writing)
    assert answer(meta, "facebook", person)[0] == 200


def test_sender_actions_stand_alone(meta: Meta) -> None:
    person = person_of(meta)
    assert meta.send(PAGE, recipient={"id": person}, sender_action="mark_seen") == (200, {"recipient_id": person})
    (thread,) = meta.get(f"{PAGE}/conversations", fields="unread_count")["data"]
    assert thread["unread_count"] == 0
    both = {"recipient": {"id": person}, "sender_action": "typing_on", "message": {"text": "x"}}
    assert meta.send(PAGE, **both)[0] == 400


def test_owners_who_shut_their_messages_and_other_apps_refuse(meta: Meta) -> None:
    fan = person_of(meta, "instagram", "Bo Fan")
    shut = {"platform": "instagram", "external_id": PROFILE, "messages_access": False}
    meta.control("POST", "/accounts", shut)
    assert code_of(answer(meta, "instagram", fan)) == (200, 2534041)
    where = f"{PROFILE}/conversations"
    assert meta.refusal("GET", where, "instagram", platform="instagram") == (200, 2534041)
    meta.control("POST", "/accounts", {**shut, "messages_access": True, "thread_owner_app": "263902037430900"})
    assert code_of(answer(meta, "instagram", fan)) == (100, 2534037)


def test_a_send_works_the_same_in_a_batch(meta: Meta) -> None:
    person = person_of(meta)
    body = f'recipient={{"id":"{person}"}}&message={{"text":"in a batch"}}&access_token=page-token'
    items = [{"method": "POST", "relative_url": f"{PAGE}/messages", "body": body}]
    status, slots = meta.graph("POST", "", batch=json.dumps(items))
    assert (status, slots[0]["code"]) == (200, 200)
    assert json.loads(slots[0]["body"])["recipient_id"] == person
    assert meta.ledger()[-1]["text"] == "in a batch"
