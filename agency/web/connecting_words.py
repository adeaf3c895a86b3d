"""Words of connecting: what accounts can be used for, and why a walk to a platform failed."""

from __future__ import annotations

from flask_babel import gettext as _

from agency.web.language import per_language
from agency.web.looks import Notice
from channels.features import BASICS, Way


@per_language
def way_words() -> dict[Way, str]:
    """What a person picks first."""
    return {
        ("facebook", None): _("Facebook page"),
        ("instagram", "facebook"): _("Instagram, through its Facebook page"),
        ("instagram", "instagram"): _("Instagram without a page"),
        ("google_business", None): _("Google Business"),
    }


@per_language
def feature_words() -> dict[str, str]:
    """By the name of a feature."""
    return {
        BASICS: _("Find the account and hear what happens there"),
        "comments": _("Comments: read, answer, hide"),
        "visitor_posts": _("Posts by visitors and posts that name the page"),
        "mentions": _("Mentions by others"),
        "messages": _("Direct messages and private replies"),
        "ads": _("Comments under ads"),
        "reviews": _("Reviews: read and answer"),
        "notices": _("Notices posted in the brand's name"),
    }


@per_language
def _failures() -> dict[str, tuple[str, str]]:
    again = _("Begin again; it takes a minute.")
    return {
        "unknown": (_("We do not know this way back."), again),
        "expired": (_("Signing in took longer than ten minutes."), again),
        "used": (_("This way back was used already."), _("Look at the channels: it may have worked.")),
        "other_browser": (_("You came back in another browser than you left from."), again),
        "other_person": (_("Somebody else began this."), _("Sign in as whoever began it, or begin again.")),
        "cancelled": (_("You cancelled at the platform."), _("Begin again when you are ready.")),
        "code_used": (_("The platform's answer was used already or is too old."), again),
        "declined": (
            _("What we need most was not allowed."),
            _("Begin again and leave the permissions ticked; you can take them back at the platform at any time."),
        ),
        "short_lived": (_("The platform let us in for an hour only."), again),
        "nothing_found": (
            _("We were let in, but no account was shown to us."),
            _(
                "Begin again and tick the accounts. If a page belongs to a business portfolio, you need full control "
                "of it there; an Instagram profile must be a professional one and linked to its page."
            ),
        ),
        "not_now": (_("The platform does not answer right now."), _("Try again in a few minutes.")),
        "refused": (
            _("The platform refused our application."),
            _("Tell whoever runs Onbrand; meanwhile an existing token can be used."),
        ),
        "other_account": (
            _("You signed in, but the account that broke is not among what you allowed."),
            _("Begin again as somebody who manages it, and tick it."),
        ),
        "gone": (_("What was allowed waits for half an hour, and that is over."), again),
    }


def failure(code: str) -> Notice:
    """What happened, what is safe, what to do; for an unknown code as for a refusal."""
    what, then = _failures().get(code) or _failures()["refused"]
    return Notice("warn", what, _("Nothing was connected or changed."), then)


@per_language
def _problems() -> dict[str, str]:
    return {
        "permission_missing": _("a permission is missing"),
        "not_subscribed": _("the platform did not take our wish to be told"),
        "fields_missing": _("the platform tells us of a part only"),
        "no_topic": _("this installation has no topic for Google's events"),
        "other_topic": _("another program receives this account's events"),
        "no_rights": _("this sign-in may not change it"),
        "quota_zero": _("Google has not approved this installation yet"),
        "service_disabled": _("a service is switched off in Google's project"),
    }


def events_sentence(subscribed: bool, problem: str | None, asked: bool) -> str:
    """Whether the platform tells us by itself."""
    if subscribed:
        return _("The platform tells us of everything new.")
    if problem:
        why = _problems().get(problem) or problem.replace("_", " ")
        return _("We look by ourselves every few minutes; the platform does not tell us: %(why)s.", why=why)
    return _("We look by ourselves every few minutes.") if asked else _("We ask the platform to tell us of news.")


@per_language
def reason_words() -> dict[str, str]:
    """What a platform said of a broken access, by its reason; others are not shown to a client."""
    return {
        "app_removed": _("Our access was removed in the platform's settings."),
        "password_changed": _("The password of whoever signed in was changed."),
        "expired": _("The access has ended by itself."),
        "page_role_lost": _("Whoever signed in no longer manages the page. Somebody who does must sign in."),
        "access_withdrawn": _("The access was withdrawn or has ended."),
        "access_lost": _("Whoever signed in no longer manages the account. Somebody who does must sign in."),
        "permission_missing": _("A permission was taken away."),
        "checkpoint": _("The platform wants whoever signed in to visit it and confirm something first."),
        "unconfirmed_person": _("The platform wants whoever signed in to confirm their account first."),
    }
