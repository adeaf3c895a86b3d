"""Answers have a lane of their own: one is sent while the only other worker is held by a poll that gets no answer."""

from __future__ import annotations

from uuid import UUID

import pytest
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import text

from agency.replies import desk, queries
from tenants.base_app import redis_of_app
from tests.flows.conftest import LOCATION, PAGE, House

HELD_SECONDS = 18
"""Shorter than the 20 seconds after which a silent platform is given up."""
QUEUES_OF_ANSWERS = "publish,desk"


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
def test_an_answer_is_sent_while_a_poll_is_held(house: House) -> None:
    reply_id = _drafted(house)
    house.start("dispatcher")
    house.start("worker")
    house.start("worker", "--queues", QUEUES_OF_ANSWERS)
    with house.agency.app.app_context():
        client = redis_of_app()

    polls = Queue("poll", connection=client, serializer=JSONSerializer)

    def held(of: str) -> set[str]:
        running = polls.started_job_registry.get_job_ids(cleanup=False)
        jobs = [polls.fetch_job(name) for name in running]
        return {job.id for job in jobs if job is not None and job.args[0] == of}

    assert house.wait_until(lambda: client.scard("rq:workers:publish") == 2, 60)
    assert client.scard("rq:workers:poll") == 1
    silence = {"kind": "delay", "seconds": HELD_SECONDS, "applies_to": "reads", "account": LOCATION}
    house.sandbox.tell("misbehaviour", silence)
    before = held("google_business")
    assert house.wait_until(lambda: bool(held("google_business") - before), 60)
    silent = held("google_business")
    with house.agency.entered(house.agency.client_owner):
        desk.approve(house.agency.client_owner, reply_id, queries.get_reply(reply_id).text_hash)
    assert house.wait_until(lambda: house.sandbox.applied() == ["On Monday."], HELD_SECONDS)
    assert held("google_business") == silent, "the poll was over, so this proved nothing"
