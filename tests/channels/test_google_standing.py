"""Google's one notification setting, never taken from anybody; and what Google says of our access to a location."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.capabilities import Access, ChecksAccess, Subscribes, Subscription
from channels.errors import ChannelError, NotSent, PlatformDown, RateLimited, Refused, TokenRevoked
from channels.google_business.notifications import TYPES
from channels.protocol import Answer, Exchange
from channels.registry import able
from channels.scripted_transport import ScriptedTransport, json_answer
from tests.channels.google_stand_ins import Profile, location_account, refusal
from tests.channels.stand_ins import START

TOPIC, OTHER = "projects/ours/topics/gbp", "projects/theirs/topics/gbp"
ACCOUNT = location_account(2, topic=TOPIC)
QUOTA_ZERO = {"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_limit_value": "0"}}
DISABLED = {"reason": "SERVICE_DISABLED"}


def subscribes() -> Subscribes:
    found = able("google_business", Subscribes)  # type: ignore[type-abstract]
    assert found is not None
    return found


def checks() -> ChecksAccess:
    found = able("google_business", ChecksAccess)  # type: ignore[type-abstract]
    assert found is not None
    return found


def subscription(google: Any, account: Any = ACCOUNT) -> Subscription:
    exchanges = ScriptedTransport(google).fetch(subscribes().plan_subscription(account))
    return subscribes().read_subscription(account, exchanges)


def access(google: Any) -> Access:
    exchanges = ScriptedTransport(google).fetch(checks().plan_access(ACCOUNT))
    return checks().read_access(ACCOUNT, exchanges, now=START)


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        ({}, Subscription(False, "not_set")),
        ({"pubsubTopic": ""}, Subscription(False, "not_set")),
        ({"pubsubTopic": TOPIC, "notificationTypes": list(TYPES)}, Subscription(True)),
        ({"pubsubTopic": TOPIC, "notificationTypes": [*TYPES, "GOOGLE_UPDATE"]}, Subscription(True)),
        ({"pubsubTopic": TOPIC, "notificationTypes": ["NEW_REVIEW"]}, Subscription(False, "types_missing")),
        ({"pubsubTopic": TOPIC}, Subscription(False, "types_missing")),
        (
            {"pubsubTopic": TOPIC, "notificationTypes": ["GOOGLE_UPDATE"]},
            Subscription(False, "types_missing", mendable=False),
        ),
        (
            {"pubsubTopic": OTHER, "notificationTypes": list(TYPES)},
            Subscription(False, "other_topic", mendable=False),
        ),
        ({"pubsubTopic": OTHER}, Subscription(False, "other_topic", mendable=False)),
    ],
)
def test_the_setting_is_compared_with_ours(setting: dict[str, Any], found: Subscription) -> None:
    assert subscription(Profile(setting=setting)) == found


def test_what_is_mendable_is_mended_and_nothing_more() -> None:
    google = Profile()
    transport = ScriptedTransport(google)
    assert subscription(google).mendable
    (request,) = subscribes().plan_subscribe(ACCOUNT)
    assert request.is_write
    transport.send(request)
    assert google.setting == {"pubsubTopic": TOPIC, "notificationTypes": ["NEW_REVIEW", "UPDATED_REVIEW"]}
    assert subscription(google) == Subscription(True)


def test_without_a_topic_of_ours_nothing_is_ever_written() -> None:
    account = location_account(2)
    for setting in ({}, {"pubsubTopic": OTHER}):
        assert subscription(Profile(setting=setting), account) == Subscription(False, "no_topic", mendable=False)
    assert subscribes().plan_subscribe(account) == []


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (refusal(403, "PERMISSION_DENIED"), "no_rights"),
        (refusal(404, "NOT_FOUND"), "no_rights"),
        (refusal(403, "PERMISSION_DENIED", DISABLED), "service_disabled"),
        (refusal(429, "RESOURCE_EXHAUSTED", QUOTA_ZERO), "quota_zero"),
    ],
)
def test_a_setting_that_may_not_be_seen_is_not_written(answer: Answer, problem: str) -> None:
    assert subscription(lambda request: answer) == Subscription(False, problem, mendable=False)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(401, "UNAUTHENTICATED"), TokenRevoked),
        (refusal(429, "RESOURCE_EXHAUSTED"), RateLimited),
        (Answer(503, {}, b""), PlatformDown),
        (NotSent("no connection"), NotSent),
    ],
)
def test_what_says_nothing_of_the_setting_is_raised(answer: Answer | ChannelError, error: type[ChannelError]) -> None:
    with pytest.raises(error):
        subscription(lambda request: answer)


def test_a_location_in_good_standing() -> None:
    found = access(Profile())
    assert (found.works, found.problem) == (True, None)
    assert found.scopes == {"https://www.googleapis.com/auth/business.manage"}


@pytest.mark.parametrize(
    ("standing", "problem"),
    [
        ({"hasBusinessAuthority": True, "verify": {}}, "not_verified"),
        ({"waitForVoiceOfMerchant": {}}, "verification_waits"),
        ({"resolveOwnershipConflict": {}}, "ownership_conflict"),
        ({"complyWithGuidelines": {"recommendationReason": "BUSINESS_LOCATION_SUSPENDED"}}, "location_suspended"),
        ({"complyWithGuidelines": {"recommendationReason": "BUSINESS_LOCATION_DISABLED"}}, "location_disabled"),
        ({"complyWithGuidelines": {}}, "location_disabled"),
        ({}, "no_voice"),
    ],
)
def test_a_location_without_a_voice_still_reads(standing: dict[str, Any], problem: str) -> None:
    found = access(Profile(standing=json_answer(standing)))
    assert (found.works, found.problem) == (True, problem)


@pytest.mark.parametrize("answer", [refusal(403, "PERMISSION_DENIED", DISABLED), Answer(503, {}, b"")])
def test_a_silent_verification_service_is_no_problem(answer: Answer) -> None:
    assert access(Profile(standing=answer)).problem is None


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (refusal(401, "UNAUTHENTICATED"), "invalid"),
        (TokenRevoked("access_withdrawn"), "access_withdrawn"),
        (refusal(403, "PERMISSION_DENIED"), "access_lost"),
        (refusal(403, "PERMISSION_DENIED", {"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}), "permission_missing"),
        (refusal(403, "PERMISSION_DENIED", DISABLED), "service_disabled"),
        (refusal(429, "RESOURCE_EXHAUSTED", QUOTA_ZERO), "quota_zero"),
    ],
)
def test_a_clear_no_has_its_own_word(answer: Answer | ChannelError, problem: str) -> None:
    found = access(Profile(failing={"/reviews": answer}))
    assert (found.works, found.problem) == (False, problem)


def test_an_unverified_location_whose_reviews_are_refused_says_why() -> None:
    google = Profile(failing={"/reviews": refusal(400, "FAILED_PRECONDITION")}, standing=json_answer({"verify": {}}))
    found = access(google)
    assert (found.works, found.problem) == (False, "not_verified")


def test_a_404_means_a_lost_location_only_where_google_does_not_know_it_at_all() -> None:
    lost = Profile(failing={"/reviews": refusal(404, "NOT_FOUND")}, standing=refusal(404, "NOT_FOUND"))
    assert (access(lost).works, access(lost).problem) == (False, "access_lost")
    with pytest.raises(PlatformDown):
        access(Profile(failing={"/reviews": refusal(404, "NOT_FOUND")}))


@pytest.mark.parametrize(
    "answer",
    [
        refusal(429, "RESOURCE_EXHAUSTED"),
        refusal(400, "FAILED_PRECONDITION"),
        Answer(503, {}, b""),
        NotSent("x"),
    ],
)
def test_a_no_that_says_nothing_of_our_access_is_raised(answer: Answer | ChannelError) -> None:
    with pytest.raises((RateLimited, PlatformDown, Refused, NotSent)):
        access(Profile(failing={"/reviews": answer}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from([TOPIC, *TYPES]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["pubsubTopic", "notificationTypes", "hasVoiceOfMerchant", "complyWithGuidelines", "verify", "error"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(value=json_values, status=st.sampled_from([200, 400, 403, 404, 429, 500]))
def test_any_json_is_read_and_never_lets_us_overwrite_anothers(value: Any, status: int) -> None:
    answer = json_answer(value, status)
    try:
        found = subscription(lambda request: answer)
    except ChannelError:
        pass
    else:
        topic = value.get("pubsubTopic") if isinstance(value, dict) else None
        assert not (found.mendable and isinstance(topic, str) and topic and topic != TOPIC)
    try:
        access(lambda request: answer)
    except ChannelError:
        return


def test_both_ask_with_the_accounts_own_token_and_no_other_place() -> None:
    requests = [*subscribes().plan_subscription(ACCOUNT), *checks().plan_access(ACCOUNT)]
    assert [request.service for request in requests] == [
        "google_notifications",
        "google_reviews",
        "google_verifications",
    ]
    exchange = Exchange(requests[0], json_answer({}))
    assert exchange.request.token is not None
    assert exchange.request.token.secret == ACCOUNT.credential
