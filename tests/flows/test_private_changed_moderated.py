"""Beyond the public answer: private replies, changes and withdrawals of what we published, deeds of moderation.

Each is asked for as people ask, goes through the real promises to the sandbox platforms, and is judged by their ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agency.inbox import moderation
from agency.replies import changing, desk, queries
from jobs import upkeep
from tenants.errors import AppError, Conflict, Forbidden, Invalid
from tests.flows.conftest import LOCATION, PAGE, PROFILE, House
from tests.flows.test_messages_go_out import DAY, HOUR, MINUTE, WORDS, Town, town_of


@pytest.fixture
def town(house: House) -> Iterator[Town]:
    with town_of(house) as made:
        yield made


def commented(town: Town, *, ago: timedelta = HOUR, platform: str = "facebook") -> UUID:
    """A comment that old, read."""
    account = PAGE if platform == "facebook" else PROFILE
    where = {"platform": platform, "account": account}
    town.at(town.start - ago)
    post = town.house.sandbox.tell("posts", {**where, "text": "New oven."})["external_id"]
    town.house.sandbox.tell("comments", {**where, "post": post, "author": "Ada Vale", "text": "My order is late."})
    town.at(town.start)
    town.house.poll()
    return UUID(str(town.house.scalar("select id from conversation where kind = 'comment'")))


def published(town: Town, conversation_id: UUID, words: str = "We are looking into it.", **how: Any) -> UUID:
    reply_id = town.approved(conversation_id, words, **how)
    town.house.keep_promises()
    assert town.row(reply_id).state == "published", town.row(reply_id).state_reason
    return reply_id


def writes(town: Town) -> list[str]:
    """What the platforms took, by kind, in order."""
    applied = [e["action"] for e in town.house.sandbox.ledger() if e["outcome"] == "applied"]
    return [action for action in applied if action != "subscribed_apps"]


# ── private replies ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_private_reply_goes_out_once_and_begins_the_direct_messages(town: Town) -> None:
    conversation_id = commented(town)
    reply_id = published(town, conversation_id, WORDS, private=True)
    assert [(e["action"], e["text"]) for e in town.sent()] == [("private_reply", WORDS)]
    house = town.house
    thread = (
        "select string_agg(direction || ':' || text, '|' order by written_at, id) from message where conversation_id"
    )
    assert house.scalar(f"{thread} = '{conversation_id}'") == f"in:My order is late.|out:{WORDS}"
    assert house.scalar(f"select closed_reason from conversation where id = '{conversation_id}'") == "answered"
    direct = house.scalar("select id from conversation where kind = 'message'")
    assert house.scalar(f"{thread} = '{direct}'") == f"out:{WORDS}"
    # Who wrote the comment is whom the platform sent it to: its own word, once, whatever is told again.
    link = "select string_agg(l.kind || ':' || coalesce(l.made_by_name, 'the platform'), ',') from contact_link l"
    assert house.scalar(link) == "private_reply:the platform"
    one = "select count(distinct coalesce(c.group_id, c.id)) from contact c join conversation t on t.contact_id = c.id"
    assert house.scalar(f"{one} where t.id in ('{conversation_id}', '{direct}')") == 1
    assert house.scalar("select count(distinct contact_id) from conversation") == 2
    # A second one is refused before anything is sent.
    with pytest.raises(Conflict) as refused:
        town.approved(conversation_id, "Once more.", private=True)
    assert refused.value.code == "private_once"
    published(town, conversation_id, "We wrote to you.")
    assert len(town.sent()) == 1
    for _ in range(2):
        town.at(town.start + HOUR)
        house.pass_time(700)
        house.keep_promises()
        house.poll()
    assert house.scalar(f"{thread} = '{direct}'") == f"out:{WORDS}"
    assert house.scalar(link) == "private_reply:the platform"
    assert town.row(reply_id).live_state == "visible"


@pytest.mark.parametrize(("ago", "goes"), [(7 * DAY - MINUTE, True), (7 * DAY + MINUTE, False)])
def test_a_private_reply_within_seven_days_of_the_comment(town: Town, ago: timedelta, goes: bool) -> None:
    conversation_id = commented(town, ago=ago)
    if goes:
        published(town, conversation_id, WORDS, private=True)
        return
    with pytest.raises(Conflict, match="in public") as refused:
        town.approved(conversation_id, WORDS, private=True)
    assert (refused.value.code, town.sent()) == ("window_closed", [])


def test_a_lost_answer_to_a_private_reply_is_looked_for_and_not_sent_twice(town: Town) -> None:
    conversation_id = commented(town)
    house = town.house
    house.sandbox.tell(
        "misbehaviour", {"kind": "lose_answer_after_accepting", "probability": 1, "applies_to": "writes"}
    )
    reply_id = town.approved(conversation_id, WORDS, private=True)
    house.keep_promises()
    assert town.row(reply_id).state == "outcome_unknown"
    house.sandbox.behave()
    for _ in range(4):
        house.pass_time(700)
        house.keep_promises()
    assert town.row(reply_id).state == "published"
    assert len(town.sent()) == 1


def test_a_yes_to_public_words_is_none_to_private_ones(town: Town) -> None:
    conversation_id = commented(town)
    reply_id = town.approved(conversation_id, WORDS)
    with town.house.superuser.begin() as connection:
        connection.execute(text("update reply set private = true"))
    town.house.keep_promises()
    assert (town.row(reply_id).state, writes(town)) == ("draft", [])


# ── changes and withdrawals ──────────────────────────────────────────────────────────────────────────────────────


def change(town: Town, reply_id: UUID, words: str) -> UUID:
    agency = town.house.agency
    with agency.entered(agency.staff):
        changed_id = changing.start_change(agency.staff, reply_id, words).id
        desk.submit(agency.staff, changed_id)
    with agency.entered(agency.client_owner):
        desk.approve(agency.client_owner, changed_id, queries.get_reply(changed_id).text_hash)
    return changed_id


@pytest.mark.parametrize("lost", [False, True])
def test_our_answer_is_changed_and_taken_back_once_and_read_back(town: Town, lost: bool) -> None:
    conversation_id = commented(town)
    reply_id = published(town, conversation_id)
    house = town.house
    if lost:
        house.sandbox.tell(
            "misbehaviour", {"kind": "lose_answer_after_accepting", "probability": 1, "applies_to": "writes"}
        )
    changed_id = change(town, reply_id, WORDS)
    house.keep_promises()
    if lost:
        assert town.row(changed_id).state == "outcome_unknown"
        house.sandbox.behave()
    for _ in range(4):
        house.pass_time(700)
        house.keep_promises()
    row = town.row(changed_id)
    assert (row.state, row.live_state, row.read_back_at is not None) == ("published", "visible", True)
    assert house.scalar("select text from message where direction = 'out'") == WORDS
    assert house.scalar("select earlier_texts->0->>'text' from message where direction = 'out'") == (
        "We are looking into it."
    )
    items = house.sandbox.http.get(f"{house.sandbox.url}/sandbox/items").json()["items"]
    (told,) = [i for i in items if i["by_account"] and i["kind"] == "comment"]
    assert told["text"] == WORDS
    # The first is history now: what stands can be taken back, the other cannot.
    agency = house.agency
    with agency.entered(agency.staff):
        with pytest.raises(Conflict) as stale:
            changing.take_back(agency.staff, reply_id, "Wrong voucher.")
        assert stale.value.code == "answer_changed"
    with agency.entered(agency.staff), pytest.raises(Invalid):
        changing.take_back(agency.staff, changed_id, " ")
    with agency.entered(agency.staff):
        taken_id = changing.take_back(agency.staff, changed_id, "Wrong voucher.").id
    for _ in range(4):
        house.keep_promises()
        house.pass_time(700)
    taken = town.row(taken_id)
    assert (taken.state, taken.live_state, taken.deed_reason) == ("published", "withdrawn", "Wrong voucher.")
    assert taken.read_back_at is not None
    assert house.scalar("select deleted_at is not null from message where direction = 'out'") is True
    assert house.scalar("select status from conversation") == "open", "the customer is owed an answer again"
    with agency.entered():
        receipt = queries.receipt(reply_id).as_data()
        assert receipt["changed_by_reply_ids"] == [changed_id]
    assert writes(town) == ["reply", "edit", "delete"]


def test_a_change_that_changes_nothing_is_refused(town: Town) -> None:
    reply_id = published(town, commented(town))
    agency = town.house.agency
    with agency.entered(agency.staff):
        same = changing.start_change(agency.staff, reply_id, "We are looking into it.")
        with pytest.raises(Invalid) as refused:
            desk.submit(agency.staff, same.id)
    assert refused.value.code == "same_words"


def test_a_review_is_answered_changed_taken_back_and_answered_anew(town: Town) -> None:
    house = town.house
    review = {"platform": "google_business", "account": LOCATION, "author": "Ewa L.", "stars": 2, "text": "Zimno."}
    house.sandbox.tell("reviews", review)
    house.poll()
    conversation_id = UUID(str(house.scalar("select id from conversation")))
    reply_id = published(town, conversation_id, "Przepraszamy.")
    changed_id = change(town, reply_id, WORDS)
    house.keep_promises()
    assert town.row(changed_id).state == "published"
    agency = house.agency
    with agency.entered(agency.staff):
        taken_id = changing.take_back(agency.staff, changed_id, "Rewritten.").id
    house.keep_promises()
    assert town.row(taken_id).live_state == "withdrawn"
    published(town, conversation_id, "Zapraszamy ponownie.")
    live = "select string_agg(text, '|' order by written_at, id) from message where deleted_at is null"
    assert house.scalar(f"{live} and direction = 'out'") == "Zapraszamy ponownie."


def test_a_sent_message_can_be_neither_changed_nor_taken_back(town: Town) -> None:
    conversation_id = town.customer_writes("Hello?", ago=HOUR)
    reply_id = published(town, conversation_id, WORDS)
    agency = town.house.agency
    with agency.entered(agency.staff):
        for attempt in (
            lambda: changing.start_change(agency.staff, reply_id, "Other words."),
            lambda: changing.take_back(agency.staff, reply_id, "A mistake."),
        ):
            with pytest.raises(AppError):
                attempt()


# ── deeds of moderation ──────────────────────────────────────────────────────────────────────────────────────────


def ask(town: Town, conversation_id: UUID, deed: str, who: str = "team_lead") -> UUID:
    agency = town.house.agency
    actor = agency.actors[who]
    message_id = UUID(str(town.house.scalar(f"select id from message where conversation_id = '{conversation_id}'")))
    with agency.entered(actor):
        return moderation.ask(actor, conversation_id, message_id, deed).id


def state(town: Town, deed_id: UUID) -> str:
    return str(town.house.scalar(f"select state from moderation_deed where id = '{deed_id}'"))


def test_hide_show_like_unlike_block_and_delete_reach_the_platform(town: Town) -> None:
    conversation_id, house = commented(town), town.house
    shown = "select concat_ws(' ', hidden, liked, deleted_at is not null) from message"
    for deed, looks in (
        ("hide", "t f f"),
        ("unhide", "f f f"),
        ("like", "f t f"),
        ("unlike", "f f f"),
        ("block", "f f f"),
        ("delete", "f f t"),
    ):
        deed_id = ask(town, conversation_id, deed)
        assert ask(town, conversation_id, deed) == deed_id, "asked twice while it waits is one"
        house.keep_promises()
        assert (deed, state(town, deed_id), house.scalar(shown)) == (deed, "done", looks)
    assert house.scalar("select text from message") == ""
    assert house.scalar("select closed_reason from conversation") == "nothing_to_answer"


def test_who_may_do_what_and_where(town: Town) -> None:
    conversation_id = commented(town, platform="instagram")
    with pytest.raises(Conflict) as refused:
        ask(town, conversation_id, "like")
    assert refused.value.code == "not_offered"
    with pytest.raises(Forbidden):
        ask(town, conversation_id, "delete", who="staff")
    with pytest.raises(Forbidden):
        ask(town, conversation_id, "hide", who="client_owner")
    deed_id = ask(town, conversation_id, "hide", who="staff")
    town.house.keep_promises()
    assert state(town, deed_id) == "done"
    with pytest.raises(Conflict) as again:
        ask(town, conversation_id, "hide")
    assert again.value.code == "already_so"


def test_a_deed_waits_for_a_new_connection_and_a_lost_answer_is_asked_again(town: Town) -> None:
    conversation_id, house = commented(town), town.house
    house.sandbox.tell(
        "misbehaviour", {"kind": "lose_answer_after_accepting", "probability": 1, "applies_to": "writes"}
    )
    deed_id = ask(town, conversation_id, "hide")
    house.keep_promises()
    assert state(town, deed_id) == "waiting"
    house.sandbox.behave()
    with house.superuser.begin() as connection:
        connection.execute(text("update account set health = 'needs_reconnect'"))
    house.keep_promises()
    assert state(town, deed_id) == "waiting"
    assert "new connection" in str(house.scalar("select reason from moderation_deed"))
    with house.superuser.begin() as connection:
        connection.execute(text("update account set health = 'ok'"))
        connection.execute(text("update moderation_deed set created_at = created_at - interval '10 minutes'"))
    with house.agency.entered():
        assert upkeep.wake_deeds() == 1
    house.keep_promises()
    assert state(town, deed_id) == "done"
    assert house.scalar("select hidden from message") is True
