"""Near-equal replies to different people are counted when sent; so is the saved reply they began from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text

from agency.inbox.erasing import erase_person
from agency.inbox.models import Contact
from agency.replies import desk, moves, wordings
from agency.replies.models import SentWording, Wording
from styleguides import saved_replies
from styleguides.wording import wording_of
from tenants import clock
from tenants.database import db
from tenants.errors import NotFound
from tenants.permissions import Role
from tests.factories import Agency, Factory

LATE = "Dear {name}, we are sorry that your parcel came late. We spoke with the courier and it will not happen again."


def sent(agency: Agency, conversation: UUID, words: str, saved: UUID | None = None, times: int = 1) -> UUID:
    """A reply that stands on the platform, by the moves that lead there."""
    with agency.entered(agency.team_lead):
        reply_id = desk.start_draft(agency.team_lead, conversation, words, saved_reply_id=saved).id
    with agency.entered():
        reply = moves.locked(reply_id)
        reply.state = "publishing"
        reply.published_at = clock.now()
        moves.move(reply, "settle", "published", actor=None)
        for _ in range(times - 1):
            wordings.remember_sent(reply)
    return reply_id


def people(agency: Agency, words: str, name: str | None = None, brand: int = 0, but: UUID | None = None) -> int:
    with agency.entered(agency.staff):
        return wordings.people_told_so(agency.brand_ids[brand], words, name, but)


@pytest.fixture
def saved(ana: Agency) -> UUID:
    texts = [{"language": "en", "text": LATE.replace("{name}", "{customer_name}")}]
    with ana.entered(ana.team_lead):
        return saved_replies.create_saved_reply(ana.team_lead, None, {"title": "Late", "texts": texts}).id


def uses(agency: Agency, saved: UUID) -> int:
    with agency.entered(agency.staff):
        return saved_replies.get_saved_reply(agency.staff, saved).uses


def test_near_equal_words_to_different_people_are_one_wording(make: Factory, ana: Agency) -> None:
    for name in ("Anna Nowak", "Peter Hall", "Ola"):
        sent(ana, make.conversation(ana, author=name), LATE.format(name=name.split()[0]))
    sent(ana, make.conversation(ana, author="Eve"), LATE.replace("courier", "carrier").format(name="Eve"))
    sent(ana, make.conversation(ana, author="Tom"), "Thank you for the kind words, they made our day at the counter.")
    assert people(ana, LATE.format(name="Zoe"), "Zoe") == 4
    assert people(ana, "Thank you for the kind words, they made our day at the counter!") == 1
    assert people(ana, "Nothing like it was ever sent to anybody by this brand.") == 0
    assert people(ana, "  ") == 0
    with ana.entered():
        assert len(db.session.query(Wording).all()) == 2


def test_the_same_person_twice_is_one_and_does_not_count_for_themselves(make: Factory, ana: Agency) -> None:
    case = make.conversation(ana)
    for _ in range(2):
        sent(ana, case, LATE)
    with ana.entered():
        contact_id = db.session.query(SentWording.contact_id).first()[0]
    assert contact_id is not None
    assert people(ana, LATE) == 1
    assert people(ana, LATE, but=contact_id) == 0


def test_other_brands_and_last_month_do_not_count(make: Factory, ana: Agency, superuser: Engine) -> None:
    sent(ana, make.conversation(ana, brand=1), LATE)
    assert (people(ana, LATE), people(ana, LATE, brand=1)) == (0, 1)
    with superuser.begin() as connection:
        connection.execute(text("update sent_wording set sent_at = sent_at - interval '31 days'"))
    assert people(ana, LATE, brand=1) == 0


def test_a_reply_told_twice_is_counted_once(make: Factory, ana: Agency, saved: UUID) -> None:
    sent(ana, make.conversation(ana, author="Anna"), LATE.format(name="Anna"), saved, times=3)
    assert (people(ana, LATE), uses(ana, saved)) == (1, 1)


def test_a_saved_reply_of_which_nothing_is_left_was_not_used(make: Factory, ana: Agency, saved: UUID) -> None:
    sent(ana, make.conversation(ana), "Could you tell us which shop it was? Then we can look at the tills.", saved)
    assert uses(ana, saved) == 0
    sent(ana, make.conversation(ana), LATE.format(name="you") + " Please write to us again if it does.", saved)
    assert uses(ana, saved) == 1
    with ana.entered(ana.staff):
        assert wordings.people_told_from([saved], ana.brand_ids[0]) == {saved: 1}
        assert wordings.people_told_from([saved], ana.brand_ids[1]) == {}
        assert wordings.people_told_from([], ana.brand_ids[0]) == {}


def test_two_at_once_are_two_uses_of_one_wording(make: Factory, ana: Agency, saved: UUID) -> None:
    cases = [make.conversation(ana, author="Anna") for _ in range(6)]
    with ThreadPoolExecutor(6) as senders:
        list(senders.map(lambda case: sent(ana, case, LATE.format(name="Anna"), saved), cases))
    assert (people(ana, LATE), uses(ana, saved)) == (6, 6)
    with ana.entered():
        assert len(db.session.query(Wording).all()) == 1


def test_a_change_or_a_draft_is_no_new_telling(make: Factory, ana: Agency) -> None:
    with ana.entered(ana.team_lead):
        desk.start_draft(ana.team_lead, make.conversation(ana), LATE)
    reply_id = sent(ana, make.conversation(ana), "Something short for a start, please.")
    with ana.entered():
        reply = moves.locked(reply_id)
        reply.deed = "edit"
        wordings.remember_sent(reply)
        db.session.rollback()
    assert people(ana, LATE) == 0


def test_what_went_to_many_is_listed_to_whom_it_concerns(make: Factory, ana: Agency, stranger: Agency) -> None:
    for brand, count in ((0, 3), (1, 4), (2, 2)):
        for number in range(count):
            name = ("Anna", "Peter", "Ola", "Eve")[number]
            sent(ana, make.conversation(ana, brand=brand, author=name), LATE.format(name=name))
    for name in ("Anna", "Peter", "Ola"):
        sent(stranger, make.conversation(stranger, author=name), LATE.format(name=name))
    limited = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[0]])

    def worn(actor: Any, brand_id: UUID | None = None) -> list[tuple[int, int]]:
        with ana.entered(actor):
            found = wordings.worn_wordings(actor, brand_id)
            assert all("your parcel came late" in one.text for one in found)
            return [(ana.brand_ids.index(one.brand_id), one.people) for one in found]

    assert worn(ana.staff) == [(1, 4), (0, 3)]
    assert worn(ana.staff, ana.brand_ids[0]) == [(0, 3)]
    assert worn(limited) == [(0, 3)]
    with pytest.raises(NotFound):
        worn(limited, ana.brand_ids[1])


def test_what_went_to_many_names_none_of_them(make: Factory, ana: Agency) -> None:
    for name in ("Anna", "Peter", "Ola"):
        sent(ana, make.conversation(ana, author=name), LATE.format(name=name) + " Call +48 601 234 567.")

    def worn() -> list[str]:
        with ana.entered(ana.staff):
            return [one.text for one in wordings.worn_wordings(ana.staff)]

    masked = [LATE.format(name="•••") + " Call •••."]
    assert worn() == masked
    with ana.entered():
        people = dict(db.session.execute(select(Contact.name, Contact.external_id)).all())
    for name, left in (("Ola", masked), ("Peter", masked), ("Anna", [])):
        with ana.entered():
            erase_person(people[name])
        assert worn() == left


def test_what_the_agency_keeps_is_counted_where_a_job_sees_one_brand_alone(
    make: Factory, ana: Agency, saved: UUID
) -> None:
    from tenants.scope import Scope, in_scope

    with ana.entered(ana.team_lead):
        reply_id = desk.start_draft(ana.team_lead, make.conversation(ana), LATE, saved_reply_id=saved).id
    with in_scope(ana.app, Scope(ana.id, frozenset({ana.brand_ids[0]}))):
        reply = moves.locked(reply_id)
        reply.state, reply.published_at = "publishing", clock.now() - timedelta(seconds=1)
        moves.move(reply, "settle", "published", actor=None)
    assert uses(ana, saved) == 1


def test_new_wordings_are_put_in_by_brand_and_words(ana: Agency, superuser: Engine) -> None:
    """Who puts in the same in the same moment waits for the other, and never in a circle."""
    puts = [
        (brand, wording_of(words, None)) for brand in ana.brand_ids[:2] for words in ("Thank you.", "We are sorry.")
    ]
    by_name = sorted(((brand, put.exact), put) for brand, put in puts)
    with ana.entered():
        wordings._made(ana.id, dict(reversed(by_name)))
    with superuser.connect() as connection:
        stand = connection.execute(text("select brand_id, exact from wording order by ctid")).all()
    assert [(row[0], bytes(row[1])) for row in stand] == [name for name, _put in by_name]
