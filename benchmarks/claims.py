"""100 people who reach for the same cases, and a draft kept as it is typed, against the bare statements.

Method: cases of 20 brands, open and free. Every case is reached for by several people at once, by as many threads as
the database gets connections. Ours is `agency.inbox.desk.claim` as a page calls it, as the application's role with
row-level security on, a commit each: rules, the record, the counters, and for whoever is late the words of who was
first. The floor is the same attempts by the same number of threads as one conditional UPDATE each by the superuser
and, for whoever is late, one read of the holder; the counters' triggers stay on. The answer is wrong where a case has
no winner or two, where somebody late is told another name, where an error is any other, or where the record does not
tell of every claim once. Keeping a draft is `agency.replies.keeping.keep` with new words each time, by the person who
has the case, against an UPDATE of those columns by the row's key.

And over HTTP: 100 people with a session and a connection each, on a thread each, press the page's own button at the
product's web server, everybody for their cases one after the other. What a person is told is read from what the answer
puts into their session for the next page. Each person is a thread here, so the generator is part of what is measured.
"""

from __future__ import annotations

import base64
import random
import re
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
from flask import Flask
from sqlalchemy import select

from agency.inbox import desk
from agency.inbox.models import Conversation
from agency.replies import desk as replies_desk
from agency.replies import keeping
from agency.web.who import cookie_name
from benchmarks.http_client import Answer, Client
from benchmarks.pressing import BRANDS, CASES_SQL
from benchmarks.rounds import LEAST_ROUNDS, Line, WrongAnswer, count, line, median_ms, paired
from benchmarks.scratch import Database, Scratch
from tenants import models, sessions
from tenants.database import db, new_id
from tenants.errors import Conflict
from tenants.permissions import Actor, Role
from tenants.scope import Scope, in_scope

PEOPLE = 100
THREADS = 10
"""As many connections as one process of the product has."""
CASES = {"tiny": 100, "small": 200, "full": 1_000}
REACHED_BY = 3
"""So many people reach for each case."""
SAVES = {"tiny": 10, "small": 50, "full": 100}
TEXT = "Thank you for telling us. We look into it today and write again before six. " * 4

MESSAGES_SQL = """
insert into message (agency_id, id, brand_id, conversation_id, account_id, external_id, direction, author_name, text,
    written_at, content_hash)
select agency_id, uuidv7(), brand_id, id, account_id, external_id, 'in', author_name, excerpt, last_message_at,
    sha256(external_id::bytea)
from conversation
"""

Attempt = tuple[int, UUID]
"""A person's number and the case they reach for."""
Outcome = tuple[Attempt, int | None]
"""An attempt and whose number it was told; None for its own."""

TAKE = (
    "update conversation set holder_id = %(me)s, holder_name = %(name)s, held_since = now(), looked_at = now(), "
    "held_until = now() + interval '30 minutes', version = version + 1 "
    "where id = %(case)s and (holder_id is null or held_until < now()) returning holder_id"
)
WHO = "select holder_id from conversation where id = %(case)s"
FREE = "update conversation set holder_id = null, holder_name = null, held_since = null, held_until = null"


def claim_race(scratch: Scratch, size: str) -> list[Line]:
    """Lines of the benchmark `claim_race`."""
    database = scratch.database("claims")
    app = database.base_app()
    agency_id = _filled(database, app, CASES[size])
    people = [Actor(new_id(), f"Person {n}", Role.STAFF, agency_id, None) for n in range(PEOPLE)]
    numbers = {actor.user_id: number for number, actor in enumerate(people)}
    with in_scope(app, people[0].scope):
        ids = list(db.session.scalars(select(Conversation.id).order_by(Conversation.id)))
    attempts = _attempts(ids, REACHED_BY)

    def ours() -> float:
        _set_free(database)

        def reach(attempt: Attempt) -> int | None:
            actor = people[attempt[0]]
            try:
                with in_scope(app, actor.scope):
                    desk.claim(actor, attempt[1])
            except Conflict as refused:
                if refused.code != "held" or refused.fields["holder_name"] not in refused.message:
                    raise
                return numbers[UUID(str(refused.fields["holder_id"]))]
            return None

        taken, outcomes = _race(attempts, lambda: reach)
        _check(outcomes, ids)
        with database.superuser() as connection:
            records = connection.execute(
                "select count(*), count(distinct subject_id) from brand_audit where action = 'conversation.claim'"
            ).fetchone()
        if records != (len(ids), len(ids)):
            raise WrongAnswer(f"the record tells of {records} claims of {len(ids)} cases")
        return taken

    def floor() -> float:
        _set_free(database)

        def connected() -> Callable[[Attempt], int | None]:
            connection = database.superuser()

            def reach(attempt: Attempt) -> int | None:
                actor = people[attempt[0]]
                values = {"me": actor.user_id, "name": actor.name, "case": attempt[1]}
                if connection.execute(TAKE, values).fetchone() is not None:
                    return None
                row = connection.execute(WHO, values).fetchone()
                return numbers[row[0]] if row else -1

            return reach

        taken, outcomes = _race(attempts, connected)
        _check(outcomes, ids)
        return taken

    rounds = 1 if size == "tiny" else LEAST_ROUNDS
    if size != "tiny":
        ours(), floor()
    pairing = paired(ours, floor, rounds=rounds)
    lines = [
        line(
            f"{PEOPLE} people reach for {len(ids):,} cases, {len(attempts):,} times",
            pairing,
            "s",
            against="a conditional UPDATE each, and who has it for the late",
            winners=len(ids),
            told=len(attempts) - len(ids),
            each_ms=round(pairing.ours / len(attempts) * 1000, 2),
        )
    ]
    lines.append(_over_http(database, app, people, attempts, ids))
    lines.append(_draft_kept(database, app, people[0], ids[0], size))
    return lines


def _over_http(
    database: Database, app: Flask, people: Sequence[Actor], attempts: Sequence[Attempt], ids: Sequence[UUID]
) -> Line:
    """All people at once at the product's web server."""
    _set_free(database)
    with app.app_context():
        for actor in people:
            mail = f"{actor.user_id.hex}@bench.example"
            db.session.add(models.Person(id=actor.user_id, email=mail, name=actor.name))
        db.session.flush()
        for actor in people:
            db.session.add(
                models.Membership(
                    agency_id=actor.agency_id, person_id=actor.user_id, role=actor.role.value, all_brands=True
                )
            )
        tokens = [sessions.start(actor.user_id, agency_id=actor.agency_id) for actor in people]
        db.session.commit()
    outcomes: list[Outcome] = []
    waits: list[float] = []
    name = cookie_name(database.settings())

    def press(client: Client, person: int, form_token: str) -> None:
        cookies = dict(client.cookies)
        for case in [case for number, case in attempts if number == person]:
            client.cookies = dict(cookies)  # what the last answer said was read
            began = time.perf_counter()
            answer = client.post(f"/conversations/{case}/claim", {"csrf_token": form_token})
            waits.append(time.perf_counter() - began)
            outcomes.append(((person, case), _told_by(answer)))

    with database.product() as url:
        presses = []
        for person, token in enumerate(tokens):
            client = Client(url, {name: token})
            page = client.get("/inbox").body.decode()
            form_token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
            presses.append(partial(press, client, person, form_token))
        taken = _all_at_once(presses)
    _check(outcomes, ids)
    return count(
        f"{PEOPLE} people at once over HTTP, {len(ids):,} cases, {len(attempts):,} presses",
        round(taken, 2),
        "s",
        winners=sum(told is None for _, told in outcomes),
        told=sum(told is not None for _, told in outcomes),
        each_second=round(len(attempts) / taken),
        p95_ms=round(sorted(waits)[int(len(waits) * 0.95)] * 1000),
    )


def _told_by(answer: Answer) -> int | None:
    """Whose number the next page will name as the case's holder; None where it has nothing to say."""
    if answer.status != 303:
        raise WrongAnswer(f"a claim was answered {answer.status}")
    found = _SESSION.search(answer.headers.get("set-cookie", ""))
    if found is None:
        return None
    packed, is_pressed = found[2], bool(found[1])
    words = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    named = re.search(r"Person (\d+) has this case", (zlib.decompress(words) if is_pressed else words).decode())
    return int(named[1]) if named else None


_SESSION = re.compile(r"form=(\.?)([A-Za-z0-9_-]+)\.")
"""The session's cookie as Flask signs it: what it holds comes first, pressed where a dot leads."""


def _filled(database: Database, app: Flask, cases: int) -> UUID:
    agency_id, brand_ids = new_id(), [new_id() for _ in range(BRANDS)]
    with app.app_context():
        db.session.add(models.Agency(id=agency_id, name="Bench House"))
        db.session.commit()
    with in_scope(app, Scope(agency_id, None)):
        for number, brand_id in enumerate(brand_ids):
            db.session.add(
                models.Brand(
                    agency_id=agency_id, id=brand_id, name=f"B {number}", mark="BB", colour="#123456", language="en"
                )
            )
    with database.superuser() as connection:
        connection.execute("alter table conversation disable trigger all")  # no accounts behind the cases
        values = {"agency": agency_id, "brands": brand_ids, "count": BRANDS, "account": new_id(), "cases": cases}
        connection.execute(CASES_SQL, values)
        connection.execute("alter table conversation enable trigger all")
        connection.execute("alter table message disable trigger all")
        connection.execute(MESSAGES_SQL)
        connection.execute("alter table message enable trigger all")
        connection.execute("vacuum (analyze)")
    return agency_id


def _attempts(ids: Sequence[UUID], reached_by: int) -> list[Attempt]:
    """Different people reach for one case one right after the other, so that several are at it at once."""
    drawn = random.Random(5)
    return [(person, case) for case in ids for person in drawn.sample(range(PEOPLE), reached_by)]


def _set_free(database: Database) -> None:
    with database.superuser() as connection:
        connection.execute(FREE)
        connection.execute("truncate brand_audit")
        connection.execute("vacuum conversation")


def _race(
    attempts: Sequence[Attempt], made: Callable[[], Callable[[Attempt], int | None]]
) -> tuple[float, list[Outcome]]:
    """Every attempt once, by THREADS threads that each take the next one; seconds, and what came of each."""
    left, outcomes, door = iter(attempts), list[Outcome](), threading.Lock()

    def work(reach: Callable[[Attempt], int | None]) -> None:
        while True:
            with door:
                attempt = next(left, None)
            if attempt is None:
                return
            outcomes.append((attempt, reach(attempt)))

    return _all_at_once([partial(work, made()) for _ in range(THREADS)]), outcomes


def _all_at_once(works: Sequence[Callable[[], None]]) -> float:
    """Each on a thread of its own; seconds until the last is done. Raises WrongAnswer where one meets an error."""
    errors, together = list[BaseException](), threading.Barrier(len(works) + 1)

    def begin(work: Callable[[], None]) -> None:
        together.wait()
        try:
            work()
        except BaseException as error:  # told by the main thread
            errors.append(error)

    threads = [threading.Thread(target=begin, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    together.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - started
    if errors:
        raise WrongAnswer(f"{len(errors)} people met an error, the first: {errors[0]!r}") from errors[0]
    return taken


def _check(outcomes: Sequence[Outcome], ids: Sequence[UUID]) -> None:
    """Every case one winner, and everybody late was told that winner's name."""
    winners: dict[UUID, int] = {}
    for (person, case), told in outcomes:
        if told is None:
            if case in winners:
                raise WrongAnswer("two people have one case")
            winners[case] = person
    if len(winners) != len(ids):
        raise WrongAnswer(f"{len(winners)} of {len(ids)} cases were won")
    if any(told not in (None, winners[case]) for (_, case), told in outcomes):
        raise WrongAnswer("somebody late was told another name than the winner's")


def _draft_kept(database: Database, app: Flask, actor: Actor, case: UUID, size: str) -> Line:
    _set_free(database)
    with database.superuser() as connection:
        connection.execute(
            "insert into account (agency_id, id, brand_id, platform, external_id, name, health) "
            "select agency_id, account_id, brand_id, platform, 'page', 'Bench', 'ok' from conversation where id = %s",
            (case,),
        )
    with in_scope(app, actor.scope):
        draft = replies_desk.start_draft(actor, case, TEXT)
        reply_id = draft.id
    state = {"turn": 0}

    def keep() -> None:
        state["turn"] += 1
        turn = state["turn"]
        with in_scope(app, actor.scope):
            kept = keeping.keep(actor, case, keeping.Typed(f"{TEXT} {turn}", "form", turn, draft_hash))
        if kept is None or kept.version <= turn:
            raise WrongAnswer("words were not kept")

    connection = database.superuser()

    def bare() -> None:
        state["bare"] = state.get("bare", 0) + 1
        _bare_save(connection, f"{TEXT} {state['bare']}", reply_id)

    with in_scope(app, actor.scope):
        row = keeping.draft_row(case)
        assert row is not None
        draft_hash = row.text_hash
    times = SAVES[size]
    keep()
    bare()
    try:
        pairing = paired(
            lambda: median_ms(keep, times), lambda: median_ms(bare, times), rounds=1 if size == "tiny" else LEAST_ROUNDS
        )
    finally:
        connection.close()
    return line("a draft of 300 characters kept as it is typed", pairing, "ms", against="an UPDATE by the row's key")


def _bare_save(connection: psycopg.Connection[Any], words: str, reply_id: UUID) -> None:
    connection.execute("update reply set draft_text = %s, draft_at = now() where id = %s", (words, reply_id))
