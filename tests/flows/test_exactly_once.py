"""The ledger of the platforms is the judge: what was approved stands there once, wherever we die on the way.

The long version, with 1,000 replies a platform, is `make faults`.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import redis

from jobs.dispatcher import Dispatcher
from jobs.runner import run_promises
from tenants import failpoints
from tests.faults import programs
from tests.faults import replies as faults
from tests.flows.conftest import House

ROUNDS = 9
"""So often time passes until whoever died twice is found, sent once more and proven."""


def _work(house: House, dispatcher: Dispatcher) -> None:
    """A round of the dispatcher, and of a worker that takes what it named, in this process."""
    named: list[list[int]] = []
    dispatcher._enqueue = lambda kind, arguments, timeout: named.append(arguments[0])  # type: ignore[assignment]
    dispatcher.queue_promises()
    for numbers in named:
        run_promises(numbers, house.agency.app)


def test_a_crash_at_every_point(house: House) -> None:
    """Each reply meets one crash; nobody but the clock helps it on."""
    dispatcher = Dispatcher(house.agency.app)
    each, more = divmod(len(failpoints.POINTS), len(faults.ACCOUNTS))
    replies = faults.drafted(house, dict.fromkeys(faults.ACCOUNTS, each + bool(more)))
    _work(house, dispatcher)
    for reply_id, point in zip(replies, failpoints.POINTS, strict=False):
        faults.approve(house, reply_id)
        with failpoints.armed(f"{point}=die*1") as come_to:
            for _ in range(3):
                try:
                    _work(house, dispatcher)
                except failpoints.Died:
                    break
                house.pass_time(programs.NIGHT_SECONDS)
        assert come_to[point] == 1, f"{point} was not come to"
    met = dict(list(replies.items())[: len(failpoints.POINTS)])
    for _ in range(ROUNDS):
        if faults.settled(house) == len(met):
            break
        house.pass_time(programs.NIGHT_SECONDS)
        _work(house, dispatcher)
    assert faults.judge(house, met) == faults.Verdict(len(met), 0, 0, 0, 0, 0)


KILLED_AT = ("publish.leaving", "send.answered", "settle.written", "look.read")
"""One of each kind: nothing has arrived, nobody knows, it is known and not kept, it was looked for."""
OF_ANSWERS = ("publish", "desk", "looks", "proofs")
"""The queues of a worker that nothing but answers keeps busy."""


@pytest.mark.slow
def test_programs_are_killed_and_redis_forgets(house: House) -> None:
    """Real processes, real signals: horses die at points, then a worker with its horse, and all of Redis is lost twice.
    Meanwhile answers are lost.
    """
    house.keep_promises()  # the set-up of the accounts
    replies = faults.approved(house, {"facebook": 7, "google_business": 2})
    for kind in ("lose_answer_after_accepting", "error_after_accepting"):
        house.sandbox.tell("misbehaviour", {"kind": kind, "times": 2, "applies_to": "writes"})
    house.values["ONBRAND_POLL_SECONDS"] = "60"  # the days between are polled all the same
    house.values["ONBRAND_FAILPOINTS"] = ",".join(f"{point}=kill*1" for point in KILLED_AT)
    house.start("dispatcher")
    client = redis.from_url(house.values["ONBRAND_REDIS_URL"])
    assert house.wait_until(lambda: client.llen("rq:queue:publish") > 0, programs.LONGEST_WAIT_SECONDS)
    client.flushall()
    house.start("worker", "--queues", ",".join(OF_ANSWERS))
    programs.let_nights_pass(
        house, lambda: house.scalar("select count(*) from publish_attempt") >= 4, queues=OF_ANSWERS
    )
    assert house.wait_until(
        lambda: programs.kill(house, "both", random.Random(7)) or programs.is_still(house, OF_ANSWERS),
        programs.LONGEST_WAIT_SECONDS,
    )
    client.flushall()
    programs.let_nights_pass(house, lambda: faults.settled(house) == len(replies), queues=OF_ANSWERS)
    verdict = faults.judge(house, replies)
    assert verdict.is_good, verdict
    assert verdict.for_a_person <= 1, "it takes two kills of one reply, both before the platform had it"
    folder = Path(house.values["ONBRAND_HOME"]) / "failpoints"
    assert {file.name for file in folder.iterdir()} == {f"{point}.kill.0" for point in KILLED_AT}
