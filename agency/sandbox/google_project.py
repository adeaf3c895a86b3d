"""The product's Cloud project at Google: approved or not, which APIs are on, its quotas, how open questions go.

Where Google's documents leave a question open, the project has a fact for it, so that a test can try either answer.
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from agency.sandbox.google_errors import SERVICE_NAMES, quota_exceeded, service_disabled
from agency.sandbox.store import Store

SETTING = "google project"
MINUTE_SECONDS = 60

REVIEWS_SERVICE = "mybusiness.googleapis.com"
ACCOUNTS_SERVICE = "mybusinessaccountmanagement.googleapis.com"
LOCATIONS_SERVICE = "mybusinessbusinessinformation.googleapis.com"
NOTIFICATIONS_SERVICE = "mybusinessnotifications.googleapis.com"
VERIFICATIONS_SERVICE = "mybusinessverifications.googleapis.com"


@dataclass(frozen=True)
class Project:
    """`quota_per_minute` counts for each service by itself (page "Quota limits"; assumed for v4), None counts nothing.

    Open questions: `put_tells_state` (PUT reply answers with a state), `refuse_large_pages` (a pageSize over the
    maximum is refused, not lowered), `unverified_is_denied` (403 instead of 400 FAILED_PRECONDITION),
    `edit_drops_reply` (an edited review loses its reply), `rejection_keeps_previous` (a rejected new text leaves the
    approved one there), `batch_within_account` (batchGetReviews takes locations of the account in its path only).
    """

    approved: bool = True
    quota_per_minute: int | None = 300
    edits_per_minute: int = 10
    disabled_services: tuple[str, ...] = ()
    publishing_status: str = "production"
    test_users: tuple[str, ...] = ()
    refresh_tokens_per_person: int = 100
    redirect_uris: tuple[str, ...] = ()
    put_tells_state: bool = False
    refuse_large_pages: bool = False
    unverified_is_denied: bool = False
    edit_drops_reply: bool = False
    rejection_keeps_previous: bool = False
    batch_within_account: bool = False


def project(store: Store) -> Project:
    known: dict[str, Any] = store.setting(SETTING, {})
    return Project(**_tuples(known))


def _tuples(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}


def change(store: Store, wish: dict[str, Any]) -> Project:
    """Change some facts; raises ValueError."""
    known = {each.name: each for each in fields(Project)}
    for name, value in wish.items():
        if name not in known:
            raise ValueError(f"unknown: {name}; the project has {', '.join(known)}")
        default = known[name].default
        if name == "quota_per_minute" and value is None:
            continue
        wanted = list if isinstance(default, tuple) else int if name == "quota_per_minute" else type(default)
        if type(value) is not wanted:
            raise ValueError(f"{name} must be {wanted.__name__}")
    if wish.get("publishing_status", "production") not in ("production", "testing"):
        raise ValueError("publishing_status must be production or testing")
    if unknown := set(wish.get("disabled_services", ())) - set(SERVICE_NAMES):
        raise ValueError(f"unknown service {', '.join(sorted(unknown))}; known: {', '.join(SERVICE_NAMES)}")
    with store.transaction():
        changed = replace(project(store), **_tuples(wish))
        store.set_setting(SETTING, asdict(changed))
    return changed


@dataclass
class Quota:
    """Calls of this minute, by service or profile. Kept in memory: a restart is a fresh minute."""

    _counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, who: str, now: float) -> int:
        """One more call; answers how many there were in this minute, this one included."""
        minute = int(now // MINUTE_SECONDS)
        with self._lock:
            known_minute, calls = self._counts.get(who, (minute, 0))
            calls = calls + 1 if known_minute == minute else 1
            self._counts[who] = (minute, calls)
        return calls

    def used(self, now: float) -> dict[str, int]:
        minute = int(now // MINUTE_SECONDS)
        with self._lock:
            return {who: calls for who, (at, calls) in self._counts.items() if at == minute}

    def forget(self) -> None:
        with self._lock:
            self._counts.clear()


def spend(store: Store, quota: Quota, service: str) -> Project:
    """Count one call of a service. Raises GoogleError where the service is off or its quota is used up."""
    facts = project(store)
    if service in facts.disabled_services:
        raise service_disabled(service)
    if not facts.approved:
        raise quota_exceeded(service, "0")
    calls = quota.count(service, store.clock())
    if facts.quota_per_minute is not None and calls > facts.quota_per_minute:
        raise quota_exceeded(service, str(facts.quota_per_minute))
    return facts


def spend_edit(store: Store, quota: Quota, profile: str) -> None:
    """Count one edit of one profile: ten a minute, and no one can have more. Raises GoogleError."""
    limit = project(store).edits_per_minute
    if quota.count(f"edits {profile}", store.clock()) > limit:
        raise quota_exceeded(LOCATIONS_SERVICE, str(limit))
