"""Labels: who makes them, what they stand on, and the queue of a label or of a set of brands."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from agency.inbox import desk, label_names, labelling, labels
from agency.inbox.desk_models import ConversationLabel
from agency.inbox.filters import REPLY_STATES, filter_of, read_filters
from agency.inbox.models import Conversation
from agency.inbox.queries import QueueFilter, list_conversations, queue_state
from agency.replies.lifecycle import STATES
from tenants.database import db, new_id
from tenants.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from tenants.models import AgencyAudit, BrandAudit
from tenants.permissions import Actor
from tests.factories import Agency, Factory


def do(agency: Agency, deed: Callable[..., Any], actor: Actor, *args: Any, **more: Any) -> Any:
    with agency.entered(actor):
        return deed(actor, *args, **more)


def listed(agency: Agency, wanted: QueueFilter, **more: Any) -> list[UUID]:
    with agency.entered(more.pop("actor", None)):
        return [r.id for r in list_conversations(wanted, me=agency.staff.user_id, **more).rows]


def ranked(agency: Agency, ranks: dict[UUID, int]) -> None:
    with agency.entered():
        for conversation_id, rank in ranks.items():
            db.session.execute(update(Conversation).where(Conversation.id == conversation_id).values(rank=rank))


def test_a_label_is_put_on_seen_in_the_row_and_taken_off(ana: Agency, make: Factory) -> None:
    one, two = make.conversation(ana), make.conversation(ana, brand=1)
    everywhere = do(ana, labels.create_label, ana.agency_admin, None, "  Refund  asked ", "red")
    own = do(ana, labels.create_label, ana.team_lead, ana.brand_ids[0], "Regular")
    assert (everywhere.name, everywhere.brand_id, own.brand_id) == ("Refund asked", None, ana.brand_ids[0])
    put = do(ana, labelling.put_on, ana.staff, [two, one], [everywhere.id, own.id])
    assert set(put) == {(one, everywhere.id), (one, own.id), (two, everywhere.id)}, "a brand's own stays with its brand"
    assert do(ana, labelling.put_on, ana.staff, [one, two], [everywhere.id]) == [], "twice is once"
    with ana.entered():
        rows = {row.id: row.label_ids for row in list_conversations(QueueFilter()).rows}
        assert rows == {one: [everywhere.id, own.id], two: [everywhere.id]}
        assert label_names.label_names(queue_state(ana.staff.user_id).labels)[own.id] == (own.id, "Regular", "grey")
    assert do(ana, labelling.take_off, ana.staff, [one, two], [own.id]) == [(one, own.id)]
    assert listed(ana, QueueFilter(label_ids=(own.id,))) == []
    with ana.entered():
        told = db.session.execute(select(BrandAudit.action, BrandAudit.facts).order_by(BrandAudit.id)).all()
        kept = [(row[0], row[1].get("labels")) for row in told if row[0].startswith("conversation.")]
    assert ("conversation.label", ["Refund asked", "Regular"]) in kept
    assert kept[-1] == ("conversation.unlabel", ["Regular"])


def test_the_queue_of_a_label_is_in_the_queues_order_page_by_page(ana: Agency, make: Factory) -> None:
    cases = [make.conversation(ana, brand=n % 2) for n in range(7)]
    others = [make.conversation(ana) for _ in range(3)]
    label = do(ana, labels.create_label, ana.agency_admin, None, "Refund").id
    do(ana, labelling.put_on, ana.staff, cases, [label])
    ranked(ana, {case: n % 3 for n, case in enumerate(cases)} | dict.fromkeys(others, 9))
    expected = sorted(cases, key=lambda case: (cases.index(case) % 3, case), reverse=True)
    wanted, cursor, found = QueueFilter(label_ids=(label,)), None, []
    with ana.entered():
        while True:
            page = list_conversations(wanted, cursor, 2)
            found += [row.id for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert found == expected
    do(ana, desk.close, ana.staff, cases[0])
    assert cases[0] not in listed(ana, wanted)
    assert listed(ana, wanted._replace(status="closed")) == [cases[0]]
    assert set(listed(ana, wanted._replace(status=None))) == set(cases)
    assert set(listed(ana, wanted._replace(brand_ids=(ana.brand_ids[1],)))) == set(cases[1::2])
    assert do(ana, desk.claim_next, ana.staff, wanted) == expected[0 if expected[0] != cases[0] else 1]


def test_several_labels_widen_and_other_filters_narrow(ana: Agency, make: Factory) -> None:
    one, two, three = (make.conversation(ana) for _ in range(3))
    first, second = (do(ana, labels.create_label, ana.agency_admin, None, name).id for name in ("A", "B"))
    do(ana, labelling.put_on, ana.staff, [one, two], [first])
    do(ana, labelling.put_on, ana.staff, [two, three], [second])
    assert set(listed(ana, QueueFilter(label_ids=(first, second)))) == {one, two, three}
    with ana.entered():
        db.session.execute(update(Conversation).where(Conversation.id == two).values(language="pl", stars=2))
    assert listed(ana, QueueFilter(label_ids=(first, second), language=("pl", "es"))) == [two]
    assert listed(ana, QueueFilter(label_ids=(first,), stars=(1, 2))) == [two]
    assert two not in listed(ana, QueueFilter(language="none"))
    assert listed(ana, QueueFilter(label_ids=(new_id(),))) == []


def test_a_set_of_brands_is_merged_in_order_under_a_scope(ana: Agency, make: Factory) -> None:
    cases = [make.conversation(ana, brand=n % 3) for n in range(9)]
    ranked(ana, {case: n // 2 for n, case in enumerate(cases)})
    order = sorted(cases, key=lambda case: (cases.index(case) // 2, case), reverse=True)
    chosen = (ana.brand_ids[0], ana.brand_ids[2])
    expected = [case for case in order if cases.index(case) % 3 != 1]
    assert listed(ana, QueueFilter(brand_ids=chosen)) == expected
    found, cursor = [], None
    with ana.entered():
        while True:
            page = list_conversations(QueueFilter(brand_ids=chosen), cursor, 2)
            found += [row.id for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert found == expected
    one_brand = Actor(new_id(), "One", ana.staff.role, ana.id, frozenset({ana.brand_ids[0]}))
    assert listed(ana, QueueFilter(brand_ids=chosen), actor=one_brand) == [
        case for case in expected if cases.index(case) % 3 == 0
    ]
    with ana.entered(one_brand):
        assert queue_state(one_brand.user_id, brand_ids=chosen).asked_for == 1


def test_who_may_make_labels_and_for_whom(ana: Agency, make: Factory) -> None:
    of_one = Actor(new_id(), "Lead of one", ana.team_lead.role, ana.id, frozenset({ana.brand_ids[0]}))
    with pytest.raises(Forbidden):
        do(ana, labels.create_label, ana.staff, None, "Mine")
    with pytest.raises(Forbidden):
        do(ana, labels.create_label, of_one, None, "For all")
    with pytest.raises(NotFound):
        do(ana, labels.create_label, of_one, ana.brand_ids[1], "Elsewhere")
    theirs = do(ana, labels.create_label, ana.team_lead, ana.brand_ids[1], "Theirs").id
    for deed in (labels.get_label, labels.archive_label):
        with pytest.raises(NotFound):
            do(ana, deed, of_one, theirs)
    case = make.conversation(ana)
    with pytest.raises(NotFound):
        do(ana, labelling.put_on, of_one, [case], [theirs])
    light = Actor(new_id(), "Light", ana.light.role, ana.id, None) if hasattr(ana, "light") else None
    if light is not None:
        with pytest.raises(Forbidden):
            do(ana, labelling.put_on, light, [case], [theirs])


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "two\nlines", "nul\x00", "\ud800"])
def test_a_name_that_cannot_be_kept_is_refused(name: str, ana: Agency) -> None:
    with pytest.raises(Invalid):
        do(ana, labels.create_label, ana.agency_admin, None, name)
    with pytest.raises(Invalid):
        do(ana, labels.create_label, ana.agency_admin, None, "Good", "#123456")


def test_a_name_stands_once_where_both_are_seen(ana: Agency) -> None:
    first = do(ana, labels.create_label, ana.agency_admin, None, "Refund")
    for place in (None, ana.brand_ids[0]):
        with pytest.raises(Conflict, match="of this name"):
            do(ana, labels.create_label, ana.agency_admin, place, "rEFUND")
    do(ana, labels.archive_label, ana.agency_admin, first.id)
    again = do(ana, labels.create_label, ana.agency_admin, None, "Refund")
    with pytest.raises(Conflict):
        do(ana, labels.archive_label, ana.agency_admin, first.id, archived=False)
    with pytest.raises(Conflict) as told:
        do(ana, labels.change_label, ana.agency_admin, again.id, 7, name="Other")
    assert told.value.code == "label_changed"
    changed = do(ana, labels.change_label, ana.agency_admin, again.id, 1, name="Other", colour="teal")
    assert (changed.name, changed.colour, changed.version) == ("Other", "teal", 2)


def test_merging_moves_every_case_once(ana: Agency, make: Factory) -> None:
    one, two, three = (make.conversation(ana) for _ in range(3))
    old, new = (do(ana, labels.create_label, ana.agency_admin, None, name).id for name in ("Old", "New"))
    own = do(ana, labels.create_label, ana.agency_admin, ana.brand_ids[0], "Own").id
    do(ana, labelling.put_on, ana.staff, [one, two], [old])
    do(ana, labelling.put_on, ana.staff, [two, three], [new])
    assert do(ana, labels.merge_labels, ana.team_lead, old, new) == 2
    assert set(listed(ana, QueueFilter(label_ids=(new,)))) == {one, two, three}
    with ana.entered():
        assert {row.id: row.label_ids for row in list_conversations(QueueFilter()).rows} == {
            one: [new],
            two: [new],
            three: [new],
        }
        assert len(db.session.scalars(select(ConversationLabel.id)).all()) == 3
        actions = db.session.scalars(select(AgencyAudit.action)).all()
    assert "label.merged" in actions
    for bad in ((new, new), (new, own), (old, own)):
        with pytest.raises(AppError):
            do(ana, labels.merge_labels, ana.team_lead, *bad)
    with pytest.raises(Conflict, match="merged"):
        do(ana, labels.archive_label, ana.agency_admin, old, archived=False)
    assert do(ana, labels.merge_labels, ana.team_lead, own, new) == 0, "a brand's own may become one for all"


def test_two_who_label_one_case_at_once_lose_nothing(ana: Agency, make: Factory) -> None:
    case = make.conversation(ana)
    made = [do(ana, labels.create_label, ana.agency_admin, None, f"L{n}").id for n in range(4)]
    start = threading.Barrier(4)

    def put(label: UUID) -> None:
        start.wait()
        do(ana, labelling.put_on, ana.staff, [case], [label])

    threads = [threading.Thread(target=put, args=(label,)) for label in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ana.entered():
        (row,) = list_conversations(QueueFilter()).rows
        assert sorted(row.label_ids) == sorted(made)
        assert len(db.session.scalars(select(ConversationLabel.id)).all()) == 4


def test_the_states_of_replies_are_all_filters() -> None:
    assert set(REPLY_STATES) - {"none"} == set(STATES) - {"dropped"}


VALUES = st.lists(
    st.text(max_size=50) | st.sampled_from(["me", "pl", "open", "1", "any", "none", "late", "facebook"]), max_size=4
)
NAMES = (
    "view",
    "brand",
    "platform",
    "kind",
    "state",
    "holder",
    "reply",
    "language",
    "label",
    "stars",
    "late",
    "q",
    "x",
)


@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_whatever_an_address_says_is_read_or_left_out(given_: dict[str, list[str]]) -> None:
    read = read_filters(given_)
    assert read_filters(read) == read, "what was read is read as itself"
    filter_of(read)
    assert set(read) <= set(given_) - {"x"}
    for values in read.values():
        assert all(values)
        assert len(set(values)) == len(values)
