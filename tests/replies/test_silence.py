"""A reply that nobody answers: held back in quiet times, reminded of, and at last what the signed policy says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from agency.inbox.signs import UNANSWERED
from agency.replies import desk, silence, variants
from agency.replies.policy_clock import WaitClock, clock_from_data
from agency.replies.variants import Given
from agency.replies.words import hash_of
from jobs.silence import ring_waiting
from tenants import clock
from tenants.errors import Conflict
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory
from tests.leaving import mails_leave
from tests.replies.conftest import Case, Page
from tests.replies.test_policy_versions import signed
from tests.replies.test_races import at_once

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
NIGHTS = [{"days": [1, 2, 3, 4, 5, 6, 7], "from_time": "20:00", "until_time": "08:00"}]
SAFE = "Thank you for telling us. We will come back to you."
WORDS = "We refund you tomorrow."


class Waiting:
    """A case, a reply in it that waits, and a clock that is moved on."""

    def __init__(self, case: Case, superuser: Engine, move_to: Any) -> None:
        self.case, self.superuser, self.move_to = case, superuser, move_to
        self.reply_id: UUID = UUID(int=0)

    def begin(self, terms: dict[str, Any], at: datetime = MONDAY, safe: str = "") -> UUID:
        self.move_to(at - timedelta(hours=1))
        signed(self.case.agency, terms)
        self.move_to(at)
        self.reply_id = self.case.draft(WORDS)
        if safe:
            staff = self.case.agency.staff
            with self.case.agency.entered(staff):
                variants.keep_variants(staff, self.reply_id, [Given(safe, True)])
        self.case.do("submit", self.reply_id)
        mails_leave(self.case.agency.app, self.superuser)
        return self.reply_id

    def at(self, moment: datetime, *, ring: bool = True) -> str:
        """What the minute's run does then."""
        self.move_to(moment)
        if not ring:
            return ""
        with self.case.agency.entered():
            done = silence.ring(self.reply_id)
        mails_leave(self.case.agency.app, self.superuser)
        return done

    def mails(self, name: str = "reply_awaits_you") -> int:
        with self.superuser.connect() as connection:
            wanted = text("select count(*) from outgoing_mail where notice = :name")
            return connection.execute(wanted, {"name": name}).scalar_one()

    def deliver(self) -> None:
        with self.superuser.begin() as connection:
            connection.execute(text("update outgoing_mail set sent_at = :now"), {"now": clock.now()})

    def clock(self) -> WaitClock:
        with self.superuser.connect() as connection:
            kept = clock_from_data(connection.execute(text("select waits_clock from reply")).scalar_one())
        assert kept is not None
        return kept

    def due_at(self) -> datetime | None:
        with self.superuser.connect() as connection:
            found: datetime | None = connection.execute(text("select waits_due_at from reply")).scalar_one()
        return found

    def decisions(self) -> list[tuple[Any, ...]]:
        with self.superuser.connect() as connection:
            wanted = "select decision, step, policy_number, decided_by, decided_by_name, text_hash from approval"
            return [tuple(row) for row in connection.execute(text(f"{wanted} order by created_at, id"))]

    def open_links(self) -> int:
        with self.superuser.connect() as connection:
            wanted = text("select count(*) from approval_request where ended_at is null")
            return connection.execute(wanted).scalar_one()


@pytest.fixture
def waiting(case: Case, superuser: Engine) -> Iterator[Waiting]:
    with clock.stopped_at(MONDAY) as move_to:
        yield Waiting(case, superuser, move_to)


@pytest.fixture
def jan(make: Factory, ana: Agency) -> Actor:
    return make.person(ana, Role.CLIENT_OWNER, only_brand_ids=[ana.brand_ids[0]])


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def test_in_quiet_times_the_mail_waits_for_their_end(waiting: Waiting) -> None:
    night = MONDAY.replace(hour=21)
    waiting.begin({"quiet": NIGHTS, "remind_after": [2]}, at=night)
    morning = night + hours(11)
    assert (waiting.mails(), waiting.due_at()) == (0, morning)
    assert waiting.at(morning - timedelta(minutes=1)) == "nothing"
    assert waiting.at(morning) == "asked"
    assert (waiting.mails(), waiting.due_at()) == (1, morning + hours(2))
    assert waiting.at(morning) == "nothing", "twice is once"
    assert waiting.mails() == 1


def test_an_owner_may_decide_before_the_mail_left(waiting: Waiting) -> None:
    reply_id = waiting.begin({"quiet": NIGHTS}, at=MONDAY.replace(hour=21))
    waiting.case.do("approve", reply_id, hash_of(WORDS), actor="client_owner")
    assert waiting.due_at() is None
    assert waiting.at(MONDAY + hours(30)) == "nothing"
    assert waiting.mails() == 0


def test_a_complaint_breaks_them_where_that_is_signed(waiting: Waiting, superuser: Engine) -> None:
    night, urgent = MONDAY.replace(hour=21), {"quiet": NIGHTS, "quiet_broken_by": ["negative"], "remind_after": [2]}
    with superuser.begin() as connection:
        connection.execute(text("update conversation set sentiment = 'negative'"))
    waiting.begin(urgent, at=night)
    assert (waiting.mails(), waiting.due_at()) == (1, night + hours(2))


def test_whoever_has_not_decided_is_reminded_each_time_once(waiting: Waiting) -> None:
    waiting.begin({"remind_after": [6, 12], "silence_after": 24})
    assert waiting.at(MONDAY + hours(6)) == "reminded"
    assert waiting.at(MONDAY + hours(6)) == "nothing"
    assert (waiting.mails(), waiting.open_links()) == (2, 2), "the older link goes on working"
    assert waiting.at(MONDAY + hours(12)) == "reminded"
    assert waiting.at(MONDAY + hours(24)) == "held"
    assert (waiting.mails(), waiting.clock().reminded, waiting.clock().did) == (3, 2, "hold")
    assert waiting.case.row(waiting.reply_id).state == "awaiting_approval"
    assert waiting.at(MONDAY + hours(99)) == "nothing"
    waiting.case.do("approve", waiting.reply_id, hash_of(WORDS), actor="client_owner")
    assert waiting.open_links() == 0


def test_a_decision_ends_the_reminders(waiting: Waiting) -> None:
    waiting.begin({"remind_after": [6]})
    waiting.case.decide("decline", waiting.reply_id, "Not so.")
    assert waiting.at(MONDAY + hours(6)) == "nothing"
    assert waiting.mails() == 1


def test_silence_lets_the_signed_safe_wording_out(waiting: Waiting, page: Page) -> None:
    reply_id = waiting.begin({"silence": "safe_variant", "silence_after": 24}, safe=SAFE)
    waiting.deliver()
    assert waiting.at(MONDAY + hours(24)) == "approved_by_policy"
    assert waiting.decisions() == [("by_policy", 1, 1, None, "system", hash_of(SAFE))]
    assert waiting.case.row(reply_id).state == "approved"
    assert (waiting.due_at(), waiting.open_links()) == (None, 0)
    assert waiting.case.publish(reply_id, page.transport) == "published"
    assert [one["message"] for one in page.posted] == [SAFE]
    assert waiting.case.receipt(reply_id).as_data()["decision"] == "by_policy"
    with pytest.raises(Conflict):
        waiting.case.do("approve", reply_id, hash_of(WORDS), actor="client_owner")


@pytest.mark.parametrize("is_signed_again", [True, False])
def test_what_silence_let_out_and_waits_still_goes_by_what_the_client_signs_meanwhile(
    waiting: Waiting, page: Page, *, is_signed_again: bool
) -> None:
    reply_id = waiting.begin({"silence": "safe_variant", "silence_after": 24}, safe=SAFE)
    waiting.deliver()
    assert waiting.at(MONDAY + hours(24)) == "approved_by_policy"
    signed(waiting.case.agency, {"silence_after": 24, **({"silence": "safe_variant"} if is_signed_again else {})})
    assert waiting.case.publish(reply_id, page.transport) == ("published" if is_signed_again else "skipped")
    row = waiting.case.row(reply_id)
    assert row.state == ("published" if is_signed_again else "draft")
    assert is_signed_again or "needs the client's yes" in str(row.state_reason)


@pytest.mark.parametrize(
    "change", ["no mail left", "mails come back", "no safe one", "unsigned", "signed otherwise since", "stopped now"]
)
def test_nothing_goes_out_by_silence_that_was_not_signed_and_asked(
    waiting: Waiting, make: Factory, superuser: Engine, change: str
) -> None:
    reply_id = waiting.begin(
        {"silence": "safe_variant", "silence_after": 24}, safe="" if change == "no safe one" else SAFE
    )
    if change != "no mail left":
        waiting.deliver()
    if change == "mails come back":
        with superuser.begin() as connection:
            connection.execute(text("update person set mail_failed_at = now()"))
    if change == "unsigned":
        with superuser.begin() as connection:
            connection.execute(text("update approval_policy set signed_how = 'as_before'"))
        signed(waiting.case.agency, {"silence": "safe_variant", "silence_after": 24})  # since, and not for this one
    if change == "signed otherwise since":
        signed(waiting.case.agency, {"silence_after": 24})
    if change == "stopped now":
        make.guide(
            waiting.case.agency,
            [{"kind": "banned", "id": "later", "level": "stop", "phrases": ["come back"]}],
        )
    assert waiting.at(MONDAY + hours(24)) == "held"
    assert waiting.decisions() == []
    assert waiting.case.row(reply_id).state == "awaiting_approval"
    assert waiting.clock().why is not None, "it says why"
    assert waiting.case.promises("publish_reply") == 0


def test_silence_counts_from_when_the_mail_left(waiting: Waiting, superuser: Engine) -> None:
    reply_id = waiting.begin({"silence": "safe_variant", "silence_after": 24}, safe=SAFE)
    with superuser.begin() as connection:
        connection.execute(text("update outgoing_mail set sent_at = :at"), {"at": MONDAY + hours(23)})
    assert waiting.at(MONDAY + hours(24)) == "put_off", "the mail server was down for a day"
    assert (waiting.due_at(), waiting.case.row(reply_id).state) == (MONDAY + hours(47), "awaiting_approval")
    assert waiting.at(MONDAY + hours(47)) == "approved_by_policy"


def test_silence_asks_those_who_are_named_for_it(waiting: Waiting, jan: Actor) -> None:
    ana = waiting.case.agency
    terms = {
        "steps": [[str(ana.client_owner.user_id)]],
        "silence": "escalate",
        "silence_after": 10,
        "escalate_to": [str(jan.user_id)],
    }
    waiting.begin(terms)
    with pytest.raises(Conflict, match="not for you"), ana.entered(jan):
        desk.approve(jan, waiting.reply_id, hash_of(WORDS))
    assert waiting.at(MONDAY + hours(10)) == "escalated"
    assert (waiting.mails(), waiting.open_links()) == (2, 2), "the first link goes on working, too"
    with ana.entered(jan):
        assert desk.approve(jan, waiting.reply_id, hash_of(WORDS)).state == "approved"


def test_without_anybody_named_the_next_step_is_asked_instead(waiting: Waiting, jan: Actor) -> None:
    ana = waiting.case.agency
    steps = [[str(ana.client_owner.user_id)], [str(jan.user_id)]]
    waiting.begin({"steps": steps, "silence": "escalate", "silence_after": 10, "remind_after": [4]})
    waiting.at(MONDAY + hours(4))
    assert waiting.at(MONDAY + hours(10)) == "step_passed"
    assert waiting.decisions()[0][:4] == ("step_passed", 1, 1, None)
    assert waiting.due_at() == MONDAY + hours(14), "the next people are given the same time"
    with ana.entered(jan):
        assert desk.approve(jan, waiting.reply_id, hash_of(WORDS)).state == "approved"
    assert [one[0] for one in waiting.decisions()] == ["step_passed", "approved"]


def sign_of(waiting: Waiting) -> int:
    with waiting.case.superuser.connect() as connection:
        return int(connection.execute(text("select signs from conversation")).scalar_one())


def test_where_nobody_else_is_left_it_waits_on(waiting: Waiting) -> None:
    waiting.begin({"silence": "escalate", "silence_after": 10})
    assert waiting.at(MONDAY + hours(10)) == "held"
    assert sign_of(waiting) == UNANSWERED, "the queue's row says it"
    waiting.case.do("withdraw", waiting.reply_id)
    assert sign_of(waiting) == 0
    assert waiting.clock().why == {"template": silence.NOBODY_ELSE.template, "values": {}}


def test_time_lost_by_a_house_that_was_down_is_given_back(waiting: Waiting) -> None:
    waiting.begin({"remind_after": [6], "silence_after": 12})
    assert waiting.at(MONDAY + hours(20)) == "reminded", "fourteen hours late"
    assert waiting.due_at() == MONDAY + hours(26)
    assert waiting.at(MONDAY + hours(28)) == "reminded", "late at the very end, so asked once more"
    assert waiting.due_at() == MONDAY + hours(30)
    assert waiting.at(MONDAY + hours(40)) == "held", "once"


def test_a_paused_brand_asks_nobody_and_loses_no_time(waiting: Waiting, superuser: Engine) -> None:
    waiting.begin({"silence_after": 12})
    with superuser.begin() as connection:
        connection.execute(text("update brand set paused_at = now()"))
    assert waiting.at(MONDAY + hours(12)) == "put_off"
    with superuser.begin() as connection:
        connection.execute(text("update brand set paused_at = null"))
    assert waiting.at(MONDAY + hours(18)) == "reminded"
    assert waiting.due_at() == MONDAY + hours(24)


def test_the_minutes_run_reads_what_is_due_and_outlives_trouble(
    waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting.begin({"remind_after": [6]})
    app = waiting.case.agency.app
    ring_waiting(app)
    assert waiting.mails() == 1, "not due yet"
    waiting.move_to(MONDAY + hours(6))
    with monkeypatch.context() as broken:
        broken.setattr(silence, "mail_approvers", lambda *_given, **_named: 1 / 0)
        ring_waiting(app)
    assert (waiting.mails(), waiting.due_at()) == (1, MONDAY + hours(7)), "tried again an hour later"
    waiting.move_to(MONDAY + hours(7))
    ring_waiting(app)
    ring_waiting(app)
    mails_leave(waiting.case.agency.app, waiting.superuser)
    assert waiting.mails() == 2


def test_a_yes_in_the_moment_silence_falls(waiting: Waiting, page: Page) -> None:
    reply_id = waiting.begin({"silence": "safe_variant", "silence_after": 24}, safe=SAFE)
    waiting.deliver()
    waiting.move_to(MONDAY + hours(24))
    rung: list[str] = []

    def ring() -> None:
        with waiting.case.agency.entered():
            rung.append(silence.ring(reply_id))

    said_yes, _fell = at_once(lambda: waiting.case.do("approve", reply_id, hash_of(WORDS), actor="client_owner"), ring)
    expected = (WORDS, "nothing") if said_yes is None else (SAFE, "approved_by_policy")
    assert waiting.case.publish(reply_id, page.transport) == "published"
    assert ([one["message"] for one in page.posted], rung) == ([expected[0]], [expected[1]])
    assert len(waiting.decisions()) == 1
