"""`/brands/{id}/topics`: what customers of a brand write about, in its own words."""

from __future__ import annotations

from typing import Any

from agency.api import label_examples as examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.listing import page_by_id
from agency.api.schemas.fields import ReadVersion
from agency.api.schemas.topics import NewTopic, Topic, TopicChanges, TopicPage, TopicQuery
from agency.inbox import topics

blueprint = ApiBlueprint("topics", __name__, description="Topics that brands name for themselves.")


@blueprint.get("/brands/<brand_id>/topics")
@blueprint.arguments(TopicQuery, location="query")
@blueprint.response(200, TopicPage, example={"items": [examples.TOPIC], "next_cursor": None})
def list_topics(query: dict[str, Any], brand_id: str) -> Any:
    """Topics in the order they were written."""
    rows = topics.list_topics(caller(), known_id(brand_id), archived=query["archived"])
    return page_by_id(rows, query, lambda row: row.id)


@blueprint.post("/brands/<brand_id>/topics")
@blueprint.arguments(NewTopic, example=examples.NEW_TOPIC)
@blueprint.response(201, Topic, example=examples.TOPIC)
def create_topic(body: dict[str, Any], brand_id: str) -> Any:
    """Name a topic; it needs a phrase or a list of ours to build on. Open conversations are read for it soon."""
    return topics.create_topic(caller(), known_id(brand_id), body)


@blueprint.get("/brands/<brand_id>/topics/<topic_id>")
@blueprint.response(200, Topic, example=examples.TOPIC)
def get_topic(brand_id: str, topic_id: str) -> Any:
    """One topic."""
    return topics.get_topic(caller(), known_id(brand_id), known_id(topic_id))


@blueprint.patch("/brands/<brand_id>/topics/<topic_id>")
@blueprint.arguments(TopicChanges, example={"name": "Delivery", "version": 1})
@blueprint.response(200, Topic, example={**examples.TOPIC, "name": "Delivery", "version": 2})
def change_topic(body: dict[str, Any], brand_id: str, topic_id: str) -> Any:
    """Change the fields given. 409 `topic_changed` when `version` is not the present one."""
    return topics.change_topic(caller(), known_id(brand_id), known_id(topic_id), body)


@blueprint.post("/brands/<brand_id>/topics/<topic_id>/archive")
@blueprint.arguments(ReadVersion, location="query")
@blueprint.response(200, Topic, example=examples.TOPIC)
def archive_topic(query: dict[str, Any], brand_id: str, topic_id: str) -> Any:
    """Put it away: no text is read for it any more. With `version`, only if it is still that one."""
    return topics.archive_topic(caller(), known_id(brand_id), known_id(topic_id), query["version"])


@blueprint.post("/brands/<brand_id>/topics/<topic_id>/restore")
@blueprint.arguments(ReadVersion, location="query")
@blueprint.response(200, Topic, example=examples.TOPIC)
def restore_topic(query: dict[str, Any], brand_id: str, topic_id: str) -> Any:
    """Read texts for it again. 409 `topic_exists` where its name was given away."""
    return topics.restore_topic(caller(), known_id(brand_id), known_id(topic_id), query["version"])
