"""Quizzes on the guides of one's brands: which are asked, one of them, what came of it, and who passed."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.training import quiz as room
from agency.training.quiz_people import BrandStanding, PersonStanding, brands_of, people_of
from agency.web.brand_address import brand_at, look_of
from agency.web.clocks import age
from agency.web.contexts_quiz import QuizGateLook, QuizPage, QuizPeoplePage, QuizPersonRow, QuizRow, QuizzesPage
from agency.web.guide_looks import change_looks
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Notice, brand_look
from agency.web.quiz_looks import missed_rules, question_looks, quiz_states, state_code
from agency.web.shell import render_page, role_words, toast
from agency.web.who import actor_of_request
from styleguides import guides
from styleguides.guides import GuideInForce
from styleguides.models import GuideQuiz
from styleguides.quiz import MOST_QUESTIONS, needed
from styleguides.quiz_gate import EXEMPT, gate_is_on, has_questions, set_gate, which_ask
from tenants import clock
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.models import Brand
from tenants.permissions import Permission, Role

quiz = Blueprint("quiz", __name__)

PAGE_ROWS = 50


@quiz.get("/quiz", endpoint="quizzes")
def show_list() -> Response:
    """My brands, and how far I am with the guide of each."""
    actor = actor_of_request()
    rows = brands_of(actor, after=_after(), limit=PAGE_ROWS + 1)
    asking = which_ask([(row.version_id, row.language) for row in rows if row.version_id is not None])
    looks = tuple(_brand_row(row, can_ask=row.version_id in asking) for row in rows[:PAGE_ROWS])
    may_set = actor.may(Permission.QUIZ_MANAGE) and actor.brand_ids is None
    words = role_words()
    gate = QuizGateLook(
        gate_is_on(actor),
        url_for("quiz.gate") if may_set else "",
        tuple((words[role], _(why)) for role, why in EXEMPT.items()),
    )
    held = [look for look in looks if look.state.code in ("todo", "anew", "open", "failed")]
    page = QuizzesPage(
        rows=looks,
        next_url=url_for("quiz.quizzes", after=rows[PAGE_ROWS - 1].brand_id) if len(rows) > PAGE_ROWS else "",
        gate=gate,
        notice=_held_notice(len(held)) if gate.on and held and actor.role not in EXEMPT else None,
    )
    return make_response(render_page("quiz/page.html", page))


@quiz.post("/quiz/gate")
def gate() -> AnyResponse:
    """Ask for passes, or no longer."""
    on = set_gate(actor_of_request(), on=request.form.get("on") == "1")
    toast(_("From now on a pass is asked for.") if on else _("From now on no pass is asked for."))
    return redirect(url_for("quiz.quizzes"), code=303)


@quiz.get("/quiz/<brand_id>", endpoint="quiz")
def show_quiz(brand_id: str) -> Response:
    """What is asked, the open quiz, or what came of the last one."""
    return _page(brand_at(brand_id, Permission.REPLY_WRITE))


@quiz.post("/quiz/<brand_id>/begin")
def begin(brand_id: str) -> AnyResponse:
    """Make a quiz, unless one is open."""
    brand = brand_at(brand_id, Permission.REPLY_WRITE)
    try:
        room.begin(actor_of_request(), brand.id)
    except Conflict as refused:
        return _refused(brand_id, refused)
    return redirect(url_for("quiz.quiz", brand_id=brand.id), code=303)


@quiz.post("/quiz/<brand_id>/answers")
def answer(brand_id: str) -> AnyResponse:
    """Hand the open quiz in."""
    brand, form = brand_at(brand_id, Permission.REPLY_WRITE), request.form
    try:
        room.hand_in(actor_of_request(), brand.id, _number(form.get("version")), _number(form.get("try")), _answers())
    except (Conflict, Invalid) as refused:
        return _refused(brand_id, refused)
    return redirect(url_for("quiz.quiz", brand_id=brand.id), code=303)


@quiz.get("/quiz/<brand_id>/people")
def people(brand_id: str) -> Response:
    """Who passed, for whoever leads."""
    brand = brand_at(brand_id, Permission.QUIZ_MANAGE)
    guide = guides.version_in_force(brand.id)
    rows = people_of(actor_of_request(), brand.id, after=_after(), limit=PAGE_ROWS + 1)
    can_ask = guide is not None and has_questions(guide.version_id, brand.language)
    page = QuizPeoplePage(
        brand=look_of(brand),
        version=guide.number if guide is not None else None,
        back_url=url_for("quiz.quizzes"),
        rows=tuple(_person_row(row, has_guide=guide is not None, can_ask=can_ask) for row in rows[:PAGE_ROWS]),
        next_url=url_for("quiz.people", brand_id=brand.id, after=rows[PAGE_ROWS - 1].person_id)
        if len(rows) > PAGE_ROWS
        else "",
    )
    return make_response(render_page("quiz/people.html", page))


def _after() -> UUID | None:
    text = request.args.get("after", "")
    if not text:
        return None
    found = id_from(text)
    if found is None:
        raise NotFound()
    return found


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _answers() -> list[int | None]:
    given = [request.form.get(f"q{place}", "") for place in range(MOST_QUESTIONS)]
    return [_number(text) if text.isascii() and text.isdigit() else None for text in given]


def _held_notice(count: int) -> Notice:
    what = ngettext(
        "For %(num)s of the brands below you cannot publish without a yes yet.",
        "For %(num)s of the brands below you cannot publish without a yes yet.",
        count,
    )
    return Notice("warn", what, _("Sending for approval stays open."), _("Pass the quiz and you can, at once."))


def _brand_row(row: BrandStanding, *, can_ask: bool) -> QuizRow:
    code = state_code(
        has_guide=row.version_id is not None,
        can_ask=can_ask,
        passed=row.passed_at is not None,
        is_open=row.is_open,
        tries=row.tries or 0,
        passed_before=row.passed_before,
    )
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    passed = row.passed_count
    return QuizRow(
        brand=brand_look(str(row.brand_id), row.name, row.mark, row.colour),
        state=quiz_states()[code],
        words=_standing_words(code, row.version_number, row.passed_before),
        passed_at=age(row.passed_at, now, zone, locale) if row.passed_at else None,
        url=url_for("quiz.quiz", brand_id=row.brand_id) if code not in ("none", "nothing") else "",
        label={"passed": _("Look at it"), "open": _("Go on")}.get(code, _("Take the quiz")),
        people_words=ngettext("%(num)s person passed", "%(num)s people passed", passed) if passed is not None else "",
        people_url=url_for("quiz.people", brand_id=row.brand_id)
        if passed is not None and row.version_id is not None
        else "",
    )


def _standing_words(code: str, number: int | None, before: int | None) -> str:
    if code == "none":
        return _("Nothing is asked before a guide is in force.")
    if code == "nothing":
        return _("This guide's rules have no examples that questions could be made of.")
    if before is not None and code != "passed":
        return _("You passed version %(old)s; version %(new)s is in force now.", old=before, new=number)
    return _("Guide version %(n)s", n=number)


def _person_row(row: PersonStanding, *, has_guide: bool, can_ask: bool) -> QuizPersonRow:
    code = state_code(
        has_guide=has_guide,
        can_ask=can_ask,
        passed=row.passed_at is not None,
        is_open=row.tries == 0,
        tries=row.tries or 0,
        passed_before=row.passed_before,
    )
    at, last = row.passed_at or row.finished_at, ""
    if row.tries and row.finished_at is not None:
        last = _("%(right)s of %(all)s right", right=row.right_count, all=row.question_count)
    return QuizPersonRow(
        name=row.name,
        role=role_words()[Role(row.role)],
        state=quiz_states()[code],
        tries=row.tries or 0,
        last=last,
        at=age(at, clock.now(), chosen_zone(), chosen_language()) if at is not None else None,
        before=_("Version %(n)s", n=row.passed_before) if row.passed_before is not None else "",
    )


def _refused(brand_id: str, refused: AppError) -> Response:
    """The page again, with what was refused; answers that were chosen stay chosen."""
    db.session.rollback()
    notice = Notice("warn", _(refused.message))
    missing = refused.fields.get("places", ())
    return _page(brand_at(brand_id, Permission.REPLY_WRITE), notice=notice, missing=missing, status=refused.http_status)


def _page(brand: Brand, *, notice: Notice | None = None, missing: tuple[int, ...] = (), status: int = 200) -> Response:
    actor = actor_of_request()
    standing = room.standing_of(actor, brand.id)
    found = standing.quiz
    is_open = found is not None and bool(found.questions) and found.finished_at is None
    code = state_code(
        has_guide=standing.guide is not None,
        can_ask=standing.can_ask,
        passed=found is not None and found.passed_at is not None,
        is_open=is_open,
        tries=found.tries if found is not None else 0,
        passed_before=standing.before,
    )
    questions = room.questions_of(found) if found is not None else ()
    typed = dict(enumerate(_answers())) if _is_answered(standing.guide, found) else {}
    answers = typed if is_open or found is None else dict(enumerate(found.answers))
    looks = question_looks(standing, questions, answers, told=not is_open, missing=missing) if questions else ()
    may_begin = standing.can_ask and not is_open
    page = QuizPage(
        brand=look_of(brand),
        version=standing.guide.number if standing.guide is not None else None,
        back_url=url_for("quiz.quizzes"),
        guide_url=url_for("guide.guide", brand_id=brand.id),
        people_url=url_for("quiz.people", brand_id=brand.id) if actor.may(Permission.QUIZ_MANAGE) else "",
        state=quiz_states()[code],
        notice=notice or (_result(found) if found is not None and looks and not is_open else None),
        begin_url=url_for("quiz.begin", brand_id=brand.id) if may_begin else "",
        intro=_(
            "At most %(most)s questions, made of this brand's own rules and examples; about three minutes. "
            "Of %(most)s, %(needed)s right pass. You may try as often as you like, each time with other questions.",
            most=MOST_QUESTIONS,
            needed=needed(MOST_QUESTIONS),
        ),
        begin_label=_begin_label(found, code),
        answer_url=url_for("quiz.answer", brand_id=brand.id) if is_open else "",
        try_number=found.tries + 1 if found is not None else 0,
        questions=looks,
        needed=needed(len(questions)),
        before=standing.before,
        changes=change_looks(standing.changes) if not is_open and code != "passed" else (),
        to_read=missed_rules(brand.id, looks) if not is_open else (),
    )
    return make_response(render_page("quiz/quiz.html", page), status)


def _is_answered(guide: GuideInForce | None, found: GuideQuiz | None) -> bool:
    """Whether the answers that came are to the very questions that are open; those of another tab may be older."""
    if request.method != "POST" or guide is None or found is None:
        return False
    return (_number(request.form.get("version")), _number(request.form.get("try"))) == (guide.number, found.tries + 1)


def _begin_label(found: GuideQuiz | None, code: str) -> str:
    if code == "passed":
        return _("Practise with other questions")
    return _("Try again with other questions") if found is not None and found.tries else _("Begin the quiz")


def _result(found: GuideQuiz) -> Notice:
    count = len(found.questions)
    right = _("%(right)s of %(all)s right.", right=found.right_count, all=count)
    if room.is_passed(found):
        return Notice("good", _("Passed."), right, _("Below is what each question was about."))
    if found.passed_at is not None:
        return Notice("info", right, _("You passed this version before; that stays."))
    least = _("%(needed)s are needed.", needed=needed(count))
    return Notice("warn", _("Not passed yet."), f"{right} {least}", _("Read what is below, then try again."))
