"""The client's lists, drawn: what waits and may be ticked, or why not; what was decided; what stands published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.replies.checks import words_kind
from agency.replies.deciding_many import Decided, Shown, Tickable, look_at_many
from agency.replies.live_places import LivePlace, live_places
from agency.replies.queries import WaitingReply
from agency.replies.sending_time import any_later
from agency.web import clocks
from agency.web.contexts_owner import LeftRow, WaitingRow
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import BrandLook, Notice, brand_look
from agency.web.receipt_after import live_looks
from agency.web.reply_looks import place_words, result_look, stars_look
from agency.web.sending_words import goes_out_words
from agency.web.shell import brand_looks
from agency.web.state_looks import reply_states
from agency.web.wait_words import wait_sentences
from styleguides.masking import masked
from tenants import clock
from tenants.errors import AppError, Invalid
from tenants.ids import id_from
from tenants.permissions import Actor

EXCERPT_CHARACTERS = 140
WHOLE_CHARACTERS = 700
"""Of what a customer wrote, where the whole of ours stands beside it: a screen of a phone."""

NOT_MINE = frozenset({"not_your_turn", "own_reply"})
"""Why-nots of replies that wait for others."""

Address = Callable[[UUID], str]


def tick_of(shown: Shown) -> str:
    """A reply as it was shown, as the form carries it."""
    return f"{shown.reply_id} {shown.text_hash} {shown.asked_at.isoformat()}"


def posted_ticks() -> list[Shown]:
    """What was ticked where its button was pressed. Raises Invalid for what none of our forms sends."""
    found = [_tick_from(value) for value in request.form.getlist("reply")]
    if None in found or request.form.get("do") != "approve_many":
        raise Invalid("This form is damaged. Nothing was decided. Open the page anew and tick again.", code="bad_form")
    return [one for one in found if one is not None]


def _tick_from(value: str) -> Shown | None:
    parts = value.split(" ")
    reply_id = id_from(parts[0])
    if len(parts) != 3 or reply_id is None:
        return None
    try:
        asked_at = datetime.fromisoformat(parts[2])
    except ValueError:
        return None
    return Shown(reply_id, parts[1], asked_at) if asked_at.tzinfo is not None else None


def waiting_row(row: WaitingReply, address: Address, looks: Mapping[UUID, BrandLook]) -> WaitingRow:
    """One reply in a list, in few words."""
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    waits = row.state == "awaiting_approval"
    return WaitingRow(
        url=address(row.id),
        brand=looks.get(row.brand_id) or brand_look(str(row.brand_id), row.brand_name, row.brand_name[:2], ""),
        place=place_words(row.platform, row.kind),
        customer=row.customer_name or _("Somebody"),
        customer_words=_excerpt(row.customer_text) or _("A rating without words."),
        draft=_excerpt(row.text),
        language=row.customer_language or "",
        stars=stars_look(row.stars),
        written_by=row.written_by_name,
        waiting=clocks.age(row.state_since, now, zone, locale),
        due=clocks.due(row.due_at, now, zone, locale) if row.due_at and waits else None,
        state=None if waits else reply_states().get(row.state),
        stopped=row.stopped_by_version is not None and waits,
        goes_out=goes_out_words(row),
        waits=" ".join(wait_sentences(row.waits_clock)) if waits else "",
    )


def tickable_rows(
    actor: Actor, rows: list[WaitingReply], address: Address, *, ticked: bool = False, only_mine: bool = False
) -> tuple[WaitingRow, ...]:
    """What waits, each with all of our words, what the guide says, and a tick or why there is none. `ticked`: all are.
    `only_mine`: what waits for somebody else is left out.
    """
    looks, found = brand_looks(), look_at_many(actor, [row.id for row in rows])
    return tuple(
        _tickable(row, waiting_row(row, address, looks), found.get(row.id), ticked=ticked)
        for row in rows
        if not only_mine or _is_mine(found.get(row.id))
    )


def _is_mine(found: Tickable | None) -> bool:
    return found is not None and (found.why_not is None or found.why_not.code not in NOT_MINE)


def _tickable(row: WaitingReply, drawn: WaitingRow, found: Tickable | None, *, ticked: bool) -> WaitingRow:
    if found is None or found.around.text.text_hash != row.text_hash:
        return drawn  # it moved between two statements of this page: the next look says where to
    reply = found.around.reply
    kind = words_kind(row.kind, private=reply.private)
    return replace(
        drawn,
        whole=row.text,
        customer_words=_excerpt(row.customer_text, WHOLE_CHARACTERS) or drawn.customer_words,
        result=result_look(found.check, row.text, row.platform, kind),
        tick=tick_of(Shown(row.id, row.text_hash, row.state_since)) if found.why_not is None else "",
        ticked=ticked and found.why_not is None,
        why_not="" if found.why_not is None else why_not_words(found.why_not),
    )


def why_not_words(why_not: AppError) -> str:
    """Why a reply cannot be ticked, in a few words; what a press would say where there are none."""
    words = {
        "style_stop": _("Your style guide stops these words: change them or ask for changes."),
        "own_reply": _("You wrote it, so somebody else decides."),
        "not_your_turn": _("It waits for somebody else."),
        "more_steps": _("Somebody else says yes after you: open it and decide there."),
        "several_wordings": _("It offers several wordings: open it and choose one."),
        "message_changed": _("The customer changed what they wrote: the agency looks at it again."),
        "message_deleted": _("The customer deleted what they wrote: there is nothing to answer."),
        "text_changed": _("The words changed meanwhile: read the new ones."),
        "asked_anew": _("It was sent to you anew: read what it answers now."),
        "window_closed": _("The time in which the platform takes this message is over."),
        "brand_paused": _("The brand is paused."),
    }
    return words.get(why_not.code or "") or _(why_not.message)


def left_rows(decided: Decided, address: Address) -> tuple[LeftRow, ...]:
    """What a press left as it is."""
    looks = brand_looks()
    return tuple(
        LeftRow(
            url=address(one.reply_id),
            brand=looks.get(one.brand_id) or brand_look(str(one.brand_id), "", "", ""),
            customer=one.customer_name or _("Somebody"),
            why=_(one.why.message),
        )
        for one in decided.left
    )


def decided_notice(decided: Decided) -> Notice:
    """What a press did, in three sentences."""
    approved, left = len(decided.approved) + len(decided.already), len(decided.left) + decided.missing
    yes = ngettext("%(num)s reply is approved.", "%(num)s replies are approved.", approved)
    no = ngettext(
        "%(num)s is not, and nothing of it is published.", "%(num)s are not, and nothing of them is published.", left
    )
    gone = ngettext(
        "%(num)s of them is not there for you any more.",
        "%(num)s of them are not there for you any more.",
        decided.missing,
    )
    if not left:
        return Notice("good", yes, each_words(later=any_later(decided.approved, clock.now())))
    return Notice(
        "warn",
        yes if approved else _("Nothing was approved."),
        f"{no} {gone}" if decided.missing else no,
        _("Below stands why; open those and decide there.") if decided.left else "",
    )


def each_words(*, later: bool) -> str:
    """When what was approved together goes out. `later`: some of it waits for its time."""
    if later:
        return _("Each is published once: within a minute or so, or at the time that was set for it.")
    return _("Each is published once, within a minute or so.")


def settled_rows(rows: list[WaitingReply], receipt: Address) -> tuple[WaitingRow, ...]:
    """What waits no more: how it stands and where, by the last look; each leads to its receipt, as `receipt` says.
    A statement more for any.
    """
    looks, places = brand_looks(), live_places([row.id for row in rows]) if rows else {}
    return tuple(
        _published(waiting_row(row, receipt, looks), places.get(row.id), receipt(row.id))
        if row.state == "published"
        else waiting_row(row, receipt, looks)
        for row in rows
    )


def published_rows(rows: list[WaitingReply], address: Address) -> tuple[WaitingRow, ...]:
    """What is out: where it stands, and its receipt; a statement more for any."""
    looks, places = brand_looks(), live_places([row.id for row in rows]) if rows else {}
    return tuple(
        _published(waiting_row(row, address, looks), places.get(row.id), url_for("receipts.receipt", reply_id=row.id))
        for row in rows
    )


def _published(drawn: WaitingRow, place: LivePlace | None, receipt_url: str) -> WaitingRow:
    if place is None:
        return replace(drawn, receipt_url=receipt_url)
    return replace(drawn, live_url=place.url, live=live_looks().get(place.live_state or ""), receipt_url=receipt_url)


def _excerpt(text: str, most: int = EXCERPT_CHARACTERS) -> str:
    line = masked(" ".join(text[: most * 4].split()))
    return line if len(line) <= most else line[: most - 1] + "…"
