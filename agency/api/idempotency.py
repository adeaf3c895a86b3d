"""Idempotency-Key: the first answer to a POST is kept with the work it answered and given again to its repeats.

The record is claimed in the same transaction as the work: a request that fails leaves neither. A key belongs to one
person; it is forgotten after a day.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Response, g, request
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from agency.api.bearer import caller
from agency.api.error_shape import Problem
from agency.api.strict_json import read_body
from tenants import clock
from tenants.data_keys import vault_of_app
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.models import IdempotencyRecord
from tenants.permissions import Actor
from tenants.scope import Scope
from tenants.sealed import Place

LONGEST_KEY = 255
REMEMBERED = timedelta(hours=24)
FORGOTTEN_AT_ONCE = 100
"""Old records removed by the way with each new one, so that the table stays as small as a day's work."""
REPLAYED_HEADER = "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def once(work: Callable[[], Response]) -> Response:
    """The answer of `work`, or the first one given to this key.

    Raises Problem 400 for a key that cannot be one, Invalid `idempotency_key_reused` when the same key came with
    another request, Conflict `idempotency_key_in_use` while the first is still running.
    """
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None:
        return work()
    if not _KEY.fullmatch(key):
        raise Problem(
            400,
            code="idempotency_key_invalid",
            detail=f"An Idempotency-Key is 1 to {LONGEST_KEY} visible ASCII characters. Nothing was changed. "
            "Send another key, such as a random UUID.",
        )
    actor, digest = caller(), _digest()
    if not _held_alone(actor, key):
        raise Conflict(
            "The first request with this Idempotency-Key is still running. It is not done twice. "
            "Send yours again in a moment to get its answer.",
            code="idempotency_key_in_use",
            retry_after_seconds=1,
        )
    if not _claim(actor, key, digest):
        return _first_answer(actor, key, digest)
    response = work()
    if response.status_code < 400:
        _keep(actor, key, response)
    return response


def _digest() -> bytes:
    """What makes two requests the same: the route and the value of the body, not its white space."""
    body = json.dumps(read_body(), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256("\n".join((request.method, request.full_path, body)).encode()).digest()


def _held_alone(actor: Actor, key: str) -> bool:
    name = f"idempotency {actor.agency_id} {actor.user_id} {key}"
    return bool(db.session.execute(select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0)))).scalar())


def _claim(actor: Actor, key: str, digest: bytes) -> bool:
    """Make the record, or take over one that is older than a day; False where a younger one stands."""
    is_old = IdempotencyRecord.created_at < func.statement_timestamp() - REMEMBERED
    old_ids = (
        select(IdempotencyRecord.id)
        .where(IdempotencyRecord.id < _first_id_of(clock.now() - REMEMBERED), is_old, IdempotencyRecord.key != key)
        .limit(FORGOTTEN_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    db.session.execute(
        delete(IdempotencyRecord).where(IdempotencyRecord.id.in_(old_ids)).execution_options(synchronize_session=False)
    )
    record = insert(IdempotencyRecord).values(
        agency_id=actor.agency_id, id=new_id(), person_id=actor.user_id, key=key, request_hash=digest
    )
    claimed = db.session.execute(
        record.on_conflict_do_update(
            index_elements=["agency_id", "person_id", "key"],
            set_={
                "id": record.excluded.id,
                "request_hash": record.excluded.request_hash,
                "created_at": func.statement_timestamp(),
                "http_status": None,
                "answer": None,
            },
            where=is_old,
        ).returning(IdempotencyRecord.id)
    )
    return claimed.first() is not None


def _first_id_of(moment: datetime) -> UUID:
    """Ids grow with time (UUID version 7), so the oldest records are the left edge of the primary key."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _first_answer(actor: Actor, key: str, digest: bytes) -> Response:
    first = db.session.execute(
        select(IdempotencyRecord.request_hash, IdempotencyRecord.http_status, IdempotencyRecord.answer).where(
            IdempotencyRecord.person_id == actor.user_id, IdempotencyRecord.key == key
        )
    ).one()
    if first.request_hash != digest:
        raise Invalid(
            "This Idempotency-Key came with another request before. Nothing was changed. Use a new key for new work.",
            code="idempotency_key_reused",
            errors={"Idempotency-Key": ["was used for another request"]},
        )
    answer: dict[str, Any] = first.answer
    if not _covers(actor.scope, answer["brand_ids"]):
        raise NotFound()
    body = answer["body"]
    if answer.get("is_sealed"):
        body = vault_of_app().open(base64.b64decode(body), _place(actor)).reveal()
    response = Response(body, status=first.http_status, content_type=answer["content_type"])
    response.headers[REPLAYED_HEADER] = "true"
    return response


def _covers(scope: Scope, brand_ids: list[str] | None) -> bool:
    """Whether whoever repeats may see all that whoever asked first might have seen."""
    if scope.brand_ids is None:
        return True
    return brand_ids is not None and set(brand_ids) <= {str(brand_id) for brand_id in scope.brand_ids}


def keep_sealed() -> None:
    """This request's answer holds a secret: where it is kept for repeats, it is kept sealed."""
    g.answer_is_secret = True


def _place(actor: Actor) -> Place:
    return Place("api", "api", "idempotency_record", actor.user_id, "answer")


def _keep(actor: Actor, key: str, response: Response) -> None:
    brand_ids = None if actor.brand_ids is None else sorted(map(str, actor.brand_ids))
    body, is_sealed = response.get_data(as_text=True), g.get("answer_is_secret", False)
    if is_sealed:
        body = base64.b64encode(vault_of_app().seal(body, _place(actor))).decode()
    answer = {"body": body, "content_type": response.content_type, "brand_ids": brand_ids, "is_sealed": is_sealed}
    db.session.execute(
        update(IdempotencyRecord)
        .where(IdempotencyRecord.person_id == actor.user_id, IdempotencyRecord.key == key)
        .values(http_status=response.status_code, answer=answer)
        .execution_options(synchronize_session=False)
    )
