"""Contexts of one conversation and of the composer. Import them from `agency.web.contexts`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.replies.text_difference import Piece
from agency.web.contexts_bulk import SnoozeLook
from agency.web.contexts_drafts import VersionsLook
from agency.web.contexts_filters import LabelLook
from agency.web.contexts_incidents import IncidentPart
from agency.web.contexts_later import ComebackLook
from agency.web.contexts_loops import LoopsPart
from agency.web.contexts_promises import PromiseLook
from agency.web.contexts_ranking import RankLook
from agency.web.contexts_reading import ReadingLook, TextPiece
from agency.web.looks import BrandLook, Choice, Clock, FindingLook, Notice, Stars, StateLook, told


@dataclass(frozen=True, kw_only=True)
class KeptLook:
    """Something attached that the platform lets expire: our copy of it, or why there is none."""

    label: str = told("What it is: Photo, Video.")
    sort: str = told("`image`, `video` or `audio` of a copy, else empty.", default="")
    url: str = told("Our copy; else the platform's address while it may live.", default="")
    note: str = told("Why there is no copy.", default="")


@dataclass(frozen=True, kw_only=True)
class DataLook:
    """Personal data in words that everybody reads. Posts to `hide_url`: `deed` = hide and `then`."""

    words: str = told("Everybody can read a phone number here.")
    hide_url: str = told("Posting hides it; empty where that cannot be.", default="")
    hide_label: str = told("Hide it and answer in private.", default="")
    then: str = told("Where it leads: private, to the composer set to a private answer.", default="")
    private_url: str = told("That composer, where hiding is not open.", default="")
    advice: str = told("What to do where nothing can be done.", default="")


@dataclass(frozen=True, kw_only=True)
class MessageLook:
    """One message, in or out."""

    id: str = told("Also the anchor `m-…`.")
    ours: bool = told("Written by the brand.")
    author: str = told("Public name, or who of ours wrote it.")
    text: str = told("Exactly as received, shown inert.")
    at: Clock = told("When.")
    language: str = told("Code for `lang`.", default="")
    stars: Stars | None = told("The review's rating.", default=None)
    state: StateLook | None = told("Of our own: Sending, Sent, Not sent, Unknown — checking.", default=None)
    edited: bool = told("Changed by its author after it came.", default=False)
    deleted: bool = told("Gone on the platform; the text is then empty.", default=False)
    hidden: bool = told("Hidden on the platform: its public does not see it.", default=False)
    shortened: bool = told("Longer than we keep; the whole of it is on the platform.", default=False)
    attachments: tuple[Choice, ...] = told("Pictures and links in it: a word, and where it lies.", default=())
    kept: tuple[KeptLook, ...] = told("What expires at the platform, with our copies.", default=())
    depth: int = told("0, or 1 for an answer to an answer.", default=0)
    receipt_url: str = told("Of our published replies.", default="")
    permalink: str = told("On the platform.", default="")
    private: bool = told("A private reply: only the person it was written to reads it.", default=False)
    elsewhere: bool = told("Ours, but typed in the platform's own tools.", default=False)
    refusal: str = told("Why the platform's moderation does not show it.", default="")
    why_away: str = told("Why an answer of ours does not stand as it was sent, in a sentence.", default="")
    linked: Choice | None = told("The direct messages a private reply began, or the comment it answered.", default=None)
    change_url: str = told("Opens it in the composer, to change what stands on the platform.", default="")
    take_back_url: str = told("Posting (`reason`) takes it back from the platform.", default="")
    liked: bool = told("Liked by the brand.", default=False)
    deeds_url: str = told("Posts `deed`, one of `deeds` or `harsh_deeds`.", default="")
    deeds: tuple[Choice, ...] = told("Hide, like: done at once; `value` is the deed.", default=())
    harsh_deeds: tuple[Choice, ...] = told("Delete, block: asked once more first.", default=())
    deed_states: tuple[StateLook, ...] = told("Deeds on their way or refused.", default=())
    deed_reason: str = told("Why the last one was refused or waits.", default="")
    data: DataLook | None = told("Personal data in it that everybody reads.", default=None)
    place: str = told("Where it stands, in a case that is told together with others.", default="")
    pieces: tuple[TextPiece, ...] = told("The text in pieces, where words of it are marked.", default=())
    reading: ReadingLook | None = told("How it was read: of the customer's newest words.", default=None)
    promises: tuple[PromiseLook, ...] = told("What it promised and how that ended.", default=())


@dataclass(frozen=True, kw_only=True)
class QuotedPost:
    """What the conversation stands under: a post, a photo, a place with its rating."""

    heading: str = told("Post of 14 November, or the place's name and town.")
    text: str = told("The post's words, empty for a place.", default="")
    language: str = told("Code for `lang`.", default="")
    permalink: str = told("On the platform.", default="")
    facts: tuple[str, ...] = told("Short facts: Advertisement, 4.2 of 5 from 318 reviews.", default=())


@dataclass(frozen=True, kw_only=True)
class NoteLook:
    """A note for colleagues; never leaves the house."""

    author: str = told("Who wrote it.")
    text: str = told("Plain text.")
    at: Clock = told("When.")


@dataclass(frozen=True, kw_only=True)
class ClaimLook:
    """Who has the case: `inbox/_claim.html`. Posts: `claim_url`, `release_url`, `take_url` (`reason`)."""

    words: str = told("You have this case, Ana has this case since 12:04, Nobody has this case.")
    mine: bool = told("The reader holds it.", default=False)
    claim_url: str = told("Shown if set.", default="")
    release_url: str = told("Shown if set.", default="")
    take_url: str = told("Take it from the holder, with a reason: for leads, and where nothing is done.", default="")
    title: str = told("When it ends by itself.", default="")
    lost: str = told("To whoever had it before: what became of it.", default="")
    look_url: str = told("Asked for news: 204, or the part anew.", default="")
    tag: str = told("Changes with what it says.", default="")


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What the style guide says, for `replies/_findings.html`."""

    findings: tuple[FindingLook, ...] = told("In text order.")
    reading_words: str = told("24 s read.")
    length: int = told("In the platform's unit.")
    length_limit: int = told("In the platform's unit.")
    length_words: str = told("212 of 4096 bytes.")
    guide_version: int | None = told("Version that was asked; None where the brand has no guide.")
    checked: bool = told("False while nothing was written yet.", default=True)
    let_go_rules: frozenset[str] = told("Rules these words go in spite of, by a lead's word.", default=frozenset())
    let_go_words: str = told("Who let them go and why; empty where nobody had to.", default="")
    let_go_typed: str = told("A reason typed and not kept yet.", default="")
    may_let_go: bool = told("Whether the reader may let them go in spite of what stops them.", default=False)
    waits: str = told("Whose yes these words would wait for by the brand's policy, and why.", default="")
    sends_safe: bool = told("By that policy a safe wording goes out where nobody answers.", default=False)
    promises: tuple[str, ...] = told("What they would promise: by Friday → Fri 12 Mar, 17:00.", default=())

    @property
    def stops(self) -> int:
        return sum(f.level == "stop" and f.rule not in self.let_go_rules for f in self.findings)

    @property
    def needs_approval(self) -> bool:
        return bool(self.waits) or any(f.needs_approval for f in self.findings)


@dataclass(frozen=True, kw_only=True)
class VariantField:
    """The field of a further wording, `variant_2` and `variant_3`."""

    number: int = told("As people count: the first is the draft itself.")
    text: str = told("Its words so far.")
    is_safe: bool = told("It goes out if nobody answers.")
    findings: tuple[FindingLook, ...] = told("What the style guide said of the stored words.")


@dataclass(frozen=True, kw_only=True)
class Composer:
    """The place to write, `replies/_composer.html`.

    Posts to `url`: `binding`, `based_on`, `idempotency_key`, `text`, and the button as `do` = save | check | submit |
    release. `check_url` gets the same form by htmx and answers `replies/_findings.html`; `autosave_url` answers 204, or
    409 as JSON `{"code", "message", "kept"}`, kept: beside the draft; with `left` = 1 it takes no case nobody has.
    """

    brand: BrandLook = told("Whose voice.")
    place: str = told("Where it goes: Google · public answer to a review.")
    account: str = told("As which account.")
    place_private: str = told("The same while a private answer is chosen.", default="")
    sent_as_before: str = told("The brand this person's last reply went out as, where it was another.", default="")
    language: str = told("Language of the draft: `lang` of the field, for spelling.", default="")
    text: str = told("The draft.", default="")
    url: str = told("Where the form goes.")
    check_url: str = told("Findings while typing.")
    autosave_url: str = told("Keeps the draft on the server while typing.")
    binding: str = told("Signed brand, account, thread: the publisher refuses a mismatch.")
    based_on: str = told("Hash of the text this form was filled with, to notice a colleague's change.", default="")
    idempotency_key: str = told("Makes a second click harmless.")
    result: CheckResult = told("Findings for `text`.")
    variants: tuple[VariantField, ...] = told("Fields of further wordings; none where nobody is asked.", default=())
    variants_seen: str = told("Which wordings they were filled with.", default="")
    when: tuple[Choice, ...] = told("When it goes out (`when`): at once, in the brand's hours, chosen.", default=())
    only_heard: bool = told("It is a holding reply.", default=False)
    acknowledge_url: str = told("Fills an empty one with words that say so.", default="")
    when_words: str = told("Which of them holds.", default="")
    when_open: bool = told("They are shown unasked.", default=False)
    send_at: str = told("The chosen moment, by `send_zone`'s clock.", default="")
    send_zone: str = told("The brand's time zone, by its name.", default="")
    closed: Notice | None = told("Why nobody can write here now; the field is then read only.", default=None)
    earlier: Notice | None = told("The reply before did not get through, or is on its way.", default=None)
    may_submit: bool = told("Send for approval.", default=True)
    may_release: bool = told("Publish without approval, where the brand allows it.", default=False)
    tell_url: str = told("Where the client answers: tells them of the case (`client_note`); else empty.", default="")
    quiz: Notice | None = told("Why it cannot be published without a yes: no pass of the quiz.", default=None)
    consequence: str = told("What the button does: Client approves, due 10:30.", default="")
    saved: str = told("Saved 12:04 by Ana; empty for a new draft.", default="")
    begun: str = told("To whoever comes to a draft of somebody else's: who wrote it and when.", default="")
    versions: VersionsLook | None = told("Words kept beside the draft that wait for a choice.", default=None)
    versions_url: str = told("Those are fetched anew from here after words could not be saved.", default="")
    zone: str = told("The reader's time zone, by its name: in it drafts.js says when words were saved.", default="UTC")
    seal: str = told("Key under which unsaved words lie in this browser, of this person alone.", default="")
    window: Clock | None = told("Of direct messages: how long the platform takes them.", default=None)
    window_words: str = told("What that time means: only people may write, say.", default="")
    may_private: bool = told("The words may go to the person alone (`private` = 1), once.", default=False)
    private: bool = told("They do.", default=False)
    private_words: str = told("Beside that choice: until when, or why not.", default="")
    stopped_now: str = told(
        "What the style guide in force stops in the stored words, since they were checked.", default=""
    )
    came_back: str = told("Why this draft is one again: a note of the owner, or what changed.", default="")
    came_back_at: str = told("When it did: the form says that this was shown.", default="")
    drop_url: str = told("Posting gives the draft up; empty where there is none.", default="")
    standing: str = told("The one answer this review has, written elsewhere; empty for none.", default="")
    standing_hash: str = told("Its hash, so that ours takes no other one's place.", default="")
    replaces: bool = told("Ours is to take its place (`replace` = 1).", default=False)
    kept_as: str = told("Name of the words in this browser: whose, and to what; never the address.", default="")
    focus: bool = told("Words just came back refused: the field has the focus.", default=False)


@dataclass(frozen=True, kw_only=True)
class ReplyLook:
    """A reply that is past its draft, or a draft's result."""

    id: str = told("The reply's id.")
    text: str = told("Its words now.")
    state: StateLook = told("Where it stands.")
    way: str = told("Private message, change of a published answer; empty for a plain answer.", default="")
    facts: str = told("With client since 10:04, due 10:30; or why it was not sent.", default="")
    stopped_now: str = told("What the style guide in force stops in these words, since then.", default="")
    note: str = told("What the owner said when declining or asking for changes.", default="")
    difference: tuple[Piece, ...] = told("What the owner changed.", default=())
    withdraw_url: str = told("Posting takes it back to a draft.", default="")
    drop_url: str = told("Posting gives this draft up.", default="")
    edit_url: str = told("Opens it in the composer.", default="")
    receipt_url: str = told("The chain of who and when.", default="")
    trouble: Notice | None = told("What holds it back or became of it, and what helps.", default=None)
    check_url: str = told("Posting has us look on the platform now.", default="")
    retry_url: str = told("Posting sends once more what surely did not arrive.", default="")
    undoes: bool = told("Taking it back undoes a press of a moment ago.", default=False)
    time_url: str = told("Posting (`when`) lets it go at once.", default="")
    state_url: str = told("htmx fetches `replies/_reply.html` from here until the state is final.", default="")


@dataclass(frozen=True, kw_only=True)
class SidePart:
    """A heading with lines in the context column."""

    heading: str = told("Voice, Said before, Earlier with this brand.")
    lines: tuple[SideLine, ...] = told("What stands there.")
    empty: str = told("What to say when there are no lines.", default="")
    open: bool = told("Folded out.", default=True)
    all_url: str = told("Where all of it stands; empty where these are all, or the reader may not.", default="")
    all_words: str = told("What the link to it says.", default="")


@dataclass(frozen=True, kw_only=True)
class SideLine:
    """One line of the context column."""

    text: str = told("The line.")
    label: str = told("Small label before it.", default="")
    url: str = told("Where it leads.", default="")
    at: Clock | None = told("When.", default=None)
    state: StateLook | None = told("A badge behind it.", default=None)
    fact: str = told("A word behind the badge, such as whether it was answered.", default="")
    insert: str = told("Words that a button puts into the composer: a saved reply.", default="")


@dataclass(frozen=True, slots=True)
class PartLook:
    """One of several conversations that are told together."""

    place: str = told("Facebook · comment.")
    excerpt: str = told("Its newest words.")
    url: str = told("The case, with the composer answering there.")
    selected: bool = told("The composer answers here.")
    apart_url: str = told("Posting tells it by itself again; empty for the main one and for who may not.")


@dataclass(frozen=True)
class ClockLook:
    """One clock of a case."""

    words: str = told("Until when, or how it ended: Heard by 16:10.")
    rule: str = told("The rule that set it: Facebook, 12 h of business hours.")
    level: str = told("`late` or `plain`.")
    client: str = told("How much of it the client had: with the client 3 h 10 min of these 4 h.", default="")


@dataclass(frozen=True, kw_only=True)
class ConversationPage:
    """One conversation: `inbox/conversation.html`, and `inbox/_conversation.html` as the middle and right columns.

    Posts: `claim.*`, `note_url` (`text`), `resolve_url`, `reopen_url`, `snooze_url` (`until` or `own`),
    `spam_url` (`mark`).
    """

    id: str = told("The conversation's id.")
    url: str = told("Its own address.")
    back_url: str = told("The queue, for narrow screens.")
    brand: BrandLook = told("Whose voice.")
    place: str = told("Facebook · comment.")
    language: str = told("Code, printed upper case.")
    is_vip: bool = told("Whoever writes is a VIP.", default=False)
    customer: str = told("Public name.")
    state: StateLook = told("Where the case stands.")
    pulse_url: str = told("Alone on a page: queue.js asks here who else is at the case; empty for no.", default="")
    due: Clock | None = told("The tightest clock.", default=None)
    due_reason: str = told("Which clock it is, and the rule that set it: Heard: Facebook, 12 h.", default="")
    clocks: tuple[ClockLook, ...] = told("Heard, answered, resolved, and the client's.", default=())
    context: QuotedPost | None = told("What it stands under.", default=None)
    messages: tuple[MessageLook, ...] = told("Oldest first, in and out.")
    earlier_messages_url: str = told("When a thread is too long for one page.", default="")
    replies: tuple[ReplyLook, ...] = told("Replies between draft and published.", default=())
    versions_url: str = told("What is kept beside a draft, for who may only read it.", default="")
    notes: tuple[NoteLook, ...] = told("For colleagues, oldest first.", default=())
    claim: ClaimLook = told("Who has it.")
    composer: Composer | None = told("None where this person may only read.", default=None)
    rank: RankLook | None = told("Why it stands where it does in the queue.", default=None)
    side: tuple[SidePart, ...] = told("The context column below the voice: why it stands here, earlier, said before.")
    beside_url: str = told("Where the cards of what helps here are fetched from when they are first seen.", default="")
    labels: tuple[LabelLook, ...] = told("Of the case, by name.", default=())
    labels_url: str = told("The picker, fetched when its menu opens; empty for who may not label.", default="")
    sheet_url: str = told("The client sheet, one key away; empty for who may not.", default="")
    voice_url: str = told("Where the brand's voice is fetched from when it is first seen.", default="")
    promises: tuple[PromiseLook, ...] = told("What the case still owes, the next first.", default=())
    notices: tuple[Notice, ...] = told("A colleague won the claim, the channel is down, …", default=())
    comeback: ComebackLook | None = told("How it comes back, or that it did.", default=None)
    incident: IncidentPart | None = told("Which incident it is part of.", default=None)
    loops: LoopsPart | None = told("What was asked about it in loops.", default=None)
    ask_url: str = told("The form that asks a loop; empty for who may not.", default="")
    comeback_url: str = told("The form that lets it come back; empty for who may not.", default="")
    note_url: str = told("Shown if set.", default="")
    resolve_url: str = told("Shown if set.", default="")
    reopen_url: str = told("Shown if set.", default="")
    snooze_url: str = told("Shown if set.", default="")
    snooze: SnoozeLook | None = told("Until when it may be put off, with what falls due before.", default=None)
    spam_url: str = told("Posting closes it as spam, with `mark` = 1 also what this person writes next.", default="")
    parts: tuple[PartLook, ...] = told(
        "What is told together here, the main one first; empty for one alone.", default=()
    )
    merge_url: str = told("Where another case is told within this one; empty for who may not.", default="")
    split_url: str = told("Where messages are set apart; empty where there is nothing to set apart.", default="")
    marks_also: str = told("What the mark closes; empty where nobody is known.", default="")
    assign_url: str = told("Where a lead chooses who gets it, fetched when the menu opens.", default="")


@dataclass(frozen=True, kw_only=True)
class AssignPage:
    """Who gets a case: `inbox/assign.html`, and `inbox/_assign.html` as the inside of the menu.

    Posts to `url`: `person`, and `seen`, who had it when this was shown.
    """

    brand: BrandLook = told("Whose case.")
    url: str = told("Where the form goes.")
    back_url: str = told("The case.")
    now: str = told("Who has it: Marek has this case, Nobody has this case.")
    seen: str = told("That person's id, empty for nobody.", default="")
    people: tuple[Choice, ...] = told("By name; `count` is how many cases they hold, `selected` has it now.")
