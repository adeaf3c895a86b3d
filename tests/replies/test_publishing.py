"""Publishing against every answer a platform can give, and against death at every step: never twice, never silently
not at all."""

from __future__ import annotations

import base64
import json
import threading
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from agency.replies import publishing
from agency.replies.claiming import FOLLOWS_ANOTHER, KEY_MISSING, KEY_MISSING_SECONDS, claim_many
from agency.replies.settling import settle
from channels.errors import ChannelError, NotSent, OutcomeUnknown, RateLimited, Refused
from channels.items import PublishedReply, comment_key
from channels.protocol import Answer, Request
from channels.scripted_transport import ScriptedTransport, json_answer
from jobs import upkeep
from tenants.errors import Conflict, Invalid
from tenants.sealed import KeyRing
from tests.factories import Factory
from tests.replies.conftest import Case, Page


def test_an_approved_reply_goes_out_once_and_the_receipt_proves_it(case: Case, page: Page) -> None:
    reply_id = case.approved("Żółć & <b>words</b> 🎉")
    assert case.publish(reply_id, page.transport) == "published"
    for _ in range(3):
        assert case.publish(reply_id, page.transport) == "skipped"
    assert [p["message"] for p in page.posted] == ["Żółć & <b>words</b> 🎉"]
    case.look(reply_id, page.transport)
    data = case.receipt(reply_id).as_data()
    assert comment_key(data["platform_id"]) == "9001"
    assert data["approved_by"] == case.agency.client_owner.name
    assert data["live_state"] == "visible"
    assert data["read_back_at"] is not None
    assert [a["outcome"] for a in data["attempts"]] == ["published"]
    assert [a["outcome"] for a in data["looks"]] == ["found"]
    with case.superuser.connect() as connection:
        message = connection.execute(text("select text, reply_id from message where direction = 'out'")).one()
        conversation = connection.execute(text("select status, holder_id, reply_state from conversation")).one()
    assert message == ("Żółć & <b>words</b> 🎉", reply_id)
    assert conversation == ("closed", None, "published")


def test_a_missing_key_keeps_the_reply_and_parks_nobody(
    case: Case, page: Page, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply_id = case.approved()
    other = KeyRing.from_setting("other:" + base64.b64encode(bytes(range(40, 72))).decode())
    ring = app.extensions["onbrand_keys"]
    monkeypatch.setitem(app.extensions, "onbrand_keys", other)
    assert case.publish(reply_id, page.transport) == "skipped"
    row = case.row(reply_id)
    assert (row.state, row.state_reason, case.promises("publish_reply")) == ("approved", KEY_MISSING, 2)
    with case.superuser.connect() as connection:
        account = connection.execute(text("select health, health_reason from account")).one()
        assert tuple(account) == ("failing", "key_missing")
        assert connection.execute(text("select parked_at from poll_turn")).scalar_one() is None
    monkeypatch.setitem(app.extensions, "onbrand_keys", ring)
    case.pass_time(KEY_MISSING_SECONDS + 1)
    assert case.publish(reply_id, page.transport) == "published"


@pytest.mark.parametrize("state", ["draft", "awaiting_approval", "declined"])
def test_nothing_unapproved_is_ever_sent(case: Case, page: Page, state: str) -> None:
    reply_id = case.draft()
    if state != "draft":
        case.do("submit", reply_id)
    if state == "declined":
        case.decide("decline", reply_id, "no")
    assert case.publish(reply_id, page.transport) == "skipped"
    assert page.transport.requests == []


@pytest.mark.parametrize(
    "tamper",
    [
        "update reply_text set text = 'Other words'",
        "update reply_text set text = 'Other words', text_hash = repeat('0', 64)",
        "update approval set target_fingerprint = decode(repeat('00', 32), 'hex')",
        "update approval set voided_at = now()",
        "update reply set target_fingerprint = decode(repeat('00', 32), 'hex')",
        "update message set content_hash = decode(repeat('00', 32), 'hex') || 'x'::bytea",
        "update message set deleted_at = now() where direction = 'in'",
        "update message set external_id = 'another-thread' where direction = 'in'",
    ],
)
def test_what_is_not_exactly_what_was_approved_lapses(case: Case, page: Page, tamper: str) -> None:
    reply_id = case.approved()
    with case.superuser.begin() as connection:
        connection.execute(text(tamper))
    assert case.publish(reply_id, page.transport) == "skipped"
    assert page.posted == []
    row = case.row(reply_id)
    assert row.state == "draft"
    assert row.state_reason


def test_a_clear_refusal_goes_to_a_person(case: Case, page: Page) -> None:
    reply_id = case.approved()
    page.accepts = False
    page.answer = json_answer(
        {"error": {"message": "(#1609005) no", "type": "OAuthException", "code": 1609005, "fbtrace_id": "x"}}, 400
    )
    assert case.publish(reply_id, page.transport) == "refused"
    assert "1609005" in (case.row(reply_id).state_reason or "")
    case.do("withdraw", reply_id)
    assert case.row(reply_id).state == "draft"


@pytest.mark.parametrize("error", [NotSent("connection refused"), RateLimited(120, "account")])
def test_what_surely_did_not_leave_is_tried_again_later(case: Case, page: Page, error: ChannelError) -> None:
    reply_id = case.approved()
    page.accepts, page.answer = False, error
    assert case.publish(reply_id, page.transport) == "approved"
    assert case.publish(reply_id, page.transport) == "skipped", "not before its time"
    page.accepts, page.answer = True, None
    case.pass_time(1000)
    assert case.publish(reply_id, page.transport) == "published"
    assert len(page.posted) == 1


def test_a_revoked_token_parks_the_reply_and_the_account(case: Case, page: Page) -> None:
    reply_id = case.approved()
    page.accepts = False
    page.answer = json_answer({"error": {"message": "x", "code": 190, "error_subcode": 460}}, 401)
    assert case.publish(reply_id, page.transport) == "approved"
    page.accepts, page.answer = True, None
    case.pass_time(1000)
    assert case.publish(reply_id, page.transport) == "skipped"
    with case.superuser.begin() as connection:
        assert connection.execute(text("select health from account")).scalar() == "needs_reconnect"
        connection.execute(text("update account set health = 'ok'"))
    assert case.publish(reply_id, page.transport) == "published"


LOST = [
    OutcomeUnknown("no answer"),
    json_answer({"error": {"message": "An unknown error occurred", "code": 1}}, 500),
    Answer(502, {"content-type": "text/html"}, b"<html>Bad gateway</html>"),
    Answer(200, {}, b'{"id": "9'),
]


@pytest.mark.parametrize("lost", LOST, ids=["time-out", "500", "html", "cut"])
def test_a_lost_answer_is_looked_up_never_repeated(case: Case, page: Page, lost: Any) -> None:
    reply_id = case.approved()
    page.answer = lost
    assert case.publish(reply_id, page.transport) == "outcome_unknown"
    assert case.publish(reply_id, page.transport) == "skipped"
    assert case.promises("reconcile_reply") >= 1
    assert case.look(reply_id, page.transport) == "published"
    assert len(page.posted) == 1
    assert comment_key(case.row(reply_id).platform_id or "") == "9001"


def test_what_surely_never_arrived_is_sent_once_more(case: Case, page: Page) -> None:
    reply_id = case.approved()
    page.accepts, page.answer = False, LOST[0]
    assert case.publish(reply_id, page.transport) == "outcome_unknown"
    page.accepts, page.answer = True, None
    assert case.look(reply_id, page.transport) == "outcome_unknown", "absent, but the lease still runs"
    case.pass_time(700)
    for expected in ("outcome_unknown", "outcome_unknown", "approved"):
        assert case.look(reply_id, page.transport) == expected
    assert case.publish(reply_id, page.transport) == "published"
    assert len(page.posted) == 1


def test_a_reply_shown_late_is_found_not_repeated(case: Case, page: Page) -> None:
    reply_id = case.approved()
    page.answer, page.visible = OutcomeUnknown("no answer"), False
    case.publish(reply_id, page.transport)
    case.pass_time(200)
    assert case.look(reply_id, page.transport) == "outcome_unknown"
    assert case.look(reply_id, page.transport) == "outcome_unknown"
    page.visible = True
    assert case.look(reply_id, page.transport) == "published"
    assert len(page.posted) == 1


def test_after_one_more_try_a_person_decides(case: Case, page: Page) -> None:
    reply_id = case.approved()
    page.accepts, page.answer = False, OutcomeUnknown("no answer")
    case.publish(reply_id, page.transport)
    case.pass_time(700)
    for _ in range(3):
        case.look(reply_id, page.transport)
    case.publish(reply_id, page.transport)
    case.pass_time(700)
    for _ in range(2):
        assert case.look(reply_id, page.transport) == "outcome_unknown"
        assert "say here" not in (case.row(reply_id).state_reason or ""), "what was counted before was of another send"
    for _ in range(3):
        assert case.look(reply_id, page.transport) == "outcome_unknown"
    assert "say here what became of it" in (case.row(reply_id).state_reason or "")
    sends = [r for r in page.transport.requests if r.method == "POST"]
    assert len(sends) == 2
    case.do("resolve", reply_id, "refused", "Looked: it is not there.", actor="team_lead")
    assert case.row(reply_id).state == "refused"


def lost(case: Case, page: Page) -> UUID:
    """A reply that never arrived, of which nobody told us."""
    reply_id = case.approved()
    page.accepts, page.answer = False, OutcomeUnknown("no answer")
    assert case.publish(reply_id, page.transport) == "outcome_unknown"
    return reply_id


def test_looks_that_cannot_tell_count_for_nothing_and_after_a_day_a_person_is_asked(case: Case, page: Page) -> None:
    reply_id = lost(case, page)
    case.pass_time(700)
    blind = ScriptedTransport(lambda _request: json_answer({"error": {"code": 2, "message": "x"}}, status=500))
    for _ in range(5):
        assert case.look(reply_id, blind) == "outcome_unknown"
    assert "say here" not in (case.row(reply_id).state_reason or "")
    assert case.look(reply_id, page.transport) == "outcome_unknown", "the first that could tell"
    case.pass_time(86_400)
    assert case.look(reply_id, blind) == "outcome_unknown"
    assert "say here what became of it" in (case.row(reply_id).state_reason or "")


def test_a_look_at_an_earlier_send_says_nothing_of_the_later_one(case: Case, page: Page) -> None:
    reply_id = lost(case, page)
    case.pass_time(700)

    def sent_meanwhile(request: Request) -> Answer:
        with case.superuser.begin() as connection:
            connection.execute(text("update reply set fence = 2"))
        return json_answer({"data": []} if request.path.endswith("/comments") else {"id": "1", "comment_count": 0})

    assert case.look(reply_id, ScriptedTransport(sent_meanwhile)) == "outcome_unknown"
    with case.superuser.connect() as connection:
        assert connection.execute(text("select absent_reads from reply")).scalar() == 0


def _claim_and_die(case: Case, reply_id: UUID, page: Page, *, after_sending: bool) -> None:
    """A sender that is killed: it never settles."""
    from tenants.scope import in_scope

    with in_scope(case.agency.app, case.agency.scope):
        (claimed,) = claim_many([reply_id], 0.0).claimed
    if after_sending:
        page.posted.append(
            {
                "id": "9001",
                "message": claimed.text,
                "from": {"id": page.page_id},
                "created_time": "2099-01-01T00:00:00+0000",
            }
        )


@pytest.mark.parametrize("after_sending", [True, False])
def test_a_sender_killed_in_the_middle_is_found_by_the_promise_it_left(
    case: Case, page: Page, after_sending: bool
) -> None:
    reply_id = case.approved()
    _claim_and_die(case, reply_id, page, after_sending=after_sending)
    assert case.promises("reconcile_reply") == 1
    assert case.publish(reply_id, page.transport) == "skipped"
    assert case.look(reply_id, page.transport) == "skipped", "the lease still runs"
    case.pass_time(700)
    states = [case.look(reply_id, page.transport) for _ in range(3)]
    if after_sending:
        assert states[0] == "published"
    else:
        assert states == ["outcome_unknown", "outcome_unknown", "approved"]
        assert case.publish(reply_id, page.transport) == "published"
    assert len(page.posted) == 1


def test_a_sender_that_comes_back_late_keeps_what_it_learned(case: Case, page: Page) -> None:
    """Stopped longer than its lease, then woken: the reply was given up as unknown meanwhile."""
    reply_id = case.approved()
    page.visible = False

    class Sleeper(ScriptedTransport):
        def send(self, request: Request) -> Answer:
            answer = page.transport.send(request)
            case.pass_time(200)
            assert case.look(reply_id, page.transport) == "outcome_unknown"
            return answer

    assert case.publish(reply_id, Sleeper(lambda _r: json_answer({}))) == "published"
    assert len(page.posted) == 1


def test_a_sender_of_an_earlier_attempt_settles_nothing_of_the_later_one(case: Case, page: Page) -> None:
    """Its lease was over, the words surely absent, another sender has them now: what it says late is only noted."""
    reply_id = case.approved()
    _claim_and_die(case, reply_id, page, after_sending=False)
    case.pass_time(700)
    for _ in range(3):
        case.look(reply_id, page.transport)
    _claim_and_die(case, reply_id, page, after_sending=False)
    with case.agency.entered():
        assert settle(reply_id, 1, Refused("100", "late")) == "publishing"
    assert case.row(reply_id).state == "publishing"
    with case.agency.entered():
        assert settle(reply_id, 2, PublishedReply("77_88", None, "published")) == "published"
    assert case.row(reply_id).platform_id == "77_88"


def test_what_fails_unforeseen_while_sending_counts_as_unknown(case: Case, page: Page) -> None:
    class Torn(ScriptedTransport):
        def send(self, request: Request) -> Answer:
            page.transport.send(request)
            raise MemoryError

    reply_id = case.approved()
    assert case.publish(reply_id, Torn(lambda _r: json_answer({}))) == "outcome_unknown"
    assert case.look(reply_id, page.transport) == "published"
    assert len(page.posted) == 1


def test_a_second_answer_waits_while_nobody_knows_what_became_of_the_first(case: Case, page: Page) -> None:
    first = case.approved("We are open.")
    page.answer = OutcomeUnknown("no answer")
    assert case.publish(first, page.transport) == "outcome_unknown"
    page.answer = None

    def hide(state: str) -> None:
        with case.superuser.begin() as connection:
            connection.execute(text("update reply set state = :state where id = :id"), {"state": state, "id": first})

    hide("declined")  # else nobody could approve the second; it may be on its way when the first is lost sight of
    second = case.approved("And the garden, too.")
    hide("outcome_unknown")
    assert case.publish(second, page.transport) == "skipped"
    assert len(page.posted) == 1
    assert case.row(second).state_reason == FOLLOWS_ANOTHER
    assert case.look(first, page.transport) == "published"


def test_a_guide_put_in_force_after_the_yes_stops_the_sending(case: Case, page: Page, make: Factory) -> None:
    reply_id = case.approved("Sorry, no refunds.")
    make.guide(case.agency, [{"kind": "banned", "id": "no", "level": "stop", "phrases": ["no refunds"], "reason": "x"}])
    assert case.publish(reply_id, page.transport) == "skipped"
    assert (case.row(reply_id).state, page.posted) == ("draft", [])
    assert "style guide stops" in (case.row(reply_id).state_reason or "")


@pytest.mark.parametrize("lost", [True, False])
def test_every_sending_promises_a_look(case: Case, page: Page, lost: bool) -> None:
    """Beside the look promised at the claim, for when the lease is over, one a settle time after the sending."""
    reply_id = case.approved()
    page.answer = OutcomeUnknown("no answer") if lost else None
    case.publish(reply_id, page.transport)
    assert (case.promises("reconcile_reply"), case.promises("read_back_reply")) == ((2, 0) if lost else (0, 1))


def test_a_sender_with_too_little_lease_left_sends_nothing(
    case: Case, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply_id = case.approved()
    moments = iter([0.0, 1000.0])
    monkeypatch.setattr(publishing.time, "monotonic", lambda: next(moments))
    assert case.publish(reply_id, page.transport) == "approved"
    assert page.posted == []


def test_ten_senders_at_once_send_once(case: Case, page: Page) -> None:
    reply_id = case.approved()
    gate = threading.Barrier(10)
    states: list[str] = []

    def send() -> None:
        gate.wait()
        states.append(case.publish(reply_id, page.transport))

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states) == ["published"] + ["skipped"] * 9
    assert len(page.posted) == 1


def test_the_same_words_to_the_same_thread_later_are_not_taken_for_the_lost_ones(case: Case, page: Page) -> None:
    """An earlier reply with equal words stands on the platform, rightly; it proves nothing about the second."""
    first = case.approved("Thank you.")
    case.publish(first, page.transport)
    second = case.approved("Thank you.")
    page.accepts, page.answer = False, OutcomeUnknown("no answer")
    case.publish(second, page.transport)
    case.pass_time(700)
    assert case.look(second, page.transport) == "outcome_unknown"
    assert case.row(second).platform_id is None


@pytest.mark.parametrize("shown", ["{id}", "100200300_{id}"])
def test_an_earlier_reply_is_known_however_its_id_is_spelled(case: Case, page: Page, shown: str) -> None:
    """The platform names a comment with its post's id or without: it is the same comment."""
    first = case.approved("Thank you.")
    case.publish(first, page.transport)
    stored = case.row(first).platform_id or ""
    page.posted[0]["id"] = shown.format(id=comment_key(stored))
    second = case.approved("Thank you.")
    page.accepts, page.answer = False, OutcomeUnknown("no answer")
    case.publish(second, page.transport)
    case.pass_time(700)
    assert case.look(second, page.transport) == "outcome_unknown"
    assert case.row(second).platform_id is None


@pytest.mark.parametrize("really_there", [True, False])
def test_an_answer_that_names_an_earlier_reply_proves_nothing(case: Case, page: Page, really_there: bool) -> None:
    first = case.approved("Thank you.")
    case.publish(first, page.transport)
    second = case.approved("Thank you.")
    page.accepts, page.answer = really_there, json_answer({"id": page.posted[0]["id"]})
    assert case.publish(second, page.transport) == "outcome_unknown"
    case.pass_time(700)
    assert case.look(second, page.transport) == ("published" if really_there else "outcome_unknown")
    assert case.row(second).platform_id != case.row(first).platform_id
    assert len(page.posted) == 1 + really_there


def test_an_unknown_outcome_without_access_comes_to_a_person_after_a_day(case: Case, page: Page) -> None:
    reply_id = case.approved()
    page.answer = OutcomeUnknown("no answer")
    case.publish(reply_id, page.transport)
    with case.superuser.begin() as connection:
        connection.execute(text("update account set health = 'needs_reconnect'"))
    assert case.look(reply_id, page.transport) == "skipped"
    assert "say here what became of it" not in (case.row(reply_id).state_reason or "")
    case.pass_time(86_401)
    assert case.look(reply_id, page.transport) == "skipped"
    assert "say here what became of it" in (case.row(reply_id).state_reason or "")
    with case.superuser.begin() as connection:
        account_id = connection.execute(text("update account set health = 'ok' returning id")).scalar_one()
        connection.execute(text("update outbox_entry set done_at = now()"))
    upkeep.wake_account(case.agency.app, str(case.agency.id), str(case.agency.brand_ids[0]), str(account_id))
    assert case.promises("reconcile_reply") == 1, "connected again, it is looked for once more"
    assert case.look(reply_id, page.transport) == "published"
    assert len(page.posted) == 1


def test_a_person_says_it_is_there(case: Case, page: Page) -> None:
    def unknown(words: str) -> UUID:
        reply_id = case.approved(words)
        page.accepts, page.answer = False, OutcomeUnknown("no answer")
        case.publish(reply_id, page.transport)
        return reply_id

    first = case.approved("Thank you.")
    case.publish(first, page.transport)
    taken = case.row(first).platform_id
    reply_id = unknown("Thank you again.")
    with pytest.raises(Invalid) as refused:
        case.do("resolve", reply_id, "published", "I saw it.", taken, actor="team_lead")
    assert refused.value.code == "platform_id_taken"
    assert case.row(reply_id).state == "outcome_unknown"
    case.do("resolve", reply_id, "published", "I saw it.", "55_66", actor="team_lead")
    row = case.row(reply_id)
    assert (row.state, row.platform_id) == ("published", "55_66")
    assert row.published_at is not None
    assert case.look(reply_id, page.transport) == "published", "it may be read back, and is never sent again"
    assert len(page.posted) == 1


def test_a_paused_brand_and_a_disconnected_account_keep_their_replies(case: Case, page: Page) -> None:
    reply_id = case.approved()
    for close, again in (
        ("update brand set paused_at = now()", "update brand set paused_at = null"),
        ("update account set health = 'needs_reconnect'", "update account set health = 'ok'"),
    ):
        with case.superuser.begin() as connection:
            connection.execute(text(close))
        assert case.publish(reply_id, page.transport) == "skipped"
        assert "kept" in (case.row(reply_id).state_reason or "")
        with case.superuser.begin() as connection:
            connection.execute(text(again))
    assert case.publish(reply_id, page.transport) == "published"


def test_a_published_reply_that_does_not_show_is_said_and_not_repeated(case: Case, page: Page) -> None:
    reply_id = case.approved()
    case.publish(reply_id, page.transport)
    page.visible = False
    case.pass_time(700)
    for _ in range(3):
        case.look(reply_id, page.transport)
    row = case.row(reply_id)
    assert (row.state, row.live_state) == ("published", "not_seen")
    with case.superuser.connect() as connection:
        owed = connection.execute(text("select status, due_at is not null from conversation")).one()
    assert owed == ("open", True), "the customer is owed an answer again"
    assert len([r for r in page.transport.requests if r.method == "POST"]) == 1


def test_what_fails_unforeseen_before_sending_surely_did_not_leave(case: Case, make: Factory) -> None:
    """Google is asked first what stands there: nothing has been sent yet, so it is simply tried again."""
    account_id = make.account(case.agency, platform="google_business", credential="1//refresh")
    case.conversation_id = make.conversation(
        case.agency, account_id=account_id, platform="google_business", kind="review", stars=1, text="Zimne jedzenie."
    )
    reply_id = case.approved("We are sorry about your meal.")

    def torn(_request: Request) -> Answer:
        raise MemoryError

    transport = ScriptedTransport(torn)
    assert case.publish(reply_id, transport) == "approved"
    assert {request.method for request in transport.requests if request.service == "google_reviews"} == {"GET"}
    row = case.row(reply_id)
    assert (row.published_at, row.platform_id) == (None, None)
    assert case.promises("publish_reply") == 2, "it is tried again"


def test_the_yes_was_said_to_that_very_text(case: Case, page: Page) -> None:
    """Equal words kept another time are another text: rules may have been let go for one of the two alone."""
    reply_id = case.approved()
    with case.superuser.begin() as connection:
        connection.execute(
            text(
                "with again as (insert into reply_text"
                " (agency_id, id, brand_id, reply_id, number, text, text_hash, author_id, author_name, findings)"
                " select agency_id, gen_random_uuid(), brand_id, reply_id, number + 1, text, text_hash, author_id,"
                " author_name, findings from reply_text returning id)"
                " update reply set text_id = again.id from again"
            )
        )
    assert case.publish(reply_id, page.transport) == "skipped"
    assert (case.row(reply_id).state, page.posted) == ("draft", [])


def test_a_review_answered_elsewhere_meanwhile_is_not_overwritten(case: Case, make: Factory) -> None:
    account_id = make.account(case.agency, platform="google_business", credential="1//refresh")
    case.conversation_id = make.conversation(
        case.agency, account_id=account_id, platform="google_business", kind="review", stars=1, text="Zimne jedzenie."
    )
    reply_id = case.approved("We are sorry about your meal.")
    with case.superuser.connect() as connection:
        known_as = connection.execute(
            text("select external_id from conversation where id = :id"), {"id": case.conversation_id}
        ).scalar_one()
    review = {
        "name": f"accounts/1/locations/2/reviews/{known_as}",
        "reviewId": known_as,
        "starRating": "ONE",
        "comment": "Zimne jedzenie.",
        "createTime": "2020-01-01T00:00:00.000Z",
        "updateTime": "2020-01-01T00:00:00.000Z",
        "reviewReply": {"comment": "The owner's own words", "updateTime": "2020-01-02T00:00:00Z"},
    }
    transport = ScriptedTransport(lambda request: json_answer(review))
    assert case.publish(reply_id, transport) == "draft"
    assert [r.method for r in transport.requests if r.service == "google_reviews"] == ["GET"]
    with pytest.raises(Conflict) as refused:
        case.do("submit", reply_id)
    assert refused.value.code == "answered_elsewhere", "seen by the sender, known to the desk"
    with case.superuser.begin() as connection:
        connection.execute(text("update message set deleted_at = now() where direction = 'out'"))
    del review["reviewReply"]
    case.do("submit", reply_id)
    case.do("approve", reply_id, case.row(reply_id).text_hash, actor="client_owner")

    def write(request: Request) -> Answer:
        if request.method == "PUT":
            assert request.json is not None
            review["reviewReply"] = {"comment": request.json["comment"], "updateTime": "2099-01-01T00:00:00Z"}
            return json_answer(review["reviewReply"])
        return json_answer(review)

    assert case.publish(reply_id, ScriptedTransport(write)) == "published"
    assert json.dumps(review["reviewReply"]).count("sorry") == 1


def test_a_person_says_a_reviews_answer_stands_and_it_is_shown(case: Case, make: Factory) -> None:
    account_id = make.account(case.agency, platform="google_business", credential="1//refresh")
    case.conversation_id = make.conversation(
        case.agency, account_id=account_id, platform="google_business", kind="review", stars=5, text="Great!"
    )
    reply_id = case.approved("Thank you for visiting.")
    transport = ScriptedTransport(
        lambda request: (
            json_answer({}, 500)
            if request.method == "PUT"
            else json_answer(
                {
                    "name": "n",
                    "reviewId": "r1",
                    "starRating": "FIVE",
                    "createTime": "2020-01-01T00:00:00Z",
                    "updateTime": "2020-01-01T00:00:00Z",
                }
            )
        )
    )
    assert case.publish(reply_id, transport) == "outcome_unknown"
    case.do("resolve", reply_id, "published", "It is on the map.", actor="team_lead")
    with case.superuser.connect() as connection:
        shown = connection.execute(text("select text, reply_id from message where direction = 'out'")).one()
        status = connection.execute(text("select status from conversation where kind = 'review'")).scalar_one()
    assert (shown, status) == (("Thank you for visiting.", reply_id), "closed")


def test_a_review_whose_answer_waits_for_moderation_is_watched(case: Case, make: Factory) -> None:
    account_id = make.account(case.agency, platform="google_business", credential="1//refresh")
    case.conversation_id = make.conversation(
        case.agency, account_id=account_id, platform="google_business", kind="review", stars=5, text="Great!"
    )
    reply_id = case.approved("Thank you for visiting.")
    review: dict[str, Any] = {
        "name": "n",
        "reviewId": "r1",
        "starRating": "FIVE",
        "createTime": "2020-01-01T00:00:00Z",
        "updateTime": "2020-01-01T00:00:00Z",
    }

    def platform(request: Request) -> Answer:
        if request.method == "PUT":
            assert request.json is not None
            review["reviewReply"] = {
                "comment": request.json["comment"],
                "updateTime": "2099-01-01T00:00:00Z",
                "reviewReplyState": "PENDING",
            }
            return json_answer(review["reviewReply"])
        return json_answer(review)

    transport = ScriptedTransport(platform)
    assert case.publish(reply_id, transport) == "published"
    case.look(reply_id, transport)
    assert case.row(reply_id).live_state == "pending"
    review["reviewReply"] |= {"reviewReplyState": "REJECTED", "policyViolation": "REPETITIVE"}
    case.look(reply_id, transport)
    row = case.row(reply_id)
    assert row.live_state == "rejected"
    assert "REPETITIVE" in (row.state_reason or "")
    with case.superuser.connect() as connection:
        owed = "select status, due_at is not null from conversation where kind = 'review'"
        assert connection.execute(text(owed)).one() == ("open", True), "the customer is owed an answer again"
