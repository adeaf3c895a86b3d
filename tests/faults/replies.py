"""Approved replies on three platforms, and the judge: the ledger of the platforms against what was approved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from uuid import UUID

from sqlalchemy import text

from agency.replies import deciding_many, desk, queries
from agency.replies.deciding_many import MOST_AT_ONCE, Shown
from agency.replies.reconciling import LOOKS_NEEDED, RESENDS_ALLOWED
from tenants.database import db
from tests.flows.conftest import LOCATION, PAGE, PROFILE, House

ACCOUNTS = {"facebook": PAGE, "instagram": PROFILE, "google_business": LOCATION}
FOR_A_PERSON = (
    f"state = 'outcome_unknown' and resends >= {RESENDS_ALLOWED} and absent_reads >= {LOOKS_NEEDED}"
    " and state_reason is not null"
)
WRITERS = 2
TOGETHER = 10
"""Replies written in one transaction: a commit costs more than a reply."""
Asked = tuple[UUID, str, str]
"""A conversation, its platform, what the customer wrote."""
POLLS = 60
"""More rounds than the largest run needs to fetch what its customers wrote."""


def drafted(house: House, each: Mapping[str, int]) -> dict[UUID, str]:
    """Customers write on each platform, staff answer each with words of its own, and hand them in. The words by reply,
    platforms in turn.
    """
    return dict(_write(house, _asked(house, each)))


def _asked(house: House, each: Mapping[str, int]) -> list[Asked]:
    """Conversations in which customers wrote, platforms in turn."""
    _customers_write(house, each)
    found: list[Asked] = []
    wanted = sum(each.values())
    for _ in range(POLLS):
        house.poll()
        with house.superuser.connect() as connection:
            rows = connection.execute(text("select id, platform, excerpt from conversation")).all()
        found = [(row[0], str(row[1]), str(row[2])) for row in rows]
        if len(found) == wanted:
            break
    assert len(found) == wanted, f"{len(found)} of {wanted} were fetched"
    return sorted(found, key=lambda row: (row[2].rsplit(" ", 1)[-1], row[1]))


def _write(house: House, asked: Sequence[Asked]) -> list[tuple[UUID, str]]:
    agency, replies = house.agency, []
    for start in range(0, len(asked), TOGETHER):
        with agency.entered(agency.staff):
            for conversation_id, platform, excerpt in asked[start : start + TOGETHER]:
                words = f"Answer to {platform} {excerpt.rsplit(' ', 1)[-1]}: żółć & <b>🙂</b>."
                reply = desk.start_draft(agency.staff, conversation_id, words)
                desk.submit(agency.staff, reply.id)
                replies.append((reply.id, words))
    return replies


def _customers_write(house: House, each: Mapping[str, int]) -> None:
    items = []
    for platform, count in each.items():
        account = {"platform": platform, "account": ACCOUNTS[platform]}
        if platform == "google_business":
            line = {"kind": "review", "stars": 3}
        else:
            post = house.sandbox.tell("posts", {**account, "text": "Tell us."})["external_id"]
            line = {"kind": "comment", "post": post}
        items += [
            {**account, **line, "author": f"Customer {number}", "text": f"Question {number:05}"}
            for number in range(count)
        ]
    for start in range(0, len(items), 500):
        house.sandbox.tell("items", items[start : start + 500])


def many_approved(house: House, each: Mapping[str, int]) -> dict[UUID, str]:
    """As `approved`, for thousands: two processes write, and the client says yes to hundreds by one press."""
    asked = _asked(house, each)
    with ProcessPoolExecutor(WRITERS, get_context("fork"), _begin_writing, (house,)) as crew:
        parts = [crew.submit(_write_here, asked[start::WRITERS]) for start in range(WRITERS)]
        replies = {reply_id: words for part in parts for reply_id, words in part.result()}
    owner = house.agency.client_owner
    with house.superuser.connect() as connection:
        waiting = connection.execute(
            text("select r.id, t.text_hash, r.state_since from reply r join reply_text t on t.id = r.text_id")
        ).all()
    shown = [Shown(*row) for row in waiting]
    for start in range(0, len(shown), MOST_AT_ONCE):
        with house.agency.entered(owner):
            deciding_many.approve_many(owner, shown[start : start + MOST_AT_ONCE])
    waits = house.scalar("select count(*) from reply where state <> 'approved'")
    assert not waits, f"{waits} were not approved"
    return replies


_here: list[House] = []


def _begin_writing(house: House) -> None:
    """In a process that was forked: its parent's connections are not its own."""
    with house.agency.app.app_context():
        db.engine.dispose(close=False)
    _here.append(house)


def _write_here(asked: Sequence[Asked]) -> list[tuple[UUID, str]]:
    return _write(_here[0], asked)


def approve(house: House, reply_id: UUID) -> None:
    """The client says yes."""
    owner = house.agency.client_owner
    with house.agency.entered(owner):
        desk.approve(owner, reply_id, queries.get_reply(reply_id).text_hash)


def approved(house: House, each: Mapping[str, int]) -> dict[UUID, str]:
    """As `drafted`, and the client said yes to all."""
    replies = drafted(house, each)
    for reply_id in replies:
        approve(house, reply_id)
    return replies


@dataclass(frozen=True)
class Verdict:
    """What became of approved replies. Whatever is not zero, but the first two, is a fault of ours."""

    publishes: int
    for_a_person: int
    duplicates: int
    lost: int
    """Published by our word and not by the ledger's; or neither published, nor a person's, nor on its way."""
    never_approved: int
    """Words in the ledger that nobody approved."""
    unsettled: int

    @property
    def is_good(self) -> bool:
        return not (self.duplicates or self.lost or self.never_approved or self.unsettled)


def judge(house: House, replies: Mapping[UUID, str]) -> Verdict:
    """The ledger has the last word."""
    applied = Counter(house.sandbox.applied())
    with house.superuser.connect() as connection:
        rows = connection.execute(text(f"select id, state, {FOR_A_PERSON} as for_a_person from reply")).all()
    states = {row.id: "for_a_person" if row.for_a_person else row.state for row in rows}
    counted = Counter(states[reply_id] for reply_id in replies)
    on_its_way = ("approved", "publishing", "outcome_unknown")
    ended = [reply_id for reply_id in replies if states[reply_id] not in (*on_its_way, "for_a_person")]
    lost = [r for r in ended if states[r] != "published" or not applied[replies[r]]]
    return Verdict(
        len(replies),
        counted["for_a_person"],
        sum(times - 1 for times in applied.values() if times > 1),
        len(lost),
        len(set(applied) - set(replies.values())),
        sum(counted[state] for state in on_its_way),
    )


def settled(house: House) -> int:
    """How many are published or a person's."""
    return int(house.scalar(f"select count(*) from reply where state = 'published' or ({FOR_A_PERSON})"))
