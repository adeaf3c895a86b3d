"""Google's notification settings and Pub/Sub pushes: real POSTs with tokens that a stranger's library verifies."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from agency.sandbox.google_push import FAULTS
from tests.sandbox.conftest import KEYS
from tests.sandbox.google_world import LOCATION, GoogleWorld, Listener, google_sandbox, push_listener

SETTING = "notifications/v1/accounts/11/notificationSetting"
TOPIC = "projects/p/topics/gbp"
BOTH = ["NEW_REVIEW", "UPDATED_REVIEW"]


@pytest.fixture
def world(tmp_path: Path) -> Any:
    with google_sandbox(tmp_path) as made:
        yield made


@pytest.fixture
def product(world: GoogleWorld) -> Any:
    """The product's webhook, subscribed; pushes go out when a test says so."""
    with push_listener() as listener:
        world.control("POST", "/deliveries/switches", {"hold": True})
        world.control("POST", "/google/subscription", {"endpoint": listener.url})
        world.call(SETTING, "PATCH", body={"pubsubTopic": TOPIC, "notificationTypes": BOTH}, updateMask=MASK)
        yield listener


MASK = "pubsubTopic,notificationTypes"


def send(world: GoogleWorld) -> None:
    world.app.extensions["sandbox"].deliveries.send_now()


def keys_of(world: GoogleWorld) -> KeySet:
    status, headers, raw = world.http("GET", "/google/certs")
    assert status == 200
    assert "max-age" in headers["cache-control"]
    return KeySet.import_key_set(json.loads(raw))


def claims_of(world: GoogleWorld, push: tuple[dict[str, str], bytes]) -> dict[str, Any]:
    token = push[0]["authorization"].removeprefix("Bearer ")
    return dict(jwt.decode(token, keys_of(world), algorithms=["RS256"]).claims)


def test_one_setting_per_account_changed_by_its_mask(world: GoogleWorld) -> None:
    assert world.call(SETTING) == (200, {"name": "accounts/11/notificationSetting"})
    both = {"pubsubTopic": TOPIC, "notificationTypes": BOTH}
    assert world.call(SETTING, "PATCH", body=both, updateMask="pubsubTopic")[1]["pubsubTopic"] == TOPIC
    assert "notificationTypes" not in world.call(SETTING)[1]
    world.call(SETTING, "PATCH", body=both, updateMask="notification_types")
    assert world.call(SETTING)[1] == {"name": "accounts/11/notificationSetting", **both}
    world.control("POST", "/google/notifications", {"account": "accounts/11", "pubsubTopic": "projects/q/topics/other"})
    assert world.call(SETTING)[1]["pubsubTopic"] == "projects/q/topics/other", "another tool overwrote it"
    world.call(SETTING, "PATCH", body={}, updateMask="notificationSetting")
    assert world.call(SETTING) == (200, {"name": "accounts/11/notificationSetting"})


@pytest.mark.parametrize(
    ("body", "mask"),
    [
        ({"pubsubTopic": TOPIC}, ""),
        ({"pubsubTopic": TOPIC}, "topic"),
        ({"pubsubTopic": "gbp"}, "pubsubTopic"),
        ({"notificationTypes": ["NEW_REVIEWS"]}, "notificationTypes"),
        ({"notificationTypes": "NEW_REVIEW"}, "notificationTypes"),
        ([], "pubsubTopic"),
    ],
)
def test_settings_that_are_refused(world: GoogleWorld, body: Any, mask: str) -> None:
    assert world.call(SETTING, "PATCH", body=body, updateMask=mask)[0] == 400
    assert world.call(SETTING) == (200, {"name": "accounts/11/notificationSetting"})


def test_a_strangers_setting_is_out_of_reach(world: GoogleWorld) -> None:
    world.location("accounts/77/locations/88", access_token="other-access")
    assert world.call(SETTING, token="other-access")[0] == 403


def test_new_and_edited_reviews_are_pushed_with_a_signed_token(world: GoogleWorld, product: Listener) -> None:
    made = world.review(2, text="Zimno")
    world.control("PATCH", f"/items/{made}", {"text": "Ciepło"})
    world.control("DELETE", f"/items/{made}")
    send(world)
    name = f"{LOCATION}/reviews/{made}"
    assert product.data() == [
        {"type": "NEW_REVIEW", "location": LOCATION, "review": name},
        {"type": "UPDATED_REVIEW", "location": LOCATION, "review": name},
    ], "no push tells of a deletion"
    assert len(set(product.ids())) == 2
    headers, body = product.pushes[0]
    assert headers["content-type"] == "application/json"
    assert set(json.loads(body)) == {"message", "subscription"}
    claims = claims_of(world, product.pushes[0])
    assert claims["iss"] == "https://accounts.google.com"
    assert claims["aud"] == product.url
    assert (claims["email"], claims["email_verified"]) == (KEYS.google_pubsub_sender, True)
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["iat"] == int(world.clock.now)
    assert claims["sub"] == claims["azp"]


def test_silence_where_nobody_asked_or_the_topic_takes_nothing(world: GoogleWorld, product: Listener) -> None:
    world.location("accounts/77/locations/88")
    world.review(account="accounts/77/locations/88")
    world.call(SETTING, "PATCH", body={"notificationTypes": ["UPDATED_REVIEW"]}, updateMask="notificationTypes")
    made = world.review()
    world.control("POST", "/google/subscription", {"muted_topics": [TOPIC]})
    world.control("PATCH", f"/items/{made}", {"stars": 1})
    world.control("POST", "/google/subscription", {"muted_topics": [], "topic": "projects/p/topics/other"})
    world.control("PATCH", f"/items/{made}", {"stars": 2})
    send(world)
    assert product.pushes == []


def test_answers_are_not_pushed(world: GoogleWorld, product: Listener) -> None:
    made = world.review()
    world.call(f"mybusiness/v4/{LOCATION}/reviews/{made}/reply", "PUT", body={"comment": "Dzięki"})
    world.control("POST", "/google/moderation", {"review": made, "state": "REJECTED"})
    send(world)
    assert len(product.pushes) == 1


def test_what_is_not_acknowledged_comes_again_with_a_fresh_token(world: GoogleWorld, product: Listener) -> None:
    product.status = 500
    world.review()
    send(world)
    world.clock.move(5)
    product.status = 202
    send(world)
    world.clock.move(1000)
    send(world)
    first, second = product.pushes
    assert first[1] == second[1], "the same message"
    assert claims_of(world, second)["iat"] == claims_of(world, first)["iat"] + 5


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_what_acknowledges_a_push(world: GoogleWorld, product: Listener, status: int) -> None:
    product.status = status
    world.review()
    send(world)
    world.clock.move(1000)
    send(world)
    assert len(product.pushes) == 1


def test_duplicates_drops_and_storms_are_the_delivery_engines(world: GoogleWorld, product: Listener) -> None:
    world.control("POST", "/deliveries/switches", {"duplicate": 1})
    world.review()
    send(world)
    assert len(product.pushes) == 2
    assert len(set(product.ids())) == 1
    world.control("POST", "/deliveries/switches", {"duplicate": 0, "drop": 1})
    world.review()
    send(world)
    assert len(product.pushes) == 2
    deliveries = world.app.extensions["sandbox"].deliveries
    assert deliveries.storm(3, channel="google") == 6
    send(world)
    assert len(product.pushes) == 8


def test_keys_rotate_and_the_old_one_is_served_until_forgotten(world: GoogleWorld, product: Listener) -> None:
    world.review()
    send(world)
    (first,) = (key["kid"] for key in keys_of(world).as_dict()["keys"])
    kids = world.control("POST", "/google/keys", {})["kids"]
    assert kids[1] == first
    claims_of(world, product.pushes[0])
    world.review()
    send(world)
    header = product.pushes[1][0]["authorization"].removeprefix("Bearer ").split(".")[0]
    assert json.loads(base64.urlsafe_b64decode(header + "=="))["kid"] == kids[0]
    claims_of(world, product.pushes[1])
    world.control("POST", "/google/keys", {"forget_old": True})
    for push in product.pushes:
        with pytest.raises((JoseError, ValueError)):
            claims_of(world, push)


def fault(world: GoogleWorld, product: Listener, kind: str) -> tuple[dict[str, str], bytes]:
    world.control("POST", "/google/push-faults", {"fault": kind, "times": 1})
    world.review()
    world.review()
    send(world)
    broken, whole = product.pushes
    assert claims_of(world, whole)["aud"] == product.url, "the fault was for one push"
    return broken


@pytest.mark.parametrize(
    ("kind", "claim", "value"),
    [
        ("wrong_audience", "aud", "https://elsewhere.example/push"),
        ("wrong_email", "email", "stranger@elsewhere.example"),
        ("unverified_email", "email_verified", False),
        ("wrong_issuer", "iss", "https://accounts.elsewhere.example"),
    ],
)
def test_tokens_with_a_wrong_claim(world: GoogleWorld, product: Listener, kind: str, claim: str, value: Any) -> None:
    assert claims_of(world, fault(world, product, kind))[claim] == value


def test_an_expired_token(world: GoogleWorld, product: Listener) -> None:
    assert claims_of(world, fault(world, product, "expired"))["exp"] <= world.clock.now - 3600


@pytest.mark.parametrize("kind", ["unknown_key", "no_signature"])
def test_tokens_nobody_can_verify(world: GoogleWorld, product: Listener, kind: str) -> None:
    with pytest.raises((JoseError, ValueError)):
        claims_of(world, fault(world, product, kind))


def test_a_push_without_a_token(world: GoogleWorld, product: Listener) -> None:
    assert "authorization" not in fault(world, product, "no_token")[0]


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("alias_fields", {"notificationType", "locationName", "reviewName"}),
        ("no_review", {"type", "location"}),
    ],
)
def test_data_with_other_fields(world: GoogleWorld, product: Listener, kind: str, keys: set[str]) -> None:
    fault(world, product, kind)
    assert set(product.data()[0]) == keys


def test_other_envelopes(world: GoogleWorld, product: Listener) -> None:
    body = json.loads(fault(world, product, "snake_case")[1])
    assert {"message_id", "publish_time"} <= set(body["message"])
    product.pushes.clear()
    assert json.loads(fault(world, product, "unwrapped")[1])["type"] == "NEW_REVIEW"
    product.pushes.clear()
    body = json.loads(fault(world, product, "wrong_subscription")[1])
    assert body["subscription"] != json.loads(product.pushes[1][1])["subscription"]
    product.pushes.clear()
    garbage = base64.b64decode(json.loads(fault(world, product, "garbage")[1])["message"]["data"])
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(garbage.decode("latin-1"))


def test_the_other_types_are_pushed_by_hand(world: GoogleWorld, product: Listener) -> None:
    world.call(SETTING, "PATCH", body={"notificationTypes": ["GOOGLE_UPDATE"]}, updateMask="notificationTypes")
    made = world.control("POST", "/google/pushes", {"location": LOCATION, "type": "GOOGLE_UPDATE"})
    send(world)
    assert product.data() == [{"type": "GOOGLE_UPDATE", "location": LOCATION}]
    assert product.ids() == [made["message_id"]]
    muted = world.control("POST", "/google/pushes", {"location": LOCATION, "type": "NEW_REVIEW"})
    assert muted == {"message_id": None}
    assert "type must be" in world.refused("POST", "/google/pushes", {"location": LOCATION, "type": "NEW_COMMENT"})


def test_the_subscription_takes_no_nonsense_and_calls_nobody_else(world: GoogleWorld) -> None:
    for wish in ({"endpoint": "https://elsewhere.example/push"}, {"endpoints": ""}, {"muted_topics": "x"}):
        assert world.refused("POST", "/google/subscription", wish)
    assert "fault must be one of" in world.refused("POST", "/google/push-faults", {"fault": "sulk"})
    assert all(FAULTS.values())


def test_an_audience_and_a_sender_of_its_own(world: GoogleWorld, product: Listener) -> None:
    wish = {"audience": "https://onbrand.example/push", "email": "p@x.iam.example", "delivery_attempt": True}
    world.control("POST", "/google/subscription", wish)
    world.review()
    send(world)
    claims = claims_of(world, product.pushes[0])
    assert (claims["aud"], claims["email"]) == ("https://onbrand.example/push", "p@x.iam.example")
    assert json.loads(product.pushes[0][1])["deliveryAttempt"] == 1
