"""`/quality` and `/replies/{id}/judgement`: judging sent replies, and reading what was found of one's own."""

from __future__ import annotations

from typing import Any

from agency.api import quality_examples as examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.listing import id_after, page_of
from agency.api.schemas.fields import PageQuery
from agency.api.schemas.quality import Judgement, JudgementPage, NewJudgement, SamplePage, SampleQuery
from agency.training import quality
from agency.training import quality_sample as sampling
from styleguides.masking import masked

blueprint = ApiBlueprint("quality", __name__, description="Judging sent replies.")


@blueprint.get("/quality/sample")
@blueprint.arguments(SampleQuery, location="query")
@blueprint.response(200, SamplePage, example=examples.SAMPLE)
def get_sample(query: dict[str, Any]) -> Any:
    """Your sample of a week that is over: a few replies of each person, drawn by lot, never your own."""
    found = sampling.sample_of(caller(), sampling.finished_week(query["week"]), query["cursor"], query["limit"])
    items = [
        {
            **row._asdict(),
            "reply_id": row.id,
            "author": row.author_name,
            "customer_text": masked(row.customer_text),
            "judged": row.is_judged,
        }
        for row in found.rows
    ]
    return {
        "week": found.week,
        "size": found.size,
        "judged": found.judged,
        "items": items,
        "next_cursor": found.next_cursor,
    }


@blueprint.post("/replies/<reply_id>/judgement")
@blueprint.arguments(NewJudgement, example=examples.NEW_JUDGEMENT)
@blueprint.response(200, Judgement, example=examples.JUDGEMENT)
def judge_reply(body: dict[str, Any], reply_id: str) -> Any:
    """Judge a reply of your sample, or change what you found. 409 `judgement_changed` when `version` is not the present
    one, `not_in_sample` for a reply whose lot was not drawn.
    """
    return quality.judge(caller(), known_id(reply_id), body)


@blueprint.get("/quality/mine")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, JudgementPage, example={"items": [examples.JUDGEMENT], "next_cursor": None})
def list_my_judgements(query: dict[str, Any]) -> Any:
    """What leads found of your own replies, newest first."""
    rows = quality.judgements_of_mine(caller(), id_after(query["cursor"]), query["limit"] + 1)
    return page_of([row.judgement for row in rows], query["limit"], lambda one: str(one.id))
