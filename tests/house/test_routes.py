"""Every route of both doors × who asks × whose ids: foreign things look like made-up ones, and none of them leaks.

Every word of another brand or agency carries a mark. What each role may open is read from the two policy tables.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from agency.api.document import document_of
from agency.api.route_policy import API_ROUTE_POLICY
from agency.web.paths import is_page_path
from agency.web.route_policy import ROUTE_POLICY, Audience
from tenants import clock
from tenants.database import Base, new_id
from tenants.permissions import ROLE_PERMISSIONS, Actor, Permission, Role
from tenants.row_policies import owned_tables, policy_statements
from tests.api.calling import token_for
from tests.factories import Agency, Factory
from tests.house.rows import Tenant, put_a_row_everywhere
from tests.steady import share_of
from tests.web.browser import Browser

SISTER, STRANGER = "CANARYsister7f3a", "CANARYstranger9c1e"
CANARY = re.compile(b"canary(sister7f3a|stranger9c1e)", re.IGNORECASE)
SAFE = ("GET", "HEAD")
HEAD_SHARE = 4
ID_NAMES = {
    "absence_id": "absence",
    "account_id": "account",
    "attempt_id": "connect_attempt",
    "brand_id": "brand",
    "press_id": "bulk_deed",
    "contact_id": "contact",
    "conversation_id": "conversation",
    "erasure_id": "contact_erasure",
    "export_id": "people_export",
    "fact_id": "fact",
    "topic_id": "topic",
    "desk_rule_id": "triage_rule",
    "incident_id": "incident",
    "suggestion_id": "incident_suggestion",
    "guideline_id": "guideline",
    "label_id": "label",
    "line_id": "ledger_line",
    "loop_id": "feedback_loop",
    "asking_id": "loop_asking",
    "link_id": "contact_link",
    "note_id": "contact_note",
    "notice_id": "notice",
    "import_id": "history_import",
    "handover_id": "handover",
    "invitation_id": "invitation",
    "media_id": "kept_media",
    "message_id": "message",
    "person_id": "person",
    "promise_id": "customer_promise",
    "reply_id": "reply",
    "saved_reply_id": "saved_reply",
    "session_id": "sign_in_session",
    "token_id": "api_token",
    "version_id": "draft_version",
    "view_id": "saved_view",
}
"""Argument of a rule → the table it names a row of. A new argument must be added here or to NOT_IDS."""
AGENCY_WIDE = {"absence_id", "invitation_id", "person_id"}
"""People and invitations are the agency's: whoever manages people manages those of every brand."""
NOT_IDS = {
    "number": 1,
    "filename": "app.css",
    "month": f"{datetime.now(UTC) - timedelta(days=2):%Y-%m}",  # begun in every zone, and its cases are kept
    "name": "inbox",
    "token": "x",
    "code": "x",
    "mail_id": "x",
    "rule_id": "banned",
}
LEFT_OUT = {
    "sign_in.sign_out",
    *("links.invitation", "links.accept_invitation", "links.reset", "links.set_password"),
    *("sign_up.ask", "sign_up.confirm", "sign_up.open_agency"),
}
"""Sign-out ends the caller; the links have no ids, are counted by address and have tests of their own."""
KEPT_BY_ALL = {"files.static", "api_document.openapi"}
"""What is the same for everybody, and said to be."""
NOT_200_WITH_OWN_IDS = {
    "agency_page.agency": {403},
    "sign_in.front": {302},
    "account_page.account": {200},
    "notice_stop.show": {404},
    "notice_stop.stop": {404},
    "second_factor.ask": {302, 303},
    "live.pulse": {200, 204},
    "sign_in.sign_in": {200, 302},
    "mailbox.mail": {404},
    "mailbox.mail_html": {404},
    "parts.show_page": {200, 404},
    "files.static": {200, 304, 404},
    "api_webhooks.verify_meta": {403},
    "api_webhooks.verify_instagram": {403},
    "deletion_page.deletion": {404},
    "day_place.month": {404},
    "monthly_page.months": {200, 302},
    "guidelines_page.guideline": {200},
    "desk_rules_page.new": {403},
    "people.person": {404},
    "team_page.member": {404},
    "handover_page.one": {404},
    "quality.sheet": {404},
    "bulk_page.one_press": {404},
    "api_presses.get_press": {404},
    "api_contacts.list_contacts": {422},
    "connecting.back": {400},
    "connecting.choose": {404},
    "connecting.connected": {404},
    "reconnecting.mend": {404},
    "reconnecting.mended": {404},
    "approval_link.show": {404},
    "day_link.show": {404},
    "day_link.reply": {404},
    "day_place.decided": {404},
    "day_place.published": {404},
    "day_place.promises": {404},
    "day_place.receipt": {404},
    "day_place.guide": {404},
    "loop_link.show": {404},
    "incident_case_page.banner": {303},
}
"""Statuses of a permitted GET other than 200, and why they are right: no such mail, no signature, no such code; what
is set for every brand is for who leads every brand; the
tenant's own person of `rows` has no brand in common with the one who asks; its reply was not sent, so nobody judges it;
a press is shown to whoever pressed alone;
a walk to a platform's sign-in is the
browser's alone that began it."""
FORM = {
    "text": "Thank you very much.",
    "reason": "It must be so.",
    "note": "It must be so.",
    "do": "decline",
    "until": (clock.now() + timedelta(days=2)).isoformat(),
    "role": "staff",
    "credential": "token",
    "title": "Refunds",
    "outcome": "refused",
    "name": "A name",
    "email": "somebody@test.example",
    "paused": "1",
    "archived": "1",
    "version": "1",
    "source": "",
}


@dataclass
class World:
    """A brand with rows everywhere, and two others whose every word is marked."""

    app: Flask
    agency: Agency
    mine: Tenant
    again: Tenant
    sister: Tenant
    stranger: Tenant
    actors: dict[str, Actor] = field(default_factory=dict)

    def ids(self, tenant: Tenant | None) -> dict[str, str]:
        """Argument → id, of one tenant's rows or made up."""
        if tenant is None:
            return {name: str(new_id()) for name in ID_NAMES}
        found = {name: str(tenant.id_of(table)) for name, table in ID_NAMES.items()}
        return {**found, "brand_id": str(tenant.brand_id)}


@dataclass
class Asker:
    """Somebody in front of both doors: a browser and a program."""

    world: World
    actor: Actor | None
    browser: Browser = field(init=False)
    token: str = ""

    def __post_init__(self) -> None:
        self.browser = Browser(self.world.app, self.actor)
        self.program = self.world.app.test_client(use_cookies=False)
        if self.actor is not None:
            self.token = token_for(self.world.app, self.actor)

    def ask(self, method: str, address: str, body: Any = None, **headers: str) -> TestResponse:
        if is_page_path(address):
            if method in SAFE:
                return self.browser.client.open(address, method=method, headers=headers)
            return self.browser.post(address, {**FORM, **(body or {})}, headers=headers)
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return self.program.open(address, method=method, json=body if method not in SAFE else None, headers=headers)


@pytest.fixture
def make(whole_app: Flask) -> Factory:
    return Factory(whole_app)


@pytest.fixture
def world(whole_app: Flask, make: Factory, ana: Agency, stranger: Agency, superuser: Engine) -> World:
    brand_ids = [ana.brand_ids[0]]
    mine = Tenant("MINE", ana.id, ana.brand_ids[0])
    again = Tenant("AGAIN", ana.id, ana.brand_ids[0])
    made = World(
        whole_app,
        ana,
        mine,
        again,
        Tenant(SISTER, ana.id, ana.brand_ids[1]),
        Tenant(STRANGER, stranger.id, stranger.brand_ids[0]),
    )
    with superuser.begin() as connection:
        for tenant in (made.sister, made.stranger):
            connection.execute(
                text("update brand set name = :name where id = :id"),
                {"name": f"{tenant.mark} brand", "id": tenant.brand_id},
            )
        connection.execute(text("update agency set name = :name where id = :id"), {"name": STRANGER, "id": stranger.id})
    put_a_row_everywhere(superuser, made.mine, made.sister, made.stranger)
    put_what_a_brand_has_twice(superuser, again)
    for role in Role:
        made.actors[role.value] = make.person(ana, role, only_brand_ids=brand_ids)
    return made


def put_what_a_brand_has_twice(superuser: Engine, tenant: Tenant) -> None:
    """A second conversation with a reply for a brand that has everything else."""
    from tests.house.rows import ROWS

    tables = ("person", "account", "contact", "conversation", "message", "reply", "reply_text", "guideline")
    with superuser.begin() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name in tables:
                connection.execute(table.insert().values(**ROWS[table.name](tenant)))


@contextmanager
def without_policies(superuser: Engine) -> Iterator[None]:
    """Guard two switched off."""
    with superuser.begin() as connection:
        for table in owned_tables():
            connection.execute(text(f"alter table {table.name} disable row level security"))
    try:
        yield
    finally:
        with superuser.begin() as connection:
            for table in owned_tables():
                for statement in policy_statements(table):
                    connection.execute(text(statement))


def rules(app: Flask, methods: tuple[str, ...] | None = None) -> Iterator[tuple[Rule, str]]:
    """Every rule with each of its methods, GET before all others."""
    found = [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if rule.endpoint not in LEFT_OUT
    ]
    for rule, method in sorted(found, key=lambda one: (one[1] != "GET", one[0].rule)):
        if methods is None or method in methods:
            yield rule, method


def safe_verbs(turn: int) -> tuple[str, ...]:
    """GET at every route; HEAD, which never has an answer of its own, at one in so many where `.ci/run` asks."""
    return (SAFE[0], *SAFE[1:]) if share_of(range(HEAD_SHARE), turn, of=HEAD_SHARE)[0] == 0 else SAFE[:1]


def ids_in(rule: Rule) -> list[str]:
    """Its arguments that name a row. A guide's rules have names of their own where those of the desk have ids."""
    named = [name for name in rule.arguments if name in ID_NAMES]
    return [name for name in named if name not in NOT_IDS or f"<uuid:{name}>" in rule.rule]


def address_of(app: Flask, rule: Rule, ids: dict[str, str]) -> str:
    values: dict[str, Any] = {name: NOT_IDS[name] for name in rule.arguments if name in NOT_IDS}
    for name in ids_in(rule):
        values[name] = UUID(ids[name]) if f"<uuid:{name}>" in rule.rule else ids[name]
    return str(app.url_map.bind("localhost").build(rule.endpoint, values, method=None))


def body_of(app: Flask, rule: Rule, method: str) -> Any:
    """The body the API's document shows for this route; None for pages."""
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
    operation = document_of(app)["paths"].get(path, {}).get(method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return None if content is None else copy.deepcopy(content.get("example", {}))


def policy_of(rule: Rule) -> Any:
    return ROUTE_POLICY[rule.endpoint] if is_page_path(rule.rule) else API_ROUTE_POLICY[rule.endpoint]


def seen(answer: TestResponse, ids: dict[str, str]) -> tuple[int, str, list[tuple[str, str]]]:
    """An answer without what differs each time by design, and without the ids that were asked for."""
    body = answer.get_data(as_text=True)
    body = re.sub(r'(name="csrf_token" value|name="csrf-token" content)="[^"]*"', "", body)
    body = re.sub(r'<span class="code">[0-9a-f]{16}</span>', "", body)
    headers = [(n, v) for n, v in answer.headers if n not in ("X-Request-Id", "Date", "Set-Cookie", "Content-Length")]
    for one in ids.values():
        body = body.replace(one, "ID")
        headers = [(name, value.replace(one, "ID")) for name, value in headers]
    return answer.status_code, body, sorted(headers)


def leaks(answer: TestResponse) -> bool:
    """Whether a word of a brand that is not the asker's is anywhere in the answer."""
    return bool(CANARY.search(answer.get_data()) or CANARY.search(str(answer.headers).encode()))


def may_be_kept(rule: Rule, answer: TestResponse) -> bool:
    """Whether somebody on the way may keep what a person sees, or a browser take it for something else."""
    if rule.endpoint in KEPT_BY_ALL:
        return False
    headers = answer.headers
    is_guarded = headers.get("X-Content-Type-Options") == "nosniff" and headers.get("Content-Security-Policy")
    return headers.get("Cache-Control") != "no-store" or not is_guarded


def test_every_argument_of_every_rule_is_known_here(whole_app: Flask) -> None:
    arguments = {name for rule in whole_app.url_map.iter_rules() for name in rule.arguments}
    assert arguments <= set(ID_NAMES) | set(NOT_IDS)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_what_the_tables_say_and_sees_no_other_brand(world: World, role: Role) -> None:
    asker, wrong = Asker(world, world.actors[role.value]), []
    ids = world.ids(world.mine)
    ids["person_id"] = str(world.actors["staff"].user_id)
    mine_seen = 0
    for turn, (rule, _method) in enumerate(rules(world.app, ("GET",))):
        policy = policy_of(rule)
        # HEAD is answered by what answers GET, so two roles try it: one with every page, one with few.
        for verb in safe_verbs(turn) if role in (Role.AGENCY_ADMIN, Role.CLIENT_OWNER) else SAFE[:1]:
            answer = asker.ask(verb, address_of(world.app, rule, ids))
            expected = {200} | NOT_200_WITH_OWN_IDS.get(rule.endpoint, set())
            if isinstance(policy, Permission) and policy not in ROLE_PERMISSIONS[role]:
                expected = {403}
            if answer.status_code not in expected:
                wrong.append((verb, rule.rule, answer.status_code))
            if leaks(answer):
                wrong.append((verb, rule.rule, "leak"))
            if may_be_kept(rule, answer):
                wrong.append((verb, rule.rule, "may be kept"))
            if verb == "HEAD" and answer.get_data():
                wrong.append((verb, rule.rule, "a body"))
            mine_seen += b"MINE" in answer.get_data()
    assert wrong == []
    assert mine_seen >= (0 if role is Role.BILLING_ADMIN else 10), "These answers show nothing, so nothing could leak."


@pytest.mark.parametrize("role", [Role.AGENCY_ADMIN, Role.CLIENT_OWNER])
def test_ids_of_others_look_like_made_up_ones(world: World, role: Role, superuser: Engine) -> None:
    asker, said = Asker(world, world.actors[role.value]), {}
    before = marked_rows(superuser)
    # HEAD is answered by what answers GET, so it is tried once.
    assert ask_for_others(asker, said, may_head=role is Role.AGENCY_ADMIN) == []
    assert len(said) > 150
    assert marked_rows(superuser) == before
    if role is Role.AGENCY_ADMIN:
        with without_policies(superuser):
            assert ask_for_others(asker, said, may_head=False) == [], "by guard one alone"
        assert marked_rows(superuser) == before, "by guard one alone"


def ask_for_others(asker: Asker, said: dict[tuple[str, ...], Any], *, may_head: bool) -> list[tuple[Any, ...]]:
    """What was answered otherwise than for made-up ids. `said` keeps what those were told: it is the same whosever the
    other ids are, and whichever guards stand, so they are asked for once for the same places.
    """
    world, wrong = asker.world, []
    for turn, (rule, method) in enumerate(rules(world.app)):
        safe = safe_verbs(turn) if may_head else SAFE[:1]
        names = ids_in(rule)
        if not names:
            continue
        body = body_of(world.app, rule, method)
        for case in cases(world, names):
            made_up = {name: (str(new_id()) if foreign else one) for name, (one, foreign) in case.items()}
            given = {name: one for name, (one, _foreign) in case.items()}
            for verb in safe if method == "GET" else (method,):
                theirs = asker.ask(verb, address_of(world.app, rule, given), body)
                places = (rule.rule, verb, *(name for name, (_one, foreign) in case.items() if foreign))
                if places not in said:
                    nobody = asker.ask(verb, address_of(world.app, rule, made_up), body)
                    said[places] = seen(nobody, made_up)
                    if method == "GET" and may_be_kept(rule, nobody):
                        wrong.append((verb, rule.rule, "may be kept"))
                if seen(theirs, given) != said[places]:
                    wrong.append((verb, rule.rule, theirs.status_code, said[places][0]))
                if theirs.status_code < 400:
                    wrong.append((verb, rule.rule, "answered", theirs.status_code))
                if leaks(theirs) or theirs.status_code >= 500:
                    wrong.append((verb, rule.rule, "leak or bug", theirs.status_code))
    return wrong


def cases(world: World, names: list[str]) -> Iterator[dict[str, tuple[str, bool]]]:
    """Ids to try: each argument → the id and whether the asker may not have it here."""
    mine = world.ids(world.mine)
    for tenant in (world.sister, world.stranger):
        if tenant is world.sister and AGENCY_WIDE & set(names):
            continue
        foreign = world.ids(tenant)
        yield {name: (foreign[name], True) for name in names}
        if len(names) > 1:
            for other in names:
                yield {name: (foreign[name], True) if name == other else (mine[name], False) for name in names}
    if set(names) == {"conversation_id", "reply_id"}:  # both one's own, of different cases
        yield {
            "conversation_id": (mine["conversation_id"], False),
            "reply_id": (world.ids(world.again)["reply_id"], True),
        }


def marked_rows(superuser: Engine) -> dict[str, list[str]]:
    """Every row of the other brands and of the second case, as text."""
    found = {}
    with superuser.connect() as connection:
        for table in Base.metadata.sorted_tables:
            rows = connection.execute(text(f"select t::text from {table.name} t")).scalars()
            found[table.name] = sorted(row for row in rows if "CANARY" in row or "AGAIN" in row)
    return found


def test_lists_filters_and_searches_show_no_other_brand(world: World, superuser: Engine) -> None:
    asker = Asker(world, world.actors["agency_admin"])
    assert shown_by_lists(asker) == []
    with without_policies(superuser):
        assert shown_by_lists(asker) == [], "by guard one alone"


def shown_by_lists(asker: Asker) -> list[tuple[str, str, int]]:
    """What shows a word of another brand, or is our mistake."""
    world, wrong, words = asker.world, [], ("canary", "%", "_", "excerpt", "\\")
    for tenant in (world.sister, world.stranger):
        ids = world.ids(tenant)
        for address in (
            "/inbox",
            "/inbox/pulse",
            "/inbox/rows",
            "/accounts",
            "/approvals",
            "/brands",
            "/people",
            "/inbox/brands",
        ):
            queries = [
                f"brand={ids['brand_id']}",
                f"after={ids['conversation_id']}",
                f"view=team&brand={ids['brand_id']}",
            ]
            # Words name no tenant: asked beside the first one's ids.
            for query in queries + [f"q={word}" for word in words if tenant is world.sister]:
                answer = asker.ask("GET", f"{address}?{query}")
                if (CANARY.search(answer.get_data()) and "q=CANARY" not in query) or answer.status_code >= 500:
                    wrong.append((address, query, answer.status_code))
        for address in ("conversations", "accounts", "brands"):
            queries = [f"brand_id={ids['brand_id']}", f"assignee={ids['person_id']}"]
            for query in queries + [f"q={word}" for word in words if tenant is world.sister]:
                answer = asker.ask("GET", f"/api/v1/{address}?{query}")
                if leaks(answer) or answer.status_code >= 500:
                    wrong.append((address, query, answer.status_code))
    return wrong


@pytest.mark.parametrize("whose", ["sister", "stranger"])
def test_ids_of_others_in_forms_look_like_made_up_ones(world: World, whose: str, superuser: Engine) -> None:
    asker, ids = Asker(world, world.actors["agency_admin"]), world.ids(getattr(world, whose))
    before = marked_rows(superuser)
    for address, form in (
        ("/accounts", {"brand": "brand_id", "platform": "facebook", "external_id": "12345"}),
        ("/account/tokens", {"brand": "brand_id", "name": "program"}),
        ("/people/invitations", {"brand": "brand_id", "role": "staff", "email": "new@test.example"}),
        (f"/people/{world.actors['staff'].user_id}", {"brand": "brand_id", "role": "staff"}),
        ("/inbox/next", {"brand": "brand_id"}),
    ):
        made_up = {"brand_id": str(new_id())}
        given = {"brand_id": ids["brand_id"]}
        theirs = asker.ask("POST", address, {name: given.get(value, value) for name, value in form.items()})
        nobody = asker.ask("POST", address, {name: made_up.get(value, value) for name, value in form.items()})
        assert seen(theirs, given) == seen(nobody, made_up), address
        assert not leaks(theirs)
    agencies = [
        asker.ask("POST", "/agencies", {"agency": one}).status_code for one in (str(world.stranger.agency_id), "x")
    ]
    assert agencies == [404, 404]
    assert marked_rows(superuser) == before


def test_a_removed_member_is_a_stranger_at_once(world: World, superuser: Engine) -> None:
    asker, wrong = Asker(world, world.actors["team_lead"]), []
    assert asker.ask("GET", "/inbox").status_code == 200
    assert asker.ask("GET", "/api/v1/conversations").status_code == 200
    with superuser.begin() as connection:
        connection.execute(
            text("update membership set removed_at = now() where person_id = :id"), {"id": asker.actor.user_id}
        )
    ids = world.ids(world.mine)
    for rule, method in rules(world.app):
        policy = policy_of(rule)
        if policy in (Audience.PUBLIC, Audience.BY_LINK, Audience.PERSON, "public"):
            continue
        answer = asker.ask(method, address_of(world.app, rule, ids), body_of(world.app, rule, method))
        refused = answer.status_code == 401 or answer.headers.get("Location", "").startswith(("/agencies", "/sign-in"))
        if not refused or b"MINE" in answer.get_data():
            wrong.append((method, rule.rule, answer.status_code))
    assert wrong == []


def sent_to_sign_in(rule: Rule, answer: TestResponse) -> bool:
    """A person is shown the way; who has typed words keeps them meanwhile. A program is told that it has no token."""
    if answer.status_code == 401:
        return True
    return is_page_path(rule.rule) and answer.headers.get("Location", "").startswith("/sign-in?next=")


def test_nobody_signed_in_sees_a_word(world: World) -> None:
    asker, wrong = Asker(world, None), []
    for tenant in (world.mine, world.stranger):
        ids = world.ids(tenant)
        for turn, (rule, method) in enumerate(rules(world.app)):
            for verb in safe_verbs(turn) if method == "GET" else (method,):
                answer = asker.ask(verb, address_of(world.app, rule, ids), body_of(world.app, rule, method))
                if leaks(answer) or b"MINE" in answer.get_data() or answer.status_code >= 500:
                    wrong.append((verb, rule.rule, answer.status_code))
                is_public = policy_of(rule) in (Audience.PUBLIC, Audience.BY_LINK, "public")
                if not is_public and not sent_to_sign_in(rule, answer):
                    wrong.append((verb, rule.rule, answer.status_code, answer.headers.get("Location")))
    assert wrong == []
    assert asker.ask("POST", "/sign-out").headers["Location"].startswith("/sign-in")
