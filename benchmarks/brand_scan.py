"""Holding a draft against the names, addresses and sign-offs of 1,000 other brands, against the same with 10.

Both are whole guards as the composer runs them: the keys of the text, one statement in PostgreSQL under row-level
security, the decision. The draft names one other brand, which both must find.
"""

from __future__ import annotations

import random
import time
from uuid import UUID

from benchmarks.rounds import Line, WrongAnswer, count, line, paired
from benchmarks.scratch import Scratch
from styleguides.other_brands import other_brand_findings
from styleguides.rule_kinds import CheckContext
from tenants import brands
from tenants.brand_marks import Mark, keys_in, marks_near, replace_marks
from tenants.database import db, new_id
from tenants.models import Agency, Brand
from tenants.scope import Scope, in_scope

FEW = 10
MANY = {"tiny": 30, "small": 1_000, "full": 1_000}
TIMES = {"tiny": 3, "small": 30, "full": 60}
ROUNDS = {"tiny": 2, "small": 9, "full": 21}
FIRST = ("Hotel", "Padaria", "Kawiarnia", "Café", "Casa", "The Golden", "Royal", "Blue", "Green", "North", "Piekarnia")
SYLLABLES = ("ber", "cal", "dor", "fen", "gal", "hal", "lim", "mor", "nev", "por", "quil", "rin", "sol", "tal", "ver")
NAMED = "Quillmoren"
DRAFT = (
    "Hi Maria, thank you for writing to us about the card that never came. We are sorry that you have waited for two "
    "weeks and had to ask twice; that is our doing. A new card went out this morning by tracked post and should be "
    "with you by Thursday. If it is not, send us a private message with your postcode and we look into it at once. We "
    f"have also put back the fee for the late payment. This is what {NAMED} promises, see www.example.com/help. Have a "
    "good week, and thanks again for telling us!"
)


def brand_scan(scratch: Scratch, size: str) -> list[Line]:
    """One draft of about 500 characters: microseconds with 1,000 brands against 10."""
    app = scratch.database("brands").base_app()
    few, many = (_agency(app, number) for number in (FEW, MANY[size]))

    def guard(scope: Scope) -> float:
        with in_scope(app, scope):
            started = time.perf_counter()
            for _ in range(TIMES[size]):
                near = marks_near(keys_in(DRAFT))
                found = other_brand_findings(DRAFT, UUID(int=1), near, CheckContext(language="en"))
            taken = time.perf_counter() - started
        if [DRAFT[one.start : one.end] for one in found] != [NAMED]:
            raise WrongAnswer(f"found {found}")
        return taken / TIMES[size] * 1e6

    for scope in (few, many):
        guard(scope)
    pairing = paired(lambda: guard(many), lambda: guard(few), rounds=ROUNDS[size])
    with in_scope(app, many):
        near = len(marks_near(keys_in(DRAFT)))
    return [
        line(
            f"wrong-brand scan, {MANY[size]:,} brands",
            pairing,
            "us",
            against=f"the same with {FEW} brands",
            aim="<= 10",
        ),
        count("wrong-brand scan: marks that the keys lead to", near, "rows"),
    ]


def _agency(app: object, number: int) -> Scope:
    chance, agency_id = random.Random(number), new_id()
    with app.app_context():  # type: ignore[attr-defined]
        db.session.add(Agency(id=agency_id, name=f"Agency of {number}"))
        db.session.commit()
    scope = Scope(agency_id, None)
    with in_scope(app, scope):  # type: ignore[arg-type]
        for place in range(number):
            name = NAMED if place == 0 else _name(chance, place)
            brand = Brand(agency_id=agency_id, id=new_id(), name=name, mark="XX", colour="#123456")
            db.session.add(brand)
            db.session.flush()
            brands.mark_name(brand)
            word = name.split()[-1].lower()
            replace_marks(
                brand.id,
                "guide",
                [Mark("domain", f"{word}{place}.example"), Mark("sign_off", f"Your {name} team"), Mark("handle", word)],
            )
    return scope


def _name(chance: random.Random, place: int) -> str:
    made = "".join(chance.choice(SYLLABLES) for _ in range(chance.randint(2, 3))).capitalize()
    return f"{chance.choice(FIRST)} {made} {place}" if place % 3 else f"{made}{place}"
