"""Many looked for together end as one after another would, by as many statements for many as for few."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agency.replies import looking
from agency.replies.look_reading import Sought, planned
from channels.allowances import Ask
from channels.budgets import Budgets, Lane
from channels.errors import ChannelError, OutcomeUnknown, RateLimited
from channels.protocol import Answer, ConnectedAccount, ReplyTarget, Request
from channels.scripted_transport import ScriptedTransport, json_answer
from tenants.database import new_id
from tenants.sealed import Secret
from tests.channels.stand_ins import START, GoogleStandIn, account_of, minutes
from tests.replies.conftest import Case
from tests.replies.test_publishing_many import Pages, approved, publish_many, told

UNREADABLE = json_answer({"error": {"code": 2, "message": "x"}}, status=500)
OLD = "update reply set sent_at = sent_at - interval '700 s', lease_until = lease_until - interval '700 s'"
KINDS: dict[str, tuple[bool, str, str]] = {
    "seen": (True, "ours", ""),
    "seen late": (True, "ours", OLD),
    "hidden by then": (True, "ours", "update reply set live_state = 'not_seen'"),
    "not seen yet": (True, "nothing", ""),
    "never seen": (True, "nothing", OLD),
    "proven": (True, "ours", "update reply set read_back_at = now()"),
    "unreadable": (True, "unreadable", ""),
    "lost, there": (False, "ours", ""),
    "lost, there twice": (False, "twice", ""),
    "lost, not there": (False, "nothing", OLD),
    "lost, surely not there": (False, "nothing", f"{OLD}, absent_reads = 2"),
    "lost, not there again": (False, "nothing", f"{OLD}, absent_reads = 2, resends = 1"),
    "lost, its time is to come": (
        False,
        "nothing",
        f"{OLD}, absent_reads = 2, not_before = now() + interval '1 hour', not_before_because = 'chosen'",
    ),
    "lost, nearly there": (False, "nearly", f"{OLD}, absent_reads = 2"),
    "lost, too early": (False, "nothing", ""),
    "lost, unreadable": (False, "unreadable", OLD),
    "lost, asked too often": (False, "limited", ""),
    "lost, a day ago": (False, "unreadable", f"{OLD.replace('700 s', '2 days')}"),
    "sender silent, there": (False, "ours", f"{OLD}, state = 'publishing'"),
    "sender silent, not there": (False, "nothing", f"{OLD}, state = 'publishing'"),
    "sender at work": (False, "ours", "update reply set state = 'publishing'"),
}
"""Whether the platform said that it took the words, what is seen beneath the comment then, and what changes before."""


class Threads:
    """What stands beneath each comment."""

    def __init__(self, page_id: str) -> None:
        self.page_id = page_id
        self.beneath: dict[str, str] = {}
        self.asked: Counter[str] = Counter()
        self.transport = ScriptedTransport(self._answer)

    def _answer(self, request: Request) -> Answer | ChannelError:
        of_list = request.path.endswith("/comments")
        thread = request.path.split("/")[-2 if of_list else -1]
        self.asked[request.path] += 1
        word, number = self.beneath[thread].split(":")
        if word == "unreadable":
            return UNREADABLE
        if word == "limited":
            return RateLimited(30, "account")
        count = {"ours": 1, "nearly": 1, "twice": 2}.get(word, 0)
        if not of_list:
            return json_answer({"id": thread, "comment_count": count})
        ours = {
            "message": "Thank you, we are looking into" + " it." * (word != "nearly"),
            "from": {"id": self.page_id, "name": "Page"},
            "created_time": "2099-01-01T00:00:00+0000",
        }
        return json_answer({"data": [{**ours, "id": f"{number}{place}"} for place in range(count)]})


def sent(case: Case, kinds: list[str]) -> tuple[list[UUID], Threads]:
    """A reply of each kind, as it is before somebody looks."""
    ids = approved(case, len(kinds))
    pages = Pages()
    with case.superuser.connect() as connection:
        rows = connection.execute(
            text(
                "select r.id, r.in_reply_to_external_id, c.external_id, a.external_id as page_id from reply r "
                "join conversation c on c.id = r.conversation_id join account a on a.id = r.account_id"
            )
        ).all()
    of_reply: dict[UUID, Any] = {row.id: row for row in rows}
    threads = Threads(rows[0].page_id)
    for reply_id, kind in zip(ids, kinds, strict=True):
        if not KINDS[kind][0]:
            pages.says[of_reply[reply_id].in_reply_to_external_id] = OutcomeUnknown("no answer in time")
    publish_many(case, ids, pages)
    with case.superuser.begin() as connection:
        for number, (reply_id, kind) in enumerate(zip(ids, kinds, strict=True)):
            _was_taken, beneath, change = KINDS[kind]
            threads.beneath[of_reply[reply_id].external_id] = f"{beneath}:7{number:05}"
            if change:
                connection.execute(text(f"{change} where id = :id"), {"id": reply_id})
    return ids, threads


def test_together_each_ends_as_it_would_alone(case: Case) -> None:
    """A mixture drawn anew each time; the same once together, once one after another."""
    draw = random.Random(seed := random.randrange(10**6))
    mixture = ["seen", *draw.sample([*KINDS], k=10)]
    ids, threads = sent(case, [kind for kind in mixture for _ in range(2)])
    pairs = list(zip(ids[::2], ids[1::2], strict=True))
    together = looking.look_many(case.agency.app, case.agency.scope, [one for one, _other in pairs], threads.transport)
    alone = {other: case.look(other, threads.transport) for _one, other in pairs}
    for kind, (one, other) in zip(mixture, pairs, strict=True):
        assert together[one] == alone[other], (seed, kind)
        assert told(case.superuser, one) == told(case.superuser, other), (seed, kind)
    with case.superuser.connect() as connection:
        seen = connection.execute(text("select coalesce(sum(seen), 0) from visibility_lag")).scalar_one()
    assert seen > 0
    assert seen % 2 == 0, "how long it took is counted for both"


def test_it_takes_as_many_statements_for_many(case: Case, statements: Callable[[], list[str]]) -> None:
    kinds = ["seen", "not seen yet", "lost, there", "lost, surely not there", "sender silent, not there"]
    ids, threads = sent(case, kinds * 2 + kinds[1:])
    counts = []
    for some in (ids[:5], ids[5:]):
        statements()
        looking.look_many(case.agency.app, case.agency.scope, some, threads.transport)
        counts.append(len(statements()))
    assert counts[0] == counts[1], counts


class Full(Budgets):
    """No room but in the lane of what decides."""

    def __init__(self) -> None:
        super().__init__(None)

    def ask(self, lane: Lane, asks: Sequence[Ask]) -> list[float]:
        return [0.0 if lane == "looks" else 70.0 for _ in asks]


def test_what_is_read_back_waits_for_room_and_is_promised_then(case: Case) -> None:
    ids, threads = sent(case, ["seen", "lost, there"])
    with case.superuser.begin() as connection:
        connection.execute(text("delete from outbox_entry"))

    def looked(lane: Lane, reply_id: UUID) -> tuple[str, list[str]]:
        states = looking.look_many(
            case.agency.app, case.agency.scope, [reply_id], threads.transport, lane=lane, budgets=Full()
        )
        return states[reply_id], [one["outcome"] for one in case.receipt(reply_id).as_data()["looks"]]

    assert looked("proofs", ids[0]) == ("skipped", [])
    with case.superuser.connect() as connection:
        promised = connection.execute(text("select job_name, extract(epoch from run_at - now()) from outbox_entry"))
        ((name, waits),) = promised.all()
    assert name == "read_back_reply"
    assert 80 < waits <= 90, "70 s, in bunches"
    assert looked("looks", ids[1]) == ("published", ["found"])
    with case.superuser.begin() as connection:
        connection.execute(text("delete from outbox_entry; update reply set sent_at = now() - interval '8 days'"))
    assert looked("proofs", ids[0]) == ("skipped", [])
    assert case.promises("read_back_reply") == 0, "not for ever"


def test_the_same_question_is_asked_once() -> None:
    """Several answers of ours may stand beneath one comment; a thread of several pages is read to its end."""
    account = ConnectedAccount("a", "facebook", "1", Secret("token"))
    target = ReplyTarget("1_2", "1_2", "comment")
    sought = [Sought(new_id(), words, target, account, datetime(2026, 1, 1, tzinfo=UTC)) for words in ("One", "Two")]

    def pages(request: Request) -> Answer:
        if not request.path.endswith("/comments"):
            return json_answer({"id": "1_2", "comment_count": 2})
        is_last = request.params.get("after") == "further"
        ours = {"from": {"id": "1", "name": "Page"}, "created_time": "2026-01-01T00:00:00+0000"}
        more = {} if is_last else {"paging": {"cursors": {"after": "further"}, "next": "https://graph.facebook.com/x"}}
        return json_answer(
            {"data": [{**ours, "id": f"1_{3 + is_last}", "message": "Two" if is_last else "One"}], **more}
        )

    transport = ScriptedTransport(pages)
    seen = planned(sought, "agency", "looks", None).read(transport, None)
    assert [seen[one.reply_id].platform_ids for one in sought] == [("1_3",), ("1_4",)]
    assert len(transport.requests) == 3


@pytest.mark.parametrize("trouble", ["slow", "circle", "no list"])
def test_one_threads_trouble_is_not_anothers(monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    """Neither is read for ever nor believed empty; who stands beneath another comment is found meanwhile."""
    account, words = ConnectedAccount("a", "facebook", "1", Secret("token")), "Thank you"
    sought = [
        Sought(new_id(), words, ReplyTarget(one, one, "comment"), account, datetime(2026, 1, 1, tzinfo=UTC))
        for one in ("1_2", "1_3")
    ]
    now = [0.0]

    def pages(request: Request) -> Answer:
        thread = request.path.split("/")[-2]
        if not request.path.endswith("/comments"):
            return json_answer({"id": "1_2", "comment_count": 0})
        if thread == "1_3":
            ours = {"from": {"id": "1", "name": "Page"}, "created_time": "2026-01-01T00:00:00+0000"}
            return json_answer({"data": [{**ours, "id": "1_4", "message": words}]})
        if trouble == "no list":
            return json_answer({})
        now[0] += 10 * (trouble == "slow")
        after = str(int(request.params.get("after", "0")) + 1) if trouble == "slow" else "again"
        more = {"cursors": {"after": after}, "next": "https://graph.facebook.com/x"}
        return json_answer({"data": [], "paging": more})

    monkeypatch.setattr("agency.replies.look_reading.time.monotonic", lambda: now[0])
    transport = ScriptedTransport(pages)
    seen = planned(sought, "agency", "looks", None).read(transport, None)
    assert seen[sought[1].reply_id].platform_ids == ("1_4",)
    reason = {"slow": "not_read_in_time", "circle": "list_in_a_circle", "no list": "unreadable_list"}[trouble]
    assert (seen[sought[0].reply_id].state, seen[sought[0].reply_id].reason) == ("cannot_tell", reason)
    assert len(transport.requests) <= 9


def reviews(count: int) -> tuple[GoogleStandIn, list[Sought]]:
    """A location whose list has pages of five, and answers that are looked for: some stand there, some do not."""
    google, account = GoogleStandIn(page_size=5), account_of("google_business")
    sought = []
    for number in range(count):
        at = START + minutes(number)
        google.write(f"r{number}", "Zimna zupa", at)
        target = ReplyTarget(f"r{number}", f"r{number}", "review", seen_updated_at=at)
        sought.append(Sought(new_id(), "Thanks", target, account, START + minutes(1000)))
        if number % 4 != 3:
            google.reply(f"r{number}", "Thanks" if number % 4 < 2 else "By hand", START + minutes(1001), "PENDING")
    del google.reviews["r4"]
    return google, sought


@pytest.mark.parametrize(
    ("of", "calls"),
    [
        (slice(0, 40), 8 + 20 + 1),  # all pages; what stands otherwise or not at all, and what is gone, alone
        (slice(36, 40), 1 + 2),  # the newest page shows them
        (slice(0, 4), 1 + 4),  # too far back for so few: asked alone
        (slice(0, 3), 3),
    ],
)
def test_a_locations_list_finds_many_and_proves_nothing_absent(of: slice, calls: int) -> None:
    google, sought = reviews(40)
    some = sought[of]
    seen = planned(some, "agency", "looks", None).read(ScriptedTransport(google), None)
    assert len(google.calls) == calls
    for one in some:
        alone = planned([one], "agency", "looks", None).read(ScriptedTransport(google), None)
        assert seen[one.reply_id] == alone[one.reply_id]
    found = Counter(one.state for one in seen.values())
    assert found["found"] == sum(1 for one in range(*of.indices(40)) if one % 4 < 2 and one != 4)


def test_a_list_that_shows_no_answer_does_not_prove_it_taken_back() -> None:
    """It may not have shown the answer yet."""
    google, sought = reviews(5)
    target = replace(sought[0].target, deed="withdraw_reply", our_text="Thanks")
    taken_back = [replace(one, target=replace(target, external_id=one.target.external_id)) for one in sought[:4]]
    late = [{key: value for key, value in one.items() if key != "reviewReply"} for one in google.reviews.values()]
    google.failing = {"orderBy": json_answer({"reviews": late})}
    seen = planned(taken_back, "agency", "looks", None).read(ScriptedTransport(google), None)
    assert [seen[one.reply_id].state for one in taken_back] == ["absent", "absent", "cannot_tell", "found"]


def test_a_list_that_fails_leaves_each_to_be_read_alone() -> None:
    google, sought = reviews(12)
    google.failing = {"orderBy": RateLimited(60, "app")}
    seen = planned(sought, "agency", "looks", None).read(ScriptedTransport(google), None)
    assert Counter(one.state for one in seen.values()) == {"found": 5, "cannot_tell": 4, "absent": 3}
