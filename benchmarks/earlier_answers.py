"""Earlier answers of a brand that published thousands: what stands beside the composer for one question.

The floor is the same index looked up bare: the postings of the same stems in one statement on a plain connection, past
row-level security, nothing read of the answers themselves. Ours counts, ranks, reads how each answer stands now, masks
it and holds the answers against each other. Words of questions are drawn as words of a language are: few are common,
most are rare (Zipf).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from agency.inbox.case import Case, read_case
from agency.inbox.models import Conversation, Message
from agency.replies.answered_words import hash_key
from agency.replies.same_answer import MOST_POSTINGS, same_answer, words_of
from benchmarks.rounds import Line, WrongAnswer, count, line, median_ms, paired
from benchmarks.scratch import Scratch
from channels.models import Account
from styleguides.questions import question_words, stem_number
from tenants import clock, models
from tenants.data_keys import vault_of_app
from tenants.database import db, new_id
from tenants.permissions import Actor, Role
from tenants.scope import Scope, in_scope
from tenants.sealed import Place

ANSWERS = {"tiny": (300,), "small": (5_000,), "full": (5_000, 100_000)}
TIMES = {"tiny": 3, "small": 40, "full": 60}
ROUNDS = {"tiny": 2, "small": 9, "full": 11}
VOCABULARY, WORDS_EACH = 3_000, 9
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo")
ASKED = "How much does the parking cost beside the lighthouse, and may we bring our greyhound to breakfast on Sunday?"

FILL = """
insert into conversation (agency_id, id, brand_id, account_id, contact_id, platform, kind, external_id, status, excerpt,
    author_name, language, last_message_at)
select %(agency)s, md5(%(brand)s || 'c' || n)::uuid, %(brand)s, %(account)s, null, 'facebook', 'comment', 't' || n,
    'closed', 'words', 'Ola Nowak', 'en', now() - n * interval '5 minutes' from generate_series(1, %(rows)s) n;
insert into message (agency_id, id, brand_id, conversation_id, account_id, external_id, direction, text, written_at,
    content_hash, reply_id)
select %(agency)s, md5(%(brand)s || way || n)::uuid, %(brand)s, md5(%(brand)s || 'c' || n)::uuid, %(account)s,
    way || n, way, case way when 'in' then 'How much is the parking beside the lighthouse?'
        else 'Dear Ola, it costs ' || (10 + n %% 3) || ' EUR a day. Call 600 700 800.' end,
    now() - n * interval '5 minutes', '\\x00', case way when 'out' then md5(%(brand)s || 'r' || n)::uuid end
from generate_series(1, %(rows)s) n, (values ('in'), ('out')) ways(way);
insert into reply (agency_id, id, brand_id, conversation_id, account_id, in_reply_to_id, in_reply_to_external_id,
    in_reply_to_content_hash, thread_external_id, platform, kind, state, state_since, text_id, target_fingerprint,
    written_by, written_by_name, published_at, question_kept)
select %(agency)s, md5(%(brand)s || 'r' || n)::uuid, %(brand)s, md5(%(brand)s || 'c' || n)::uuid, %(account)s,
    md5(%(brand)s || 'in' || n)::uuid, 'in' || n, '\\x00', 't' || n, 'facebook', 'comment', 'published', now(),
    md5(%(brand)s || 'x' || n)::uuid, '\\x00', %(agency)s, 'Bench', now() - n * interval '5 minutes', true
from generate_series(1, %(rows)s) n;
insert into reply_text (agency_id, id, brand_id, reply_id, number, text, text_hash, author_id, author_name, findings)
select %(agency)s, md5(%(brand)s || 'x' || n)::uuid, %(brand)s, md5(%(brand)s || 'r' || n)::uuid, 1,
    'Dear Ola, it costs ' || (10 + n %% 3) || ' EUR a day. Call 600 700 800.', '', %(agency)s, 'Bench', '[]'
from generate_series(1, %(rows)s) n;
"""
WORDS = """
insert into answered_word (agency_id, id, brand_id, stem, reply_id, message_id, answered_at)
select %(agency)s, uuidv7(), %(brand)s, given.stem, md5(%(brand)s || 'r' || given.n)::uuid,
    md5(%(brand)s || 'in' || given.n)::uuid, now() - given.n * interval '5 minutes' from given
"""
POSTINGS = """
select wanted.stem, found.reply_id, found.answered_at from unnest(%(stems)s::bigint[]) wanted(stem)
cross join lateral (select w.reply_id, w.answered_at from answered_word w
    where w.agency_id = %(agency)s and w.brand_id = %(brand)s and w.stem = wanted.stem
    order by w.answered_at desc, w.reply_id desc limit %(most)s) found
"""


def earlier_answers(scratch: Scratch, size: str) -> Iterator[Line]:
    """Milliseconds of one card against the bare look-up, by how many answers there are; statements."""
    place = _Place(scratch)
    brands = {number: place.brand(number) for number in ANSWERS[size]}
    for number, case in brands.items():
        with place.bare() as connection:
            pairing = paired(place.ours(case, size), place.floor(case, connection, size), rounds=ROUNDS[size])
        yield line(f"what stands beside a case of {number:,} answers", pairing, "ms", against="the bare look-up")
    few, many = min(brands), max(brands)
    if many > few:
        grown = paired(place.ours(brands[many], size), place.ours(brands[few], size), rounds=ROUNDS[size])
        yield line(f"the same among {many:,} answers", grown, "ms", against=f"among {few:,}", aim="<= 2")
    yield count("what stands beside a case: SQL statements", place.statements(brands[many]), "", aim="<= 7")


class _Place:
    """An agency whose brands answered as much as asked."""

    def __init__(self, scratch: Scratch) -> None:
        self.database = scratch.database("earlier_answers")
        self.app: Flask = self.database.base_app()
        self.agency_id = new_id()
        self.actor = Actor(new_id(), "Bench", Role.AGENCY_ADMIN, self.agency_id, None)
        with self.app.app_context():
            db.session.add(models.Agency(id=self.agency_id, name=f"Bench {self.agency_id}"))
            db.session.commit()

    def bare(self) -> psycopg.Connection:
        return self.database.superuser()

    def brand(self, answers: int) -> tuple[UUID, UUID]:
        """A brand with so many answers, and a case of it that asks ASKED."""
        brand_id, account_id, case_id = new_id(), new_id(), new_id()
        with in_scope(self.app, Scope(self.agency_id, None)):
            looks = {"name": str(brand_id), "mark": "BB", "colour": "#123456", "language": "en"}
            db.session.add(models.Brand(agency_id=self.agency_id, id=brand_id, **looks))
            db.session.flush()
            place = Place(self.agency_id, brand_id, "account", account_id, "credential")
            sealed = vault_of_app().seal("token", place)
            owned = {"agency_id": self.agency_id, "brand_id": brand_id}
            named = {"platform": "facebook", "external_id": str(account_id), "name": "Bench"}
            db.session.add(Account(**owned, id=account_id, **named, credential=sealed))
            db.session.flush()
            asked = {"platform": "facebook", "kind": "comment", "external_id": "asked", "language": "en"}
            db.session.add(Conversation(**owned, id=case_id, account_id=account_id, **asked))
            db.session.flush()
            db.session.add(
                Message(
                    **owned,
                    conversation_id=case_id,
                    account_id=account_id,
                    external_id="asked",
                    direction="in",
                    text=ASKED,
                    written_at=clock.now() - timedelta(minutes=1),
                    content_hash=b"",
                )
            )
            key = hash_key(self.agency_id, brand_id, make=True)
        assert key is not None
        values: dict[str, Any] = {"agency": self.agency_id, "brand": brand_id, "account": account_id, "rows": answers}
        with self.database.superuser() as connection:
            connection.execute("set session_replication_role = replica")
            for statement in FILL.split(";\n"):
                if statement.strip():
                    connection.execute(statement, values)
            connection.execute("create temporary table given (n int, stem bigint)")
            with connection.cursor().copy("copy given (n, stem) from stdin") as copy:
                for number, stem in _drawn(answers, key):
                    copy.write_row((number, stem))
            connection.execute(WORDS, values)
            connection.execute("drop table given")
            connection.execute("vacuum analyze")
        return brand_id, case_id

    def _read(self, case: tuple[UUID, UUID]) -> Case:
        return read_case(self.actor, case[1])

    def ours(self, case: tuple[UUID, UUID], size: str) -> Callable[[], float]:
        def once() -> float:
            with in_scope(self.app, Scope(self.agency_id, None)):
                found = self._read(case)
                return median_ms(lambda: self._card(found), TIMES[size])

        return once

    def _card(self, case: Case) -> None:
        found = same_answer(case)
        if not found.answers or "Ola" in found.answers[0].text or not found.contrasts:
            raise WrongAnswer("Near answers that do not agree are not shown, or not masked.")

    def floor(self, case: tuple[UUID, UUID], connection: psycopg.Connection, size: str) -> Callable[[], float]:
        with in_scope(self.app, Scope(self.agency_id, None)):
            key = hash_key(self.agency_id, case[0])
            assert key is not None
            stems = [stem_number(stem, key) for stem in words_of(self._read(case))]
        values = {"stems": stems, "agency": self.agency_id, "brand": case[0], "most": MOST_POSTINGS}

        def bare() -> None:
            if not connection.execute(POSTINGS, values).fetchall():
                raise WrongAnswer("The index is empty.")

        return lambda: median_ms(bare, TIMES[size])

    def statements(self, case: tuple[UUID, UUID]) -> int:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        with in_scope(self.app, Scope(self.agency_id, None)):
            found = self._read(case)
            event.listen(Engine, "before_cursor_execute", note)
            try:
                self._card(found)
            finally:
                event.remove(Engine, "before_cursor_execute", note)
        return len(seen)


def _drawn(answers: int, key: bytes) -> Iterator[tuple[int, int]]:
    """Number of an answer and a stem of its question: every word of ASKED in some, made-up ones by Zipf's law."""
    chance = random.Random(11)
    asked = [stem_number(stem, key) for stem in question_words(ASKED, "en")]
    made_up = [
        stem_number("".join(chance.choice(SYLLABLES) for _ in range(4)) + str(number), key)
        for number in range(VOCABULARY)
    ]
    known = [*asked[::2], *made_up[:40], *asked[1::2], *made_up[40:]]
    shares = [1 / (place + 5) for place in range(len(known))]
    for number in range(1, answers + 1):
        stems = set(chance.choices(known, shares, k=WORDS_EACH))
        if number % 97 == 5:
            stems |= set(chance.sample(asked, 4))
        yield from ((number, stem) for stem in stems)
