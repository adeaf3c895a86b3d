"""The demo's labels, topics and rules of the desk, of the agency and of brands; its people's views of the queue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from agency.inbox import labels, saved_views, topics
from agency.inbox.triage import rules
from tenants.permissions import Actor

LISTED = Path(__file__).parent / "data" / "labels_and_views.json"


def write_labels(actor: Actor, brand_ids: Mapping[str, UUID]) -> dict[str, UUID]:
    """Make the labels; their ids by name."""
    listed = json.loads(LISTED.read_text(encoding="utf-8"))["labels"]
    return {
        name: labels.create_label(actor, brand_ids.get(key), name, colour).id
        for key, made in listed.items()
        for name, colour in made.items()
    }


def write_topics(actor: Actor, brand_ids: Mapping[str, UUID]) -> None:
    """Name what the brands' customers write about."""
    for key, made in json.loads(LISTED.read_text(encoding="utf-8"))["topics"].items():
        for name, phrases in made.items():
            given = [{"language": language, "words": words} for language, said in phrases.items() for words in said]
            topics.create_topic(actor, brand_ids[key], {"name": name, "phrases": given})


def write_rules(actor: Actor, brand_ids: Mapping[str, UUID], label_ids: Mapping[str, UUID]) -> None:
    """Write what is done with customers' words as they come in."""
    for rule in json.loads(LISTED.read_text(encoding="utf-8"))["rules"]:
        spoken = [{"language": code, "words": words} for code, said in rule["words"].items() for words in said]
        given = {"name": rule["name"], "note": rule["note"], "words": spoken, "points": rule["points"]}
        labelled = {"label_ids": [str(label_ids[rule["label"]])]}
        rules.create_rule(actor, brand_ids.get(rule["brand"]), {**given, **labelled})


def write_views(people: Mapping[str, Actor], brand_ids: Mapping[str, UUID], label_ids: Mapping[str, UUID]) -> None:
    """Keep the views: each person's own, and those a lead shares."""
    for view in json.loads(LISTED.read_text(encoding="utf-8"))["views"]:
        filters = {**view["filters"]}
        for field, ids in (("brand", brand_ids), ("label", label_ids)):
            if field in filters:
                filters[field] = [str(ids[key]) for key in filters[field]]
        saved_views.create_view(people[view["by"]], view["name"], filters, is_shared=view.get("shared", False))
