"""The same key and body give the first answer again; nothing is done twice."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.api.idempotency import REPLAYED_HEADER
from tenants.permissions import Actor
from tests.api.calling import Caller, token_for
from tests.factories import Agency, Factory

BODY = {"name": "Corner Shop"}


def _count(superuser: Engine, table: str) -> int:
    with superuser.connect() as connection:
        return int(connection.execute(text(f"select count(*) from {table}")).scalar_one())


def test_the_first_answer_is_given_again(admin: Caller, superuser: Engine) -> None:
    first = admin.post("/brands", BODY, key="k1")
    again = admin.post("/brands", BODY, key="k1")
    assert (again.status_code, again.get_data()) == (201, first.get_data())
    assert (first.headers.get(REPLAYED_HEADER), again.headers[REPLAYED_HEADER]) == (None, "true")
    assert again.mimetype == "application/json"
    assert _count(superuser, "brand") == 4


def test_white_space_and_order_do_not_make_another_request(admin: Caller) -> None:
    first = admin.post("/brands", raw=b'{"name": "A", "language": "pl"}', key="k1")
    again = admin.post("/brands", raw=b'{ "language":"pl","name":"A" }', key="k1")
    assert again.get_data() == first.get_data()


def test_another_request_with_the_key_is_refused(admin: Caller, superuser: Engine, ana: Agency) -> None:
    admin.post("/brands", BODY, key="k1")
    for path, body in (
        ("/brands", {"name": "Other Shop"}),
        ("/brands", {**BODY, "guide_needs_approval": True}),
        (f"/brands/{ana.brand_ids[0]}/guidelines", {"title": "T"}),
    ):
        refused = admin.post(path, body, key="k1")
        assert (refused.status_code, refused.get_json()["code"]) == (422, "idempotency_key_reused")
    assert _count(superuser, "brand") == 4
    assert admin.post("/brands", {"name": "Other Shop"}, key="k2").status_code == 201


def test_a_key_belongs_to_one_person(
    calling: Callable[[Actor | None], Caller], admin: Caller, lead: Caller, ana: Agency, stranger: Agency
) -> None:
    path, body = f"/brands/{ana.brand_ids[0]}/guidelines", {"title": "One"}
    first = admin.post(path, body, key="k1").get_json()
    assert lead.post(path, body, key="k1").get_json()["id"] != first["id"]
    foreign = calling(stranger.agency_admin).post(path, body, key="k1")
    assert foreign.status_code == 404


def test_a_request_that_failed_may_be_sent_again_with_its_key(admin: Caller, superuser: Engine) -> None:
    admin.post("/brands", BODY)
    assert admin.post("/brands", BODY, key="k1").status_code == 409
    assert _count(superuser, "idempotency_record") == 0
    assert admin.post("/brands", {"name": "Other Shop"}, key="k1").status_code == 201


def test_a_key_is_forgotten_after_a_day(admin: Caller, superuser: Engine) -> None:
    admin.post("/brands", {"name": "Old"}, key="old")
    first = admin.post("/brands", BODY, key="k1")
    with superuser.begin() as connection:
        connection.execute(text("update idempotency_record set created_at = now() - interval '25 hours'"))
    other = admin.post("/brands", {"name": "Other Shop"}, key="k1")
    assert other.status_code == 201
    assert other.get_json()["id"] != first.get_json()["id"]
    assert admin.post("/brands", {"name": "Other Shop"}, key="k1").get_data() == other.get_data()


def test_old_records_are_cleared_by_the_way(admin: Caller, superuser: Engine) -> None:
    admin.post("/brands", {"name": "Old"}, key="old")
    with superuser.begin() as connection:
        connection.execute(
            text(
                "update idempotency_record set created_at = now() - interval '25 hours',"
                " id = '01900000-0000-7000-8000-000000000001'"
            )
        )
    admin.post("/brands", BODY, key="k1")
    with superuser.connect() as connection:
        assert connection.execute(text("select key from idempotency_record")).scalars().all() == ["k1"]


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "é", "tab\t"])
def test_a_key_that_cannot_be_one(admin: Caller, superuser: Engine, key: str) -> None:
    refused = admin.post("/brands", BODY, key=key)
    assert (refused.status_code, refused.get_json()["code"]) == (400, "idempotency_key_invalid")
    assert _count(superuser, "brand") == 3


def test_two_at_the_same_time_do_the_work_once(whole_app: Flask, ana: Agency, superuser: Engine) -> None:
    token = token_for(whole_app, ana.agency_admin)
    answers: list[tuple[int, bytes]] = []
    start = threading.Barrier(4)

    def ask() -> None:
        caller = Caller(whole_app, token)
        start.wait()
        answer = caller.post("/brands", BODY, key="k1")
        answers.append((answer.status_code, answer.get_data()))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _count(superuser, "brand") == 4
    done = {body for status, body in answers if status == 201}
    assert len(done) == 1
    assert all(status in (201, 409) for status, _ in answers)
    assert all(b"idempotency_key_in_use" in body for status, body in answers if status == 409)


def test_while_the_first_is_running_the_second_is_told_so(admin: Caller, ana: Agency, superuser: Engine) -> None:
    name = f"idempotency {ana.id} {ana.agency_admin.user_id} k1"
    with superuser.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
        refused = admin.post("/brands", BODY, key="k1")
        assert (refused.status_code, refused.get_json()["code"]) == (409, "idempotency_key_in_use")
        assert refused.headers["Retry-After"] == "1"
    assert admin.post("/brands", BODY, key="k1").status_code == 201


def test_a_narrower_token_does_not_hear_the_wider_ones_answer(whole_app: Flask, make: Factory, ana: Agency) -> None:
    wide = Caller(whole_app, token_for(whole_app, ana.staff))
    narrow = Caller(whole_app, token_for(whole_app, ana.staff, [ana.brand_ids[1]]))
    path = f"/conversations/{make.conversation(ana)}/claim"
    assert wide.post(path, key="k1").status_code == 200
    assert narrow.post(path, key="k1").status_code == 404


def test_other_methods_take_no_notice_of_a_key(admin: Caller, ana: Agency) -> None:
    path = f"/brands/{ana.brand_ids[0]}"
    assert admin.patch(path, {"name": "One"}, key="k1").get_json()["name"] == "One"
    assert admin.patch(path, {"name": "Two"}, key="k1").get_json()["name"] == "Two"
