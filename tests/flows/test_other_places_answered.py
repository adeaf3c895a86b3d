"""Answers where the words are no comment under our post: a visitor's post, and a review whose answer is moderated.

Asked for as people ask, through the real promises to the sandbox platforms, judged by their ledger.
"""

from __future__ import annotations

from uuid import UUID

import pytest

from agency.replies import desk, queries
from channels import accounts
from channels.capabilities import Subscribes
from channels.registry import able
from channels.transport import Endpoints, Transport
from tenants.errors import Conflict
from tenants.settings import Settings
from tests.flows.conftest import LOCATION, PAGE, PROFILE, House

WORDS = "Dziękujemy, już sprawdzamy „to”! 🎉"


def sent(house: House, conversation_id: UUID) -> UUID:
    """Drafted, approved and sent."""
    agency = house.agency
    with agency.entered(agency.staff):
        reply_id = desk.start_draft(agency.staff, conversation_id, WORDS).id
        desk.submit(agency.staff, reply_id)
    with agency.entered(agency.client_owner):
        desk.approve(agency.client_owner, reply_id, queries.get_reply(reply_id).text_hash)
    house.keep_promises()
    return reply_id


def looked(house: House, reply_id: UUID) -> queries.ReplyRow:
    """As it stands after the platform was looked at once more."""
    house.pass_time(700)
    house.keep_promises()
    with house.agency.entered():
        return queries.get_reply(reply_id)


def conversation(house: House, kind: str) -> UUID:
    found = house.scalar(f"select id from conversation where kind = '{kind}'")
    assert found is not None
    return UUID(str(found))


def test_a_visitors_post_is_answered_once(house: House) -> None:
    house.sandbox.tell("posts", {"platform": "facebook", "account": PAGE, "author": "Ada Vale", "text": "Is it open?"})
    house.poll()
    reply_id = sent(house, conversation(house, "post"))
    row = looked(house, reply_id)
    assert (row.state, row.live_state, house.sandbox.applied()) == ("published", "visible", [WORDS]), row.state_reason
    assert house.scalar("select text from message where direction = 'out'") == WORDS
    for _ in range(2):
        house.poll()
        house.keep_promises()
    assert house.scalar("select count(*) from message where direction = 'out'") == 1, "known again as ours"
    assert house.scalar("select closed_reason from conversation where kind = 'post'") == "answered"


@pytest.mark.parametrize(("state", "reason"), [("APPROVED", ""), ("REJECTED", "PERSONAL_INFORMATION")])
def test_an_answer_to_a_review_waits_for_moderation_and_is_shown_or_comes_back(
    house: House, state: str, reason: str
) -> None:
    line = {"platform": "google_business", "account": LOCATION, "author": "Ewa L.", "stars": 2, "text": "Zimny pokój."}
    review = house.sandbox.tell("reviews", line)
    house.poll()
    house.sandbox.tell("google/moderation", {"hold": True})
    reply_id = sent(house, conversation(house, "review"))
    row = looked(house, reply_id)
    assert (row.state, row.live_state) == ("published", "pending"), "taken is not shown"
    decision = {"review": review["external_id"], "state": state, **({"reason": reason} if reason else {})}
    house.sandbox.tell("google/moderation", decision)
    row = looked(house, reply_id)
    shown = house.scalar("select moderation from message where direction = 'out'")
    owed = house.scalar("select due_at is not null from conversation")
    if state == "APPROVED":
        assert (row.live_state, shown, owed) == ("visible", "published", False)
        return
    assert (row.live_state, shown, owed) == ("rejected", "rejected", True)
    assert reason in (row.state_reason or "")
    house.sandbox.tell("google/moderation", {"hold": False})
    again = sent(house, conversation(house, "review"))
    assert looked(house, again).state == "published", "another answer may take its place"


def subscribe(house: House, web: str) -> None:
    """The profile's events come to the product, as after connecting."""
    wish = {"product_url": web, "verify_token": house.values["META_WEBHOOK_VERIFY_TOKEN"], "verify": True}
    house.sandbox.tell("application/connect", wish)
    adapter = able("instagram", Subscribes)  # type: ignore[type-abstract]
    assert adapter is not None
    transport = Transport(Endpoints.from_settings(Settings.from_environment(house.values)))
    with house.agency.entered():
        connected = accounts.connected(accounts.get(house.account_ids["instagram"]))
        for request in adapter.plan_subscribe(connected):
            transport.send(request)


def named(house: House, web: str, **more: str) -> None:
    """Somebody names the profile elsewhere, and the event of it is read."""
    subscribe(house, web)
    line = {"platform": "instagram", "account": PROFILE, "author": "Ada Vale", "text": "Ask @pennywell"}
    house.sandbox.tell("deliveries/switches", {"hold": True})
    house.sandbox.tell("mentions", line | more)
    house.sandbox.tell("deliveries/now", {"all": True})
    house.keep_promises()


@pytest.mark.parametrize("place", ["post", "comment"])
def test_an_instagram_mention_is_answered_once(house: House, web: str, place: str) -> None:
    named(house, web, **{"in": place})
    reply_id = sent(house, conversation(house, "mention"))
    row = looked(house, reply_id)
    assert (row.state, row.live_state, house.sandbox.applied()) == ("published", "visible", [WORDS]), row.state_reason
    calls = [e for e in house.sandbox.ledger() if e["outcome"] == "applied" and e["text"] == WORDS]
    assert len(calls) == 1
    assert house.scalar("select count(*) from message where direction = 'out'") == 1
    # Comments under a caption are listed for whom it names; beneath a comment nothing is listed, so nothing is proven.
    proven = house.scalar("select read_back_at is not null from reply")
    assert proven == (place == "post")


def test_an_answer_below_a_caption_whose_outcome_is_unknown_is_found_and_not_sent_again(house: House, web: str) -> None:
    named(house, web, **{"in": "post"})
    house.sandbox.tell(
        "misbehaviour", {"kind": "lose_answer_after_accepting", "account": PROFILE, "applies_to": "writes", "times": 1}
    )
    reply_id = sent(house, conversation(house, "mention"))
    row = looked(house, reply_id)
    assert (row.state, house.sandbox.applied()) == ("published", [WORDS]), row.state_reason


def test_a_tag_in_a_picture_is_not_offered_an_answer(house: House) -> None:
    line = {"platform": "instagram", "account": PROFILE, "author": "Ada Vale", "text": "With @pennywell"}
    house.sandbox.tell("mentions", line | {"in": "photo_tag"})
    house.poll()
    agency, case = house.agency, conversation(house, "mention")
    with agency.entered(agency.staff), pytest.raises(Conflict) as refused:
        desk.start_draft(agency.staff, case, WORDS)
    assert refused.value.code == "not_offered"
    assert house.scalar("select count(*) from reply") == 0
