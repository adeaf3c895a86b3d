"""Wordings beside a reply's first, two at most: written for the client to choose from, one of them perhaps safe.

Each is a `ReplyText` of its own, with its hash, author and findings; `ReplyVariant` says that it is offered and with
which asking. A wording is on the client's table exactly while its reply waits since that very moment, so whatever takes
the reply away from waiting, or asks anew, leaves no old wording that could be approved. Flushes, never commits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import delete, select, update

from agency.inbox import desk as inbox_desk
from agency.replies import checks
from agency.replies.drafting import tells_of_others, write_text
from agency.replies.lifecycle import LIFECYCLE
from agency.replies.models import Reply, ReplyText, ReplyVariant
from agency.replies.moves import locked, move, show_in_queue, text_of, void_approval
from agency.replies.policy_terms import Terms
from agency.replies.policy_versions import policy_in_force
from agency.replies.words import accepted, hash_of
from styleguides.scenarios import CaseFacts
from tenants import audit
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, worded
from tenants.permissions import Actor, Permission, require

MOST: Final = 2
"""Wordings beside the first: the issue asks for two or three to choose from."""
FIRST_PLACE: Final = 2
"""People count the reply's own text as 1."""


class Asked(Protocol):
    """What is read of a reply, a row or a `Reply`."""

    @property
    def id(self) -> UUID: ...
    @property
    def state(self) -> str: ...
    @property
    def state_since(self) -> datetime: ...
    @property
    def variant_count(self) -> int: ...


class Variant(NamedTuple):
    """A further wording. `place` is its number as people count, `text` its words; `is_safe`: may go out if nobody
    answers, where the policy says so. `is_offered`: its reply waits for a yes and this is one of what was shown.
    """

    id: UUID
    place: int
    text: ReplyText
    is_safe: bool
    is_offered: bool


class Given(NamedTuple):
    """A further wording as somebody wrote it."""

    text: str
    is_safe: bool = False


class Chosen(NamedTuple):
    """Which wording of how many a decision is about; None, None where there was one only."""

    number: int | None
    of: int | None


ONLY: Final = Chosen(None, None)


def variants_of(reply: Asked) -> Sequence[Variant]:
    """The wordings beside the first, in order. One statement, none for a reply that has none."""
    if not reply.variant_count:
        return ()
    rows = db.session.execute(
        select(ReplyVariant, ReplyText)
        .join(
            ReplyText,
            (ReplyText.agency_id == ReplyVariant.agency_id) & (ReplyText.id == ReplyVariant.reply_text_id),
        )
        .where(ReplyVariant.reply_id == reply.id)
        .order_by(ReplyVariant.place)
        .execution_options(populate_existing=True)
    )
    waits = reply.state == "awaiting_approval"
    return [
        Variant(one.id, one.place, text, one.is_safe, waits and one.offered_at == reply.state_since)
        for one, text in rows
    ]


def offered_variants(reply: Asked) -> Sequence[Variant]:
    """Those the client is asked to choose from now, beside the first."""
    return [one for one in variants_of(reply) if one.is_offered] if reply.state == "awaiting_approval" else ()


def on_the_table(reply: Asked, text_hash: str) -> frozenset[str]:
    """The hashes a decision may name now: `text_hash`, the first wording's, and those of what is offered beside it."""
    return frozenset((text_hash, *(one.text.text_hash for one in offered_variants(reply))))


def safe_variant_of(reply: Asked) -> Variant | None:
    """The wording that may go out if nobody answers; None where none is offered. Its words are to be checked again,
    and the policy asked, by whoever lets it go: `choose` puts it in the first one's place.
    """
    return next((one for one in offered_variants(reply) if one.is_safe), None)


def silence_sends_safe(terms: Terms) -> bool:
    """Whether these terms let a safe wording go out where nobody answered."""
    return getattr(terms, "silence", "hold") == "safe_variant"


def shown_wording(reply: Reply, text_hash: str) -> tuple[ReplyText, Chosen]:
    """The wording on the client's table whose hash was shown, and which of how many it is; the first one where none
    has that hash. The reply must be locked.
    """
    first, others = text_of(reply), offered_variants(reply)
    if not others:
        return first, ONLY
    several = len(others) + 1
    for one in others:
        if one.text.text_hash == text_hash:
            return one.text, Chosen(one.place, several)
    return first, Chosen(1, several)


def choose(reply: Reply, text: ReplyText) -> None:
    """Let these words, one of the reply's wordings, be its text; what stood there takes their place beside it, and no
    other is on the table any more. The reply must be locked.
    """
    if not reply.variant_count:
        return
    of_reply = update(ReplyVariant).where(ReplyVariant.reply_id == reply.id)
    if text.id != reply.text_id:
        swap = of_reply.where(ReplyVariant.reply_text_id == text.id).values(reply_text_id=reply.text_id, is_safe=False)
        swapped = db.session.execute(swap.returning(ReplyVariant.id).execution_options(synchronize_session=False))
        assert len(swapped.all()) == 1, "a wording of this reply"
        reply.text_id = text.id
    db.session.execute(of_reply.values(offered_at=None).execution_options(synchronize_session=False))
    db.session.flush()


def keep_variants(
    actor: Actor, reply_id: UUID, given: Sequence[Given], *, seen: str | None = None, takes: bool = True
) -> Reply:
    """Let these be the wordings beside the first; none at all takes them away. As with new words, a reply that waits
    goes back to `draft`: what was asked was about the old ones.

    `seen` is `hash_of_variants` as their writer saw them, None for any. Claims an unclaimed conversation if `takes`.

    Raises NotFound, Forbidden, Invalid for unusable words, more than MOST, two that are equal, or a safe one where the
    policy in force sends none; Conflict `variants_changed` for what was not seen, `nothing_to_change`, `held`.
    """
    reply = locked(reply_id)
    require(actor, Permission.REPLY_WRITE, reply.brand_id)
    wanted = _usable(reply, given)
    there = variants_of(reply)
    if [(one.text.text, one.is_safe) for one in there] == [(one.text, one.is_safe) for one in wanted]:
        return reply
    if seen is not None and seen != hash_of_variants(there):
        raise Conflict(
            "Somebody changed the other wordings meanwhile. Yours were not saved over them; what you typed is below. "
            "Look at what stands there now and save again.",
            code="variants_changed",
        )
    if reply.deed == "withdraw":
        raise Conflict(
            "Taking an answer back has no words to choose from. Nothing was changed.", code="nothing_to_change"
        )
    LIFECYCLE.check("edit", reply.state, "draft")
    inbox_desk.hold(actor, reply.conversation_id, takes=takes)
    if reply.state != "draft":
        void_approval(reply, "the words were changed")
        move(reply, "edit", actor=actor)
    conversation, case = checks.conversation_of(reply), checks.case_of(reply)
    known = {one.text.text: one.text for one in there}
    author = (actor.user_id, actor.name)
    texts = [
        known.get(one.text) or write_text(reply, conversation, one.text, author=author, case=case, is_further=True)
        for one in wanted
    ]
    _write(reply, [(text, one.is_safe, None) for text, one in zip(texts, wanted, strict=True)])
    audit.record(
        actor,
        "reply.wordings_changed",
        "reply",
        reply.id,
        brand_id=reply.brand_id,
        text_hashes=[text.text_hash for text in texts],
        safe=next((text.text_hash for text, one in zip(texts, wanted, strict=True) if one.is_safe), None),
    )
    show_in_queue(reply)
    return reply


def check_variants(reply: Reply, first: ReplyText, case: CaseFacts) -> None:
    """What `submit` demands of every wording, by the guide in force now; those it had not checked are stored anew.

    Raises Invalid `style_stop` with the wording's number and findings, `same_wording`, `same_words`.
    """
    there = variants_of(reply)
    if not there:
        return
    conversation, kept = checks.conversation_of(reply), []
    for one in there:
        text = one.text
        if text.text_hash == first.text_hash:
            raise _equal()
        checks.refuse_same_words(reply, text)
        result = checks.check_text_of(reply, text, case=case, beside_others=True)
        stops = checks.stops_of(result)
        if stops:
            raise Invalid(
                worded(
                    "The brand's style guide stops wording %(n)s: %(problem)s "
                    "Your words are saved and nothing was sent. Change it or take it out, and try again.",
                    n=one.place,
                    problem=stops[0]["message"],
                ),
                code="style_stop",
                wording=one.place,
                findings=checks.findings_as_data(result),
                guide_version=result.guide_version,
            )
        if result.guide_version != text.guide_version or tells_of_others(text):
            author = (text.author_id, text.author_name)
            text = write_text(reply, conversation, text.text, author=author, case=case, is_further=True, leaves=True)
        kept.append((text, one.is_safe and silence_sends_safe(policy_in_force(reply.brand_id).terms), None))
    _write(reply, kept)


def offer_variants(reply: Reply) -> list[str]:
    """Put every wording on the client's table with the asking that has just begun; returns their hashes."""
    there = variants_of(reply)
    _write(reply, [(one.text, one.is_safe, reply.state_since) for one in there])
    return [one.text.text_hash for one in there]


def hash_of_variants(variants: Sequence[Variant]) -> str:
    """What a form says it was filled with; empty for none."""
    if not variants:
        return ""
    said = "\n".join(f"{one.text.text_hash} {one.is_safe}" for one in variants)
    return hashlib.sha256(said.encode()).hexdigest()


def _usable(reply: Reply, given: Sequence[Given]) -> list[Given]:
    wanted = [Given(accepted(one.text), one.is_safe) for one in given if one.text.strip()]
    if len(wanted) > MOST:
        raise Invalid(
            "A reply has three wordings at most. Nothing was changed; take one out.",
            code="too_many_wordings",
            errors={"variants": [worded("holds too many")]},
        )
    if len({hash_of(one.text) for one in wanted}) != len(wanted):
        raise _equal()
    safe = sum(one.is_safe for one in wanted)
    if safe > 1:
        raise Invalid(
            "One wording at most is the safe one. Nothing was changed; choose which.",
            code="two_safe_wordings",
            errors={"variants": [worded("names two safe ones")]},
        )
    if safe and not silence_sends_safe(policy_in_force(reply.brand_id).terms):
        raise Invalid(
            "By this brand's approval policy nothing goes out where nobody answers, so no wording is the safe one. "
            "Nothing was changed; save it without that mark, or look at the policy.",
            code="no_safe_wording",
            errors={"variants": [worded("names a safe one")]},
        )
    return wanted


def _equal() -> Invalid:
    return Invalid(
        "Two of the wordings are the same, so there is nothing to choose between them. "
        "Nothing was sent; your words are kept. Change one or take it out.",
        code="same_wording",
        errors={"variants": [worded("are the same")]},
    )


def _write(reply: Reply, rows: Sequence[tuple[ReplyText, bool, datetime | None]]) -> None:
    """Let exactly these be the rows of this reply."""
    if not rows and not reply.variant_count:
        return
    db.session.execute(
        delete(ReplyVariant).where(ReplyVariant.reply_id == reply.id).execution_options(synchronize_session="fetch")
    )
    reply.variant_count = len(rows)
    db.session.add_all(
        ReplyVariant(
            agency_id=reply.agency_id,
            id=new_id(),
            brand_id=reply.brand_id,
            reply_id=reply.id,
            reply_text_id=text.id,
            place=FIRST_PLACE + number,
            is_safe=is_safe,
            offered_at=offered_at,
        )
        for number, (text, is_safe, offered_at) in enumerate(rows)
    )
    db.session.flush()
