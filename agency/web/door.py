"""The front door for people: which pages there are, who may open them, and what every answer carries.

Order of a request: host, form token and origin of what changes something, who is asking, may they, then their scope.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Request, Response, g, redirect, request, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import CSRFError, CSRFProtect
from structlog.contextvars import bind_contextvars
from werkzeug.exceptions import SecurityError
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.import_lines import LARGEST_FILE_BYTES
from agency.web.errors import prepare_errors
from agency.web.language import prepare_languages
from agency.web.owner import words_for_later, words_given_back
from agency.web.paths import is_page_path
from agency.web.pulse import QuickPulse
from agency.web.route_policy import ROUTE_POLICY, Audience
from agency.web.templating import CONTENT_SECURITY_POLICY, prepare_templates
from agency.web.theme import local_path
from agency.web.who import cookie_name, person_or_none, prepare_sign_in
from agency.web.worded_templates import WordedEnvironment
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.errors import Forbidden
from tenants.permissions import Permission, require
from tenants.scope import enter_scope
from tenants.sealed import purpose_key
from tenants.settings import LOOPBACK_HOSTS, Settings, SettingsError

STATIC = "files.static"
MOST_BODY_BYTES = 1024 * 1024
LARGE_BODIES = {"import_page.look_through": LARGEST_FILE_BYTES + MOST_BODY_BYTES}
"""Pages that take files, for people who are signed in."""
GIVES_WORDS_BACK = frozenset({"owner.decide"})
"""Of words without a draft: where the session or the form is too old, they come back and nothing is done."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

PAGES = (
    "sign_in",
    "links",
    "sign_up",
    "billing_page",
    "billing_change_page",
    "billing_plan_page",
    "billing_invoices_page",
    "second_factor",
    "account_page",
    "notices_page",
    "notice_settings_page",
    "notice_stop",
    "people",
    "mailbox",
    "health",
    "language",
    "inbox",
    "live",
    "palette",
    "more_page",
    "inbox_filters",
    "brand_switch",
    "saved_views_page",
    "labels_page",
    "conversation",
    "away",
    "bulk_page",
    "spam_page",
    "promises_page",
    "wall",
    "figures",
    "monthly_page",
    "later_page",
    "loops_page",
    "loop_link",
    "desk_rules_page",
    "team_page",
    "incidents_page",
    "incident_case_page",
    "handover_page",
    "incident_texts_page",
    "merging_page",
    "beside",
    "customer_page",
    "customer_links",
    "customer_data",
    "customers_page",
    "people_export_page",
    "kept_media",
    "composer",
    "sending",
    "drafts",
    "owner",
    "approval_link",
    "day_link",
    "day_place",
    "receipts",
    "guide",
    "guide_proposals",
    "policy_page",
    "policy_week",
    "guide_trial",
    "guide_head",
    "guide_rules",
    "guide_files",
    "guidelines_page",
    "facts_page",
    "topics_page",
    "quiz",
    "saved_replies_page",
    "quality",
    "quality_results",
    "reading_page",
    "client_sheet_page",
    "empowerment_page",
    "empowerment_limits_page",
    "giving",
    "brands_page",
    "hours_page",
    "acknowledgement_page",
    "clocks_page",
    "agency_page",
    "ranking_page",
    "accounts_page",
    "history_page",
    "import_page",
    "connecting",
    "reconnecting",
    "deletion_page",
    "permissions_page",
    "record_page",
    "done_page",
)
"""Modules beside this one that each hold one blueprint of their own name. One that is not there yet is left out."""

ONLY_WHERE: dict[str, Callable[[Settings], bool]] = {
    "mailbox": lambda settings: settings.is_local,
    "sign_up": lambda settings: settings.onbrand_sign_up == "open",
    "billing_page": lambda settings: bool(settings.stripe_secret_key),
    "billing_change_page": lambda settings: bool(settings.stripe_secret_key),
    "billing_plan_page": lambda settings: bool(settings.stripe_secret_key),
    "billing_invoices_page": lambda settings: bool(settings.stripe_secret_key),
}
"""Only where the settings say so; elsewhere the address does not exist. (`/parts` comes with the templates.)"""

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: with it browsers send `Origin: null` on our own forms, which the origin check must refuse.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}

BY_LINK_HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
"""Of pages whose address is the secret. Their forms send `Origin: null`, and need no more (`_check_origin`)."""

csrf = CSRFProtect()


class PageSessions(SecureCookieSessionInterface):
    """What a form's token is compared with lies in a cookie of the pages; on other paths none is read or set."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """None makes a session that nobody can write to."""
        return super().open_session(app, request) if is_page_path(request.path) else None


class RouteWithoutPolicy(Exception):
    """A page has no line in `agency.web.route_policy`, so nobody can say who may open it."""


def register(app: Flask) -> None:
    """Give the app its pages. Call `check_routes` when everything is registered."""
    settings: Settings = app.extensions["onbrand_settings"]
    if len(settings.onbrand_secret_key) < 32:
        raise SettingsError("ONBRAND_SECRET_KEY is missing or too short. Under `make run` it is made for you.")
    is_tls = settings.base_url.startswith("https:")
    app.template_folder = None  # the pages bring their own; the working directory has no say
    app.jinja_environment = WordedEnvironment
    app.config.update(
        SECRET_KEY=purpose_key(settings.onbrand_secret_key, "forms").hex(),
        SESSION_COOKIE_NAME=cookie_name(settings, "form"),
        SESSION_COOKIE_SECURE=is_tls,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=MOST_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BODY_BYTES,
        TRUSTED_HOSTS=[urlsplit(settings.base_url).hostname or "localhost", *sorted(LOOPBACK_HOSTS - {"::1"})],
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    app.session_interface = PageSessions()
    csrf.init_app(app)
    prepare_templates(app, local=settings.is_local)
    prepare_languages(app)
    prepare_sign_in(app)
    prepare_errors(app)
    app.before_request(_stand_at_the_door)
    app.after_request(_dress)
    for name in PAGES:
        if name in ONLY_WHERE and not ONLY_WHERE[name](settings):
            continue
        if find_spec(f"agency.web.{name}") is not None:
            app.register_blueprint(_blueprint_of(import_module(f"agency.web.{name}"), name))
    app.wsgi_app = QuickPulse(app, app.wsgi_app)  # type: ignore[method-assign]


def check_routes(app: Flask) -> None:
    """Raise RouteWithoutPolicy, naming them, when a page has no line in the policy table."""
    bare = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if is_page_path(rule.rule) and rule.endpoint not in ROUTE_POLICY
    }
    if bare:
        raise RouteWithoutPolicy(f"Add to ROUTE_POLICY in agency/web/route_policy.py: {', '.join(sorted(bare))}")


def _blueprint_of(module: ModuleType, name: str) -> Blueprint:
    for attribute in ("blueprint", name):
        found = getattr(module, attribute, None)
        found = found() if callable(found) and not isinstance(found, Blueprint) else found
        if isinstance(found, Blueprint):
            return found
    raise TypeError(f"agency.web.{name} holds no blueprint called `blueprint` or `{name}`")


def _stand_at_the_door() -> AnyResponse | None:
    if isinstance(request.routing_exception, SecurityError):
        raise request.routing_exception
    if not is_page_path(request.path):
        return None
    endpoint = request.endpoint
    if endpoint is None or endpoint == STATIC:
        return None
    refused = None
    if request.method not in SAFE_METHODS:
        if endpoint in LARGE_BODIES and person_or_none() is not None:
            request.max_content_length = LARGE_BODIES[endpoint]
        if ROUTE_POLICY.get(endpoint) is Audience.BY_LINK:
            _check_origin(is_unnamed_ours=True)
        else:
            _check_origin()
            refused = _form_refused()
    policy = ROUTE_POLICY.get(endpoint)
    if refused is not None and (endpoint not in GIVES_WORDS_BACK or not isinstance(policy, Permission)):
        raise refused
    if policy is None:
        raise Forbidden("This page has no rule that says who may open it. Nothing was changed. Tell whoever runs it.")
    if policy in (Audience.PUBLIC, Audience.BY_LINK):
        return None
    person = person_or_none()
    if person is None:
        kept = words_for_later() if endpoint in GIVES_WORDS_BACK and request.method not in SAFE_METHODS else None
        return kept or _send_to(url_for("sign_in.sign_in", next=_wanted_path()), signed_out=True)
    bind_contextvars(person_id=str(person.person_id))
    actor = person.actor
    if actor is not None:
        bind_contextvars(agency_id=str(actor.agency_id))
        # The statement that found the person has bound the transaction to this very scope.
        enter_scope(db.session, actor.scope, already_bound=True)
    if policy is Audience.PERSON:
        return None
    if actor is None:
        return _send_to(url_for("sign_in.agencies", next=_wanted_path()))
    if person.must_set_up_second_factor:
        return _send_to(url_for("second_factor.set_up"))
    if not isinstance(policy, Audience):
        if refused is not None and not actor.may(policy):
            raise refused
        require(actor, policy)
    return None if refused is None else words_given_back(refused)


def _form_refused() -> CSRFError | None:
    try:
        csrf.protect()
    except CSRFError as error:
        return error
    return None


def _check_origin(*, is_unnamed_ours: bool = False) -> None:
    """Refuse what another site's page sends. Browsers name the origin of every post; programs with a token may not.

    `is_unnamed_ours`: forms of pages without referrer send `null`. What another site does not know is the address.
    """
    origin = request.headers.get("Origin")
    if origin is not None:
        if origin not in _our_origins() and not (is_unnamed_ours and origin == "null"):
            raise Forbidden("This came from another site's page. Nothing was changed. Do it on our own page.")
    elif request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("This came from another site's page. Nothing was changed. Do it on our own page.")


def _our_origins() -> set[str]:
    ours = {settings_of_app().base_url}
    if urlsplit(request.host_url).hostname in LOOPBACK_HOSTS:
        ours.add(request.host_url.rstrip("/"))
    return ours


def _wanted_path() -> str:
    """Where somebody wanted to be: this page, or the one that sent the form or asked for a part of itself."""
    if request.method == "GET" and "HX-Request" not in request.headers:
        return request.full_path.rstrip("?")
    sender = request.headers.get("Referer", "")
    ours = next((origin for origin in _our_origins() if sender.startswith(f"{origin}/")), None)
    return local_path(sender.removeprefix(ours)) if ours is not None else "/"


def _send_to(address: str, *, signed_out: bool = False) -> AnyResponse:
    if request.headers.get("HX-Request") == "true":
        return Response(status=401 if signed_out else 403, headers={"HX-Redirect": address})
    return redirect(address, code=303 if request.method != "GET" else 302)


def _dress(response: Response) -> Response:
    # All at once: one `setdefault` after the other took four times as long, on every answer.
    given = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 - iterating gives pairs
    wanted = [*HEADERS.items(), ("X-Request-Id", g.get("request_id", ""))]
    if settings_of_app().base_url.startswith("https:"):
        wanted.append(("Strict-Transport-Security", "max-age=63072000; includeSubDomains"))
    if request.endpoint != STATIC:
        wanted.append(("Cache-Control", "no-store"))
    if ROUTE_POLICY.get(request.endpoint or "") is Audience.BY_LINK:
        wanted = [*BY_LINK_HEADERS.items(), *(pair for pair in wanted if pair[0] not in BY_LINK_HEADERS)]
    response.headers.extend([pair for pair in wanted if pair[0].lower() not in given])
    return response
