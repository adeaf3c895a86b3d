"""The ledger of the platforms is the judge: what was approved stands there once, however often we die on the way."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import psutil
import pytest
import redis
from sqlalchemy import text

from agency.replies import desk, queries
from jobs.catalogue import QUEUES
from tests.flows.conftest import PAGE, House


def _approved_replies(house: House, count: int) -> list[UUID]:
    """Comments arrive, staff answer each with words of its own, the owner says yes."""
    post = house.sandbox.tell("posts", {"platform": "facebook", "account": PAGE, "text": "Tell us."})["external_id"]
    items = [
        {
            "platform": "facebook",
            "account": PAGE,
            "kind": "comment",
            "post": post,
            "author": f"Customer {number}",
            "text": f"Question {number}",
        }
        for number in range(count)
    ]
    house.sandbox.tell("items", items)
    house.poll()
    with house.superuser.connect() as connection:
        ids = list(connection.execute(text("select id from conversation order by excerpt")).scalars())
    assert len(ids) == count
    agency, replies = house.agency, []
    with agency.entered(agency.staff):
        for number, conversation_id in enumerate(ids):
            reply = desk.start_draft(agency.staff, conversation_id, f"Answer number {number}.")
            desk.submit(agency.staff, reply.id)
            replies.append(reply.id)
    with agency.entered(agency.client_owner):
        for reply_id in replies:
            desk.approve(agency.client_owner, reply_id, queries.get_reply(reply_id).text_hash)
    return replies


KILLS = ("horse",) * 11 + ("worker", "both")
REPLIES = 200


def _workers(house: House) -> list[psutil.Popen]:
    return [program for program in house.programs if "worker" in program.cmdline()]


def _at_work(house: House) -> list[psutil.Popen]:
    """Workers that told Redis they do a job, each in a fork of its own."""
    client = redis.from_url(house.values["ONBRAND_REDIS_URL"])
    told = [client.hmget(key, "pid", "state") for key in client.smembers("rq:workers")]
    busy = {int(pid) for pid, state in told if pid and state == b"busy"}
    return [worker for worker in _workers(house) if worker.pid in busy]


def _kill(house: House, whom: str, luck: random.Random) -> None:
    """A worker, its horse in the midst of a job, or both, without a chance to say goodbye."""
    worker, horses = luck.choice(_workers(house)), []
    while whom != "worker" and not horses:
        _let_nights_pass(house, lambda: bool(_at_work(house)))
        worker = (_at_work(house) or [worker])[0]
        horses = worker.children()
        try:
            for horse in horses:
                horse.kill()
        except psutil.NoSuchProcess:
            horses = []  # it had just done
    if whom != "horse":
        worker.kill()
        worker.wait(60)
        house.programs.remove(worker)
        house.start("worker")


def _published(house: House) -> int:
    return int(house.scalar("select count(*) from reply where state = 'published'"))


FOR_A_PERSON = "select id from reply where state = 'outcome_unknown' and resends = 1 and absent_reads >= 3"


def _for_a_person(house: House) -> list[UUID]:
    with house.superuser.connect() as connection:
        return list(connection.execute(text(FOR_A_PERSON)).scalars())


SENT = "select count(*) from publish_attempt where deed = 'send'"
DUE = """
select count(*) from outbox_entry where done_at is null and given_up_at is null
and run_at <= now() and (leased_until is null or leased_until < now())
"""


def _is_still(house: House) -> bool:
    """Nobody works, nothing waits for a worker, nothing is due: only the clock can change anything now."""
    client = redis.from_url(house.values["ONBRAND_REDIS_URL"])
    for _ in range(3):  # between taking a job and forking for it, a worker looks idle
        if _at_work(house) or any(client.llen(f"rq:queue:{name}") for name in QUEUES) or house.scalar(DUE):
            return False
        if any(worker.children() for worker in _workers(house)):
            return False
        time.sleep(0.1)
    return True


def _let_nights_pass(house: House, done: Callable[[], bool]) -> None:
    """Until it is done: whenever nothing moves any more, everything that waits for a clock gets its time. Never while
    somebody works: a program that is merely slow would be taken for dead.
    """
    for _night in range(60):
        assert house.wait_until(lambda: done() or _is_still(house), 240)
        if done():
            return
        house.pass_time(700)
    raise AssertionError("It is still not done.")


@pytest.mark.slow
def test_200_replies_while_senders_are_killed_and_answers_are_lost(house: House) -> None:
    luck = random.Random(7)
    replies = _approved_replies(house, REPLIES)
    house.sandbox.tell(
        "misbehaviour", {"kind": "lose_answer_after_accepting", "probability": 0.25, "applies_to": "writes"}
    )
    house.sandbox.tell("misbehaviour", {"kind": "error_after_accepting", "probability": 0.1, "applies_to": "writes"})
    house.sandbox.tell("misbehaviour", {"kind": "delay", "seconds": 0.05, "applies_to": "writes"})
    house.values["ONBRAND_POLL_SECONDS"] = "60"  # the days between are polled all the same
    house.start("dispatcher")
    for _ in range(2):
        house.start("worker")
    for number, whom in enumerate(luck.sample(KILLS, len(KILLS))):
        wanted = number * REPLIES // len(KILLS) + luck.randrange(REPLIES // len(KILLS))
        _let_nights_pass(house, lambda: house.scalar(SENT) >= wanted)  # noqa: B023
        _kill(house, whom, luck)
    house.sandbox.behave()
    house.stop_all()
    # The programs are dead; a night passes; they start again.
    house.start("dispatcher")
    for _ in range(2):
        house.start("worker")
    _let_nights_pass(house, lambda: _published(house) + len(_for_a_person(house)) == len(replies))
    counted = Counter(house.sandbox.applied())
    assert set(counted.values()) == {1}, [words for words, times in counted.items() if times > 1]
    assert len(counted) == _published(house)
    given = _for_a_person(house)
    assert len(given) <= 2, "it takes two kills of one reply, both before the platform had it"
    with house.agency.entered(house.agency.team_lead):
        for reply_id in given:
            desk.resolve(house.agency.team_lead, reply_id, "approved", "It stands nowhere.")
    _let_nights_pass(house, lambda: _published(house) == len(replies))
    assert Counter(house.sandbox.applied()) == Counter(f"Answer number {number}." for number in range(REPLIES))


@pytest.mark.slow
def test_losing_all_of_redis_loses_no_work(house: House) -> None:
    _approved_replies(house, 20)
    post = house.sandbox.tell("posts", {"platform": "facebook", "account": PAGE, "text": "More."})["external_id"]
    house.sandbox.tell(
        "items",
        [
            {
                "platform": "facebook",
                "account": PAGE,
                "kind": "comment",
                "post": post,
                "author": "A",
                "text": f"Late {n}",
            }
            for n in range(180)
        ],
    )
    house.start("dispatcher")
    client = redis.from_url(house.values["ONBRAND_REDIS_URL"])
    assert house.wait_until(lambda: client.llen("rq:queue:publish") > 0)
    client.flushall()
    house.start("worker")
    time.sleep(0.5)
    client.flushall()
    _let_nights_pass(
        house, lambda: _published(house) == 20 and house.scalar("select count(*) from conversation") == 200
    )
    assert _published(house) == 20
    assert house.scalar("select count(*) from message where direction = 'in'") == 200
    counted = Counter(house.sandbox.applied())
    assert len(counted) == 20
    assert set(counted.values()) == {1}
