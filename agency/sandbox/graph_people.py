"""What a person's token opens: Pages with their tokens, Business Portfolios, permissions."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from agency.sandbox import graph_errors, graph_scopes, people, tokens
from agency.sandbox.graph_fields import Field
from agency.sandbox.graph_reader import Node, Reader
from agency.sandbox.store import Account

DEFAULT_LIMIT, MAX_LIMIT = 25, 100
ACCOUNTS_DEFAULTS = ("access_token", "category", "name", "id", "tasks")
BUSINESS_EDGES = {"owned_pages": "owned", "client_pages": "client"}


def edge(
    reader: Reader, node: Node, name: str, params: Mapping[str, str], fields: tuple[Field, ...] | None
) -> dict[str, Any]:
    """One page of an edge of a person or of a Business Portfolio."""
    from agency.sandbox.graph_nodes import render

    if name == "permissions":
        return {"data": _permissions(reader)}
    if name == "businesses":
        graph_scopes.require_scope(reader, None, "business_management")
        nodes = [Node("Business", one) for one in _businesses(reader)]
        wanted = fields or (Field("id"), Field("name"))
    else:
        pages = _listed(reader) if name == "accounts" else _held(reader, node, name)
        nodes = [Node("Page", page.external_id, page) for page in pages]
        wanted = fields or tuple(Field(each) for each in ACCOUNTS_DEFAULTS)
    shown, paging = _page(reader, node, name, params, nodes)
    data = [render(reader, one, wanted) for one in shown]
    return {"data": data, **({"paging": paging} if paging else {})}


def _opened(reader: Reader) -> list[Account]:
    return reader.world.store.opened_by(reader.token.token, "facebook")


def _listed(reader: Reader) -> list[Account]:
    """`/me/accounts`: Pages held through a Business Portfolio are missing, whatever the person ticked."""
    scopes = reader.token.scopes
    if scopes is not None and "pages_show_list" not in scopes:
        return []
    manages = scopes is None or "business_management" in scopes
    return [
        page
        for page in _opened(reader)
        if not page.facts.get("business") or (manages and page.facts["business"].get("listed"))
    ]


def _businesses(reader: Reader) -> list[str]:
    held = [page.facts["business"]["id"] for page in _opened(reader) if page.facts.get("business")]
    return [*dict.fromkeys(str(one) for one in held)]


def _held(reader: Reader, node: Node, name: str) -> list[Account]:
    graph_scopes.require_scope(reader, None, "business_management")
    kind = BUSINESS_EDGES[name]
    return [
        page
        for page in _opened(reader)
        if page.facts.get("business")
        and str(page.facts["business"]["id"]) == node.id
        and page.facts["business"].get("kind", "owned") == kind
    ]


def is_business(reader: Reader, object_id: str) -> bool:
    return reader.token.kind == "user" and object_id in _businesses(reader)


def business_name(reader: Reader, business_id: str) -> str:
    for page in _opened(reader):
        business = page.facts.get("business") or {}
        if str(business.get("id")) == business_id:
            return str(business.get("name") or f"Business {business_id}")
    return business_id


def _permissions(reader: Reader) -> list[dict[str, str]]:
    scopes = reader.token.scopes
    if scopes is None:
        return [{"permission": scope, "status": "granted"} for scope in graph_scopes.FACEBOOK]
    person = people.everybody(reader.world).get(f"meta:{reader.token.holder}", {})
    found = dict.fromkeys(person.get("declined", []), "declined")
    now = reader.world.now()
    for scope in scopes:
        last = max(reader.token.issued_at, reader.world.scope_used.get((reader.token.token, scope), 0.0))
        found[scope] = "expired" if now - last > graph_scopes.DISUSE_SECONDS else "granted"
    return [{"permission": scope, "status": status} for scope, status in sorted(found.items())]


def _page(
    reader: Reader, node: Node, name: str, params: Mapping[str, str], nodes: list[Node]
) -> tuple[list[Node], dict[str, Any]]:
    text = params.get("limit", str(DEFAULT_LIMIT))
    if not text.isdecimal() or int(text) < 1:
        raise graph_errors.bad_parameter("Param limit must be an integer above 0")
    limit, start = min(int(text), MAX_LIMIT), _offset(params.get("after"))
    shown = nodes[start : start + limit]
    if not shown:
        return [], {}
    end = start + len(shown)
    paging: dict[str, Any] = {"cursors": {"before": _cursor(start), "after": _cursor(end)}}
    if end < len(nodes):
        kept = f"access_token={reader.token.token}&limit={limit}&after={_cursor(end)}"
        if "fields" in params:
            kept += f"&fields={params['fields']}"
        paging["next"] = f"{reader.call.base_url}/{reader.call.version}/{node.id}/{name}?{kept}"
    return shown, paging


def _cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(f"from {offset}".encode()).decode().rstrip("=")


def _offset(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        return max(0, int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().removeprefix("from ")))
    except ValueError:
        raise graph_errors.bad_parameter("Invalid cursor") from None


def page_token(reader: Reader, account: Account) -> str | None:
    """The Page's token for this person. One made from a short-lived user token dies with it; else it has no end."""
    store, token = reader.world.store, reader.token
    if not token.facts.get("login"):
        found = tokens.of_account(store, account.id, "page")
        return found[0] if found else None
    known = tokens.made_from(store, token.token, account.id)
    if known is not None:
        return known
    linked = [each.id for each in store.linked_to(account.external_id) if each.id in token.accounts]
    seconds = None if token.facts.get("long") or token.expires_at is None else token.expires_at - reader.world.now()
    facts = {"login": True, "scopes": token.facts.get("scopes"), "user_id": token.holder}
    return tokens.save(
        store,
        "page",
        account.external_id,
        [account.id, *linked],
        parent=token.token,
        expires_in_seconds=seconds,
        facts=facts,
    )
