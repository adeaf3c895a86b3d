"""Many answers that their platforms took are written down together: what `agency.replies.settling` does to one, by so
many statements however many they are. Whatever is not plain is left to that, one by one. Flushes, never commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Text, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm.attributes import set_committed_value

from agency.inbox import outgoing
from agency.inbox.sent_together import Place, Sender, Sent, plain_places, record_together
from agency.inbox.stored_rows import as_json
from agency.replies.joins import id_list, one_of_given
from agency.replies.live_sweep import reading_begins
from agency.replies.models import Reply
from agency.replies.moves import Standing, locked_many, stand_together
from agency.replies.promises import database_now, read_many_back_later
from agency.replies.published_words import PublishedWords, words_of
from agency.replies.settling import FIRST_LOOK_SECONDS, live_state_of
from agency.replies.visibility import settle_seconds_of
from channels.items import PublishedReply, comment_key
from tenants.database import db
from tenants.kept_select import KeptSelect
from tenants.scope import current_scope, raw_sql

_ATTEMPTS = raw_sql(
    """
    update publish_attempt a set finished_at = clock_timestamp(), outcome = 'published', detail = null,
        platform_id = given.platform_id, details = jsonb_build_object('platform_request_id', given.request_id)
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(reply_id uuid, fence bigint, platform_id text,
        request_id text)
    where a.agency_id = :agency_id and a.reply_id = given.reply_id and a.fence = given.fence and a.deed = 'send'
    """,
    reason="how hundreds of attempts ended, in one statement",
)

_SENT_BY = raw_sql(
    """
    with held as (
        select id from account where agency_id = :agency_id and id = any(cast(:ids as uuid[]))
        order by id for no key update
    )
    update account set last_sent_at = :last_sent_at from held
    where account.agency_id = :agency_id and account.id = held.id
    """,
    reason="held in the order of their ids: two who settle answers of the same accounts never wait in a circle",
)

Ended = tuple[UUID, int, PublishedReply]
"""A reply, the fence it was sent with, and what its platform said."""


def settle_published(sent: Sequence[Ended]) -> set[UUID]:
    """Write down those of these sendings that are plainly published; returns their replies. The others are untouched.

    Plain is an answer that is still this sender's, whose platform gave it an id of its own, and whose conversation and
    message `agency.inbox.sent_together` can record.
    """
    by_id = {reply_id: (fence, outcome) for reply_id, fence, outcome in sent}
    held = [
        (reply, by_id[reply.id][1])
        for reply in locked_many(by_id)
        if reply.state == "publishing" and reply.fence == by_id[reply.id][0]
    ]
    plain = _plain(held)
    if plain:
        db.session.execute(_ATTEMPTS, {"agency_id": current_scope().agency_id, "rows": as_json(_ended(plain))})
        _stand(plain, "settle")
    return {one.reply.id for one in plain}


def stand_found(found: Sequence[tuple[Reply, PublishedReply]]) -> list[tuple[Reply, PublishedReply]]:
    """Publish those of these held replies, of which nothing was known, that a look found and that are plain; returns
    the others, untouched.
    """
    plain = _plain(found)
    if plain:
        _stand(plain, "reconcile")
    stands = {one.reply.id for one in plain}
    return [(reply, outcome) for reply, outcome in found if reply.id not in stands]


class _Plain(NamedTuple):
    """An answer that is recorded together with others."""

    reply: Reply
    outcome: PublishedReply
    answer: Sent
    place: Place
    words: PublishedWords


def _plain(held: Sequence[tuple[Reply, PublishedReply]]) -> list[_Plain]:
    outcomes = {
        reply.id: outcome
        for reply, outcome in held
        if reply.deed == "reply"
        and reply.replaces_text is None
        and reply.sent_at is not None
        # What went out by itself lets nobody's case go.
        and reply.acknowledges is None
    }
    named = named_anew([(reply, outcome.platform_id) for reply, outcome in held if reply.id in outcomes])
    if not named:
        return []
    words = words_of([reply.id for reply in named])
    answers = answers_of([(reply, outcomes[reply.id]) for reply in named], words)
    places = plain_places(named[0].agency_id, list(answers.values()))
    return [
        _Plain(reply, outcomes[reply.id], answers[reply.id], places[reply.id], words[reply.id])
        for reply in named
        if reply.id in places
    ]


_OF_ACCOUNTS: Final = one_of_given(Reply.account_id, "account_ids")
_SAME_NAMES: Final = KeptSelect(
    select(Reply.account_id, Reply.platform_id).where(
        _OF_ACCOUNTS, Reply.platform_id == any_(bindparam("names", type_=ARRAY(Text)))
    )
)
_BESIDE: Final = KeptSelect(
    select(Reply.conversation_id, Reply.platform_id).where(
        _OF_ACCOUNTS, one_of_given(Reply.conversation_id, "case_ids"), Reply.platform_id.is_not(None)
    )
)


def named_anew(named: Sequence[tuple[Reply, str]]) -> list[Reply]:
    """Those whose id no other reply of ours has, nor another of these: `settling.taken_by_another`, of many."""
    asked = [(reply, name) for reply, name in named if reply.platform != "google_business"]
    names: dict[tuple[UUID, str], int] = {}
    for reply, name in asked:
        for key in {name, comment_key(name)}:
            names[reply.account_id, key] = names.get((reply.account_id, key), 0) + 1
    taken: set[tuple[UUID, str]] = {key for key, count in names.items() if count > 1}
    beside: set[tuple[UUID, str]] = set()
    if asked:
        accounts = {"account_ids": id_list({reply.account_id for reply, _name in asked})}
        taken |= set(_SAME_NAMES.rows({**accounts, "names": [name for _reply, name in asked]}))
        cases = id_list({reply.conversation_id for reply, _name in asked})
        beside = {(case_id, comment_key(name)) for case_id, name in _BESIDE.rows({**accounts, "case_ids": cases})}
    return [
        reply
        for reply, name in named
        if reply.platform == "google_business"
        or (
            (reply.account_id, name) not in taken
            and (reply.account_id, comment_key(name)) not in taken
            and (reply.conversation_id, comment_key(name)) not in beside
        )
    ]


def answers_of(named: Sequence[tuple[Reply, PublishedReply]], words: Mapping[UUID, PublishedWords]) -> dict[UUID, Sent]:
    """By reply, the answers as they stand there, with their words."""
    answers: dict[UUID, Sent] = {}
    for reply, outcome in named:
        account = Sender(reply.account_id, reply.brand_id, reply.platform, words[reply.id].account_name)
        private = reply.private and reply.kind != "message"
        assert reply.sent_at is not None
        answers[reply.id] = Sent(
            account,
            reply.conversation_id,
            reply.id,
            outcome.platform_id,
            outgoing.message_id(account, outcome.platform_id, reply.in_reply_to_external_id, private=private),
            reply.in_reply_to_external_id,
            words[reply.id].text,
            reply.sent_at,
            None if outcome.state == "published" else outcome.state,
        )
    return answers


def _ended(plain: Sequence[_Plain]) -> list[dict[str, Any]]:
    return [
        {
            "reply_id": one.reply.id,
            "fence": one.reply.fence,
            "platform_id": one.outcome.platform_id,
            "request_id": one.outcome.request_id,
        }
        for one in plain
    ]


def _stand(plain: Sequence[_Plain], name: str) -> None:
    agency_id, now = plain[0].reply.agency_id, database_now()
    for reply, outcome, _answer, _place, _words in plain:
        set_committed_value(reply, "platform_id", outcome.platform_id)
        set_committed_value(reply, "published_at", reply.sent_at)
        set_committed_value(reply, "live_state", live_state_of(reply, outcome.state))
        set_committed_value(reply, "live_due_at", reading_begins(reply, now))
    words = {one.reply.id: one.words for one in plain}
    stand_together([Standing(one.reply, {"platform_id": one.reply.platform_id}) for one in plain], name, words)
    record_together(agency_id, [(one.answer, one.place) for one in plain])
    given = {
        "agency_id": agency_id,
        "ids": id_list({one.reply.account_id for one in plain}),
        "last_sent_at": max(one.answer.written_at for one in plain),
    }
    db.session.execute(_SENT_BY, given)
    settles = settle_seconds_of({one.reply.platform for one in plain})
    read_many_back_later([(one.reply, min(FIRST_LOOK_SECONDS, settles[one.reply.platform])) for one in plain], now)
