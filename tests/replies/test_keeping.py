"""Words kept while they are typed: never over words that were not seen, never in a reply that left, never lost."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from agency.inbox import desk as inbox_desk
from agency.inbox.desk_models import DraftVersion
from agency.replies import desk, keeping, taking, versions
from agency.replies.keeping import DraftRow, Kept, Typed, Way
from agency.replies.models import ReplyText
from agency.replies.words import hash_of
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, NotFound
from tenants.models import BrandAudit
from tenants.permissions import Actor, Role
from tests.factories import Factory
from tests.replies.conftest import Case
from tests.replies.test_races import at_once

ANA, BEN = new_id(), new_id()
WORDS = st.sampled_from(["", "Thank you.", "Thank you. We look into it.", "Something else."])


def typing(words: str, *, form: str = "tab", turn: int = 1, based_on: str = "") -> Typed:
    return Typed(words, form, turn, based_on)


@given(
    standing=WORDS,
    words=WORDS,
    seen=WORDS,
    author=st.sampled_from([ANA, BEN]),
    form=st.sampled_from(["tab", "other", None]),
    turn=st.integers(0, 3),
    kept_turn=st.integers(0, 3),
)
def test_only_what_was_seen_or_came_from_this_very_form_is_written_over(
    standing: str, words: str, seen: str, author: UUID, form: str | None, turn: int, kept_turn: int
) -> None:
    row = DraftRow(
        new_id(), new_id(), "draft", standing, author, "Ana", 3, form, kept_turn, "comment", False, None, None
    )
    verdict = keeping.judged(row, Typed(words, "tab", turn, hash_of(seen)), ANA)
    own_form = form == "tab" and author == ANA
    if verdict == "write":
        assert words != standing
        assert seen == standing or own_form or (author == ANA and standing and words.startswith(standing))
        assert not (own_form and 0 < turn <= kept_turn), "an older one never undoes a newer one"
    elif verdict == "same":
        assert words == standing
    elif verdict == "late":
        assert own_form
        assert 0 < turn <= kept_turn
    else:
        assert words != standing
        assert seen != standing
        assert not own_form


def kept(case: Case, actor: Actor, typed: Typed) -> Kept | None:
    with case.agency.entered(actor):
        return keeping.keep(actor, case.conversation_id, typed)


def refused(case: Case, actor: Actor, typed: Typed) -> Conflict:
    with pytest.raises(Conflict) as error:
        kept(case, actor, typed)
    return error.value


def count(case: Case, what: Any) -> int:
    with case.agency.entered():
        return db.session.scalar(select(func.count(what.id))) or 0


def test_typing_changes_one_row_and_adds_nothing(case: Case) -> None:
    reply = case.draft("Thank")
    seen = case.row(reply).text_hash
    lines = count(case, BrandAudit)
    for turn, words in enumerate(("Thank you", "Thank you for", "Thank you for telling us."), 1):
        found = kept(case, case.agency.staff, typing(words, turn=turn, based_on=seen))
        assert found is not None
        seen = found.text_hash
    row = case.row(reply)
    assert (row.text, row.typed, row.findings, row.guide_version) == ("Thank you for telling us.", True, [], None)
    assert row.version == 4
    assert count(case, ReplyText) == 1, "a stroke is no version of its own"
    assert count(case, BrandAudit) == lines, "nor a line of the record"


def test_what_is_handed_in_is_what_was_typed_last(case: Case) -> None:
    reply = case.draft("Thank")
    kept(case, case.agency.staff, typing("Thank you, we look into it.", based_on=case.row(reply).text_hash))
    with pytest.raises(Conflict) as stale, case.agency.entered(case.agency.staff):
        desk.submit(case.agency.staff, reply, shown_hash=hash_of("Thank"))
    assert stale.value.code == "text_changed"
    case.do("submit", reply)
    row = case.row(reply)
    assert (row.state, row.text, row.typed) == ("awaiting_approval", "Thank you, we look into it.", False)
    assert [one.text for one in case.receipt(reply).texts] == ["Thank", "Thank you, we look into it."]
    late = refused(case, case.agency.staff, typing("Thank you, we", form="other", turn=9, based_on=hash_of("Thank")))
    assert late.code == "submitted"
    assert case.row(reply).text == "Thank you, we look into it.", "autosave never touches what was handed in"
    case.do("approve", reply, row.text_hash, actor="client_owner")
    assert case.row(reply).state == "approved"


def test_a_dropped_draft_keeps_what_was_typed_in_the_record(case: Case) -> None:
    reply = case.draft("Thank")
    kept(case, case.agency.staff, typing("Thank you, but no.", based_on=hash_of("Thank")))
    case.do("drop", reply)
    assert case.receipt(reply).texts[-1].text == "Thank you, but no."
    gone = typing("Thank you, but yes.", form="other", based_on=hash_of("Thank"))
    with case.agency.entered(case.agency.staff), pytest.raises(Conflict) as error:
        keeping.keep(case.agency.staff, case.conversation_id, gone, bound=reply)
    assert error.value.code == "submitted"


def test_two_windows_of_one_person_do_not_overwrite_each_other(case: Case) -> None:
    reply = case.draft("Thank")
    seen = hash_of("Thank")
    kept(case, case.agency.staff, typing("Thank you.", form="one", based_on=seen))
    error = refused(case, case.agency.staff, typing("Thanks.", form="two", based_on=seen))
    assert (error.code, error.fields["text"]) == ("draft_changed", "Thank you.")
    kept(case, case.agency.staff, typing("Thank you all.", form="one", turn=3, based_on=seen))
    kept(case, case.agency.staff, typing("Thank you a", form="one", turn=2, based_on=seen))
    assert case.row(reply).text == "Thank you all.", "the line was slow, the older words came last"


def test_a_page_loaded_anew_goes_on_from_what_the_page_before_kept_late(case: Case, make: Factory) -> None:
    reply = case.draft("Thank")
    seen = hash_of("Thank")
    kept(case, case.agency.staff, typing("Thank you", form="closed", based_on=seen))
    kept(case, case.agency.staff, typing("Thank you for telling us", form="new", based_on=seen))
    assert case.row(reply).text == "Thank you for telling us"
    with case.agency.entered(case.agency.staff):
        inbox_desk.release(case.agency.staff, case.conversation_id)
    ben = make.person(case.agency, Role.STAFF)
    unseen = typing("Thank you for telling us all", form="ben", based_on=seen)
    assert refused(case, ben, unseen).code == "draft_changed", "a colleague's words are seen before they are added to"


def window(case: Case, typed: Typed) -> str:
    return "kept" if kept(case, case.agency.staff, typed) else "none"


def test_at_once_two_windows_leave_both_words(case: Case) -> None:
    reply = case.draft("Begin")
    for number in range(5):
        seen = case.row(reply).text_hash
        words = [f"{letter} {number}" for letter in "ab"]
        found = at_once(*(partial(window, case, typing(one, form=one, based_on=seen)) for one in words))
        codes = sorted(getattr(one, "code", one) for one in found)
        assert codes == ["draft_changed", "kept"]
        assert case.row(reply).text in words


def test_whoever_goes_on_keeps_the_words_before(case: Case, make: Factory) -> None:
    ben = make.person(case.agency, Role.STAFF)
    reply = case.draft("Thank")
    kept(case, case.agency.staff, typing("Thank you, Ana here.", based_on=hash_of("Thank")))
    with case.agency.entered(case.agency.staff):
        inbox_desk.release(case.agency.staff, case.conversation_id)
    kept(case, ben, typing("Thank you, Ben here.", form="ben", based_on=hash_of("Thank you, Ana here.")))
    kept(case, ben, typing("Thank you, Ben here now.", form="ben", turn=2, based_on=hash_of("Thank you, Ben here.")))
    assert case.row(reply).text_author_name == ben.name
    with case.agency.entered(case.agency.light):
        (before,) = versions.versions_of(case.agency.light, case.conversation_id)
    assert (before.text, before.author_id, before.why) == ("Thank you, Ana here.", case.agency.staff.user_id, "before")
    with case.agency.entered(case.agency.staff):
        inbox_desk.take_over(case.agency.team_lead, case.conversation_id, "why")
    assert refused(case, ben, typing("More", form="ben", turn=3)).code == "held"


def beside(case: Case, actor: Actor, words: str, form: str = "tab", turn: int = 1) -> UUID | None:
    with case.agency.entered(actor):
        return versions.keep_beside(actor, case.conversation_id, typing(words, form=form, turn=turn), "held")


def test_typing_on_changes_ones_own_version_and_an_older_one_does_not(case: Case) -> None:
    staff = case.agency.staff
    first = beside(case, staff, "Thank")
    assert beside(case, staff, "Thank you all", turn=3) == first
    beside(case, staff, "Thank you", turn=2)
    beside(case, staff, "From elsewhere", form="other")
    for nothing in ("", "  ", "\x00", "\ud800", "x" * 60_001):
        assert beside(case, staff, nothing, form="third") is None
    with case.agency.entered(staff):
        found = versions.versions_of(staff, case.conversation_id)
    assert sorted(one.text for one in found) == ["From elsewhere", "Thank you all"]


def test_versions_are_taken_joined_and_set_aside_without_losing_any(case: Case, make: Factory) -> None:
    staff, ben = case.agency.staff, make.person(case.agency, Role.STAFF)
    reply = case.draft("Draft.")
    mine = beside(case, ben, "Ben's words.")
    other = beside(case, ben, "More of Ben's.", form="second")
    assert mine is not None
    assert other is not None
    with case.agency.entered(staff):
        taking.take(staff, case.conversation_id, mine)
    row = case.row(reply)
    assert (row.text, row.text_author_name) == ("Ben's words.", ben.name), "they stay whose they are"
    with case.agency.entered(staff):
        taking.join(staff, case.conversation_id, other)
    row = case.row(reply)
    assert (row.text, row.text_author_name) == ("Ben's words.\n\nMore of Ben's.", staff.name)
    with case.agency.entered(staff):
        texts = {one.text: one.settled_at is not None for one in versions.versions_of(staff, case.conversation_id)}
    assert texts == {"Draft.": False, "Ben's words.": True, "More of Ben's.": True}
    third = beside(case, ben, "Third.", form="third")
    assert third is not None
    with case.agency.entered(staff), pytest.raises(Forbidden):
        taking.set_aside(staff, case.conversation_id, third)
    with case.agency.entered(ben):
        taking.set_aside(ben, case.conversation_id, third)
    with case.agency.entered(ben), pytest.raises(NotFound):
        taking.set_aside(ben, case.conversation_id, new_id())


def test_a_version_is_taken_where_there_is_no_draft_yet_and_not_over_what_waits(case: Case, make: Factory) -> None:
    staff, ben = case.agency.staff, make.person(case.agency, Role.STAFF)
    first, second = beside(case, ben, "Ben's words."), beside(case, ben, "Late words.", form="second")
    assert first is not None
    assert second is not None
    with case.agency.entered(staff):
        taking.take(staff, case.conversation_id, first)
        row = keeping.draft_row(case.conversation_id)
    assert row is not None
    assert (row.text, row.text_author_name) == ("Ben's words.", ben.name)
    case.do("submit", row.id)
    with case.agency.entered(staff), pytest.raises(Conflict) as error:
        taking.take(staff, case.conversation_id, second)
    assert error.value.code == "submitted"


def test_only_who_reads_drafts_reads_versions(case: Case) -> None:
    beside(case, case.agency.staff, "Ours")
    for role in ("client_owner", "billing_admin"):
        actor = case.agency.actors[role]
        with case.agency.entered(actor), pytest.raises(Forbidden):
            versions.versions_of(actor, case.conversation_id)
    with case.agency.entered(case.agency.light), pytest.raises(Forbidden):
        versions.keep_beside(case.agency.light, case.conversation_id, typing("No"), "held")


def test_versions_are_forgotten_after_their_time(case: Case) -> None:
    start = clock.now()
    with clock.stopped_at(start) as move_to:
        old = beside(case, case.agency.staff, "Old")
        beside(case, case.agency.staff, "Settled late", form="second")
        move_to(start + timedelta(days=20))
        beside(case, case.agency.staff, "Young", form="third")
        with case.agency.entered(case.agency.staff):
            settled = db.session.scalars(select(DraftVersion.id).where(DraftVersion.text == "Settled late")).one()
            versions.settle(settled)
        move_to(start + versions.VERSIONS_KEPT + timedelta(seconds=1))
        with case.agency.entered():
            assert versions.forget_old() == 1
            assert old not in set(db.session.scalars(select(DraftVersion.id)))
            assert versions.forget_old() == 0


def test_typed_words_outlive_a_pause_and_a_deleted_message(case: Case, superuser: Any) -> None:
    reply = case.draft("Thank")
    with superuser.begin() as connection:
        connection.execute(text("update brand set paused_at = now()"))
        connection.execute(text("update message set deleted_at = now()"))
    kept(case, case.agency.staff, typing("Thank you all the same.", based_on=hash_of("Thank")))
    assert case.row(reply).text == "Thank you all the same."


def test_a_draft_that_shall_go_another_way_is_saved_whole(case: Case) -> None:
    case.draft("Thank")
    with case.agency.entered(case.agency.staff):
        other_way = Way(private=True)
        typed = typing("Thank you.", based_on=hash_of("Thank"))
        assert keeping.keep(case.agency.staff, case.conversation_id, typed, other_way) is None
