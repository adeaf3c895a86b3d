"""Approved replies on three platforms, and the judge: the ledger of the platforms against what was approved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from agency.replies import desk, queries
from agency.replies.reconciling import LOOKS_NEEDED, RESENDS_ALLOWED
from tests.flows.conftest import LOCATION, PAGE, PROFILE, House

ACCOUNTS = {"facebook": PAGE, "instagram": PROFILE, "google_business": LOCATION}
FOR_A_PERSON = (
    f"state = 'outcome_unknown' and resends >= {RESENDS_ALLOWED} and absent_reads >= {LOOKS_NEEDED}"
    " and state_reason is not null"
)
POLLS = 60
"""More rounds than the largest run needs to fetch what its customers wrote."""


def drafted(house: House, each: Mapping[str, int]) -> dict[UUID, str]:
    """Customers write on each platform, staff answer each with words of its own, and hand them in. The words by reply,
    platforms in turn.
    """
    _customers_write(house, each)
    wanted, found = sum(each.values()), []
    for _ in range(POLLS):
        house.poll()
        with house.superuser.connect() as connection:
            found = list(connection.execute(text("select id, platform, excerpt from conversation")))
        if len(found) == wanted:
            break
    assert len(found) == wanted, f"{len(found)} of {wanted} were fetched"
    agency, replies = house.agency, {}
    for conversation_id, platform, excerpt in sorted(found, key=lambda row: (row.excerpt.rsplit(" ", 1)[-1], row[1])):
        words = f"Answer to {platform} {excerpt.rsplit(' ', 1)[-1]}: żółć & <b>🙂</b>."
        with agency.entered(agency.staff):
            reply = desk.start_draft(agency.staff, conversation_id, words)
            desk.submit(agency.staff, reply.id)
            replies[reply.id] = words
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
