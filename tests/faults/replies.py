"""Approved replies on three platforms, and the judge: the ledger of the platforms against what was approved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from agency.replies import deciding_many, desk, queries
from agency.replies.deciding_many import MOST_AT_ONCE, Shown
from agency.replies.reconciling import LOOKS_NEEDED, RESENDS_ALLOWED
from tests.flows.conftest import LOCATION, PAGE, PROFILE, House

ACCOUNTS = {"facebook": PAGE, "instagram": PROFILE, "google_business": LOCATION}
FOR_A_PERSON = (
    f"state = 'outcome_unknown' and resends >= {RESENDS_ALLOWED} and absent_reads >= {LOOKS_NEEDED}"
    " and state_reason is not null"
)
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
    """As `approved`, for thousands: the first of each platform is written by staff, others are put beside it as they
    would have written them, and the client says yes to hundreds by one press.
    """
    asked = _asked(house, each)
    replies = dict(_write(house, asked[: len(each)]))
    with house.superuser.begin() as connection:
        for statement in _AS_WRITTEN.split(";\n"):
            connection.execute(text(statement))
        rows = connection.execute(text("select reply_id, words from written where not is_first"))
        replies |= {row[0]: str(row[1]) for row in rows}
    with house.superuser.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("analyze"))  # as autovacuum would have, had they been written one after another
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
    assert (waits, len(replies), len(shown)) == (0, len(asked), len(asked)), "not everything was approved"
    return replies


_AS_WRITTEN = """
create temporary table written on commit drop as
select c.id as case_id, m.id as message_id, first.id as first_id, first.conversation_id = c.id as is_first,
    gen_random_uuid() as reply_id, gen_random_uuid() as text_id,
    format('Answer to %s %s: żółć & <b>🙂</b>.', c.platform, substring(c.excerpt from '[^ ]+$')) as words
from conversation c
join message m on m.conversation_id = c.id and m.direction = 'in'
join reply first on first.platform = c.platform;
insert into reply select (jsonb_populate_record(r, jsonb_build_object('id', w.reply_id, 'text_id', w.text_id,
    'conversation_id', c.id, 'in_reply_to_id', m.id, 'in_reply_to_external_id', m.external_id,
    'in_reply_to_content_hash', m.content_hash, 'thread_external_id', c.external_id,
    'target_fingerprint', sha256(convert_to(concat_ws(chr(10), r.brand_id, r.account_id, m.external_id,
        encode(m.content_hash, 'hex')), 'utf8'))))).*
    from written w join reply r on r.id = w.first_id join conversation c on c.id = w.case_id
    join message m on m.id = w.message_id where not w.is_first;
insert into reply_text select (jsonb_populate_record(t, jsonb_build_object('id', w.text_id, 'reply_id', w.reply_id,
    'text', w.words, 'text_hash', encode(sha256(convert_to(w.words, 'utf8')), 'hex'), 'passed', null))).*
    from written w join reply r on r.id = w.first_id join reply_text t on t.id = r.text_id where not w.is_first;
insert into approval_request select (jsonb_populate_record(q, jsonb_build_object('id', gen_random_uuid(),
    'reply_id', w.reply_id, 'reply_text_id', w.text_id, 'text_hash', t.text_hash,
    'target_fingerprint', r.target_fingerprint))).*
    from written w join approval_request q on q.reply_id = w.first_id join reply r on r.id = w.reply_id
    join reply_text t on t.id = w.text_id where not w.is_first;
update conversation c set reply_state = f.reply_state, holder_id = f.holder_id, holder_name = f.holder_name,
    held_since = f.held_since, held_until = f.held_until
    from written w join reply r on r.id = w.first_id join conversation f on f.id = r.conversation_id
    where c.id = w.case_id
"""
"""The judge reads words, not who typed them; everything after the yes goes its ordinary way."""


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
