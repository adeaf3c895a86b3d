"""The API over HTTP: who calls, faults on command, idempotency, one call, its answer."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, request

from agency.sandbox.stripe import (  # noqa: F401  (each file puts its calls into the table)
    calls,
    catalogue,
    checkout,
    clocks,
    customers,
    invoice_calls,
    meters,
    subscriptions,
    told,
)
from agency.sandbox.stripe.calls import Call, Listed
from agency.sandbox.stripe.errors import StripeError, missing, not_modelled
from agency.sandbox.stripe.merchant import API_VERSION, Merchant, Obj
from agency.sandbox.stripe.shapes import as_list, shown
from agency.sandbox.stripe.world import StripeWorld, go_on, thin
from agency.sandbox.wire import cut_connection, new_request_id

PREFIX = "/stripe"
IDEMPOTENCY_SECONDS = 24 * 3600
LONGEST_KEY = 255


@dataclass
class Fault:
    """What the next calls meet. `kind`: a status to answer with, or `reset`. `after`: the call has worked then."""

    kind: str
    times: int = 1
    path: str = ""
    method: str = ""
    after: bool = False
    delay_seconds: float = 0.0

    def fits(self, method: str, path: str) -> bool:
        return self.times > 0 and self.method in ("", method) and path.startswith(self.path)


@dataclass
class Tries:
    """Faults of a merchant that wait, and idempotency keys that are at work this moment."""

    faults: list[Fault] = field(default_factory=list)
    at_work: set[str] = field(default_factory=set)


class Api:
    def __init__(self, world: StripeWorld) -> None:
        self.world = world
        self._tries: dict[str, Tries] = {}

    def tries(self, merchant: Merchant) -> Tries:
        return self._tries.setdefault(merchant.name, Tries())

    def answer(self, path: str) -> Response:
        request_id = f"req_{new_request_id()}"
        key = request.headers.get("Idempotency-Key")
        headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION}
        if key:
            headers["Idempotency-Key"] = key
        try:
            merchant = self.world.of_key(self._secret())
        except StripeError as error:
            return self._sent(error.status, error.body(), headers)
        merchant.base_url = request.host_url.rstrip("/") + PREFIX
        noted: Obj = {"method": request.method, "path": path, "key": key, "replayed": False, "body": self._text()}
        self.world.note(merchant, noted)
        fault = next((one for one in self.tries(merchant).faults if one.fits(request.method, path)), None)
        if fault is not None:
            fault.times -= 1
            if not fault.after:
                return self._broken(fault, headers)
        try:
            status, body, replayed = self._once(merchant, path, key, request_id)
        except StripeError as error:
            status, body, replayed = error.status, error.body(), False
        if replayed:
            headers["Idempotent-Replayed"], noted["replayed"] = "true", True
        noted["status"] = status
        if fault is not None:
            return self._broken(fault, headers)
        return self._sent(status, body, headers)

    def _secret(self) -> str:
        given = request.authorization
        secret = "" if given is None else (given.token or given.username or "")
        if not secret:
            raise StripeError(401, "You did not provide an API key.")
        return secret

    def _text(self) -> str:
        text = request.query_string.decode() if request.method in ("GET", "DELETE") else ""
        return text or request.get_data(as_text=True)

    def _broken(self, fault: Fault, headers: dict[str, str]) -> Response:
        if fault.delay_seconds:
            time.sleep(fault.delay_seconds)
        if fault.kind == "reset":
            cut_connection()
            return Response(status=500)
        status = int(fault.kind)
        kind = "rate_limit" if status == 429 else "api_error"
        code = "rate_limit" if status == 429 else None
        error = StripeError(status, "The stand-in was told to answer so.", kind=kind, code=code)
        return self._sent(status, error.body(), headers)

    def _sent(self, status: int, body: Any, headers: dict[str, str]) -> Response:
        return Response(json.dumps(body), status=status, headers=headers, content_type="application/json")

    def _once(self, merchant: Merchant, path: str, key: str | None, request_id: str) -> tuple[int, Obj, bool]:
        """The answer, the same one for the same key; raises StripeError for what is not kept."""
        if request.method != "POST" or not key:
            return *self._work(merchant, path, key, request_id), False
        if len(key) > LONGEST_KEY:
            raise StripeError(400, "An idempotency key has up to 255 characters.", kind="idempotency_error")
        at_work = self.tries(merchant).at_work
        with merchant.lock:
            print_ = [request.method, path, sorted(_flat(calls.form(self._text())))]
            known = merchant.objects.get("idempotency", {}).get(key)
            if known is not None and known["at"] > time.time() - IDEMPOTENCY_SECONDS:
                if known["print"] != json.loads(json.dumps(print_)):
                    raise StripeError(
                        400,
                        "Keys for idempotent requests can only be used with the same parameters they were first used"
                        f" with. Try using a key other than '{key}' if you meant to execute a different request.",
                        kind="idempotency_error",
                    )
                return known["status"], known["body"], True
            if key in at_work:
                raise StripeError(
                    409,
                    f"There is currently another in-progress request using this idempotency key ({key}).",
                    kind="idempotency_error",
                    code="idempotency_key_in_use",
                )
            at_work.add(key)
        try:
            try:
                status, body = self._work(merchant, path, key, request_id)
            except StripeError as error:
                if not error.is_stored:
                    raise
                status, body = error.status, error.body()
            with merchant.transaction():
                kept = {"at": time.time(), "print": print_, "status": status, "body": body}
                merchant.mark("idempotency", key, kept)
            return status, body, False
        finally:
            at_work.discard(key)

    def _work(self, merchant: Merchant, path: str, key: str | None, request_id: str) -> tuple[int, Obj]:
        version = request.headers.get("Stripe-Version", API_VERSION)
        if version != API_VERSION:
            raise not_modelled(f"API version {version}; it speaks {API_VERSION}", "Stripe-Version")
        with merchant.lock:
            go_on(merchant)
            if path.startswith("/v2/"):
                return 200, _thin_event(merchant, path)
            found, ids = calls.TABLE.find(request.method, path)
            given = calls.read(found, calls.form(self._text()))
            merchant.request = (request_id, key)
            try:
                with merchant.transaction():
                    return 200, _called(merchant, found, given, ids)
            finally:
                merchant.request = (None, None)


def _called(merchant: Merchant, found: Call, given: Obj, ids: tuple[str, ...]) -> Obj:
    expand = given.get("expand")
    made = found.work(merchant, given, *ids)
    if isinstance(made, Listed):
        data, has_more = calls.page(merchant, made, given)
        return shown(merchant, as_list(made.url, data, has_more), expand)
    return shown(merchant, made, expand)


def _thin_event(merchant: Merchant, path: str) -> Obj:
    id_ = path.rpartition("/")[2]
    if path != f"/v2/core/events/{id_}":
        raise missing("path", path)
    return thin(merchant.get("v2.core.event", id_))


def _flat(value: Any, name: str = "") -> list[str]:
    if isinstance(value, dict):
        return [part for key, inner in value.items() for part in _flat(inner, f"{name}[{key}]")]
    return [f"{name}={value}"]


def blueprint(world: StripeWorld, api: Api | None = None) -> Blueprint:
    doors = Blueprint("stripe", __name__, url_prefix=PREFIX)
    api = api or Api(world)

    @doors.route("/v1/<path:rest>", methods=["GET", "POST", "DELETE"])
    def first(rest: str) -> Response:
        return api.answer(f"/v1/{rest}")

    @doors.route("/v2/<path:rest>", methods=["GET"])
    def second(rest: str) -> Response:
        return api.answer(f"/v2/{rest}")

    return doors
