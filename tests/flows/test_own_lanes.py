"""Answers have a lane of their own: one is sent while the only other worker asks a platform that gives no answer."""

from __future__ import annotations

from uuid import UUID

import pytest
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import text

from agency.replies import desk, queries
from tenants.base_app import redis_of_app
from tests.flows.conftest import LOCATION, PAGE, House
from tests.steady import share_of

HELD_SECONDS = 18
"""Shorter than the 20 seconds after which a silent platform is given up."""
QUEUES_OF_ANSWERS = "publish,desk"
LANES = ("poll", "setup")
"""What the other worker is held in; in `.ci/run` the first."""


def _drafted(house: House) -> UUID:
    """A comment came in, and a reply to it waits for its owner."""
    post = house.sandbox.tell("posts", {"platform": "facebook", "account": PAGE, "text": "Tell us."})["external_id"]
    comment = {"platform": "facebook", "account": PAGE, "kind": "comment", "post": post, "author": "A", "text": "When?"}
    house.sandbox.tell("items", [comment])
    house.poll()
    with house.superuser.connect() as connection:
        conversation_id = connection.execute(text("select id from conversation")).scalar_one()
    with house.agency.entered(house.agency.staff):
        reply = desk.start_draft(house.agency.staff, conversation_id, "On Monday.")
        desk.submit(house.agency.staff, reply.id)
        return reply.id


@pytest.mark.slow
@pytest.mark.parametrize("lane", share_of(LANES, 0, of=len(LANES)))
def test_an_answer_is_sent_while_the_other_worker_is_held(house: House, lane: str) -> None:
    reply_id = _drafted(house)
    if lane == "poll":
        house.keep_promises()  # the set-up of the accounts, which goes before polls
    silence = {"kind": "delay", "seconds": HELD_SECONDS, "applies_to": "reads", "account": LOCATION}
    house.sandbox.tell("misbehaviour", silence)
    house.start("dispatcher")
    house.start("worker")
    house.start("worker", "--queues", QUEUES_OF_ANSWERS)
    with house.agency.app.app_context():
        client = redis_of_app()
    queue = Queue(lane, connection=client, serializer=JSONSerializer)

    def held() -> set[str]:
        """The jobs at work that ask the silent account something."""
        running = queue.started_job_registry.get_job_ids(cleanup=False)
        jobs = [queue.fetch_job(name) for name in running]
        return {job.id for job in jobs if job is not None and (lane == "setup" or job.args[0] == "google_business")}

    assert house.wait_until(lambda: client.scard("rq:workers:publish") == 2, 60)
    assert client.scard(f"rq:workers:{lane}") == 1
    assert house.wait_until(lambda: bool(held()), 60)
    silent = held()
    with house.agency.entered(house.agency.client_owner):
        desk.approve(house.agency.client_owner, reply_id, queries.get_reply(reply_id).text_hash)
    assert house.wait_until(lambda: house.sandbox.applied() == ["On Monday."], HELD_SECONDS)
    assert held() == silent, "the other worker was free again, so this proved nothing"
