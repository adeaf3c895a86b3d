"""One conversation as a page shows it: thread, replies, notes, who has it, and what may be done."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from agency.inbox.conversation_view import ConversationView, get_conversation, rank_parts
from agency.inbox.desk import Case
from agency.replies.queries import ReplyRow, replies_of, shown_to
from agency.web import clocks
from agency.web.claim_look import claim_look
from agency.web.composer_part import Written, composer_for
from agency.web.contexts import (
    ConversationPage,
    NoteLook,
    ReplyLook,
    SideLine,
    SidePart,
)
from agency.web.inbox_address import Address
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, Notice, brand_look
from agency.web.message_looks import message_looks, quoted_post
from agency.web.pulse import PATH as PULSE
from agency.web.rank_words import rank_look
from agency.web.reply_looks import place_words, platform_word, stopped_words, way_words
from agency.web.sheet_look import address_of as sheet_address
from agency.web.state_looks import conversation_states, reply_states, unknown_state
from agency.web.stored_words import said_again
from agency.web.thread_deeds import thread_deeds
from agency.web.voice_look import voice_url
from tenants import clock
from tenants.permissions import Actor, Permission

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
    view = get_conversation(conversation_id, before=before)
    replies = shown_to(actor, replies_of(conversation_id))
    now, locale = clock.now(), chosen_language()
    zone = chosen_zone()
    look = brand_look(str(view.brand_id), view.brand_name, view.brand_mark, view.brand_colour)
    held = view.holder_id is not None and (view.held_until is None or view.held_until >= now)
    mine = held and view.holder_id == actor.user_id
    may_work = actor.may(Permission.CONVERSATION_WORK)
    may_touch = may_work and (mine or not held or actor.may(Permission.CONVERSATION_REASSIGN))
    states = conversation_states()
    code = "claimed" if held and view.status == "open" else view.status
    is_open = view.status == "open"
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
        due_reason=_("first answer within %(hours)s h", hours=view.answer_due_hours) if view.due_at and is_open else "",
        context=quoted_post(view, with_place=True),
        messages=message_looks(view, replies, deeds=thread_deeds(view, replies, actor, address)),
        earlier_messages_url=_earlier_url(address, view) if view.more_before else "",
        replies=tuple(reply_look(r, actor, address) for r in replies if _stands_apart(r, view, replies)),
        notes=tuple(
            NoteLook(author=n.author_name, text=n.text, at=clocks.age(n.created_at, now, zone, locale))
            for n in (view.notes if actor.may(Permission.NOTE_READ) else ())
        ),
        claim=claim_look(Case(*(getattr(view, name) for name in Case._fields)), actor, address),
        composer=composer_for(
            view,
            replies,
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
        beside_url=address.deed_url(view.id, "beside"),
        rank=rank_look(
            rank_parts(view, now),
            now,
            weights_url=url_for("ranking_page.weights") if actor.may(Permission.RANKING_MANAGE) else "",
        ),
        side=_side(view, address),
        notices=_notices(view, actor, written),
        note_url=address.deed_url(view.id, "note") if actor.may(Permission.NOTE_WRITE) else "",
        resolve_url=address.deed_url(view.id, "close") if may_touch and view.status != "closed" else "",
        reopen_url=address.deed_url(view.id, "reopen") if may_touch and not is_open else "",
        snooze_url=address.deed_url(view.id, "snooze") if may_touch and is_open else "",
        snooze_options=_snooze_options(now) if may_touch and is_open else (),
        assign_url=address.deed_url(view.id, "assign")
        if is_open and actor.may(Permission.CONVERSATION_REASSIGN)
        else "",
    )


def _earlier_url(address: Address, view: ConversationView) -> str:
    path, mark, query = address.case_url(view.id).partition("?")
    return f"{path}?{query}{'&' if mark else ''}before={view.more_before}"


def _stands_apart(reply: ReplyRow, view: ConversationView, replies: list[ReplyRow]) -> bool:
    """Drafts stand in the composer, published replies in the thread once it shows them; the rest on their own.

    A begun change of a published answer stands on its own, too: the composer is for the next answer.
    """
    if reply.state in ("draft", "dropped"):
        return reply.state == "draft" and reply.deed != "reply"
    if reply.state == "published" and any(r.changes_reply_id == reply.id and r.state == "published" for r in replies):
        return False  # what changed it stands in its place
    return reply.state != "published" or not any(m.reply_id == reply.id for m in view.messages)


def reply_look(reply: ReplyRow, actor: Actor, address: Address) -> ReplyLook:
    """A reply past its draft."""
    zone, locale = chosen_zone(), chosen_language()
    state = reply_states().get(reply.state) or unknown_state(reply.state)
    since = clocks.moment(reply.state_since, zone, locale).words
    facts = {
        "awaiting_approval": _("With the client since %(time)s", time=since),
        "approved": _("Approved %(time)s.", time=since) + f" {said_again(reply.state_reason)}"
        if reply.state_reason
        else _("Approved %(time)s, goes out now", time=since),
        "publishing": _("Being sent since %(time)s", time=since),
        "outcome_unknown": _("The platform did not answer. We are looking, and will not send it twice."),
        "published": _("Sent %(time)s", time=since),
    }.get(reply.state, "")
    if reply.state == "published" and reply.live_state == "pending":
        facts = _("Taken %(time)s; the platform checks it before anybody sees it", time=since)
    way = way_words(reply.kind, private=reply.private, deed=reply.deed)
    may_write = actor.may(Permission.REPLY_WRITE)
    base = f"{reply.conversation_id}"
    return ReplyLook(
        id=str(reply.id),
        text=reply.text,
        state=state,
        way=way if reply.deed != "reply" or reply.private else "",
        facts=facts or (said_again(reply.state_reason or "") if reply.state in ("refused", "draft") else ""),
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


def _is_editable(reply: ReplyRow) -> bool:
    return reply.deed != "withdraw" and reply.state in ("draft", "awaiting_approval")


def _edit_url(address: Address, reply: ReplyRow) -> str:
    path, mark, query = address.case_url(reply.conversation_id).partition("?")
    return f"{path}?{query}{'&' if mark else ''}edit={reply.id}#composer"


def _side(view: ConversationView, address: Address) -> tuple[SidePart, ...]:
    zone, locale, now = chosen_zone(), chosen_language(), clock.now()
    states = conversation_states()
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
                )
                for e in view.earlier
            ),
            empty=_("Nothing earlier that the platform tells us belongs to this person."),
        ),
    )


def _notices(view: ConversationView, actor: Actor, written: Written | None) -> tuple[Notice, ...]:
    found = []
    if written is not None and written.error is not None:
        found.append(written.error)
    account = _account_notice(view, actor)
    return (*found, account) if account is not None else tuple(found)


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


def _snooze_options(now: datetime) -> tuple[Choice, ...]:
    zone = chosen_zone()
    tomorrow = (now.astimezone(zone) + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    monday = tomorrow + timedelta(days=(7 - tomorrow.weekday()) % 7)
    return (
        Choice(_("In 1 hour"), "", value=(now + timedelta(hours=1)).isoformat(timespec="seconds")),
        Choice(_("Tomorrow 09:00"), "", value=tomorrow.isoformat()),
        Choice(_("Monday 09:00"), "", value=monday.isoformat()),
    )
