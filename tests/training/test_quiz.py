"""Quizzes as people take them, and what a pass decides when words leave."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from agency.inbox.erasing import erase_person
from agency.inbox.models import Contact, Conversation, Message
from agency.replies import changing, desk
from agency.training import quiz, quiz_people
from agency.training.quiz_cases import cases_of, without_names
from styleguides import guides, quiz_gate
from styleguides.models import GuideQuiz
from styleguides.quiz import needed
from tenants import brands, clock
from tenants.database import db
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory
from tests.replies.conftest import Case, Page

RULES: list[dict[str, Any]] = [
    {"kind": "banned", "id": "no-policy", "level": "stop", "phrases": ["policy"], "reason": "It is no reason.",
     "good": "We do it so that nobody waits.", "bad": "It is our policy."},
    {"kind": "banned", "id": "no-synergy", "level": "warn", "phrases": ["synergy"],
     "good": "We work together.", "bad": "We have synergy."},
    {"kind": "exclamation", "id": "calm", "level": "warn", "max_count": 1, "good": "Thank you!", "bad": "Thank you!!!"},
    {"kind": "preferred", "id": "app", "use": "app", "instead_of": ["software", "tool"], "bad": "Open the software."},
    {"kind": "emoji", "id": "plain", "max_count": 0, "good": "Thank you.", "bad": "Thank you 🎉"},
    {"kind": "capitals", "id": "quiet", "good": "Read this.", "bad": "READ this."},
]  # fmt: skip
NEW_RULE = {"kind": "banned", "id": "no-sadly", "phrases": ["sadly"], "good": "We can on Monday.", "bad": "Sadly not."}
PUBLISHED = "It is done."


def taken(agency: Agency, actor: Actor, *, right: bool = True, brand: int = 0) -> GuideQuiz:
    """A quiz begun and handed in, all right or all wrong."""
    with agency.entered(actor):
        row = quiz.begin(actor, agency.brand_ids[brand])
        chosen = [
            next(place for place in range(len(one.options)) if (place in one.right) == right)
            for one in quiz.questions_of(row)
        ]
        row = quiz.hand_in(actor, agency.brand_ids[brand], row.version_number, row.tries + 1, chosen)
        db.session.flush()
        db.session.refresh(row)
        db.session.expunge(row)
        return row


@pytest.fixture(autouse=True)
def seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same quizzes each time: with this small guide, some seeds leave too little for another try."""
    drawn = itertools.count(1)
    monkeypatch.setattr(quiz.secrets, "randbits", lambda _bits: next(drawn))


@pytest.fixture
def guided(make: Factory, ana: Agency, case: Case, superuser: Any) -> Case:
    """The first brand speaks by a guide, needs no approval, and a pass is asked for."""
    make.guide(ana, RULES)
    with ana.entered(ana.agency_admin):
        quiz_gate.set_gate(ana.agency_admin, on=True)
    make.policy(ana, ana.brand_ids[0], needs="none")
    return case


def put_in_force(agency: Agency, rules: list[dict[str, Any]]) -> None:
    with agency.entered(agency.team_lead):
        version = guides.draft_version(agency.team_lead, agency.brand_ids[0], rules, "New.")
        guides.put_in_force(agency.team_lead, agency.brand_ids[0], version.number)


def refused(deed: Callable[[], Any], kind: type[Exception] = Conflict) -> str:
    with pytest.raises(kind) as found:
        deed()
    return str(getattr(found.value, "code", ""))


def test_without_a_pass_nothing_leaves_unreviewed_and_with_one_it_does(guided: Case, ana: Agency) -> None:
    reply_id = guided.draft("Thank you.")
    assert refused(lambda: guided.do("release", reply_id)) == "quiz_needed"
    assert guided.row(reply_id).state == "draft"
    taken(ana, ana.staff, right=False)
    assert refused(lambda: guided.do("release", reply_id)) == "quiz_needed"
    taken(ana, ana.staff)
    guided.do("release", reply_id)
    assert guided.row(reply_id).state == "approved"


def test_sending_for_approval_stays_open(guided: Case) -> None:
    reply_id = guided.draft("Thank you.")
    guided.do("submit", reply_id)
    guided.do("approve", reply_id, guided.row(reply_id).text_hash, actor="client_owner")
    assert guided.row(reply_id).state == "approved"


@pytest.mark.parametrize("role", list(quiz_gate.EXEMPT))
def test_who_leads_is_exempt(guided: Case, role: Role) -> None:
    reply_id = guided.draft("Thank you.", actor=role.value)
    guided.do("release", reply_id, actor=role.value)
    assert guided.row(reply_id).state == "approved"


def test_a_change_of_what_stands_needs_a_pass_and_taking_it_back_does_not(guided: Case, ana: Agency) -> None:
    reply_id = guided.draft("Thank you.", actor="team_lead")
    guided.do("release", reply_id, actor="team_lead")
    guided.publish(reply_id, Page().transport)
    with ana.entered(ana.staff):
        change = changing.start_change(ana.staff, reply_id, "Thank you, Anna.").id
    assert refused(lambda: guided.do("release", change)) == "quiz_needed"
    guided.do("drop", change)
    with ana.entered(ana.staff):
        assert changing.take_back(ana.staff, reply_id, "It was the wrong one.").state == "approved"


def test_a_new_version_asks_anew_about_what_is_new_and_an_old_one_back_in_force_does_not(
    guided: Case, ana: Agency
) -> None:
    taken(ana, ana.staff)
    put_in_force(ana, [*RULES, NEW_RULE])
    reply_id = guided.draft("Thank you.")
    assert refused(lambda: guided.do("release", reply_id)) == "quiz_needed"
    with ana.entered(ana.staff):
        standing = quiz.standing_of(ana.staff, ana.brand_ids[0])
        assert (standing.before, [change.rule.id for change in standing.changes]) == (1, ["no-sadly"])
        row = quiz.begin(ana.staff, ana.brand_ids[0])
        assert "no-sadly" in {one.rule for one in quiz.questions_of(row)}
    with ana.entered(ana.team_lead):
        guides.put_in_force(ana.team_lead, ana.brand_ids[0], 1, "The new one was too strict.")
    guided.do("release", reply_id)


def test_what_is_in_force_at_the_press_decides(guided: Case, ana: Agency) -> None:
    """The page was opened with a pass; the version came in force before the press. And so for the quiz itself."""
    taken(ana, ana.staff)
    reply_id = guided.draft("Thank you.")
    with ana.entered(ana.staff):
        assert quiz_gate.version_to_pass(ana.staff, ana.brand_ids[0]) is None
    with ana.entered(ana.staff):
        row = quiz.begin(ana.staff, ana.brand_ids[0])
        filled = (row.version_number, row.tries + 1, [0] * len(row.questions))
    put_in_force(ana, [*RULES, NEW_RULE])
    assert refused(lambda: guided.do("release", reply_id)) == "quiz_needed"
    with ana.entered(ana.staff):
        assert refused(lambda: quiz.hand_in(ana.staff, ana.brand_ids[0], *filled)) == "guide_changed"


@pytest.mark.parametrize("rules", [[], [{"kind": "exclamation", "id": "calm", "max_count": 1}]])
def test_a_guide_that_has_nothing_to_ask_keeps_nobody(
    make: Factory,
    ana: Agency,
    case: Case,
    rules: list[dict[str, Any]],
) -> None:
    if rules:
        make.guide(ana, rules)
    with ana.entered(ana.agency_admin):
        quiz_gate.set_gate(ana.agency_admin, on=True)
    make.policy(ana, ana.brand_ids[0], needs="none")
    case.do("release", case.draft("Thank you."))
    with ana.entered(ana.staff):
        assert refused(lambda: quiz.begin(ana.staff, ana.brand_ids[0])) == "nothing_to_ask"


def test_while_the_gate_is_off_nobody_is_kept(guided: Case, ana: Agency) -> None:
    with ana.entered(ana.team_lead):
        assert quiz_gate.set_gate(ana.team_lead, on=False) is False
    guided.do("release", guided.draft("Thank you."))


def test_the_gate_is_a_leads_of_every_brand_and_each_change_is_recorded_once(
    ana: Agency, make: Factory, superuser: Any
) -> None:
    some = make.person(ana, Role.TEAM_LEAD, only_brand_ids=[ana.brand_ids[0]])
    for actor in (ana.staff, ana.light, ana.client_owner, some):
        with ana.entered(actor):
            refused(lambda actor=actor: quiz_gate.set_gate(actor, on=True), Forbidden)  # type: ignore[misc]
    for on in (True, True, False):
        with ana.entered(ana.team_lead):
            quiz_gate.set_gate(ana.team_lead, on=on)
    with superuser.connect() as connection:
        wanted = "select facts->>'on' from agency_audit where action = 'agency.quiz_gate_set' order by id"
        assert connection.execute(text(wanted)).scalars().all() == ["true", "false"]


def test_the_quiz_is_the_same_after_a_reload_and_another_after_a_try(guided: Case, ana: Agency) -> None:
    with ana.entered(ana.staff):
        first = quiz.begin(ana.staff, ana.brand_ids[0]).questions
    with ana.entered(ana.staff):
        assert quiz.begin(ana.staff, ana.brand_ids[0]).questions == first
    failed = taken(ana, ana.staff, right=False)
    assert (failed.tries, failed.right_count, failed.passed_at) == (1, 0, None)
    with ana.entered(ana.staff):
        again = quiz.begin(ana.staff, ana.brand_ids[0]).questions
    assert not {one["key"] for one in first} & {one["key"] for one in again}


def test_a_pass_stays_whatever_is_tried_afterwards(guided: Case, ana: Agency) -> None:
    passed = taken(ana, ana.staff)
    after = taken(ana, ana.staff, right=False)
    assert (after.tries, after.passed_at) == (2, passed.passed_at)
    assert not quiz.is_passed(after)
    guided.do("release", guided.draft("Thank you."))


def test_just_enough_passes_and_one_less_does_not(guided: Case, ana: Agency) -> None:
    for less in (1, 0):
        with ana.entered(ana.staff):
            row = quiz.begin(ana.staff, ana.brand_ids[0])
            questions = quiz.questions_of(row)
            least = needed(len(questions)) - less
            chosen = [
                next(place for place in range(len(one.options)) if (place in one.right) == (at < least))
                for at, one in enumerate(questions)
            ]
            row = quiz.hand_in(ana.staff, ana.brand_ids[0], 1, row.tries + 1, chosen)
            assert (row.right_count, row.passed_at is not None) == (least, not less)


def test_open_questions_are_named_and_a_form_of_before_changes_nothing(guided: Case, ana: Agency) -> None:
    brand_id = ana.brand_ids[0]
    with ana.entered(ana.staff):
        count = len(quiz.begin(ana.staff, brand_id).questions)
    for answers in ([], [0, 99, -1]):
        with ana.entered(ana.staff), pytest.raises(Invalid) as found:
            quiz.hand_in(ana.staff, brand_id, 1, 1, answers)
        assert found.value.fields["places"] == list(range(1 if answers else 0, count))
    for version, number in ((1, 2), (1, 0), (7, 1)):
        with ana.entered(ana.staff):
            filled = [0] * count
            assert refused(lambda v=version, n=number, f=filled: quiz.hand_in(ana.staff, brand_id, v, n, f)) == (  # type: ignore[misc]
                "quiz_changed"
            )
    done = taken(ana, ana.staff, right=False)
    with ana.entered(ana.staff):
        again = quiz.hand_in(ana.staff, brand_id, 1, 1, [0] * count)
        assert (again.tries, again.right_count) == (1, done.right_count)


def test_two_who_hand_in_the_same_form_count_once(guided: Case, ana: Agency, superuser: Any) -> None:
    with ana.entered(ana.staff):
        row = quiz.begin(ana.staff, ana.brand_ids[0])
        chosen = [one.right[0] for one in quiz.questions_of(row)]

    def hand_in(_number: int) -> int:
        with ana.entered(ana.staff):
            return quiz.hand_in(ana.staff, ana.brand_ids[0], 1, 1, chosen).tries

    with ThreadPoolExecutor(2) as both:
        assert list(both.map(hand_in, range(2))) == [1, 1]
    with superuser.connect() as connection:
        wanted = "select count(*) from brand_audit where action = 'quiz.passed'"
        assert connection.execute(text(wanted)).scalar_one() == 1


def test_who_passed_is_a_leads_to_see_and_ones_own(guided: Case, ana: Agency, make: Factory) -> None:
    other = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[0]])
    elsewhere = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]])
    taken(ana, ana.staff)
    taken(ana, other, right=False)
    with ana.entered(ana.team_lead):
        rows = {row.person_id: row for row in quiz_people.people_of(ana.team_lead, ana.brand_ids[0])}
        assert {ana.staff.user_id, other.user_id, ana.team_lead.user_id} <= rows.keys()
        assert rows.keys().isdisjoint({elsewhere.user_id, ana.client_owner.user_id, ana.light.user_id})
        assert rows[ana.staff.user_id].passed_at is not None
        assert (rows[other.user_id].passed_at, rows[other.user_id].tries) == (None, 1)
        assert rows[ana.team_lead.user_id].tries is None
        assert {row.person_id for row in quiz_people.list_quizzes(ana.team_lead)} == {ana.staff.user_id, other.user_id}
        counts = {row.brand_id: row.passed_count for row in quiz_people.brands_of(ana.team_lead)}
        assert (counts[ana.brand_ids[0]], counts[ana.brand_ids[1]]) == (1, 0)
    with ana.entered(ana.staff):
        assert {row.person_id for row in quiz_people.list_quizzes(ana.staff)} == {ana.staff.user_id}
        assert [row.passed_count for row in quiz_people.brands_of(ana.staff)] == [None] * len(ana.brand_ids)
        refused(lambda: quiz_people.people_of(ana.staff, ana.brand_ids[0]), Forbidden)
    for actor in (ana.client_owner, ana.light):
        with ana.entered(actor):
            refused(lambda actor=actor: quiz_people.list_quizzes(actor), Forbidden)  # type: ignore[misc]
            refused(lambda actor=actor: quiz.standing_of(actor, ana.brand_ids[0]), Forbidden)  # type: ignore[misc]
    with ana.entered(elsewhere):
        assert quiz_people.list_quizzes(elsewhere) == []
        refused(lambda: quiz.begin(elsewhere, ana.brand_ids[0]), NotFound)


def test_lists_go_on_where_they_stopped(guided: Case, ana: Agency, make: Factory) -> None:
    for _ in range(3):
        taken(ana, make.person(ana, Role.STAFF))
    with ana.entered(ana.team_lead):
        everybody = quiz_people.people_of(ana.team_lead, ana.brand_ids[0])
        first = quiz_people.people_of(ana.team_lead, ana.brand_ids[0], limit=2)
        rest = quiz_people.people_of(ana.team_lead, ana.brand_ids[0], after=first[-1].person_id)
        assert [*first, *rest] == everybody
        mine = quiz_people.brands_of(ana.team_lead)
        assert [
            *quiz_people.brands_of(ana.team_lead, limit=1),
            *quiz_people.brands_of(ana.team_lead, after=mine[0][0]),
        ] == mine
        quizzes = quiz_people.list_quizzes(ana.team_lead)
        assert quiz_people.list_quizzes(ana.team_lead, after=quizzes[0].id) == quizzes[1:]


def test_what_can_be_asked_is_read_once_for_all_brands(
    make: Factory, ana: Agency, statements: Callable[[], list[str]]
) -> None:
    for brand in (0, 1):
        make.guide(ana, RULES, brand=brand)
    with ana.entered(ana.team_lead):
        rows = [row for row in quiz_people.brands_of(ana.team_lead) if row.version_id is not None]
        wanted = [(row.version_id, row.language) for row in rows if row.version_id is not None]
        statements()
        assert len(quiz_gate.which_ask(wanted)) == 2
        assert len(statements()) == 1
        assert len(quiz_gate.which_ask(wanted)) == 2
        assert statements() == []


def stopped_then_sent(case: Case, words: str, actor: str = "staff") -> UUID:
    """A draft that a rule stopped, and the other words that went in its place."""
    agency = case.agency
    reply_id = case.draft(words, actor=actor)
    refused(lambda: case.do("submit", reply_id, actor=actor), Invalid)
    with agency.entered(agency.actors[actor]):
        desk.edit(agency.actors[actor], reply_id, PUBLISHED)
    case.do("submit", reply_id, actor=actor)
    return reply_id


def test_drafts_that_were_stopped_are_asked_about_without_names_and_numbers(guided: Case, ana: Agency) -> None:
    stopped_then_sent(
        guided, f"Dear Test, it is our policy, PW-2231. Call +48 601 234 567. {ana.staff.name.split()[0]} @x.y."
    )
    with ana.entered(ana.team_lead):
        (one,) = cases_of(ana.brand_ids[0], but_of=ana.team_lead.user_id)
        assert one.shown.text == "Dear •••, it is our policy, PW-•••. Call •••. ••• •••."
        assert cases_of(ana.brand_ids[0], but_of=ana.staff.user_id) == []
        assert cases_of(ana.brand_ids[1], but_of=ana.team_lead.user_id) == []


def test_everybody_who_wrote_in_the_case_goes_nameless(guided: Case, ana: Agency) -> None:
    with ana.entered():
        thread = db.session.scalars(select(Conversation)).one()
        names = ("agency_id", "brand_id", "account_id")
        also = Message(
            **{name: getattr(thread, name) for name in names},
            conversation_id=thread.id,
            external_id="also",
            direction="in",
            author_name="Zofia Nowak",
            text="Mine neither.",
            written_at=clock.now(),
            content_hash=bytes(32),
        )
        db.session.add(also)
    stopped_then_sent(guided, "Dear Zofia, it is our policy.")
    with ana.entered(ana.team_lead):
        (one,) = cases_of(ana.brand_ids[0], but_of=ana.team_lead.user_id)
        assert one.shown.text == "Dear •••, it is our policy."


def test_a_draft_to_somebody_who_was_erased_is_nobodys_case(guided: Case, ana: Agency) -> None:
    stopped_then_sent(guided, "Dear Test Customer, it is our policy.")
    with ana.entered():
        for person in db.session.scalars(select(Contact.external_id)).all():
            erase_person(person)
    with ana.entered(ana.team_lead):
        assert cases_of(ana.brand_ids[0], but_of=ana.team_lead.user_id) == []


def test_a_draft_that_names_another_brand_is_nobodys_case(guided: Case, ana: Agency) -> None:
    with ana.entered():
        brands.mark_unmarked()
        name = next(row.name for row in brands.list_brands(ana.agency_admin) if row.id == ana.brand_ids[1])
    stopped_then_sent(guided, f"It is the policy of {name}.")
    with ana.entered(ana.team_lead):
        assert cases_of(ana.brand_ids[0], but_of=ana.team_lead.user_id) == []


@pytest.mark.parametrize(
    ("given", "name", "left"),
    [
        ("Szanowny Panie Janie, dziękujemy.", "Jan Kowalski", "Szanowny Panie •••, dziękujemy."),
        ("Pani Anno, KOWALSKA czeka.", "Anna Kowalska", "Pani •••, ••• czeka."),
        ("Olá ana, obrigada.", "Ana", "Olá •••, obrigada."),
        ("Thank you.", None, "Thank you."),
        ("Thank you, 😀.", "😀 _x_", "Thank you, 😀."),
    ],
)
def test_a_customers_name_goes_in_any_form(given: str, name: str | None, left: str) -> None:
    assert without_names(given, name) == left
