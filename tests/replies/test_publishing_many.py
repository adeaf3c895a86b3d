"""Many published together end as one after another would, by as many statements for many as for few."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.replies import claiming, publishing, settling
from agency.replies.deciding_many import Shown, approve_many
from agency.replies.policy_models import ApprovalPolicy
from agency.replies.policy_terms import read_terms, terms_to_data
from agency.replies.rehearsing import rehearse
from agency.replies.settling_many import settle_published
from agency.replies.settling_unclear import settle_unclear
from channels.allowances import Ask
from channels.errors import ChannelError, NotSent, OutcomeUnknown, PlatformDown, RateLimited, TokenRevoked, WritesPaused
from channels.items import PublishedReply
from channels.protocol import Answer, Request
from channels.scripted_transport import ScriptedTransport, json_answer
from tenants import clock
from tenants.database import db
from tenants.scope import in_scope, raw_sql
from tests.factories import Agency, Factory
from tests.replies.conftest import Case
from tests.replies.many import copies

REFUSED = json_answer({"error": {"message": "(#1) no", "type": "OAuthException", "code": 1609005}}, 400)


class Pages:
    """Facebook as far as comments are answered: what was posted beneath which comment, and what it says to some."""

    def __init__(self) -> None:
        self.posted: Counter[str] = Counter()
        self.says: dict[str, Answer | ChannelError] = {}
        self.on_post: Callable[[], object] | None = None
        self._lock = threading.Lock()
        self.transport = ScriptedTransport(self._answer)

    def _answer(self, request: Request) -> Answer | ChannelError:
        assert request.method == "POST"
        comment = request.path.split("/")[-2]
        if self.on_post is not None:
            self.on_post()
        with self._lock:
            self.posted[comment] += 1
            number = 9000 + self.posted.total()
        return self.says.get(comment) or json_answer({"id": str(number)})


@pytest.fixture
def pages() -> Pages:
    return Pages()


def approved(case: Case, count: int, words: str = "Thank you, we are looking into it.") -> list[UUID]:
    """So many replies to comments at one account, all with a yes, in the order of their approvals."""
    first = case.draft(words)
    case.do("submit", first)
    ids = [first, *copies(case.superuser, first, count - 1)]
    row, owner = case.row(first), case.agency.client_owner
    with case.agency.entered(owner):
        decided = approve_many(owner, [Shown(one, row.text_hash, row.state_since) for one in ids])
    assert len(decided.approved) == count
    with case.superuser.connect() as connection:
        return list(connection.execute(text("select reply_id from approval order by created_at, id")).scalars())[
            -count:
        ]


def publish_many(case: Case, reply_ids: Sequence[UUID], pages: Pages) -> dict[UUID, str]:
    return publishing.publish_many(case.agency.app, case.agency.scope, reply_ids, pages.transport)


def comment_of(superuser: Engine, reply_id: UUID) -> str:
    with superuser.connect() as connection:
        wanted = text("select in_reply_to_external_id from reply where id = :id")
        return str(connection.execute(wanted, {"id": reply_id}).scalar_one())


TOLD = (
    "select to_jsonb(r) from reply r where id = :id",
    "select to_jsonb(a) from publish_attempt a where reply_id = :id order by created_at",
    "select to_jsonb(c) from conversation c where id = (select conversation_id from reply where id = :id)",
    "select to_jsonb(m) from message m where reply_id = :id",
    "select to_jsonb(w) from sent_wording w where reply_id = :id",
    "select jsonb_build_object('stems', jsonb_agg(stem order by stem)) from answered_word where reply_id = :id",
    "select to_jsonb(p) from customer_promise p where reply_id = :id",
    "select to_jsonb(a) from approval a where reply_id = :id",
    "select to_jsonb(l) from brand_audit l where subject_id = cast(:id as text) and actor_id is null order by number",
    "select to_jsonb(o) from outbox_entry o where ids ->> 'reply_id' = cast(:id as text) order by id",
    "select to_jsonb(n) from notice n where subject_id = :id and kind <> 'reply_awaits_you' order by kind",
)
OWN = {"id", "reply_id", "reply_text_id", "text_id", "conversation_id", "in_reply_to_id", "subject_id", "ids"}
OWN |= {"message_id", "wording_id", "request_id", "in_reply_to_external_id", "external_id", "parent_external_id"}
OWN |= {"target_fingerprint", "platform_id", "number", "hash", "actor_salt", "words_salt", "path", "attempts"}
OWN |= {"version", "rank", "rank_reasons", "facts", "content_hash"}
ONE_REPLY = 42
"""Statements for one reply, its promise left out; it was 64 with it."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")


def told(superuser: Engine, reply_id: UUID) -> list[dict[str, Any]]:
    """What stands everywhere about a reply, without ids and times of its own."""
    with superuser.connect() as connection:
        rows = [row for sql in TOLD for row in connection.execute(text(sql), {"id": reply_id}).scalars()]
    return [{name: _timeless(value) for name, value in row.items() if name not in OWN} for row in rows]


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _timeless(one) for name, one in value.items()}
    return "a moment" if isinstance(value, str) and MOMENT.match(value) else value


def _change(superuser: Engine, sql: str, reply_id: UUID) -> None:
    with superuser.begin() as connection:
        connection.execute(text(sql), {"id": reply_id})


_ANSWERED = "where id = (select in_reply_to_id from reply where id = :id)"
CHANGED = {
    "as it is": "select 1",
    "deleted": f"update message set deleted_at = now(), text = '' {_ANSWERED}",
    "changed": f"update message set content_hash = 'other' {_ANSWERED}",
    "later": "update reply set not_before = now() + interval '1 hour', not_before_because = 'chosen' where id = :id",
    "tried lately": "update reply set next_try_at = now() + interval '1 hour' where id = :id",
    "voided": "update approval set voided_at = now() where reply_id = :id",
    "other target": "update reply set target_fingerprint = 'other' where id = :id",
    "by newer policy": "update approval set decision = 'released' where reply_id = :id",
}
SAID: dict[str, Answer | ChannelError] = {
    "refused": REFUSED,
    "unknown": OutcomeUnknown("no answer in time"),
    "not sent": NotSent("no connection"),
}


def _policy(agency: Agency) -> None:
    """The client wants to see everything, since a while."""
    with agency.entered():
        db.session.add(
            ApprovalPolicy(
                agency_id=agency.id,
                brand_id=agency.brand_ids[0],
                number=7,
                state="in_force",
                terms=terms_to_data(read_terms({"needs": "all"})),
                signed_how="as_before",
                put_in_force_at=clock.now(),
            )
        )


def test_together_each_ends_as_it_would_alone(case: Case, make: Factory, pages: Pages) -> None:
    """A mixture drawn anew each time; the same once together, once one after another."""
    draw = random.Random(seed := random.randrange(10**6))
    mixture = [*CHANGED, *SAID, *draw.choices([*CHANGED, *SAID], k=1)]
    draw.shuffle(mixture)
    ids = approved(case, 2 * len(mixture), "We are looking into it and will write to you within 24 hours.")
    parked = Case(case.agency, make.conversation(case.agency), case.superuser)
    waiting = approved(parked, 4)
    with case.superuser.begin() as connection:
        connection.execute(
            text(
                "update account a set health = 'needs_reconnect' from reply r where r.account_id = a.id and r.id = :id"
            ),
            {"id": waiting[0]},
        )
    pairs = [*zip(ids[::2], ids[1::2], strict=True), *zip(waiting[::2], waiting[1::2], strict=True)]
    for word, both in zip(mixture, pairs, strict=False):
        for reply_id in both:
            if word in SAID:
                pages.says[comment_of(case.superuser, reply_id)] = SAID[word]
            else:
                _change(case.superuser, CHANGED[word], reply_id)
    _policy(case.agency)
    together = publish_many(case, [one for one, _other in pairs], pages)
    alone = {other: case.publish(other, pages.transport) for _one, other in pairs}
    for word, (one, other) in zip([*mixture, "parked", "parked"], pairs, strict=True):
        assert together[one] == alone[other], (seed, word)
        assert told(case.superuser, one) == told(case.superuser, other), (seed, word)
    assert set(pages.posted.values()) == {1}


@pytest.mark.parametrize("decision", ["approved", "released"])
def test_it_takes_as_many_statements_for_many(
    case: Case, pages: Pages, statements: Callable[[], list[str]], decision: str
) -> None:
    ids = approved(case, 8)
    with case.superuser.begin() as connection:
        connection.execute(text("update approval set decision = :decision"), {"decision": decision})
    counts = []
    for some in (ids[:1], ids[1:2], ids[2:4], ids[4:]):
        statements()
        assert set(publish_many(case, some, pages).values()) == {"published"}
        counts.append(len(statements()))
    assert counts[2] == counts[3], counts
    assert counts[1] <= ONE_REPLY, counts


@pytest.mark.parametrize("ends", ["outcome_unknown", "published"])
def test_of_one_conversation_one_leaves_after_another(case: Case, pages: Pages, ends: str) -> None:
    first, second, other = approved(case, 3)
    with case.superuser.begin() as connection:
        for sql in (
            "update message set conversation_id = (select conversation_id from reply where id = :first) "
            "where id = (select in_reply_to_id from reply where id = :second)",
            "update reply set conversation_id = (select conversation_id from reply where id = :first) "
            "where id = :second",
        ):
            connection.execute(text(sql), {"first": first, "second": second} if ":first" in sql else {"second": second})
    if ends == "outcome_unknown":
        pages.says[comment_of(case.superuser, first)] = OutcomeUnknown("no answer in time")
    states = publish_many(case, [second, other, first], pages)
    follows = ends == "published"
    assert states == {first: ends, second: "published" if follows else "skipped", other: "published"}
    assert pages.posted[comment_of(case.superuser, second)] == follows
    assert follows or case.row(second).state_reason, "it says whom it follows"


@pytest.mark.parametrize("said", [RateLimited(120, "account"), WritesPaused("writes")])
def test_an_account_that_is_held_back_sends_nothing_more(case: Case, pages: Pages, said: ChannelError) -> None:
    ids = approved(case, 4)
    pages.says[comment_of(case.superuser, ids[1])] = said
    states = publish_many(case, ids, pages)
    assert [states[one] for one in ids] == ["published", "approved", "approved", "approved"]
    assert pages.posted.total() == 2
    assert case.promises("publish_reply") == 4 + 3, "each is tried again by itself"


def test_one_account_gets_no_more_at_once_than_its_lease_lasts_for(
    case: Case, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "MOST_OF_ACCOUNT", 2)
    ids = approved(case, 5)
    assert publish_many(case, ids, pages) == dict.fromkeys(ids, "published")
    with case.superuser.connect() as connection:
        wanted = "select count(*) from reply group by sent_at order by sent_at"
        assert list(connection.execute(text(wanted)).scalars()) == [2, 2, 1]


def test_answers_to_reviews_are_written_down_together(case: Case, make: Factory) -> None:
    """An answer has the review's own name, and words of that name stand there."""
    account_id = make.account(case.agency, platform="google_business")
    review = make.conversation(
        case.agency, account_id=account_id, platform="google_business", kind="review", stars=2, text="Cold soup."
    )
    ids = approved(Case(case.agency, review, case.superuser), 4)
    named = [(one, fence, review_answer(case, one)) for one, fence in claimed(case, ids).items()]
    with in_scope(case.agency.app, case.agency.scope):
        assert settling.settle(*named[0]) == "published"
    with in_scope(case.agency.app, case.agency.scope):
        assert settle_published(named[1:]) == {one[0] for one in named[1:]}
    assert told(case.superuser, named[0][0]) == told(case.superuser, named[1][0])


def review_answer(case: Case, reply_id: UUID) -> PublishedReply:
    return PublishedReply(comment_of(case.superuser, reply_id), None, "published")


def claimed(case: Case, ids: Sequence[UUID]) -> dict[UUID, int]:
    with in_scope(case.agency.app, case.agency.scope):
        return {one.reply_id: one.fence for one in claiming.claim_many(ids, time.monotonic()).claimed}


def blocked(superuser: Engine, but: Collection[int] = ()) -> int:
    """The server process of somebody who waits for a row that another transaction holds."""
    wanted = text("select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")
    for _ in range(6000):
        with superuser.connect() as connection:
            found = set(connection.execute(wanted).scalars()) - set(but)
        if found:
            return found.pop()
        time.sleep(0.01)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize("together", [True, False])
def test_whoever_settles_holds_wordings_before_counters(case: Case, app: Flask, *, together: bool) -> None:
    """Else one who settles alone and one who settles many wait for each other."""
    ((reply_id, fence),) = claimed(case, approved(case, 1)).items()
    answer = PublishedReply("9001", None, "published")

    def settle() -> None:
        with in_scope(app, case.agency.scope):
            if together:
                assert settle_published([(reply_id, fence, answer)]) == {reply_id}
            else:
                assert settling.settle(reply_id, fence, answer) == "published"

    with ThreadPoolExecutor(1) as other, case.superuser.connect() as holder:
        holder.execute(text("select from queue_counter for update"))
        done = other.submit(settle)
        held = text("select relation::regclass::text from pg_locks where pid = :pid and mode = 'RowExclusiveLock'")
        tables = set(holder.execute(held, {"pid": blocked(case.superuser)}).scalars())
        holder.rollback()
        done.result()
    assert "wording" in tables
    assert "account" not in tables, "accounts come last"


def test_whoever_claims_answers_of_several_brands_holds_counters_in_one_order(
    make: Factory, ana: Agency, superuser: Engine, app: Flask
) -> None:
    """Answers that waited for their time lose a sign each, in the order of replies, and a sign counts: who claims
    others of the same brands at that moment would wait in a circle.
    """
    lower, higher = sorted(range(2), key=lambda place: ana.brand_ids[place])
    ids = []
    for brand in (higher, lower):  # the first reply is of the brand whose counter comes last
        make.policy(ana, ana.brand_ids[brand], needs="none")
        case = Case(ana, make.conversation(ana, brand=brand), superuser)
        ids.append(case.draft(actor="team_lead"))
        case.do("release", ids[-1], actor="team_lead")
    with superuser.begin() as connection:
        waited = "update reply set not_before = now() - interval '1 second', not_before_because = 'chosen'"
        connection.execute(text(waited))

    def claim() -> set[UUID]:
        with in_scope(app, ana.scope):
            for way in ("indexscan", "bitmapscan"):  # by which index they are found is the planner's, and its order
                db.session.execute(raw_sql(f"set local enable_{way} = off", reason="as they lie in the table"))
            return {one.reply_id for one in claiming.claim_many(ids, time.monotonic()).claimed}

    counter = text("select count(*) from (select from queue_counter where brand_id = :id for update skip locked) free")
    with ThreadPoolExecutor(1) as other, superuser.connect() as holder, superuser.connect() as looks:
        held = text("select from queue_counter where brand_id = :id for update")
        holder.execute(held, {"id": ana.brand_ids[lower]})
        claims = other.submit(claim)
        blocked(superuser)
        is_free = looks.execute(counter, {"id": ana.brand_ids[higher]}).scalar_one()
        holder.rollback()
        looks.rollback()
        assert claims.result() == set(ids)
    assert is_free == 1, "it holds a later one and waits for an earlier one"


def test_what_the_database_broke_off_is_written_down_once_more(case: Case, pages: Pages) -> None:
    """Together, alone, and alone again: an answer that is known does not wait for the end of its lease."""
    (reply_id,) = approved(case, 1)
    with ThreadPoolExecutor(1) as other, case.superuser.connect() as holder:
        pages.on_post = lambda: holder.execute(text("select from queue_counter for update"))
        done = other.submit(publish_many, case, [reply_id], pages)
        ended: list[int] = []
        for _ in range(2):
            ended.append(blocked(case.superuser, ended))
            holder.execute(text("select pg_terminate_backend(:pid)"), {"pid": ended[-1]})
        blocked(case.superuser, ended)
        holder.rollback()
        assert done.result() == {reply_id: "published"}
    assert pages.posted.total() == 1


UNCLEAR: tuple[ChannelError, ...] = (
    OutcomeUnknown("no answer in time"),
    NotSent("no connection"),
    PlatformDown("502"),
    RateLimited(400, "account"),
    TokenRevoked("quota_zero"),
    TokenRevoked("token_invalid"),
)


def test_what_did_not_plainly_arrive_ends_together_as_alone(case: Case, statements: Callable[[], list[str]]) -> None:
    ids = approved(case, 3 * len(UNCLEAR) + 2)
    fences = claimed(case, ids)
    taken: list[int] = []
    triples = list(zip(ids[::3], ids[1::3], ids[2::3], strict=False))
    for error, (alone, *others) in zip(UNCLEAR, triples, strict=False):
        others += ids[-2:] if error is UNCLEAR[0] else []
        with in_scope(case.agency.app, case.agency.scope):
            state = settling.settle(alone, fences[alone], error)
        statements()
        with in_scope(case.agency.app, case.agency.scope):
            states = settle_unclear([(one, fences[one], error) for one in others])
        taken.append(len(statements()))
        assert states == dict.fromkeys(others, state), error
        assert told(case.superuser, alone) == told(case.superuser, others[0]), error
    assert taken[0] <= taken[1], "four take no more than two"


@pytest.mark.parametrize("whose", ["customer", "earlier"])
def test_a_name_that_is_known_is_not_believed(case: Case, pages: Pages, whose: str) -> None:
    first, second = approved(case, 2)
    named = comment_of(case.superuser, second) if whose == "customer" else "9000"
    pages.says[comment_of(case.superuser, first)] = json_answer({"id": named})
    pages.says[comment_of(case.superuser, second)] = json_answer({"id": named})
    states = publish_many(case, [first, second], pages)
    assert sorted(states.values()) == (
        ["outcome_unknown"] * 2 if whose == "customer" else ["outcome_unknown", "published"]
    )


def test_what_was_lost_once_goes_alone(case: Case, pages: Pages) -> None:
    lost, *others = approved(case, 3)
    _change(case.superuser, "update reply set resends = 1 where id = :id", lost)
    assert publish_many(case, [lost, *others], pages) == dict.fromkeys([lost, *others], "published")
    with case.superuser.connect() as connection:
        wanted = "select array_agg(reply_id) from publish_attempt group by created_at order by created_at"
        together, alone = connection.execute(text(wanted)).scalars()
    assert (set(together), alone) == (set(others), [lost])


def test_a_rehearsal_leaves_words_and_nothing_else(case: Case, app: Flask, pages: Pages) -> None:
    reply_id = case.approved()
    before = told(case.superuser, reply_id)
    with app.app_context():
        kept = db.engine._compiled_cache
    assert kept is not None
    kept.clear()
    rehearse(app)
    in_words = len(kept)
    assert in_words >= 7
    rehearse(app)
    assert (len(kept), told(case.superuser, reply_id)) == (in_words, before)
    assert case.publish(reply_id, pages.transport) == "published"
    assert len(kept) - in_words <= 22, "what is left is plain text, which costs little to put into words"


def test_what_finds_no_room_at_a_platform_waits_its_turn_and_nothing_is_asked(case: Case, make: Factory) -> None:
    account_id = make.account(case.agency, platform="google_business", credential="1//refresh")
    case.conversation_id = make.conversation(
        case.agency, account_id=account_id, platform="google_business", kind="review", stars=5, text="Great!"
    )
    first, second, third = approved(case, 3)
    said: dict[str, Any] = {}
    rooms: list[int] = []

    def google(request: Request) -> Answer:
        name = request.path.removesuffix("/reply").rsplit("/", 1)[-1]
        if request.method == "PUT":
            assert request.json is not None
            said[name] = {"comment": request.json["comment"], "updateTime": "2099-01-01T00:00:00Z"}
            return json_answer(said[name])
        at = "2020-01-01T00:00:00Z"
        return json_answer({"name": "n", "reviewId": name, "starRating": "FIVE", "createTime": at, "updateTime": at})

    def room(asks: Sequence[Ask]) -> list[float]:
        rooms.append(len(asks))
        return [0.0 if place == 0 and len(rooms) == 1 else 7.0 * place for place in range(len(asks))]

    def go(ids: list[UUID]) -> dict[UUID, str]:
        agency, transport = case.agency, ScriptedTransport(google)
        return publishing.publish_many(agency.app, agency.scope, ids, transport, room=room)

    assert go([first, second, third]) == {first: "published", second: "skipped", third: "skipped"}
    assert (len(said), rooms) == (1, [3])
    with case.superuser.connect() as connection:
        waits = connection.execute(
            text(
                "select r.trouble, extract(epoch from r.next_try_at - min(r.next_try_at) over ()),"
                " o.run_at = r.next_try_at,"
                " (select count(*) from publish_attempt where reply_id = r.id) from reply r join outbox_entry o"
                " on o.ids ->> 'reply_id' = r.id::text and o.job_name = 'publish_reply' and o.run_at > now()"
                " where r.state = 'approved' order by r.next_try_at"
            )
        ).all()
    assert [tuple(one) for one in waits] == [("in_turn", 0, True, 0), ("in_turn", 5, True, 0)], (
        "7 s and 14 s, in bunches"
    )
    assert go([second, third]) == {second: "skipped", third: "skipped"}, "a promise of before sends nothing sooner"
    assert rooms == [3]
