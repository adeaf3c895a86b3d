"""The ledger of the platforms is the judge: what was approved stands there once, however often we die on the way."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import psutil
import pytest
import redis
from sqlalchemy import text

from agency.replies import desk, queries
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


def _kill_somebody(house: House, luck: random.Random) -> None:
    """A worker, its horse, or both, without a chance to say goodbye."""
    workers = [p for p in house.programs if "worker" in p.cmdline() and p.is_running()]
    if not workers:
        return
    worker = luck.choice(workers)
    try:
        horses = worker.children(recursive=True)
        victims = luck.choice([[worker], horses, horses, horses, [worker, *horses]])
        for victim in victims:
            victim.send_signal(signal.SIGKILL)
        if worker in victims:
            worker.wait(10)
            house.programs.remove(worker)
    except psutil.NoSuchProcess:
        pass
    if len([p for p in house.programs if "worker" in p.cmdline()]) < 2:
        house.start("worker")


def _published(house: House) -> int:
    return int(house.scalar("select count(*) from reply where state = 'published'"))


def _let_nights_pass(house: House, done: Callable[[], bool]) -> None:
    """Until it is done: whenever nothing moves any more, everything that waits for a clock gets its time."""
    nights = 0
    while not done() and nights < 20:
        before = house.scalar(PROGRESS)
        if not house.wait_until(lambda: done() or house.scalar(PROGRESS) != before, 4):  # noqa: B023
            house.pass_time(700)
            nights += 1


PROGRESS = (
    "select concat_ws(' ', (select sum(hashtext(state) + fence + absent_reads) from reply),"
    " (select count(*) from message), (select count(*) from publish_attempt))"
)


@pytest.mark.slow
def test_200_replies_while_senders_are_killed_and_answers_are_lost(house: House) -> None:
    luck = random.Random(7)
    replies = _approved_replies(house, 200)
    house.sandbox.tell(
        "misbehaviour", {"kind": "lose_answer_after_accepting", "probability": 0.25, "applies_to": "writes"}
    )
    house.sandbox.tell("misbehaviour", {"kind": "error_after_accepting", "probability": 0.1, "applies_to": "writes"})
    house.sandbox.tell("misbehaviour", {"kind": "delay", "seconds": 0.05, "applies_to": "writes"})
    house.start("dispatcher")
    for _ in range(2):
        house.start("worker")
    kills = 0
    while kills < 14 and _published(house) < 200:
        before = len(house.sandbox.ledger())
        house.wait_until(lambda: len(house.sandbox.ledger()) >= before + luck.randrange(14), 10)  # noqa: B023
        _kill_somebody(house, luck)
        kills += 1
    house.sandbox.behave()
    house.stop_all()
    # The programs are dead; a night passes; they start again.
    house.start("dispatcher")
    for _ in range(2):
        house.start("worker")
    _let_nights_pass(house, lambda: _published(house) == 200)
    counted = Counter(house.sandbox.applied())
    states = Counter(house.scalar(f"select state from reply where id = '{r}'") for r in replies)
    assert states == {"published": 200}, states
    assert len(counted) == 200
    assert set(counted.values()) == {1}, [words for words, times in counted.items() if times > 1]
    assert kills >= 5


@pytest.mark.slow
def test_losing_all_of_redis_loses_no_work(house: House) -> None:
    _approved_replies(house, 50)
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
            for n in range(450)
        ],
    )
    house.start("dispatcher")
    client = redis.from_url(house.values["ONBRAND_REDIS_URL"])
    assert house.wait_until(lambda: client.llen("rq:queue:publish") > 0, 20)
    client.flushall()
    house.start("worker")
    time.sleep(0.5)
    client.flushall()
    _let_nights_pass(
        house, lambda: _published(house) == 50 and house.scalar("select count(*) from conversation") == 500
    )
    assert _published(house) == 50
    assert house.scalar("select count(*) from message where direction = 'in'") == 500
    counted = Counter(house.sandbox.applied())
    assert len(counted) == 50
    assert set(counted.values()) == {1}
