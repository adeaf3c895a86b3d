"""A thread as pages show it: each message, what it stands under. One look for the agency's pages and the client's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from agency.inbox.conversation_view import ConversationView, MessageView
from agency.inbox.incoming import PRIVATE_SUFFIX
from agency.replies.queries import ReplyRow
from agency.web import clocks
from agency.web.contexts import MessageLook, QuotedPost
from agency.web.kept_looks import apart, kept_looks
from agency.web.language import chosen_language, chosen_zone, per_language
from agency.web.looks import Choice, StateLook
from agency.web.media_words import media_word
from agency.web.receipt_after import live_looks
from agency.web.reply_looks import stars_look
from agency.web.state_looks import reply_states
from agency.web.stored_words import said_again
from agency.web.thread_deeds import Deeds, ThreadDeeds

LONGEST_QUOTE = 600


def message_looks(
    view: ConversationView,
    replies: Iterable[ReplyRow] = (),
    *,
    newest: int | None = None,
    for_client: bool = False,
    without: UUID | None = None,
    deeds: ThreadDeeds | None = None,
) -> tuple[MessageLook, ...]:
    """The thread, oldest first; of a long one the `newest` alone; `without` the reply the page shows for itself.

    Clients see their brand speak: neither who of the agency wrote nor where a reply stands, which their own page says.
    """
    ours = {reply.id: reply for reply in replies}
    wanted = view.messages if without is None else [m for m in view.messages if m.reply_id != without]
    shown = wanted if newest is None else wanted[-newest:]
    return tuple(
        _message(
            m,
            view,
            ours.get(m.reply_id) if m.reply_id is not None else None,
            (deeds or ThreadDeeds()).of(m.id),
            for_client=for_client,
        )
        for m in shown
    )


def _message(
    m: MessageView, view: ConversationView, reply: ReplyRow | None, deeds: Deeds, *, for_client: bool
) -> MessageLook:
    is_ours = m.direction == "out"
    reply = reply or deeds.reply
    # Private answers beneath a comment are told by their id: a client's page knows no replies.
    private = is_ours and view.kind != "message" and m.external_id.endswith(PRIVATE_SUFFIX)
    rejected = is_ours and m.moderation == "rejected"
    if is_ours and for_client:
        author = view.brand_name
    elif reply is not None and reply.acknowledges is not None:
        author = _("Acknowledged automatically")
    else:
        author = (reply.written_by_name if reply else m.author_name) or (view.account_name if is_ours else "")
    return MessageLook(
        id=str(m.id),
        ours=is_ours,
        author=author or _("Somebody"),
        text=m.text,
        at=clocks.moment(m.edited_at or m.written_at, chosen_zone(), chosen_language()),
        language=m.language or "",
        stars=None if is_ours else stars_look(m.stars),
        state=_state(m, reply) if is_ours and not for_client else None,
        edited=m.edited_at is not None and not is_ours,
        deleted=m.deleted_at is not None,
        hidden=m.hidden and m.deleted_at is None,
        shortened=m.truncated and m.deleted_at is None,
        attachments=tuple(_attachment(one) for one in apart(m, view)),
        kept=kept_looks(m, view),
        depth=1 if m.parent_external_id not in (None, view.external_id) else 0,
        receipt_url=f"/replies/{reply.id}/receipt" if reply and not for_client else "",
        permalink=m.permalink or "",
        private=private,
        elsewhere=is_ours and m.reply_id is None and reply is None and not for_client and m.deleted_at is None,
        refusal=str(view.context.get("violation") or "") if rejected else "",
        why_away=_why_away(reply) if reply and not for_client else "",
        linked=deeds.linked,
        change_url=deeds.change_url,
        take_back_url=deeds.take_back_url,
        liked=m.liked and m.deleted_at is None,
        deeds_url=deeds.deeds_url,
        deeds=deeds.deeds,
        harsh_deeds=deeds.harsh_deeds,
        deed_states=deeds.states,
        deed_reason=deeds.reason,
        data=deeds.data,
        promises=deeds.promises,
    )


def _why_away(reply: ReplyRow) -> str:
    """Of an answer that does not stand as it was sent."""
    is_other = reply.state == "published" and reply.live_state in _LATER
    return said_again(reply.state_reason or "") if is_other else ""


@per_language
def outgoing_states() -> dict[str, StateLook]:
    """Where a message of ours stands once a platform has it."""
    return {
        "published": reply_states()["published"],
        "pending": StateLook("pending", _("Not visible yet"), "hourglass", "warn"),
        "rejected": StateLook("rejected", _("Refused by the platform"), "cross", "bad"),
        **{state: look for state, look in live_looks().items() if state in _LATER},
    }


_LATER = ("hidden", "edited", "removed", "gone_along", "not_seen")
"""What was seen of it after it had been there, or should have been."""


def _state(m: MessageView, reply: ReplyRow | None) -> StateLook:
    if reply is not None and reply.live_state in _LATER:
        return outgoing_states()[reply.live_state]
    return outgoing_states()[m.moderation if m.moderation in ("pending", "rejected") else "published"]


def _attachment(one: dict[str, Any]) -> Choice:
    words = media_word(one.get("kind")) or _("Attachment")
    title = one.get("title")
    return Choice(f"{words}: {title}" if title else words, str(one.get("url") or ""))


def quoted_post(view: ConversationView, *, with_place: bool = False) -> QuotedPost | None:
    """The post it stands under. A review stands under none: its place is quoted where asked for, else None."""
    post = view.context
    if not post.get("external_id"):
        is_place = with_place and view.kind == "review"
        return QuotedPost(heading=view.account_name, permalink=view.permalink or "") if is_place else None
    text, media = str(post.get("text") or ""), media_word(post.get("media_kind"))
    return QuotedPost(
        heading=_("The post it stands under"),
        text=text[:LONGEST_QUOTE] + ("…" if len(text) > LONGEST_QUOTE else ""),
        permalink=str(post.get("permalink") or ""),
        facts=(media,) if media else (),
    )
