"""The faults everybody asks about, each on the real road, with the ledger of the platforms as judge: it holds one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text

from agency.replies import looking, publishing
from agency.sandbox.addresses import addresses
from channels.protocol import Answer, Request
from channels.transport import Endpoints, Transport
from jobs.runner import transport_of
from tenants.settings import Settings
from tests.faults.programs import NIGHT_SECONDS
from tests.faults.proxy import Proxy, Trouble, proxied
from tests.faults.replies import approved
from tests.flows.conftest import House

TOTAL_SECONDS = 0.5
"""In place of the 30 s a call may take; the platform's 40 s become twice that."""


class Troubled(Transport):
    """Whose writes, and they alone, meet something on their way."""

    def __init__(self, endpoints: Endpoints, on_the_way: Callable[[Request], Request]) -> None:
        super().__init__(endpoints)
        self.on_the_way = on_the_way

    def send(self, request: Request) -> Answer:
        return super().send(self.on_the_way(request))


@pytest.fixture
def proxy(house: House) -> Iterator[Proxy]:
    """Between us and the platforms."""
    host, _, port = house.sandbox.url.rpartition("//")[2].partition(":")
    with proxied((host, int(port))) as made:
        yield made


def _through(house: House, proxy: Proxy) -> Endpoints:
    return Endpoints.from_settings(
        Settings.from_environment(house.values | addresses(f"http://127.0.0.1:{proxy.port}"))
    )


def _until_published(house: House, reply_id: UUID) -> list[str]:
    """The clocks go on, nothing fails any more; the states it came through."""
    agency, transport, states = house.agency, transport_of(house.agency.app), []
    for _ in range(6):
        house.pass_time(NIGHT_SECONDS)
        states.append(looking.look(agency.app, agency.scope, reply_id, transport))
        if states[-1] == "approved":
            publishing.publish(agency.app, agency.scope, reply_id, transport)
        if house.scalar(f"select state from reply where id = '{reply_id}'") == "published":
            return states
    raise AssertionError(states)


@pytest.mark.parametrize(
    ("lie", "trouble", "arrives"),
    [
        ("lose_answer_after_accepting", Trouble(), True),
        ("error_after_accepting", Trouble(), True),
        (None, Trouble("reset", "down", after_bytes=60), True),
        (None, Trouble("reset", "up", after_bytes=120), False),
        (None, Trouble("stall", "down", seconds=2 * TOTAL_SECONDS), True),
    ],
    ids=["lost answer", "5xx after accepting", "reset in the answer", "reset in the request", "stall"],
)
def test_the_ledger_holds_one(house: House, proxy: Proxy, lie: str | None, trouble: Trouble, arrives: bool) -> None:
    agency = house.agency
    ((reply_id, words),) = approved(house, {"facebook": 1}).items()
    if lie:
        house.sandbox.tell("misbehaviour", {"kind": lie, "times": 1, "applies_to": "writes"})

    def meet(request: Request) -> Request:
        proxy.trouble = trouble
        return request

    transport = Troubled(_through(house, proxy), meet)
    transport._total_seconds = TOTAL_SECONDS if trouble.kind == "stall" else transport._total_seconds
    assert publishing.publish(agency.app, agency.scope, reply_id, transport) == "outcome_unknown"
    transport.close()
    assert house.wait_until(lambda: house.sandbox.applied() == [words] * arrives)
    states = _until_published(house, reply_id)
    assert states == (["published"] if arrives else ["outcome_unknown", "outcome_unknown", "approved"])
    assert house.sandbox.applied() == [words]


@pytest.mark.parametrize(("whose", "when"), [("ours", "instead"), ("customers", "after")])
def test_an_answer_that_names_other_words_is_not_believed(house: House, whose: str, when: str) -> None:
    """The platform calls it done and names what stood there before: our last reply, or what somebody else wrote."""
    agency, transport = house.agency, transport_of(house.agency.app)
    (first, said), (second, words), (third, others) = approved(house, {"facebook": 3}).items()
    assert publishing.publish(agency.app, agency.scope, first, transport) == "published"
    house.sandbox.tell("misbehaviour", {"kind": "earlier_id", "who": whose, "when": when, "times": 1})
    states = publishing.publish_many(agency.app, agency.scope, [second, third], transport)
    assert states == {second: "outcome_unknown", third: "published"}, "settled together, and each by what it was told"
    assert house.sandbox.applied() == [said, *([words] if when == "after" else []), others]
    _until_published(house, second)
    assert sorted(house.sandbox.applied()) == sorted([said, words, others])
    stands = {entry["text"]: entry["result_id"] for entry in house.sandbox.ledger() if entry["outcome"] == "applied"}
    posted = [stands[one] for one in (said, words, others)]
    with house.superuser.connect() as connection:
        kept = connection.execute(text("select platform_id from reply order by id")).scalars()
        assert list(kept) == posted


def test_a_process_stopped_past_its_lease_and_continued_sends_nothing(house: House, proxy: Proxy) -> None:
    """It had looked at its lease just before; while it stood still, the words were found absent and sent by another."""
    agency = house.agency
    ((reply_id, words),) = approved(house, {"facebook": 1}).items()

    def stop(request: Request) -> Request:
        assert _until_published(house, reply_id) == ["outcome_unknown", "outcome_unknown", "approved"]
        assert request.leave_before is not None
        return replace(request, leave_before=request.leave_before - 3 * NIGHT_SECONDS)

    late = Troubled(_through(house, proxy), stop)
    assert publishing.publish(agency.app, agency.scope, reply_id, late) == "published"
    assert house.sandbox.applied() == [words]
