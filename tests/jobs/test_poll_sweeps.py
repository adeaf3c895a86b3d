"""What full sweeps did not show: asked for directly, a few at a time, within the budgets, each account for itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

import pytest
from flask import Flask

from agency.inbox import intake
from channels import accounts, poll_turns
from channels.allowances import Ask, account_of, app_of
from channels.errors import ChannelError, PlatformDown
from channels.facebook.adapter import FacebookAdapter
from channels.poll_turns import ClaimedTurn
from channels.protocol import Answer, ConnectedAccount, Exchange, Request
from channels.rhythm import Facts
from channels.scripted_transport import ScriptedTransport, json_answer
from jobs import poll_sweeps
from jobs.poll_endings import Poll
from jobs.runner import budgets_of_app
from tenants import clock
from tenants.database import db
from tests.factories import Agency, Factory
from tests.jobs.conftest import Outbox

GONE = json_answer(
    {"error": {"code": 100, "error_subcode": 33, "message": "gone", "type": "GraphMethodException"}}, 400
)


class Platform(ScriptedTransport):
    """Every account is there and none of its comments; how much was asked for at once."""

    def __init__(self, answer: Answer | ChannelError = GONE, **headers: str) -> None:
        def answered(request: Request) -> Answer | ChannelError:
            is_account = request.purpose.get("ask") == "sibling"
            return json_answer({"id": "1"}, **headers) if is_account else answer

        super().__init__(answered)
        self.at_once: list[int] = []

    def fetch(self, requests: Sequence[Request]) -> list[Exchange]:
        self.at_once.append(len({request.token for request in requests}))
        return super().fetch(requests)

    @property
    def items(self) -> list[str]:
        return [request.path for request in self.requests if request.purpose.get("ask") != "sibling"]


def swept(app: Flask, ana: Agency, count: int) -> list[Poll]:
    """Polls of as many accounts whose sweeps showed nothing of what we know."""
    with app.app_context():
        turns = poll_turns.claim_due("facebook", count, 60)
        db.session.commit()
    return [swept_poll(ana, turn) for turn in turns]


def swept_poll(ana: Agency, turn: ClaimedTurn) -> Poll:
    with ana.entered():
        account = accounts.connected(accounts.get(turn.account_id))
    facts = Facts(clock.now(), False)
    return Poll(turn, account, None, facts, "ok", None, None, swept=True, swept_kinds=frozenset({"comment"}))


def known(make: Factory, ana: Agency, account_id: UUID, count: int) -> None:
    for _ in range(count):
        make.conversation(ana, account_id=account_id)


def find(app: Flask, polls: Sequence[Poll], platform: Platform, adapter: FacebookAdapter | None = None) -> None:
    poll_sweeps.find_deleted(app, adapter or FacebookAdapter(), polls, platform, budgets_of_app(app))


def deleted(outbox: Outbox) -> int:
    return int(outbox.scalar("select count(*) from message where deleted_at is not null"))


def test_of_many_missing_a_few_are_asked_for_and_not_always_the_same(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll_sweeps, "PRESENCE_CHECKS", 5)
    known(make, ana, make.account(ana), 30)
    (poll,) = swept(app, ana, 1)
    asked = []
    for _ in range(4):
        platform = Platform(PlatformDown("x"))
        find(app, [poll], platform)
        assert len(platform.items) == 5
        asked += platform.items
    assert len(set(asked)) > 5, "else what is never listed would be asked for, always"
    assert deleted(outbox) == 0
    find(app, [poll], Platform())
    assert deleted(outbox) == 5


def test_few_accounts_at_once_however_many_were_swept(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll_sweeps, "ACCOUNTS_AT_ONCE", 2)
    for number in range(5):
        known(make, ana, make.account(ana, credential=f"token-{number}"), 1)
    platform = Platform()
    find(app, swept(app, ana, 5), platform)
    assert platform.at_once == [2, 2, 1]
    assert deleted(outbox) == 5


def test_what_the_budgets_do_not_allow_is_left_for_the_next_sweep(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    for name in ("spent", "fresh"):
        known(make, ana, make.account(ana, credential=name), 1)
    polls = swept(app, ana, 2)
    (spent,) = [poll for poll in polls if poll.account.credential.reveal() == "spent"]
    (request, *_) = FacebookAdapter().plan_presence(spent.account, ["1"])
    budget = account_of(request)
    assert budget is not None
    budgets_of_app(app).ask("publish", [Ask((budget,), budget.calls or 0)])
    platform = Platform()
    find(app, polls, platform)
    assert {r.token.secret.reveal() for r in platform.requests if r.token} == {"fresh"}
    assert deleted(outbox) == 1
    app.extensions["onbrand_redis"].flushdb()
    find(app, polls, Platform())
    assert deleted(outbox) == 2


def test_what_its_answers_tell_of_allowances_counts(app: Flask, ana: Agency, make: Factory) -> None:
    known(make, ana, make.account(ana), 1)
    platform = Platform(x_app_usage=json.dumps({"call_count": 95}))
    find(app, swept(app, ana, 1), platform)
    budget = app_of(platform.requests[0])
    assert budget is not None
    (wait,) = budgets_of_app(app).ask("poll", [Ask((budget,))])
    assert wait > 0


class Picky(FacebookAdapter):
    """Cannot ask for one account, and cannot read what was answered for another."""

    def __init__(self, unasked: str, unread: str) -> None:
        super().__init__()
        self.unasked, self.unread = unasked, unread

    def plan_presence(self, account: ConnectedAccount, external_ids: Sequence[str]) -> list[Request]:
        if account.account_id == self.unasked:
            raise PlatformDown("x")
        return super().plan_presence(account, external_ids)

    def read_presence(self, account: ConnectedAccount, exchanges: Sequence[Exchange]):  # type: ignore[no-untyped-def]
        if account.account_id == self.unread:
            raise PlatformDown("x")
        return super().read_presence(account, exchanges)


def test_one_accounts_trouble_is_no_others(app: Flask, ana: Agency, make: Factory, outbox: Outbox) -> None:
    made = [make.account(ana, credential=f"token-{number}") for number in range(3)]
    for account_id in made:
        known(make, ana, account_id, 1)
    find(app, swept(app, ana, 3), Platform(), Picky(str(made[0]), str(made[1])))
    assert outbox.scalar("select account_id from message where deleted_at is not null") == made[2]
    assert deleted(outbox) == 1


def test_who_lost_the_turn_or_does_not_know_what_it_saw_marks_nothing(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    known(make, ana, make.account(ana), 1)
    (poll,) = swept(app, ana, 1)
    poll.seen = None
    platform = Platform()
    find(app, [poll], platform)
    assert platform.requests == []
    poll.seen = set()
    outbox.change("update poll_turn set fence = fence + 1")
    find(app, [poll], platform)
    assert platform.requests != []
    assert deleted(outbox) == 0


def test_what_was_listed_and_what_the_sweep_did_not_cover_is_not_asked_for(
    app: Flask, ana: Agency, make: Factory
) -> None:
    account_id = make.account(ana)
    known(make, ana, account_id, 2)
    make.conversation(ana, account_id=account_id, kind="post")
    (poll,) = swept(app, ana, 1)
    with ana.entered():
        ids = sorted(intake.live_external_ids(account_id, frozenset({"comment"})))
    assert len(ids) == 2
    poll.seen = {ids[0]}
    platform = Platform()
    find(app, [poll], platform)
    assert len(platform.items) == 1
    assert ids[1] in platform.items[0]
