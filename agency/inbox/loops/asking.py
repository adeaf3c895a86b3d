"""Questions about a case in a loop: put, handed on, answered, declined, taken back. Flushes, never commits.

A case that waits for a loop is a case like any other: it may be answered, put off and closed. What somebody answers
stands beside it, whatever became of it meanwhile.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, cast, func, literal, select, update

from agency.inbox.brand_clocks import clocks_of_brands
from agency.inbox.loops.mails import send_question, take_back_mail
from agency.inbox.loops.models import FeedbackLoop, LoopAsking
from agency.inbox.loops.named import read_person
from agency.inbox.models import Conversation, Message
from agency.inbox.signs import IN_LOOP
from agency.notices.telling import Thing, colleagues, settle, tell
from styleguides.masking import masked
from tenants import audit, clock
from tenants.business_time import due_after
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.holders import holders_of
from tenants.models import Brand, Membership, Person
from tenants.permissions import Actor, Permission, require
from tenants.tokens import Purpose, end_request

LONGEST_QUESTION: Final = 2_000
LONGEST_ANSWER: Final = 8_000
LONGEST_IN_ALL: Final = 40_000
MOST_FILES: Final = 1_000
"""That are counted of those left out."""
MOST_OPEN: Final = 20
"""Of one case."""
SHOWN_CHARACTERS: Final = 4_000
SHOWS: Final = ("masked", "whole", "nothing")
"""What whoever is asked sees of the customer's newest words: without personal data, as they are, nothing of them."""
_QUIET: Final = {"synchronize_session": False}


def ask(
    actor: Actor, conversation_id: UUID, loop_id: UUID, question: str, *, to_email: str = "", shows: str = "masked"
) -> UUID:
    """Put a question to somebody of a loop, the first where no address of it is given; returns its id.

    Raises Invalid (`errors`: question, loop, shows), Conflict `archived`, `too_many` or `erased`, NotFound, Forbidden.
    """
    case = _locked_case(conversation_id)
    require(actor, Permission.CONVERSATION_WORK, case.brand_id)
    loop = db.session.scalars(
        select(FeedbackLoop).where(FeedbackLoop.id == loop_id, FeedbackLoop.brand_id == case.brand_id)
    ).one_or_none()
    if loop is None:
        raise NotFound()
    said = read_words(question, "question", LONGEST_QUESTION)
    if shows not in SHOWS:
        raise Invalid("Choose what is shown. Nothing was asked.", errors={"shows": [worded("must be one of the list")]})
    people = [one for one in loop.people if not to_email or one["email"].casefold() == to_email.casefold()]
    if not people:
        raise Invalid(
            "Nobody of this loop has that address. Nothing was asked. Choose somebody from the list.",
            errors={"loop": [worded("does not ask this address")]},
        )
    return open_asking(case, loop, people[0], said, actor=actor, by_name=actor.name, shows=shows)


def open_asking(
    case: Conversation,
    loop: FeedbackLoop,
    person: dict[str, str],
    question: str,
    *,
    actor: Actor | None,
    by_name: str,
    shows: str,
) -> UUID:
    """Put a question about this locked case; `actor` is None where a rule of the desk does."""
    brand = db.session.execute(select(Brand).where(Brand.id == case.brand_id)).scalar_one()
    if loop.archived_at is not None or brand.archived_at is not None:
        raise Conflict("This loop was put away meanwhile. Nothing was asked. Choose another one.", code="archived")
    if case.context.get("erased"):
        raise Conflict("This customer was erased. Nothing was asked. There is nothing to show.", code="erased")
    if _open_count(case.id) >= MOST_OPEN:
        raise Conflict(
            worded("This case has %(n)s open questions. Nothing was asked. Take one back first.", n=MOST_OPEN),
            code="too_many",
        )
    now = clock.now()
    made = LoopAsking(
        agency_id=case.agency_id,
        id=new_id(),
        brand_id=case.brand_id,
        conversation_id=case.id,
        loop_id=loop.id,
        loop_name=loop.name,
        question=question,
        words=_shown_words(case.id, shows),
        asked_by=actor.user_id if actor is not None else None,
        asked_by_name=by_name,
        asked_at=now,
        due_at=due_of(loop, 1),
        tell_lead_at=due_of(loop, 2),
        **_person_columns(case.agency_id, case.brand_id, person, loop.language),
    )
    db.session.add(made)
    db.session.flush()
    send_question(made, brand, procedure=loop.procedure)
    mark_case(case.id, looked=actor is not None)
    audit.record(
        actor,
        "loop.asked",
        "conversation",
        case.id,
        brand_id=case.brand_id,
        loop=loop.name,
        to=made.to_name,
        reason=question,
    )
    return made.id


def withdraw(actor: Actor, asking_id: UUID) -> UUID:
    """Take an open question back: its link says so, its mail is not sent where it has not left. Returns the case's id.

    Harmless where it has ended. Raises NotFound, Forbidden.
    """
    asking = locked_asking(asking_id)
    require(actor, Permission.CONVERSATION_WORK, asking.brand_id)
    if asking.state == "open":
        asking.state, asking.ended_at = "withdrawn", clock.now()
        db.session.flush()
        take_back_mail(asking)
        settle(asking.id, "loop_late", "loop_unreached")
        mark_case(asking.conversation_id)
        audit.record(
            actor,
            "loop.withdrawn",
            "conversation",
            asking.conversation_id,
            brand_id=asking.brand_id,
            loop=asking.loop_name,
        )
    return asking.conversation_id


def answer(asking: LoopAsking, words: str, *, how: str, files_left: int = 0) -> None:
    """Keep what whoever was asked answers, and tell who asked and who has the case now. A further answer is added; one
    that comes after the question was taken back is kept all the same: somebody has written it.

    The question must be locked. `how` is `link` or `mail`, with so many files that are not kept.
    Raises Invalid, Conflict `too_long`.
    """
    said, now = read_words(words, "text", LONGEST_ANSWER), clock.now()
    if said == asking.answer or asking.answer.endswith(f"\n\n{said}"):
        return  # pressed twice
    whole = f"{asking.answer}\n\n{said}" if asking.answer else said
    if len(whole) > LONGEST_IN_ALL:
        raise Conflict(
            "This question was answered at length. Nothing more was kept. Write a mail instead.", code="too_long"
        )
    is_first = asking.state != "answered"
    asking.answer, asking.answered_by, asking.ended_at = whole, asking.to_name, now
    asking.state, asking.files_left = "answered", min(asking.files_left + files_left, MOST_FILES)
    db.session.flush()
    settle(asking.id, "loop_late", "loop_unreached")
    mark_case(asking.conversation_id)
    _tell_askers(asking, "loop_answered")
    audit.record(
        None,
        "loop.answered",
        "conversation",
        asking.conversation_id,
        brand_id=asking.brand_id,
        loop=asking.loop_name,
        by=asking.to_name,
        how=how,
        again=not is_first,
    )


def decline(asking: LoopAsking, reason: str) -> None:
    """Whoever was asked cannot answer, and says why. The question must be locked. Harmless where it was declined.

    Raises Invalid, Conflict `withdrawn`.
    """
    why = read_words(reason, "reason", LONGEST_QUESTION)
    if asking.state == "declined":
        return
    if asking.state != "open":
        raise Conflict("This question is answered or was taken back. Nothing was changed.", code="ended")
    asking.state, asking.ended_at, asking.answer, asking.answered_by = "declined", clock.now(), why, asking.to_name
    db.session.flush()
    settle(asking.id, "loop_late", "loop_unreached")
    mark_case(asking.conversation_id)
    _tell_askers(asking, "loop_declined")
    audit.record(
        None,
        "loop.declined",
        "conversation",
        asking.conversation_id,
        brand_id=asking.brand_id,
        loop=asking.loop_name,
        by=asking.to_name,
        reason=why,
    )


def hand_on(asking: LoopAsking, name: str, email: str) -> None:
    """Whoever was asked names somebody who knows: from now on they are asked, by a link of their own, and the old one
    ends. The time frame stays. The question must be locked. Raises Invalid, Conflict `ended`.
    """
    if asking.state != "open":
        raise Conflict("This question is answered or was taken back. Nothing was changed.", code="ended")
    try:
        person = read_person(name, email)
    except ValueError as wrong:
        raise Invalid(
            "Say who can answer, with their mail address. Nothing was changed.",
            errors={"email": [worded("is no mail address")]},
        ) from wrong
    if person["email"].casefold() == asking.to_email.casefold():
        raise Invalid(
            "This is your own address. Nothing was changed. Name somebody else.",
            errors={"email": [worded("is the one that was asked")]},
        )
    before = asking.to_name
    take_back_mail(asking)
    for column, value in _person_columns(asking.agency_id, asking.brand_id, person, asking.to_language).items():
        setattr(asking, column, value)
    asking.sent_on_by, asking.undelivered = before, None
    db.session.flush()
    brand = db.session.execute(select(Brand).where(Brand.id == asking.brand_id)).scalar_one()
    end_request(asking.id, Purpose.LOOP_LINK, Purpose.LOOP_MAIL)
    send_question(asking, brand, procedure=procedure_of(asking))
    mark_case(asking.conversation_id)
    audit.record(
        None,
        "loop.handed_on",
        "conversation",
        asking.conversation_id,
        brand_id=asking.brand_id,
        loop=asking.loop_name,
        by=before,
        to=asking.to_name,
    )


def find_asking(asking_id: UUID, *, lock: bool = False) -> LoopAsking | None:
    """A question, in the scope of its brand."""
    wanted = select(LoopAsking).where(LoopAsking.id == asking_id).execution_options(populate_existing=True)
    if lock:
        case = select(LoopAsking.conversation_id).where(LoopAsking.id == asking_id).scalar_subquery()
        held = select(Conversation.id).where(Conversation.id == case).with_for_update(key_share=True)
        db.session.execute(held)  # as everybody: the case first
        wanted = wanted.with_for_update()
    return db.session.execute(wanted).scalar_one_or_none()


def locked_asking(asking_id: UUID) -> LoopAsking:
    """The same, locked. Raises NotFound."""
    found = find_asking(asking_id, lock=True)
    if found is None:
        raise NotFound()
    return found


def may_answer(asking: LoopAsking) -> bool:
    """Whether this link's person may still: a member who was removed or lost the brand may not, an address outside
    always; nobody for a brand that was put away.
    """
    brand = db.session.execute(select(Brand.archived_at).where(Brand.id == asking.brand_id)).one()
    if brand.archived_at is not None:
        return False
    if asking.to_person_id is None:
        return True
    return bool(colleagues([asking.to_person_id], asking.brand_id))


def askers_of(asking: LoopAsking) -> list[Person]:
    """Who is told of it: who asked and who has the case now; who leads the brand where neither works here."""
    holder = db.session.execute(
        select(Conversation.holder_id).where(Conversation.id == asking.conversation_id)
    ).scalar_one()
    found = colleagues([asking.asked_by, holder], asking.brand_id)
    return found or holders_of(Permission.CONVERSATION_REASSIGN, asking.agency_id, asking.brand_id)


def due_of(loop: FeedbackLoop, times: int) -> Any:
    """When so many of the loop's time frames are over, from now on, by the brand's business time."""
    now, frame = clock.now(), timedelta(hours=loop.hours * times)
    of_brand = clocks_of_brands([loop.brand_id]).get(loop.brand_id)
    times_open = of_brand.times if of_brand is not None else None
    return (due_after(now, frame, times_open) if times_open is not None else None) or now + frame


def procedure_of(asking: LoopAsking) -> str:
    """What whoever is asked in this loop reads beside the question."""
    return db.session.execute(select(FeedbackLoop.procedure).where(FeedbackLoop.id == asking.loop_id)).scalar_one()


def mark_case(conversation_id: UUID, *, looked: bool = False) -> None:
    """Whether the case waits for a loop, as its sign says it; and that something at it changed."""
    waits = select(LoopAsking.id).where(LoopAsking.conversation_id == conversation_id, LoopAsking.state == "open")
    is_waiting = db.session.execute(waits.limit(1)).first() is not None
    sign = Conversation.signs.op("|")(IN_LOOP) if is_waiting else Conversation.signs.op("&")(~IN_LOOP)
    values: dict[str, Any] = {"looked_at": clock.now()} if looked else {}
    db.session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(signs=sign, version=Conversation.version + 1, **values)
        .execution_options(**_QUIET)
    )


def read_words(text: object, field: str, longest: int) -> str:
    """Words somebody wrote. Raises Invalid."""
    if not isinstance(text, str) or not text.strip() or "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise Invalid("Write a few words first. Nothing was changed.", errors={field: [worded("is missing")]})
    words = text.replace("\r\n", "\n").strip()
    if len(words) > longest:
        raise Invalid(
            worded("This is longer than %(limit)s characters. Nothing was changed; shorten it.", limit=longest),
            errors={field: [worded("is too long")]},
        )
    return words


def _tell_askers(asking: LoopAsking, kind: str) -> None:
    tell(
        kind,
        askers_of(asking),
        brand_id=asking.brand_id,
        subject=Thing("loop_asking", asking.id, f"/inbox/{asking.conversation_id}"),
        values={"by_name": asking.to_name, "loop_name": asking.loop_name},
    )


def _shown_words(conversation_id: UUID, shows: str) -> str:
    if shows == "nothing":
        return ""
    words = db.session.execute(
        select(func.left(Message.text, literal(SHOWN_CHARACTERS)))
        .where(Message.conversation_id == conversation_id, Message.direction == "in", Message.deleted_at.is_(None))
        .where(Message.text != "")
        .order_by(Message.written_at.desc(), Message.id.desc())
        .limit(1)
    ).scalar()
    return "" if words is None else words if shows == "whole" else masked(words)


def _person_columns(agency_id: UUID, brand_id: UUID, person: dict[str, str], language: str) -> dict[str, Any]:
    """Whom it is put to; a member of the agency who sees the brand reads it in their own language."""
    member = db.session.execute(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            func.lower(cast(Person.email, Text)) == person["email"].lower(),
            Person.disabled_at.is_(None),
            Membership.agency_id == agency_id,
            Membership.removed_at.is_(None),
        )
    ).scalar_one_or_none()
    known = member if member is not None and colleagues([member.id], brand_id) else None
    return {
        "to_name": known.name if known is not None else person["name"],
        "to_email": person["email"],
        "to_language": known.language if known is not None else language,
        "to_person_id": known.id if known is not None else None,
    }


def _locked_case(conversation_id: UUID) -> Conversation:
    case = db.session.execute(
        select(Conversation).where(Conversation.id == conversation_id).with_for_update(key_share=True)
    ).scalar_one_or_none()
    if case is None:
        raise NotFound()
    return case


def _open_count(conversation_id: UUID) -> int:
    wanted = select(func.count(LoopAsking.id)).where(
        LoopAsking.conversation_id == conversation_id, LoopAsking.state == "open"
    )
    return int(db.session.execute(wanted).scalar_one())
