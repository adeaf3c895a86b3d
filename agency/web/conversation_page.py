"""One conversation as a page shows it: thread, replies, notes, who has it, and what may be done."""

from __future__ import annotations

from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.inbox.case_rank import rank_parts
from agency.inbox.conversation_view import ConversationView
from agency.inbox.desk import Case
from agency.inbox.models import FROM_SPAMMER, SPAM
from agency.replies.queries import ReplyRow
from agency.replies.waiting import whom_asked
from agency.web import clocks
from agency.web.claim_look import claim_look
from agency.web.clock_words import clock_looks, due_reason
from agency.web.comeback_part import comeback_look
from agency.web.composer_part import Written, composer_for
from agency.web.contexts import (
    ConversationPage,
    NoteLook,
    ReplyLook,
    SideLine,
    SidePart,
)
from agency.web.contexts_filters import LabelLook
from agency.web.inbox_address import Address
from agency.web.incident_part import incident_part
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Notice, brand_look
from agency.web.loops_part import loops_part
from agency.web.message_looks import quoted_post
from agency.web.promise_looks import open_promises
from agency.web.pulse import PATH as PULSE
from agency.web.rank_words import rank_look
from agency.web.reading_line import with_reading
from agency.web.reply_looks import place_words, platform_word, stopped_words, way_words
from agency.web.rules_part import rules_part
from agency.web.sending_words import goes_out_words, trouble_notice
from agency.web.sheet_look import address_of as sheet_address
from agency.web.snoozing import snooze_look, when_words
from agency.web.state_looks import conversation_states, reply_states, unknown_state
from agency.web.stored_words import said_again
from agency.web.told_together import told_together
from agency.web.voice_look import voice_url
from agency.web.wait_words import waiting_words
from tenants import clock
from tenants.permissions import Actor, Permission

TRIED_AGAIN = ("refused", "unreachable")
"""Troubles after which somebody may have it sent once more at a press."""
FINAL_STATES = ("published", "declined", "refused", "dropped")


def conversation_page(
    actor: Actor,
    conversation_id: UUID,
    address: Address,
    before: UUID | None = None,
    *,
    written: Written | None = None,
    editing: UUID | None = None,
    changing: UUID | None = None,
) -> ConversationPage:
    """The page of one conversation, in two statements; direct messages, private answers and a brand
    whose replies need no approval cost one more each.

    `editing` is a reply whose words stand in the composer instead of the newest draft's, `changing` a published one
    whose words are to be changed on the platform. Raises NotFound.
    """
    told = told_together(actor, conversation_id, before)
    view, answering = told.main.view, told.answering
    now, locale = clock.now(), chosen_language()
    zone = chosen_zone()
    look = brand_look(str(view.brand_id), view.brand_name, view.brand_mark, view.brand_colour)
    held = view.holder_id is not None and (view.held_until is None or view.held_until >= now)
    mine = held and view.holder_id == actor.user_id
    may_work = actor.may(Permission.CONVERSATION_WORK)
    is_lead = actor.may(Permission.CONVERSATION_REASSIGN)
    may_touch = may_work and (mine or not held or is_lead)
    states = conversation_states()
    code = "claimed" if held and view.status == "open" else view.status
    is_open = view.status == "open"
    comeback = comeback_look(view, actor, address, may_touch=may_touch)
    incident = incident_part(view, actor, address)
    return ConversationPage(
        id=str(view.id),
        url=address.case_url(view.id),
        back_url=address.url(),
        pulse_url=f"{PULSE}?made=0",
        brand=look,
        place=place_words(view.platform, view.kind),
        language=view.language or "",
        customer=view.contact_name or view.author_name or _("Somebody"),
        is_vip=bool(view.is_vip) and actor.may(Permission.CONTACT_READ),
        state=states.get(code) or unknown_state(code),
        due=clocks.due(view.due_at, now, zone, locale) if view.due_at and is_open else None,
        due_reason=due_reason(view.clocks) if view.due_at and is_open else "",
        clocks=clock_looks(view.clocks, now, zone, (r for one in told.threads for r in one.replies)) if is_open else (),
        context=quoted_post(view, with_place=True),
        messages=with_reading(told.messages(actor, address), view, actor, address),
        earlier_messages_url=_earlier_url(address, view) if view.more_before else "",
        replies=tuple(
            reply_look(r, actor, address, one.view.brand_time_zone)
            for one in told.threads
            for r in one.replies
            if _stands_apart(r, one.view, one.replies, actor)
        ),
        promises=open_promises((r for one in told.threads for r in one.replies), actor, address, view.brand_time_zone),
        versions_url=_versions_url(answering.view, actor, address),
        notes=tuple(
            NoteLook(author=n.author_name, text=n.text, at=clocks.age(n.created_at, now, zone, locale))
            for n in (told.notes if actor.may(Permission.NOTE_READ) else ())
        ),
        claim=claim_look(Case(*(getattr(view, name) for name in Case._fields)), actor, address),
        labels=tuple(LabelLook(str(one.id), one.name, one.colour) for one in view.labels),
        labels_url=address.deed_url(view.id, "labels") if may_work else "",
        composer=composer_for(
            answering.view,
            answering.replies,
            actor,
            address,
            look,
            held_by_other=held and not mine,
            written=written,
            editing=editing,
            changing=changing,
        ),
        sheet_url=sheet_address(view.brand_id, view.id) if actor.may(Permission.GUIDE_READ) else "",
        voice_url=voice_url(view) if actor.may(Permission.GUIDE_READ) else "",
        beside_url=address.deed_url(answering.view.id, "beside"),
        rank=rank_look(
            rank_parts(actor, view, now),
            now,
            weights_url=url_for("ranking_page.weights") if actor.may(Permission.RANKING_MANAGE) else "",
        ),
        side=_side(view, actor, address),
        notices=_notices(view, actor, written, put_off=comeback is None and not (incident and incident.is_in)),
        loops=loops_part(view, actor, address),
        ask_url=address.deed_url(view.id, "ask") if may_work else "",
        comeback=comeback,
        incident=incident,
        comeback_url=address.deed_url(view.id, "come-back") if may_touch else "",
        note_url=address.deed_url(view.id, "note") if actor.may(Permission.NOTE_WRITE) else "",
        resolve_url=address.deed_url(view.id, "close") if may_touch and view.status != "closed" else "",
        reopen_url=address.deed_url(view.id, "reopen") if may_touch and not is_open else "",
        snooze_url=address.deed_url(view.id, "snooze") if may_touch and is_open else "",
        snooze=snooze_look(view.due_at) if may_touch and is_open else None,
        spam_url=address.deed_url(view.id, "spam")
        if may_touch and view.closed_reason != SPAM and (view.stars is None or is_lead)
        else "",
        parts=told.looks(actor, address),
        merge_url=address.deed_url(view.id, "merge") if may_touch and view.contact_id is not None else "",
        split_url=address.deed_url(view.id, "split")
        if may_touch and view.kind != "review" and sum(m.direction == "in" for m in view.messages) > 1
        else "",
        marks_also=_marks_also(view, is_lead=is_lead),
        assign_url=address.deed_url(view.id, "assign")
        if is_open and actor.may(Permission.CONVERSATION_REASSIGN)
        else "",
    )


def _earlier_url(address: Address, view: ConversationView) -> str:
    path, mark, query = address.case_url(view.id).partition("?")
    return f"{path}?{query}{'&' if mark else ''}before={view.more_before}"


def _versions_url(view: ConversationView, actor: Actor, address: Address) -> str:
    """For who may only read; the composer has its own."""
    reads = actor.may(Permission.REPLY_READ_DRAFT) and not actor.may(Permission.REPLY_WRITE)
    return address.deed_url(view.id, "versions") if reads and view.has_versions else ""


def _stands_apart(reply: ReplyRow, view: ConversationView, replies: list[ReplyRow], actor: Actor) -> bool:
    """Drafts stand in the composer, for those who have one; published replies in the thread once it shows them; the
    rest on their own.

    A begun change of a published answer stands on its own, too: the composer is for the next answer.
    """
    if reply.state in ("draft", "dropped"):
        return reply.state == "draft" and (reply.deed != "reply" or not actor.may(Permission.REPLY_WRITE))
    if reply.state == "published" and any(r.changes_reply_id == reply.id and r.state == "published" for r in replies):
        return False  # what changed it stands in its place
    return reply.state != "published" or not any(m.reply_id == reply.id for m in view.messages)


def reply_look(reply: ReplyRow, actor: Actor, address: Address, brand_zone: str) -> ReplyLook:
    """A reply past its draft; one statement more for one that waits."""
    zone, locale = chosen_zone(), chosen_language()
    state = reply_states().get(reply.state) or unknown_state(reply.state)
    since = clocks.moment(reply.state_since, zone, locale).words
    facts = {
        "awaiting_approval": waiting_words(whom_asked(reply.id), reply.state_since, reply.waits_clock)
        if reply.state == "awaiting_approval"
        else "",
        "approved": _("Approved %(time)s.", time=since) + f" {said_again(reply.state_reason)}"
        if reply.state_reason
        else _("Approved %(time)s, goes out now", time=since),
        "publishing": _("Being sent since %(time)s", time=since),
        "outcome_unknown": _("The platform did not answer. We are looking, and will not send it twice."),
        "published": _("Sent %(time)s", time=since),
    }.get(reply.state, "")
    goes_out, trouble = goes_out_words(reply, brand_zone), trouble_notice(reply, actor)
    if goes_out and trouble is None:
        facts = f"{facts} {goes_out}" if reply.state == "awaiting_approval" else goes_out
    if trouble is not None:
        facts = ""
        if reply.state == "approved":
            state = reply_states()["held_back"]
    if reply.state == "published" and reply.live_state == "pending":
        facts = _("Taken %(time)s; the platform checks it before anybody sees it", time=since)
    way = way_words(reply.kind, private=reply.private, deed=reply.deed)
    may_write = actor.may(Permission.REPLY_WRITE)
    base = f"{reply.conversation_id}"
    at = f"replies/{reply.id}"
    return ReplyLook(
        id=str(reply.id),
        text=reply.text,
        state=state,
        way=_("Acknowledged automatically")
        if reply.acknowledges is not None
        else way
        if reply.deed != "reply" or reply.private
        else "",
        facts=f"{facts} {_further(reply)}".strip()
        if facts
        else (said_again(reply.state_reason or "") if reply.state in ("refused", "draft") and trouble is None else ""),
        trouble=trouble,
        check_url=address.deed_url(base, f"{at}/check-now") if may_write and reply.state == "outcome_unknown" else "",
        retry_url=address.deed_url(base, f"{at}/try-again") if may_write and reply.trouble in TRIED_AGAIN else "",
        undoes=reply.state == "approved" and reply.not_before_because == "undo" and trouble is None,
        time_url=address.deed_url(base, f"{at}/time") if may_write and goes_out else "",
        stopped_now=stopped_words(reply),
        note=reply.state_reason or "" if reply.state == "declined" else reply.deed_reason or "",
        withdraw_url=address.deed_url(base, f"replies/{reply.id}/withdraw")
        if may_write and reply.state in ("awaiting_approval", "approved", "refused")
        else "",
        drop_url=address.deed_url(base, f"replies/{reply.id}/drop") if may_write and reply.state == "draft" else "",
        edit_url=_edit_url(address, reply) if may_write and _is_editable(reply) else "",
        receipt_url=f"/replies/{reply.id}/receipt",
        state_url="" if reply.state in FINAL_STATES else address.deed_url(base, f"replies/{reply.id}"),
    )


def _further(reply: ReplyRow) -> str:
    if reply.state != "awaiting_approval" or not reply.variant_count:
        return ""
    return ngettext(
        "The client chooses between it and %(num)s other wording.",
        "The client chooses between it and %(num)s other wordings.",
        reply.variant_count,
    )


def _is_editable(reply: ReplyRow) -> bool:
    return reply.deed != "withdraw" and reply.state in ("draft", "awaiting_approval")


def _edit_url(address: Address, reply: ReplyRow) -> str:
    path, mark, query = address.case_url(reply.conversation_id).partition("?")
    return f"{path}?{query}{'&' if mark else ''}edit={reply.id}#composer"


def _side(view: ConversationView, actor: Actor, address: Address) -> tuple[SidePart, ...]:
    zone, locale, now = chosen_zone(), chosen_language(), clock.now()
    states = conversation_states()
    may_see_all = view.contact_id is not None and view.earlier and actor.may(Permission.CONTACT_READ)
    return (
        SidePart(
            heading=_("Earlier with this brand"),
            lines=tuple(
                SideLine(
                    text=e.excerpt or _("A rating without words."),
                    label=place_words(e.platform, e.kind),
                    url=address.case_url(e.id),
                    at=clocks.age(e.last_message_at, now, zone, locale),
                    state=states.get(e.status),
                    fact=_("answered") if e.is_answered else _("not answered"),
                )
                for e in view.earlier
            ),
            empty=_("Nothing earlier that the platform tells us belongs to this person."),
            all_url=url_for("customer_page.person", contact_id=view.contact_id) if may_see_all else "",
            all_words=_("All their cases, with our answers"),
        ),
        *rules_part(view, actor),
    )


def _notices(view: ConversationView, actor: Actor, written: Written | None, *, put_off: bool) -> tuple[Notice, ...]:
    found = []
    if written is not None and written.error is not None:
        found.append(written.error)
    account = _account_notice(view, actor)
    told = (*(_put_off(view, actor) if put_off else ()), *_closed_how(view))
    return (*found, account, *told) if account is not None else (*found, *told)


def _account_notice(view: ConversationView, actor: Actor) -> Notice | None:
    """Where nothing can be sent until a person mends the channel, with the way there for those who may see it."""
    state = view.account_health
    what = {
        "needs_reconnect": _("%(platform)s no longer accepts our connection.", platform=platform_word(view.platform)),
        "access_lost": _("We lost access to this account: a role or a permission was taken away."),
        "disconnected": _("This account was disconnected here."),
    }.get(state)
    if what is None:
        return None
    may_look = actor.may(Permission.ACCOUNT_READ)
    if actor.may(Permission.ACCOUNT_CONNECT):
        then = _("Connect it again; what waits goes out by itself.")
    else:
        then = _("Ask an agency admin to connect the account again.")
    return Notice(
        "info" if state == "disconnected" else "bad",
        what,
        _("What came in before is here, and drafts are kept."),
        then,
        _("Channel health") if may_look else "",
        url_for("accounts_page.accounts_of_brand", brand_id=view.brand_id) if may_look else "",
    )


def _marks_also(view: ConversationView, *, is_lead: bool) -> str:
    if view.contact_id is None:
        return ""
    if is_lead:
        return _("Close also what this person writes to the brand from now on, reviews included")
    return _("Close also what this person writes to the brand from now on, but reviews with stars")


def _put_off(view: ConversationView, actor: Actor) -> tuple[Notice, ...]:
    """Of a case that was put off: until when, or that this time has come."""
    mine = view.snoozed_by == actor.user_id
    if view.status == "snoozed" and view.snoozed_until is not None:
        until = when_words(view.snoozed_until)
        what = (
            _("You put this off until %(until)s.", until=until) if mine else _("Put off until %(until)s.", until=until)
        )
        return (Notice("info", what, _("It comes back by itself, or when the customer writes again.")),)
    if view.status == "open" and view.woke_at is not None:
        what = _("You put this off, and now it is time.") if mine else _("This was put off, and now it is time.")
        return (Notice("info", what),)
    return ()


def _closed_how(view: ConversationView) -> tuple[Notice, ...]:
    """Of a case that nobody closed for being answered: how it came to be closed."""
    if view.closed_reason == SPAM:
        return (Notice("info", _("Closed as spam."), _("It stands on the platform as before.")),)
    if view.closed_reason == FROM_SPAMMER:
        return (
            Notice(
                "info",
                _("Closed by itself: whoever wrote this was marked as spam."),
                _("It stands on the platform as before."),
                _("A team lead lifts the mark; then this case opens."),
                _("Marked as spam"),
                url_for("spam_page.spammers"),
            ),
        )
    return ()
