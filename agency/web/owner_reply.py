"""One reply as the client sees it before deciding: the customer's words, ours, what changed, what the guide says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from flask import session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import and_, func, select

from agency.inbox.case import facts_of_view
from agency.inbox.conversation_view import ConversationView, get_conversation
from agency.replies import queries
from agency.replies.checks import remembered, words_kind
from agency.replies.models import NOT_LEFT, Approval, Reply, ReplyText
from agency.replies.queries import ReplyRow
from agency.replies.text_difference import Piece, text_difference
from agency.replies.variants import Variant, offered_variants
from agency.replies.waiting import standing_of
from agency.replies.words import hash_of
from agency.web import clocks
from agency.web.contexts import CheckResult, MessageLook, OwnerReplyPage, WordingLook
from agency.web.language import chosen_language, chosen_zone
from agency.web.last_sent import sent_as_before
from agency.web.looks import Notice, brand_look
from agency.web.message_looks import message_looks, quoted_post
from agency.web.owner_words import decided_words
from agency.web.promise_looks import would_promise
from agency.web.reply_looks import answer_words, finding_looks, let_go_in, result_look, stored_result
from agency.web.sending_words import goes_out_if_approved
from agency.web.wait_words import asked_words
from styleguides.brand_check import CheckResult as Checked
from styleguides.brand_check import check_for_brand
from tenants import clock
from tenants.database import db
from tenants.errors import NotFound
from tenants.models import Brand
from tenants.permissions import Actor, Permission

SEEN = "seen_words"
MOST_MESSAGES = 20
"""Of a long thread a decision needs the end; the whole of it is one link away for who works there."""
MOST_SEEN = 20
MOST_COUNTED = 99
"""Replies whose shown words a browser remembers; each takes 70 bytes of the form cookie."""
HASH_START = 16
"""Characters of a hash kept there: enough to tell the few texts of one reply apart."""


class Decision(NamedTuple):
    """A decision about this reply with the words it was about."""

    decision: str
    reason: str | None
    at: datetime
    by: UUID | None
    by_name: str
    text: str
    text_hash: str


@dataclass(frozen=True)
class Typed:
    """What somebody wrote into the form, so that it comes back with it. `shown_hash` names the words a decision would
    be about, `from_hash` the wording of several that the field was filled with.
    """

    changed: str = ""
    reason: str = ""
    notice: Notice | None = None
    errors: dict[str, str] | None = None
    shown_hash: str = ""
    check: Checked | None = None
    from_hash: str = ""


@dataclass(frozen=True)
class ByLink:
    """The mailed link the page stands behind: its address, whom it was mailed to, the form it opens, and the list it
    was opened from, if any.
    """

    url: str
    asked_name: str
    opened: str = ""
    others_url: str = ""


def page_of(actor: Actor, reply_id: UUID, typed: Typed, link: ByLink | None = None) -> OwnerReplyPage:
    """The page; seven statements beside finding the person, one more where words changed since they were last shown.

    Behind a `link` nothing is kept in the browser, and nothing is linked to that needs a sign-in.
    """
    reply = queries.get_reply(reply_id)
    if reply.submitted_at is None and reply.state in ("draft", "dropped"):
        raise NotFound()  # nobody was asked yet: a draft is the agency's own
    view, decisions = get_conversation(reply.conversation_id), decisions_about(reply_id)
    waits = reply.state == "awaiting_approval"
    others = offered_variants(reply)
    table = {reply.text_hash: reply.text, **{one.text.text_hash: one.text.text for one in others}}
    from_hash = typed.from_hash if others and typed.from_hash in table else ""
    text = reply.text
    if reply.state == "draft" and decisions:
        text = decisions[-1].text  # what is being written anew is shown when it is asked for
    asked = standing_of(reply_id) if waits else None
    zone, locale = chosen_zone(), chosen_language()
    other_count = _waiting_count() if link is None else 0
    messages = message_looks(view, newest=MOST_MESSAGES, for_client=True, without=reply_id)
    return OwnerReplyPage(
        url=url_for("owner.decide", reply_id=reply_id) if link is None else link.url,
        brand=brand_look(str(view.brand_id), view.brand_name, view.brand_mark, view.brand_colour),
        place=_place(reply),
        account=view.account_name,
        customer=view.contact_name or view.author_name or _("Somebody"),
        customer_messages=messages if link is None else tuple(map(_without_copies, messages)),
        context=quoted_post(view),
        language=view.language or view.brand_language,
        text=text,
        text_hash=hash_of(text),
        wordings=_wordings(reply, view, others, typed.shown_hash),
        from_hash=from_hash,
        from_text=table.get(from_hash, ""),
        idempotency_key=reply.state_since.isoformat(),
        written_by=reply.text_author_name,
        result=_result(reply, view, text, waits),
        due=clocks.due(view.due_at, clock.now(), zone, locale) if view.due_at and waits else None,
        standing_difference=_standing_difference(reply, text) if waits else (),
        difference=_difference(actor, reply, decisions, typed.shown_hash, table, link) if waits else (),
        changed=typed.changed,
        changed_difference=text_difference(table.get(from_hash, reply.text), typed.changed) if typed.changed else (),
        changed_findings=finding_looks(typed.check.findings, typed.changed) if typed.check else (),
        changed_promises=_promises(view, typed.changed, typed.check),
        reason=typed.reason,
        errors=typed.errors or {},
        sent_as_before=sent_as_before(view.brand_id) if waits and link is None else "",
        may_decide=actor.may(Permission.REPLY_APPROVE)
        and (asked is None or actor.user_id in {person.id for person in asked.people}),
        waits=asked_words(asked, actor, reply.waits_clock) if asked is not None else "",
        goes_out=goes_out_if_approved(reply) if waits else "",
        decided=None if waits else decided_words(reply, decisions, actor),
        typed="" if waits else typed.changed or typed.reason,
        notice=typed.notice or _stale_notice(table, typed, waits) or _paused_notice(view, waits),
        live_url=live_url(view, reply),
        receipt_url="" if waits or link is not None else url_for("receipts.receipt", reply_id=reply_id),
        others_url=url_for("owner.waiting") if link is None else link.others_url,
        others_words=_others_words(max(0, other_count - 1) if waits else other_count),
        by_link=link is not None,
        asked_name=link.asked_name if link is not None else "",
        opened="change" if from_hash else link.opened if link is not None else "",
    )


def _wordings(
    reply: ReplyRow, view: ConversationView, others: Sequence[Variant], shown_hash: str
) -> tuple[WordingLook, ...]:
    """Each of several as it would go out, with what the style guide says of it now; none where there is one."""
    if not others:
        return ()
    chosen = shown_hash if shown_hash in {one.text.text_hash for one in others} else reply.text_hash
    first = WordingLook(
        number=1,
        text=reply.text,
        text_hash=reply.text_hash,
        result=_result(reply, view, reply.text, waits=True),
        written_by=reply.text_author_name,
        chosen=chosen == reply.text_hash,
    )
    further = (
        WordingLook(
            number=one.place,
            text=one.text.text,
            text_hash=one.text.text_hash,
            result=_looked(view, reply, one.text.text, ours=True),
            written_by=one.text.author_name,
            chosen=chosen == one.text.text_hash,
            is_safe=one.is_safe,
        )
        for one in others
    )
    return (first, *further)


def _place(reply: ReplyRow) -> str:
    place = answer_words(reply.platform, reply.kind, private=reply.private, deed=reply.deed)
    if reply.replaces_text is not None:
        return _("%(place)s, in the place of one written there by somebody else", place=place)
    return f"{place}: {reply.deed_reason}" if reply.deed_reason else place


def _stale_notice(table: Collection[str], typed: Typed, waits: bool) -> Notice | None:
    if not waits or not typed.shown_hash or typed.shown_hash in table:
        return None
    return Notice(
        "warn",
        _("The agency changed the words while you were reading."),
        _("Nothing was published; what you typed is below."),
        _("Look at the difference and decide again."),
    )


def _paused_notice(view: ConversationView, waits: bool) -> Notice | None:
    if not waits or not view.brand_paused:
        return None
    return Notice(
        "info",
        _("Sending for this brand is paused."),
        _("Nothing is published meanwhile; you can read, ask for changes and decline."),
        _("A yes can be given once the agency lets it send again."),
    )


def _result(reply: ReplyRow, view: ConversationView, text: str, waits: bool) -> CheckResult:
    if waits:
        return let_go_in(_looked(view, reply, text), reply)
    same, kind = text == reply.text, _counted_as(view, reply.private)
    result = stored_result(
        reply.findings if same and reply.state not in NOT_LEFT else [], reply.guide_version, text, reply.platform, kind
    )
    return let_go_in(result, reply) if same else result


def live_url(view: ConversationView, reply: ReplyRow) -> str:
    """Where the reply stands on the platform, as `agency.replies.live_places` says; empty where it does not."""
    ours = next((m for m in view.messages if m.reply_id == reply.id and m.deleted_at is None), None)
    if ours is None or ours.permalink or reply.private:
        return ours.permalink or "" if ours is not None else ""
    return next((m.permalink or "" for m in view.messages if m.id == reply.in_reply_to_id), "")


def _without_copies(m: MessageLook) -> MessageLook:
    """Our copies of pictures and films are for who signs in."""
    kept = tuple(replace(one, sort="", url="", note=_("Sign in to see it.")) if one.sort else one for one in m.kept)
    return replace(m, kept=kept)


def _difference(
    actor: Actor,
    reply: ReplyRow,
    decisions: list[Decision],
    shown_hash: str,
    table: Collection[str],
    link: ByLink | None,
) -> tuple[Piece, ...]:
    """Against the words of the form that came back, else those last decided on, else those last shown here."""
    base_hash = shown_hash if shown_hash not in table else ""
    before = _shown_before(reply) if link is None else ""
    if not base_hash:
        own = next((d for d in reversed(decisions) if d.by == actor.user_id), None)
        if own is not None and own.text_hash not in table:
            return text_difference(own.text, reply.text)
        base_hash = before
    if not base_hash:
        return ()
    texts = (t.text for t in queries.texts_of(reply.id) if t.text_hash.startswith(base_hash[:HASH_START]))
    base = next(texts, None)
    return text_difference(base, reply.text) if base is not None else ()


def _standing_difference(reply: ReplyRow, text: str) -> tuple[Piece, ...]:
    """From what customers read now to what they would read: who says yes to a change says yes to that."""
    if reply.replaces_text is not None:
        return text_difference(reply.replaces_text, text)
    if reply.deed != "edit" or reply.changes_reply_id is None:
        return ()
    return text_difference(queries.get_reply(reply.changes_reply_id).text, text)


def _shown_before(reply: ReplyRow) -> str:
    """Beginning of the hash of the words this browser showed before the present ones; keeps these as shown."""
    seen: dict[str, list[str]] = dict(session.get(SEEN, {}))
    key, now = reply.id.hex, reply.text_hash[:HASH_START]
    before, last = seen.pop(key, ["", ""])
    if last != now:
        before, last = last, now
    seen[key] = [before, last]
    kept = dict(list(seen.items())[-MOST_SEEN:])
    if kept != session.get(SEEN):
        session[SEEN] = kept
    return before


def decisions_about(reply_id: UUID) -> list[Decision]:
    """Every decision with its words, first to last."""
    rows = db.session.execute(
        select(
            Approval.decision,
            Approval.reason,
            Approval.created_at,
            Approval.decided_by,
            Approval.decided_by_name,
            ReplyText.text,
            ReplyText.text_hash,
        )
        .join(
            ReplyText,
            and_(ReplyText.agency_id == Approval.agency_id, ReplyText.id == Approval.reply_text_id),
        )
        .where(Approval.reply_id == reply_id)
        .order_by(Approval.created_at, Approval.id)
    )
    return [Decision._make(row) for row in rows]


def checked_words(reply: ReplyRow, text: str) -> Checked | None:
    if not text:
        return None
    return _check(get_conversation(reply.conversation_id), reply, text)


def _counted_as(view: ConversationView, private: bool) -> str:
    return words_kind(view.kind, private=private)


def _check(view: ConversationView, reply: ReplyRow, text: str, *, ours: bool = False) -> Checked:
    ours = ours or (text == reply.text and not reply.by_approver)
    return check_for_brand(
        view.brand_id,
        text,
        view.platform,
        _counted_as(view, reply.private),
        stars=view.stars,
        customer_name=view.author_name,
        reader_language=chosen_language(),
        began_with=reply.began_with if ours else None,
        case=remembered(facts_of_view(view, reply.in_reply_to_id), reply.state, reply.complaint),
        promises_at=clock.now() if reply.deed != "withdraw" else None,
    )


def _looked(view: ConversationView, reply: ReplyRow, text: str, *, ours: bool = False) -> CheckResult:
    """What is said of these words before anybody decides."""
    found = _check(view, reply, text, ours=ours)
    result = result_look(found, text, reply.platform, _counted_as(view, reply.private))
    return replace(result, promises=_promises(view, text, found))


def _promises(view: ConversationView, text: str, found: Checked | None) -> tuple[str, ...]:
    """What the customer may hold the brand to once these words are there."""
    return would_promise(text, found.promises, view.brand_time_zone) if found is not None else ()


def _waiting_count() -> int:
    """How many wait in brands in use, counted to one more than MOST_COUNTED."""
    some = (
        select(Reply.id)
        .join(Brand, and_(Brand.agency_id == Reply.agency_id, Brand.id == Reply.brand_id))
        .where(Reply.state == "awaiting_approval", Brand.archived_at.is_(None))
        .limit(MOST_COUNTED + 2)  # the one on the page is not counted
    )
    return db.session.execute(select(func.count()).select_from(some.subquery())).scalar_one()


def _others_words(count: int) -> str:
    if count > MOST_COUNTED:
        return _("More than %(n)s other replies wait", n=MOST_COUNTED)
    return ngettext("%(num)s other reply waits", "%(num)s other replies wait", count) if count else _("All replies")
