"""Edges of the Graph: lists with order, filter, cursors and summaries."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from agency.sandbox import graph_errors, graph_nodes, graph_people, graph_scopes, media, misbehaviour
from agency.sandbox.graph_fields import Field, written
from agency.sandbox.graph_reader import Node, Reader
from agency.sandbox.store import Item

DEFAULT_LIMIT = 25
MAX_LIMIT = 100
MAX_INSTAGRAM_COMMENTS = 50
CURSOR_LIFE_HOURS = 1
KEPT = (
    "type",
    "filter",
    "order",
    "since",
    "until",
    "summary",
    "platform",
    "user_id",
    "folder",
    "include_inline_create",
)

# What order means in SQL. "ranked" is Meta's default and promises nothing, so here it is a fixed shuffle.
ORDERS = {
    "chronological": ("created_at", False),
    "reverse_chronological": ("created_at", True),
    "ranked": ("(seq * 64727) % 104729", False),
    "newest_update": ("updated_at", True),
}
PUBLISHED = "coalesce(json_extract(facts, '$.is_published'), 1) = 1"
PRODUCT = "coalesce(json_extract(facts, '$.media_product_type'), 'FEED')"
# The Page's lists of posts leave reels out, unless the account's fact `reels_in_posts` has it the other way.
NO_REELS = f" AND {PRODUCT} <> 'REELS'"
WITHOUT_REELS = ("published_posts", "posts", "feed")
POST_EDGES = {
    "published_posts": f"by_account = 1 AND {PUBLISHED}",
    "posts": f"by_account = 1 AND {PUBLISHED}",
    "feed": "coalesce(json_extract(facts, '$.place'), '') NOT IN ('foreign', 'scheduled')",
    "visitor_posts": "by_account = 0 AND json_extract(facts, '$.place') IS NULL",
    "tagged": "json_extract(facts, '$.place') = 'tagged'",
    "video_reels": f"by_account = 1 AND {PUBLISHED} AND {PRODUCT} = 'REELS'",
    "tags": "json_extract(facts, '$.place') = 'tagged'",
    "ads_posts": f"by_account = 1 AND NOT {PUBLISHED} AND coalesce(json_extract(facts, '$.place'), '') <> 'scheduled'",
    "scheduled_posts": "json_extract(facts, '$.place') = 'scheduled'",
    "media": f"by_account = 1 AND {PRODUCT} <> 'STORY'",
    "stories": f"by_account = 1 AND {PRODUCT} = 'STORY'",
}
NO_ADS = f" AND {PRODUCT} <> 'AD'"
TIMED_EDGES = ("media", "comments", "ads_posts", "stories")
CONTENTS = {"conversations": "thread", "messages": "message"}


def list_edge(
    reader: Reader, node: Node, edge: str, params: Mapping[str, str], fields: tuple[Field, ...] | None
) -> dict[str, Any]:
    """One page of an edge, as the platform sends it."""
    if edge == "ratings":
        raise graph_errors.reviews_are_gone()
    if node.type in ("User", "Business"):
        return graph_people.edge(reader, node, edge, params, fields)
    assert node.account is not None
    if reader.token.kind == "user":
        silent = misbehaviour.take(reader.world, "silent_wrong_token", node.account.external_id)
        if edge in ("comments", "replies") or silent:
            return {"data": []}  # not an error: the best known trap of this API
        raise graph_errors.wrong_token_kind()
    graph_scopes.require(reader, node, edge)
    if edge in CONTENTS:
        node = _whose_talk(reader, node, edge, params)
    assert node.account is not None
    if edge == "subscribed_apps":
        return {"data": node.account.facts.get("subscribed_apps") or []}
    if edge == "blocked":
        return {"data": [{"id": one} for one in node.account.facts.get("blocked") or []]}
    if edge == "thread_owner":
        owner = node.account.facts.get("thread_owner_app") or reader.world.keys.meta_app_id
        return {"data": [{"thread_owner": {"app_id": owner}}]}
    if edge == "content_publishing_limit":
        return {"data": [{"quota_usage": 0, "config": {"quota_total": 100, "quota_duration": 86400}}]}
    condition = _condition(node, edge, params, reader.world.now())
    if condition is None:
        return {"data": []}
    return _page(reader, node, edge, params, fields, condition)


def expanded_edge(reader: Reader, node: Node, one: Field) -> dict[str, Any] | None:
    """An edge asked for inside `fields`; without anything in it there is no key at all."""
    page = list_edge(reader, node, one.name, one.modifiers, one.children)
    return page if page["data"] or "summary" in page or page.get("paging", {}).get("next") else None


def _whose_talk(reader: Reader, node: Node, edge: str, params: Mapping[str, str]) -> Node:
    """A Page's conversations are Messenger's, unless its Instagram profile's are asked for."""
    platform = params.get("platform", "messenger" if node.type == "Page" else "instagram")
    if platform not in ("messenger", "instagram"):
        raise graph_errors.bad_parameter("platform must be one of the following values: messenger, instagram")
    assert node.account is not None
    if edge == "conversations" and platform == "instagram" and node.type == "Page":
        linked = [each for each in reader.world.store.linked_to(node.id) if each.id in reader.token.accounts]
        if not linked:
            raise graph_errors.GraphError(
                100, "(#100) The Page is not linked to an Instagram professional account", subcode=2534013
            )
        node = Node(node.type, node.id, linked[0])
    if node.account is not None and node.account.facts.get("messages_access") is False:
        raise graph_errors.GraphError(
            200, "(#200) The owner has not allowed access to messages", subcode=2534041, status=403
        )
    return node


def _condition(node: Node, edge: str, params: Mapping[str, str], now: float) -> tuple[str, tuple[Any, ...]] | None:
    """Which items belong to the edge; None for edges that are always empty here."""
    assert node.account is not None
    values: tuple[Any, ...]
    if edge in POST_EDGES:
        where, values = f"account_id = ? AND kind = 'post' AND {POST_EDGES[edge]}", (node.account.id,)
        if edge == "media" and node.account.facts.get("ads_in_media") is False:
            where += NO_ADS
        if edge in WITHOUT_REELS and not node.account.facts.get("reels_in_posts"):
            where += NO_REELS
        if edge == "stories":
            where, values = f"{where} AND created_at > ?", (*values, now - media.STORY_LIFE_SECONDS)
    elif edge == "photos":
        if params.get("type", "profile") != "uploaded":
            return None
        where, values = f"account_id = ? AND kind = 'photo' AND by_account = 1 AND {PUBLISHED}", (node.account.id,)
    elif edge == "conversations":
        where, values = "account_id = ? AND kind = 'thread'", (node.account.id,)
        if params.get("user_id"):
            where, values = f"{where} AND post_id = ?", (*values, params["user_id"])
    elif edge == "messages":
        where, values = "account_id = ? AND post_id = ? AND kind = 'message'", (node.account.id, node.id)
    elif edge in ("comments", "replies"):
        assert node.item is not None
        shares = node.type == "Photo" and node.item.facts.get("alone")
        below = (node.account.id, node.item.post_id if shares else node.item.external_id)
        if node.item.kind == "comment":
            where, values = "account_id = ? AND parent_id = ?", below
        elif node.type in ("Post", "Video", "Photo") and params.get("filter") == "stream":
            where, values = "account_id = ? AND post_id = ? AND kind = 'comment'", below
        else:
            where, values = "account_id = ? AND post_id = ? AND kind = 'comment' AND parent_id IS NULL", below
    else:
        return None
    if edge in TIMED_EDGES and node.type != "IGMedia":
        for name, comparison in (("since", ">="), ("until", "<=")):
            if params.get(name):
                where += f" AND created_at {comparison} ?"
                values = (*values, _seconds(name, params[name]))
    return where, values


def _seconds(name: str, value: str) -> float:
    from agency.sandbox.ledger import moment

    try:
        return float(value) if value.replace(".", "", 1).isdecimal() else moment(value)
    except ValueError:
        raise graph_errors.bad_parameter(f"{name} should represent a valid timestamp") from None


def _limit(node: Node, edge: str, params: Mapping[str, str]) -> int:
    text = params.get("limit", str(DEFAULT_LIMIT))
    if not text.isdecimal():
        raise graph_errors.bad_parameter("Param limit must be an integer")
    limit = int(text)
    if edge in POST_EDGES and limit > MAX_LIMIT:
        raise graph_errors.over_the_limit(MAX_LIMIT)
    return min(limit, MAX_INSTAGRAM_COMMENTS if node.type in ("IGMedia", "IGComment") else MAX_LIMIT)


def _order(node: Node, edge: str, params: Mapping[str, str]) -> str:
    if edge == "conversations":
        return "newest_update"
    if edge in POST_EDGES or node.type == "IGMedia" or edge in ("messages", "photos"):
        return "reverse_chronological"
    if node.type == "IGComment":
        return "chronological"
    order = params.get("order", "ranked")
    if order not in ("chronological", "reverse_chronological", "ranked"):
        raise graph_errors.bad_parameter(
            "order must be one of the following values: chronological, reverse_chronological"
        )
    return order


def _page(
    reader: Reader,
    node: Node,
    edge: str,
    params: Mapping[str, str],
    fields: tuple[Field, ...] | None,
    condition: tuple[str, tuple[Any, ...]],
) -> dict[str, Any]:
    store = reader.world.store
    order = _order(node, edge, params)
    limit = _limit(node, edge, params)
    where, values = condition
    where, values = f"{where} AND deleted_at IS NULL AND visible_at <= ?", (*values, reader.world.now())
    if (filtered := params.get("filter")) not in (None, "", "stream", "toplevel"):
        raise graph_errors.bad_parameter(
            f"filter must be one of the following values: toplevel, stream; not {filtered}"
        )

    page: dict[str, Any] = {"data": []}
    if params.get("summary") in ("true", "1", "total_count"):
        total = store.count_items(where, values)
        page["summary"] = {"order": order, "total_count": total, "can_comment": True}
    if limit == 0:
        return page

    column, descending = ORDERS[order]
    backwards = bool(params.get("before"))
    position = params.get("before") or params.get("after")
    page_where, page_values = where, values
    assert node.account is not None
    if position:
        mark = "<" if descending != backwards else ">"
        page_where, page_values = (
            f"{where} AND ({column}, seq) {mark} (?, ?)",
            (*values, *_read_cursor(reader, position, node.account.external_id)),
        )
    way = "DESC" if descending != backwards else "ASC"
    found = store.find_items(page_where, page_values, f"{column} {way}, seq {way}", limit + 1)
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
        more = True  # where one came from
    if not found:
        return page
    first, last = found[0], found[-1]
    cursors = {"before": _cursor(reader, first, order), "after": _cursor(reader, last, order)}
    if misbehaviour.take(reader.world, "empty_page_with_next", node.account.external_id) is not None:
        # An empty page that moves nowhere: the next one begins where this one should have.
        after = params.get("after")
        page["paging"] = {"cursors": cursors, "next": _next(reader, node, edge, params, fields, after)}
        return page
    page["data"] = [
        graph_nodes.render(reader, reader.node_of(item, as_film=edge == "video_reels"), fields)
        for item in found
        if not item.facts.get("unlisted")
    ]
    page["paging"] = {"cursors": cursors}
    if more:
        page["paging"]["next"] = _next(reader, node, edge, params, fields, cursors["after"])
    return page


def _sort_value(item: Item, order: str) -> float:
    if order == "newest_update":
        return item.updated_at
    return (item.seq * 64727) % 104729 if order == "ranked" else item.created_at


def _cursor(reader: Reader, item: Item, order: str) -> str:
    # The hour, not the second: else no answer with a cursor in it would ever have the same ETag twice.
    parts = [_sort_value(item, order), item.seq, int(reader.world.now() // 3600)]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _read_cursor(reader: Reader, text: str, whose: str) -> tuple[float, int]:
    try:
        value, seq, made_at = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        position = float(value), int(seq)
        too_old = int(made_at) < reader.world.now() // 3600 - CURSOR_LIFE_HOURS
        too_old = too_old or misbehaviour.take(reader.world, "expire_cursors", whose) is not None
    except (ValueError, TypeError):
        too_old = True
    if too_old:
        raise graph_errors.bad_parameter("The After Cursor specified exceeds the max limit supported by this endpoint")
    return position


def _next(
    reader: Reader,
    node: Node,
    edge: str,
    params: Mapping[str, str],
    fields: tuple[Field, ...] | None,
    after: str | None,
) -> str:
    """The address of the next page. It carries the token, as the real one does, but no appsecret_proof."""
    kept = {name: params[name] for name in KEPT if params.get(name)}
    if fields is not None:
        kept["fields"] = written(fields)
    kept = {"access_token": reader.token.token, **kept, "limit": params.get("limit", str(DEFAULT_LIMIT))}
    if after:
        kept["after"] = after
    return f"{reader.call.base_url}/{reader.call.version}/{node.id}/{edge}?{urlencode(kept)}"
