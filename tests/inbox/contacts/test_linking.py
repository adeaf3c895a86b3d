"""Who is one person: by proof alone, in one brand, and undone exactly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from agency.inbox.contacts import deeds, identities, linking, reading
from agency.inbox.contacts.models import ContactLink
from agency.inbox.contacts.names import name_key
from agency.inbox.conversation_view import get_conversation
from agency.inbox.models import Contact, Conversation, Message
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from tenants.scope import Scope, in_scope
from tests.factories import Agency, Factory


@dataclass
class World:
    """Identities that wrote to one brand."""

    make: Factory
    agency: Agency

    def writes(self, name: str | None, text: str = "Hello", brand: int = 0, **more: object) -> UUID:
        """Somebody writes; returns the identity."""
        conversation_id = self.make.conversation(self.agency, brand=brand, author=name, text=text, **more)
        with self.agency.entered():
            found = db.session.scalars(select(Conversation.contact_id).where(Conversation.id == conversation_id)).one()
            assert found is not None
            return found

    def link(self, one: UUID, other: UUID, reason: str = "Both told us order 7") -> UUID:
        with self.agency.entered():
            return linking.link_by_decision(self.agency.staff, one, other, reason).id

    def unlink(self, link_id: UUID) -> None:
        with self.agency.entered():
            linking.unlink(self.agency.staff, link_id, "Two people after all")

    def groups(self) -> set[frozenset[UUID]]:
        """Who is one person, as the rows say."""
        found: dict[UUID, set[UUID]] = {}
        with self.agency.entered():
            for contact_id, group_id in db.session.execute(select(Contact.id, Contact.group_id)):
                found.setdefault(group_id or contact_id, set()).add(contact_id)
        return {frozenset(group) for group in found.values()}


@pytest.fixture
def world(make: Factory) -> World:
    return World(make, make.agency("Links", brands=["One", "Two"]))


def refused(
    world: World, kind: type[AppError], *args: object, code: str = "", field: str = "", actor: str = "staff"
) -> None:
    with world.agency.entered(), pytest.raises(kind) as refusal:
        linking.link_by_decision(getattr(world.agency, actor), *args)  # type: ignore[arg-type]
    assert not code or refusal.value.code == code
    assert not field or field in refusal.value.fields["errors"]


def test_one_person_has_one_history_and_undoing_a_link_gives_back_exactly_what_was(world: World) -> None:
    ana, dm, other = world.writes("Ana", "First"), world.writes("ana.k", "Second"), world.writes("Ana", "Third")
    before = world.groups()
    first = world.link(ana, dm)
    assert world.groups() == before - {frozenset({ana}), frozenset({dm})} | {frozenset({ana, dm})}
    with world.agency.entered():
        person = reading.get_person(world.agency.staff, dm)
        assert [one.id for one in person.identities] == [dm, ana], "whoever shares a name is nobody's other half"
        cases = reading.cases_of(person)
        assert {one.excerpt for one in cases} == {"First", "Second"}
        view = get_conversation(cases[0].id)
        assert [one.id for one in view.earlier] == [cases[1].id]
    second = world.link(dm, other)
    assert frozenset({ana, dm, other}) in world.groups()
    world.unlink(first)
    assert world.groups() == before - {frozenset({dm}), frozenset({other})} | {frozenset({dm, other})}
    world.unlink(second)
    assert world.groups() == before
    with world.agency.entered():
        links = reading.links_of(reading.get_person(world.agency.staff, dm))
        assert [(one.undone_by_name, one.undo_reason) for one in links] == [
            (world.agency.staff.name, "Two people after all")
        ] * 2


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("link"), st.integers(0, 4), st.integers(0, 4)),
            st.tuples(st.just("unlink"), st.integers(0, 9), st.just(0)),
        ),
        max_size=10,
    )
)
def test_who_is_one_person_is_what_the_standing_links_say(world: World, steps: list[tuple[str, int, int]]) -> None:
    people = [world.writes(f"Person {n}") for n in range(5)]
    standing: dict[UUID, tuple[UUID, UUID]] = {}
    made: list[UUID] = []
    for deed, one, other in steps:
        if deed == "link" and one != other:
            try:
                link_id = world.link(people[one], people[other])
            except Conflict:
                continue
            else:
                made.append(link_id)
                standing[link_id] = (people[one], people[other])
        elif deed == "unlink" and one < len(made) and made[one] in standing:
            world.unlink(made[one])
            del standing[made[one]]
        expected = {frozenset(group) for group in identities.groups_of(people, standing.values())}
        mine = {group for group in world.groups() if group & set(people)}
        assert mine == expected
        assert len(standing) == sum(len(group) - 1 for group in expected), "a forest: each link counts"


def test_what_is_no_proof_is_refused(world: World, make: Factory) -> None:
    ana, bo = world.writes("Ana"), world.writes("Bo")
    elsewhere = world.writes("Ana", brand=1)
    strangers = World(make, make.agency("Strangers", brands=["Three"]))
    stranger = strangers.writes("Ana")
    refused(world, Invalid, ana, elsewhere, "The same name", field="other_id")
    refused(world, Invalid, ana, stranger, "The same name", field="other_id")
    refused(world, NotFound, stranger, ana, "The same name")
    refused(world, NotFound, new_id(), ana, "Nobody")
    refused(world, Invalid, ana, ana, "Myself", field="other_id")
    for nothing in ("", "  ", "\u202e\u200b", "x" * 501, "a\0b"):
        refused(world, Invalid, ana, bo, nothing, field="reason")
    refused(world, Forbidden, ana, bo, "May not", actor="client_owner")
    world.link(ana, bo)
    refused(world, Conflict, bo, ana, "Again", code="linked_already")
    assert frozenset({elsewhere}) in world.groups()


def test_a_handle_counts_when_the_person_wrote_it_and_is_confirmed_by_writing_from_it(world: World) -> None:
    ana = world.writes("Ana Kowalska", "I am @ana.k on Instagram,  order 7")
    handle = world.writes("ana.k", "Hello again", age=timedelta(hours=1))

    def link(words: str, other: UUID = handle) -> ContactLink:
        return linking.link_by_words(world.agency.staff, ana, other, words, None)

    for words, field in (
        ("I am @bo.k on Instagram", "words"),
        ("order 7", "words"),
        ("@ana.k by word of mouth", "words"),
    ):
        with world.agency.entered(), pytest.raises(Invalid) as refusal:
            link(words)
        assert field in refusal.value.fields["errors"]
    with world.agency.entered():
        made = link("i am @ana.k on instagram")
        link_id = made.id
        assert (made.kind, made.words, made.confirmed_at) == ("same_handle", "i am @ana.k on instagram", None)
    with world.agency.entered(), pytest.raises(Conflict) as none_yet:
        linking.confirm(world.agency.staff, link_id)
    assert none_yet.value.code == "nothing_came_since"
    with world.agency.entered():
        newest = db.session.scalars(select(Message).where(Message.contact_id == handle)).one()
        newest.written_at = clock.now()
    with world.agency.entered():
        assert linking.confirm(world.agency.staff, link_id).confirmed_message_id is not None


def test_a_vip_is_one_on_every_identity_and_as_long_as_they_are_one(world: World) -> None:
    ana, dm = world.writes("Ana"), world.writes("ana.k")
    staff = world.agency.staff
    with world.agency.entered():
        deeds.set_vip(staff, dm, is_vip=True, note="Writes for the Courier")
        deeds.set_weight(staff, ana, 4)
    link_id = world.link(ana, dm)

    def held() -> list[tuple[bool, int]]:
        with world.agency.entered():
            found = {
                row[0]: (row[1], row[2])
                for row in db.session.execute(select(Contact.id, Contact.is_vip, Contact.weight))
            }
            return [found[ana], found[dm]]

    assert held() == [(True, 4), (True, 4)]
    with world.agency.entered():
        person = reading.get_person(staff, ana)
        assert person.vip is not None
        assert (person.vip.vip_note, person.vip.vip_by_name) == (
            "Writes for the Courier",
            staff.name,
        )
        assert [one.id for one in reading.list_vips(staff, world.agency.brand_ids[0])] == [dm]
    world.unlink(link_id)
    assert held() == [(False, 4), (True, 0)]
    world.link(ana, dm)
    with world.agency.entered():
        deeds.set_vip(staff, ana, is_vip=False)
        deeds.set_weight(staff, dm, 0)
    assert held() == [(False, 0), (False, 0)]


def test_two_links_at_once_make_one_group_and_never_a_circle(world: World, app: Flask, superuser: Engine) -> None:
    one, two, three = (world.writes(f"Person {n}") for n in range(3))
    world.link(one, two)
    start, ended = Barrier(2), []

    def work(left: UUID, right: UUID) -> None:
        start.wait()
        try:
            with in_scope(app, Scope(world.agency.id, None)):
                linking.link_by_decision(world.agency.staff, left, right, "At once")
            ended.append("made")
        except Conflict as refusal:
            ended.append(refusal.code)

    threads = [Thread(target=work, args=pair) for pair in ((two, three), (one, three))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["linked_already", "made"]
    assert world.groups() == {frozenset({one, two, three})}
    with superuser.connect() as connection:
        standing = connection.execute(text("select count(*) from contact_link where undone_at is null")).scalar_one()
    assert standing == 2


def test_somebody_elses_link_is_undone_once_and_only_in_its_brand(world: World, make: Factory) -> None:
    link_id = world.link(world.writes("Ana"), world.writes("Bo"))
    strangers = make.agency("Strangers", brands=["Three"])
    with strangers.entered(), pytest.raises(NotFound):
        linking.unlink(strangers.staff, link_id, "Not mine")
    world.unlink(link_id)
    with world.agency.entered(), pytest.raises(Conflict) as refusal:
        linking.unlink(world.agency.staff, link_id, "Again")
    assert refusal.value.code == "undone_already"


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=400))
def test_a_plain_name_has_the_key_it_has_with_hidden_characters(name: str) -> None:
    hidden = "\u200b" + name[:299]
    assert name_key(name[:299]) == name_key(hidden)
