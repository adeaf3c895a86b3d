"""The receipt of one reply: who wrote, checked, approved and sent what, and whether it stands. It prints."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, make_response, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import and_, select
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.models import Message
from agency.replies import desk, queries
from agency.replies.afterwards import Afterwards, afterwards_of
from agency.replies.approval_requests import requests_of
from agency.replies.giving import given_with
from agency.replies.models import NOT_LEFT, Approval, PublishAttempt, Reply, ReplyText
from agency.replies.signed_receipt import keys_file, signed_receipt
from agency.web import clocks
from agency.web.contexts import ReceiptPage
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, StateLook, brand_look
from agency.web.receipt_after import live_looks
from agency.web.receipt_chain import chain_of
from agency.web.receipt_proof import door_facts, key_id, record_looks
from agency.web.reply_looks import answer_words, platform_word
from agency.web.shell import render_page, toast
from agency.web.state_looks import reply_states, unknown_state
from agency.web.who import actor_of_request
from channels.models import Account
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.models import Brand
from tenants.permissions import Actor, Permission
from tenants.signing_keys import public_keys

receipts = Blueprint("receipts", __name__)


@receipts.get("/replies/<reply_id>/receipt")
def receipt(reply_id: str) -> Response:
    """The whole chain of one reply."""
    return _answer(_id(reply_id), 200)


@receipts.get("/replies/<reply_id>/receipt.json")
def signed(reply_id: str) -> Response:
    """The receipt as a signed file, which anybody can check without us."""
    return file_of(actor_of_request(), _id(reply_id))


def file_of(actor: Actor, reply_id: UUID) -> Response:
    """The signed file, to be kept. Raises NotFound, Forbidden."""
    answer = Response(signed_receipt(actor, reply_id), mimetype="application/json")
    answer.headers.set("Content-Disposition", "attachment", filename=f"receipt-{reply_id}.json")
    return answer


@receipts.get("/.well-known/onbrand-receipt-keys.json")
def keys() -> Response:
    """The public keys that receipts of this installation were ever signed with, for anybody."""
    return Response(keys_file(settings_of_app().base_url, public_keys()), mimetype="application/json")


@receipts.post("/replies/<reply_id>/resolve")
def resolve(reply_id: str) -> AnyResponse:
    """A lead says what became of a send that no machine can tell."""
    wanted, form = _id(reply_id), request.form
    platform_id = form.get("platform_id", "").strip()[:300].replace("\x00", "") or None
    try:
        desk.resolve(actor_of_request(), wanted, form.get("outcome", ""), form.get("reason", ""), platform_id)
    except Invalid as error:
        db.session.rollback()
        return _answer(wanted, error.http_status, values=form.to_dict(), errors=_errors(error))
    except Conflict:
        db.session.rollback()
        toast(_("This was settled meanwhile. Nothing was changed."), "warn")
        return redirect(url_for("receipts.receipt", reply_id=wanted), code=303)
    toast(_("Decided"))
    return redirect(url_for("receipts.receipt", reply_id=wanted), code=303)


def _errors(error: Invalid) -> dict[str, str]:
    words = {
        "reason": _("Say in a few words how you know."),
        "outcome": _("Say what became of it: published, send again or not published."),
    }
    return {field: words.get(field) or _(error.message) for field in error.fields.get("errors", {})}


def _answer(
    reply_id: UUID, status: int, *, values: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> Response:
    page = page_of(actor_of_request(), reply_id, values, errors)
    return make_response(render_page("receipt/page.html", page), status)


def page_of(
    actor: Actor, reply_id: UUID, values: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> ReceiptPage:
    """Eleven statements beside finding the person and the frame's brands, one more where a link decided."""
    found = db.session.execute(
        select(Reply, Message, Account.name, Brand.name, Brand.mark, Brand.colour)
        .join(Message, and_(Message.agency_id == Reply.agency_id, Message.id == Reply.in_reply_to_id))
        .join(Account, and_(Account.agency_id == Reply.agency_id, Account.id == Reply.account_id))
        .join(Brand, and_(Brand.agency_id == Reply.agency_id, Brand.id == Reply.brand_id))
        .where(Reply.id == reply_id)
    ).first()
    if found is None:
        raise NotFound()
    reply, message, account, *brand = found
    if reply.state in NOT_LEFT and not actor.may(Permission.REPLY_READ_DRAFT):
        raise NotFound()
    decisions = queries.decisions_of(reply_id)
    every = queries.texts_of(reply_id)
    text = next((t for t in every if t.id == reply.text_id), every[-1])
    texts = queries.texts_shown_to(actor, every, decisions, text.number)
    attempts = list(
        db.session.execute(
            select(PublishAttempt)
            .where(PublishAttempt.reply_id == reply_id)
            .order_by(PublishAttempt.created_at, PublishAttempt.id)
        ).scalars()
    )
    return _page(actor, reply, message, account, brand, text, (texts, decisions, attempts), values or {}, errors or {})


def _page(
    actor: Actor,
    reply: Reply,
    message: Message,
    account: str,
    brand: list[str],
    text: ReplyText,
    links: tuple[list[ReplyText], list[Approval], list[PublishAttempt]],
    values: dict[str, str],
    errors: dict[str, str],
) -> ReceiptPage:
    zone, locale = chosen_zone(), chosen_language()
    may_resolve = reply.state == "outcome_unknown" and actor.may(Permission.REPLY_RESOLVE)
    after = afterwards_of(reply.id, reply.conversation_id, reply.published_at)
    requests = requests_of(reply.id) if any(one.came_by == "link" for one in links[1]) else []
    words = _("A rating without words.") if message.deleted_at is None else _("Deleted by the customer.")
    return ReceiptPage(
        reply_id=str(reply.id),
        brand=brand_look(str(reply.brand_id), *brand),
        place=answer_words(reply.platform, reply.kind, private=reply.private, deed=reply.deed),
        account=account,
        customer=message.author_name or _("Somebody"),
        customer_words=(message.text if message.deleted_at is None else "") or words,
        text=text.text,
        language=message.language or "",
        text_hash=text.text_hash,
        state=reply_states().get(reply.state) or unknown_state(reply.state),
        summary=_summary(reply, links[1], after),
        chain=chain_of(
            reply,
            *links,
            queries.changes_of(reply.id) if reply.state == "published" else (),
            _took_the_place_of(reply),
            given_with(actor, reply),
            after,
            {one.id: door_facts(one, requests, actor) for one in links[1]},
        ),
        platform_id=reply.platform_id or "",
        live_state=_live(reply),
        conversation_url=_conversation_url(actor, reply),
        made_at=clocks.moment(clock.now(), zone, locale),
        file_url="" if reply.state in NOT_LEFT else url_for("receipts.signed", reply_id=reply.id),
        file_name=f"receipt-{reply.id}.json",
        keys_url=settings_of_app().base_url + url_for("receipts.keys"),
        key_id=key_id(),
        record=record_looks(reply.brand_id, reply.id),
        done_url=url_for("done_page.done") if actor.may(Permission.REPLY_APPROVE) else "",
        resolve_url=url_for("receipts.resolve", reply_id=reply.id) if may_resolve else "",
        outcomes=_outcomes(values.get("outcome", "published")) if may_resolve else (),
        values=values,
        errors=errors,
    )


def _took_the_place_of(reply: Reply) -> str:
    if reply.deed == "edit" and reply.changes_reply_id is not None:
        return queries.get_reply(reply.changes_reply_id).text
    return reply.replaces_text or ""


def _outcomes(chosen: str) -> tuple[Choice, ...]:
    words = (
        ("published", _("It is there")),
        ("approved", _("It is not there: send it again")),
        ("refused", _("It is not there and shall not be sent")),
    )
    return tuple(Choice(label, "", value=value, selected=value == chosen) for value, label in words)


def _live(reply: Reply) -> StateLook | None:
    return live_looks().get(reply.live_state or "") if reply.state == "published" else None


def _conversation_url(actor: Actor, reply: Reply) -> str:
    known: dict[str, Any] = current_app.view_functions
    if not actor.may(Permission.CONVERSATION_READ) or "conversation.page" not in known:
        return ""
    return url_for("conversation.page", conversation_id=reply.conversation_id)


def _summary(reply: Reply, decisions: list[Approval], after: Afterwards) -> str:
    """One sentence a stranger understands."""
    place, zone, locale = platform_word(reply.platform), chosen_zone(), chosen_language()

    def at(moment: Any) -> str:
        return clocks.moment(moment, zone, locale).words

    held = next((d for d in reversed(decisions) if d.voided_at is None), None)
    if reply.state == "published" and reply.published_at is not None and reply.deed == "withdraw":
        said = _("Taken back once from %(place)s, %(time)s.", place=place, time=at(reply.published_at))
        return f"{said} {reply.deed_reason or ''}".strip()
    if reply.state == "published" and reply.published_at is not None:
        said = _("Published once on %(place)s, %(time)s.", place=place, time=at(reply.published_at))
        if held is not None and held.decision == "approved":
            said += " " + _("Approved by %(name)s.", name=held.decided_by_name)
        if reply.acknowledges is not None:
            said += " " + _("Said by itself that the customer was heard, as the client signed.")
        elif held is not None and held.decision == "by_policy":
            said += " " + _("Let out as nobody answered, by version %(n)s of the policy.", n=held.policy_number)
        if held is not None and held.decision == "released":
            said += " " + _("Released by %(name)s; this brand needs no approval.", name=held.decided_by_name)
        if reply.read_back_at is not None and reply.live_state == "visible":
            said += " " + _("Still there %(time)s.", time=at(reply.read_back_at))
        elif after.changes and (look := live_looks().get(after.changes[-1].to_state)) is not None:
            said += " " + _("%(state)s, seen %(time)s.", state=look.word, time=at(after.changes[-1].created_at))
        if reply.kind == "message" or reply.private:
            said += " " + _(
                "It is a message: whether it still stands in your own inbox there is read again for a month."
            )
        return said
    since = at(reply.state_since)
    words = {
        "draft": _("Not sent. It is a draft since %(time)s.", time=since),
        "awaiting_approval": _("Not sent. It waits for the client since %(time)s.", time=since),
        "approved": _("Not sent yet. Approved %(time)s; it is published once.", time=since),
        "publishing": _("Being sent since %(time)s.", time=since),
        "declined": _("Not sent. Declined %(time)s.", time=since),
        "refused": _("Not published. %(place)s did not take it, %(time)s.", place=place, time=since),
        "outcome_unknown": _(
            "Sent, but %(place)s did not say whether it took it, %(time)s. It is not sent again before that is known.",
            place=place,
            time=since,
        ),
    }
    return words.get(reply.state, reply.state)


def _id(text: str) -> UUID:
    found = id_from(text)
    if found is None:
        raise NotFound()
    return found
