"""One call of the Graph API, on either of Meta's hosts."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from agency.sandbox import (
    graph_errors,
    graph_messages,
    graph_nodes,
    graph_scopes,
    graph_writes,
    ledger,
    misbehaviour,
    tokens,
)
from agency.sandbox.graph_edges import list_edge
from agency.sandbox.graph_errors import GraphError
from agency.sandbox.graph_fields import parse_fields
from agency.sandbox.graph_json import as_text
from agency.sandbox.graph_reader import Call, Node, Reader
from agency.sandbox.store import Account
from agency.sandbox.tokens import Token
from agency.sandbox.wire import HTML_502, Answer
from agency.sandbox.world import APP_CALLS_PER_HOUR, World

MAX_BATCH = 50
LIVING_VERSIONS = ("v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0")


def serving_version(asked: str | None) -> str:
    """A dead or missing version is silently served by another one; only the header tells."""
    if asked is None:
        return LIVING_VERSIONS[-1]
    return asked if asked in LIVING_VERSIONS else LIVING_VERSIONS[0]


def refusal(error: GraphError, headers: Mapping[str, str]) -> Answer:
    return Answer(error.status, error.body(), {**headers, **error.headers()})


def single(world: World, call: Call) -> Answer:
    """One call, alone or out of a batch. Never raises GraphError: a refusal is an answer, too."""
    headers: dict[str, str] = {}
    reader: Reader | None = None
    node: Node | None = None
    path = [part for part in call.path.split("/") if part]
    edge = path[1] if len(path) > 1 else None
    try:
        reader = Reader(world, call, caller(world, call))
        if not path and call.params.get("ids"):
            return _multi_get(reader, headers)
        if not path or len(path) > 2:
            raise GraphError(2500, "Unknown path components: /" + "/".join(path[2:]))
        node = reader.resolve(path[0])
        whose = node.account.external_id if node.account else None
        use = _use_of(node, edge)
        headers.update(_count_call(world, call, node.account, use))
        if (broken := _refuse_or_break(world, call, node.account, use)) is not None:
            _note(world, call, reader, node, edge, outcome="refused", status=broken.status)
            broken.headers.update(headers)
            return broken
        pause = misbehaviour.take(world, "delay", whose, is_write=call.is_write)
        if pause is not None and pause.when == "before":
            time.sleep(pause.seconds)
        done = _write(reader, node, edge) if call.is_write else _read(reader, node, edge)
    except _AcceptedNevertheless as error:
        return refusal(error, headers)
    except GraphError as error:
        _note(world, call, reader, node, edge, outcome="refused", status=error.status, error_code=error.code)
        return refusal(error, headers)
    done.headers.update(headers)
    if misbehaviour.take(world, "old_version", whose, is_write=call.is_write):
        done.headers["facebook-api-version"] = LIVING_VERSIONS[0]
    if not call.is_write and call.in_batch and misbehaviour.take(world, "null_batch_slots", whose):
        done.lost = True
    if pause is not None and pause.when != "before":
        done.late_seconds = pause.seconds
    done.cut = misbehaviour.take(world, "truncate_body", whose, is_write=call.is_write) is not None
    return done


def caller(world: World, call: Call) -> Token:
    """The caller's token, alive and of this host's kind."""
    text = call.params.get("access_token")
    if not text:
        raise graph_errors.no_token()
    found = tokens.find(world.store, text)
    kinds = ("page", "user") if call.host == "facebook" else ("instagram",)
    if found is None or found.kind not in kinds:
        raise graph_errors.unreadable_token()
    if found.dead is not None:
        raise graph_errors.dead_token(found.dead)
    proof = call.params.get("appsecret_proof")
    if proof is not None:
        secret = world.keys.meta_app_secret if call.host == "facebook" else world.keys.instagram_app_secret
        right = hmac.new(secret.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right, proof.encode("ascii", "replace").decode()):
            raise GraphError(100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException")
    for name in _opened_names(world, found) if misbehaviour.current(world.store) else ():
        if order := misbehaviour.take(world, "revoke_token", name):
            raise graph_errors.dead_token(order.subcode)
        if misbehaviour.take(world, "lost_location", name):
            raise graph_errors.dead_token(tokens.ROLE_LOST)
    return found


def _opened_names(world: World, token: Token) -> list[str]:
    with world.store.transaction() as db:
        rows = db.execute(
            "SELECT a.external_id FROM accounts a JOIN grants g ON g.account_id = a.id WHERE g.token = ?",
            (token.token,),
        ).fetchall()
    return [row["external_id"] for row in rows]


def _use_of(node: Node, edge: str | None) -> str:
    """The use that counts the call: conversations and messages of Messenger are not the Page's."""
    if node.account is not None and node.account.platform == "instagram":
        return "instagram"
    talks = node.type in ("UnifiedThread", "Message", "Person") or edge in ("conversations", "messages")
    return "messenger" if talks else "pages"


def _count_call(world: World, call: Call, account: Account | None, use: str = "pages") -> dict[str, str]:
    """Usage headers that climb with every call; over an allowance set on the account the call is refused."""
    now = world.now()
    app_percent = 100 * world.usage.count("app", now) // APP_CALLS_PER_HOUR
    headers = {
        "x-app-usage": json.dumps({"call_count": app_percent, "total_cputime": app_percent, "total_time": app_percent})
    }
    if account is None:
        return headers
    percent = 100 * world.usage.count(account.external_id, now) // world.allowance(account)
    over = percent > 100 and bool(account.facts.get("calls_per_hour"))
    if (order := misbehaviour.take(world, "usage", account.external_id)) is not None:
        percent = order.percent
    headers["x-business-use-case-usage"] = _business_usage(account, use, percent, 60 if over else 0)
    if over:
        error = graph_errors.throttled(use)
        error.extra_headers.update(headers)
        raise error
    return headers


def _business_usage(account: Account, kind: str, percent: int, minutes: int) -> str:
    use = {
        "type": kind,
        "call_count": percent,
        "total_cputime": percent // 4,
        "total_time": percent // 4,
        "estimated_time_to_regain_access": minutes,
    }
    return json.dumps({account.external_id: [use]})


def _refuse_or_break(world: World, call: Call, account: Account | None, use: str) -> Answer | None:
    """Misbehaviour in which nothing is done: raises its GraphError, or is the broken gateway's answer."""
    whose = account.external_id if account else None
    if misbehaviour.take(world, "app_throttle", None, is_write=call.is_write):
        raise graph_errors.application_throttled()
    order = misbehaviour.take(world, "throttle", whose, is_write=call.is_write)
    if account is not None and order is not None:
        error = graph_errors.throttled(use)
        error.extra_headers["x-business-use-case-usage"] = _business_usage(account, use, 100, order.minutes)
        raise error
    if misbehaviour.take(world, "server_error", whose, is_write=call.is_write):
        raise graph_errors.server_fault()
    if misbehaviour.take(world, "service_unavailable_200", whose, is_write=call.is_write):
        return Answer(200, None, raw="Service Unavailable")
    if misbehaviour.take(world, "html_502", whose, is_write=call.is_write):
        return Answer(502, None, raw=HTML_502)
    return None


def _read(reader: Reader, node: Node, edge: str | None) -> Answer:
    fields = parse_fields(reader.call.params["fields"]) if "fields" in reader.call.params else None
    if edge is None:
        if node.type not in ("User", "Business"):
            graph_scopes.require(reader, node, None)
        body = graph_nodes.render(reader, node, fields)
    elif edge in graph_nodes.EDGES[node.type]:
        body = list_edge(reader, node, edge, reader.call.params, fields)
    else:
        raise graph_errors.unknown_field(edge, node.type)
    return _with_etag(reader.call, body)


def _with_etag(call: Call, body: Any) -> Answer:
    tag = '"' + hashlib.sha1(as_text(body).encode(), usedforsecurity=False).hexdigest() + '"'
    if call.headers.get("if-none-match") == tag:
        return Answer(304, None, {"etag": tag}, raw="")
    return Answer(200, body, {"etag": tag})


def _multi_get(reader: Reader, headers: dict[str, str]) -> Answer:
    ids = [each for each in reader.call.params["ids"].split(",") if each]
    if len(ids) > MAX_BATCH:
        raise graph_errors.bad_parameter(f"Too many IDs. Maximum: {MAX_BATCH}. Provided: {len(ids)}")
    fields = parse_fields(reader.call.params["fields"]) if "fields" in reader.call.params else None
    body = {}
    for each in ids:
        node = reader.resolve(each)
        headers.update(_count_call(reader.world, reader.call, node.account))
        graph_scopes.require(reader, node, None)
        body[each] = graph_nodes.render(reader, node, fields)
    done = _with_etag(reader.call, body)
    done.headers.update(headers)
    return done


class _AcceptedNevertheless(GraphError):
    """An error although the write was applied: the ledger has its line already."""


def _write(reader: Reader, node: Node, edge: str | None) -> Answer:
    """Apply and write down in one transaction, and only then think about the answer."""
    world, call = reader.world, reader.call
    whose = node.account.external_id if node.account else None
    with world.store.transaction():
        written = graph_writes.perform(reader, node, edge)
        body = dict(written.body)
        if written.made is not None and "fields" in call.params:
            body.update(graph_nodes.render(reader, reader.node_of(written.made), parse_fields(call.params["fields"])))
        lost = misbehaviour.take(world, "lose_answer_after_accepting", whose, is_write=True)
        if lost is None and call.in_batch:
            lost = misbehaviour.take(world, "null_batch_slots", whose, is_write=True)
        failed = None if lost else misbehaviour.take(world, "error_after_accepting", whose, is_write=True)
        _note(
            world,
            call,
            reader,
            node,
            edge,
            outcome="applied" if written.is_applied else "ignored",
            answered="lost" if lost else "error" if failed else "sent",
            status=None if lost else 500 if failed else 200,
            text=written.text,
            **written.facts,
            result_id=written.made.external_id if written.made else None,
        )
    if misbehaviour.take(world, "webhook_first", whose, is_write=True):
        world.deliveries.send_now()
    if failed:
        raise _AcceptedNevertheless(2, "An unexpected error has occurred. Please retry your request later.", status=500)
    return Answer(200, body, lost=lost is not None)


def _note(
    world: World, call: Call, reader: Reader | None, node: Node | None, edge: str | None, *, outcome: str, **facts: Any
) -> None:
    """The ledger's line for a write; reads leave none."""
    if not call.is_write:
        return
    account = node.account if node else None
    facts.setdefault("answered", "sent")
    is_message = edge == "messages"
    facts.setdefault("text", graph_messages.text_of(call.params) if is_message else call.params.get("message"))
    ledger.write_down(
        world.store,
        request_id=call.request_id,
        platform=account.platform if account else call.host,
        account=account.external_id if account else "",
        action=graph_writes.action_of(reader, node, edge) if reader and node else call.method.lower(),
        target=node.id if node else call.path.split("/")[0],
        outcome=outcome,
        method=call.method,
        path=f"/{call.host}/{call.version}/{call.path}",
        token=tokens.fingerprint(call.params.get("access_token", "")),
        token_kind=reader.token.kind if reader else None,
        in_batch=call.in_batch,
        **facts,
    )
