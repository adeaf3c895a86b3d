"""What becomes of an answer after it was published: seen, told to whoever has to act, kept, and on the receipt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agency.inbox import intake
from agency.replies import changing, live_sweep
from agency.replies.live_sweep import AFTER, next_reading
from channels import accounts
from channels.errors import ChannelError, ItemGone, PlatformDown
from channels.items import Author, IncomingItem, OwnReply
from channels.items import Page as ItemPage
from channels.protocol import Answer, Request
from channels.scripted_transport import ScriptedTransport, json_answer
from jobs.answers_again import read_answers_again
from jobs.publishing import compare_answers
from tenants import clock
from tests.factories import Factory
from tests.replies.conftest import Case, Page

WORDS = "Thank you, we are looking into it."


def one(case: Case, sql: str, **values: Any) -> Any:
    with case.superuser.begin() as connection:
        found = connection.execute(text(sql), values)
        return found.scalar_one() if found.returns_rows else None


def changes(case: Case) -> list[tuple[str | None, str, str]]:
    with case.superuser.connect() as connection:
        rows = connection.execute(text("select from_state, to_state, seen_by from live_change order by id"))
        return [tuple(row) for row in rows]


def told(case: Case) -> int:
    return int(one(case, "select count(*) from notice where kind = 'answer_stands_differently'"))


def case_row(case: Case) -> tuple[str, str | None]:
    with case.superuser.connect() as connection:
        found = connection.execute(
            text("select status, closed_reason from conversation where id = :id"), {"id": case.conversation_id}
        )
        return tuple(found.one())


@pytest.fixture
def published(case: Case, page: Page) -> UUID:
    """An approved answer that stands on the page and was read back."""
    reply_id = case.approved(WORDS)
    assert case.publish(reply_id, page.transport) == "published"
    case.look(reply_id, page.transport)
    return reply_id


def sweep(case: Case, answer: Callable[[Request], Answer | ChannelError], platform: str = "facebook") -> list[Request]:
    """An hour later; returns what was asked."""
    one(case, "update reply set live_due_at = now() - interval '1 second' where live_due_at is not null")
    transport = ScriptedTransport(answer)
    read_answers_again(case.agency.app, str(case.agency.id), platform, transport)
    return transport.requests


def shows(page: Page, **said: Any) -> Callable[[Request], Answer | ChannelError]:
    """The page, with its one comment as given; `gone` denies it."""

    def answer(request: Request) -> Answer | ChannelError:
        if request.purpose.get("ask") == "sibling":
            return json_answer({"id": page.page_id})
        if said.get("gone"):
            return ItemGone()
        return json_answer({"id": page.posted[0]["id"], "message": WORDS, "is_hidden": False, **said})

    return answer


def test_what_stands_as_it_was_is_read_again_ever_more_rarely_and_told_to_nobody(
    case: Case, page: Page, published: UUID
) -> None:
    before = case.row(published)
    asked = sweep(case, shows(page))
    assert [request.purpose["ask"] for request in asked] == ["sibling", "own"]
    row = case.row(published)
    assert row.live_state == "visible"
    assert row.read_back_at > before.read_back_at
    assert (changes(case), told(case)) == ([], 0)
    assert one(case, "select live_due_at - published_at from reply") == AFTER[0], "an hour after it went out"
    assert sweep_is_due(case) is False
    looks = case.receipt(published).as_data()["looks"]
    assert [look["outcome"] for look in looks] == ["found", "found"]


def sweep_is_due(case: Case) -> bool:
    return bool(one(case, "select count(*) > 0 from reply where live_due_at <= now()"))


def test_the_readings_end_after_a_month() -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    days = [next_reading(at, at + timedelta(days=passed, hours=2)) for passed in (0, 1, 3, 7, 30)]
    assert days == [
        at + timedelta(days=1),
        at + timedelta(days=3),
        at + timedelta(days=7),
        at + timedelta(days=30),
        None,
    ]


def test_other_words_in_its_place_are_kept_shown_and_told_to_writer_and_approver(
    case: Case, page: Page, published: UUID
) -> None:
    sweep(case, shows(page, message="Buy elsewhere."))
    row = case.row(published)
    assert row.live_state == "edited"
    assert "Other words stand there" in (row.state_reason or "")
    assert changes(case) == [("visible", "edited", "sweep")]
    assert told(case) == 2, "who wrote it and who approved it"
    assert one(case, "select text from message where direction = 'out'") == "Buy elsewhere."
    assert one(case, "select earlier_texts->0->>'text' from message where direction = 'out'") == WORDS
    assert one(case, "select text_hash = encode(sha256('Buy elsewhere.'), 'hex') from live_change")
    assert case_row(case) == ("closed", "answered"), "the customer has an answer"

    sweep(case, shows(page, message="Buy elsewhere."))
    assert told(case) == 2, "the same words are told once"
    sweep(case, shows(page, message="Buy nowhere."))
    assert (changes(case)[-1], told(case)) == (("edited", "edited", "sweep"), 4)
    sweep(case, shows(page))
    assert changes(case)[-1] == ("edited", "visible", "sweep")
    assert (told(case), case.row(published).state_reason) == (4, None)


def test_an_answer_that_is_gone_comes_back_to_the_queue_once_two_readings_say_so(
    case: Case, page: Page, published: UUID
) -> None:
    assert case_row(case) == ("closed", "answered")
    for how in ({"gone": True}, {}, {"gone": True}):
        sweep(case, shows(page, **how))
        assert changes(case) == [], "a denial that was not repeated is forgotten"
    assert (case.row(published).live_state, told(case)) == ("visible", 0), "one reading proves little"
    assert one(case, "select live_due_at < now() + interval '11 minutes' from reply")
    sweep(case, shows(page, gone=True))
    row = case.row(published)
    assert (row.live_state, changes(case), told(case)) == ("removed", [("visible", "removed", "sweep")], 2)
    assert "not taken back here" in (row.state_reason or "")
    assert case_row(case) == ("open", None)
    assert one(case, "select count(*) from brand_audit where action = 'reply.changed_on_platform'") == 1
    sweep(case, shows(page, gone=True))
    assert (len(changes(case)), told(case)) == (1, 2)

    sweep(case, shows(page))
    assert changes(case)[-1] == ("removed", "visible", "sweep")
    assert case_row(case) == ("closed", "answered")
    assert one(case, "select text from message where direction = 'out'") == WORDS


def test_who_could_not_look_has_seen_nothing(case: Case, page: Page, published: UUID) -> None:
    for _ in range(3):
        sweep(case, lambda _request: ItemGone())
    assert one(case, "select detail from publish_attempt order by created_at desc, id desc limit 1") == "thread_unread"
    sweep(case, lambda _request: PlatformDown("x"))
    assert (case.row(published).live_state, changes(case), sweep_is_due(case)) == ("visible", [], False)
    one(case, "update account set health = 'needs_reconnect'")
    assert sweep(case, shows(page)) == []
    assert one(case, "select live_due_at between now() + interval '5 hours' and now() + interval '7 hours' from reply")


def test_few_messages_of_an_account_are_read_at_once_and_the_others_hold_up_nobody(
    case: Case, page: Page, published: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_sweep, "MESSAGES_OF_ACCOUNT", 1)
    second = case.approved("And again.")
    case.publish(second, page.transport)
    one(case, "update reply set private = true")
    asked = sweep(case, shows(page))
    assert len([each for each in asked if each.purpose.get("ask") == "own"]) == 1
    waits = "select round(extract(epoch from live_due_at - now()) / 60) from reply where id = :id"
    assert one(case, waits, id=second) == 2


def test_hidden_by_the_platform_is_told_to_who_is_still_there_and_is_an_answer(
    case: Case, page: Page, published: UUID
) -> None:
    one(case, "delete from membership where person_id = (select written_by from reply)")
    sweep(case, shows(page, message="  Thank you,\nwe are   looking into it. "))
    assert changes(case) == [], "what platforms change on the way is no change"
    sweep(case, shows(page, is_hidden=True))
    assert (changes(case), told(case)) == ([("visible", "hidden", "sweep")], 1)
    assert one(case, "select hidden from message where direction = 'out'")
    assert case_row(case) == ("closed", "answered")


def test_what_went_with_the_words_it_answered_is_told_to_nobody(case: Case, page: Page, published: UUID) -> None:
    one(case, "update message set deleted_at = now(), text = '' where direction = 'in'")
    for _ in range(2):
        sweep(case, shows(page, gone=True))
    assert (changes(case), told(case)) == ([("visible", "gone_along", "sweep")], 0)


def test_what_we_change_ourselves_is_ours_and_the_change_is_read_from_then_on(
    case: Case, page: Page, published: UUID
) -> None:
    with case.agency.entered(case.agency.staff):
        change = changing.start_change(case.agency.staff, published, "Better words.").id
    case.do("submit", change)
    case.do("approve", change, case.row(change).text_hash, actor="client_owner")

    def taken(request: Request) -> Answer | ChannelError:
        if request.method == "POST":
            return json_answer({"success": True})
        return json_answer({**page.posted[0], "message": "Better words.", "is_hidden": False})

    assert case.publish(change, ScriptedTransport(taken)) == "published"
    asked = sweep(case, taken)
    assert len(asked) == 2, "the earlier words are looked for no more"
    assert changes(case) == [("visible", "replaced", "us")]
    assert (case.row(published).live_state, case.row(change).live_state, told(case)) == ("replaced", "visible", 0)

    sweep(case, shows(page))
    assert changes(case)[-1] == ("visible", "not_seen", "sweep"), "the earlier words are back"
    assert case_row(case) == ("closed", "answered"), "and are an answer"


# ── what polls and events bring ────────────────────────────────────────────────────────────────────────────────────


def item(case: Case, page: Page, words: str = WORDS, **facts: Any) -> IncomingItem:
    parent = one(case, "select external_id from message where direction = 'in'")
    return IncomingItem(
        external_id=one(case, "select external_id from message where direction = 'out'"),
        thread_external_id=parent,
        parent_external_id=parent,
        kind="comment",
        author=Author(page.page_id, "Page"),
        text=words,
        created_at=datetime(2026, 11, 22, 9, tzinfo=UTC),
        updated_at=None,
        stars=None,
        permalink=None,
        from_us=True,
        **facts,
    )


def brought(case: Case, *items: IncomingItem, by_event: bool = False) -> int:
    """Store what a poll or an event brought, and keep its promises; returns how many there were."""
    with case.agency.entered():
        account = accounts.get(one(case, "select account_id from conversation where id = :id", id=case.conversation_id))
        page = ItemPage(() if by_event else items, (), "", complete=True)
        intake.store_page(account, page, now=clock.now(), known_stay=by_event, read_now=items if by_event else ())
    with case.superuser.begin() as connection:
        rows = (
            connection.execute(
                text(
                    "update outbox_entry set done_at = now() where job_name = 'compare_answers' and done_at is null"
                    " returning ids"
                )
            )
            .scalars()
            .all()
        )
    for ids in rows:
        compare_answers(case.agency.app, **ids)
    return len(rows)


@pytest.mark.parametrize(
    ("by_event", "words", "facts", "state"),
    [
        (False, "Buy elsewhere.", {}, "edited"),
        (True, WORDS, {"hidden": True}, "hidden"),
        (True, "", {"deleted": True}, "removed"),
    ],
)
def test_what_a_poll_or_an_event_brings_of_our_answer_is_noted_and_told(
    case: Case, page: Page, published: UUID, by_event: bool, words: str, facts: dict[str, Any], state: str
) -> None:
    assert brought(case, item(case, page)) == 0, "shown the first time"
    assert brought(case, item(case, page, words, **facts), by_event=by_event) == 1
    assert changes(case) == [("visible", state, "event" if by_event else "poll")]
    assert told(case) == 2
    assert case_row(case)[0] == ("open" if state == "removed" else "closed")
    brought(case, item(case, page, words, **facts), by_event=by_event)
    assert (len(changes(case)), told(case)) == (1, 2)


# ── reviews ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def review(case: Case, make: Factory) -> tuple[UUID, dict[str, Any], Callable[[Request], Answer | ChannelError]]:
    """A published answer to a review, the review on the wire, and the platform."""
    account_id = make.account(case.agency, platform="google_business", credential="1//refresh")
    case.conversation_id = make.conversation(
        case.agency, account_id=account_id, platform="google_business", kind="review", stars=5, text="Great!"
    )
    wire: dict[str, Any] = {"name": "n", "reviewId": "r1", "starRating": "FIVE"}
    wire |= dict.fromkeys(("createTime", "updateTime"), "2020-01-01T00:00:00Z")

    def google(request: Request) -> Answer | ChannelError:
        if request.method == "PUT":
            wire["reviewReply"] = {
                "comment": dict(request.json or {})["comment"],
                "updateTime": "2099-01-01T00:00:00Z",
                "reviewReplyState": "APPROVED",
            }
            return json_answer(wire["reviewReply"])
        if request.path.endswith("/reviews"):
            return json_answer({"reviews": []})
        return ItemGone() if wire.get("gone") else json_answer(wire)

    reply_id = case.approved("Thank you for visiting.")
    assert case.publish(reply_id, ScriptedTransport(google)) == "published"
    case.look(reply_id, ScriptedTransport(google))
    return reply_id, wire, google


def test_what_a_platform_repeats_is_held_against_what_was_sent(case: Case, make: Factory) -> None:
    account_id = make.account(case.agency, platform="google_business", credential="1//refresh")
    case.conversation_id = make.conversation(
        case.agency, account_id=account_id, platform="google_business", kind="review", stars=5, text="Great!"
    )
    wire: dict[str, Any] = {"name": "n", "reviewId": "r1", "starRating": "FIVE"}
    wire |= dict.fromkeys(("createTime", "updateTime"), "2020-01-01T00:00:00Z")

    def google(request: Request) -> Answer:
        taken = {"comment": "Thank you for visit", "reviewReplyState": "APPROVED"}
        return json_answer(taken if request.method == "PUT" else wire)

    assert case.publish(case.approved("Thank you for visiting."), ScriptedTransport(google)) == "outcome_unknown"


Review = tuple[UUID, dict[str, Any], Callable[[Request], Answer | ChannelError]]


def test_a_later_rejection_is_seen_with_the_platforms_reason_and_the_case_comes_back(
    case: Case, review: Review
) -> None:
    reply_id, wire, google = review
    wire["reviewReply"] |= {"reviewReplyState": "REJECTED", "policyViolation": "REPETITIVE"}
    sweep(case, google, "google_business")
    row = case.row(reply_id)
    assert (row.live_state, changes(case), told(case)) == ("rejected", [("visible", "rejected", "sweep")], 2)
    assert "REPETITIVE" in (row.state_reason or "")
    assert one(case, "select reason from live_change") == "REPETITIVE"
    assert case_row(case) == ("open", None)

    wire["reviewReply"] |= {"reviewReplyState": "APPROVED"}
    sweep(case, google, "google_business")
    assert (changes(case)[-1], case_row(case)) == (("rejected", "visible", "sweep"), ("closed", "answered"))

    wire["gone"] = True
    sweep(case, google, "google_business")
    assert (changes(case)[-1], told(case)) == (("visible", "gone_along", "sweep"), 2), "with its review: told to nobody"


def test_a_review_tells_of_its_answer_taken_away_in_a_poll(case: Case, review: Review) -> None:
    reply_id, _wire, _google = review
    at = datetime(2099, 1, 1, tzinfo=UTC)
    external_id = one(case, "select external_id from message where direction = 'in' and stars = 5")
    answer = OwnReply("Thank you for visiting.", datetime(2026, 11, 22, 9, tzinfo=UTC), "published")
    author = Author(None, "Ann")
    facts = (external_id, external_id, None, "review", author, "Great!", at, at, 5, None)
    shown, with_answer = (IncomingItem(*facts, from_us=False, reply=carried) for carried in (None, answer))
    brought(case, with_answer)
    assert changes(case) == []
    assert brought(case, shown) == 1
    assert (case.row(reply_id).live_state, changes(case)) == ("removed", [("visible", "removed", "poll")])
    assert case_row(case)[0] == "open"
