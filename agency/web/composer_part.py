"""The composer as a page shows it: whose voice, where it goes, the words so far, what the style guide says of them."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from flask import current_app, request, url_for
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import MultiDict

from agency.inbox.case import facts_of_view
from agency.inbox.conversation_view import ConversationView
from agency.replies import waiting
from agency.replies.answering import OPEN
from agency.replies.checks import words_kind
from agency.replies.keeping import LONGEST_FORM, Typed
from agency.replies.pauses import pause_words
from agency.replies.queries import ReplyRow
from agency.replies.variants import Given, silence_sends_safe
from agency.replies.words import hash_of
from agency.web import clocks
from agency.web.acknowledge_part import acknowledge_url, acknowledgement, begins_with_it
from agency.web.composer_earlier import BUSY, busy_notice, earlier_notice
from agency.web.composer_variants import fields_of
from agency.web.composer_way import Way, way_of
from agency.web.contexts import CheckResult, Composer
from agency.web.inbox_address import Address, of_change
from agency.web.language import chosen_language, chosen_zone
from agency.web.last_sent import sent_as_before
from agency.web.looks import BrandLook, Notice
from agency.web.reply_looks import let_go_in, result_look, stopped_words, stored_result, way_words
from agency.web.sending_look import when_fields
from agency.web.stored_words import said_again
from agency.web.versions_look import versions_look
from agency.web.wait_words import plan_words, unreached_words
from channels.matching import same_text
from styleguides import brand_check
from styleguides.quiz_gate import version_to_pass
from styleguides.scenarios import CaseFacts
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.errors import Conflict
from tenants.permissions import Actor, Permission
from tenants.sealed import purpose_key


class Written(NamedTuple):
    """Words somebody just sent that are shown again, with what went wrong and what the style guide says of them."""

    text: str
    error: Notice | None = None
    result: CheckResult | None = None
    private: bool = False
    variants: tuple[Given, ...] | None = None


class Binding(NamedTuple):
    """What a composer form is for. Nobody picks these; a form that says otherwise than the conversation is refused.

    `reply_id` is the draft it was filled with, `changes` the published answer whose words it changes.
    """

    conversation_id: str
    brand_id: str
    account_id: str
    reply_id: str
    changes: str = ""


def _signer() -> URLSafeSerializer:
    made = current_app.extensions.get("onbrand_composer_signer")
    if made is None:
        made = URLSafeSerializer(purpose_key(settings_of_app().onbrand_secret_key, "composer"), salt="binding")
        current_app.extensions["onbrand_composer_signer"] = made
    return made


def bind(binding: Binding) -> str:
    """The hidden field of a composer form."""
    return str(_signer().dumps(list(binding)))


def read_binding(word: str, conversation_id: UUID, brand_id: UUID, account_id: UUID) -> Binding:
    """What the form was made for. Raises Conflict `wrong_brand` unless it is this very conversation's."""
    try:
        found = Binding(*_signer().loads(word))
    except (BadSignature, TypeError):
        found = None
    if found is None or found[:3] != (str(conversation_id), str(brand_id), str(account_id)):
        raise Conflict(
            "This form was made for another brand, account or conversation. Nothing was saved or sent. "
            "Copy your words, open the case again and write there.",
            code="wrong_brand",
        )
    return found


def bound_to(word: str, conversation_id: UUID) -> Binding:
    """As `read_binding` where the conversation was not read: the signature alone says that its brand and account are
    these. Raises Conflict `wrong_brand`.
    """
    try:
        found = Binding(*_signer().loads(word))
        return read_binding(word, conversation_id, UUID(found.brand_id), UUID(found.account_id))
    except (BadSignature, TypeError, ValueError):
        return read_binding("", conversation_id, conversation_id, conversation_id)


def typed_in(form: MultiDict[str, str]) -> Typed:
    """What a composer form sends, whoever made it up."""
    turn = form.get("turn", "")
    return Typed(
        form.get("text", "").replace("\r\n", "\n"),
        form.get("idempotency_key", "")[:LONGEST_FORM],
        int(turn) if turn.isascii() and turn.isdecimal() and len(turn) < 7 else 0,
        form.get("based_on", ""),
        takes=form.get("left", "") != "1",
    )


def composer_for(
    view: ConversationView,
    replies: Sequence[ReplyRow],
    actor: Actor,
    address: Address,
    look: BrandLook,
    *,
    held_by_other: bool,
    written: Written | None,
    editing: UUID | None,
    changing: UUID | None = None,
) -> Composer | None:
    """The composer of a conversation; None for who may only read."""
    if not actor.may(Permission.REPLY_WRITE):
        return None
    reply = next((r for r in replies if r.id == editing and r.state in OPEN and r.deed != "withdraw"), None)
    base = next((r for r in replies if r.id == changing and r.state == "published" and r.deed != "withdraw"), None)
    if base is not None:
        reply = draft_of(replies, base.id)
    elif reply is None:
        reply = draft_of(replies)
    else:
        base = next((r for r in replies if r.id == reply.changes_reply_id), None)
    way = Way() if base else way_of(view, replies, automatic=bool(reply and reply.automatic))
    closed = _closed(view, replies, held_by_other=held_by_other, editing=reply) or way.closed
    is_new = reply is None and base is None and closed is None
    heard_url = acknowledge_url(view, address) if is_new else ""
    if written is None and heard_url and begins_with_it():
        begun = acknowledgement(actor, view)
        written = Written(begun[0], None, begun[1])
    stored = reply.text if reply else base.text if base else ""
    text = written.text if written is not None else stored
    asked = bool(reply and reply.private) or (way.may_private and request.args.get("private") == "1")
    private = view.kind == "message" or (written.private if written is not None else asked)
    kind = words_kind(view.kind, private=private)
    if written is not None and written.result is not None:
        result = written.result
    elif reply is not None and text == stored and not reply.typed:
        result = let_go_in(stored_result(reply.findings, reply.guide_version, reply.text, view.platform, kind), reply)
        result = replace(result, may_let_go=actor.may(Permission.REPLY_LET_GO))
    else:
        result = replace(stored_result([], None, text, view.platform, kind), checked=False)
    by_client = False
    if not result.waits and closed is None:
        case = facts_of_view(view, reply.in_reply_to_id if reply is not None else None)
        waits = waits_for(actor, view.id, text, private=private, case=case)
        result, by_client = replace(result, waits=waits.words, sends_safe=waits.sends_safe), waits.by_client
    changes = base.id if base is not None else None
    versions = versions_look(actor, address, view.id, reply, changes) if view.has_versions else None
    foreign = _written_elsewhere(view, replies) if base is None else ""
    may_release = not result.needs_approval and actor.may(Permission.REPLY_RELEASE)
    to_pass = version_to_pass(actor, view.brand_id) if may_release else None
    needs_yes = result.needs_approval or to_pass is not None
    fields, seen = fields_of(reply, written.variants if written is not None else None)
    return Composer(
        brand=look,
        place=way_words(view.kind, deed="edit" if base else "reply"),
        place_private=way_words(view.kind, private=True),
        account=view.account_name,
        sent_as_before=sent_as_before(view.brand_id),
        language=view.language or view.brand_language,
        text=text,
        url=of_change(address.deed_url(view.id, "reply"), changes),
        check_url=of_change(address.deed_url(view.id, "check"), changes),
        autosave_url=of_change(address.deed_url(view.id, "autosave"), changes),
        binding=bind(
            Binding(
                str(view.id),
                str(view.brand_id),
                str(view.account_id),
                str(reply.id) if reply is not None else "",
                str(base.id) if base is not None else "",
            )
        ),
        based_on=reply.text_hash if reply else "",
        idempotency_key=secrets.token_urlsafe(12),
        result=result,
        variants=fields
        if ((needs_yes or not may_release) and not by_client) or any(one.text for one in fields)
        else (),
        variants_seen=seen,
        **when_fields(view, reply),
        closed=closed,
        earlier=earlier_notice(replies, reply) if closed is None else None,
        window=way.window,
        window_words=way.window_words,
        may_private=way.may_private,
        private=private and view.kind != "message" and way.may_private,
        private_words=way.private_words,
        may_submit=True,
        tell_url=address.deed_url(view.id, "tell-client") if by_client else "",
        may_release=may_release and not needs_yes,
        quiz=quiz_notice(view.brand_id, to_pass) if to_pass is not None else None,
        consequence=_consequence(view, private=private, needs_yes=needs_yes, asks=result.waits),
        saved=_saved(reply),
        begun=_begun(reply, actor),
        versions=versions,
        versions_url=of_change(address.deed_url(view.id, "versions"), changes),
        acknowledge_url=heard_url,
        zone=str(chosen_zone()),
        seal=_seal(actor),
        stopped_now=stopped_words(reply) if reply is not None and text == stored else "",
        came_back=said_again(reply.state_reason or "") if reply is not None and reply.state == "draft" else "",
        came_back_at=came_back_at(reply) or "" if reply is not None else "",
        drop_url=address.deed_url(view.id, f"replies/{reply.id}/drop")
        if reply is not None and reply.state == "draft"
        else "",
        standing=foreign,
        standing_hash=hash_of(foreign) if foreign else "",
        replaces=bool(foreign and reply is not None and reply.replaces_text == foreign),
        kept_as=f"{actor.user_id.hex}:{view.id.hex}:{base.id.hex if base else ''}",
        focus=written is not None,
    )


def quiz_notice(brand_id: UUID, number: int) -> Notice:
    """Said before anybody presses: publishing asks for a pass first."""
    return Notice(
        "info",
        _("You have not passed the quiz on this brand's guide, version %(n)s.", n=number),
        _("Until you have, somebody's yes is needed before your words are published."),
        action_label=_("Take the quiz"),
        action_url=url_for("quiz.quiz", brand_id=brand_id),
    )


class Waits(NamedTuple):
    """Whose yes words would wait for, and why; empty where none is asked for. `by_client`: nobody else answers.
    `sends_safe`: a safe wording goes out where nobody decides.
    """

    words: str
    by_client: bool
    sends_safe: bool = False


def waits_for(actor: Actor, conversation_id: UUID, text: str, *, private: bool, case: CaseFacts) -> Waits:
    """Of words that would leave now."""
    found = waiting.forecast(actor, conversation_id, text, private=private, case=case)
    if not found.decision.needs:
        return Waits("", by_client=False)
    said = _(waiting.waits_words(found.whom.names, [one.words for one in found.decision.because]))
    then = plan_words(found.terms, found.plan, clock.now()) if found.plan is not None else ""
    return Waits(
        " ".join(words for words in (said, unreached_words(found.whom.unreached), then) if words),
        by_client=found.terms.mode == "client",
        sends_safe=silence_sends_safe(found.terms),
    )


def _consequence(view: ConversationView, *, private: bool, needs_yes: bool, asks: str) -> str:
    waits = pause_words(view, view.platform, is_message=private)
    if waits is not None:
        return _(waits)
    if asks:  # said beside the findings, which change while somebody types
        return ""
    return _("The client approves before it is published.") if needs_yes else _("Goes out exactly once.")


def _written_elsewhere(view: ConversationView, replies: Sequence[ReplyRow]) -> str:
    """The one answer a review has, where its words are not those we published. Of Google alone: others take many."""
    ours = {r.id: r.text for r in replies}
    for m in view.messages:
        if view.kind == "review" and m.direction == "out" and m.deleted_at is None and m.moderation != "rejected":
            text = ours.get(m.reply_id) if m.reply_id is not None else None
            if text is None or not same_text(text, m.text):
                return m.text
    return ""


def came_back_at(reply: ReplyRow) -> str | None:
    """Names the moment at which this draft became one again, for a reason; None for any other reply."""
    return reply.state_since.isoformat() if reply.state == "draft" and reply.state_reason else None


def draft_of(replies: Sequence[ReplyRow], changes: UUID | None = None) -> ReplyRow | None:
    """The newest draft of an answer, or of a change of that published one."""
    return next(
        (r for r in reversed(replies) if r.state == "draft" and r.deed != "withdraw" and r.changes_reply_id == changes),
        None,
    )


def _saved(reply: ReplyRow | None) -> str:
    if reply is None:
        return ""
    at = clocks.moment(reply.text_at, chosen_zone(), chosen_language()).words
    return _("Draft of %(time)s by %(name)s", time=at, name=reply.text_author_name)


def _begun(reply: ReplyRow | None, actor: Actor) -> str:
    """To whoever comes to a draft of somebody else's."""
    if reply is None or reply.state != "draft" or reply.text_author_id == actor.user_id:
        return ""
    at = clocks.moment(reply.text_at, chosen_zone(), chosen_language()).words
    return _("%(name)s wrote these words, last at %(time)s. Go on from them.", name=reply.text_author_name, time=at)


def _seal(actor: Actor) -> str:
    """The key under which this person's unsaved words lie in a browser: whoever signs in there next cannot read them.

    None of the server's own secrets follows from it, and it opens nothing but those words.
    """
    made = current_app.extensions.get("onbrand_draft_seal")
    if made is None:
        made = purpose_key(settings_of_app().onbrand_secret_key, "draft copies in browsers")
        current_app.extensions["onbrand_draft_seal"] = made
    key = made if isinstance(made, bytes) else made.encode()
    return base64.b64encode(hmac.digest(key, actor.user_id.bytes, "sha256")).decode()


def _closed(
    view: ConversationView, replies: Sequence[ReplyRow], *, held_by_other: bool, editing: ReplyRow | None
) -> Notice | None:
    if view.brand_paused:
        return Notice(
            "warn", _("This brand is paused."), _("Nothing is sent in its name."), _("An agency admin can open it.")
        )
    if view.brand_read_only:
        return Notice(
            "warn",
            _("This brand is read-only."),
            _("The agency's plan does not cover it now. Everything can be read and exported, and drafts are kept."),
            _("An agency admin or a billing admin can mend it under Billing."),
        )
    if held_by_other:
        return Notice(
            "info",
            _("%(name)s has this case.", name=view.holder_name or _("Somebody")),
            _("Two people never answer the same customer."),
            _("Write a note, or take another case."),
        )
    busy = next((r for r in reversed(replies) if r.state in BUSY), None)
    if busy is not None and (editing is None or editing.state == "draft") and draft_of(replies) is None:
        return busy_notice(busy)
    if not any(m.direction == "in" and m.deleted_at is None for m in view.messages):
        return Notice("info", _("The customer's words are gone."), _("There is nothing to answer."), "")
    return None


def result_of(found: brand_check.CheckResult, text: str, platform: str, kind: str) -> CheckResult:
    """A check's findings as the composer shows them."""
    return replace(result_look(found, text, platform, kind), checked=bool(text.strip()))
