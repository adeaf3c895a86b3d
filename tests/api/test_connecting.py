"""Programs connect, renew, ask for a link, and read how far a set-up is; the dialogs themselves are a person's."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Flask
from sqlalchemy import Engine, text

from channels import accounts
from channels.features import FEATURES
from tests.api.calling import Caller
from tests.factories import Agency, Factory
from tests.web.browser import Browser

SECRET = "EAAG-another-secret-token"


def broken(agency: Agency, account_id: UUID) -> None:
    with agency.entered():
        accounts.mark_unhealthy(accounts.get(account_id), "needs_reconnect", "expired")


def test_every_way_to_connect_is_listed_with_its_uses_and_where_a_person_begins(
    admin: Caller, whole_app: Flask, ana: Agency
) -> None:
    items = admin.get("/platforms").get_json()["items"]
    assert [(one["platform"], one["login"]) for one in items] == list(FEATURES)
    facebook = items[0]
    assert facebook["is_set_up"] is True
    comments = next(one for one in facebook["features"] if one["name"] == "comments")
    assert comments == {
        "name": "comments",
        "scopes": ["pages_read_user_content", "pages_manage_engagement"],
        "tasks": ["MODERATE"],
        "is_always_on": False,
        "is_usual": True,
    }
    assert [one["name"] for one in facebook["features"] if one["is_always_on"]] == ["basics"]
    browser = Browser(whole_app, ana.agency_admin)
    for one in items:
        path = one["connect_url"].removeprefix("http://localhost")
        page = browser.get(f"{path}&brand={ana.brand_ids[1]}&feature=messages").text
        assert one["sign_in_at"] in page
        assert (f'value="{ana.brand_ids[1]}" selected' in page) == one["is_set_up"], "else the page says how it goes"


def test_a_new_credential_wakes_the_account_and_is_never_answered(
    admin: Caller, make: Factory, ana: Agency, superuser: Engine
) -> None:
    account_id = make.account(ana)
    broken(ana, account_id)
    assert admin.get(f"/accounts/{account_id}").get_json()["set_up"] == "broken"
    answer = admin.post(f"/accounts/{account_id}/reconnect", {"credential": SECRET}, key="again")
    account = answer.get_json()
    assert (answer.status_code, account["health"], account["set_up"]) == (200, "ok", "waiting")
    assert admin.post(f"/accounts/{account_id}/reconnect", {"credential": SECRET}, key="again").get_json() == account
    with superuser.connect() as connection:
        stored = str([connection.execute(text(f"select * from {t}")).all() for t in ("idempotency_record", "account")])
        parked = connection.execute(text("select parked_at from poll_turn")).scalar()
    assert SECRET not in answer.get_data(as_text=True) + stored
    assert parked is None
    with ana.entered():
        assert accounts.credential_of(accounts.get(account_id)).reveal() == SECRET
    for bad in ("", "two words\n", "é"):
        refused = admin.post(f"/accounts/{account_id}/reconnect", {"credential": bad})
        assert (refused.status_code, set(refused.get_json()["errors"])) == (422, {"credential"})


def test_a_disconnected_account_takes_no_new_credential(admin: Caller, make: Factory, ana: Agency) -> None:
    account_id = make.account(ana)
    assert admin.delete(f"/accounts/{account_id}").get_json()["set_up"] == "disconnected"
    assert admin.post(f"/accounts/{account_id}/reconnect", {"credential": SECRET}).status_code == 404


def test_a_link_mends_what_broke_and_lies_nowhere_in_the_clear(
    admin: Caller, whole_app: Flask, make: Factory, ana: Agency, superuser: Engine
) -> None:
    account_id = make.account(ana)
    refused = admin.post(f"/accounts/{account_id}/reconnect-link")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "nothing_to_mend")
    broken(ana, account_id)
    made = admin.post(f"/accounts/{account_id}/reconnect-link", key="one")
    link = made.get_json()
    assert made.status_code == 201
    assert set(link) == {"url", "expires_at"}
    again = admin.post(f"/accounts/{account_id}/reconnect-link", key="one")
    assert (again.get_json(), again.headers["Idempotency-Replayed"]) == (link, "true")
    token = link["url"].rpartition("/")[2]
    with superuser.connect() as connection:
        stored = str(connection.execute(text("select answer from idempotency_record")).all())
        assert token not in stored
        assert link["url"] not in stored
        actions = connection.execute(text("select action from brand_audit")).scalars().all()
    assert "account.link_made" in actions
    page = Browser(whole_app).get(link["url"].removeprefix("http://localhost"))
    assert page.status_code == 200
    with superuser.begin() as connection:
        connection.execute(
            text("update membership set removed_at = now() where person_id = :id"), {"id": ana.agency_admin.user_id}
        )
    assert Browser(whole_app).get(link["url"].removeprefix("http://localhost")).status_code == 404


def test_a_link_by_the_api_leaves_the_clients_mailed_one_alone(
    admin: Caller, whole_app: Flask, make: Factory, ana: Agency
) -> None:
    from tenants.tokens import Purpose, Subject, mint

    account_id = make.account(ana)
    broken(ana, account_id)
    with ana.entered():
        mailed = mint(Purpose.RECONNECT, ana.client_owner.user_id, about=Subject(ana.id, ana.brand_ids[0], account_id))
    assert admin.post(f"/accounts/{account_id}/reconnect-link").status_code == 201
    assert Browser(whole_app).get(f"/reconnect/{mailed}").status_code == 200


def test_an_account_says_how_far_it_is_and_what_it_lacks(
    admin: Caller, make: Factory, ana: Agency, superuser: Engine
) -> None:
    account_id = make.account(ana)
    fresh = admin.get(f"/accounts/{account_id}").get_json()
    assert (fresh["set_up"], fresh["tested_at"], fresh["features"][1]["stands"]) == ("waiting", None, None)
    with superuser.begin() as connection:
        connection.execute(
            text(
                "update account set last_polled_at = now(), tasks = '{ANALYZE}',"
                " scopes = '{pages_read_user_content,pages_manage_engagement}'"
            )
        )
    read = admin.get(f"/accounts/{account_id}").get_json()
    assert (read["set_up"], read["tasks"]) == ("reading", ["ANALYZE"])
    uses = {one["name"]: one for one in read["features"]}
    assert (uses["comments"]["stands"], uses["comments"]["lacks_task"]) == (False, True)
    assert uses["visitor_posts"]["stands"] is True
    assert uses["ads"]["missing_scopes"] == ["pages_manage_ads"]
    with superuser.begin() as connection:
        connection.execute(text("update account set tested_at = now()"))
    assert admin.get(f"/accounts/{account_id}").get_json()["set_up"] == "tested"


def test_programs_are_told_what_the_card_shows_for_one_more_statement(
    admin: Caller, make: Factory, ana: Agency, statements: Callable[[], list[str]]
) -> None:
    first = make.account(ana)
    told = admin.get(f"/accounts/{first}").get_json()
    assert {"scopes", "features", "access_ends_at", "access_checked_at", "subscribed_at", "subscription_problem"} < {
        *told
    }
    assert {"last_event_at", "last_polled_at", "missed_count", "last_missed_at", "last_sent_at"} < {*told}
    assert {"usage_percent", "throttled_until", "state", "action"} < {*told}
    assert told["next_poll_at"] is not None
    broken(ana, first)
    told = admin.get(f"/accounts/{first}").get_json()
    assert (told["state"], told["action"], told["next_poll_at"]) == ("needs_reconnect", "reconnect", None)
    statements()
    admin.get("/accounts")
    alone = len(statements())
    for _number in range(5):
        make.account(ana, brand=1)
    statements()
    assert len(admin.get("/accounts").get_json()["items"]) == 6
    assert len(statements()) == alone
