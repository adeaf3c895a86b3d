"""The Graph's front door: versions, batches, and the JSON that goes out."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, Request, Response, request

from agency.sandbox import graph_login
from agency.sandbox.graph import MAX_BATCH, caller, refusal, serving_version, single
from agency.sandbox.graph_errors import GraphError, bad_parameter
from agency.sandbox.graph_json import as_text
from agency.sandbox.graph_reader import Call
from agency.sandbox.wire import Answer, base_url, bearer, new_request_id, read_parameters, send
from agency.sandbox.world import World

VERSION = re.compile(r"^v\d+\.\d+$")
METHODS = ("GET", "POST", "DELETE", "PUT")


def blueprint(world: World) -> Blueprint:
    doors = Blueprint("graph", __name__)

    def facebook(path: str = "") -> Response:
        return _serve(world, "facebook", path, request)

    def instagram(path: str = "") -> Response:
        return _serve(world, "instagram", path, request)

    for host, view in (("facebook", facebook), ("instagram", instagram)):
        for rule in (f"/{host}/", f"/{host}/<path:path>"):
            doors.add_url_rule(rule, view_func=view, methods=list(METHODS))
    return doors


def _serve(world: World, host: str, path: str, incoming: Request) -> Response:
    first, _, rest = path.partition("/")
    asked, rest = (first, rest) if VERSION.match(first) else (None, path)
    version = serving_version(asked)
    params = read_parameters(incoming)
    if token := bearer(incoming):
        params.setdefault("access_token", token)
    call = Call(
        host=host,
        method=_method(incoming.method, params),
        version=version,
        path=rest.strip("/"),
        params=params,
        headers={name.lower(): value for name, value in incoming.headers.items()},
        base_url=f"{base_url()}/{host}",
        request_id=new_request_id(),
    )
    done = answer(world, call)
    payload = done.raw if done.raw is not None else as_text(done.body)
    is_json = done.raw is None or done.status == 304
    response = send(done, payload.encode(), "text/javascript; charset=UTF-8" if is_json else "text/html; charset=utf-8")
    response.headers.setdefault("facebook-api-version", version)
    response.headers["x-fb-request-id"] = call.request_id
    response.headers["x-sandbox-request-id"] = call.request_id
    return response


def _method(method: str, params: dict[str, str]) -> str:
    """`?method=delete` on a POST is a DELETE."""
    wished = params.get("method", "").upper()
    return wished if method == "POST" and wished in METHODS and "batch" not in params else method


def answer(world: World, call: Call) -> Answer:
    """One call from outside: signing in, a batch, or a node."""
    try:
        if (signed_in := graph_login.answer(world, call)) is not None:
            return signed_in
        if "batch" in call.params and call.method == "POST" and not call.path:
            return _batch(world, call)
    except GraphError as error:
        return refusal(error, {})
    return single(world, call)


def _batch(world: World, call: Call) -> Answer:
    try:
        items = json.loads(call.params["batch"])
    except ValueError:
        raise bad_parameter("Batch must be a JSON array of objects") from None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise bad_parameter("Batch must be a JSON array of objects")
    if len(items) > MAX_BATCH:
        raise GraphError(100, f"Too many requests in batch message. Maximum batch size is {MAX_BATCH}")
    if call.params.get("access_token") != f"{world.keys.meta_app_id}|{world.keys.meta_app_secret}":
        caller(world, call)  # a bad outer token fails the whole batch, even where each item brings its own
    with_headers = call.params.get("include_headers", "true").lower() not in ("false", "0")
    slots: list[dict[str, Any] | None] = []
    late_seconds = 0.0
    for number, item in enumerate(items):
        done, inner = _batch_item(world, call, item, number)
        late_seconds = max(late_seconds, done.late_seconds)
        slots.append(None if done.lost else _slot(done, inner, with_headers))
    return Answer(200, slots, late_seconds=late_seconds)


def _batch_item(world: World, call: Call, item: dict[str, Any], number: int) -> tuple[Answer, Call]:
    url = urlsplit(str(item.get("relative_url", "")))
    params = dict(parse_qsl(url.query, keep_blank_values=True))
    params.update(parse_qsl(str(item.get("body") or ""), keep_blank_values=True))
    if "access_token" not in params:
        params["access_token"] = call.params["access_token"]
        if "appsecret_proof" in call.params:
            params.setdefault("appsecret_proof", call.params["appsecret_proof"])
    first, _, rest = url.path.lstrip("/").partition("/")
    versioned = VERSION.match(first) is not None
    given = item.get("headers")
    headers = given if isinstance(given, list) else []
    inner = Call(
        host=call.host,
        method=_method(str(item.get("method", "GET")).upper(), params),
        version=serving_version(first) if versioned else call.version,
        path=(rest if versioned else url.path).strip("/"),
        params=params,
        headers={
            str(one.get("name", "")).lower(): str(one.get("value", "")) for one in headers if isinstance(one, dict)
        },
        base_url=call.base_url,
        request_id=f"{call.request_id}.{number}",
        in_batch=True,
    )
    if inner.method not in METHODS:
        return refusal(bad_parameter("Unsupported method in batch"), {}), inner
    return single(world, inner), inner


def _slot(done: Answer, inner: Call, with_headers: bool) -> dict[str, Any]:
    """One finished item: its body is a string. A 304 has none."""
    text = done.raw if done.raw is not None else as_text(done.body)
    if done.cut:
        text = text[: len(text) // 2]
    slot: dict[str, Any] = {"code": done.status}
    if with_headers:
        headers = {"facebook-api-version": inner.version, "x-fb-request-id": inner.request_id, **done.headers}
        slot["headers"] = [{"name": name, "value": value} for name, value in headers.items()]
    if done.status != 304:
        slot["body"] = text
    return slot
