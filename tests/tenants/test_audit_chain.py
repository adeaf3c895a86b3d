"""The record's chains: whatever is done to a line is found, who adds at once leaves no gap.

The database makes a line's hash (migration 0049), `tenants.audit_chain` works it out anew.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import ProgrammingError

from tenants import audit, audit_chain, audit_reading
from tenants.database import db, new_id
from tenants.models import BrandAudit
from tenants.scope import OutsideScope, Scope, in_scope, raw_sql
from tests.factories import Agency


def chains(app: Flask, agency: Agency, **heads: Any) -> dict[UUID | None, audit_chain.Verdict]:
    with in_scope(app, Scope(agency.id, None)):
        return dict(audit_reading.verify_chains(**heads))


def test_lines_of_a_transaction_are_links_of_their_chains(ana: Agency, app: Flask) -> None:
    brand_id = ana.brand_ids[0]
    before = chains(app, ana)
    for start in range(2):
        with ana.entered():
            for number in range(3):
                audit.record(
                    ana.staff, "house.tried", "house", str(number), brand_id=brand_id, number=start, reason='é\x1f"\\'
                )
            audit.record(None, "house.tried", "house", "own", since=1.50, name="Ł 🙂")
    found = chains(app, ana)
    assert {place: verdict.broken for place, verdict in found.items() if verdict.broken} == {}
    assert found[brand_id].lines == before[brand_id].lines + 6
    assert found[None].lines == before[None].lines + 2
    with ana.entered():
        rows = db.session.scalars(
            select(BrandAudit).where(BrandAudit.action == "house.tried").order_by(BrandAudit.number)
        ).all()
        assert [row.subject_id for row in rows] == ["0", "1", "2"] * 2
        assert (rows[0].facts, rows[0].words) == ({"number": 0}, {"reason": 'é\x1f"\\'})


def test_what_is_taken_back_was_not_done(ana: Agency, app: Flask) -> None:
    with ana.entered():
        audit.record(ana.staff, "house.kept", "house", "1", brand_id=ana.brand_ids[0])
        with pytest.raises(ValueError, match="inner"), db.session.begin_nested():
            audit.record(ana.staff, "house.gone", "house", "1", brand_id=ana.brand_ids[0])
            with db.session.begin_nested():
                audit.record(ana.staff, "house.gone", "house", "2", brand_id=ana.brand_ids[0])
            raise ValueError("inner")
        with db.session.begin_nested():
            audit.record(ana.staff, "house.kept", "house", "2", brand_id=ana.brand_ids[0])
    with pytest.raises(ValueError, match="outer"), ana.entered():
        audit.record(ana.staff, "house.gone", "house", "3", brand_id=ana.brand_ids[0])
        raise ValueError("outer")
    with ana.entered():
        audit.record(ana.staff, "house.gone", "house", "4", brand_id=ana.brand_ids[0])
        db.session.rollback()
        db.session.commit()
        told = select(BrandAudit.action, BrandAudit.subject_id).where(BrandAudit.action.startswith("house."))
        assert set(map(tuple, db.session.execute(told))) == {("house.kept", "1"), ("house.kept", "2")}


def test_a_brand_outside_the_scope_has_no_line_of_ours(ana: Agency, app: Flask) -> None:
    with pytest.raises(OutsideScope), in_scope(app, Scope(ana.id, frozenset({ana.brand_ids[0]}))):
        audit.record(ana.staff, "house.tried", "house", "1", brand_id=new_id())


def test_many_at_once_over_several_brands_leave_no_gap(ana: Agency, stranger: Agency, app: Flask) -> None:
    """Each of 20 threads adds to brands in an order of its own, some to two agencies: no deadlock, no gap."""
    errors: list[BaseException] = []
    together = threading.Barrier(20)

    def work(number: int) -> None:
        try:
            together.wait(30)
            for turn in range(6):
                with in_scope(app, Scope(ana.id, None)):
                    brands = ana.brand_ids if (number + turn) % 2 else tuple(reversed(ana.brand_ids))
                    for brand_id in brands:
                        audit.record(ana.staff, "house.raced", "house", f"{number} {turn}", brand_id=brand_id)
                    if number % 3 == 0:
                        audit.record_in(stranger.id, None, "house.raced", "house", new_id())
                    audit.record(ana.staff, "house.raced", "house", str(number))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    before = chains(app, ana)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    after = chains(app, ana)
    for place in (None, *ana.brand_ids):
        assert after[place].broken is None
        assert after[place].lines == after[place].head.number == before[place].lines + 120
    assert chains(app, stranger)[None].broken is None


# ── one thing done to a chain ────────────────────────────────────────────────────────────────────────────────────

LENGTH = 12


def written(agency: Agency, count: int = LENGTH) -> list[audit_chain.StoredLine]:
    """A chain as PostgreSQL makes it, some of its lines with words."""
    brand_id = agency.brand_ids[0]
    with agency.entered():
        for number in range(count):
            said = {"reason": f"reason {number}"} if number % 3 == 0 else {}
            audit.record(agency.staff, "house.tried", "house", f"thing {number}", brand_id=brand_id, at=number, **said)
    with agency.entered():
        return list(audit_reading.lines_of(brand_id))


def broken(lines: list[audit_chain.StoredLine], heads: dict[int, bytes] | None = None) -> audit_chain.Break | None:
    return audit_chain.verify(lines, heads or {}, audit.WORDS_ERASED).broken


def other_byte(value: Any, place: int) -> Any:
    """The value with one byte or character another."""
    if isinstance(value, str):
        place %= len(value)
        return value[:place] + ("x" if value[place] != "x" else "y") + value[place + 1 :]
    place %= len(value)
    return value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]


def test_one_byte_of_one_line_is_found(ana: Agency) -> None:
    lines = written(ana)
    fields = [name for name in audit_chain.StoredLine._fields if name not in ("number", "created_at", "words_hash")]

    @given(st.integers(0, len(lines) - 1), st.sampled_from([*fields, "created_at"]), st.integers(0, 200))
    @settings(max_examples=300)
    def one(index: int, name: str, place: int) -> None:
        value = getattr(lines[index], name)
        if value is None:
            return
        if isinstance(value, UUID):
            changed: Any = UUID(bytes=other_byte(value.bytes, place))
        elif name == "created_at":
            changed = value + timedelta(microseconds=1 + place)
        else:
            changed = other_byte(value, place)
        altered = [*lines[:index], lines[index]._replace(**{name: changed}), *lines[index + 1 :]]
        assert broken(altered) == audit_chain.Break(index + 1, "altered"), name

    assert broken(lines) is None
    one()


def test_deleting_inserting_and_swapping_are_found_and_named(ana: Agency) -> None:
    lines = written(ana)
    last = len(lines)
    ends = {last: lines[-1].hash}

    @given(st.integers(0, last - 1), st.booleans())
    @settings(max_examples=100)
    def deleted(index: int, renumbered: bool) -> None:
        rest = [*lines[:index], *lines[index + 1 :]]
        if renumbered:
            rest = [line._replace(number=number) for number, line in enumerate(rest, 1)]
        found = broken(rest, ends)
        assert found is not None
        assert found.number == index + 1
        if index == last - 1:
            assert found.what == "cut"
            assert broken(rest) is None, "only a head told before shows it"
        else:
            assert found.what == "deleted" or (renumbered and index == last - 2)

    @given(st.integers(0, last - 2))
    @settings(max_examples=50)
    def swapped(index: int) -> None:
        one, other = lines[index], lines[index + 1]
        both = [other._replace(number=one.number), one._replace(number=other.number)]
        assert broken([*lines[:index], *both, *lines[index + 2 :]]) == audit_chain.Break(index + 1, "reordered")

    @given(st.integers(0, last - 1), st.booleans())
    @settings(max_examples=50)
    def inserted(index: int, fits: bool) -> None:
        before = lines[index - 1].hash if index else audit_chain.START
        false = lines[index]._replace(id=new_id(), number=index + 1, action="reply.approve")
        false = false._replace(hash=audit_chain.link(before, false) if fits else false.hash)
        later = [line._replace(number=line.number + 1) for line in lines[index:]]
        found = broken([*lines[:index], false, *later], ends)
        assert found is not None
        if fits and index == last - 1:
            assert found == audit_chain.Break(last, "rewritten"), "behind it nothing is left that could not fit"
        else:
            assert found.number == index + (2 if fits else 1)
            assert found.what == "inserted" or fits

    deleted()
    swapped()
    inserted()


def test_a_chain_written_anew_shows_by_any_head_told_before(ana: Agency) -> None:
    lines, before = written(ana), audit_chain.START
    forged = []
    for line in lines:
        changed = line._replace(actor_name="Somebody Else")
        before = audit_chain.link(before, changed)
        forged.append(changed._replace(hash=before))
    assert broken(forged) is None
    for line in lines:
        assert broken(forged, {line.number: line.hash}) == audit_chain.Break(line.number, "rewritten")


def test_what_is_done_in_the_database_is_found(ana: Agency, app: Flask, superuser: Engine) -> None:
    lines, brand_id = written(ana), ana.brand_ids[0]
    heads = {brand_id: {lines[-1].number: lines[-1].hash}}
    assert chains(app, ana, heads=heads)[brand_id].broken is None
    with superuser.begin() as connection:
        connection.execute(text("update brand_audit set facts = facts || '{\"at\": 99}' where subject_id = 'thing 5'"))
    assert chains(app, ana)[brand_id].broken == audit_chain.Break(lines[5].number, "altered")
    with superuser.begin() as connection:
        connection.execute(text("delete from brand_audit where subject_id in ('thing 5', 'thing 6')"))
    assert chains(app, ana)[brand_id].broken == audit_chain.Break(lines[5].number, "deleted")
    with superuser.begin() as connection:
        connection.execute(text("delete from brand_audit where number >= :number"), {"number": lines[5].number})
    assert chains(app, ana)[brand_id].broken is None
    assert chains(app, ana, heads=heads)[brand_id].broken == audit_chain.Break(lines[5].number, "cut")
    assert chains(app, ana)[None].broken is None, "other chains are as they were"


# ── what the application's role may ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("table", ["brand_audit", "agency_audit"])
@pytest.mark.parametrize("deed", ["update {} set actor_name = 'x'", "delete from {}", "truncate {}"])
def test_the_application_may_neither_change_nor_delete(table: str, deed: str, ana: Agency) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), ana.entered():
        db.session.execute(raw_sql(deed.format(table), reason="what must be refused"))


def test_words_are_erased_and_the_chain_goes_on_holding(ana: Agency, app: Flask, superuser: Engine) -> None:
    lines, brand_id = written(ana), ana.brand_ids[0]
    worded = [line.id for line in lines if line.words]
    with ana.entered():
        assert audit.erase_words(brand_id, worded[:2]) == 2
        assert audit.erase_words(brand_id, worded[:2]) == 0, "once"
    verdict = chains(app, ana)[brand_id]
    assert (verdict.broken, verdict.erased) == (None, 2)
    with ana.entered():
        rows = db.session.scalars(select(BrandAudit).where(BrandAudit.id.in_(worded[:2]))).all()
        assert [(row.words, row.words_salt, row.erased_at is not None) for row in rows] == [(None, None, True)] * 2
    with ana.entered():  # the application's role can take words, but not without a word of it
        asked = {"agency": ana.id, "brand": brand_id, "ids": worded[2:3]}
        db.session.execute(raw_sql("select erase_audit_words(:agency, :brand, :ids)", reason="as a thief"), asked)
    stolen = next(line.number for line in lines if line.id == worded[2])
    assert chains(app, ana)[brand_id].broken == audit_chain.Break(stolen, "words_gone")


def test_nobody_erases_words_of_another_brand_or_agency(ana: Agency, stranger: Agency, app: Flask) -> None:
    brand_id = ana.brand_ids[0]
    ids = [line.id for line in written(ana) if line.words]
    for scope in (stranger.scope, Scope(ana.id, frozenset({ana.brand_ids[1]}))):
        with in_scope(app, scope):
            asked = {"agency": ana.id, "brand": brand_id, "ids": ids}
            statement = raw_sql("select erase_audit_words(:agency, :brand, :ids)", reason="as a stranger")
            assert db.session.execute(statement, asked).all() == []
    assert chains(app, ana)[brand_id].erased == 0
