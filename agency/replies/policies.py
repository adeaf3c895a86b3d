"""Whether a reply waits for the client's yes, and for whose: one pure function of the policy and the case.

The table below is the only place that knows the rules. What a rule cannot tell waits for a person, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from agency.replies.policy_terms import Terms
from styleguides.check import check_text
from styleguides.compiled import CompiledRules, compile_rules
from styleguides.fact_values import amounts
from styleguides.length import PLATFORM_LABELS
from styleguides.rule_kinds import CheckContext, NeedsApproval
from tenants.errors import Worded, worded

_WORDS_RULE: Final = "policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a policy is asked about. None is what nobody can tell, and is never taken for a no.

    `kind` is comment, review or message; `language` the brand's. `gives`: something was given to the customer in this
    case. `earlier_replies`: how many of this writer's replies the brand has published, counted no further than the
    rule asks. `deed` as in `Reply`.
    """

    platform: str
    kind: str
    text: str
    language: str
    stars: int | None = None
    complaint: bool | None = None
    sentiment: str | None = None
    gives: bool | None = None
    earlier_replies: int | None = None
    deed: str = "reply"


class Because(NamedTuple):
    """A rule that holds, by its field in Terms, in words."""

    rule: str
    words: Worded


class Decision(NamedTuple):
    """Whether it waits, and every reason why."""

    needs: bool
    because: tuple[Because, ...] = ()


def _stars(terms: Terms, facts: Facts) -> Worded | None:
    if not terms.stars_at_most or facts.kind != "review":
        return None
    if facts.stars is None:
        return worded("nobody can tell how many stars it has")
    if facts.stars > terms.stars_at_most:
        return None
    return worded("it has %(n)s of 5 stars", n=facts.stars)


def _platform(terms: Terms, facts: Facts) -> Worded | None:
    if facts.platform not in terms.platforms:
        return None
    return worded("it goes out on %(platform)s", platform=PLATFORM_LABELS.get(facts.platform, facts.platform))


_KIND_WORDS: Final = {
    "comment": worded("it answers a comment"),
    "review": worded("it answers a review"),
    "message": worded("it answers a direct message"),
}


def _kind(terms: Terms, facts: Facts) -> Worded | None:
    return _KIND_WORDS[facts.kind] if facts.kind in terms.kinds else None


def _words(terms: Terms, facts: Facts) -> Worded | None:
    if not terms.words:
        return None
    # In the language it seems to be written in and in the brand's: a wrong guess shall let nothing pass.
    for language in (None, facts.language):
        context = CheckContext(language=language, brand_language=facts.language)
        for found in check_text(_compiled(terms.words), facts.text, context):
            if found.needs_approval:
                return worded("the reply says “%(words)s”", words=facts.text[found.start : found.end])
    return None


def _money(terms: Terms, facts: Facts) -> Worded | None:
    if not terms.money:
        return None
    amount = next(amounts(facts.text), None)
    if amount is not None:
        return worded("the reply names money: %(words)s", words=facts.text[amount[0][0] : amount[0][1]])
    if facts.gives is None:
        return worded("nobody can tell whether something was given in this case")
    return worded("something was given to the customer in this case") if facts.gives else None


def _complaint(terms: Terms, facts: Facts) -> Worded | None:
    if not terms.complaints:
        return None
    if facts.complaint is None:
        return worded("nobody can tell whether it is a complaint")
    return worded("it is a complaint") if facts.complaint else None


def _negative(terms: Terms, facts: Facts) -> Worded | None:
    if not terms.negative:
        return None
    if facts.sentiment is None:
        return worded("nobody can tell how the customer feels")
    return worded("the customer is unhappy") if facts.sentiment == "negative" else None


def _first(terms: Terms, facts: Facts) -> Worded | None:
    if not terms.first_replies:
        return None
    if facts.earlier_replies is None:
        return worded("nobody can tell how many replies the writer has published here")
    if facts.earlier_replies >= terms.first_replies:
        return None
    return worded("it is one of its writer's first %(n)s replies for this brand", n=terms.first_replies)


TABLE: Final[Mapping[str, Callable[[Terms, Facts], Worded | None]]] = {
    "stars_at_most": _stars,
    "platforms": _platform,
    "kinds": _kind,
    "words": _words,
    "money": _money,
    "complaints": _complaint,
    "negative": _negative,
    "first_replies": _first,
}
"""Rule, by its field in Terms → why it holds of a case, None where it does not. One that holds is enough."""


def decide(terms: Terms, facts: Facts) -> Decision:
    """Whether this reply waits for a yes by these terms. Taking our own words back never waits, but where the client
    answers: there nothing is the agency's to press.
    """
    if terms.mode == "client":
        return Decision(True, (Because("mode", worded("this client answers themselves")),))
    if facts.deed == "withdraw" or terms.needs == "none":
        return Decision(False)
    if terms.needs == "all":
        return Decision(True, (Because("needs", worded("every reply of this brand does")),))
    because = tuple(Because(name, words) for name, rule in TABLE.items() if (words := rule(terms, facts)) is not None)
    return Decision(bool(because), because)


def deciders(
    terms: Terms,
    step: int,
    *,
    approvers: Collection[UUID],
    authors: Collection[UUID],
    today: date,
    escalated: bool = False,
) -> frozenset[UUID]:
    """Who may say yes at this step, from 1, on this day of the brand's: of whoever may approve at all, never an author.
    `escalated`: silence has called those the policy names for that.

    A stand-in takes the place of whoever is away, where the stand-in may say yes. Empty where nobody may: it waits.
    """
    may = frozenset(approvers) - frozenset(authors)
    if terms.steps and not 1 <= step <= len(terms.steps):
        return frozenset()
    named = frozenset(terms.steps[step - 1]) if terms.steps else frozenset(approvers)
    named |= frozenset(terms.escalate_to) if escalated else frozenset()
    chosen = set(named)
    for one in terms.stand_ins:
        if one.away in named and one.person in may and one.from_day <= today <= one.until_day:
            chosen.discard(one.away)
            chosen.add(one.person)
    return frozenset(chosen) & may


def next_step(terms: Terms, done: Collection[int]) -> int | None:
    """The first step whose yes these very words do not have; None where they have every one."""
    return next((step for step in range(1, terms.step_count + 1) if step not in done), None)


@lru_cache(maxsize=256)
def _compiled(words: tuple[str, ...]) -> CompiledRules:
    return compile_rules([NeedsApproval(id=_WORDS_RULE, level="warn", phrases=words)])
