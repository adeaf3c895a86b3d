"""What colleagues keep under a person's name: what surely means them goes, what may mean somebody else is named."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from agency.inbox import labels, last_places, saved_views
from agency.inbox.contacts import erasures, named
from agency.inbox.desk_models import LastPlace
from jobs.erasing import erase_contacts
from tenants.database import db
from tenants.models import AgencyAudit
from tests.factories import Agency, Factory
from tests.inbox.contacts.test_erasing import contact_of, item, order, store


@pytest.mark.parametrize(
    ("name", "looked_for", "stands"),
    [
        ("Łucja Żak", "lucja zak's complaint", True),
        ("Łucja Żak", "ZAK, LUCJA", True),
        ("Łucja Żak", "zakopane", False),
        ("Anna", "annabel", False),
        ("@anna", "@ANNA again", True),
        ("@anna", "anna", False),
        ("@anna", "@annabel", False),
        ("anna.k", "anna and vitamin k", False),
        ("anna.k", "see anna.k", True),
        ("Анна Ким", "анна кимова", False),
        ("王小明", "王小明的案子", True),
        ("An\u200bna K", "anna k", True),
        ("!!", "!!", False),
    ],
)
def test_a_name_stands_in_a_text_as_people_write_it(name: str, looked_for: str, stands: bool) -> None:
    plain = named.folded(name)
    one = named.Name(plain, frozenset(named._WORD.findall(plain)), is_sure=True)
    assert one.stands_in(looked_for) is stands


def test_what_surely_means_them_goes_and_the_rest_is_told(make: Factory, ana: Agency, whole_app: Flask) -> None:
    account_id = make.account(ana)
    store(
        ana,
        account_id,
        item(1, "Words", "111122223333", "Łucja Żak"),
        item(2, "Words", "222233334444", "Hope"),
        item(3, "Words", "333344445555", "Jan Nowak"),
        item(4, "Words", "444455556666", "Jan Nowak"),
        item(5, "Words", "555566667777", "Ada A."),
    )
    brand_id = ana.brand_ids[0]
    with ana.entered():
        for name, filters in (
            ("Hers", {"q": ["lucja zak refund"]}),
            ("Late of Łucja Żak", {"late": ["1"]}),
            ("Zak", {"q": ["zak"]}),
            ("Elsewhere", {"q": ["lucja zak"], "brand": [str(ana.brand_ids[1])]}),
            ("Hoping", {"q": ["hope"]}),
            ("Two of them", {"q": ["jan nowak"]}),
            ("Orders", {"q": ["a encomenda da ada"]}),
        ):
            saved_views.create_view(ana.staff, name, filters)
        labels.create_label(ana.team_lead, brand_id, "Zak, Łucja")
        last_places.remember_place(ana.staff, [], {"q": ["zak"], "late": ["1"]}, None)
    found = {}
    for person in ("111122223333", "222233334444", "333344445555", "555566667777"):
        erasure_id = order(ana, contact_of(ana, person))
        for _crash in range(2):
            erase_contacts(whole_app, str(ana.id), str(brand_id), str(erasure_id))
        with ana.entered():
            done = erasures.get_erasure(ana.team_lead, erasure_id)
            left = [(one.kind, one.shown) for one in named.still_left(done.left_things)]
            found[person] = (done.views_gone, sorted(left))
    assert found == {
        "111122223333": (1, [("label", "Zak, Łucja"), ("view", "Zak")]),
        "222233334444": (0, [("view", "Hoping")]),
        "333344445555": (0, [("view", "Two of them")]),
        "555566667777": (0, [("view", "Orders")]),
    }
    with ana.entered():
        views = {view.name for view in saved_views.list_views(ana.staff)}
        assert views == {"Late of … …", "Zak", "Elsewhere", "Hoping", "Two of them", "Orders"}
        assert list(db.session.scalars(select(LastPlace.filters))) == [{"late": ["1"]}]
        facts = " ".join(map(str, db.session.scalars(select(AgencyAudit.facts))))
        assert "zak" not in facts.casefold(), "the record of views names nobody"
