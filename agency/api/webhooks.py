"""What platforms call: webhooks, and Meta's requests about a person's data.

The signature is checked over the raw bytes before anything is read. A call about an account nobody connected is
answered 200 and leaves nothing; about a known one 200 comes only once every change is committed, each with its tenant
(`channels.raw_events`); a job makes sense of them. What cannot be made durable is answered 503, and is sent again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from flask import Blueprint, Response, current_app, request
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from agency.api.blueprint import register_error_handlers
from agency.api.error_shape import Problem
from agency.api.google_push import PushKeys, is_from_google
from agency.api.signatures import is_meta_signature, is_stripe_signature, signed_request
from agency.api.strict_json import raw_body
from agency.billing.events import customer_of
from agency.inbox.loops import answering
from agency.inbox.loops import mails as loop_mails
from agency.notices import answers, bounces
from agency.replies import mail_answers
from channels import deliveries, grants, raw_events
from channels.google_business import deliveries as google_deliveries
from channels.items import SetAside
from channels.models import DeletionRequest
from channels.wire import Unreadable, decode, identifier, whole_number
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.bell import ring_soon
from tenants.database import db, new_id
from tenants.logs import get_logger
from tenants.lone_statements import lone_statements
from tenants.models import ReceivedEvent
from tenants.outbox import JobName, enqueue_after_commit
from tenants.subscriptions import is_on
from tenants.throttle import MAIL_ANSWER
from tenants.tokens import RequestLink

DEAUTHORIZE_SOURCE = "meta_deauthorize"

log = get_logger("webhooks")
blueprint = Blueprint("api_webhooks", __name__)
register_error_handlers(blueprint)


@blueprint.get("/webhooks/meta")
def verify_meta() -> Response:
    """Meta asks whether this address is ours."""
    return _challenge()


@blueprint.get("/webhooks/instagram")
def verify_instagram() -> Response:
    """As for Meta; one verify token serves both."""
    return _challenge()


@blueprint.post("/webhooks/meta")
def receive_meta() -> Response:
    """Something happened on a Facebook page, or on an Instagram profile reached through Facebook Login."""
    return _receive_meta(settings_of_app().meta_app_secret)


@blueprint.post("/webhooks/instagram")
def receive_instagram() -> Response:
    """Something happened on an Instagram profile; either app's secret may have signed."""
    settings = settings_of_app()
    return _receive_meta(settings.meta_app_secret, settings.instagram_app_secret)


@blueprint.post("/webhooks/google")
def receive_google() -> Response:
    """Google pushed a message about a location. One that names none is noted and counted, with no word of it."""
    body, settings = raw_body(), settings_of_app()
    keys = current_app.extensions.setdefault("onbrand_google_push_keys", PushKeys(settings.google_certs_url))
    if not is_from_google(request.headers.get("Authorization", ""), keys, settings):
        raise Problem(401, code="invalid_token", headers={"WWW-Authenticate": "Bearer"})
    change = google_deliveries.cut(body)
    if isinstance(change, SetAside):
        if _remember(raw_events.UNNAMED, change.external_id or hashlib.sha256(body).hexdigest(), change.reason):
            log.warning("push_unreadable", reason=change.reason, fields=google_deliveries.field_names(body))
        db.session.commit()
    else:
        _keep([change])
    return _done()


@blueprint.post("/webhooks/stripe")
def receive_stripe() -> Response:
    """Stripe tells of an event: its id is kept, and that its customer changed. How, is asked of Stripe."""
    secrets = [secret.strip() for secret in settings_of_app().stripe_webhook_secret.split(",") if secret.strip()]
    if not secrets:
        raise Problem(404)
    body = raw_body()
    header = request.headers.get("Stripe-Signature", "")
    if not is_stripe_signature(header, body, secrets, clock.now().timestamp()):
        raise _unsigned()
    event = _object(body)
    event_id, kind = event.get("id"), event.get("type")
    if not _is_name(event_id) or not _is_name(kind):
        raise Problem(400)
    is_new = _remember("stripe", str(event_id), str(kind))
    customer = customer_of(event)
    if is_new and customer is not None and is_on():
        enqueue_after_commit(JobName.SYNC_BILLING, customer=customer)
    db.session.commit()
    return _done()


@blueprint.post("/webhooks/mail")
def receive_mail() -> Response:
    """A mail came in for the address our mails take answers at: its raw bytes; `to` in the query is the envelope's.

    The provider proves itself by the secret, as a bearer token or as the password of basic authentication.
    """
    settings = settings_of_app()
    if not settings.takes_mail:
        raise Problem(404)
    given = request.authorization
    proof = "" if given is None else (given.token or given.password or "")
    if not hmac.compare_digest(proof.encode(), settings.onbrand_inbound_mail_secret.encode()):
        raise Problem(401, code="invalid_token", headers={"WWW-Authenticate": "Bearer"})
    raw = raw_body(answers.LARGEST_BYTES)
    link = mail_answers.link_of(raw, request.args.get("to", ""))
    if link is None:
        question = loop_mails.question_of(raw, request.args.get("to", ""))
        if question is not None:
            return _answer_of_a_loop(question, raw)
        if bounces.take(answers.tokens_in(raw, request.args.get("to", "")), raw):
            db.session.commit()
            log.info("mail_came_back")
            return _outcome("bounced")
        log.info("mail_answers_nothing")
        return _outcome("ignored")
    wait_seconds = current_app.extensions["onbrand_throttle"].count((MAIL_ANSWER, str(link.id)))
    if wait_seconds is not None:
        raise Problem(429, headers={"Retry-After": str(wait_seconds)})
    outcome = mail_answers.take(link, raw)
    db.session.commit()
    log.info("mail_answer", outcome=outcome)
    return _outcome(outcome)


def _answer_of_a_loop(question: RequestLink, raw: bytes) -> Response:
    wait_seconds = current_app.extensions["onbrand_throttle"].count((MAIL_ANSWER, str(question.request_id)))
    if wait_seconds is not None:
        raise Problem(429, headers={"Retry-After": str(wait_seconds)})
    outcome = answering.take_mail(question, raw)
    db.session.commit()
    log.info("loop_answer", outcome=outcome)
    return _outcome(outcome)


@blueprint.post("/meta/deauthorize")
def deauthorize() -> Response:
    """A person took our app off their Meta account: what lived by their sign-in needs another at once."""
    family, told, digest = _signed_by_meta()
    person_id, issued_at = identifier(told.get("user_id")), whole_number(told.get("issued_at"))
    if _remember(DEAUTHORIZE_SOURCE, digest, "deauthorize") and person_id is not None:
        enqueue_after_commit(
            JobName.WITHDRAW_ACCESS,
            family=family,
            person_id=person_id,
            issued_at=issued_at if issued_at is not None else int(clock.now().timestamp()),
        )
    db.session.commit()
    return _done()


@blueprint.post("/meta/data-deletion")
def data_deletion() -> Response:
    """A person asks Meta to have their data deleted: promised to a job, answered with a code and where to follow it."""
    family, told, digest = _signed_by_meta()
    person_id, code = identifier(told.get("user_id")), digest[:32]
    known = db.session.execute(
        insert(DeletionRequest)
        .values(id=new_id(), code=code, person_hash=grants.person_hash(family, person_id or ""))
        .on_conflict_do_nothing(index_elements=["code"])
        .returning(DeletionRequest.id)
    ).first()
    if known is not None:
        enqueue_after_commit(JobName.DELETE_PERSON, code=code, family=family, person_id=person_id or "")
    db.session.commit()
    url = f"{settings_of_app().base_url}/data-deletion/{code}"
    return Response(json.dumps({"url": url, "confirmation_code": code}), content_type="application/json")


def _outcome(outcome: str) -> Response:
    return Response(json.dumps({"outcome": outcome}), content_type="application/json")


def _unsigned() -> Problem:
    return Problem(
        401,
        code="invalid_signature",
        detail="This call does not carry the signature of the platform. Nothing of it was read or kept. "
        "Sign the bytes as they are sent, with the secret this installation knows.",
    )


def _challenge() -> Response:
    token = settings_of_app().meta_webhook_verify_token.encode()
    given = request.args.get("hub.verify_token", "").encode()
    challenge = request.args.get("hub.challenge", "")
    is_ours = bool(token) and hmac.compare_digest(token, given) and request.args.get("hub.mode") == "subscribe"
    if not is_ours or not challenge or len(challenge) > 200 or not challenge.isalnum() or not challenge.isascii():
        raise Problem(403, code="verification_refused")
    return Response(challenge, content_type="text/plain; charset=utf-8")


def _receive_meta(*secrets: str) -> Response:
    body = raw_body()
    if not is_meta_signature(request.headers.get("X-Hub-Signature-256", ""), body, secrets):
        raise _unsigned()
    try:
        told = decode(body)
    except Unreadable:
        told = None
    if not isinstance(told, dict):
        raise Problem(400, code="malformed_json")
    _keep(deliveries.cut(told))
    return _done()


def _keep(changes: list[deliveries.Change]) -> None:
    """Store what is about connected accounts, each tenant's apart, and count what is nobody's.

    Raises Problem 503 when anything could not be stored: the platform sends all of it again, and what was is known.
    """
    try:
        with lone_statements() as connection:
            kept = raw_events.keep(connection, changes)
    except SQLAlchemyError as error:
        log.exception("events_not_kept")
        raise Problem(503) from error
    if kept.new:
        ring_soon()
    if kept.of_nobody:
        log.info("events_of_nobody", count=kept.of_nobody)


def _remember(source: str, external_id: str, kind: str) -> bool:
    """Note that this event came; False when it was here before."""
    noted = db.session.execute(
        insert(ReceivedEvent)
        .values(source=source, external_id=external_id, kind=kind)
        .on_conflict_do_nothing(index_elements=["source", "external_id"])
        .returning(ReceivedEvent.id)
    )
    return noted.first() is not None


def _signed_by_meta() -> tuple[str, dict[str, Any], str]:
    """Whose application signed ("meta", "instagram"), what it says, and its digest. Raises Problem 401."""
    settings = settings_of_app()
    raw_body()  # so that one that is too large is refused before it is taken apart
    value = request.form.get("signed_request", "")
    for family, secret in (("meta", settings.meta_app_secret), ("instagram", settings.instagram_app_secret)):
        told = signed_request(value, (secret,))
        if told is not None:
            return family, told, hashlib.sha256(value.encode()).hexdigest()
    raise _unsigned()


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(400, code="malformed_json") from None
    if not isinstance(value, dict):
        raise Problem(400, code="malformed_json")
    return value


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isascii() and value.isprintable()


def _done() -> Response:
    return Response("{}", content_type="application/json")
