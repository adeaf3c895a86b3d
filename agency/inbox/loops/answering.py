"""Answers to questions of a loop that come by mail: read as mails to clients are, and kept beside the case."""

from __future__ import annotations

from agency.inbox.loops import asking
from agency.inbox.loops.mails import Outcome, is_new
from agency.inbox.loops.models import LoopAsking
from agency.notices import answers
from agency.notices.telling import Thing, tell
from tenants.database import db
from tenants.errors import Conflict, Invalid
from tenants.scope import Scope, enter_scope
from tenants.tokens import RequestLink, still_works

CUT = " […]"
"""As `agency.notices.answers` marks what is longer."""


def take_mail(link: RequestLink, raw: bytes) -> Outcome:
    """Keep what the mail says as the answer, once however often it is handed over; the scope becomes its brand's.

    What a machine answers is left out. What a person wrote and we cannot read or keep is told to who asked: the
    question stays as it is. An address that was handed on while the mail was on its way takes nothing any more.
    """
    enter_scope(db.session, Scope(link.agency_id, frozenset({link.brand_id})))
    found = asking.find_asking(link.request_id, lock=True)
    if found is None or not still_works(link) or not asking.may_answer(found) or not is_new(found.id, raw):
        return "ignored"
    said = answers.read(raw)
    if said.automatic:
        return "automatic"
    if said.set_aside or not said.words.strip():
        return _unread(found)
    try:
        asking.answer(found, _cut(said.words), how="mail", files_left=said.dropped_count)
    except (Conflict, Invalid):  # more than one question may hold
        return _unread(found)
    return "noted"


def _cut(words: str) -> str:
    return words if len(words) <= asking.LONGEST_ANSWER else words[: asking.LONGEST_ANSWER - len(CUT)] + CUT


def _unread(found: LoopAsking) -> Outcome:
    tell(
        "loop_unread",
        asking.askers_of(found),
        brand_id=found.brand_id,
        subject=Thing("loop_asking", found.id, f"/inbox/{found.conversation_id}"),
        values={"by_name": found.to_name, "loop_name": found.loop_name},
    )
    return "set_aside"
