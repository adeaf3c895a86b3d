"""Whose allowance a call draws on: an app's or project's, an account's, a tenant's; and what answers say of it. Pure.

How much of it is left is counted by `channels.budgets`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from channels import meta_graph
from channels.google_business import status as google_status
from channels.meta_messages import looks_like_message
from channels.protocol import Answer, Exchange, Request, Service, TokenReference

#: How long a reported count is believed, fading.
REPORT_SECONDS = 3_600
#: How long nobody of the project asks after Google said that it allows nothing; then somebody tries.
NOTHING_ALLOWED_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls in a time, and who says so. ``calls`` None: the platform names no number, so its reports and pauses
    alone count.
    """

    calls: int | None
    window_seconds: int
    source: str


#: Every allowance we keep to. What a platform tells while we use it (usage headers, refusals) counts more.
LIMITS: dict[str, Limit] = {
    "app:meta": Limit(None, 3_600, "Meta, Rate Limits: 200 calls an hour for each daily user; X-App-Usage tells"),
    "app:instagram": Limit(None, 3_600, "the same of the Instagram app"),
    "account:meta": Limit(
        4_800, 86_400, "Meta, Rate Limits: a day for each engaged person of a Page or profile; a quiet one has one"
    ),
    "conversations:meta": Limit(
        20,
        10,
        "Meta, Conversations API: 2 calls a second for each Page or profile; over ten seconds, as a poll asks several",
    ),
    "project:google": Limit(
        300,
        60,
        "Google, Quota limits: for a project, until it asks for more (GOOGLE_CALLS_PER_MINUTE); assumed for reviews, "
        "which the page does not list",
    ),
}
#: One agency's share of what a project is allowed.
TENANT_SHARE = 0.6
#: Of what a project is allowed, what answers may take: 105 a minute, and the rest is for looks, events and polls.
SENDING_SHARE = 0.7
#: One agency's share of that, and one brand's of the agency's: nobody's thousand hold up everybody else's.
SENDING_TENANT_SHARE, SENDING_BRAND_SHARE = 0.8, 0.8
#: They leave evenly: counted over so short a time, a burst and a minute's answers after it (63 + 210 calls) stay below
#: what is refused.
SENDING_SECONDS = 20
#: The check before it and the answer itself.
CALLS_OF_SENDING = 2


@dataclass(frozen=True, slots=True)
class Budget:
    """Whose allowance. ``calls`` as in `Limit`; ``of`` names the limit it is a ``share`` of."""

    name: str
    calls: int | None = None
    window_seconds: int = REPORT_SECONDS
    of: str | None = None
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Ask:
    """So many calls that draw on these budgets together: all of them allow it, or none is drawn on.

    ``also``: budgets that only so many of the calls draw on.
    """

    budgets: tuple[Budget, ...]
    calls: int = 1
    also: tuple[tuple[Budget, int], ...] = ()

    @property
    def draws(self) -> tuple[tuple[Budget, int], ...]:
        """Every budget with the calls it has to bear."""
        return (*((budget, self.calls) for budget in self.budgets), *self.also)


@dataclass(frozen=True, slots=True)
class Note:
    """What a platform said: ``percent`` of the allowance used, how long to pause, seconds, or how many ``calls`` the
    limit behind the budget really has.
    """

    budget: Budget
    percent: int | None = None
    pause_seconds: float = 0
    calls: int | None = None


def _budget(name: str, limit: str, share: float = 1.0) -> Budget:
    found = LIMITS[limit]
    calls = None if found.calls is None else int(found.calls * share)
    return Budget(name, calls, found.window_seconds, limit, share)


_APPS: dict[Service, Budget] = {
    "meta_graph": _budget("app:meta", "app:meta"),
    "instagram_graph": _budget("app:instagram", "app:instagram"),
    "google_reviews": _budget("project:google", "project:google"),
}


def app_of(request: Request) -> Budget | None:
    """The app's or project's budget, None for what no allowance is known of."""
    return _APPS.get(request.service)


def account_of(request: Request) -> Budget | None:
    """The account's own budget, known by its token; None where the platform has none."""
    if request.service not in ("meta_graph", "instagram_graph") or request.token is None:
        return None
    if request.token.kind not in ("page", "instagram_user"):
        return None
    return _budget(f"account:{_holder(request.token)}", "account:meta")


def _holder(token: TokenReference) -> str:
    return hashlib.blake2b(token.secret.reveal().encode("utf-8", "replace"), digest_size=16).hexdigest()


def _conversations_of(request: Request) -> Budget | None:
    """What reading direct messages of a Page or profile has to itself, beside the account's own."""
    if account_of(request) is None or request.token is None or request.method != "GET":
        return None
    last = request.path.rsplit("/", 1)[-1]
    if last not in ("conversations", "messages") and not looks_like_message(last):
        return None
    return _budget(f"conversations:{_holder(request.token)}", "conversations:meta")


def ask_for(requests: Sequence[Request], tenant: str | None = None) -> Ask:
    """Leave to make these calls together. They are of one service and token; ``tenant`` is the agency they are for."""
    reading = [budget for budget in map(_conversations_of, requests) if budget is not None]
    also = ((reading[0], len(reading)),) if reading else ()
    return Ask(budgets_of(requests[0], tenant), len(requests), also)


def budgets_of(request: Request, tenant: str | None = None) -> tuple[Budget, ...]:
    """The budgets that every call of its service and token draws on; ``tenant`` is the agency it is made for."""
    app, account = app_of(request), account_of(request)
    own = None
    if tenant is not None and app is not None and app.calls is not None and app.of is not None:
        own = _budget(f"tenant:{app.name}:{tenant}", app.of, TENANT_SHARE)
    return tuple(budget for budget in (app, account, own) if budget is not None)


def sending_of(platform: str, tenant: str, brand: str) -> Ask | None:
    """Leave to send one answer of a brand; None where the platform names no number for our whole project. The calls it
    makes are counted for themselves: what a pause or others leave no room for, waits.
    """
    if platform != "google_business":
        return None
    app = _APPS["google_reviews"]
    budgets = []
    share = SENDING_SHARE * SENDING_SECONDS / app.window_seconds
    for name, part in (("", 1.0), (f":{tenant}", SENDING_TENANT_SHARE), (f":{tenant}:{brand}", SENDING_BRAND_SHARE)):
        share *= part
        budgets.append(
            replace(_budget(f"sending:{app.name}{name}", "project:google", share), window_seconds=SENDING_SECONDS)
        )
    return Ask(tuple(budgets), CALLS_OF_SENDING, also=((app, 0),))


def notes_of(request: Request, answer: Answer) -> list[Note]:
    """What an answer says of the app's and the account's allowance: usage headers, or the number it was refused by."""
    app, account = app_of(request), account_of(request)
    if request.service == "google_reviews":
        told = google_status.quota_of(answer)
        if app is None or told is None:
            return []
        return [Note(app, calls=told) if told else Note(app, pause_seconds=NOTHING_ALLOWED_SECONDS)]
    found = (
        (app, meta_graph.usage_percent(answer, meta_graph.APP_USAGE)),
        (account, meta_graph.usage_percent(answer, meta_graph.ACCOUNT_USAGE)),
    )
    return [Note(budget, percent) for budget, percent in found if budget is not None and percent is not None]


def notes_of_all(exchanges: Iterable[Exchange]) -> list[Note]:
    """The same of many; what was not answered says nothing."""
    return [note for one in exchanges if isinstance(one.result, Answer) for note in notes_of(one.request, one.result)]
