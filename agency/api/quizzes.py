"""`/quizzes`, `/quiz-gate`: who passed the quiz on a guide, and whether publishing without a yes asks for it."""

from __future__ import annotations

from typing import Any

from agency.api import examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.listing import id_after, page_of
from agency.api.schemas.quizzes import QuizGate, QuizPage, QuizQuery
from agency.training.quiz_people import list_quizzes as quizzes_of
from styleguides import quiz_gate

blueprint = ApiBlueprint("quizzes", __name__, description="Passes of the quiz on a brand's style guide.")


@blueprint.get("/quizzes")
@blueprint.arguments(QuizQuery, location="query")
@blueprint.response(200, QuizPage, example={"items": [examples.QUIZ], "next_cursor": None})
def list_quizzes(query: dict[str, Any]) -> Any:
    """One's own quizzes as they were begun; everybody's for a team lead. What they ask is on the page alone."""
    brand_id = known_id(query["brand"]) if query["brand"] is not None else None
    rows = quizzes_of(caller(), brand_id=brand_id, after=id_after(query["cursor"]), limit=query["limit"] + 1)
    return page_of(list(rows), query["limit"], lambda row: str(row.id))


@blueprint.get("/quiz-gate")
@blueprint.response(200, QuizGate, example={"on": False})
def get_quiz_gate() -> Any:
    """Whether the agency asks for a pass. While it does, a release without one is refused: 409 `quiz_needed`."""
    return {"on": quiz_gate.gate_is_on(caller())}


@blueprint.patch("/quiz-gate")
@blueprint.arguments(QuizGate, example={"on": True})
@blueprint.response(200, QuizGate, example={"on": True})
def set_quiz_gate(body: dict[str, Any]) -> Any:
    """Ask for passes, or no longer: for every brand, so a caller of only some is refused."""
    return {"on": quiz_gate.set_gate(caller(), on=body["on"])}
