"""An approval policy in words, as the client signs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from babel.dates import format_date
from babel.lists import format_list
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.replies.policy_models import ApprovalPolicy
from agency.replies.policy_terms import Terms, terms_from_data
from agency.web.contexts_policy import PolicyLook, PolicySentence
from agency.web.guide_looks import version_states
from agency.web.language import chosen_language, per_language
from agency.web.policy_heard import heard_sentences
from agency.web.policy_waiting_form import mode_words
from agency.web.policy_waiting_words import waiting_sentences
from agency.web.reply_looks import platform_word

Names = Mapping[UUID, str]


@per_language
def kind_words() -> dict[str, str]:
    """What a reply may answer."""
    return {"comment": _("Comments"), "review": _("Reviews"), "message": _("Direct messages")}


@per_language
def needs_words() -> dict[str, str]:
    """Which replies wait, to choose from."""
    return {
        "all": _("Every reply waits for a yes"),
        "rule": _("Only replies that one of these rules names"),
        "none": _("No reply waits: the agency publishes by itself"),
    }


@per_language
def tick_words() -> dict[str, str]:
    """The rules that are simply on or off."""
    return {
        "money": _("The reply names an amount of money, or something was given in the case"),
        "complaints": _("The customer complains"),
        "negative": _("The customer is unhappy"),
    }


@per_language
def rule_words() -> dict[str, str]:
    """Each rule's name, by its field."""
    return {
        "needs": _("Every reply"),
        "stars_at_most": _("Stars"),
        "platforms": _("Where it goes out"),
        "kinds": _("What it answers"),
        "words": _("Words in the reply"),
        "money": _("Money"),
        "complaints": _("Complaints"),
        "negative": _("Unhappy customers"),
        "first_replies": _("First replies of somebody new"),
        "mode": _("The client answers"),
    }


def sentences(terms: Terms, names: Names) -> tuple[PolicySentence, ...]:
    """What the terms say, whole."""
    found = [_which(terms)]
    if terms.mode == "client":
        found = [PolicySentence(words=f"{mode_words()['client']}. {_client_answers()}")]
    elif terms.needs == "none":
        found.append(
            PolicySentence(words=_("Who writes a reply may still ask for a yes. Then this holds:"), entries=())
        )
    found += [PolicySentence(words=words) for words in _who(terms, names)]
    found += waiting_sentences(terms, lambda people: _people(people, names))
    found.append(
        PolicySentence(
            words=_(
                "Nobody says yes to words of their own. Words that the style guide lets out only with a yes wait in "
                "any case; taking our own answer back never waits."
            )
        )
    )
    return tuple(found)


def _client_answers() -> str:
    return _("Nothing goes out without the client's own press; the agency tells of cases and may suggest words.")


def _which(terms: Terms) -> PolicySentence:
    if terms.needs != "rule":
        return PolicySentence(words=f"{needs_words()[terms.needs]}.")
    return PolicySentence(
        words=_("A reply waits for a yes where one of these holds, and where nobody can tell whether it does:"),
        entries=tuple(_rules(terms)),
    )


def _rules(terms: Terms) -> list[str]:
    found = []
    if terms.stars_at_most:
        found.append(
            ngettext(
                "It answers a review of %(num)s star.",
                "It answers a review of %(num)s stars or fewer.",
                terms.stars_at_most,
            )
        )
    if terms.platforms:
        found.append(_("It goes out on %(places)s.", places=_one_of([platform_word(one) for one in terms.platforms])))
    found += [
        {
            "comment": _("It answers a comment."),
            "review": _("It answers a review."),
            "message": _("It answers a direct message, or goes out as one."),
        }[one]
        for one in terms.kinds
    ]
    if terms.words:
        found.append(
            _("It says, in any grammatical form: %(words)s.", words=", ".join(f"“{one}”" for one in terms.words))
        )
    found += [f"{words}." for name, words in tick_words().items() if getattr(terms, name)]
    if terms.first_replies:
        found.append(_("Its writer has published fewer than %(n)s replies for this brand.", n=terms.first_replies))
    return found


def _who(terms: Terms, names: Names) -> list[str]:
    if not terms.steps:
        said = [_("Any of the brand's client owners says yes.")]
    elif len(terms.steps) == 1:
        said = [_("%(names)s says yes.", names=_people(terms.steps[0], names))]
    else:
        groups = [_people(step, names) for step in terms.steps]
        said = [
            _("Yes is said in this order, each after the one before: %(names)s.", names=" → ".join(groups)),
            _("Where somebody later changes the words, the others are not asked again.")
            if terms.changes_go_on
            else _("Where somebody later changes the words, those before are asked again."),
        ]
    said += [
        _(
            "From %(first)s to %(last)s, %(person)s decides in the place of %(away)s.",
            first=day_words(one.from_day),
            last=day_words(one.until_day),
            person=_name(one.person, names),
            away=_name(one.away, names),
        )
        for one in terms.stand_ins
    ]
    return said


def day_words(day: date) -> str:
    """12 November 2026."""
    return str(format_date(day, "long", locale=chosen_language()))


def _people(ids: Sequence[UUID], names: Names) -> str:
    return _one_of([_name(one, names) for one in ids])


def _name(person: UUID, names: Names) -> str:
    return names.get(person) or _("somebody who has left")


def _one_of(words: list[str]) -> str:
    return str(format_list(words, style="or", locale=chosen_language()))


def policy_look(version: ApprovalPolicy | None, names: Names) -> PolicyLook:
    """A version as the page shows it; None is what holds before any."""
    if version is None:
        return PolicyLook(
            title=_("As it came"),
            state=version_states()["in_force"],
            sentences=sentences(Terms(), names),
            signed=_("Nobody has signed anything yet."),
        )
    terms = terms_from_data(version.terms)
    return PolicyLook(
        title=_("Version %(n)s", n=version.number),
        state=version_states()[version.state],
        sentences=(*sentences(terms, names), *heard_sentences(terms, version.brand_id)),
        signed=_signed(version),
        written=_("Prepared by %(name)s", name=version.written_by_name) if version.written_by else "",
        note=version.note,
        answer=version.answer,
    )


def with_difference(look: PolicyLook, before: PolicyLook) -> PolicyLook:
    """The version with what it adds to the one before it, and what it drops, each as it is said there."""
    new, old = _lines(look), _lines(before)
    return replace(
        look,
        added=tuple(line for line in new if line not in old),
        dropped=tuple(line for line in old if line not in new),
    )


def _lines(look: PolicyLook) -> list[str]:
    return [
        f"{sentence.words} {entry}" if entry else sentence.words
        for sentence in look.sentences
        for entry in (sentence.entries or ("",))
    ]


def _signed(version: ApprovalPolicy) -> str:
    if version.signed_how == "as_before":
        return _("As it was before there were policies; nobody has signed it.")
    if version.signed_on is None:
        return ""
    words = {"name": version.signed_by_name, "day": day_words(version.signed_on)}
    if version.signed_how == "paper":
        return _(
            "Signed on paper by %(name)s on %(day)s, as %(who)s recorded.", who=version.put_in_force_by_name, **words
        )
    return _("Signed here by %(name)s on %(day)s.", **words)
