"""What may be pressed where a reply did not get through, and how long platforms are given to show what they took."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from agency.replies import failures
from agency.replies.sending_time import set_undo_seconds
from agency.replies.visibility import MOST_SECONDS, counts_of, longest_of, moments_of, settle_of
from channels.errors import OutcomeUnknown, RateLimited
from channels.scripted_transport import json_answer
from tenants.errors import Conflict, TooMany
from tests.factories import Factory
from tests.replies.conftest import Case, Page

NO = json_answer({"error": {"message": "no", "type": "OAuthException", "code": 1609005}}, 400)


def press(case: Case, name: str, reply_id: object) -> object:
    with case.agency.entered(case.agency.staff):
        return getattr(failures, name)(case.agency.staff, reply_id)


def test_what_was_refused_is_sent_again_by_the_yes_it_has(case: Case, page: Page) -> None:
    reply_id = case.approved()
    page.accepts, page.answer = False, NO
    assert case.publish(reply_id, page.transport) == "refused"
    assert case.row(reply_id).trouble == "refused"
    page.accepts, page.answer = True, None
    press(case, "try_again", reply_id)
    assert case.row(reply_id).state == "approved"
    assert case.publish(reply_id, page.transport) == "published"
    assert len(page.posted) == 1
    with pytest.raises(Conflict, match="did not fail"):
        press(case, "try_again", reply_id)


def test_what_may_have_arrived_is_never_sent_again_by_a_press(case: Case, page: Page) -> None:
    reply_id = case.approved()
    page.accepts, page.answer = False, OutcomeUnknown("no answer")
    case.publish(reply_id, page.transport)
    with pytest.raises(Conflict, match="may stand on the platform"):
        press(case, "try_again", reply_id)
    case.do("resolve", reply_id, "refused", "Looked: it is not there.", actor="team_lead")
    with pytest.raises(Conflict, match="may stand on the platform"):
        press(case, "try_again", reply_id)
    assert len([r for r in page.transport.requests if r.method == "POST"]) == 1


def test_who_asked_us_to_wait_is_not_asked_sooner(case: Case, page: Page) -> None:
    reply_id = case.approved()
    page.accepts, page.answer = False, RateLimited(120, "account")
    case.publish(reply_id, page.transport)
    with pytest.raises(Conflict, match="asked us to wait"):
        press(case, "try_again", reply_id)
    assert case.publish(reply_id, page.transport) == "skipped"


def test_looks_that_are_asked_for_are_few_and_prove_nothing_sooner(case: Case, page: Page) -> None:
    reply_id = case.approved()
    with pytest.raises(Conflict, match="nothing to look for"):
        press(case, "check_now", reply_id)
    page.accepts, page.answer = False, OutcomeUnknown("no answer")
    case.publish(reply_id, page.transport)
    with case.superuser.begin() as connection:
        connection.execute(text("update reply set lease_until = now() - interval '1 second'"))
    asked = press(case, "check_now", reply_id)
    assert asked.tells_at is not None  # type: ignore[attr-defined]
    for _ in range(4):
        assert case.look(reply_id, page.transport) == "outcome_unknown"
    with case.superuser.connect() as connection:
        assert connection.execute(text("select absent_reads from reply")).scalar_one() == 0
    with pytest.raises(TooMany, match="a moment ago"):
        press(case, "check_now", reply_id)


@pytest.mark.parametrize("by_client", [True, False])
def test_where_the_client_answers_by_now_only_their_own_yes_is_sent_once_more(
    case: Case, page: Page, make: Factory, *, by_client: bool
) -> None:
    brand_id = case.agency.brand_ids[0]
    if not by_client:
        make.policy(case.agency, brand_id, needs="none")
        with case.agency.entered(case.agency.agency_admin):
            set_undo_seconds(case.agency.agency_admin, 0)
    reply_id = case.approved() if by_client else case.draft()
    if not by_client:
        case.do("release", reply_id)
    page.accepts, page.answer = False, NO
    assert case.publish(reply_id, page.transport) == "refused"
    make.policy(case.agency, brand_id, mode="client")
    if by_client:
        press(case, "try_again", reply_id)
        assert case.row(reply_id).state == "approved"
    else:
        with pytest.raises(Conflict, match="the client answers, not the agency"):
            press(case, "try_again", reply_id)
        assert case.row(reply_id).state == "refused"


@pytest.mark.parametrize(
    ("counts", "longest", "settle"),
    [
        ({}, 0, 60),
        ({5: 10}, 5, 60),
        ({5: 10, 45: 1}, 45, 135),
        ({5: 9_989, 45: 10, 600: 1}, 45, 135),
        ({5: 998, 45: 2}, 45, 135),
        ({5: 1, 3600: 1}, 3600, MOST_SECONDS),
    ],
)
def test_the_settle_time_is_three_times_what_all_but_a_thousandth_took(
    counts: dict[int, int], longest: int, settle: int
) -> None:
    assert longest_of(counts) == longest
    assert settle_of(longest, 60) == settle
    assert settle_of(longest, 3600) == 3600, "never less than the setting"


def test_how_long_a_platform_took_is_counted_where_a_look_could_tell(case: Case, page: Page) -> None:
    def counted() -> dict[int, int]:
        with case.agency.entered():
            return counts_of().get("facebook", {})

    first = case.approved("One.")
    case.publish(first, page.transport)
    case.pass_time(21)
    case.look(first, page.transport)
    assert counted() == {30: 1}
    case.look(first, page.transport)
    assert counted() == {30: 1}, "once for each reply"
    second = case.approved("Two.")
    case.publish(second, page.transport)
    case.pass_time(900)
    case.look(second, page.transport)
    assert counted() == {30: 1}, "who looks late does not know since when it is there"
    third = case.approved("Three.")
    case.publish(third, page.transport)
    page.visible = False
    case.pass_time(16)
    case.look(third, page.transport)
    page.visible = True
    case.pass_time(20)
    case.look(third, page.transport, at_once=True)
    assert counted() == {30: 1, 45: 1}


@pytest.mark.parametrize(
    ("settle", "moments"),
    [(60, (60, 180, 600)), (135, (135, 270, 600)), (300, (300, 600, 900)), (1800, (1800, 3600, 5400))],
)
def test_a_slow_platform_is_looked_at_later_and_what_it_shows_within_20_seconds_is_known_within_a_quarter_of_an_hour(
    settle: int, moments: tuple[int, ...]
) -> None:
    """Seen within 45 s, as what shows after 20 s is where it is looked for every 15, is given 135 s."""
    assert moments_of(settle, 60) == moments
    assert moments[-1] >= 3 * settle
