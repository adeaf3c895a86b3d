"""The fields of further wordings in the composer: filled, read from a form, and kept with the draft.

They are kept by a button, as the whole form is: the words typed into them are checked then, and come back with the page
where something was refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import request

from agency.replies import variants
from agency.replies.queries import ReplyRow, get_reply
from agency.replies.variants import FIRST_PLACE, MOST, Given
from agency.web.contexts import VariantField
from agency.web.reply_looks import finding_looks
from tenants.permissions import Actor

SEEN: Final = "variants_seen"
"""Field that says which wordings the form was filled with; a form without it says nothing of them."""


def given_in_form() -> tuple[Given, ...] | None:
    """What stands in the fields, empty ones too; None for a form that has none."""
    if SEEN not in request.form:
        return None
    safe = request.form.get("safe_variant", "")
    places = range(FIRST_PLACE, FIRST_PLACE + MOST)
    typed = {place: request.form.get(f"variant_{place}", "").replace("\r\n", "\n") for place in places}
    return tuple(Given(text, safe == str(place) and bool(text.strip())) for place, text in typed.items())


def keep_given(actor: Actor, kept: ReplyRow, *, takes: bool) -> ReplyRow:
    """Keep what the form says beside this reply's first wording. Raises as `agency.replies.variants.keep_variants`."""
    given = given_in_form()
    if given is None or (not kept.variant_count and not any(one.text.strip() for one in given)):
        return kept
    variants.keep_variants(actor, kept.id, given, seen=request.form[SEEN], takes=takes)
    return get_reply(kept.id)


def fields_of(reply: ReplyRow | None, given: Sequence[Given] | None) -> tuple[tuple[VariantField, ...], str]:
    """The fields, and which wordings they were filled with. What was `given` and not kept comes back."""
    there = variants.variants_of(reply) if reply is not None else ()
    seen = request.form.get(SEEN, "") if given is not None else variants.hash_of_variants(there)
    filled = []
    for place in range(FIRST_PLACE, FIRST_PLACE + MOST):
        held = next((one for one in there if one.place == place), None)
        stored = held.text.text if held is not None else ""
        text, is_safe = stored, held is not None and held.is_safe
        if given is not None:
            text, is_safe = given[place - FIRST_PLACE]
        found = held.text.findings if held is not None and text == stored else []
        filled.append(VariantField(number=place, text=text, is_safe=is_safe, findings=finding_looks(found, text)))
    return tuple(filled), seen
