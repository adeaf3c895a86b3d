"""The kinds of rule a style guide is made of, as frozen data. `styleguides.rules` turns them to and from dicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

Level = Literal["stop", "warn", "hint"]
"""stop: cannot be sent; warn: can, knowingly; hint: a suggestion."""

Match = Literal["inflected", "exact", "case"]
"""inflected: every form of the words; exact: these forms in any case; case: these very letters."""

NameUse = Literal["required", "allowed", "never"]

AddressForm = Literal["formal", "informal", "voce"]
"""formal: Pan/Pani, usted, o senhor, formal English; informal: ty, tú, tu, everyday English; voce: você."""

LEVELS: tuple[Level, ...] = ("stop", "warn", "hint")

CONVERSATION_KINDS: tuple[str, ...] = ("comment", "review", "message")
"""What `kinds` of a rule may name: where the words stand, as `agency.replies.checks.words_kind` says it."""


@dataclass(frozen=True, slots=True)
class Example:
    """A reply that keeps or breaks a rule, with what must be known to judge it."""

    text: str
    language: str | None = None
    platform: str | None = None
    kind: str | None = None
    stars: int | None = None
    customer_name: str | None = None
    complaint: bool = False
    began_with: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every kind of rule has.

    `id` names the rule within its guide. Empty `platforms`, `kinds` (of conversation) and `languages` mean all of them.
    `reason` is the brand's own why, shown with each finding.
    """

    kind: ClassVar[str] = ""

    id: str
    level: Level = "warn"
    platforms: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    reason: str = ""
    good: Example | None = None
    bad: Example | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Banned(Rule):
    """Words and phrases the brand does not use. `forms` lists forms the stemmer does not lead to `phrases`."""

    kind: ClassVar[str] = "banned"
    phrases: tuple[str, ...]
    forms: tuple[str, ...] = ()
    suggestion: str | None = None
    match: Match = "inflected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferred(Rule):
    """`use` this, not `instead_of`; the finding's suggestion replaces the span."""

    kind: ClassVar[str] = "preferred"
    use: str
    instead_of: tuple[str, ...]
    forms: tuple[str, ...] = ()
    match: Match = "inflected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Required(Rule):
    """At least one of the phrases must stand somewhere in the reply."""

    kind: ClassVar[str] = "required"
    any_of: tuple[str, ...]
    match: Match = "inflected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting(Rule):
    """The reply begins with one of `any_of`; `{name}` in them stands for the customer's first name.

    `name`: `required` where the customer's name is known and looks like one, `allowed`, or `never`.
    Empty `any_of` with a `name` rule says nothing about the greeting itself.
    """

    kind: ClassVar[str] = "greeting"
    any_of: tuple[str, ...] = ()
    name: NameUse = "allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff(Rule):
    """The reply ends with one of `any_of`, within its last `within_words` words."""

    kind: ClassVar[str] = "sign_off"
    any_of: tuple[str, ...]
    within_words: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Length(Rule):
    """Bounds of the brand's own, in Unicode code points and seconds of reading. The platforms' limits always hold."""

    kind: ClassVar[str] = "length"
    max_characters: int | None = None
    min_characters: int | None = None
    max_reading_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmojiBudget(Rule):
    """At most `max_count` emoji; a family, flag or skin tone sequence is one."""

    kind: ClassVar[str] = "emoji"
    max_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclamationBudget(Rule):
    """At most `max_count` exclamation marks; `!!!` is three."""

    kind: ClassVar[str] = "exclamation"
    max_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceLength(Rule):
    """No sentence has more than `max_words` words."""

    kind: ClassVar[str] = "sentence_length"
    max_words: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Empathy(Rule):
    """A reply to a review of at most `max_stars` stars, or to a complaint, holds a line that shows understanding.

    And it does not put the blame on the customer: wordings come from the language file; `allowed` stay.
    """

    kind: ClassVar[str] = "empathy"
    any_of: tuple[str, ...]
    allowed: tuple[str, ...] = ()
    max_stars: int = 2
    on_complaints: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Links(Rule):
    """At most `max_count` links; where `allowed_domains` is given, only to these and their subdomains."""

    kind: ClassVar[str] = "links"
    max_count: int | None = None
    allowed_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capitals(Rule):
    """No words of at least `min_letters` letters in capitals, but for `allowed` ones (names, abbreviations)."""

    kind: ClassVar[str] = "capitals"
    min_letters: int = 4
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPersonalData(Rule):
    """No mail addresses and no numbers of people (phone, card, account, identity) where everybody reads them.

    Direct messages and private replies are left alone unless `kinds` names them. `sorts` are those of
    `styleguides.personal_data`, empty for all; `health` are words of illness told of a person. `allowed` are the
    brand's own addresses, domains and numbers; `order_patterns` say how it numbers orders (`PW-######`:
    `#` a digit, `?` a letter).
    """

    kind: ClassVar[str] = "personal_data"
    sorts: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    order_patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(Rule):
    """How the brand speaks to customers. `allowed` are words left alone all the same.

    Judged by listed pronouns and verbs and by endings that only one person of the verb has; languages whose file lists
    none are passed by.
    """

    kind: ClassVar[str] = "address"
    form: AddressForm
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashtags(Rule):
    """At most `max_count` hashtags (0: none); where `allowed` is given, only these, with or without their sign."""

    kind: ClassVar[str] = "hashtags"
    max_count: int | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Negative(Rule):
    """What is put negatively is put positively. Wordings and rewrites come from the language file; `allowed` stay."""

    kind: ClassVar[str] = "negative"
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesTalk(Rule):
    """No selling to somebody who complains: a review of at most `max_stars` stars, or a complaint.

    Looked for are the language file's words and `phrases`, but for `allowed`.
    """

    kind: ClassVar[str] = "sales_talk"
    phrases: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    max_stars: int = 2
    on_complaints: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises(Rule):
    """No promises: the language file's words and `phrases` but for `allowed`; with `dated`, also times promised."""

    kind: ClassVar[str] = "promises"
    phrases: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    dated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsApproval(Rule):
    """Words that may be sent only after the client's yes, also where the brand's other replies need none."""

    kind: ClassVar[str] = "needs_approval"
    phrases: tuple[str, ...]
    forms: tuple[str, ...] = ()
    match: Match = "inflected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unedited(Rule):
    """A saved reply is made one's own: not `likeness_percent` like what the draft began with.

    Judged for reviews of at most `max_stars` stars and for complaints, and for all where `only_complaints` is no.
    """

    kind: ClassVar[str] = "unedited"
    likeness_percent: int = 90
    only_complaints: bool = True
    max_stars: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherBrands(Rule):
    """What the guard against other brands' names reads: level, reason, and `allowed`, words that may be said here.

    Judged beside the rules, where the agency's other brands are known (`styleguides.brand_check`).
    """

    kind: ClassVar[str] = "other_brands"
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What the checker must know beside the text. `language` None: it is recognised, else taken as the brand's."""

    platform: str | None = None
    kind: str | None = None
    language: str | None = None
    stars: int | None = None
    customer_name: str | None = None
    brand_language: str = "en"
    reader_language: str | None = None
    complaint: bool = False
    began_with: str | None = None
    """The words of the saved reply the draft began with, its places filled; None where it began empty."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says about a text.

    `start` and `end` count Unicode code points of the text as given; equal ones mark the place where something is
    missing. `suggestion` is what to put there, where the rule knows it. `needs_approval`: not to be sent without the
    client's yes. `message` is in the language of the text, `reader_message` in the reader's where that is another one.
    """

    rule: str
    level: Level
    message: str
    start: int
    end: int
    suggestion: str | None = None
    reader_message: str | None = field(default=None)
    needs_approval: bool = False


RULE_KINDS: dict[str, type[Rule]] = {
    cls.kind: cls
    for cls in (
        Banned,
        Preferred,
        Required,
        Greeting,
        SignOff,
        Length,
        EmojiBudget,
        ExclamationBudget,
        SentenceLength,
        Empathy,
        Links,
        Capitals,
        NoPersonalData,
        Address,
        Hashtags,
        Negative,
        SalesTalk,
        Promises,
        NeedsApproval,
        Unedited,
        OtherBrands,
    )
}
