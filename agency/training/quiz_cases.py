"""What was once written and stopped, as questions: a brand's own drafts, without the numbers and names in them."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from agency.inbox.models import ERASED, Contact, Conversation, Message
from agency.replies.checks import words_kind
from agency.replies.guide_trials import newest_replies
from agency.replies.joins import CASE_OF_REPLY
from agency.replies.models import Reply, ReplyText
from styleguides.masking import MASK, masked
from styleguides.names import name_places
from styleguides.other_brands import other_brand_findings
from styleguides.quiz import Case
from styleguides.rule_kinds import CheckContext, Example
from styleguides.tokens import WORD
from styleguides.wording import fingerprint_keys
from tenants import brand_marks
from tenants.database import db

MOST_CASES: Final = 40
"""Drafts looked at for one quiz, newest first."""

_LONG_NUMBER = re.compile(r"\d{4,}")
_HANDLE = re.compile(r"(?<!\w)@\w+(?:\.\w+)*")


def cases_of(brand_id: UUID, *, but_of: UUID) -> list[Case]:
    """Drafts among the brand's last replies that a rule stopped before other words went; none that `but_of` wrote.

    One statement, one more where there are any. A draft in which another brand of the agency stands is nobody's case,
    nor is one to somebody who was erased: nobody knows the name any more that would have to go.
    """
    names = (
        select(func.array_agg(Message.author_name.distinct()))
        .where(
            Message.agency_id == Conversation.agency_id,
            Message.conversation_id == Conversation.id,
            Message.direction == "in",
        )
        .scalar_subquery()
    )
    erased = (
        select(Message.id)
        .join(Contact, and_(Contact.agency_id == Message.agency_id, Contact.id == Message.contact_id))
        .where(
            Message.agency_id == Conversation.agency_id,
            Message.conversation_id == Conversation.id,
            Contact.external_id.like(f"{ERASED}%"),
        )
        .exists()
    )
    newest = newest_replies(brand_id).subquery()
    rows = db.session.execute(
        select(
            ReplyText.id,
            ReplyText.text,
            ReplyText.author_name.label("writer_name"),
            Reply.platform,
            Reply.private,
            Reply.complaint,
            Conversation.kind,
            Conversation.stars,
            Conversation.author_name,
            Contact.name.label("contact_name"),
            names.label("names"),
        )
        .join(newest, newest.c.id == ReplyText.reply_id)
        .join(
            Reply,
            and_(
                Reply.agency_id == ReplyText.agency_id,
                Reply.id == ReplyText.reply_id,
                Reply.brand_id == ReplyText.brand_id,
            ),
        )
        .join(Conversation, CASE_OF_REPLY)
        .outerjoin(Contact, and_(Contact.agency_id == Conversation.agency_id, Contact.id == Conversation.contact_id))
        .where(
            ReplyText.brand_id == brand_id,
            ReplyText.id != Reply.text_id,
            ReplyText.author_id != but_of,
            ReplyText.by_approver.is_(False),
            or_(Contact.id.is_(None), Contact.external_id.not_like(f"{ERASED}%")),
            ~erased,
            ReplyText.findings.contains([{"level": "stop"}]),
        )
        .order_by(ReplyText.id.desc())
        .limit(MOST_CASES)
    ).all()
    cases = [
        Case(
            key=str(row.id),
            shown=Example(
                text=without_names(row.text, row.author_name, row.contact_name, row.writer_name, *(row.names or ())),
                platform=row.platform,
                kind=words_kind(row.kind, private=row.private),
                stars=row.stars,
                complaint=bool(row.complaint),
            ),
        )
        for row in rows
    ]
    return _of_no_other(brand_id, cases)


def without_names(text: str, *names: str | None) -> str:
    """The text without numbers and addresses of people, handles and these names, in any form."""
    text = _HANDLE.sub(MASK, _LONG_NUMBER.sub(MASK, masked(text)))
    for name in (word for whole in names for word in WORD.findall(whole or "")):
        if len(name) > 1:
            text = _without(text, name)
    return text


def _without(text: str, name: str) -> str:
    found = list(WORD.finditer(text))
    words = [match.group() for match in found]
    # As a name wherever it is written with a capital, and in small letters where it is the very word.
    places = {*name_places(words, name, inflected=True)}
    places |= {place for place, word in enumerate(words) if word.casefold() == name.casefold()}
    for place in sorted(places, reverse=True):
        text = text[: found[place].start()] + MASK + text[found[place].end() :]
    return text


def _of_no_other(brand_id: UUID, cases: list[Case]) -> list[Case]:
    if not cases:
        return []
    keys = frozenset().union(
        *(brand_marks.keys_in(case.shown.text) | fingerprint_keys(case.shown.text) for case in cases)
    )
    marks = brand_marks.marks_near(keys)
    return [case for case in cases if not other_brand_findings(case.shown.text, brand_id, marks, CheckContext())]
