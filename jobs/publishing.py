"""Sending replies and finding out what became of them: thin jobs over `agency.replies`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from flask import Flask

from agency.inbox import moderation
from agency.replies import echoes, lapsing, live_changes, looking, publishing
from channels.budgets import Lane
from jobs.runner import Sender, budgets_of_app, tally_of_app, transport_of
from tenants.errors import NotFound
from tenants.scope import Scope, in_scope


def _scope(agency_id: str, brand_id: str) -> Scope:
    return Scope(UUID(agency_id), frozenset({UUID(brand_id)}))


def _sender(app: Flask) -> Sender:
    return Sender(transport_of(app), tally_of_app(app))


def publish_reply(app: Flask, agency_id: str, brand_id: str, reply_id: str) -> None:
    """Send one approved reply, once."""
    if not publish_replies(app, [{"agency_id": agency_id, "brand_id": brand_id, "reply_id": reply_id}]):
        raise NotFound()


def publish_replies(app: Flask, each: Sequence[Mapping[str, str]]) -> set[int]:
    """Send approved replies of one agency, each once; returns the places of those that were looked at."""
    scope = Scope(UUID(each[0]["agency_id"]), frozenset(UUID(ids["brand_id"]) for ids in each))
    wanted, room = [UUID(ids["reply_id"]) for ids in each], partial(budgets_of_app(app).ask, "sending")
    states = publishing.publish_many(app, scope, wanted, _sender(app), room=room)
    return {place for place, ids in enumerate(each) if UUID(ids["reply_id"]) in states}


def reconcile_reply(app: Flask, agency_id: str, brand_id: str, reply_id: str) -> None:
    """Look on the platform for a reply of which nobody knows what became."""
    if not reconcile_replies(app, [{"agency_id": agency_id, "brand_id": brand_id, "reply_id": reply_id}]):
        raise NotFound()


def reconcile_replies(app: Flask, each: Sequence[Mapping[str, str]]) -> set[int]:
    """The same for replies of one agency; returns the places of those that were looked at."""
    return _look_for(app, each, "looks")


def read_back_reply(app: Flask, agency_id: str, brand_id: str, reply_id: str) -> None:
    """Look on the platform whether a published reply is seen there."""
    if not read_back_replies(app, [{"agency_id": agency_id, "brand_id": brand_id, "reply_id": reply_id}]):
        raise NotFound()


def read_back_replies(app: Flask, each: Sequence[Mapping[str, str]]) -> set[int]:
    """The same for replies of one agency; returns the places of those that were looked at, or promised for later."""
    return _look_for(app, each, "proofs")


def _look_for(app: Flask, each: Sequence[Mapping[str, str]], lane: Lane) -> set[int]:
    scope = Scope(UUID(each[0]["agency_id"]), frozenset(UUID(ids["brand_id"]) for ids in each))
    wanted = [UUID(ids["reply_id"]) for ids in each]
    states = looking.look_many(app, scope, wanted, transport_of(app), lane=lane, budgets=budgets_of_app(app))
    return {place for place, reply_id in enumerate(wanted) if reply_id in states}


def do_deed(app: Flask, agency_id: str, brand_id: str, deed_id: str) -> None:
    """Hide, show, like, unlike, delete or block, as somebody asked."""
    moderation.perform(app, _scope(agency_id, brand_id), UUID(deed_id), transport_of(app))


def recheck_waiting_replies(app: Flask, agency_id: str, brand_id: str, conversation_id: str) -> None:
    """Let approvals lapse whose message was changed or deleted; settle what is unknown by what came in of ours."""
    with in_scope(app, _scope(agency_id, brand_id)):
        echoes.take_note(UUID(conversation_id))
        lapsing.recheck_conversation(UUID(conversation_id))


def compare_answers(app: Flask, agency_id: str, brand_id: str, conversation_id: str, seen_by: str) -> None:
    """Hold answers of ours against what a poll or an event brought of them."""
    with in_scope(app, _scope(agency_id, brand_id)):
        live_changes.compare_conversation(UUID(conversation_id), seen_by)
