"""What this brand answered before: to this person, and to near questions of anybody, on every platform, in every kind.

Shown as it stands by now: changed where it was changed, without words where it was taken back or is gone. Names and
personal data of other people are masked. Of one brand alone, and only answers that went out through this product, whose
receipts are here. A person is the same where the platform says so by its own id, or a link proves it
(`agency.inbox.contacts.linking`), never by guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, BindParameter, and_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from agency.inbox.case import Case
from agency.inbox.models import ERASED, Contact, Conversation, Message
from agency.replies.answered_words import hash_key
from agency.replies.models import Reply, ReplyText
from channels.models import Account
from styleguides.differing import Contrast, Told, contrasts, told_in
from styleguides.masking import MASK, masked_people
from styleguides.questions import NearQuestion, Posting, nearest, question_words, stem_number, weight
from tenants import clock
from tenants.database import db
from tenants.permissions import Permission, require
from tenants.scope import raw_sql

MOST_SHOWN: Final = 5
MOST_OF_PERSON: Final = 3
RAREST: Final = 12
"""Of a question's stems so many are looked up, the rarest first."""
MOST_COUNTED: Final = 1_000
"""A stem that stands in so many answers is common, and more are not counted."""
MOST_POSTINGS: Final = 100
"""Of each stem the newest answers that are looked at."""
_MOST_CANDIDATES: Final = 20
_MOST_CASES: Final = 20
LONGEST_QUESTION: Final = 300

Standing = Literal["stands", "changed", "taken_back", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierAnswer:
    """An answer as it stands now. `reply_id` names it, `receipt_id` the reply whose receipt shows its present words.

    `words` are those of the present customer that its question shares, as they said them; empty where it was found by
    the person alone. `question` and `text` are masked; `text` is empty where nothing stands any more. `insert` is what
    may be put into a reply: another person's name is a place to be filled there.
    """

    reply_id: UUID
    receipt_id: UUID
    conversation_id: UUID
    platform: str
    kind: str
    private: bool
    account_name: str
    answered_at: datetime
    by_name: str
    language: str
    question: str
    text: str
    insert: str
    standing: Standing
    same_person: bool
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SameAnswer:
    """Earlier answers, the nearest first, and what they, or the draft, say otherwise.

    `contrasts` name the texts by place: 0 is the draft, others the place in `answers` and one.
    """

    answers: tuple[EarlierAnswer, ...]
    draft: str
    contrasts: tuple[Contrast, ...]


class _Row(NamedTuple):
    id: UUID
    conversation_id: UUID
    deed: str
    changes_reply_id: UUID | None
    platform: str
    kind: str
    private: bool
    published_at: datetime
    by_name: str
    text: str
    shown_text: str | None
    shown_deleted_at: datetime | None
    shown_moderation: str | None
    question: str
    question_deleted_at: datetime | None
    names: tuple[str, ...]
    language: str
    account_name: str


_COUNTED = raw_sql(
    """
    select wanted.stem,
        (select count(*) from (select from answered_word w where w.agency_id = :agency_id and w.brand_id = :brand_id
            and w.stem = wanted.stem limit :most) found),
        (select count(*) from (select from reply r where r.agency_id = :agency_id and r.brand_id = :brand_id
            and r.state not in ('draft', 'dropped') limit :most) found)
    from unnest(:stems) wanted(stem)
    """,
    reason="a bounded count for each of many stems in one statement",
).bindparams(bindparam("stems", type_=ARRAY(BigInteger)))

_POSTINGS = raw_sql(
    """
    select wanted.stem, found.reply_id, found.answered_at
    from unnest(:stems) wanted(stem)
    cross join lateral (
        select w.reply_id, w.answered_at from answered_word w
        where w.agency_id = :agency_id and w.brand_id = :brand_id and w.stem = wanted.stem
        order by w.answered_at desc, w.reply_id desc limit :most
    ) found
    """,
    reason="the newest of each of many stems in one statement",
).bindparams(bindparam("stems", type_=ARRAY(BigInteger)))


def same_answer(case: Case) -> SameAnswer:
    """What stands beside the composer. Seven statements at most, each by an index. Raises NotFound, Forbidden."""
    require(case.actor, Permission.REPLY_READ, case.brand_id)
    words = words_of(case)
    answers = near_answers(case, words, with_person=True)
    draft = _draft_of(case) if any(one.words for one in answers) else ""
    told = [told_in(draft, language_of(case), words), *(told_of(one, words) for one in answers)]
    return SameAnswer(tuple(answers), draft, tuple(contrasts(told)))


def language_of(case: Case) -> str:
    """In which a case's words are read."""
    return case.language or case.brand_language


def words_of(case: Case) -> dict[str, str]:
    """Of the newest message first: what is asked now says more than what was asked before."""
    return question_words("\n".join(one.text for one in case.said if one.text), language_of(case))


def told_of(answer: EarlierAnswer, words: Mapping[str, str]) -> list[Told]:
    """The values an answer names; only what answered a near question is held against anything."""
    return told_in(answer.text, answer.language, words) if answer.words else []


def _draft_of(case: Case) -> str:
    text = db.session.execute(
        select(ReplyText.text)
        .join(Reply, and_(Reply.agency_id == ReplyText.agency_id, Reply.text_id == ReplyText.id))
        .where(Reply.conversation_id == case.id, Reply.state == "draft", Reply.deed == "reply")
        .order_by(Reply.id.desc())
        .limit(1)
    ).scalar()
    return text or ""


def near_answers(case: Case, words: Mapping[str, str], *, with_person: bool) -> list[EarlierAnswer]:
    """Answers to near questions, and to the person, in their order."""
    near, said = _near(case, words)
    of_person = _answers_to_person(case) if with_person else []
    by_id = {one.reply_id: one for one in near}
    rows = _rows_of([*by_id, *(reply_id for reply_id in of_person if reply_id not in by_id)])
    persons = frozenset(of_person)
    wanted = [
        (rows[reply_id], by_id.get(reply_id), reply_id in persons)
        for reply_id in dict.fromkeys((*by_id, *of_person))
        if reply_id in rows and rows[reply_id].conversation_id != case.id
    ]
    wanted.sort(key=lambda one: in_order(one[1], one[0].published_at, one[0].id))
    shown = [*[one for one in wanted if one[1]][:MOST_SHOWN], *[one for one in wanted if not one[1]][:MOST_OF_PERSON]]
    return [_answer(rows, row, near, said, case, same_person=same_person) for row, near, same_person in shown]


def in_order(near: NearQuestion | None, answered_at: datetime, reply_id: UUID) -> tuple[bool, float, float, UUID]:
    """Near ones by nearness, those of the person alone after them; then the newest; ties by id."""
    return near is None, -near.points if near is not None else 0.0, -answered_at.timestamp(), reply_id


def _near(case: Case, words: Mapping[str, str]) -> tuple[list[NearQuestion], dict[int, str]]:
    """Answered questions that are near, and the present customer's word for each stem."""
    key = hash_key(case.actor.agency_id, case.brand_id) if words else None
    if key is None:
        return [], {}
    said = {stem_number(stem, key): word for stem, word in words.items()}
    place = {"agency_id": case.actor.agency_id, "brand_id": case.brand_id}
    counted = db.session.execute(_COUNTED, {**place, "stems": list(said), "most": MOST_COUNTED}).all()
    known = sorted((count, stem, answers) for stem, count, answers in counted if count)[:RAREST]
    if not known:
        return [], {}
    weights = {stem: weight(answers, count) for count, stem, answers in known}
    rows = db.session.execute(_POSTINGS, {**place, "stems": list(weights), "most": MOST_POSTINGS})
    return nearest((Posting(*row) for row in rows), weights, clock.now(), _MOST_CANDIDATES), said


def _answers_to_person(case: Case) -> list[UUID]:
    """The newest answers to the same person in other cases, wherever the platform gives them the same id."""
    if case.contact_id is None:
        return []
    me, known = _ME, _KNOWN
    contacts = (
        select(known.id)
        .join(Account, and_(Account.agency_id == known.agency_id, Account.id == known.account_id))
        .join(
            me,
            and_(
                me.agency_id == known.agency_id,
                me.brand_id == known.brand_id,
                me.platform == known.platform,
                me.external_id == known.external_id,
            ),
        )
        .where(
            me.id.in_((case.contact_id, *case.linked_ids)),
            me.external_id.not_like(f"{ERASED}%"),
            known.brand_id == case.brand_id,
            Account.brand_id == case.brand_id,
            Account.platform == me.platform,
        )
    )
    cases = (
        select(Conversation.id)
        .where(Conversation.contact_id.in_(contacts), Conversation.id != case.id)
        .order_by(Conversation.last_message_at.desc())
        .limit(_MOST_CASES)
    )
    wanted = (
        select(Reply.id)
        .where(
            Reply.conversation_id.in_(cases),
            Reply.brand_id == case.brand_id,
            Reply.state == "published",
            Reply.deed == "reply",
        )
        .order_by(Reply.published_at.desc(), Reply.id.desc())
        .limit(MOST_OF_PERSON + MOST_SHOWN)
    )
    return list(db.session.execute(wanted).scalars())


_SHOWN, _ASKED, _NAMED, _ME, _KNOWN = (
    aliased(Message),
    aliased(Message),
    aliased(Reply),
    aliased(Contact),
    aliased(Contact),
)
_IDS: BindParameter[Any] = bindparam("reply_ids", expanding=True)
_CASES = select(_NAMED.conversation_id).where(_NAMED.id.in_(_IDS))
# Made once: putting so many columns of other names together costs more than running it.
_ROWS = (
    select(
        Reply.id,
        Reply.conversation_id,
        Reply.deed,
        Reply.changes_reply_id,
        Reply.platform,
        Conversation.kind,
        Reply.private,
        Reply.published_at,
        Reply.written_by_name,
        ReplyText.text,
        _SHOWN.text,
        _SHOWN.deleted_at,
        _SHOWN.moderation,
        _ASKED.text,
        _ASKED.deleted_at,
        Contact.name,
        _ASKED.author_name,
        Conversation.author_name,
        Conversation.language,
        Account.name,
    )
    .join(ReplyText, and_(ReplyText.agency_id == Reply.agency_id, ReplyText.id == Reply.text_id))
    .join(Conversation, and_(Conversation.agency_id == Reply.agency_id, Conversation.id == Reply.conversation_id))
    .join(Account, and_(Account.agency_id == Reply.agency_id, Account.id == Reply.account_id))
    .join(_ASKED, and_(_ASKED.agency_id == Reply.agency_id, _ASKED.id == Reply.in_reply_to_id))
    .outerjoin(Contact, and_(Contact.agency_id == Reply.agency_id, Contact.id == _ASKED.contact_id))
    .outerjoin(
        _SHOWN,
        and_(
            _SHOWN.agency_id == Reply.agency_id,
            _SHOWN.conversation_id == Reply.conversation_id,
            _SHOWN.reply_id == Reply.id,
        ),
    )
    .where(
        Reply.state == "published",
        or_(
            Reply.id.in_(_IDS),
            and_(Reply.conversation_id.in_(_CASES), Reply.changes_reply_id.is_not(None)),
        ),
    )
)


def _rows_of(reply_ids: Sequence[UUID]) -> dict[UUID, _Row]:
    """These replies, and what changed them or took them back: of each its words and how its message stands."""
    if not reply_ids:
        return {}
    found: dict[UUID, _Row] = {}
    for row in db.session.execute(_ROWS, {"reply_ids": list(reply_ids)}):
        *start, now, then, author_name, language, account_name = row
        names = tuple(name for name in (now, then, author_name) if name)
        found.setdefault(row[0], _Row._make((*start, names, language or "", account_name)))
    return found


def _answer(
    rows: Mapping[UUID, _Row],
    row: _Row,
    near: NearQuestion | None,
    said: Mapping[int, str],
    case: Case,
    *,
    same_person: bool,
) -> EarlierAnswer:
    last = _last(rows.values(), row)
    standing, text = _standing(row, last)
    language = row.language or case.brand_language
    question = "" if row.question_deleted_at is not None else masked_people(row.question, row.names, language)
    return EarlierAnswer(
        reply_id=row.id,
        receipt_id=last.id,
        conversation_id=row.conversation_id,
        platform=row.platform,
        kind=row.kind,
        private=row.private,
        account_name=row.account_name,
        answered_at=row.published_at,
        by_name=row.by_name,
        language=language,
        question=question if len(question) <= LONGEST_QUESTION else question[: LONGEST_QUESTION - 1] + "…",
        text=masked_people(text, () if same_person else row.names, language),
        insert=_insert(text, () if same_person else row.names, language),
        standing=standing,
        same_person=same_person,
        words=tuple(word for stem, word in said.items() if near is not None and stem in near.stems),
    )


def _insert(text: str, names: Sequence[str], language: str) -> str:
    """What may be put into a reply: every gap is a place in braces, which stops a reply until somebody filled it."""
    return masked_people(text, names, language, name="{customer_name}").replace(MASK, "{details}")


def _last(rows: Iterable[_Row], row: _Row) -> _Row:
    """The reply that says how this one stands now: each change names what it changed."""
    changes = {one.changes_reply_id: one for one in sorted(rows, key=lambda one: (one.published_at, one.id))}
    seen: set[UUID] = set()
    while row.id in changes and row.id not in seen:
        seen.add(row.id)
        row = changes[row.id]
    return row


def _standing(row: _Row, last: _Row) -> tuple[Standing, str]:
    if last.deed == "withdraw":
        return "taken_back", ""
    if last.shown_deleted_at is not None or last.shown_moderation == "rejected":
        return "gone", ""
    text = last.text if last.shown_text is None else last.shown_text
    return ("stands" if last is row and text.strip() == row.text.strip() else "changed"), text
