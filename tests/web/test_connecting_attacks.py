"""Somebody else's walk, link, browser and words: each is tried, and nothing comes of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import structlog
from sqlalchemy import text

from channels.protocol import Answer, Request
from channels.scripted_transport import ScriptedTransport
from tenants import sessions
from tenants.database import db
from tenants.permissions import Role
from tenants.throttle import LINK_ADDRESS, WALKS_OF_LINK
from tests.factories import Factory
from tests.flows.conftest import sandbox  # noqa: F401 - a fixture
from tests.web.browser import Browser
from tests.web.test_connecting import admin, town  # noqa: F401 - fixtures
from tests.web.test_mending import connect, link_in, mails
from tests.web.walking import PAGE, Town

WALK_COOKIE = "onbrand_connect_80"


@pytest.fixture
def logged(town: Town) -> Iterator[io.StringIO]:  # noqa: F811
    """What our log says, through everything that masks it."""
    said, before = io.StringIO(), structlog.get_config()
    structlog.configure(**{**before, "logger_factory": structlog.PrintLoggerFactory(said)})  # type: ignore[arg-type]
    yield said
    structlog.configure(**before)


def left(town: Town, browser: Browser, **form: Any) -> tuple[str, str]:  # noqa: F811
    """Press the button; the dialog's address and the state in it."""
    brand = str(town.agency.brand_ids[0])
    address = town.leave(browser, "/connect", **{"way": "facebook", "brand": brand, **form})
    return address, parse_qs(urlsplit(address).query)["state"][0]


def broken_link(town: Town, admin: Browser) -> str:  # noqa: F811
    """A page that broke; the path in its client's mail."""
    connect(town, admin)
    town.sandbox.tell("tokens/kill", {"account": PAGE, "subcode": 460})
    town.house.poll()
    town.house.keep_promises()
    town.house.keep_promises()
    return link_in(mails(town)[0][1])


def everything(town: Town) -> str:  # noqa: F811
    tables = town.query("select table_name from information_schema.tables where table_schema = 'public'")
    return str({name: town.query(f'select * from "{name}"') for (name,) in tables})


def test_a_victim_who_opens_the_attackers_way_back_connects_nothing(town: Town, admin: Browser) -> None:  # noqa: F811
    """Login CSRF: the attacker begins, grants a page of their own, and has the victim's browser end it."""
    address, _state = left(town, admin)
    back = town.at_dialog(address, everything="1")
    same_agency = Factory(town.app).person(town.agency, Role.AGENCY_ADMIN)
    for victim in (Browser(town.app), Browser(town.app, same_agency)):
        assert "another browser" in unescape(victim.get(back).text)
    assert town.query("select count(*) from granted_account") == [(0,)]
    assert town.accounts() == []


def test_a_walk_begun_in_one_agency_does_not_end_in_another(town: Town, admin: Browser) -> None:  # noqa: F811
    """The same person in the same browser, who went over to another agency of theirs meanwhile."""
    other = Factory(town.app).agency("Quay Street", brands=("Other",))
    person = town.agency.agency_admin
    with town.superuser.begin() as connection:
        connection.execute(
            text(
                "insert into membership (id, agency_id, person_id, role, all_brands, brand_ids)"
                " values (gen_random_uuid(), :agency, :person, 'agency_admin', true, '{}')"
            ),
            {"agency": other.id, "person": person.user_id},
        )
    address, _state = left(town, admin)
    back = town.at_dialog(address, everything="1")
    with town.app.app_context():
        token = sessions.start(person.user_id, agency_id=other.id)
        db.session.commit()
    admin.set_session(token)
    answer = admin.get(back)
    assert answer.status_code == 409
    assert "Somebody else began this" in unescape(answer.text)
    assert town.query("select count(*) from granted_account") == [(0,)]


def test_what_was_granted_in_one_agency_is_not_chosen_in_another(town: Town, admin: Browser) -> None:  # noqa: F811
    place = town.walk(admin, "facebook", everything="1").location
    stranger = Factory(town.app).agency("Quay Street", brands=("Other",))
    for actor in (stranger.agency_admin, town.agency.staff, town.agency.client_owner):
        thief = Browser(town.app, actor)
        assert thief.get(place).status_code in (403, 404)
        assert thief.post(place, {"granted": "x"}).status_code in (403, 404)
    assert admin.get(place).status_code == 200


def test_whoever_lost_the_right_on_the_way_connects_nothing(town: Town, admin: Browser) -> None:  # noqa: F811
    address, _state = left(town, admin)
    back = town.at_dialog(address, everything="1")
    with town.superuser.begin() as connection:
        connection.execute(
            text("update membership set role = 'staff' where person_id = :id"), {"id": town.agency.agency_admin.user_id}
        )
    assert admin.get(back).status_code == 409
    assert town.query("select count(*) from granted_account") == [(0,)]


def test_a_brand_of_somebody_else_is_no_place_to_connect_to(town: Town, admin: Browser) -> None:  # noqa: F811
    stranger = Factory(town.app).agency("Quay Street", brands=("Other",))
    form = {"way": "facebook", "brand": str(stranger.brand_ids[0])}
    assert admin.post("/connect", form).status_code == 404
    assert town.query("select count(*) from connect_attempt") == [(0,)]


def test_leaving_needs_a_form_of_ours(town: Town, admin: Browser) -> None:  # noqa: F811
    """OAuth begins with a post: another site's page can neither send it nor link to it."""
    brand = str(town.agency.brand_ids[0])
    bare = admin.client.post("/connect", data={"way": "facebook", "brand": brand})
    assert bare.status_code == 400
    foreign = admin.post("/connect", {"way": "facebook", "brand": brand}, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert town.query("select count(*) from connect_attempt") == [(0,)]


@pytest.mark.parametrize("name", ["next", "redirect_uri", "url", "back", "state", "host"])
def test_no_parameter_leads_the_browser_elsewhere(town: Town, admin: Browser, name: str) -> None:  # noqa: F811
    evil = "https://evil.example/x"
    brand = str(town.agency.brand_ids[0])
    answer = admin.post(f"/connect?{urlencode({name: evil})}", {"way": "facebook", "brand": brand, name: evil})
    assert "evil.example" not in answer.text + str(answer.headers)
    found = re.search(r'class="button main" href="([^"]+)"', answer.text)
    assert found is not None
    asked = parse_qs(urlsplit(unescape(found[1])).query)
    assert asked["redirect_uri"] == ["http://localhost/connect/back"], "the one address registered there"
    back = town.at_dialog(unescape(found[1]), everything="1")
    end = admin.get(f"{back}&{urlencode({name: evil})}" if name != "state" else back)
    assert end.location.startswith("/connect/"), end.location


def test_what_a_platform_says_of_an_error_is_not_repeated(town: Town, admin: Browser) -> None:  # noqa: F811
    _address, state = left(town, admin)
    words = "<script>alert(1)</script>call +44 123"
    query = urlencode({"state": state, "error": "access_denied", "error_description": words, "error_reason": words})
    answer = admin.get(f"/connect/back?{query}")
    assert answer.status_code == 409
    assert "alert(1)" not in answer.text
    assert "44 123" not in answer.text


@pytest.mark.parametrize("code", ["", "x" * 3_000, "é", "\x00"])
def test_a_code_that_cannot_be_one_is_not_sent_anywhere(town: Town, admin: Browser, code: str) -> None:  # noqa: F811
    _address, state = left(town, admin)
    assert admin.get("/connect/back", query_string={"state": state, "code": code}).status_code == 409
    assert admin.get("/connect/back", query_string={"state": state, "code": "good"}).status_code == 400, "used up"


def test_neither_state_nor_code_nor_token_nor_cookie_is_stored_or_logged(
    town: Town,  # noqa: F811
    admin: Browser,  # noqa: F811
    logged: io.StringIO,
) -> None:
    address, state = left(town, admin)
    back = town.at_dialog(address, everything="1")
    code = parse_qs(urlsplit(back).query)["code"][0]
    place = admin.get(back).location
    cookie = admin.client.get_cookie(WALK_COOKIE)
    assert cookie is not None
    people = town.sandbox.http.get(f"{town.sandbox.url}/sandbox/accounts").json()["accounts"]
    given = {token for one in people for token in one["tokens"].values()}
    assert given
    secrets = {state, code, cookie.value, *given}
    stored = everything(town)
    assert [one for one in secrets if one in stored] == []
    page = admin.get(place)
    assert [one for one in secrets if one in page.text + place] == [], "what was granted is named, never shown"
    chosen = re.findall(r'name="granted" value="([^"]+)"', page.text)
    admin.post(place, {"granted": chosen})
    town.work()
    assert "connecting.back" in logged.getvalue()
    assert [one for one in secrets if one in logged.getvalue()] == []
    assert [one for one in secrets if one in everything(town)] == []
    assert town.query("select count(*) from granted_account") == [(0,)], "what was not chosen is gone, too"


def test_pages_on_the_way_tell_no_other_site_their_address_and_are_not_kept(town: Town, admin: Browser) -> None:  # noqa: F811
    link = broken_link(town, admin)
    client = Browser(town.app)
    for answer in (client.get(link), client.post(link), client.get("/connect/back?state=x")):
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
    leaving = client.post(link)
    assert 'rel="noreferrer"' in leaving.text
    assert link.rpartition("/")[2] not in leaving.text, "the page that leads on does not hold the link's secret"


def test_a_forwarded_link_mends_the_same_account_for_whoever_holds_it_and_then_for_nobody(
    town: Town,  # noqa: F811
    admin: Browser,  # noqa: F811
) -> None:
    link = broken_link(town, admin)
    owner, colleague = Browser(town.app), Browser(town.app)
    first = town.at_dialog(town.leave(owner, link), accounts=town.numbers()[PAGE])
    second = town.at_dialog(town.leave(colleague, link), accounts=town.numbers()[PAGE])
    assert "another browser" in unescape(colleague.get(first).text), "each walk is its browser's"
    assert colleague.get(second).status_code == 303
    late = owner.get(first)
    assert late.status_code == 409
    assert "used already" in unescape(late.text), "the other one was first"
    for browser in (owner, colleague):
        assert "There is nothing to mend." in unescape(browser.get(link).text)
        assert browser.post(link).status_code == 404
    assert town.accounts() == [PAGE]
    signed_in = owner.get("/accounts")
    assert (signed_in.status_code, signed_in.location[:8]) == (302, "/sign-in"), "a link is no way in"


def test_a_link_never_connects_what_was_not_connected_nor_another_brands(town: Town, admin: Browser) -> None:  # noqa: F811
    town.sandbox.tell("accounts", {"platform": "facebook", "external_id": "555", "name": "Second"})
    town.sandbox.tell("accounts", {"platform": "facebook", "external_id": "556", "name": "Third"})
    other = str(town.agency.brand_ids[1])
    address = town.leave(admin, "/connect", way="facebook", brand=other, feature=["comments"])
    town.choose(admin, admin.get(town.at_dialog(address, accounts=town.numbers()["555"])))
    town.work()
    link = broken_link(town, admin)
    town.sandbox.tell("tokens/kill", {"account": "555", "subcode": 460})
    town.house.poll()
    assert town.account("555").health == "needs_reconnect"
    client = Browser(town.app)
    back = client.get(town.at_dialog(town.leave(client, link), everything="1"))
    assert back.status_code == 303
    assert town.account(PAGE).health == "ok"
    assert town.account("555").health == "needs_reconnect", "another brand's is another client's to mend"
    assert town.accounts() == [PAGE, "555"], "the third was granted, and nobody asked for it"
    assert town.query("select count(*) from granted_account") == [(0,)]


def test_guessing_is_stopped_and_looking_is_not(town: Town, admin: Browser) -> None:  # noqa: F811
    link = broken_link(town, admin)
    client = Browser(town.app)
    back = client.get(town.at_dialog(town.leave(client, link), accounts=town.numbers()[PAGE]))
    for _ in range(LINK_ADDRESS.most + 5):
        assert client.get(back.location).status_code == 200, "the page after mending looks again by itself"
    for number in range(LINK_ADDRESS.most):
        path = (f"/reconnect/{'a' * 43}", f"/reconnected/{town.agency.id}", "/connect/back?state=x")[number % 3]
        assert client.get(path).status_code in (400, 404), number
    for path in (f"/reconnect/{'b' * 43}", link, back.location, "/connect/back?state=x", f"/data-deletion/{'0' * 32}"):
        answer = client.get(path)
        assert answer.status_code == 429, path
        assert int(answer.headers["Retry-After"]) > 0
    assert client.post(link).status_code == 429


def test_a_link_begins_only_so_many_walks(town: Town, admin: Browser) -> None:  # noqa: F811
    link = broken_link(town, admin)
    before = town.query("select count(*) from connect_attempt")[0][0]
    client = Browser(town.app)
    answers = [client.post(link).status_code for _ in range(WALKS_OF_LINK.most + 3)]
    assert answers == [200] * WALKS_OF_LINK.most + [429] * 3
    assert town.query("select count(*) from connect_attempt")[0][0] - before == WALKS_OF_LINK.most


def test_hostile_names_are_shown_inert(town: Town, admin: Browser) -> None:  # noqa: F811
    town.sandbox.tell(
        "accounts", {"platform": "facebook", "external_id": "557", "name": "<img src=x onerror=alert(1)>\u202egnp.exe"}
    )
    place = town.walk(admin, "facebook", features=("comments",), everything="1").location
    page = admin.get(place).text
    assert "<img" not in page
    assert "&lt;img" in page


def at_once(browser: Browser, tries: list[Callable[[Browser], int]]) -> list[int]:
    """Several requests of one browser in one moment."""
    twins = []
    for _ in tries:
        twin = Browser(browser.app)
        for name in (browser._name, WALK_COOKIE):
            cookie = browser.client.get_cookie(name)
            assert cookie is not None
            twin.client.set_cookie(name, cookie.value)
        twins.append(twin)
    with ThreadPoolExecutor(len(tries)) as pool:
        return sorted(pool.map(lambda pair: pair[1](pair[0]), zip(twins, tries, strict=True)))


@pytest.mark.parametrize("first", ["cancelled", "without the right", "broke"])
def test_a_way_back_that_came_to_nothing_is_used_up(
    town: Town,  # noqa: F811
    admin: Browser,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    first: str,
) -> None:
    """Whatever came of it the first time: the code that the same way back brings afterwards is never traded."""
    address, state = left(town, admin)
    back = town.at_dialog(address, everything="1")
    role = "update membership set role = '{}' where person_id = '" + str(town.agency.agency_admin.user_id) + "'"
    if first == "cancelled":
        path = urlsplit(back).path + "?" + urlencode({"state": state, "error": "access_denied"})
        assert admin.get(path).status_code == 409
    elif first == "broke":
        used: list[Any] = []

        def torn(_request: Request) -> Answer:
            used.extend(town.query("select used_at is not null from connect_attempt"))
            raise MemoryError

        with monkeypatch.context() as patched:
            patched.setitem(town.app.extensions, "onbrand_transport", ScriptedTransport(torn))
            assert admin.get(back).status_code == 500
        assert used == [(True,)], "before the platform is asked"
    else:
        with town.superuser.begin() as connection:
            connection.execute(text(role.format("light")))
        assert admin.get(back).status_code == 409
        with town.superuser.begin() as connection:
            connection.execute(text(role.format("agency_admin")))
    assert admin.get(back).status_code == 400
    assert town.query("select count(*) from granted_account") == [(0,)]


def test_of_two_answers_in_one_moment_one_is_taken(town: Town, admin: Browser) -> None:  # noqa: F811
    address, _state = left(town, admin)
    back = town.at_dialog(address, everything="1")
    assert at_once(admin, [lambda browser: browser.get(back).status_code] * 4) == [303, 400, 400, 400]
    assert len(town.query("select 1 from granted_account where platform = 'facebook'")) == 1


def test_pressed_four_times_in_one_moment_it_is_connected_once(town: Town, admin: Browser) -> None:  # noqa: F811
    place = town.walk(admin, "facebook", features=("comments",), accounts=town.numbers()[PAGE]).location
    chosen = re.findall(r'name="granted" value="([^"]+)"', admin.get(place).text)
    answers = at_once(admin, [lambda browser: browser.post(place, {"granted": chosen}).status_code] * 4)
    assert answers == [303] * 4
    assert town.accounts() == [PAGE]
    assert town.query("select count(*) from brand_audit where action = 'account.connected'") == [(1,)]
