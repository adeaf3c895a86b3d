"""`/conversations`: the queue across brands, one conversation, and who has it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, url_for

from agency.api import examples
from agency.api.bearer import caller, id_or_nobody, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.error_shape import in_zulu
from agency.api.schemas.conversations import (
    Claim,
    ClientNote,
    ClientTold,
    Conversation,
    ConversationPage,
    ConversationPart,
    ConversationQuery,
    MessageDeed,
    NewCorrection,
    NewDeed,
    Reading,
)
from agency.api.schemas.fields import Nothing
from agency.inbox import corrections, desk, moderation, queries
from agency.inbox.case_clocks import client_spans, clocks_of
from agency.inbox.case_rank import rank_parts
from agency.inbox.conversation_view import ConversationView
from agency.inbox.filters import FILTERS, FREE, ME
from agency.inbox.kept_media import SERVED_WITH, copy_of
from agency.inbox.outgoing import window_of
from agency.inbox.presence import at_case
from agency.inbox.ranking import score_of
from agency.inbox.signs import numbers_with, signs_in
from agency.inbox.triage.trace import said
from agency.inbox.understanding.evidence import language_words, personal_places
from agency.inbox.understanding.stored import ASPECTS, Stored, corrections_of, from_stored, own_topics
from agency.replies import client_answers
from agency.replies.promise_lists import Promised
from agency.replies.queries import ReplyRow, replies_of, shown_to
from channels.media_kinds import MEDIA_TYPES
from tenants import clock
from tenants.permissions import Permission, require

blueprint = ApiBlueprint("conversations", __name__, description="What customers wrote, highest rank first.")

_MEDIA: dict[str, Any] = {kind: {"schema": {}} for kind in sorted(MEDIA_TYPES)}
"""OpenAPI 3.1 describes bytes by their media type alone."""
_ASSIGNEES = {"me": ME, "nobody": FREE, "free": FREE}


def filter_of_query(query: dict[str, Any]) -> queries.QueueFilter:
    """The queue's filter that a checked query means, field by field of `agency.inbox.filters.FILTERS`."""
    values: dict[str, Any] = {}
    for field in FILTERS:
        given: Any = query.get(field.api) if field.api else None
        if given in (None, [], "", False):
            continue
        if field.sort == "id":
            given = tuple(map(id_or_nobody, given))
        elif field.sort == "holder":
            given = _ASSIGNEES.get(given) or id_or_nobody(given)
        elif field.column == "signs":
            given = numbers_with(given, may_see_people=caller().may(Permission.CONTACT_READ))
        elif field.column == "status":
            given = None if given == "all" else given
        values[field.column] = tuple(given) if field.is_many else given
    return queries.QueueFilter(**values, with_notes=caller().may(Permission.NOTE_READ))


@blueprint.get("/conversations")
@blueprint.arguments(ConversationQuery, location="query")
@blueprint.response(200, ConversationPage, example={"items": [examples.CONVERSATION_ROW], "next_cursor": None})
def list_conversations(query: dict[str, Any]) -> Any:
    """The queue: open conversations, highest rank first, unless another status is asked for."""
    page = queries.list_conversations(filter_of_query(query), query["cursor"], query["limit"], me=caller().user_id)
    now, sees_people = clock.now(), caller().may(Permission.CONTACT_READ)
    items = [
        {
            **row._asdict(),
            "rank": _score(row.status, row.rank, now),
            "signs": signs_in(row.signs, may_see_people=sees_people),
            "holder": _holder(row.holder_id, row.holder_name, row.held_until),
        }
        for row in page.rows
    ]
    return {"items": items, "next_cursor": page.next_cursor}


@blueprint.get("/conversations/<conversation_id>")
@blueprint.arguments(ConversationPart, location="query")
@blueprint.response(200, Conversation, example=examples.CONVERSATION)
def get_conversation(query: dict[str, Any], conversation_id: str) -> Any:
    """One conversation with messages, contact, clocks, the reasons of its rank, notes and replies."""
    before = None if query["before"] is None else id_or_nobody(query["before"])
    view = queries.get_conversation(known_id(conversation_id), before=before)
    require(caller(), Permission.CONVERSATION_READ, view.brand_id)
    data, parts = view._asdict(), rank_parts(caller(), view, clock.now())
    replies = shown_to(caller(), replies_of(view.id))
    return {
        **data,
        "rank": sum(part["points"] for part in parts),
        "rank_reasons": [{name: in_zulu(fact) for name, fact in part.items()} for part in parts],
        "contact": None if view.contact_id is None else {"id": view.contact_id, "name": view.contact_name},
        "clocks": {**data, "clocks": clocks_of(view.clocks), "client": _client(view.clocks)},
        "label_ids": [label.id for label in view.labels],
        "holder": _holder(view.holder_id, view.holder_name, view.held_until),
        "present": at_case(caller(), view.id),
        "window": window_of(view.id, view.kind, private=False, answers_written_at=None, written_by="person"),
        "messages": [
            {**m._asdict(), "copies": _copies(m.id, view), "reading": _reading(m.reading, m.text)}
            for m in view.messages
        ],
        "notes": view.notes if caller().may(Permission.NOTE_READ) else [],
        "rules": _rules(view) if caller().may(Permission.NOTE_READ) else [],
        "replies": replies,
        "promises": _promises(replies),
    }


def _client(kept: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**one._asdict(), "pauses": one.stands is not None} for one in client_spans(kept)]


def _rules(view: ConversationView) -> list[dict[str, Any]]:
    messages = {message.id: message for message in view.messages}
    return [{**one._asdict(), "words": said(one, messages.get(one.message_id))} for one in view.triage]


def _promises(replies: list[ReplyRow]) -> list[dict[str, Any]]:
    now = clock.now()
    found = [(one, reply.id) for reply in replies for one in Promised.of(reply) if one.ended is None]
    return [
        {**one._asdict(), "reply_id": reply_id, "broken": one.is_broken(now)}
        for one, reply_id in sorted(found, key=lambda pair: (pair[0].due_at, pair[0].id))
    ]


@blueprint.get("/conversations/<conversation_id>/media/<media_id>")
@blueprint.doc(responses={"200": {"description": "The bytes, to be saved", "content": _MEDIA}})
def get_media(conversation_id: str, media_id: str) -> Response:
    """Our copy of what was attached to a message: a picture, a film or a sound.

    404 where it is not kept, and from the moment its message is deleted.
    """
    number = known_id(media_id)
    found = copy_of(known_id(conversation_id), number)
    require(caller(), Permission.CONVERSATION_READ, found.brand_id)
    answer = Response(found.body, mimetype=found.content_type)
    answer.headers.set("Content-Disposition", "attachment", filename=found.file_name(number))
    answer.headers.update(SERVED_WITH)
    return answer


@blueprint.post("/conversations/<conversation_id>/claim")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, Claim, example=examples.CLAIM)
def claim_conversation(body: dict[str, Any], conversation_id: str) -> Any:
    """Take a conversation, or go on holding it. 409 `held` names who has it."""
    case = desk.claim(caller(), known_id(conversation_id))
    return {"conversation_id": case.id, "holder": _holder(case.holder_id, case.holder_name, case.held_until)}


@blueprint.post("/conversations/<conversation_id>/tell-client")
@blueprint.arguments(ClientNote, example={"note": "They ask about an order of yesterday."})
@blueprint.response(200, ClientTold, example={"told": 1})
def tell_client(body: dict[str, Any], conversation_id: str) -> Any:
    """Tell the client's owners of a case that is theirs to answer, by mail; the note stays with the case.

    409 `agency_answers` where the brand's approval policy says that the agency does.
    """
    return {"told": client_answers.tell_client(caller(), known_id(conversation_id), body["note"])}


@blueprint.post("/conversations/<conversation_id>/messages/<message_id>/deeds")
@blueprint.arguments(NewDeed, example={"deed": "hide"})
@blueprint.response(201, MessageDeed, example=examples.DEED)
def moderate(body: dict[str, Any], conversation_id: str, message_id: str) -> Any:
    """Hide, show again, like, unlike or delete what a customer wrote, or block them. A job does it soon.

    Deleting and blocking need `message:remove`. 409 `not_offered` where the platform knows no such deed.
    """
    return moderation.ask(caller(), known_id(conversation_id), known_id(message_id), body["deed"])


@blueprint.post("/conversations/<conversation_id>/messages/<message_id>/reading")
@blueprint.arguments(NewCorrection, example={"aspect": "act", "label": "question"})
@blueprint.response(200, Reading, example={**examples.READING, "corrected": ["act"]})
def correct_reading(body: dict[str, Any], conversation_id: str, message_id: str) -> Any:
    """Say what a customer's text is. It holds as long as the text stays; the case is ranked again at once."""
    said = corrections.correct(caller(), known_id(conversation_id), known_id(message_id), body["aspect"], body["label"])
    return _reading(said.reading, said.text)


@blueprint.post("/conversations/<conversation_id>/release")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, Claim, example={**examples.CLAIM, "holder": None})
def release_conversation(body: dict[str, Any], conversation_id: str) -> Any:
    """Give a conversation back. 409 `held` names who has it when that is somebody else."""
    conversation = known_id(conversation_id)
    desk.release(caller(), conversation)
    return {"conversation_id": conversation, "holder": None}


def _reading(kept: Stored | None, text: str) -> dict[str, Any] | None:
    if kept is None:
        return None
    reading = from_stored(kept)
    aspects = {aspect: getattr(reading, aspect)._asdict() for aspect in ASPECTS}
    return {
        **aspects,
        "language": reading.language._replace(words=language_words(text, reading.language.label))._asdict(),
        "topics": [one._asdict() for one in reading.topics],
        "own_topics": [
            {"topic_id": one.label, "confidence": one.confidence, "words": one.words} for one in own_topics(kept)
        ],
        "personal_data": [one.label for one in reading.personal_data],
        "personal_places": personal_places(text) if reading.personal_data else (),
        "corrected": sorted(corrections_of(kept)),
    }


def _score(status: str, rank: int, now: datetime) -> int:
    """The points of a row now; 0 of what stands in no queue, or was not ranked yet."""
    return (score_of(rank, now) or 0) if status == "open" else 0


def _copies(message_id: UUID, view: queries.ConversationView) -> list[dict[str, Any]]:
    found = sorted((one for one in view.kept if one.message_id == message_id), key=lambda one: one.position)
    return [{**one._asdict(), "url": _media_url(view.id, one.id) if one.state == "kept" else None} for one in found]


def _media_url(conversation_id: UUID, media_id: UUID) -> str:
    return url_for("api_conversations.get_media", conversation_id=conversation_id, media_id=media_id)


def _holder(holder_id: UUID | None, name: str | None, until: datetime | None) -> dict[str, Any] | None:
    return None if holder_id is None else {"id": holder_id, "name": name, "until": until}
