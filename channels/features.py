"""What an account can be used for and which permissions each use needs: one table, for every platform and login.

The permissions are those of `docs` at the platforms, state of July 2026; `channels/*/README.md` name what is
unconfirmed there. Pages show the table, the dialogs ask by it, and an account is compared with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from channels.google_business.oauth import SCOPE as BUSINESS

#: Platform, and for Instagram the login, None elsewhere.
Way = tuple[str, str | None]

BASICS = "basics"


@dataclass(frozen=True, slots=True)
class Feature:
    """One use. ``tasks``: the person must hold one of these on the Page; empty: none is asked for."""

    name: str
    scopes: tuple[str, ...]
    tasks: tuple[str, ...] = ()

    def missing_scopes(self, granted: Collection[str]) -> tuple[str, ...]:
        """Those of its permissions that are not among ``granted``; nothing where the platform never told us."""
        return tuple(scope for scope in self.scopes if scope not in granted) if granted else ()

    def lacks_task(self, held: Collection[str]) -> bool:
        """Whether the person's role on the Page does not include it; False where the platform names no tasks."""
        wanted = {*self.tasks, *(f"PROFILE_PLUS_{task}" for task in self.tasks), *_ALL_TASKS}
        return bool(self.tasks) and bool(held) and not wanted & {*held}

    def stands(self, granted: Collection[str], held: Collection[str]) -> bool:
        return not self.missing_scopes(granted) and not self.lacks_task(held)


_ALL_TASKS = ("PROFILE_PLUS_FULL_CONTROL",)
_PAGES = ("pages_show_list", "pages_read_engagement", "pages_manage_metadata", "business_management")

#: The first of each is what every account needs; the others can be left out and added later.
FEATURES: dict[Way, tuple[Feature, ...]] = {
    ("facebook", None): (
        Feature(BASICS, _PAGES),
        Feature("comments", ("pages_read_user_content", "pages_manage_engagement"), ("MODERATE",)),
        Feature("visitor_posts", ("pages_read_user_content",)),
        Feature("messages", ("pages_messaging",), ("MESSAGING", "MODERATE")),
        Feature("ads", ("pages_manage_ads",)),
        Feature("notices", ("pages_manage_posts",), ("CREATE_CONTENT",)),
    ),
    ("instagram", "facebook"): (
        Feature(BASICS, (*_PAGES, "instagram_basic")),
        Feature("comments", ("instagram_manage_comments",)),
        Feature("mentions", ("instagram_manage_comments",)),
        Feature("messages", ("instagram_manage_messages",), ("MESSAGING", "MODERATE")),
    ),
    ("instagram", "instagram"): (
        Feature(BASICS, ("instagram_business_basic",)),
        Feature("comments", ("instagram_business_manage_comments",)),
        Feature("messages", ("instagram_business_manage_messages",)),
    ),
    ("google_business", None): (
        # One permission covers all of it; `openid` says whose sign-in it is, so that taking one back hurts no other.
        Feature(BASICS, ("openid", BUSINESS)),
        Feature("reviews", (BUSINESS,)),
        Feature("notices", (BUSINESS,)),
    ),
}
#: Features that are on unless somebody unticks them.
USUAL = ("comments", "visitor_posts", "mentions", "messages", "reviews")


def way_of(platform: str, login: str | None) -> Way:
    """The key of FEATURES for an account or a wish."""
    return (platform, (login or "facebook") if platform == "instagram" else None)


def features_of(way: Way) -> tuple[Feature, ...]:
    return FEATURES[way]


def known_features(way: Way, names: Iterable[str]) -> tuple[str, ...]:
    """Those of ``names`` that this way has, in the table's order, what every account needs among them."""
    wanted = {BASICS, *names}
    return tuple(feature.name for feature in FEATURES[way] if feature.name in wanted)


def scopes_for(way: Way, names: Iterable[str]) -> tuple[str, ...]:
    """What to ask for, each once, in the table's order."""
    wanted = set(known_features(way, names))
    return tuple(dict.fromkeys(scope for one in FEATURES[way] if one.name in wanted for scope in one.scopes))


def standing_features(way: Way, granted: Collection[str], held: Collection[str]) -> tuple[str, ...]:
    """What can be used with these permissions and tasks; everything where the platform never told us."""
    return tuple(feature.name for feature in FEATURES[way] if feature.stands(granted, held))
