"""Saved replies of a brand that has thousands: what fits a case, the list, and to how many nearly the same words went.

The floor of each figure is the very same call for a brand that has a hundredth of it: growth is what hurts here. All
run as the application's role, row-level security on, in one process.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import event, insert
from sqlalchemy.engine import Engine

from agency.replies.models import Wording
from agency.replies.wordings import find_wording
from benchmarks.rounds import Line, WrongAnswer, count, line, median_ms, paired
from benchmarks.scratch import Scratch
from styleguides import saved_replies
from styleguides.models import SavedReply
from styleguides.saved_reply_suggestions import suggest
from styleguides.wording import BANDS, wording_of
from tenants import clock, models
from tenants.database import db, new_id
from tenants.permissions import Actor, Role
from tenants.scope import Scope, in_scope

ENTRIES = {"tiny": 200, "small": 5_000, "full": 5_000}
WORDINGS = {"tiny": 400, "small": 20_000, "full": 100_000}
TIMES = {"tiny": 3, "small": 60, "full": 100}
ROUNDS = {"tiny": 2, "small": 9, "full": 11}
LESS = 100
CUSTOMER = (
    "Hello, I ordered the lavender soap two weeks ago and the parcel has still not come. I wrote twice and nobody "
    "answered. Where is my parcel, and can I have a refund if it does not come until Friday? It was a present."
)
SUBJECTS = ("parcel", "refund", "voucher", "invoice", "breakfast", "parking", "card", "login", "delivery", "noise")
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo")


def saved_reply_suggestions(scratch: Scratch, size: str) -> list[Line]:
    """Milliseconds of one question, warm; the list; after a change; statements."""
    place = _Place(scratch, size)
    many, few = place.brand(ENTRIES[size]), place.brand(max(5, ENTRIES[size] // LESS))
    against = f"the same with {max(5, ENTRIES[size] // LESS)} saved replies"
    place.warm(many)
    place.warm(few)
    fits = paired(place.timed(many, place.fitting, size), place.timed(few, place.fitting, size), rounds=ROUNDS[size])
    pages = paired(place.timed(many, place.page, size), place.timed(few, place.page, size), rounds=ROUNDS[size])
    return [
        line(f"what fits a case among {ENTRIES[size]:,} saved replies", fits, "ms", against=against),
        line(f"fifty of {ENTRIES[size]:,} saved replies", pages, "ms", against=against),
        count("what fits a case, first time after a change", round(place.after_change(many), 1), "ms"),
        count("what fits a case: SQL statements", place.statements(many), "", aim="<= 2"),
    ]


def near_equal_words(scratch: Scratch, size: str) -> list[Line]:
    """Milliseconds to find the wording that a draft belongs to."""
    place = _Place(scratch, size)
    many, few = place.brand(0), place.brand(0)
    place.words(many, WORDINGS[size])
    place.words(few, WORDINGS[size] // LESS)
    place.analyse()
    found = paired(place.timed(many, place.near, size), place.timed(few, place.near, size), rounds=ROUNDS[size])
    against = f"the same among {WORDINGS[size] // LESS:,}"
    return [line(f"nearly the same words among {WORDINGS[size]:,}", found, "ms", against=against)]


class _Place:
    """An agency whose brands are filled as asked."""

    def __init__(self, scratch: Scratch, size: str) -> None:
        self.database = scratch.database("saved_replies")
        self.app: Flask = self.database.base_app()
        self.agency_id = new_id()
        self.actor = Actor(new_id(), "Bench", Role.AGENCY_ADMIN, self.agency_id, None)
        self.chance = random.Random(7)
        with self.app.app_context():
            db.session.add(models.Agency(id=self.agency_id, name=f"Bench {self.agency_id}"))
            db.session.commit()

    def brand(self, entries: int) -> UUID:
        brand_id = new_id()
        with in_scope(self.app, Scope(self.agency_id, None)):
            db.session.add(
                models.Brand(
                    agency_id=self.agency_id,
                    id=brand_id,
                    name=str(brand_id),
                    mark="BB",
                    colour="#123456",
                    language="en",
                )
            )
            db.session.flush()
            rows = [self._entry(brand_id, number) for number in range(entries)]
            if rows:
                db.session.execute(insert(SavedReply), rows)
        self.analyse()
        return brand_id

    def _entry(self, brand_id: UUID, number: int) -> dict[str, Any]:
        wanted = number == 0
        words = ["where is my parcel", "still not come"] if wanted else [self._word(), self._word(), self._labels()]
        return {
            "agency_id": self.agency_id,
            "id": new_id(),
            "brand_id": brand_id,
            "title": f"{'Late parcel' if wanted else self._labels()} {number}",
            "texts": [{"language": "en", "text": f"Dear {{customer_name}}, {self._labels()} {self._labels()}."}],
            "words": words,
            "changed_at": clock.now(),
            "changed_by_name": "Bench",
            "version": 1,
        }

    def _word(self) -> str:
        return "".join(self.chance.choice(SYLLABLES) for _ in range(self.chance.randint(2, 4)))

    def _labels(self) -> str:
        return f"{self.chance.choice(SUBJECTS)} {self._word()}"

    def words(self, brand_id: UUID, number: int) -> None:
        with in_scope(self.app, Scope(self.agency_id, None)):
            for first in range(0, number, 1_000):
                rows = []
                for _ in range(min(1_000, number - first)):
                    put = wording_of(" ".join(self._word() for _ in range(40)))
                    bands = {f"band_{n}": put.bands[n - 1] for n in range(1, BANDS + 1)}
                    rows.append(
                        {
                            "agency_id": self.agency_id,
                            "id": new_id(),
                            "brand_id": brand_id,
                            "exact": put.exact,
                            "features": put.features,
                            **bands,
                        }
                    )
                if first == 0:
                    rows[0] |= self._known()
                db.session.execute(insert(Wording), rows)

    def _known(self) -> dict[str, Any]:
        put = wording_of(CUSTOMER)
        return {"exact": put.exact, "features": put.features, **{f"band_{n}": put.bands[n - 1] for n in range(1, 7)}}

    def analyse(self) -> None:
        with self.database.superuser() as connection:
            connection.execute("analyze")

    def timed(self, brand_id: UUID, call: Callable[[UUID], None], size: str) -> Callable[[], float]:
        def once() -> float:
            with in_scope(self.app, Scope(self.agency_id, None)):
                db.session.connection()
                return median_ms(lambda: call(brand_id), TIMES[size])

        return once

    def warm(self, brand_id: UUID) -> None:
        with in_scope(self.app, Scope(self.agency_id, None)):
            for _ in range(6):  # statements are prepared from their fifth run on
                self.fitting(brand_id)
                self.page(brand_id)

    def fitting(self, brand_id: UUID) -> None:
        found = suggest(self.actor, brand_id, CUSTOMER, "en")
        if not found or not found[0].saved.title.startswith("Late parcel"):
            raise WrongAnswer("What fits best is not offered first.")

    def page(self, brand_id: UUID) -> None:
        if not saved_replies.list_saved_replies(self.actor, brand_id, limit=51):
            raise WrongAnswer("The list is empty.")

    def near(self, brand_id: UUID) -> None:
        if find_wording(brand_id, wording_of(CUSTOMER.replace("present", "gift"))) is None:
            raise WrongAnswer("Nearly the same words were not found.")

    def after_change(self, brand_id: UUID) -> float:
        with in_scope(self.app, Scope(self.agency_id, None)):
            one = saved_replies.list_saved_replies(self.actor, brand_id, limit=2)[-1]
            saved_replies.change_saved_reply(self.actor, one.id, {"title": "Other", "version": one.version})
        with in_scope(self.app, Scope(self.agency_id, None)):
            db.session.connection()
            started = time.perf_counter()
            self.fitting(brand_id)
            return (time.perf_counter() - started) * 1000

    def statements(self, brand_id: UUID) -> int:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        with in_scope(self.app, Scope(self.agency_id, None)):
            db.session.connection()
            event.listen(Engine, "before_cursor_execute", note)
            try:
                self.fitting(brand_id)
            finally:
                event.remove(Engine, "before_cursor_execute", note)
        return len(seen)
