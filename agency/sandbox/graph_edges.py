"""Edges of the Graph: lists with order, filter, cursors and summaries."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from agency.sandbox import graph_errors, graph_nodes, misbehaviour
from agency.sandbox.graph_fields import Field, written
from agency.sandbox.graph_reader import Node, Reader
from agency.sandbox.store import Item

DEFAULT_LIMIT = 25
MAX_LIMIT = 100
MAX_INSTAGRAM_COMMENTS = 50
CURSOR_LIFE_HOURS = 1

# What order means in SQL. "ranked" is Meta's default and promises nothing, so here it is a fixed shuffle.
ORDERS = {
    "chronological": ("created_at", False),
    "reverse_chronological": ("created_at", True),
    "ranked": ("(seq * 64727) % 104729", False),
}
POST_EDGES = {
    "published_posts": "by_account = 1 AND coalesce(json_extract(facts, '$.is_published'), 1) = 1",
    "posts": "by_account = 1 AND coalesce(json_extract(facts, '$.is_published'), 1) = 1",
    "feed": "1 = 1",
    "visitor_posts": "by_account = 0",
    "ads_posts": "by_account = 1 AND json_extract(facts, '$.is_published') = 0",
    "media": "by_account = 1",
}
TIMED_EDGES = ("media", "comments")


def list_edge(
    reader: Reader, node: Node, edge: str, params: Mapping[str, str], fields: tuple[Field, ...] | None
) -> dict[str, Any]:
    """One page of an edge, as the platform sends it."""
    if edge == "ratings":
        raise graph_errors.reviews_are_gone()
    if node.type == "User":
        return _of_a_person(reader, edge, fields)
    assert node.account is not None
    if reader.token.kind == "user":
        if edge in ("comments", "replies"):
            return {"data": []}  # not an error: the best known trap of this API
        raise graph_errors.wrong_token_kind()
    if edge == "subscribed_apps":
        return {"data": node.account.facts.get("subscribed_apps") or []}
    condition = _condition(node, edge, params)
    if condition is None:
        return {"data": []}
    return _page(reader, node, edge, params, fields, condition)


def expanded_edge(reader: Reader, node: Node, one: Field) -> dict[str, Any] | None:
    """An edge asked for inside `fields`; without anything in it there is no key at all."""
    page = list_edge(reader, node, one.name, one.modifiers, one.children)
    return page if page["data"] or "summary" in page or page.get("paging", {}).get("next") else None


def _of_a_person(reader: Reader, edge: str, fields: tuple[Field, ...] | None) -> dict[str, Any]:
    if edge == "permissions":
        scopes = ("pages_show_list", "pages_read_engagement", "pages_read_user_content", "pages_manage_engagement")
        return {"data": [{"permission": scope, "status": "granted"} for scope in scopes]}
    if edge == "businesses":
        return {"data": []}
    pages = [page for page in reader.world.store.accounts("facebook") if page.id in reader.token.accounts]
    wanted = fields or tuple(Field(name) for name in graph_nodes.ACCOUNTS_DEFAULTS)
    data = [graph_nodes.render(reader, Node("Page", page.external_id, page), wanted) for page in pages]
    return {"data": data, **({"paging": {"cursors": {"before": "MA", "after": "MA"}}} if data else {})}


def _condition(node: Node, edge: str, params: Mapping[str, str]) -> tuple[str, tuple[Any, ...]] | None:
    """Which items belong to the edge; None for edges that are always empty here."""
    assert node.account is not None
    values: tuple[Any, ...]
    if edge in POST_EDGES:
        where, values = f"account_id = ? AND kind = 'post' AND {POST_EDGES[edge]}", (node.account.id,)
    elif edge in ("comments", "replies"):
        assert node.item is not None
        below = (node.account.id, node.item.external_id)
        if node.item.kind == "comment":
            where, values = "account_id = ? AND parent_id = ?", below
        elif node.type == "Post" and params.get("filter") == "stream":
            where, values = "account_id = ? AND post_id = ?", below
        else:
            where, values = "account_id = ? AND post_id = ? AND parent_id IS NULL", below
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
    if edge in POST_EDGES or node.type == "IGMedia":
        return "reverse_chronological"
    if node.type == "IGComment":
        return "chronological"
    order = params.get("order", "ranked")
    if order not in ORDERS:
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
        total = len(store.find_items(where, values))
        page["summary"] = {"order": order, "total_count": total, "can_comment": True}
    if limit == 0:
        return page

    column, descending = ORDERS[order]
    backwards = bool(params.get("before"))
    position = params.get("before") or params.get("after")
    page_where, page_values = where, values
    if position:
        mark = "<" if descending != backwards else ">"
        page_where, page_values = (
            f"{where} AND ({column}, seq) {mark} (?, ?)",
            (*values, *_read_cursor(reader, position)),
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
    assert node.account is not None
    first, last = found[0], found[-1]
    cursors = {"before": _cursor(reader, first, order), "after": _cursor(reader, last, order)}
    if misbehaviour.take(reader.world, "empty_page_with_next", node.account.external_id) is not None:
        # An empty page that moves nowhere: the next one begins where this one should have.
        after = params.get("after")
        page["paging"] = {"cursors": cursors, "next": _next(reader, node, edge, params, fields, after)}
        return page
    page["data"] = [
        graph_nodes.render(reader, reader.node_of(item), fields) for item in found if not item.facts.get("unlisted")
    ]
    page["paging"] = {"cursors": cursors}
    if more:
        page["paging"]["next"] = _next(reader, node, edge, params, fields, cursors["after"])
    return page


def _sort_value(item: Item, order: str) -> float:
    return (item.seq * 64727) % 104729 if order == "ranked" else item.created_at


def _cursor(reader: Reader, item: Item, order: str) -> str:
    # The hour, not the second: else no answer with a cursor in it would ever have the same ETag twice.
    parts = [_sort_value(item, order), item.seq, int(reader.world.now() // 3600)]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _read_cursor(reader: Reader, text: str) -> tuple[float, int]:
    try:
        value, seq, made_at = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        position = float(value), int(seq)
        too_old = int(made_at) < reader.world.now() // 3600 - CURSOR_LIFE_HOURS
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
    kept = {name: params[name] for name in ("filter", "order", "since", "until", "summary") if params.get(name)}
    if fields is not None:
        kept["fields"] = written(fields)
    kept = {"access_token": reader.token.token, **kept, "limit": params.get("limit", str(DEFAULT_LIMIT))}
    if after:
        kept["after"] = after
    return f"{reader.call.base_url}/{reader.call.version}/{node.id}/{edge}?{urlencode(kept)}"
