"""Google's accounts, locations, masks, verification and quotas, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agency.sandbox.google_masks import LOCATION_FIELDS, masked, merged, read_mask
from tests.sandbox.google_world import LOCATION, GoogleWorld, google_sandbox

ACCOUNTS = "accounts/v1/accounts"
LOCATIONS = "business-information/v1/accounts/11/locations"
ONE = "business-information/v1/locations/22"
VOICE = "verifications/v1/locations/22/VoiceOfMerchantState"
REVIEWS = f"mybusiness/v4/{LOCATION}/reviews"
V4_SERVICE = "mybusiness.googleapis.com"


@pytest.fixture
def world(tmp_path: Path) -> Any:
    with google_sandbox(tmp_path) as made:
        yield made


def violation(body: Any) -> str:
    return str(body["error"]["details"][0]["fieldViolations"][0]["field"])


def reason(body: Any) -> tuple[str, dict[str, str]]:
    detail = body["error"]["details"][0]
    return detail["reason"], detail["metadata"]


def test_the_personal_account_comes_first_and_groups_after_it(world: GoogleWorld) -> None:
    personal, group = world.call(ACCOUNTS)[1]["accounts"]
    assert personal["type"] == "PERSONAL"
    assert (group["name"], group["type"], group["role"]) == ("accounts/11", "LOCATION_GROUP", "MANAGER")
    assert [one["name"] for one in world.call(ACCOUNTS, filter="type=LOCATION_GROUP")[1]["accounts"]] == ["accounts/11"]
    assert world.call(ACCOUNTS, filter="type=USER_GROUP") == (200, {})
    assert world.call(ACCOUNTS, filter="role=OWNER")[0] == 400
    assert world.call("accounts/v1/accounts/11")[1]["accountName"] == "Pennywell, Quay Street"
    assert world.call("accounts/v1/accounts/999")[1]["error"]["status"] == "NOT_FOUND"


def test_accounts_come_in_pages_of_twenty(world: GoogleWorld) -> None:
    for number in range(100, 125):
        world.location(f"accounts/{number}/locations/{number}", access_token="google-access")
    first = world.call(ACCOUNTS, pageSize="500")[1]
    assert len(first["accounts"]) == 20
    second = world.call(ACCOUNTS, pageToken=first["nextPageToken"])[1]
    assert "nextPageToken" not in second
    names = [one["name"] for one in first["accounts"] + second["accounts"]]
    assert len(set(names)) == len(names) == 27
    wrong = {"pageToken": first["nextPageToken"], "filter": "type=LOCATION_GROUP"}
    assert world.call(ACCOUNTS, **wrong)[0] == 400, "a page token belongs to its query"
    world.control("POST", "/google/project", {"refuse_large_pages": True})
    assert violation(world.call(ACCOUNTS, pageSize="21")[1]) == "page_size"


def test_an_organisation_lists_its_groups_and_all_their_locations(world: GoogleWorld) -> None:
    declare = {"name": "accounts/1", "type": "ORGANIZATION", "account_name": "Lantern Street"}
    world.control("POST", "/google/accounts", declare)
    world.control("POST", "/google/accounts", {"name": "accounts/2", "type": "USER_GROUP", "parent": "accounts/1"})
    world.control("POST", "/google/accounts", {"name": "accounts/11", "parent": "accounts/2"})
    listed = [one["name"] for one in world.call(ACCOUNTS)[1]["accounts"]]
    assert listed[1:] == ["accounts/1"], "what stands below the organisation is listed there only"
    below = world.call(ACCOUNTS, parentAccount="accounts/1")[1]["accounts"]
    assert [(one["name"], one["type"]) for one in below] == [("accounts/2", "USER_GROUP")]
    assert [one["name"] for one in world.call(ACCOUNTS, parentAccount="accounts/2")[1]["accounts"]] == ["accounts/11"]
    assert world.call(ACCOUNTS, parentAccount="accounts/11")[0] == 400
    for name in ("accounts/1", "accounts/2", "accounts/11", "accounts/-"):
        body = world.call(f"business-information/v1/{name}/locations", readMask="name")[1]
        assert body == {"locations": [{"name": "locations/22"}]}, name
    wish = {"name": "accounts/3", "parent": "accounts/11"}
    assert "organisation" in world.refused("POST", "/google/accounts", wish), "groups own no groups"


def test_a_personal_account_lists_only_what_it_holds_itself(world: GoogleWorld) -> None:
    personal = world.call(ACCOUNTS)[1]["accounts"][0]["name"]
    assert world.call(f"business-information/v1/{personal}/locations", readMask="name") == (200, {})
    world.location(f"{personal}/locations/5", access_token="google-access")
    body = world.call(f"business-information/v1/{personal}/locations", readMask="name")[1]
    assert body == {"locations": [{"name": "locations/5"}]}
    names = world.call("business-information/v1/accounts/-/locations", readMask="name")[1]["locations"]
    assert len(names) == 2
    assert world.call("business-information/v1/accounts/999/locations", readMask="name")[0] == 403


@pytest.mark.parametrize("path", [LOCATIONS, ONE, f"{ONE}:getGoogleUpdated"])
@pytest.mark.parametrize(
    "mask",
    [
        None,
        "",
        "nonsense",
        "name,",
        "reviews",
        "store_code",
        "*",
        "title.text",
        "categories.additionalCategories.displayName",
        "regularHours.periods.openDay",
        "metadata.nonsense",
    ],
)
def test_masks_are_required_and_checked(world: GoogleWorld, path: str, mask: str | None) -> None:
    status, body = world.call(path, **({} if mask is None else {"readMask": mask}))
    assert status == 400
    assert violation(body) == "read_mask"


def test_a_mask_leaves_what_it_names_and_nothing_empty(world: GoogleWorld) -> None:
    facts = {"phoneNumbers": {"primaryPhone": "+48 58 000 00 00"}, "labels": [], "storeCode": "Q-1"}
    world.location(location=facts)
    mask = "name,title,storeCode,labels,phoneNumbers.primaryPhone,metadata.hasVoiceOfMerchant,openInfo.status"
    assert world.call(ONE, readMask=mask)[1] == {
        "name": "locations/22",
        "title": "Pennywell, Quay Street",
        "storeCode": "Q-1",
        "phoneNumbers": {"primaryPhone": "+48 58 000 00 00"},
        "metadata": {"hasVoiceOfMerchant": True},
        "openInfo": {"status": "OPEN"},
    }


def paths_below(fields: dict[str, Any], above: str = "") -> list[str]:
    found = []
    for name, below in fields.items():
        found += [above + name, *paths_below(below or {}, f"{above}{name}.")]
    return found


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(chosen=st.lists(st.sampled_from(paths_below(LOCATION_FIELDS)), min_size=1, max_size=6))
def test_every_known_path_may_be_asked_for(chosen: list[str]) -> None:
    assert [".".join(path) for path in read_mask(",".join(chosen))] == chosen
    whole: dict[str, Any] = {}
    for path in sorted(chosen):
        whole = merged(whole, whole_of(path), [path.split(".")])
    kept = masked(whole, read_mask(",".join(chosen)))
    assert masked(kept, read_mask(",".join(chosen))) == kept
    for path in chosen:
        value: Any = kept
        for part in path.split("."):
            value = value[part]
        assert value


def whole_of(path: str) -> dict[str, Any]:
    value: Any = {"x": "y"}
    for part in reversed(path.split(".")):
        value = {part: value}
    return dict(value)


def test_lists_page_sort_and_filter(world: GoogleWorld) -> None:
    for number in range(12):
        place = f"accounts/11/locations/{number + 500}"
        world.location(place, name=f"Shop {number:02d}", access_token="google-access")
    first = world.call(LOCATIONS, readMask="title", orderBy="title desc")[1]
    assert len(first["locations"]) == 10
    assert first["locations"][0] == {"title": "Shop 11"}
    rest = world.call(LOCATIONS, readMask="title", orderBy="title desc", pageToken=first["nextPageToken"])[1]
    assert len(rest["locations"]) == 3
    assert "totalSize" not in first
    one = world.call(LOCATIONS, readMask="title", filter='title="Shop 03"')[1]
    assert one == {"locations": [{"title": "Shop 03"}], "totalSize": 1}
    for wrong in ({"orderBy": "name"}, {"filter": "title:Shop"}, {"pageToken": "nonsense"}):
        assert world.call(LOCATIONS, readMask="title", **wrong)[0] == 400


@pytest.mark.parametrize(
    ("standing", "key"),
    [
        ("unverified", "verify"),
        ("waiting", "waitForVoiceOfMerchant"),
        ("ownership_conflict", "resolveOwnershipConflict"),
        ("suspended", "complyWithGuidelines"),
        ("disabled", "complyWithGuidelines"),
    ],
)
def test_a_location_without_a_voice(world: GoogleWorld, standing: str, key: str) -> None:
    assert world.call(VOICE)[1]["hasVoiceOfMerchant"] is True
    world.location(standing=standing)
    state = world.call(VOICE)[1]
    assert key in state
    assert "hasVoiceOfMerchant" not in state
    assert "hasVoiceOfMerchant" not in world.call(ONE, readMask="metadata")[1]["metadata"]
    status, body = world.call(REVIEWS)
    assert (status, body["error"]["status"]) == (400, "FAILED_PRECONDITION")
    world.control("POST", "/google/project", {"unverified_is_denied": True})
    assert world.call(REVIEWS)[1]["error"]["status"] == "PERMISSION_DENIED"


@pytest.mark.parametrize("kind", ["unverified", "suspended"])
def test_verification_is_lost_and_found_by_order(world: GoogleWorld, kind: str) -> None:
    world.misbehave(kind)
    assert world.call(REVIEWS)[0] == 400
    assert "hasVoiceOfMerchant" not in world.call(VOICE)[1]
    world.control("DELETE", "/misbehaviour")
    assert world.call(REVIEWS)[0] == 200


def test_a_good_mask_is_refused_by_order(world: GoogleWorld) -> None:
    world.misbehave("refuse_mask")
    for path in (LOCATIONS, ONE):
        assert violation(world.call(path, readMask="name")[1]) == "read_mask"


def test_what_google_changed_is_told_with_its_mask(world: GoogleWorld) -> None:
    world.location(google_updated={"title": "Pennywell Bank"})
    assert world.call(ONE, readMask="metadata.hasGoogleUpdated")[1] == {"metadata": {"hasGoogleUpdated": True}}
    body = world.call(f"{ONE}:getGoogleUpdated", readMask="title")[1]
    assert body == {"location": {"title": "Pennywell Bank"}, "diffMask": "title"}


def test_edits_follow_their_mask_and_ten_a_minute_are_the_limit(world: GoogleWorld) -> None:
    change = {"title": "Pennywell", "websiteUri": "https://pennywell.example", "storeCode": "unasked"}
    assert world.call(ONE, "PATCH", body=change, updateMask="title", validateOnly="true") == (200, {})
    assert world.call(ONE, readMask="title")[1] == {"title": "Pennywell, Quay Street"}
    assert world.call(ONE, "PATCH", body=change, updateMask="title,websiteUri")[0] == 200
    assert world.call(ONE, readMask="title,storeCode")[1] == {"title": "Pennywell"}
    for mask in ("", "metadata", "phoneNumbers.primaryPhone"):
        assert world.call(ONE, "PATCH", body=change, updateMask=mask)[0] == 400
    for _ in range(5):
        assert world.call(ONE, "PATCH", body=change, updateMask="title")[0] == 200
    status, body = world.call(ONE, "PATCH", body=change, updateMask="title")
    assert status == 429
    assert reason(body)[1]["quota_limit_value"] == "10"
    world.clock.move(60)
    assert world.call(ONE, "PATCH", body=change, updateMask="title")[0] == 200


def test_before_approval_the_quota_is_zero(world: GoogleWorld) -> None:
    world.control("POST", "/google/project", {"approved": False})
    for path in (REVIEWS, ACCOUNTS, f"{ONE}?readMask=name", VOICE):
        status, body = world.call(path)
        told, facts = reason(body)
        assert (status, body["error"]["status"], told) == (429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED")
        assert facts["quota_limit_value"] == "0"
        assert facts["quota_limit"] == "DefaultRequestsPerMinutePerProject"
        assert facts["quota_metric"] == f"{facts['service']}/default_requests"


def test_the_quota_counts_each_service_by_the_minute_for_the_whole_project(world: GoogleWorld) -> None:
    world.control("POST", "/google/project", {"quota_per_minute": 3})
    world.location("accounts/77/locations/88", token="other-refresh", access_token="other-access")
    for token, path in (("google-access", REVIEWS), ("other-access", "mybusiness/v4/accounts/77/locations/88/reviews")):
        assert world.call(path, token=token)[0] == 200
    assert world.call(REVIEWS)[0] == 200
    status, body = world.call("mybusiness/v4/accounts/77/locations/88/reviews", token="other-access")
    assert status == 429
    assert reason(body)[1]["quota_limit_value"] == "3"
    assert world.call(ACCOUNTS)[0] == 200, "another service has its own"
    assert world.control("GET", "/google/quota")["used"][V4_SERVICE] == 4
    world.clock.move(60)
    assert world.call(REVIEWS)[0] == 200
    world.control("POST", "/google/project", {"quota_per_minute": None})
    assert all(world.call(REVIEWS)[0] == 200 for _ in range(5))


def test_a_service_that_is_off_says_so_while_others_work(world: GoogleWorld) -> None:
    world.control("POST", "/google/project", {"disabled_services": [V4_SERVICE]})
    status, body = world.call(REVIEWS)
    assert status == 403
    assert reason(body)[0] == "SERVICE_DISABLED"
    assert body["error"]["message"].startswith("Google My Business API has not been used in project")
    assert world.call(ACCOUNTS)[0] == 200


@pytest.mark.parametrize(
    "wish",
    [
        {"approved": "no"},
        {"quota": 1},
        {"quota_per_minute": True},
        {"disabled_services": ["x"]},
        {"publishing_status": "x"},
    ],
)
def test_the_project_takes_no_nonsense(world: GoogleWorld, wish: dict[str, Any]) -> None:
    assert world.refused("POST", "/google/project", wish)
    assert world.call(REVIEWS)[0] == 200


@pytest.mark.parametrize(
    ("kind", "status", "word"),
    [
        ("zero_quota", 429, "RESOURCE_EXHAUSTED"),
        ("throttle", 429, "RESOURCE_EXHAUSTED"),
        ("server_error", 500, "INTERNAL"),
        ("unavailable", 503, "UNAVAILABLE"),
        ("random_404", 404, "NOT_FOUND"),
        ("lost_location", 403, "PERMISSION_DENIED"),
        ("revoke_token", 401, "UNAUTHENTICATED"),
    ],
)
def test_one_location_is_broken_and_another_works(world: GoogleWorld, kind: str, status: int, word: str) -> None:
    world.location("accounts/11/locations/33", access_token="google-access")
    world.misbehave(kind)
    answered, body = world.call(REVIEWS)
    assert (answered, body["error"]["status"]) == (status, word)
    if kind == "zero_quota":
        assert reason(body)[1]["quota_limit_value"] == "0"
    assert world.call("mybusiness/v4/accounts/11/locations/33/reviews")[0] == 200


def test_an_order_revokes_the_refresh_token_that_opens_its_location(world: GoogleWorld) -> None:
    world.location("accounts/77/locations/88", token="other-refresh")
    world.misbehave("revoke_token")
    assert world.refresh("google-refresh")[1]["error"] == "invalid_grant"
    assert world.refresh("other-refresh")[0] == 200
    world.control("DELETE", "/misbehaviour")
    assert world.refresh("google-refresh")[0] == 200


def test_what_google_ended_is_not_there(world: GoogleWorld) -> None:
    for path in (
        "mybusiness/v4/accounts",
        "mybusiness/v4/accounts/11/locations",
        f"mybusiness/v4/{LOCATION}/questions",
    ):
        assert world.call(path)[0] == 404
