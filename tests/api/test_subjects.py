"""Brands, accounts, style guides, guidelines, the check and the queue over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text, update

from agency.inbox import kept_media
from agency.inbox.intake import mark_gone, store_page
from agency.inbox.models import KeptMedia
from channels.items import Attachment, PostContext
from channels.media_kinds import MediaCopy
from channels.models import Account
from jobs.indexing import index_words
from tenants.database import db, new_id
from tenants.permissions import Actor
from tests.api.calling import Caller, token_for
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment, page

PICTURE = b"\x89PNG\r\n\x1a\n of a story"
NO_GUARANTEE = {"kind": "banned", "id": "no-guarantee", "level": "stop", "phrases": ["guarantee"]}


def test_brands(admin: Caller, ana: Agency) -> None:
    made = admin.post("/brands", {"name": "Corner Shop", "language": "pl", "time_zone": "Europe/Warsaw"})
    brand = made.get_json()
    assert (made.status_code, brand["mark"], brand["language"]) == (201, "CS", "pl")
    assert admin.get(f"/brands/{brand['id']}").get_json() == brand
    changed = admin.patch(f"/brands/{brand['id']}", {"tier": "plus"}).get_json()
    assert changed == {**brand, "tier": "plus"}
    assert [item["name"] for item in admin.get("/brands").get_json()["items"]][-1] == "Corner Shop"
    taken = admin.post("/brands", {"name": "corner shop"})
    assert (taken.status_code, taken.get_json()["code"]) == (409, "conflict")
    wrong = admin.post("/brands", {"name": "Other", "colour": "blue", "time_zone": "Nowhere"})
    assert (wrong.status_code, set(wrong.get_json()["errors"])) == (422, {"colour", "time_zone"})


def test_a_list_is_read_page_by_page(admin: Caller, ana: Agency) -> None:
    seen, cursor = [], ""
    for _ in range(5):
        page = admin.get(f"/brands?limit=1{cursor}").get_json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(seen) == sorted(map(str, ana.brand_ids))
    assert len(seen) == 3


@pytest.mark.parametrize("query", ["limit=101", "limit=0", "limit=-1", "limit=ten", "limit=", "rows=5", "limit=1e1"])
@pytest.mark.parametrize("path", ["/brands", "/accounts", "/conversations"])
def test_a_list_refuses_limits_it_does_not_have(admin: Caller, path: str, query: str) -> None:
    refused = admin.get(f"{path}?{query}")
    assert refused.status_code == 422
    assert set(refused.get_json()["errors"]) == {query.partition("=")[0]}


@pytest.mark.parametrize("cursor", ["x", "%00", "0", "a" * 600, "é", "019a8f00"])
@pytest.mark.parametrize("path", ["/brands", "/accounts", "/conversations"])
def test_a_list_refuses_cursors_it_never_gave(admin: Caller, path: str, cursor: str) -> None:
    assert admin.get(f"{path}?cursor={cursor}").status_code == 422


def test_an_account_is_connected_polled_at_once_and_disconnected(admin: Caller, ana: Agency, superuser: Engine) -> None:
    secret = "EAAG-very-secret-page-token"
    body = {"brand_id": str(ana.brand_ids[1]), "platform": "facebook", "external_id": "4711", "credential": secret}
    made = admin.post("/accounts", body, key="first")
    account = made.get_json()
    assert (made.status_code, account["health"], account["brand_id"]) == (201, "ok", str(ana.brand_ids[1]))
    assert admin.post("/accounts", body, key="first").get_json() == account
    answers = [made, admin.get("/accounts"), admin.get(f"/accounts/{account['id']}")]
    assert all(secret not in answer.get_data(as_text=True) for answer in answers)
    with superuser.connect() as connection:
        due = connection.execute(
            text("select due_at <= now() from poll_turn where account_id = :id"), {"id": account["id"]}
        )
        assert due.scalar_one() is True
        assert secret not in str(connection.execute(text("select answer from idempotency_record")).all())
    again = admin.post("/accounts", body)
    assert (again.status_code, again.get_json()["code"]) == (409, "account_connected")
    assert [item["id"] for item in admin.get("/accounts").get_json()["items"]] == [account["id"]]
    gone = admin.delete(f"/accounts/{account['id']}").get_json()
    assert (gone["health"], gone["disconnected_at"] is None) == ("disconnected", False)
    assert admin.delete(f"/accounts/{account['id']}").status_code == 200


def test_an_account_that_cannot_be_is_explained_by_field(admin: Caller, ana: Agency) -> None:
    body = {"brand_id": str(ana.brand_ids[0]), "platform": "google_business", "external_id": "5", "credential": "a b\n"}
    refused = admin.post("/accounts", body)
    assert (refused.status_code, set(refused.get_json()["errors"])) == (422, {"external_id", "credential"})
    assert "a b" not in refused.get_data(as_text=True)


def test_accounts_of_some_brands(admin: Caller, make: Factory, ana: Agency) -> None:
    accounts = [make.account(ana, brand=number) for number in range(3)]
    query = f"/accounts?brand_id={ana.brand_ids[0]}&brand_id={ana.brand_ids[2]}"
    assert [item["id"] for item in admin.get(query).get_json()["items"]] == [str(accounts[0]), str(accounts[2])]
    page = admin.get("/accounts?limit=2").get_json()
    rest = admin.get(f"/accounts?limit=2&cursor={page['next_cursor']}").get_json()
    assert [item["id"] for item in page["items"] + rest["items"]] == [str(account) for account in accounts]


def test_style_guides(lead: Caller, ana: Agency) -> None:
    brand = ana.brand_ids[0]
    assert lead.get(f"/brands/{brand}/style-guide").status_code == 404
    made = lead.post(f"/brands/{brand}/style-guide/versions", {"rules": [NO_GUARANTEE], "voice": "Plain."})
    assert (made.status_code, made.get_json()["number"], made.get_json()["state"]) == (201, 1, "draft")
    assert lead.get(f"/brands/{brand}/style-guide").status_code == 404
    forced = lead.post(f"/brands/{brand}/style-guide/versions/1/put-in-force").get_json()
    assert forced["state"] == "in_force"
    assert lead.get(f"/brands/{brand}/style-guide").get_json() == forced
    again = lead.post(f"/brands/{brand}/style-guide/versions/1/put-in-force")
    assert again.status_code == 409
    lead.post(f"/brands/{brand}/style-guide/versions", {"rules": []})
    page = lead.get(f"/brands/{brand}/style-guide/versions?limit=1").get_json()
    assert [version["number"] for version in page["items"]] == [2]
    page = lead.get(f"/brands/{brand}/style-guide/versions?cursor={page['next_cursor']}").get_json()
    assert [version["number"] for version in page["items"]] == [1]
    wrong = lead.post(f"/brands/{brand}/style-guide/versions", {"rules": [{"kind": "banned", "id": "x"}]})
    assert (wrong.status_code, wrong.get_json()["code"]) == (422, "rules_invalid")
    assert "x.phrases" in wrong.get_json()["errors"]


@pytest.mark.parametrize("form", ["yaml", "markdown"])
def test_a_guide_goes_out_as_a_file_and_comes_back_as_a_draft(lead: Caller, ana: Agency, form: str) -> None:
    here, there = (f"/brands/{brand}/style-guide" for brand in ana.brand_ids[:2])
    head = {"audience": "Neighbours.", "do": ["Name a day."], "languages": {"pl": {"address": "Państwo"}}}
    given = {"rules": [NO_GUARANTEE], "voice": "Plain.", "identity": head, "note": "First."}
    made = lead.post(f"{here}/versions", given).get_json()
    file = lead.get(f"{here}/versions/1/export?form={form}").get_json()
    assert (file["number"], file["form"]) == (1, form)
    taken = lead.post(f"{there}/import", {"source": file["source"]})
    assert (taken.status_code, taken.get_json()["state"]) == (201, "draft")
    assert {name: taken.get_json()[name] for name in given} == {name: made[name] for name in given}
    noted = lead.post(f"{there}/import", {"source": file["source"], "note": "From the other house."}).get_json()
    assert (noted["number"], noted["note"]) == (2, "From the other house.")


@pytest.mark.parametrize(
    ("source", "code", "field", "words"),
    [
        ("rules: &a [*a]", "guide_unreadable", "source", "line 1: Anchors"),
        ("rules: [" * 400, "guide_unreadable", "source", "line 1: This is nested too deeply"),
        ("{rules: !!python/name:os.system x}", "guide_unreadable", "source", "line 1: Tags"),
        ("rules:\n- {kind: banned, id: a}", "guide_unreadable", "a.phrases", "line 2: is missing"),
        ("rules:\n- {kind: nothing, id: a}", "guide_unreadable", "a.kind", "line 2: must be one of"),
        ("rules: []\nextra: 1", "guide_unreadable", "source", "line 2: `extra` is not known"),
        ("voice: [1]\nrules: []", "invalid", "voice", "must be text"),
        ("note: {a: b}\nrules: []", "invalid", "note", "must be text"),
        ("identity: {examples: {elsewhere: [x]}}\nrules: []", "invalid", "identity.examples", "must hold only"),
        ("x" * 400_001, "invalid", "source", "is longer"),
    ],
)
def test_files_that_are_no_guide_are_refused(
    lead: Caller, ana: Agency, source: str, code: str, field: str, words: str
) -> None:
    refused = lead.post(f"/brands/{ana.brand_ids[0]}/style-guide/import", {"source": source})
    found = refused.get_json()
    assert refused.status_code == 422, found
    assert (found["code"], list(found["errors"])) == (code, [field]), found
    assert found["errors"][field][0].startswith(words), found
    assert lead.get(f"/brands/{ana.brand_ids[0]}/style-guide/versions").get_json()["items"] == []


def test_who_takes_a_guide_out_and_who_brings_one(
    calling: Callable[[Actor | None], Caller], lead: Caller, ana: Agency
) -> None:
    address = f"/brands/{ana.brand_ids[0]}/style-guide"
    lead.post(f"{address}/versions", {"rules": []})
    for role, reads, writes in (("staff", 200, 403), ("client_owner", 200, 403), ("billing_admin", 403, 403)):
        caller = calling(ana.actors[role])
        assert caller.get(f"{address}/versions/1/export").status_code == reads, role
        assert caller.post(f"{address}/import", {"source": "rules: []"}).status_code == writes, role


@pytest.mark.parametrize("number", ["0", "-1", "2", "x", "1.0", "9" * 30, "01", "٣"])
def test_a_version_that_is_none_is_not_found(lead: Caller, ana: Agency, number: str) -> None:
    refused = lead.post(f"/brands/{ana.brand_ids[0]}/style-guide/versions/{number}/put-in-force")
    assert refused.status_code == 404


def test_guidelines_are_changed_by_whoever_read_them_last(lead: Caller, ana: Agency) -> None:
    path = f"/brands/{ana.brand_ids[0]}/guidelines"
    body = {"title": "Refunds", "steps": ["Say sorry."], "offer_limit_cents": 5000, "currency": "EUR"}
    made = lead.post(path, body).get_json()
    assert (made["version"], made["visibility"]) == (1, "both")
    changed = lead.patch(f"{path}/{made['id']}", {"title": "Refunds, small", "version": 1}).get_json()
    assert (changed["version"], changed["steps"]) == (2, ["Say sorry."])
    late = lead.patch(f"{path}/{made['id']}", {"title": "Mine", "version": 1})
    assert (late.status_code, late.get_json()["code"], late.get_json()["version"]) == (409, "guideline_changed", 2)
    assert lead.patch(f"{path}/{made['id']}", {"title": "Mine"}).status_code == 422
    assert lead.get(f"{path}/{made['id']}").get_json() == changed
    assert lead.get(path).get_json()["items"] == [changed]
    assert lead.delete(f"{path}/{made['id']}?version=1").status_code == 409
    assert lead.delete(f"{path}/{made['id']}?version=2").status_code == 204
    assert lead.get(f"{path}/{made['id']}").status_code == 404
    elsewhere = f"/brands/{ana.brand_ids[1]}/guidelines/{made['id']}"
    assert lead.get(elsewhere).status_code == 404


def test_the_check_counts_code_points(staff: Caller, make: Factory, ana: Agency) -> None:
    make.guide(ana, [NO_GUARANTEE])
    text_ = "\U0001f600 We guarantee it."
    body = {"text": text_, "platform": "google_business", "kind": "review"}
    result = staff.post(f"/brands/{ana.brand_ids[0]}/check", body).get_json()
    finding = next(found for found in result["findings"] if found["rule"] == "no-guarantee")
    assert text_[finding["start"] : finding["end"]] == "guarantee"
    assert (result["guide_version"], result["length_limit"] is None) == (1, False)


def test_the_check_knows_the_conversation_of_its_own_brand_only(staff: Caller, make: Factory, ana: Agency) -> None:
    own, other = make.conversation(ana), make.conversation(ana, brand=1)
    body = {"text": "Hi.", "platform": "facebook", "kind": "comment"}
    path = f"/brands/{ana.brand_ids[0]}/check"
    assert staff.post(path, {**body, "conversation_id": str(own)}).status_code == 200
    answers = {
        staff.post(path, {**body, "conversation_id": str(wrong)}).get_data() for wrong in (other, new_id(), "nothing")
    }
    assert len(answers) == 1


def test_the_queue_by_rank_filters_and_pages(staff: Caller, make: Factory, ana: Agency) -> None:
    low = make.conversation(ana, rank=1, text="quiet")
    high = make.conversation(ana, brand=1, rank=9, platform="google_business", kind="review", stars=1, text="loud")
    middle = make.conversation(ana, brand=2, rank=5, platform="instagram", text="neither")

    def ids(query: str = "") -> list[UUID]:
        return [UUID(item["id"]) for item in staff.get(f"/conversations{query}").get_json()["items"]]

    assert ids() == [high, middle, low]
    assert ids(f"?brand_id={ana.brand_ids[0]}&brand_id={ana.brand_ids[1]}") == [high, low]
    assert ids("?platform=instagram") == [middle]
    assert ids("?kind=review") == [high]
    index_words(ana.app)
    assert ids("?q=quiet") == [low]
    assert ids("?status=closed") == []
    assert set(ids("?status=all")) == {low, middle, high}
    staff.post(f"/conversations/{middle}/claim")
    assert ids("?assignee=me") == [middle] == ids(f"?assignee={ana.staff.user_id}")
    assert ids("?assignee=nobody") == [high, low]
    assert ids(f"?assignee={new_id()}") == [] == ids("?assignee=somebody")
    assert ids(f"?brand_id={new_id()}") == [] == ids("?brand_id=nothing")
    first = staff.get("/conversations?limit=2").get_json()
    second = staff.get(f"/conversations?limit=2&cursor={first['next_cursor']}").get_json()
    assert [UUID(item["id"]) for item in second["items"]] == [low]
    assert second["next_cursor"] is None


def test_one_conversation_whole(staff: Caller, make: Factory, ana: Agency) -> None:
    conversation = make.conversation(ana, text="Where is it? \U0001f622", kind="review", stars=2)
    found = staff.get(f"/conversations/{conversation}").get_json()
    assert [message["text"] for message in found["messages"]] == ["Where is it? \U0001f622"]
    assert found["contact"]["name"] == "Test Customer"
    assert found["clocks"]["last_customer_at"].endswith("Z")
    assert found["holder"] is None
    assert "rank_reasons" in found


def test_a_token_for_one_brand_sees_that_brand_alone(whole_app: Flask, make: Factory, ana: Agency) -> None:
    narrow = Caller(whole_app, token_for(whole_app, ana.agency_admin, [ana.brand_ids[1]]))
    mine, other = make.conversation(ana, brand=1), make.conversation(ana, brand=0)
    assert [item["id"] for item in narrow.get("/brands").get_json()["items"]] == [str(ana.brand_ids[1])]
    assert [item["id"] for item in narrow.get("/conversations").get_json()["items"]] == [str(mine)]
    assert narrow.get(f"/conversations/{other}").status_code == 404
    assert narrow.post("/brands", {"name": "More"}).status_code == 403


def test_an_owner_sees_their_own_brand_alone(
    calling: Callable[[Actor | None], Caller], owner: Caller, make: Factory, ana: Agency
) -> None:
    other = make.conversation(ana, brand=1)
    assert [item["id"] for item in owner.get("/brands").get_json()["items"]] == [str(ana.brand_ids[0])]
    assert owner.get(f"/conversations/{other}").status_code == 404
    assert owner.get("/accounts").status_code == 403


HOSTILE = "<script>alert(1)</script> \u202egnp.exe \U0001f468\u200d\U0001f469\u200d\U0001f467 " + "z" * 3_000


def test_what_really_came_in_is_shown_as_documented(
    staff: Caller, make: Factory, ana: Agency, superuser: Engine
) -> None:
    """Caller holds the answers to the document; here they are those of stored items, not of made rows."""
    account = make.account(ana)
    post = PostContext("post", "Our new card", None, None)
    items = (
        comment(1, HOSTILE, context=post, attachments=(Attachment("image", "https://cdn.example/1.jpg", None),)),
        comment(2, "urgent refund", under=1),
        comment(3, "pilne!", author=None),
    )
    with ana.entered():
        row = db.session.scalars(select(Account).where(Account.id == account)).one()
        store_page(row, page(*items), now=at(600))
    rows = staff.get("/conversations").get_json()["items"]
    assert len(rows) == 2
    first = next(row for row in rows if row["message_count"] == 2)
    whole = staff.get(f"/conversations/{first['id']}").get_json()
    assert [message["text"] for message in whole["messages"]] == [HOSTILE, "urgent refund"]
    assert sum(part["points"] for part in whole["rank_reasons"]) == whole["rank"]
    assert all(part["at"].endswith("Z") for part in whole["rank_reasons"] if "at" in part)
    older = staff.get(f"/conversations/{first['id']}?before={whole['messages'][1]['id']}").get_json()
    assert [message["id"] for message in older["messages"]] == [whole["messages"][0]["id"]]


def test_the_queue_takes_few_statements(
    staff: Caller, make: Factory, ana: Agency, statements: Callable[[], list[str]]
) -> None:
    for number in range(3):
        make.conversation(ana, brand=number)
    staff.get("/conversations")
    statements()
    assert len(staff.get("/conversations").get_json()["items"]) == 3
    assert len(statements()) <= 3


# --- copies of what expires ---


def test_a_copy_stands_with_its_message_and_is_served_so_that_nothing_in_it_runs(
    make: Factory, ana: Agency, stranger: Agency, calling: Callable[[Actor | None], Caller], whole_app: Flask
) -> None:
    account_id = make.account(ana, platform="instagram")
    attached = tuple(Attachment("image", f"https://cdn.example/{number}", None, expires=True) for number in range(3))
    with ana.entered():
        account = db.session.scalars(select(Account).where(Account.id == account_id)).one()
        store_page(account, page(comment(1, attachments=attached)), now=at(600))
    with ana.entered():
        ids = list(db.session.scalars(select(KeptMedia.id).order_by(KeptMedia.position)))
        kept_media.keep(ids[0], MediaCopy("image/png", PICTURE), 10**6)
        kept_media.give_up(ids[1], "gone", kept_media.EXPIRED)
    staff = calling(ana.staff)
    case = staff.get("/conversations").get_json()["items"][0]["id"]
    (message,) = staff.get(f"/conversations/{case}").get_json()["messages"]
    address = f"/api/v1/conversations/{case}/media/{ids[0]}"
    told = [(one["position"], one["state"], one["reason"], one["url"]) for one in message["copies"]]
    assert told == [(0, "kept", None, address), (1, "gone", "expired", None), (2, "waiting", None, None)]
    path = address.removeprefix("/api/v1")
    answer = staff.get(path)
    assert (answer.status_code, answer.mimetype, answer.get_data()) == (200, "image/png", PICTURE)
    assert answer.headers["Content-Disposition"] == f"attachment; filename={ids[0]}.png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"
    for asker in (
        calling(stranger.agency_admin),
        Caller(whole_app, token_for(whole_app, ana.staff, [ana.brand_ids[1]])),
    ):
        assert asker.get(path).status_code == 404
    assert calling(ana.billing_admin).get(path).status_code == 403
    assert calling(None).get(path).status_code == 401
    for waiting in ids[1:]:
        assert staff.get(f"/conversations/{case}/media/{waiting}").status_code == 404
    with ana.entered():
        db.session.execute(update(KeptMedia).where(KeptMedia.id == ids[0]).values(content_type="image/svg+xml"))
    assert staff.get(path).status_code == 404, "what a browser could run is not served, whatever the table says"
    with ana.entered():
        db.session.execute(update(KeptMedia).where(KeptMedia.id == ids[0]).values(content_type="image/png"))
        mark_gone(db.session.scalars(select(Account).where(Account.id == account_id)).one(), ["post_1"], now=at(700))
    assert staff.get(path).status_code == 404
    assert staff.get(f"/conversations/{case}?").get_json()["messages"][0]["copies"] == []
