"""Replies that wait for one person go by one mail, made when it leaves; none is lost or held for too long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from agency.inbox.models import Conversation
from agency.notices import waking
from agency.notices.holding import APART, SHARE, a_share_of, held_until
from agency.notices.sending import mails_kept, send_mail
from agency.replies import approval_mail, asking_together, day_links, desk, moves, unsent_mails
from agency.replies.models import Reply
from tenants import clock
from tenants.database import db
from tenants.models import Brand, OutgoingMail, Person
from tests.factories import Agency, Factory
from tests.leaving import mails_leave
from tests.web.mailed import Phone, asked
from tests.web.replying import row_of, waiting_reply

NOW = clock.now()
SECONDS = 120

EARLIER = """
insert into message (agency_id, id, brand_id, conversation_id, account_id, contact_id, external_id, direction, text,
    written_at, content_hash)
select m.agency_id, gen_random_uuid(), m.brand_id, m.conversation_id, m.account_id,
    case when said.who = 'other' then other.contact_id else m.contact_id end, 'before_' || said.ago,
    case when said.who = 'we' then 'out' else 'in' end, said.words, m.written_at - said.ago * interval '1 hour', '\\x00'
from reply r join message m on m.id = r.in_reply_to_id
join lateral (select contact_id from message where contact_id <> m.contact_id limit 1) other on true
cross join (values (9, 'customer', 'Long ago.'), (4, 'customer', E'Hello,\nis it open?'), (3, 'we', 'It is.'),
    (2, 'other', 'Secret.')) as said(ago, who, words)
where r.id = :reply_id
"""


@dataclass
class Desk:
    """An agency whose writer submits, and one client's owner."""

    agency: Agency
    make: Factory
    superuser: Engine

    def submit(self, number: int, **case: Any) -> UUID:
        words = f"Thank you for number {number}."
        return waiting_reply(self.agency, self.make.conversation(self.agency, text=f"Case {number}.", **case), words)

    def leave(self) -> list[str]:
        """What is due leaves; the plain text of each mail that did so far, first to last."""
        with self.agency.entered():
            asking_together.mail_waiting(self.agency.brand_ids[0], self.agency.client_owner.user_id)
        return self.letters()

    def letters(self) -> list[str]:
        with self.agency.app.app_context():
            for mail_id in db.session.scalars(select(OutgoingMail.id).where(OutgoingMail.given_up_at.is_(None))):
                send_mail(mail_id)
            db.session.commit()
            return [str(m.get_body(("plain",)).get_content()) for _row, m in reversed(mails_kept())]  # type: ignore[union-attr]

    def numbers(self, letter: str) -> list[int]:
        """Which it names."""
        return [int(one) for one in re.findall(r"Thank you for number (\d+)\.", letter)]

    def promised(self) -> list[Any]:
        wanted = text("select run_at from outbox_entry where job_name = 'mail_waiting' order by id")
        with self.superuser.connect() as connection:
            return list(connection.execute(wanted).scalars())


@pytest.fixture
def room(ana: Agency, make: Factory, superuser: Engine) -> Iterator[Desk]:
    settings = ana.app.extensions["onbrand_settings"]
    ana.app.extensions["onbrand_settings"] = replace(settings, onbrand_mail_together_seconds=SECONDS)
    yield Desk(ana, make, superuser)
    ana.app.extensions["onbrand_settings"] = settings


def test_many_replies_are_one_mail_with_links_of_each_and_one_for_the_day(room: Desk, whole_app: Flask) -> None:
    with clock.stopped_at(NOW) as move_to:
        ids = [room.submit(number, context={"text": f"Post {number}\n| by us."}) for number in range(3)]
        with room.superuser.begin() as connection:
            connection.execute(text(EARLIER), {"reply_id": ids[0]})
        assert room.leave() == [], "the first waits for others"
        move_to(NOW + timedelta(seconds=SECONDS))
        (letter,) = room.leave()
        assert room.leave() == [letter], "asked again, nothing is left to tell"
        assert room.numbers(letter) == list(range(3))
        assert "3 replies wait for your yes" in letter
        assert letter.count("| Case ") == 3
        assert letter.count("Facebook · comment · ") == 3
        assert [f"Under the post: Post {number} | by us.\r" in letter for number in range(3)] == [True] * 3
        before = re.findall(r"^(Before that, .*)\r$", letter, re.MULTILINE)
        assert before == ["Before that, the customer: Hello, is it open?", "Before that, we: It is."], (
            "what somebody else wrote there stands in no mail: erased, it would not be taken back"
        )
        links = re.findall(r"/a/[\w-]{43}(?=\s)", letter)
        assert len(set(links)) == 3
        (day,) = re.findall(r"/d/([\w-]{43})(?=\s)", letter)
        with room.agency.entered():
            found = day_links.find_day(day)
            assert found is not None
            until = day_links.brands_of_day(found)
            assert list(until) == [room.agency.brand_ids[0]], "no other brand, whoever holds the mail"
            (ends,) = until.values()
            move_to(ends - timedelta(seconds=1))
            assert ends - NOW > timedelta(days=1), "an evening's mail is read in the morning"
            assert day_links.find_day(day) is not None
            assert day_links.brands_of_day(found) == until
            move_to(ends)
            assert day_links.brands_of_day(found) == {}
            move_to(NOW + timedelta(seconds=SECONDS))
        phone = Phone(whole_app)
        assert phone.press(links[1], "approve").status_code == 303
        states = [row_of(room.agency, one).state for one in ids]
        assert [place for place, state in enumerate(states) if state != "awaiting_approval"] == [1]
        (mail_id,) = {one.mail_id for reply_id in ids for one in asked(room.agency, reply_id)}
        assert mail_id is not None, "silence counts from this mail for each of them"


def test_soon_after_a_mail_the_next_ones_wait_longer_together(room: Desk) -> None:
    with clock.stopped_at(NOW) as move_to:
        room.submit(1)
        move_to(NOW + timedelta(seconds=SECONDS))
        assert len(room.leave()) == 1
        for number in (2, 3):
            move_to(clock.now() + timedelta(seconds=SECONDS))
            room.submit(number)
            assert len(room.leave()) == 1
        move_to(NOW + timedelta(seconds=SECONDS * (APART + 1)))
        assert [room.numbers(one) for one in room.leave()] == [[1], [2, 3]]


def test_what_is_decided_or_changed_until_it_leaves_is_not_in_it_and_an_empty_mail_never_goes(room: Desk) -> None:
    with clock.stopped_at(NOW) as move_to:
        first, second, third = (room.submit(number) for number in range(3))
        with room.agency.entered(room.agency.staff):
            desk.withdraw(room.agency.staff, first)
            desk.edit(room.agency.staff, second, "Thank you for number 7.")
            desk.submit(room.agency.staff, second)
        move_to(NOW + timedelta(seconds=SECONDS))
        (letter,) = room.leave()
        assert room.numbers(letter) == [2, 7]
        move_to(NOW + timedelta(days=1))
        fourth = room.submit(4)
        with room.agency.entered(room.agency.staff):
            desk.withdraw(room.agency.staff, fourth)
        move_to(NOW + timedelta(days=2))
        assert len(room.leave()) == 1
        assert row_of(room.agency, third).state == "awaiting_approval"


def test_what_does_not_fit_is_counted_and_what_silence_decides_is_always_named(
    room: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking_together, "MOST_NAMED", 1)
    with clock.stopped_at(NOW) as move_to:
        ids = [room.submit(number) for number in range(3)]
        with room.superuser.begin() as connection:
            silent = "update reply set waits_clock = waits_clock || cast(:more as jsonb) where id = any(:ids)"
            more = f'{{"silence_at": "{(NOW + timedelta(hours=9)).isoformat()}"}}'
            connection.execute(text(silent), {"more": more, "ids": ids[1:]})
        move_to(NOW + timedelta(seconds=SECONDS))
        letters = room.leave()
    assert [room.numbers(one) for one in letters] == [[1], [2]]
    assert ["And 2 more" in letters[0], "And 1 more waits" in letters[1]] == [True, True]
    assert [asked(room.agency, one)[0].mail_id is None for one in ids] == [True, False, False]


def test_a_brand_on_hold_mails_nobody_and_whoever_left_gets_nothing(room: Desk) -> None:
    with clock.stopped_at(NOW) as move_to:
        room.submit(1)
        with room.agency.entered():
            db.session.get_one(Brand, (room.agency.id, room.agency.brand_ids[0])).paused_at = NOW
        move_to(NOW + timedelta(seconds=SECONDS))
        assert room.leave() == []
        assert room.promised()[-1] == clock.now() + asking_together.PAUSED_FOR
        with room.agency.entered():
            db.session.get_one(Brand, (room.agency.id, room.agency.brand_ids[0])).paused_at = None
            db.session.get_one(Person, room.agency.client_owner.user_id).disabled_at = NOW
        move_to(NOW + timedelta(hours=2))
        assert room.leave() == []


MOMENTS = st.one_of(st.none(), st.integers(-100_000, 1_000_000).map(lambda seconds: NOW + timedelta(seconds=seconds)))


@given(MOMENTS, MOMENTS, MOMENTS)
def test_no_mail_is_held_for_more_than_a_share_of_the_time_its_reader_has(last: Any, due: Any, silence: Any) -> None:
    at = held_until(NOW, last, a_share_of(NOW, due, silence), SECONDS)
    assert at >= NOW
    for moment in (due, silence):
        assert moment is None or moment <= NOW or at - NOW <= (moment - NOW) / SHARE + timedelta(microseconds=1)
    longest = (
        timedelta(seconds=SECONDS)
        if last is None
        else max(last - NOW, timedelta()) + timedelta(seconds=SECONDS * APART)
    )
    assert at - NOW <= longest


def test_what_is_asked_for_again_leaves_at_once_and_takes_along_what_waits_also_what_is_late(room: Desk) -> None:
    with clock.stopped_at(NOW):
        first = room.submit(1)
        room.submit(2, due_at=NOW - timedelta(minutes=1))
        assert room.leave() == [], "a case that is late waits for others as any other: a morning's backlog is few mails"
        with room.agency.entered():
            assert approval_mail.ask_again(moves.locked(first), room.agency.client_owner.user_id)
        assert room.promised()[-1] == NOW
        (letter,) = room.leave()
        assert room.numbers(letter) == [1, 2]
        assert letter.count("and is late.") == 1


def test_a_mail_taken_back_because_somebody_is_forgotten_is_made_anew_about_the_others(room: Desk) -> None:
    ids = [room.submit(number) for number in range(3)]
    mails_leave(room.agency.app, room.superuser)
    with room.agency.entered():
        case = db.session.execute(select(Reply.conversation_id).where(Reply.id == ids[1])).scalar_one()
        contact_id = db.session.execute(select(Conversation.contact_id).where(Conversation.id == case)).scalar_one()
        assert unsent_mails.take_back([contact_id]) == 1
    mails_leave(room.agency.app, room.superuser)
    (letter,) = room.letters()
    assert room.numbers(letter) == [0, 2]


def test_a_mail_whose_promise_was_given_up_is_promised_again_for_three_days(room: Desk) -> None:
    with clock.stopped_at(NOW) as move_to:
        room.submit(1)
        gave_up = text("update outbox_entry set given_up_at = :at where job_name = 'mail_waiting'")
        with room.superuser.begin() as connection:
            connection.execute(gave_up, {"at": NOW + timedelta(minutes=20)})
        woken = []
        for passed in (timedelta(minutes=4), timedelta(hours=1), timedelta(days=4), timedelta(hours=2)):
            move_to(NOW + passed)
            with room.agency.entered():
                woken.append(waking.wake(room.agency.id))
        assert woken == [0, 0, 0, 1]
        with room.agency.entered():
            assert waking.wake(room.agency.id) == 0, "it is promised"
        with room.superuser.connect() as connection:
            left = connection.execute(
                text("select count(*) from outbox_entry where given_up_at is not null and done_at is null")
            )
            assert left.scalar_one() == 0
        assert [room.numbers(one) for one in room.leave()] == [[1]]
