"""The part of a policy that says by itself that customers were heard: its fields, and its sentences with the words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict

from agency.inbox.heard_lines import KINDS, WHEN, HeardLine
from agency.replies.acknowledgement_versions import TextsVersion, texts_in_use, texts_of
from agency.replies.policy_terms import MOST_HEARD_LINES, Terms
from agency.web.contexts_policy import HeardFields, HeardLineFields, PolicySentence
from agency.web.language import per_language
from agency.web.looks import Choice
from agency.web.reply_looks import kind_word, platform_word
from agency.web.saved_reply_words import language_name
from styleguides.heard_words import OTHER_WAYS, PLACES, begun
from tenants.brands import PLATFORMS

_FIELDS: Final = ("platform", "kind", "when", "after_minutes")


@per_language
def when_words() -> dict[str, str]:
    """At which times, to choose from."""
    return {
        "always": _("at any time"),
        "closed": _("only while the brand is closed"),
        "rule": _("only where a rule of the desk asks for it"),
    }


def heard_data(typed: MultiDict[str, str]) -> dict[str, Any]:
    """The terms about it, as `read_terms` reads them. A line without minutes says nothing."""
    lines: list[dict[str, int | str]] = [
        {**{name: typed.get(f"heard_{name}.{n}", "") for name in _FIELDS}, "after_minutes": _number(written)}
        for n in range(MOST_HEARD_LINES)
        if (written := typed.get(f"heard_after_minutes.{n}", "").strip())
    ]
    return {"acknowledge": lines, "acknowledge_texts": _number(typed.get("heard_texts", "") or "0") if lines else 0}


def _number(written: str) -> int | str:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 7 else written


def heard_fields(brand_id: UUID, data: Mapping[str, Any], errors: Mapping[str, str], url: str) -> HeardFields:
    """These terms in their fields, with the words that would be signed: the brand's newest."""
    kept = texts_in_use(brand_id)
    lines = [*data["acknowledge"], {}][:MOST_HEARD_LINES]
    return HeardFields(
        lines=tuple(_line(n, line, errors) for n, line in enumerate(lines)),
        texts=kept.number,
        words=_texts(kept),
        texts_url=url,
        error=errors.get("acknowledge", ""),
    )


def _line(number: int, line: Mapping[str, Any], errors: Mapping[str, str]) -> HeardLineFields:
    def choices(name: str, words: Mapping[str, str]) -> tuple[Choice, ...]:
        return tuple(Choice(word, "", value=key, selected=key == line.get(name, "")) for key, word in words.items())

    return HeardLineFields(
        number=number,
        platforms=choices("platform", {"": _("every platform"), **{one: platform_word(one) for one in PLATFORMS}}),
        kinds=choices("kind", {"": _("every kind"), **{one: kind_word(one) for one in KINDS}}),
        times=choices("when", {one: when_words()[one] for one in WHEN}),
        after_minutes=str(line.get("after_minutes", "")),
        error=errors.get(f"acknowledge.{number}", ""),
    )


def _texts(kept: TextsVersion) -> tuple[str, ...]:
    places = {name: f"{{{name}}}" for name in PLACES} | {OTHER_WAYS: kept.other_ways.rstrip(".")}
    return tuple(
        ": ".join(
            (
                ", ".join(
                    word
                    for word in (
                        platform_word(one.platform) if one.platform else "",
                        kind_word(one.kind) if one.kind else "",
                        language_name(one.language),
                    )
                    if word
                ),
                f"“{begun(one.text, places).text}”",
            )
        )
        for one in kept.texts
    )


def heard_sentences(terms: Terms, brand_id: UUID) -> list[PolicySentence]:
    """What the client signs of it, the very words among it; none where the terms say nothing. One statement else."""
    if not terms.acknowledge:
        return []
    return [
        PolicySentence(
            words=_(
                "The brand says by itself that it has read what comes in, at most once a thread and once a day to a "
                "person, where nobody of the agency is at it; never to praise, reviews or what is marked as spam:"
            ),
            entries=tuple(map(_line_words, terms.acknowledge)),
        ),
        PolicySentence(
            words=_(
                "In these words alone, version %(n)s, each in the customer's own language; in braces stand the name, "
                "by when an answer comes, and the hours:",
                n=terms.acknowledge_texts,
            ),
            entries=_texts(texts_of(brand_id, terms.acknowledge_texts)),
        ),
    ]


def _line_words(one: HeardLine) -> str:
    about = ", ".join(
        (
            platform_word(one.platform) if one.platform else _("every platform"),
            kind_word(one.kind) if one.kind else _("comments and direct messages"),
        )
    )
    after = ngettext("after %(num)s minute", "after %(num)s minutes", one.after_minutes)
    return f"{about}: {after}, {when_words()[one.when]}."
