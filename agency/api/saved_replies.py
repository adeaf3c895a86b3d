"""`/saved-replies`: words to begin answers with, and which of them fit a case."""

from __future__ import annotations

from typing import Any

from agency.api import guide_examples as examples
from agency.api.bearer import caller, id_or_nobody, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.listing import id_after, page_of
from agency.api.schemas.fields import ReadVersion
from agency.api.schemas.saved_replies import (
    NewSavedReply,
    SavedReply,
    SavedReplyChanges,
    SavedReplyPage,
    SavedReplyQuery,
    SuggestedSavedReplies,
)
from agency.inbox.case import read_case
from agency.replies.beginnings import beginnings, values_for
from styleguides import saved_replies
from styleguides.picking import picked_for
from styleguides.saved_reply_suggestions import suggest

blueprint = ApiBlueprint("saved_replies", __name__, description="Saved replies of brands and of the agency.")


@blueprint.get("/saved-replies")
@blueprint.arguments(SavedReplyQuery, location="query")
@blueprint.response(200, SavedReplyPage, example={"items": [examples.SAVED_REPLY], "next_cursor": None})
def list_saved_replies(query: dict[str, Any]) -> Any:
    """Saved replies by title: of every brand you work for and the agency's own, or of one brand."""
    rows = saved_replies.list_saved_replies(
        caller(),
        None if query["brand_id"] is None else id_or_nobody(query["brand_id"]),
        of_agency=query["of_agency"],
        archived=query["archived"],
        q=query["q"],
        after=id_after(query["cursor"]),
        limit=query["limit"] + 1,
    )
    return page_of(rows, query["limit"], lambda row: str(row.id))


@blueprint.post("/saved-replies")
@blueprint.arguments(NewSavedReply, example=examples.NEW_SAVED_REPLY)
@blueprint.response(201, SavedReply, example=examples.SAVED_REPLY)
def create_saved_reply(body: dict[str, Any]) -> Any:
    """Write a saved reply."""
    brand_id = body.pop("brand_id")
    return saved_replies.create_saved_reply(caller(), None if brand_id is None else id_or_nobody(brand_id), body)


@blueprint.get("/saved-replies/<saved_reply_id>")
@blueprint.response(200, SavedReply, example=examples.SAVED_REPLY)
def get_saved_reply(saved_reply_id: str) -> Any:
    """One saved reply."""
    return saved_replies.get_saved_reply(caller(), known_id(saved_reply_id))


@blueprint.patch("/saved-replies/<saved_reply_id>")
@blueprint.arguments(SavedReplyChanges, example={"title": "Parcel is late", "version": 1})
@blueprint.response(200, SavedReply, example={**examples.SAVED_REPLY, "title": "Parcel is late", "version": 2})
def change_saved_reply(body: dict[str, Any], saved_reply_id: str) -> Any:
    """Change the fields given. 409 `saved_reply_changed` when `version` is not the present one."""
    return saved_replies.change_saved_reply(caller(), known_id(saved_reply_id), body)


@blueprint.post("/saved-replies/<saved_reply_id>/archive")
@blueprint.arguments(ReadVersion, location="query")
@blueprint.response(200, SavedReply, example=examples.SAVED_REPLY)
def archive_saved_reply(query: dict[str, Any], saved_reply_id: str) -> Any:
    """Put it away: it is offered no more, and kept. With `version`, only if it is still that one."""
    return saved_replies.archive_saved_reply(caller(), known_id(saved_reply_id), query["version"])


@blueprint.post("/saved-replies/<saved_reply_id>/restore")
@blueprint.arguments(ReadVersion, location="query")
@blueprint.response(200, SavedReply, example=examples.SAVED_REPLY)
def restore_saved_reply(query: dict[str, Any], saved_reply_id: str) -> Any:
    """Offer it again."""
    return saved_replies.restore_saved_reply(caller(), known_id(saved_reply_id), query["version"])


@blueprint.get("/conversations/<conversation_id>/saved-replies")
@blueprint.response(200, SuggestedSavedReplies, example={"items": [examples.SUGGESTED_SAVED_REPLY]})
def suggest_saved_replies(conversation_id: str) -> Any:
    """Those that fit a case, their places filled: what its guidelines name, then what its words find, best first."""
    case = read_case(caller(), known_id(conversation_id))
    values = values_for(case)
    guidelines = [row for row, _picked in picked_for(case.actor, case.brand_id, case.facts)]
    return {
        "items": [
            {
                "saved_reply": one.saved,
                "words": one.words,
                "guideline": one.guideline or None,
                "texts": [
                    {"language": text.language, "text": text.filled.text, "missing": text.filled.missing}
                    for text in beginnings(one.saved, values)
                ],
            }
            for one in suggest(case.actor, case.brand_id, case.all_words, case.language, guidelines=guidelines)
        ]
    }
