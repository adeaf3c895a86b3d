"""What each page is given: one frozen dataclass per page, every field with its meaning.

A page route does `render_template("inbox/page.html", shell=shell, page=InboxPage(...))`. Templates read `shell` (who,
where, menu) and `page` (this page) and nothing else; they ask no database and build no address. All words are
translated and all times worded before they arrive here; see `agency.web.looks`, `agency.web.clocks` and
`agency.web.state_looks`. Form fields that each template posts are listed in the docstring of its page; every post
carries `csrf_token` too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agency.web.contexts_conversation import (
    AssignPage,
    CheckResult,
    ClaimLook,
    ClockLook,
    Composer,
    ConversationPage,
    MessageLook,
    NoteLook,
    QuotedPost,
    ReplyLook,
    SideLine,
    SidePart,
    VariantField,
)
from agency.web.contexts_doors import ErrorPage, MailboxPage, MailRow, SecondFactorPage, SignInPage
from agency.web.contexts_filters import Chip, LabelLook
from agency.web.contexts_owner import (
    ChainStep,
    LinkEndedPage,
    OwnerReplyPage,
    OwnerWaitingPage,
    ReceiptPage,
    RecordLine,
    WaitingRow,
    WordingLook,
)
from agency.web.contexts_rooms import (
    AccountRow,
    AccountsPage,
    BrandRow,
    BrandsPage,
    GuidePage,
    GuideProblem,
    GuideVersionRow,
    PeoplePage,
    PersonRow,
    RuleLook,
)
from agency.web.looks import BrandLook, Choice, Clock, Notice, Stars, StateLook, Toast, told

__all__ = [
    "AccountRow",
    "AccountsPage",
    "AssignPage",
    "BrandRow",
    "BrandsPage",
    "ChainStep",
    "CheckResult",
    "Chip",
    "ClaimLook",
    "ClockLook",
    "Composer",
    "ConversationPage",
    "ErrorPage",
    "GuidePage",
    "GuideProblem",
    "GuideVersionRow",
    "InboxPage",
    "LabelLook",
    "LinkEndedPage",
    "MailRow",
    "MailboxPage",
    "MessageLook",
    "NoteLook",
    "OwnerReplyPage",
    "OwnerWaitingPage",
    "PeoplePage",
    "PersonRow",
    "QueueRow",
    "QuotedPost",
    "ReceiptPage",
    "RecordLine",
    "ReplyLook",
    "RuleLook",
    "SecondFactorPage",
    "Shell",
    "SideLine",
    "SidePart",
    "SignInPage",
    "VariantField",
    "WaitingRow",
    "WordingLook",
]


@dataclass(frozen=True, kw_only=True)
class Shell:
    """The frame around every page. Without a person (sign-in, owner links) only language, theme and assets matter.

    Posts: `/theme` (`theme` = auto|light|dark, `next`), `sign_out_url` (nothing), a toast's `undo_url` (nothing).
    """

    agency_name: str = told("Shown in the frame and in titles.")
    language: str = told("For `<html lang>`: en, pl, pt.", default="en")
    theme: Literal["auto", "light", "dark"] = told("From the cookie `theme`.", default="auto")
    here: str = told("Path and query of this page, for coming back after a switch.", default="/")
    person_name: str = told("Empty where nobody is signed in: the menu then stays away.", default="")
    person_email: str = told("Shown in the person's menu.", default="")
    role_word: str = told("The role, translated.", default="")
    menu: tuple[Choice, ...] = told("Main places this person may open, in order; `value` is an icon name.", default=())
    brands: tuple[Choice, ...] = told(
        "All brands first, then each brand this person may see, or the busiest of many; `brand` is set.", default=()
    )
    brands_url: str = told("Where the switcher gets the whole list when the rail holds only a part.", default="")
    notices: tuple[Notice, ...] = told("Banners over the page.", default=())
    toasts: tuple[Toast, ...] = told("What was just done.", default=())
    account_url: str = told("The person's own settings.", default="/account")
    sign_out_url: str = told("Posting here ends the session.", default="/sign-out")
    away_url: str = told("Posting gives back what this person holds; empty for who holds nothing.", default="")
    keys_on: bool = told("Single-key shortcuts, which a person can switch off.", default=True)
    notices_url: str = told("What the person was told of; empty where nobody is.", default="")
    unread: str = told("How many of them are unread, as it is shown; empty for none.", default="")
    assets: str = told("Changes with the static files: `agency.web.static_version.static_version()`.", default="0")
    referrer: str = told(
        "Referrer policy; `no-referrer` behind a mailed link, where only the page's own form can be sent.",
        default="same-origin",
    )
    env: str = told("`local` shows a mark in the frame and the links to /parts and the mailbox.", default="production")


# --- Inbox -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class QueueRow:
    """One conversation in the queue: three lines, never four. Positional use is fine, the order is fixed.

    Nobody may change one, but for `printed`: they are kept (`agency/web/inbox_rows.py`). It is not frozen: making a
    frozen one takes 4.8 us, this 0.5, and a page makes fifty.
    """

    id: str = told("The conversation's id.")
    url: str = told("The inbox with this conversation open, keeping view and filters.")
    brand: BrandLook = told("Colour, mark and name.")
    place: str = told("Facebook · comment; a review with stars says only Google, as the stars say the rest.")
    author: str = told("The customer's public name.")
    excerpt: str = told("First 140 characters of the newest customer message, one line.")
    language: str = told("Code such as pl: printed upper case and set as `lang` of the excerpt; empty if unknown.")
    stars: Stars | None = told("Only for reviews.")
    age: Clock = told("Since the newest customer message.")
    due: Clock | None = told("The tightest clock; None where none runs.")
    state: StateLook = told("The conversation's state.")
    reply_state: StateLook | None = told("The state of the newest reply, which is shown instead of `state` if set.")
    holder: str = told("Who has it, empty for nobody. `you` is said with `mine`.")
    mine: bool = told("The reader holds it.")
    unread: bool = told("Something came in since anybody of ours looked.")
    score: str = told(
        "What puts it where it stands in the queue, as a number of points; empty where no order by it.", default=""
    )
    gone: str = told(
        "Why it is shown though it has left the view: the word beside it; empty while it belongs.", default=""
    )
    labels: tuple[LabelLook, ...] = told("Of the case, in the order they were put on.", default=())
    vip: str = told("Whoever writes is a VIP, in a word; empty for others.", default="")
    printed: str = told(
        "Itself as HTML, once it was printed; marks of a search and of the open case are set later.",
        default="",
        init=False,
        compare=False,
        repr=False,
    )


@dataclass(frozen=True, kw_only=True)
class InboxPage:
    """The queue across brands, `inbox/page.html`; with `HX-Target: conversation` answer `inbox/_conversation.html`,
    with `HX-Target: more-rows` answer `inbox/_rows.html`; `rows_url` answers rows alone.

    Gets: the filter form sends `q` and every filter of `agency.inbox.filters.FILTERS` to `url`.
    Posts: `next_case_url` (`seen` = `first_free`): claims the top case, answers 303 to it.
    """

    title: str = told("Heading: All brands, or one brand's name.")
    url: str = told("Address without filters, where the filter form goes.")
    rows: tuple[QueueRow, ...] = told("At most 50, in their order.")
    views: tuple[Choice, ...] = told("My work, Team, Late and so on with counts, shown as tabs.")
    chips: tuple[Chip, ...] = told("The filters in force, each with a link that takes it away.", default=())
    clear_url: str = told("Takes all of them away.", default="/inbox")
    save_url: str = told("Where they are saved as a view.", default="")
    fields_url: str = told("All filters, fetched when the drawer opens; a page without script.", default="")
    views_url: str = told("The strip of saved views, fetched once the page stands.", default="")
    kept: tuple[tuple[str, str], ...] = told("What the search keeps of the address until the filters come.", default=())
    told_words: str = told("That some of the brands of the address are not the reader's.", default="")
    top_url: str = told("The top of this brand, after a switch led back to where the reader was.", default="")
    search: str = told("What was searched.", default="")
    next_url: str = told("The next 50 (keyset cursor); empty at the end.", default="")
    is_cut: bool = told("Only a part of the list was looked through for these rows.", default=False)
    first_url: str = told("Back to the top when this is not the first page.", default="")
    newer_count: int = told("Came in since the list was made, of those it would show.", default=0)
    count_url: str = told(
        "Where queue.js asks for that number; empty where the pulse's own is it: all open.", default=""
    )
    pulse_url: str = told("queue.js asks here every few seconds what moved (`agency/web/pulse.py`).", default="")
    rows_url: str = told("queue.js fetches changed rows here (`agency/web/live.py`).", default="")
    newer_url: str = told("The list made anew.", default="")
    zone: str = told(
        "The reader's time zone, by its name: in it queue.js says a row's exact times on hover.", default="UTC"
    )
    next_case_url: str = told("Empty where the person may not claim.", default="")
    choose_url: str = told("Where several cases are chosen; empty where the person may not work on any.", default="")
    storm_url: str = told("What may be an incident, fetched again and again; empty for who does not lead.", default="")
    selected_id: str = told("The open conversation's id.", default="")
    selected: ConversationPage | None = told("Shown in the middle and right columns.", default=None)
    empty_reason: str = told("Why the list is empty: All of today's cases are answered.", default="")
    empty_action: Choice | None = told("The one next step for an empty list.", default=None)

    @property
    def view_name(self) -> str:
        """Of the tab that is shown, for the window's title; empty where the address names none."""
        return next((view.label for view in self.views if view.selected), "")

    @property
    def first_free(self) -> str:
        """The first case here that nobody has: who took it meanwhile is said to whoever asks for the next one."""
        return next((row.id for row in self.rows if not row.holder and not row.mine), "")
