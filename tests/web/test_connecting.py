"""Connecting through the platforms' own sign-ins: there, back, chosen, subscribed, and tested by something real."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine

from agency.app import create_app
from agency.sandbox.addresses import addresses
from channels import accounts, features
from tenants.database import db
from tests.factories import Factory
from tests.flows.conftest import Sandbox, sandbox  # noqa: F401 - a fixture
from tests.stages import Apps
from tests.web.browser import Browser
from tests.web.walking import LOCATION, PAGE, PROFILE, Town

TOPIC = "projects/ours/topics/reviews"


@pytest.fixture
def town(
    settings_values: dict[str, str],
    sandbox: Sandbox,  # noqa: F811
    apps: Apps,
    clean: None,
    superuser: Engine,
) -> Iterator[Town]:
    values = settings_values | addresses(sandbox.url) | {"ONBRAND_POLL_SECONDS": "1", "GOOGLE_PUBSUB_TOPIC": TOPIC}
    app = apps(create_app, values)
    app.config["TESTING"] = True
    agency = Factory(app).agency("Lantern Street", brands=("Pennywell", "Bursztynowa"))
    yield Town(app, agency, sandbox, superuser)
    app.extensions.pop("onbrand_transport", None)
    with app.app_context():
        db.session.remove()


@pytest.fixture
def admin(town: Town) -> Browser:
    return Browser(town.app, town.agency.agency_admin)


def page_text(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def test_a_facebook_page_from_the_button_to_tested(town: Town, admin: Browser) -> None:
    start = page_text(admin, "/connect?way=facebook")
    assert "pages_manage_engagement" in start
    back = town.walk(admin, "facebook", features=("comments", "messages"), accounts=town.numbers()[PAGE])
    done = town.choose(admin, back)
    assert done.status_code == 303
    assert "We look for what is there now" in page_text(admin, done.location)
    town.sandbox.tell("comments", {"platform": "facebook", "account": PAGE, "author": "Ada", "text": "Hello?"})
    town.work()
    account = town.account(PAGE)
    assert account.tested_at is not None
    assert account.subscribed_at is not None, account.subscription_problem
    assert {"pages_messaging", "pages_read_user_content"} <= set(account.scopes)
    assert "MODERATE" in account.tasks
    assert account.token_expires_at is None, "made from a long-lived token it has no end"
    shown = page_text(admin, done.location)
    assert "Connected and tested" in shown
    assert "The platform tells us of everything new." in shown
    assert [row.count for row in town.query("select count(*) from granted_account")] == [0]
    assert town.query("select text from message") == [("Hello?",)]


def test_a_google_location_with_pkce_and_lasting_access(town: Town, admin: Browser) -> None:
    address = town.leave(admin, "/connect", way="google_business", brand=str(town.agency.brand_ids[0]))
    assert "code_challenge_method=S256" in address
    assert "access_type=offline" in address
    back = admin.get(town.at_dialog(address, person="owner@sandbox.example"))
    done = town.choose(admin, back)
    review = {"platform": "google_business", "account": LOCATION, "author": "Ewa", "stars": 2, "text": "Zimny pokój."}
    town.sandbox.tell("reviews", review)
    town.work()
    account = town.account(LOCATION)
    assert account.tested_at is not None
    assert account.subscribed_at is not None, account.subscription_problem
    assert account.grantor_external_id
    assert "Connected and tested" in page_text(admin, done.location)
    assert town.query("select text from message") == [("Zimny pokój.",)]


def test_an_instagram_profile_by_its_own_login(town: Town, admin: Browser) -> None:
    town.sandbox.tell(
        "accounts", {"platform": "instagram", "external_id": "17841400000000009", "name": "Alone", "username": "alone"}
    )
    back = town.walk(admin, "instagram.instagram", features=("comments",), accounts=town.numbers()["17841400000000009"])
    done = town.choose(admin, back)
    town.sandbox.tell(
        "comments", {"platform": "instagram", "account": "17841400000000009", "author": "ada.v", "text": "Lovely."}
    )
    town.work()
    account = town.account("17841400000000009")
    assert (account.login, account.name) == ("instagram", "alone")
    assert account.token_expires_at is not None, "sixty days"
    assert account.tested_at is not None
    assert account.subscribed_at is not None, account.subscription_problem
    assert "Connected and tested" in page_text(admin, done.location)


def test_an_instagram_profile_through_its_page(town: Town, admin: Browser) -> None:
    back = town.walk(admin, "instagram.facebook", features=("comments",), accounts=town.numbers()[PAGE])
    town.choose(admin, back)
    town.sandbox.tell("comments", {"platform": "instagram", "account": PROFILE, "author": "ada.v", "text": "Lovely."})
    town.work()
    account = town.account(PROFILE)
    assert account.login == "facebook"
    assert account.tested_at is not None


def test_a_page_of_a_business_portfolio_is_found(town: Town, admin: Browser) -> None:
    held = {"platform": "facebook", "external_id": "555", "name": "Held", "business": {"id": "77", "kind": "client"}}
    town.sandbox.tell("accounts", held)
    back = town.walk(admin, "facebook", features=("comments",), everything="1")
    page = page_text(admin, back.location)
    assert "Held" in page
    assert "The facebook account" in page


def test_what_is_lacking_is_said_before_choosing(town: Town, admin: Browser) -> None:
    town.sandbox.tell("accounts", {"platform": "facebook", "external_id": PAGE, "tasks": ["ANALYZE"]})
    given = [*features.scopes_for(("facebook", None), ())]
    back = town.walk(
        admin, "facebook", features=("comments", "ads"), accounts=town.numbers()[PAGE], shown="1", scopes=given
    )
    page = page_text(admin, back.location)
    assert "your role on the page does not include it (MODERATE)" in page
    assert "not allowed (pages_manage_ads)" in page


@pytest.mark.parametrize(
    ("way", "answers", "sentence"),
    [
        ("facebook", {"decision": "cancel"}, "You cancelled at the platform."),
        (
            "google_business",
            {"decision": "cancel", "person": "owner@sandbox.example"},
            "You cancelled at the platform.",
        ),
        ("facebook", {}, "no account was shown to us"),
        (
            "facebook",
            {"shown": "1", "everything": "1", "scopes": "public_profile"},
            "What we need most was not allowed",
        ),
        (
            "google_business",
            {"person": "owner@sandbox.example", "granular": "1", "scopes": "openid"},
            "What we need most was not allowed",
        ),
    ],
)
def test_a_refusal_is_said_and_changes_nothing(
    town: Town, admin: Browser, way: str, answers: dict[str, str], sentence: str
) -> None:
    answer = town.walk(admin, way, **answers)
    assert answer.status_code == 409
    words = unescape(answer.text)
    assert sentence in words
    assert "Nothing was connected or changed." in words
    assert town.accounts() == []


def test_the_way_back_is_for_one_browser_one_person_and_once(town: Town, admin: Browser) -> None:
    brand = str(town.agency.brand_ids[0])
    address = town.leave(admin, "/connect", way="facebook", brand=brand)
    back = town.at_dialog(address, everything="1")
    other = Browser(town.app, town.agency.agency_admin)
    assert "another browser" in unescape(other.get(back).text)
    colleague = Factory(town.app).person(town.agency, town.agency.agency_admin.role)
    thief = Browser(town.app, colleague)
    cookie = admin.client.get_cookie("onbrand_connect_80")
    assert cookie is not None
    thief.client.set_cookie("onbrand_connect_80", cookie.value)
    assert "Somebody else began this" in unescape(thief.get(back).text)
    assert admin.get(back).status_code == 303, "those tries used nothing up"
    again = admin.get(back)
    assert "used already" in unescape(again.text)
    assert again.status_code == 400, "we refuse it ourselves; the platform is not asked twice"
    assert "We do not know this way back" in unescape(admin.get("/connect/back?state=x&code=y").text)


def test_a_walk_ends_after_ten_minutes(town: Town, admin: Browser) -> None:
    address = town.leave(admin, "/connect", way="facebook", brand=str(town.agency.brand_ids[0]))
    back = town.at_dialog(address, everything="1")
    with town.superuser.begin() as connection:
        connection.exec_driver_sql("update connect_attempt set expires_at = now()")
    assert "longer than ten minutes" in unescape(admin.get(back).text)


def test_what_was_granted_is_its_own_persons_and_waits_half_an_hour(town: Town, admin: Browser) -> None:
    back = town.walk(admin, "facebook", everything="1")
    colleague = Browser(town.app, Factory(town.app).person(town.agency, town.agency.agency_admin.role))
    assert colleague.get(back.location).status_code == 404
    with town.superuser.begin() as connection:
        connection.exec_driver_sql("update granted_account set expires_at = now()")
    assert admin.get(back.location).status_code == 410
    town.work()
    with town.superuser.connect() as connection:
        sealed = connection.exec_driver_sql("select count(*) from granted_account where credential is null").scalar()
    assert sealed == 0


def test_one_permission_more(town: Town, admin: Browser) -> None:
    back = town.walk(admin, "facebook", features=("comments",), accounts=town.numbers()[PAGE])
    town.choose(admin, back)
    town.work()
    account = town.account(PAGE)
    assert "pages_manage_ads" not in account.scopes
    card = page_text(admin, "/accounts")
    assert card.count("Upgrade this channel") == 3, "messages, ads and notices were not asked for"
    offered = f"/accounts/{account.id}/reconnect?feature=ads"
    assert f'href="{offered}"' in card
    reader = Browser(town.app, town.agency.staff)
    assert "Upgrade this channel" not in page_text(reader, "/accounts")
    page = page_text(admin, offered)
    assert "(not allowed yet)" in page
    assert 'value="ads" checked' in page
    address = town.leave(admin, f"/accounts/{account.id}/connect", feature=["comments", "ads"])
    assert "auth_type=rerequest" in address
    assert admin.get(town.at_dialog(address, accounts=town.numbers()[PAGE])).status_code == 303
    upgraded = town.account(PAGE)
    assert upgraded.id == account.id
    assert "pages_manage_ads" in upgraded.scopes


def test_a_disconnected_account_is_revoked_and_comes_back_as_the_same_row(town: Town, admin: Browser) -> None:
    back = town.walk(admin, "facebook", features=("comments",), accounts=town.numbers()[PAGE])
    town.choose(admin, back)
    town.sandbox.tell("comments", {"platform": "facebook", "account": PAGE, "author": "Ada", "text": "Hello?"})
    town.work()
    first = town.account(PAGE)
    assert admin.post(f"/accounts/{first.id}/disconnect").status_code == 303
    assert town.account(PAGE).credential is None
    town.house.keep_promises()
    people = town.sandbox.http.get(f"{town.sandbox.url}/sandbox/people").json()["people"]
    assert [person["removed"] for person in people] == [True]
    subscribed = town.sandbox.http.get(f"{town.sandbox.url}/sandbox/subscriptions").json()["subscriptions"]
    assert subscribed == []
    assert town.query("select count(*) from granted_account") == [(0,)]
    back = town.walk(admin, "facebook", features=("comments",), accounts=town.numbers()[PAGE])
    town.choose(admin, back)
    town.work()
    again = town.account(PAGE)
    assert again.id == first.id
    assert again.last_polled_at is not None
    assert again.tested_at is None, "what was there before proves nothing"
    assert town.query("select count(*) from conversation") == [(1,)], "its history goes on"


def test_a_sign_in_others_live_by_is_left_alone(town: Town, admin: Browser) -> None:
    town.sandbox.tell("accounts", {"platform": "facebook", "external_id": "555", "name": "Second"})
    back = town.walk(admin, "facebook", features=("comments",), everything="1")
    town.choose(admin, back)
    town.work()
    assert admin.post(f"/accounts/{town.account('555').id}/disconnect").status_code == 303
    town.house.keep_promises()
    people = town.sandbox.http.get(f"{town.sandbox.url}/sandbox/people").json()["people"]
    assert not any(person.get("removed") for person in people)
    town.house.poll()
    assert town.account(PAGE).health == "ok"


def test_google_takes_the_access_back(town: Town, admin: Browser) -> None:
    town.choose(admin, town.walk(admin, "google_business", person="owner@sandbox.example"))
    town.work()
    assert admin.post(f"/accounts/{town.account(LOCATION).id}/disconnect").status_code == 303
    town.house.keep_promises()
    people = town.sandbox.http.get(f"{town.sandbox.url}/sandbox/google/people").json()
    assert "business.manage" not in str([p for p in people["people"] if p.get("consents") or p.get("scopes")])


def test_by_token_as_before(town: Town, admin: Browser) -> None:
    with town.agency.entered(town.agency.agency_admin):
        accounts.connect(town.agency.agency_admin, town.agency.brand_ids[0], "facebook", PAGE, "page-token")
    town.work()
    account = town.account(PAGE)
    assert account.subscribed_at is not None, account.subscription_problem
    assert account.access_checked_at is not None, "what a brought token may do is asked"
    assert admin.post(f"/accounts/{account.id}/disconnect").status_code == 303
    town.house.keep_promises()
    tokens = town.sandbox.http.get(f"{town.sandbox.url}/sandbox/accounts").json()["accounts"]
    assert any(one["tokens"].get("page") == "page-token" for one in tokens), "whose token it is, we do not know"


def test_the_voice_is_never_an_accident(town: Town, admin: Browser) -> None:
    """Of several brands none is chosen by being first, of several pages none is ticked; the button says the name."""
    town.sandbox.tell("accounts", {"platform": "facebook", "external_id": "555", "name": "Bursztynowa, the hotel"})
    town.sandbox.tell("accounts", {"platform": "facebook", "external_id": "556", "name": "Pennywell Leeds"})
    start = page_text(admin, "/connect?way=facebook")
    assert '<option value="" selected>Choose a brand</option>' in start
    assert admin.post("/connect", {"way": "facebook", "brand": ""}).status_code == 422
    second = town.agency.brand_ids[1]
    assert f'<option value="{second}" selected>' in page_text(admin, f"/connect?way=facebook&brand={second}")
    back = town.walk(admin, "facebook", everything="1")
    page = page_text(admin, back.location)
    assert "Connect to Pennywell" in page
    assert " checked" not in page.partition('class="picklist"')[2]
    assert "By its name it could be Bursztynowa." in page
    assert "By its name it could be Pennywell" not in page
    town.choose(admin, back, only="Bursztynowa")
    address = town.leave(admin, "/connect", way="facebook", brand=str(second))
    other = admin.get(town.at_dialog(address, accounts=town.numbers()["555"]))
    page = page_text(admin, other.location)
    assert "Connected to Pennywell. Disconnect it there first." in page
    assert "None of these can be connected here." in page
    assert "Connect to Bursztynowa" not in page


def test_more_than_a_page_holds_are_all_shown_after_connecting(town: Town, admin: Browser) -> None:
    for number in range(60):
        town.sandbox.tell(
            "accounts", {"platform": "facebook", "external_id": f"9{number:02}", "name": f"B{number:02}."}
        )
    done = town.choose(admin, town.walk(admin, "facebook", features=("comments",), everything="1"))
    assert len(town.accounts()) == 61
    with town.agency.entered():
        broken = accounts.get(town.account("959").id)
        accounts.mark_unhealthy(broken, "needs_reconnect", "quota_zero")
    first = page_text(admin, done.location)
    assert "61 connected; tested: 0; in need of a person: 0." in first
    (next_url,) = re.findall(r'href="([^"]+)" rel="next"', first)
    second = page_text(admin, next_url)
    assert 'rel="next"' not in second
    assert "No allowance" in second, "one state, as on the channels' page"
    named = [{f"B{number:02}." for number in range(60) if f"B{number:02}." in page} for page in (first, second)]
    assert sorted(named[0] | named[1]) == [f"B{number:02}." for number in range(60)]
    assert not named[0] & named[1]
    (look,) = re.findall(r'hx-get="([^"]+)"', second.partition("</main>")[0])
    anew = {"HX-Request": "true"}
    assert admin.get(look, headers=anew).status_code == 204, "nothing changed"
    with town.agency.entered():
        accounts.mark_unhealthy(accounts.get(town.account("900").id), "needs_reconnect", "expired")
    told = admin.get(look, headers=anew)
    assert "in need of a person: 1." in told.text, "also of what stands on another page"
    assert "B00." not in told.text
    page = f"/connect/done?brand={town.agency.brand_ids[0]}"
    for query in ("since=x", "since=2026-11-22", "since=9999-01-01T00:00:00Z", "since=0001-01-01T00:00:00-23:59"):
        answer = admin.get(f"{page}&way=facebook&{query}")
        assert answer.status_code == (200 if "0001" in query else 404), query
    assert admin.get(f"{page}&way=x&since=2026-11-22T10:00:00Z").status_code == 404
    for place in ("-5", "50000000000000000000", "x"):
        assert admin.get(f"{done.location}&start={place}").status_code in (200, 404)
    other = done.location.replace(str(town.agency.brand_ids[0]), str(town.agency.brand_ids[1]))
    assert admin.get(other).status_code == 404


def test_the_only_page_is_ticked(town: Town, admin: Browser) -> None:
    back = town.walk(admin, "facebook", accounts=town.numbers()[PAGE])
    assert page_text(admin, back.location).count(" checked") == 1


def test_what_all_of_them_lack_is_said_once(town: Town, admin: Browser) -> None:
    town.sandbox.tell("accounts", {"platform": "facebook", "external_id": "555", "name": "Second"})
    given = [*features.scopes_for(("facebook", None), ("comments",))]
    back = town.walk(admin, "facebook", features=("comments", "ads"), everything="1", shown="1", scopes=given)
    page = page_text(admin, back.location)
    assert page.count("not allowed (pages_manage_ads)") == 1
    assert "None of them can be used for all you asked." in page
    assert "business_management" not in page


def test_a_permission_given_for_one_page_only_is_missed_on_the_other(town: Town, admin: Browser) -> None:
    """Meta tells by its inspection for which accounts each permission holds."""
    from channels.meta_access import scopes_reaching

    told = {
        "scopes": ["pages_messaging", "business_management", "instagram_basic"],
        "granular_scopes": [
            {"scope": "pages_messaging", "target_ids": [int(PAGE)]},
            {"scope": "business_management", "target_ids": ["77"]},
            {"scope": "instagram_basic", "target_ids": ["1784"]},
        ],
    }
    assert scopes_reaching(told, "facebook", PAGE) == {*told["scopes"]}
    assert scopes_reaching(told, "facebook", "555") == {"business_management", "instagram_basic"}
    assert scopes_reaching(told, "instagram", "9") == {"pages_messaging", "business_management"}


def test_a_business_configuration_takes_the_place_of_the_permissions(town: Town, admin: Browser) -> None:
    """Facebook Login for Business: `config_id` names what is asked for; scopes beside it would be refused."""
    configuration = {
        "login_configurations": {
            "4711": {"scopes": features.scopes_for(("facebook", None), ("comments",)), "token": "user"}
        }
    }
    town.sandbox.tell("application", configuration)
    values = town.app.extensions["onbrand_settings"]
    town.app.extensions["onbrand_settings"] = replace(values, meta_login_config_id="4711")
    try:
        address = town.leave(
            admin, "/connect", way="facebook", brand=str(town.agency.brand_ids[0]), feature=["messages"]
        )
        asked = parse_qs(urlsplit(address).query)
        assert asked["config_id"] == ["4711"]
        assert "scope" not in asked
        town.choose(admin, admin.get(town.at_dialog(address, accounts=town.numbers()[PAGE])))
    finally:
        town.app.extensions["onbrand_settings"] = values
    town.work()
    account = town.account(PAGE)
    assert "pages_read_user_content" in account.scopes
    assert "pages_messaging" not in account.scopes, "what the configuration names was granted, not what was ticked here"
