"""The only file that opens a connection to a platform (apart: one key set in `agency.api.google_push`, and the files
people attach in `channels.media_copies`).

What it holds to: addresses come from the settings alone; TLS is verified, plain http goes to loopback only; no redirect
is followed, no proxy or environment used, nothing retried; a call has 5 s to connect, 20 s between bytes and 30 s in
all; an answer is at most 10 MB; tokens travel in a header or a body (Instagram's renewal and the inspection of a token
apart) and appear in no log, repr or exception.

`Transport` is safe to share between threads and makes its connections anew after a fork. `fetch` and `send` never raise
anything but `channels.errors.ChannelError`, `fetch` not even that.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import httpx2

from channels import meta_graph
from channels.errors import ChannelError, NotSent, OutcomeUnknown, PlatformDown, RateLimited
from channels.google_business import oauth
from channels.protocol import Answer, Exchange, Request, Secret, Service
from channels.registry import ADAPTERS
from channels.watched_stream import Flight, WatchedTransport, take_off
from tenants import failpoints
from tenants.settings import LOOPBACK_HOSTS, Settings

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
TOTAL_SECONDS = 30.0
LARGEST_ANSWER_BYTES = 10 * 1024 * 1024
#: Calls in progress at once in one process: a bound on sockets and threads, not a tuned figure.
CONCURRENT_CALLS = 16
USER_AGENT = "onbrand/1"

_log = logging.getLogger(__name__)


class Speaks(Protocol):
    """What callers need of a transport; `channels.scripted_transport` has the kinds for tests."""

    def fetch(self, requests: Sequence[Request]) -> list[Exchange]: ...

    def send(self, request: Request) -> Answer: ...


@dataclass(frozen=True)
class Endpoints:
    """Where each service lives and the secrets that sign calls to it. An absent secret means: calls go unsigned."""

    bases: dict[Service, str]
    meta_app_id: str = ""
    meta_app_secret: Secret | None = None
    instagram_app_secret: Secret | None = None
    google_client_id: str = ""
    google_client_secret: Secret | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> Endpoints:
        """Only these addresses are ever called. Raises ValueError for one that is neither https nor loopback."""
        return cls(
            bases={
                "meta_graph": checked_base(settings.meta_graph_url),
                "instagram_graph": checked_base(settings.instagram_graph_url),
                "google_reviews": checked_base(settings.google_mybusiness_url),
                "instagram_api": checked_base(settings.instagram_api_url),
                "google_token": checked_base(settings.google_token_url),
                "google_revoke": checked_base(settings.google_revoke_url),
                "google_accounts": checked_base(settings.google_accounts_url),
                "google_locations": checked_base(settings.google_business_info_url),
                "google_notifications": checked_base(settings.google_notifications_url),
                "google_verifications": checked_base(settings.google_verifications_url),
                **{
                    service: checked_base(address)
                    for adapter in ADAPTERS.values()
                    for service, address in adapter.traits.addresses.items()
                },
            },
            meta_app_id=settings.meta_app_id,
            meta_app_secret=_secret(settings.meta_app_secret),
            instagram_app_secret=_secret(settings.instagram_app_secret),
            google_client_id=settings.google_client_id,
            google_client_secret=_secret(settings.google_client_secret),
        )

    def signing_secret(self, service: Service) -> Secret | None:
        if service == "meta_graph":
            return self.meta_app_secret
        return self.instagram_app_secret if service == "instagram_graph" else None


def _secret(value: str) -> Secret | None:
    return Secret(value) if value else None


def checked_base(url: str) -> str:
    """The address without a trailing slash.

    Raises ValueError unless it is https, or http on loopback, and names no user.
    """
    parts = urlsplit(url)
    loopback = parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS
    if (
        not parts.hostname
        or parts.username
        or parts.query
        or parts.fragment
        or not (parts.scheme == "https" or loopback)
    ):
        raise ValueError("A platform's address must be https, or http on loopback, without user, query or fragment.")
    return url.rstrip("/")


class _Lines:
    """The kept connections of one process.

    Writes get fresh ones: a kept line may be closed just as the request leaves.
    """

    def __init__(self) -> None:
        timeout = httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS, pool=TOTAL_SECONDS)
        headers = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"}
        self.process = os.getpid()
        self.reads, self.writes = (
            httpx2.Client(
                transport=WatchedTransport(connections=CONCURRENT_CALLS, keep_alive=keep_alive),
                timeout=timeout,
                headers=headers,
                follow_redirects=False,
                trust_env=False,
            )
            for keep_alive in (True, False)
        )
        self.crew = ThreadPoolExecutor(CONCURRENT_CALLS, thread_name_prefix="platform")


class Transport:
    """Speaks to the platforms. One per process is enough; building it opens nothing."""

    def __init__(self, endpoints: Endpoints, *, total_seconds: float = TOTAL_SECONDS) -> None:
        self._endpoints = endpoints
        self._total_seconds = total_seconds
        self._lock = threading.Lock()
        self._kept: _Lines | None = None
        self._google = oauth.AccessTokens(self._renew_google_token)
        self._versions_seen: set[str] = set()
        for name in ("httpx2", "httpcore2"):  # both log addresses with their query
            logging.getLogger(name).setLevel(logging.WARNING)

    def fetch(self, requests: Sequence[Request]) -> list[Exchange]:
        """Reads, many at once: one exchange per request, in order. Facebook's are combined into batch calls.

        A request that is not a read comes back as `NotSent`.
        """
        results: dict[int, Answer | ChannelError] = {}
        singles: list[int] = []
        batchable: list[int] = []
        for index, request in enumerate(requests):
            if request.is_write:
                results[index] = NotSent("only reads are fetched")
            elif request.service == "meta_graph" and request.token is not None and request.token.kind != "inspected":
                batchable.append(index)
            else:
                singles.append(index)
        if len(batchable) == 1:
            singles += batchable
            batchable = []
        crew = self._lines().crew
        size = meta_graph.BATCH_SIZE
        chunks = [batchable[start : start + size] for start in range(0, len(batchable), size)]
        batches = [(chunk, crew.submit(self._batch, [requests[i] for i in chunk])) for chunk in chunks]
        calls = {index: crew.submit(self._attempt, requests[index]) for index in singles}
        for chunk, future in batches:
            again = []
            for index, result in zip(chunk, future.result(), strict=True):
                if result is None:
                    again.append(index)
                else:
                    results[index] = result
            calls |= {index: crew.submit(self._attempt, requests[index]) for index in again}
        results |= {index: future.result() for index, future in calls.items()}
        return [Exchange(request, results[index]) for index, request in enumerate(requests)]

    def send(self, request: Request) -> Answer:
        """One call, made once. Raises `NotSent`, and for a write that may have arrived `OutcomeUnknown`, for a read
        `PlatformDown`.

        An HTTP answer of any status is returned, not raised: what it means is the adapter's to say.
        """
        return self._speak(request)

    def _speak(self, request: Request) -> Answer:
        answer, token = self._call_with_token(request)
        if answer.status == 401 and request.token is not None and request.token.kind == "google_refresh" and token:
            # Surely not done, and often only an access token that ended early: once more with a fresh one.
            self._google.forget(request.token.secret, token)
            answer, _ = self._call_with_token(request)
        return answer

    def close(self) -> None:
        """Ends kept connections; the transport opens new ones when used again."""
        with self._lock:
            kept, self._kept = self._kept, None
        if kept is not None and kept.process == os.getpid():
            kept.crew.shutdown(wait=False)
            kept.reads.close()
            kept.writes.close()

    # --- inside
    # --------------------------------------------------------------------------------------------------------

    def _lines(self) -> _Lines:
        with self._lock:
            if self._kept is None or self._kept.process != os.getpid():
                self._kept = _Lines()
            return self._kept

    def _attempt(self, request: Request) -> Answer | ChannelError:
        try:
            return self._speak(request)
        except ChannelError as error:
            return error

    def _call_with_token(self, request: Request) -> tuple[Answer, Secret | None]:
        params = dict(request.params)
        headers: dict[str, str] = {}
        token: Secret | None = None
        if request.token is not None:
            token = request.token.secret
            if request.token.kind == "inspected":
                # Only the application may ask about a token, and only in the address is it documented to be named.
                params["input_token"] = token.reveal()
                token = self._application_token() or token
            if request.token.kind == "application":
                token = self._application_token() or token
            if request.token.kind == "google_refresh":
                token = self._google_token(token, write=request.is_write)
            app_secret = self._endpoints.signing_secret(request.service)
            if app_secret is not None:
                params["appsecret_proof"] = meta_graph.appsecret_proof(token, app_secret)
            if request.token.in_query:
                params["access_token"] = token.reveal()
            else:
                headers["Authorization"] = f"Bearer {token.reveal()}"
        return self._call(request, params, headers), token

    def _application_token(self) -> Secret | None:
        ours = self._endpoints
        if not ours.meta_app_id or ours.meta_app_secret is None:
            return None
        return Secret(f"{ours.meta_app_id}|{ours.meta_app_secret.reveal()}")

    def _google_token(self, refresh_token: Secret, *, write: bool) -> Secret:
        try:
            return self._google.get(refresh_token)
        except (PlatformDown, OutcomeUnknown) as error:
            if write:  # the write itself has not begun
                raise NotSent("no access token: the token service did not answer") from error
            raise

    def _renew_google_token(self, refresh_token: Secret) -> oauth.AccessToken:
        client_secret = self._endpoints.google_client_secret or Secret("")
        request = oauth.refresh_request(refresh_token, self._endpoints.google_client_id, client_secret)
        return oauth.read_refresh(self._call(request, {}, {}))

    def _batch(self, requests: Sequence[Request]) -> Sequence[Answer | ChannelError | None]:
        """Answers of one batch call; None where a request must be made singly."""
        ours = self._endpoints
        first = requests[0].token
        assert first is not None
        outer = self._application_token() or first.secret
        form = meta_graph.batch_form(requests, ours.meta_app_secret, outer)
        call = Request("meta_graph", "POST", f"/{meta_graph.API_VERSION}/", form=form)
        try:
            answer = self._call(call, {}, {}, read=True)
        except ChannelError as error:
            return [error] * len(requests)
        slots = meta_graph.batch_answers(answer, len(requests))
        if slots is None:
            try:
                meta_graph.read(answer)
            except RateLimited as limit:
                if limit.scope == "app":
                    return [limit] * len(requests)
            except ChannelError:
                pass
            return [None] * len(requests)
        # A slot that blames the token may suffer from the outer one; the account's own call has the last word.
        return [None if slot is None or meta_graph.speaks_of_access(slot) else slot for slot in slots]

    def _call(self, request: Request, params: dict[str, str], headers: dict[str, str], *, read: bool = False) -> Answer:
        write = request.is_write and not read
        lines = self._lines()
        flight = take_off(self._total_seconds, request.leave_before)
        try:
            client = lines.writes if write else lines.reads
            with client.stream(
                request.method,
                self._endpoints.bases[request.service] + request.path,
                params=params or None,
                data=request.form,
                json=request.json,
                headers=headers,
            ) as response:
                if write:
                    failpoints.reached("send.answered")
                body = _whole_body(response)
        except (
            httpx2.HTTPError,
            httpx2.InvalidURL,
            httpx2.StreamError,
            OSError,
            ValueError,
            RuntimeError,
            _TooLarge,
        ) as error:
            raise _failure(error, flight, write=write) from None
        answer = Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, body)
        self._watch_version(answer)
        return answer

    def _watch_version(self, answer: Answer) -> None:
        served = answer.headers.get("facebook-api-version", "")
        if served and served != meta_graph.API_VERSION and served.isascii() and len(served) <= 10:
            with self._lock:
                new = served not in self._versions_seen
                self._versions_seen.add(served)
            if new:
                _log.warning("Meta served version %s instead of %s", served, meta_graph.API_VERSION)


class _TooLarge(Exception):
    pass


def _whole_body(response: httpx2.Response) -> bytes:
    parts = []
    size = 0
    for part in response.iter_bytes():
        size += len(part)
        if size > LARGEST_ANSWER_BYTES:
            raise _TooLarge
        parts.append(part)
    return b"".join(parts)


def _failure(error: Exception, flight: Flight, *, write: bool) -> ChannelError:
    """What a failed call means. The exception's own text is left out: it may hold an address."""
    if not flight.wrote:
        if isinstance(error, httpx2.ConnectTimeout):
            return NotSent("no connection in time")
        return NotSent("no connection" if isinstance(error, httpx2.ConnectError) else "the call could not be made")
    if isinstance(error, _TooLarge):
        reason = "the answer was too large"
    elif isinstance(error, httpx2.TimeoutException):
        reason = "no answer in time"
    else:
        reason = "the connection broke"
    return OutcomeUnknown(reason) if write else PlatformDown(reason)
