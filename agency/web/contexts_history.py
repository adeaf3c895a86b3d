"""Contexts of pages about earlier conversations: reading an account's past, importing a file."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Clock, StateLook, told


@dataclass(frozen=True, kw_only=True)
class HistoryLook:
    """How far the reading of an account's past is, `accounts/_history.html`. Posts: `stop_url`, `go_on_url`."""

    account: str = told("Name, for those who do not see the page.")
    state: StateLook | None = told("Reading, Read, Stopped; None where nobody asked yet.", default=None)
    words: str = told("How many, back to when.", default="")
    problem: str = told("Why it waits or failed, and what to do.", default="")
    gaps: str = told("What could not be read, if anything.", default="")
    page_url: str = told("Where one may ask for it; empty on that page.", default="")
    look_url: str = told("Fetched again while it runs.", default="")
    stop_url: str = told("Posting stops it; empty where not allowed.", default="")
    go_on_url: str = told("Posting takes it up again; empty where not allowed.", default="")


@dataclass(frozen=True, kw_only=True)
class HistoryPage:
    """An account's past, `accounts/history.html`. Posts to `url`: `horizon`."""

    name: str = told("Of the account.")
    brand: BrandLook = told("Whose it is.")
    platform: str = told("Facebook, Instagram, Google.")
    history: HistoryLook = told("How far it is.")
    url: str = told("Where the question goes; empty where not allowed.", default="")
    horizons: tuple[Choice, ...] = told("Options: `value`, `label`, `selected`.", default=())
    error: str = told("What to do when the answer could not be taken.", default="")
    back_url: str = told("To the list.")


@dataclass(frozen=True, kw_only=True)
class ImportRow:
    """One file that was begun."""

    url: str = told("Its page.")
    brand: BrandLook = told("Whose.")
    name: str = told("Of the account.")
    platform: str = told("Facebook, Instagram, Google.")
    file_name: str = told("As it was called.")
    state: StateLook = told("Storing, Stored, Stopped.")
    at: Clock = told("When it was looked through.")


@dataclass(frozen=True, kw_only=True)
class ImportsPage:
    """Choosing a file, `imports/page.html`. Posts to `url`: `brand`, `platform`, `external_id`, `name`, `file`."""

    url: str = told("Where the form goes.")
    brands: tuple[Choice, ...] = told("Options: `value`, `label`, `selected`.")
    platforms: tuple[Choice, ...] = told("Options: `value`, `label`, `selected`.")
    columns: tuple[tuple[str, str, bool], ...] = told("Name, meaning, whether it must be there.")
    rows: tuple[ImportRow, ...] = told("Earlier files, newest first.", default=())
    values: dict[str, str] = told("Typed already when the form comes back.", default_factory=dict)
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    back_url: str = told("To the channels.")


@dataclass(frozen=True, kw_only=True)
class ProblemRow:
    """One line that is left out."""

    line: str = told("Its number in the file.")
    column: str = told("The column; empty for the whole line.")
    reason: str = told("Why.")


@dataclass(frozen=True, kw_only=True)
class ImportLook:
    """How far one file is, `imports/_state.html`."""

    state: StateLook = told("Looked through, Storing, Stored, Stopped.")
    words: str = told("What was stored, or would be.")
    done: int = told("Lines stored.")
    total: int = told("Lines to store.")
    look_url: str = told("Fetched again while it runs.", default="")
    stop_url: str = told("Posting stops it; empty when it does not run.", default="")


@dataclass(frozen=True, kw_only=True)
class ImportPage:
    """One file: its report, then how far it is, `imports/file.html`. Posts: `begin_url` (`file_hash`), `drop_url`."""

    name: str = told("Of the account.")
    brand: BrandLook = told("Whose.")
    platform: str = told("Facebook, Instagram, Google.")
    file_name: str = told("As it was called.")
    file: ImportLook = told("How far it is.")
    facts: tuple[tuple[str, str], ...] = told("Counts in words.")
    problems: tuple[ProblemRow, ...] = told("The first lines that are left out.")
    report_url: str = told("Every line with what becomes of it; empty once the file is gone.", default="")
    more_problems: str = told("How many are not shown; empty for none.", default="")
    account_note: str = told("What becomes of the account.", default="")
    begin_url: str = told("Posting stores it; empty once begun or with nothing to store.", default="")
    drop_url: str = told("Posting forgets it; empty once begun.", default="")
    file_hash: str = told("SHA-256 of the file, hex.", default="")
    back_url: str = told("To the form.")
