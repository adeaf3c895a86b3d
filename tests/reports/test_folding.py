"""Sums of days after a storm, after erasing, and as time goes by: what counting says."""

from __future__ import annotations

import random
from datetime import timedelta
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update

from agency.inbox import desk, erasing
from agency.inbox.models import Conversation, Message, Note
from agency.inbox.storage import AccountRows
from agency.reports import checking
from agency.reports.folding import fold
from agency.reports.models import BrandDay, CaseDay, FigureDue
from channels.models import Account
from jobs.figures import check_figures, fold_figures
from jobs.indexing import index_words
from tenants import clock
from tenants.database import db
from tenants.errors import AppError
from tenants.models import Brand
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment
from tests.inbox.test_intake import keep

LATER = at(600)


@pytest.fixture(autouse=True)
def _in_its_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)


def settle(agency: Agency) -> None:
    """What changed is read, then counted."""
    index_words(agency.app)
    fold_figures(agency.app)


def sums(agency: Agency, *names: str) -> tuple[int, ...]:
    with agency.entered():
        row = db.session.execute(select(*(func.sum(getattr(BrandDay, name)) for name in names))).one()
        return tuple(int(one or 0) for one in row)


def storm(ana: Agency, accounts: list[UUID], seed: int, errors: list[BaseException]) -> None:
    lot = random.Random(seed)
    try:
        for number in range(6):
            stored = lot.choice(accounts)
            keep(
                ana,
                stored,
                *(
                    comment(
                        f"{stored}-{lot.randrange(40)}{'a' if is_ours else ''}",
                        f"Words {number}",
                        under=f"{stored}-{lot.randrange(15)}",
                        from_us=is_ours,
                        created_at=at(lot.randrange(600)),
                    )
                    for is_ours in (False, True, False)
                ),
            )
            try:
                with ana.entered(ana.team_lead):
                    cases = db.session.execute(
                        select(Conversation.id, Conversation.account_id).order_by(Conversation.id)
                    )
                    one, account_id = lot.choice(cases.all())
                    match lot.randrange(5):
                        case 0:
                            desk.close(ana.team_lead, one)
                        case 1:
                            desk.reopen(ana.team_lead, one)
                        case 2:
                            desk.snooze(ana.team_lead, one, LATER + timedelta(hours=1))
                        case 3:
                            account = db.session.scalars(select(Account).where(Account.id == account_id)).one()
                            AccountRows(account).lock()  # as whoever stores does, before anything else
                            for model in (Message, Note):
                                db.session.execute(delete(model).where(model.conversation_id == one))
                            db.session.execute(delete(Conversation).where(Conversation.id == one))
                        case 4:
                            desk.close(ana.team_lead, one)
                            raise AppError("nothing")
            except AppError:
                pass
            if number == seed:
                settle(ana)
    except BaseException as error:
        errors.append(error)


def test_after_a_storm_every_day_is_the_sum_of_its_cases_and_every_case_what_stands_in_it(
    ana: Agency, make: Factory
) -> None:
    accounts = [make.account(ana, brand=number % 2) for number in range(3)]
    errors: list[BaseException] = []
    storms = [Thread(target=storm, args=(ana, accounts, seed, errors)) for seed in (1, 2)]
    for each in storms:
        each.start()
    for each in storms:
        each.join(120)
    assert not [error for error in errors if "deadlock" not in str(error)], errors
    settle(ana)
    with ana.entered():
        assert db.session.scalar(select(func.count(FigureDue.id))) == 0
        found = checking.check()
        cases = db.session.scalar(select(func.count(CaseDay.conversation_id.distinct())))
        received = db.session.scalar(select(func.count(Message.id)).where(Message.direction == "in"))
    assert found == ([], 0)
    assert (cases or 0) > 5
    assert sums(ana, "received") == (received,)


def test_what_is_missed_is_found_and_mended(ana: Agency, make: Factory) -> None:
    account = make.account(ana)
    keep(ana, account, comment(1), comment(2), comment(3, under=2, from_us=True))
    settle(ana)
    assert sums(ana, "received", "asked", "answered", "seconds", "cases", "resolved") == (2, 2, 1, 60, 2, 1)
    with ana.entered():
        db.session.execute(update(BrandDay).values(asked=9))
        db.session.execute(update(CaseDay).where(CaseDay.answered == 1).values(seconds=9))
    check_figures(ana.app)
    fold_figures(ana.app)
    assert sums(ana, "asked", "seconds") == (2, 60)
    with ana.entered():
        assert checking.check() == ([], 0)
        db.session.execute(update(Message).where(Message.direction == "out").values(deleted_at=LATER))
    settle(ana)
    assert sums(ana, "received", "asked", "answered") == (2, 2, 0), "an answer that was taken back answers nothing"


def test_erasing_keeps_the_counts_and_closing_ends_the_waiting(ana: Agency, make: Factory) -> None:
    account = make.account(ana)
    keep(ana, account, comment(1), comment(2, under=1, from_us=True), comment(4))
    settle(ana)
    before = sums(ana, "received", "answered", "seconds")
    with ana.entered():
        assert db.session.scalar(select(func.min(CaseDay.waiting_since))) == at(4)
        (one,) = db.session.scalars(select(Conversation.id).where(Conversation.status == "open"))
        desk.snooze(ana.staff, one, LATER + timedelta(hours=1))
    with ana.entered():
        erasing.erase_person("person-1")
    settle(ana)
    assert sums(ana, "received", "answered", "seconds") == before
    with ana.entered():
        assert db.session.scalar(select(func.min(CaseDay.waiting_since))) == at(4), "put off, and the customer waits"
        desk.close(ana.staff, one)
    settle(ana)
    with ana.entered():
        assert db.session.scalar(select(func.min(CaseDay.waiting_since))) is None
    assert sums(ana, "cases", "resolved", "asked") == (2, 2, 2)


def test_another_clock_of_the_brand_counts_its_days_anew_and_old_days_stand(
    ana: Agency, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(ana, make.account(ana), comment(1, created_at=at(-9 * 60 - 10)))
    settle(ana)
    with ana.entered():
        before = db.session.scalar(select(BrandDay.day))
        db.session.execute(update(Brand).where(Brand.id == ana.brand_ids[0]).values(time_zone="Asia/Tokyo"))
    fold_figures(ana.app)
    with ana.entered():
        days = {row.day: row.received for row in db.session.scalars(select(BrandDay))}
        assert before is not None
        assert days == {before: 0, before + timedelta(days=1): 1}
        desk.close(ana.staff, db.session.scalars(select(Conversation.id)).one())
    settle(ana)
    monkeypatch.setattr(clock, "now", lambda: LATER + timedelta(days=120))
    with ana.entered():
        assert checking.let_go() == 1
        db.session.execute(update(Conversation).values(closed_reason="spam"))
    fold_figures(ana.app)
    assert sums(ana, "received", "resolved") == (1, 1)


def test_one_counts_at_a_time_and_nobody_while_figures_are_checked(ana: Agency, make: Factory) -> None:
    account, found = make.account(ana), list[int]()

    def other() -> None:
        with ana.entered():
            found.append(fold())

    for number, first in enumerate((fold, checking.check)):
        keep(ana, account, comment(number))
        index_words(ana.app)
        with ana.entered():
            first()
            beside = Thread(target=other)
            beside.start()
            beside.join(60)
    assert found == [0, 0]
    with ana.entered():
        assert fold() == 1
