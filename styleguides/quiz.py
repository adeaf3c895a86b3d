"""Questions about a brand's style guide, made from its own rules and their examples. Pure: one seed, one quiz.

Nothing is asked whose answer the checker does not bear out. What is offered as broken breaks; what is offered as kept
is held against the text also without its limits (platform, kind, language, stars, whether the name is known), so that
nobody who does not have them in mind takes it for broken; and of two passages the right one lacks nothing that the
wrong one has.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Final, Literal

from styleguides.check import CheckContext, CompiledRules, Finding, check_text, compile_rules, example_context
from styleguides.rule_kinds import Banned, Example, Preferred, Rule

MOST_QUESTIONS: Final = 10
FEWEST_QUESTIONS: Final = 5
"""A guide with less to ask than two quizzes keeps half of it for another try, but asks so many if it can."""
PASS_PERCENT: Final = 80
"""Of the questions answered right, a quiz is passed with so many."""
MOST_OPTIONS: Final = 4
MOST_OF_A_RULE: Final = 2
MOST_OF_TWO: Final = 4
"""Questions with two options, while there are others: half of them are right by chance."""
MOST_CASES: Final = 3
"""Of a quiz, so many questions at most are about what somebody once wrote."""
MOST_TRIED: Final = 60
"""Rules held against each other for one quiz; of more a sample, so that a guide of thousands takes no longer."""
LONGEST_SHOWN: Final = 700
"""Code points: longer passages are for reading, not for a quiz."""

UNASKED: Final = frozenset({"unedited", "other_brands", "needs_approval"})
"""Kinds that no text alone shows to be broken: they look at what it began from, at other brands, or break nothing."""

_SOMEBODY: Final = "Anna Nowak"
"""Stands for a customer whose name the question does not tell."""

QuestionKind = Literal["which_rule", "which_goes", "which_passage", "which_rewrite"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `key` names it among all that this version can ask.

    `which_rule`: which of the rules, by id, does `shown` break; `which_goes`: which of the texts may go out;
    `which_passage`: which of the passages keeps the style; `which_rewrite`: which puts `shown` as the brand does.
    `shown` says where the words stand; its text is empty where the options are all there is to read. `right` are the
    places of the options that are accepted. `rule` is what the question teaches, `case`: somebody once wrote it.
    """

    kind: QuestionKind
    key: str
    rule: str
    shown: Example
    options: tuple[str, ...]
    right: tuple[int, ...]
    case: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """Words that were once written and stopped, masked. `key` names them."""

    key: str
    shown: Example


def make_quiz(
    rules: CompiledRules,
    brand_language: str,
    seed: int,
    *,
    first: Collection[str] = (),
    asked: Collection[str] = (),
    cases: Sequence[Case] = (),
) -> tuple[Question, ...]:
    """At most ten questions, none twice; fewer where the guide has no more to ask, none where it has nothing.

    `first`: ids of rules to ask about before others. `asked`: keys of questions that come only when others run out.
    """
    chance = random.Random(seed)
    maker = _Maker(rules, brand_language, chance, frozenset(first))
    made = [*maker.of_rules(), *maker.of_cases(cases)]
    chance.shuffle(made)
    made.sort(key=lambda question: (question.key in asked, question.rule not in first))
    most = min(MOST_QUESTIONS, max(FEWEST_QUESTIONS, len(made) // 2))
    chosen: list[Question] = []
    for limit, of_two in ((1, MOST_OF_TWO), (MOST_OF_A_RULE, MOST_OF_TWO), (MOST_OF_A_RULE, MOST_QUESTIONS)):
        for question in made:
            if len(chosen) < most and _fits(question, chosen, limit, of_two):
                chosen.append(question)
    chance.shuffle(chosen)
    return tuple(chosen)


def can_ask(rules: CompiledRules, brand_language: str) -> bool:
    """Whether the guide can ask anything: whether `make_quiz` with the seed 0 makes a question."""
    return next(_Maker(rules, brand_language, random.Random(0), frozenset()).of_rules(), None) is not None


def needed(questions: int) -> int:
    """How many right answers pass a quiz of so many questions."""
    return ceil(questions * PASS_PERCENT / 100)


def count_right(questions: Sequence[Question], answers: Sequence[int | None]) -> int:
    """How many of the answers are accepted; an answer is the place of an option, None for none given."""
    return sum(answer in question.right for question, answer in zip(questions, answers, strict=True))


def questions_to_data(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """As they are stored."""
    return [{**dataclasses.asdict(one), "options": list(one.options), "right": list(one.right)} for one in questions]


def questions_from_data(data: Sequence[Mapping[str, Any]]) -> tuple[Question, ...]:
    """As `questions_to_data` wrote them."""
    return tuple(
        Question(
            **{
                **one,
                "shown": Example(**one["shown"]),
                "options": tuple(one["options"]),
                "right": tuple(one["right"]),
            }
        )
        for one in data
    )


def context_of(shown: Example, brand_language: str, reader_language: str | None = None) -> CheckContext:
    """Where the words of a question stand, for the checker."""
    return CheckContext(
        platform=shown.platform,
        kind=shown.kind,
        language=shown.language,
        stars=shown.stars,
        customer_name=shown.customer_name,
        brand_language=brand_language,
        reader_language=reader_language,
        complaint=shown.complaint,
    )


def _fits(question: Question, chosen: Sequence[Question], limit: int, of_two: int) -> bool:
    """Whether it asks something else than those chosen: no question twice, no text twice, no rule too often."""
    if question in chosen or (question.case and sum(one.case for one in chosen) >= MOST_CASES):
        return False
    if len(question.options) == 2 and sum(len(one.options) == 2 for one in chosen) >= of_two:
        return False
    if sum(one.rule == question.rule for one in chosen) >= limit:
        return False
    words = _read_words(question)
    return all(words.isdisjoint(_read_words(one)) for one in chosen if one.kind == question.kind)


def _read_words(question: Question) -> frozenset[str]:
    texts = (question.shown.text,) if question.shown.text else question.options
    return frozenset(_folded(text) for text in texts)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _asks(rule: Rule) -> tuple[object, ...]:
    """What a rule asks, whatever it is called: two that ask the same are one option."""
    return type(rule), replace(
        rule, id="", level="warn", platforms=(), kinds=(), languages=(), reason="", good=None, bad=None
    )


class _Maker:
    """Makes what one guide can ask; of thousands of rules, what a sample of them can."""

    def __init__(self, rules: CompiledRules, brand_language: str, chance: random.Random, first: frozenset[str]) -> None:
        self._rules, self._language, self._chance = rules, brand_language, chance
        self._known = {rule.id for rule in rules.rules}
        askable = [rule for rule in rules.rules if rule.kind not in UNASKED]
        with_bad = [rule for rule in askable if rule.bad is not None]
        self._asked = _sample([r for r in with_bad if r.id in first], chance)
        self._asked += _sample([r for r in with_bad if r.id not in first], chance)[: MOST_TRIED - len(self._asked)]
        self._offered = _sample(askable, chance)
        self._by_id = {rule.id: rule for rule in askable}
        self._lifted = compile_rules([replace(r, platforms=(), kinds=(), languages=()) for r in self._offered])

    def of_rules(self) -> Iterator[Question]:
        for rule in self._asked:
            assert rule.bad is not None
            context = example_context(rule, rule.bad, self._language)
            found = self._findings(rule.bad.text, context)
            if found is None or len(rule.bad.text) > LONGEST_SHOWN or all(one.rule != rule.id for one in found):
                continue
            shown = _shown(rule.bad.text, context)
            yield from self._which_rule(rule, shown, context, found, f"which_rule:{rule.id}")
            yield from self._which_of_two(rule, shown, context, found)
            yield from self._which_rewrite(rule, shown, context, found)

    def of_cases(self, cases: Sequence[Case]) -> Iterator[Question]:
        for case in cases:
            context = context_of(case.shown, self._language)
            found = self._findings(case.shown.text, context)
            if found is None or len(case.shown.text) > LONGEST_SHOWN:
                continue
            stopping = [one.rule for one in found if one.level == "stop" and one.rule in self._by_id]
            if stopping:
                rule = self._by_id[stopping[0]]
                yield from self._which_rule(rule, case.shown, context, found, f"case:{case.key}", case=True)

    def _findings(self, text: str, context: CheckContext) -> list[Finding] | None:
        """What the guide says of a text; None where no platform takes it or its language is not the guide's."""
        found = check_text(self._rules, text, context)
        return found if all(one.rule in self._known for one in found) else None

    def _which_rule(
        self,
        rule: Rule,
        shown: Example,
        context: CheckContext,
        found: Sequence[Finding],
        key: str,
        *,
        case: bool = False,
    ) -> Iterator[Question]:
        harsh = replace(context, stars=1 if context.stars is not None or context.kind == "review" else None)
        public = replace(context, kind="comment" if context.kind == "message" else context.kind)
        named = replace(context, customer_name=context.customer_name or _SOMEBODY)
        broken = {one.rule for one in found}
        sore = (replace(harsh, complaint=True), replace(context, complaint=True))
        for where in dict.fromkeys((context, *sore, public, named)):
            broken |= {one.rule for one in check_text(self._lifted, shown.text, where)}
        kept: list[Rule] = []
        seen = {_asks(rule), *(_asks(self._by_id[one]) for one in broken if one in self._by_id)}
        for other in self._chance.sample(self._offered, len(self._offered)):
            if _asks(other) not in seen:
                seen.add(_asks(other))
                kept.append(other)
            if len(kept) == MOST_OPTIONS - 1:
                break
        if kept:
            yield self._question("which_rule", key, rule, shown, [rule.id], [other.id for other in kept], case=case)

    def _which_of_two(
        self, rule: Rule, shown: Example, context: CheckContext, found: Sequence[Finding]
    ) -> Iterator[Question]:
        good = rule.good
        if good is None or len(good.text) > LONGEST_SHOWN or _folded(good.text) == _folded(shown.text):
            return
        if example_context(rule, good, self._language) != context or not self._better(good.text, context, rule, found):
            return
        clean = not self._findings(good.text, context)
        kind: QuestionKind = "which_goes" if clean and any(one.level == "stop" for one in found) else "which_passage"
        yield self._question(kind, f"which_of_two:{rule.id}", rule, replace(shown, text=""), [good.text], [shown.text])

    def _which_rewrite(
        self, rule: Rule, shown: Example, context: CheckContext, found: Sequence[Finding]
    ) -> Iterator[Question]:
        """Of a word the brand says otherwise: its own word against others that it does not say either."""
        own = [one for one in found if one.rule == rule.id]
        if len(own) != 1 or not own[0].suggestion or not isinstance(rule, (Banned, Preferred)):
            return
        (place,) = own
        right = shown.text[: place.start] + (place.suggestion or "") + shown.text[place.end :]
        if not self._better(right, context, rule, found):
            return
        wrong: list[str] = []
        phrases = rule.phrases if isinstance(rule, Banned) else rule.instead_of
        for phrase in self._chance.sample(phrases, min(len(phrases), MOST_TRIED)):
            words = phrase[0].upper() + phrase[1:] if shown.text[place.start].isupper() else phrase
            text = shown.text[: place.start] + words + shown.text[place.end :]
            is_new = _folded(text) not in {_folded(shown.text), _folded(right), *map(_folded, wrong)}
            if is_new and any(one.rule == rule.id for one in check_text(self._rules, text, context)):
                wrong.append(text)
            if len(wrong) == MOST_OPTIONS - 1:
                break
        if wrong:
            yield self._question("which_rewrite", f"which_rewrite:{rule.id}", rule, shown, [right], wrong)

    def _better(self, text: str, context: CheckContext, rule: Rule, bad: Sequence[Finding]) -> bool:
        """Whether a text keeps the rule, and what it still lacks (a greeting, in a passage) the bad one lacks, too."""
        found = self._findings(text, context)
        lacks = {one.rule for one in bad}
        return found is not None and all(
            one.start == one.end and one.rule != rule.id and one.rule in lacks for one in found
        )

    def _question(
        self,
        kind: QuestionKind,
        key: str,
        rule: Rule,
        shown: Example,
        right: Sequence[str],
        wrong: Sequence[str],
        *,
        case: bool = False,
    ) -> Question:
        options = [*right, *wrong]
        self._chance.shuffle(options)
        places = tuple(place for place, option in enumerate(options) if option in right)
        return Question(kind, key, rule.id, shown, tuple(options), places, case)


def _sample(rules: Sequence[Rule], chance: random.Random) -> list[Rule]:
    return chance.sample(rules, min(len(rules), MOST_TRIED))


def _shown(text: str, context: CheckContext) -> Example:
    return Example(
        text=text,
        language=context.language,
        platform=context.platform,
        kind=context.kind,
        stars=context.stars,
        customer_name=context.customer_name,
        complaint=context.complaint,
    )
