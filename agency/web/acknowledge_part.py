"""At a case: words that say the customer was heard, to begin with, and the way to them."""

from __future__ import annotations

from dataclasses import replace

from flask import request

from agency.inbox.case import read_case
from agency.inbox.conversation_view import ConversationView
from agency.replies.acknowledging import acknowledgement_for
from agency.replies.checks import words_kind
from agency.web.contexts_conversation import CheckResult
from agency.web.inbox_address import Address
from agency.web.language import chosen_language
from agency.web.promise_looks import would_promise
from agency.web.reply_looks import result_look
from styleguides.brand_check import check_for_brand
from tenants import clock
from tenants.permissions import Actor

ASKED = "acknowledge"


def begins_with_it() -> bool:
    """Whether the address asks for it."""
    return request.method == "GET" and request.args.get(ASKED) == "1"


def acknowledge_url(view: ConversationView, address: Address) -> str:
    """Where the composer is filled with it; empty where nobody waits to be heard, and at a review, which has room for
    one answer.
    """
    heard = view.clocks.get("heard") or {}
    if view.status != "open" or view.kind == "review" or "at" in heard or not heard:
        return ""
    path, mark, query = address.case_url(view.id).partition("?")
    return f"{path}?{query}{'&' if mark else ''}{ASKED}=1#composer"


def acknowledgement(actor: Actor, view: ConversationView) -> tuple[str, CheckResult]:
    """The words to begin with, and what the brand's guide says of them."""
    is_message = view.kind == "message"
    case = read_case(actor, view.id)
    text = acknowledgement_for(case, view.clocks, private=is_message).text
    kind = words_kind(view.kind, private=is_message)
    found = check_for_brand(
        view.brand_id,
        text,
        view.platform,
        kind,
        stars=view.stars,
        customer_name=view.author_name,
        reader_language=chosen_language(),
        beside_others=True,
        case=case.facts,
        promises_at=clock.now(),
    )
    result = replace(result_look(found, text, view.platform, kind), checked=True)
    return text, replace(result, promises=would_promise(text, found.promises, view.brand_time_zone))
