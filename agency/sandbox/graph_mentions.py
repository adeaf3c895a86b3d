"""Mentions of an Instagram profile in others' captions and comments. Their ids come by webhook and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agency.sandbox import graph_errors
from agency.sandbox.graph_fields import Field
from agency.sandbox.graph_reader import Node, Reader


def _comment(reader: Reader, node: Node, asked: Field) -> dict[str, Any]:
    return _mentioned(reader, node, asked, "comment", "comment_id")


def _media(reader: Reader, node: Node, asked: Field) -> dict[str, Any]:
    return _mentioned(reader, node, asked, "post", "media_id")


def _mentioned(reader: Reader, node: Node, asked: Field, kind: str, modifier: str) -> dict[str, Any]:
    from agency.sandbox.graph_nodes import render

    if not (wanted := asked.modifiers.get(modifier)):
        raise graph_errors.bad_parameter(f"The parameter {modifier} is required")
    account, store = node.account, reader.world.store
    assert account is not None
    item = store.item("instagram", wanted, account.id)
    post = item if item is None or kind == "post" else store.item("instagram", item.post_id or "", account.id)
    places = ("foreign", "tagged") if kind == "comment" else ("foreign",)
    foreign = post is not None and post.facts.get("place") in places
    if item is None or item.kind != kind or item.deleted_at is not None or not foreign or item.facts.get("private"):
        raise graph_errors.bad_parameter("Invalid parameter: no mention of this account with that id")
    assert post is not None
    if post.facts.get("comment_enabled") is False:
        raise graph_errors.bad_parameter("Comments are disabled on this media")
    return render(reader, reader.node_of(item), asked.children)


FIELDS: dict[str, Callable[[Reader, Node, Field], dict[str, Any]]] = {
    "mentioned_comment": _comment,
    "mentioned_media": _media,
}
