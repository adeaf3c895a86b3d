"""Contexts of the client owner's pages and of the receipt. Import them from `agency.web.contexts`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.replies.text_difference import Piece
from agency.web.contexts_conversation import CheckResult, MessageLook, QuotedPost
from agency.web.contexts_day import DayPlace
from agency.web.contexts_empowerment import MeterLook
from agency.web.looks import BrandLook, Choice, Clock, FindingLook, Notice, Stars, StateLook, told


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """One reply that waits for a yes."""

    url: str = told("The page to decide on it.")
    brand: BrandLook = told("Whose voice.")
    place: str = told("Google · review.")
    customer: str = told("Public name.")
    customer_words: str = told("First 140 characters.")
    draft: str = told("First 140 characters of our answer.")
    language: str = told("Code for `lang`.")
    stars: Stars | None = told("Only for reviews.")
    written_by: str = told("Who of the agency wrote it.")
    waiting: Clock = told("Since when it waits.")
    due: Clock | None = told("When the customer should have it.")
    state: StateLook | None = told("Where it stands, once it was decided.", default=None)
    stopped: bool = told("A guide that came in force since stops these words.", default=False)
    whole: str = told("All of our words, where they may be decided from the list.", default="")
    result: CheckResult | None = told("What the style guide says of them; None for a row in few words.", default=None)
    tick: str = told("What the form carries where it is ticked; empty where it cannot be.", default="")
    ticked: bool = told("Whether it is ticked already.", default=False)
    why_not: str = told("Why it cannot be ticked.", default="")
    goes_out: str = told("Goes out Tue 09:00, when the brand's hours begin; empty for at once.", default="")
    waits: str = told("If nobody answers before 12:00, others are asked; empty where nothing comes.", default="")
    live_url: str = told("Where it stands on the platform.", default="")
    live: StateLook | None = told("What the last look at the platform found.", default=None)
    receipt_url: str = told("The chain of who and when.", default="")


@dataclass(frozen=True, slots=True)
class LeftRow:
    """One reply that a press left as it is."""

    url: str = told("The page to decide on it.")
    brand: BrandLook = told("Whose voice.")
    customer: str = told("Public name.")
    why: str = told("What happened, what is safe, what to do.")


@dataclass(frozen=True, slots=True)
class GoodwillLook:
    """What a brand gave away this month."""

    url: str = told("The brand's ledger; empty behind a link.")
    brand: BrandLook = told("Whose.")
    words: str = told("190 EUR given so far.")
    meter: MeterLook | None = told("Drawn against the limit; None where there is none.", default=None)


@dataclass(frozen=True, slots=True)
class WaitingGuideRow:
    """One style guide, or policy, that waits for the client's word."""

    url: str = told("Where it is read and decided; empty for a policy behind a link.")
    brand: BrandLook = told("Whose.")
    number: int = told("The version.")
    note: str = told("What the agency says of it.")
    proposed_by: str = told("Who asks.")
    waiting: Clock = told("Since when.")


@dataclass(frozen=True, kw_only=True)
class OwnerWaitingPage:
    """The client's page (for leads, any client's), `owner/waiting.html`: what waits, the longest first; what was
    decided or published, the newest first.

    Posts: `approve_url` with `reply`, once for each that is ticked.
    """

    title: str = told("Heading.")
    rows: tuple[WaitingRow, ...] = told("At most 50.")
    guides: tuple[WaitingGuideRow, ...] = told("Style guides that wait, before the replies.", default=())
    next_url: str = told("The next 50; empty at the end.", default="")
    tabs: tuple[Choice, ...] = told("Waiting, Decided, Published, Promised.", default=())
    policies: tuple[WaitingGuideRow, ...] = told("Approval policies that wait for a signature.", default=())
    goodwill: tuple[GoodwillLook, ...] = told("What was given away this month, by brand.", default=())
    approve_url: str = told("Where ticks are posted; empty where nothing can be ticked.", default="")
    tick_all_url: str = told("This page with every tick set, or with none.", default="")
    all_ticked: bool = told("Every tick is set.", default=False)
    notice: Notice | None = told("What a press did.", default=None)
    left: tuple[LeftRow, ...] = told("What it left as it is, and why.", default=())
    decided: tuple[WaitingRow, ...] = told("Behind a mailed link: what was decided since it was mailed.", default=())
    typed: str = told("What came with a form about a reply that waits no more.", default="")
    by_link: bool = told("Behind a mailed link: the form needs no token of its own.", default=False)
    day: DayPlace | None = told("Behind a link of the day, whose tabs are these.", default=None)
    note: str = told("What the list leaves out.", default="")
    sign_url: str = told("Behind a link: the door to where policies are signed.", default="")
    empty_reason: str = told("Why nothing waits.", default="")
    empty_action: Choice | None = told("The one next step.", default=None)


@dataclass(frozen=True, kw_only=True)
class WordingLook:
    """One of several wordings a client chooses from."""

    number: int = told("As people count.")
    text: str = told("Exactly what would be published.")
    text_hash: str = told("SHA-256 of it; the value of its radio button.")
    result: CheckResult = told("What the style guide says about it.")
    written_by: str = told("Who of the agency wrote it.")
    chosen: bool = told("Its button is pressed.", default=False)
    is_safe: bool = told("It goes out if nobody answers.", default=False)


@dataclass(frozen=True, kw_only=True)
class DayEndedPage:
    """A link of a day that is over, `owner/day_ended.html`: what happened and what one may do.

    Posts: `url` with `do` = newer.
    """

    notice: Notice = told("What happened, what is safe, what comes next.")
    asked_name: str = told("Whom the link was mailed to.")
    typed: str = told("What came with a form that was too late.", default="")
    url: str = told("Where today's link is asked for; empty once it was.", default="")


@dataclass(frozen=True, kw_only=True)
class SignedOutPage:
    """A decision that came after the session ended, `owner/signed_out.html`: what was typed is there still.

    Posts: `url` with `fields` and `do` = check, which shows the page of the reply with these words in its form.
    """

    notice: Notice = told("What happened, what is safe, what to do.")
    url: str = told("Where the form came from.")
    sign_in_url: str = told("Where one signs in.")
    fields: tuple[tuple[str, str], ...] = told("Names and values of the form.")
    typed: str = told("What was typed, to be read and copied.", default="")


@dataclass(frozen=True, kw_only=True)
class OwnerReplyPage:
    """The page on which a client says yes, `owner/reply.html`: on a phone, without script, signed in or not.

    One form, posted to `url`: `text_hash` (of the text shown), `idempotency_key`, `text`, `reason`, and the button as
    `do` = approve | change_and_approve | ask_for_changes | decline | check. `check` answers this page again with
    `changed` set. `approve` with a hash that is no longer true answers this page with `notice` and `difference`;
    `approve` while `text` was edited answers like `check`, so that nobody publishes words they had just changed.

    Of several `wordings` `text_hash` names the chosen one; `begin_change` answers this page with the field filled with
    it, and from then on `from_hash` says which one it was filled with.
    """

    url: str = told("Where the form goes.")
    brand: BrandLook = told("Whose voice.")
    place: str = told("Google · public answer to a review.")
    account: str = told("As which account it appears.")
    customer: str = told("Public name.")
    customer_messages: tuple[MessageLook, ...] = told("The customer's words, and ours so far, oldest first.")
    context: QuotedPost | None = told("What it stands under.", default=None)
    language: str = told("Of the draft.", default="")
    text: str = told("Exactly what would be published.")
    text_hash: str = told("SHA-256 of it as the contract says.")
    wordings: tuple[WordingLook, ...] = told("All of several to choose from; empty where there is one.", default=())
    from_hash: str = told("Of the wording that the field of own words began from; empty before.", default="")
    from_text: str = told("The words of it.", default="")
    idempotency_key: str = told("Makes a second click harmless.")
    written_by: str = told("Who of the agency wrote it.")
    result: CheckResult = told("What the style guide says about `text`.")
    due: Clock | None = told("When the customer should have it.", default=None)
    standing_difference: tuple[Piece, ...] = told(
        "Of a change: from the words that stand on the platform to the new ones.", default=()
    )
    difference: tuple[Piece, ...] = told("Against what this owner was last shown; empty on the first look.", default=())
    changed: str = told("The owner's words that are not approved yet: fills the field and opens it.", default="")
    changed_difference: tuple[Piece, ...] = told("What `changed` makes of the words shown.", default=())
    changed_findings: tuple[FindingLook, ...] = told("What the style guide says about `changed`.", default=())
    changed_promises: tuple[str, ...] = told("What `changed` would promise.", default=())
    reason: str = told("Typed already when a form comes back.", default="")
    errors: dict[str, str] = told("Field name to what to do: `reason`, `text`.", default_factory=dict)
    sent_as_before: str = told("The brand this person's last yes was for, where it was another.", default="")
    waits: str = told("Waits for Ana, because it has 2 of 5 stars; empty once it was decided.", default="")
    goes_out: str = told("If you say yes now, it goes out Tue 09:00; empty for at once.", default="")
    may_decide: bool = told("False for those who may only look, such as the writer.", default=True)
    decided: Notice | None = told("Already approved at 09:14 by you: shown instead of the buttons.", default=None)
    typed: str = told("What came with a form that was too late.", default="")
    notice: Notice | None = told("The text changed meanwhile, a word is not allowed, …", default=None)
    live_url: str = told("The reply on the platform once it is there.", default="")
    receipt_url: str = told("The chain of who and when.", default="")
    others_url: str = told("Back to what else waits; empty for links from a mail.", default="")
    others_words: str = told("How many other replies wait, as the link to them says it.", default="")
    by_link: bool = told("Behind a mailed link: the form needs no token of its own.", default=False)
    asked_name: str = told("Whom the link was mailed to; empty behind a sign-in.", default="")
    opened: str = told("The form to show open: change | decline.", default="")


@dataclass(frozen=True, kw_only=True)
class LinkEndedPage:
    """A mailed link that decides nothing any more, `owner/link_ended.html`: why, and what one may do.

    Posts: `url` with `do` = newer.
    """

    brand: BrandLook = told("Whose voice it was about.")
    notice: Notice = told("What happened, what is safe, what comes next.")
    asked_name: str = told("Whom the link was mailed to.")
    text: str = told("The words this very person approved; empty for all others.", default="")
    language: str = told("Of these words.", default="")
    typed: str = told("What came with a form that was too late.", default="")
    live_url: str = told("The reply on the platform once it is there.", default="")
    url: str = told("Where a newer link is asked for; empty where nothing waits for this person.", default="")


@dataclass(frozen=True, kw_only=True)
class ChainStep:
    """One link of the receipt's chain."""

    what: str = told("Written, Changed, Checked, Approved, Sent, Read back.")
    icon: str = told("A name from `static/icons.svg`.")
    tone: str = told("A tone of `looks.Tone`.", default="plain")
    who: str = told("Person or machine.", default="")
    at: Clock | None = told("When; exact time is printed in full here.", default=None)
    facts: tuple[tuple[str, str], ...] = told("Label and value: Request id, Outcome, Guide version.", default=())
    findings: tuple[FindingLook, ...] = told("For the check.", default=())
    difference: tuple[Piece, ...] = told("For a change.", default=())


@dataclass(frozen=True, kw_only=True)
class RecordLine:
    """A line of the brand's record that a receipt names."""

    number: int = told("In the brand's chain.")
    what: str = told("Reply: approve.")
    at: Clock = told("When it was added.")
    hash: str = told("SHA-256, hexadecimal, as docs/audit.md says.")


@dataclass(frozen=True, kw_only=True)
class ReceiptPage:
    """The proof of one reply, `receipt/page.html`: a stranger understands it; prints on one or two sheets of A4.

    Posts: `resolve_url` (`outcome` = published | approved | refused, `reason`, `platform_id`).
    """

    reply_id: str = told("The reply's id.")
    brand: BrandLook = told("Whose voice.")
    place: str = told("Google · public answer to a review.")
    account: str = told("As which account.")
    customer: str = told("Public name.")
    customer_words: str = told("What was answered.")
    text: str = told("What was sent, exactly.")
    language: str = told("Code for `lang`.", default="")
    text_hash: str = told("SHA-256 as the contract says.")
    state: StateLook = told("Where the reply stands.")
    summary: str = told("One sentence: Published once on 22 November 2026 at 09:15, still there at 10:00.")
    chain: tuple[ChainStep, ...] = told("Oldest first: written, changed, checked, approved, each attempt, read back.")
    platform_id: str = told("The platform's id.", default="")
    live_state: StateLook | None = told("There, changed or gone at the last look.", default=None)
    live_url: str = told("On the platform.", default="")
    conversation_url: str = told("Empty for readers without access to it.", default="")
    made_at: Clock = told("When this page was made.")
    file_url: str = told("The receipt as a signed file; empty while the reply is a draft.", default="")
    file_name: str = told("As the signed file is called when it is kept.", default="")
    keys_url: str = told("The address of the public keys, whole.", default="")
    key_id: str = told("The key it is signed with; empty before the first signed receipt.", default="")
    done_url: str = told("Everything of the record that a client is shown; empty for others.", default="")
    day: DayPlace | None = told("Behind a link of the day; `file_url` is posted to there.", default=None)
    record: tuple[RecordLine, ...] = told("Lines of the brand's record about this reply.", default=())
    resolve_url: str = told("For leads while no machine can tell what became of the send; else empty.", default="")
    outcomes: tuple[Choice, ...] = told("Options: `value`, `label`, `selected`.", default=())
    values: dict[str, str] = told("Typed already when the form comes back.", default_factory=dict)
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
