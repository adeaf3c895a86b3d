"""Contexts of a person's own pages and of the pages behind mailed links."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from agency.web.looks import Choice, Clock, Notice, told


@dataclass(frozen=True, kw_only=True)
class AgenciesPage:
    """`doors/agencies.html`. Posts to `url`: `agency`, `next`."""

    url: str = told("Where the form goes.")
    next: str = told("Local path to go on to.")
    agencies: tuple[Choice, ...] = told("`value`, `label`, `selected`.")
    roles: dict[str, str] = told("Agency id → the role's word.")
    sign_out_url: str = told("Ends the session.")


@dataclass(frozen=True, kw_only=True)
class ForgottenPage:
    """`doors/forgotten.html`. Posts to `url`: `email`."""

    url: str = told("Where the form goes.")
    notice: Notice | None = told("The one answer for every address.", default=None)
    back_url: str = told("To the sign-in page.")
    is_done: bool = told("The form was sent; it is not shown again.", default=False)


@dataclass(frozen=True, kw_only=True)
class NewPasswordPage:
    """`doors/new_password.html`: a reset or an invitation. Posts to `url`: `password`, and `name` where asked."""

    url: str = told("Where the form goes.")
    title: str = told("Heading.")
    lead: str = told("What this is and what pressing the button does.")
    button: str = told("Says the effect.")
    asks_name: bool = told("A new person gives a name.", default=False)
    asks_password: bool = told("Somebody with an account keeps theirs.", default=True)
    name: str = told("Typed already.", default="")
    email: str = told("For password managers.", default="")
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SecondFactorSetUpPage:
    """`account/second_factor.html`. Posts to `url`: `offered`, `code`."""

    url: str = told("Where the form goes.")
    picture: Markup = told("The square code as SVG.")
    secret: str = told("The same to type by hand, in groups of four.")
    offered: str = told("The sealed secret the form brings back.")
    is_demanded: bool = told("The agency demands it for this role.", default=False)
    notice: Notice | None = told("Wrong code.", default=None)
    back_url: str = told("To the person's own settings; empty while it is demanded.", default="")


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesPage:
    """`account/recovery_codes.html`: shown once."""

    codes: tuple[str, ...] = told("Ten codes.")
    next_url: str = told("Where to go on to.")


@dataclass(frozen=True, kw_only=True)
class SessionLook:
    """One signed-in browser."""

    browser: str = told("What it says it is.")
    place: str = told("Address and agency.")
    began: Clock = told("Signed in since.")
    seen: Clock = told("Last request, to five minutes.")
    is_this: bool = told("The one reading this.")
    end_url: str = told("Posting ends it.")


@dataclass(frozen=True, kw_only=True)
class TokenLook:
    """One API token."""

    name: str = told("What it is for.")
    made: Clock = told("When.")
    used: Clock | None = told("Last used; None for never.")
    brands: str = told("What it is limited to.")
    revoke_url: str = told("Posting ends it.")


@dataclass(frozen=True, kw_only=True)
class AccountPage:
    """`account/page.html`: a person's own settings.

    Posts: `save_url` (`name`, `language`, `time_zone`, `keys`), `password_url` (`present`, `password`),
    `end_all_url` (`tokens`: 1 ends API tokens too), `token_url` (`name`, `brand` repeated), `second_factor_off_url` and
    `recovery_codes_url` (`code`).
    """

    save_url: str = told("Name, language, zone, keys.")
    name: str = told("Now.")
    email: str = told("Cannot be changed here.")
    languages: tuple[Choice, ...] = told("Options: `value`, `label`, `selected`.")
    time_zones: tuple[Choice, ...] = told("Options: `value`, `label`, `selected`.")
    keys_on: bool = told("Single-key shortcuts.")
    password_url: str = told("Changes it.")
    sessions: tuple[SessionLook, ...] = told("Latest first.")
    end_all_url: str = told("Ends all but this one.")
    has_tokens: bool = told("Has working API tokens, in whichever agency.", default=False)
    second_factor_on: bool = told("Whether it is set up.")
    second_factor_demanded: bool = told("Then it cannot be switched off.", default=False)
    second_factor_url: str = told("To set it up.")
    second_factor_off_url: str = told("Switches it off.")
    recovery_codes_url: str = told("Makes new codes.")
    tokens: tuple[TokenLook, ...] = told("API tokens.", default=())
    token_url: str = told("Makes one; empty where nobody may.", default="")
    new_token: str = told("Shown once, just made.", default="")
    agencies_url: str = told("To another agency; empty for members of one.", default="")
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    notice: Notice | None = told("What just went wrong or well.", default=None)


@dataclass(frozen=True, kw_only=True)
class PersonPage:
    """One member's role and brands, `people/person.html`. Posts to `url`: `role`, `every` (1), `brand` repeated."""

    url: str = told("Where the form goes.")
    name: str = told("Whose.")
    email: str = told("Address.")
    roles: tuple[Choice, ...] = told("Options: `value`, `label`, `selected`.")
    brands: tuple[Choice, ...] = told("`value`, `label`, `selected`, `brand`.")
    every_brand: bool = told("Covers every brand, now and later.")
    remove_url: str = told("Posting ends the membership at once.")
    back_url: str = told("To the list.")
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    notice: Notice | None = told("What went wrong.", default=None)
