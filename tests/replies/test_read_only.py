"""In a brand that is read-only no new reply leaves; drafts are kept, and what waited for a yes goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tenants import clock, read_only
from tenants.errors import Conflict
from tests.paying import billing_on, pay
from tests.replies.conftest import Case


@pytest.fixture
def unpaid(case: Case) -> Iterator[Callable[[], None]]:
    """Call it: from then on the case's agency pays for nothing."""
    with billing_on(case.agency.app):

        def end() -> None:
            pay(case.agency, state="canceled", ended_at=clock.now())
            with case.agency.entered():
                assert read_only.settle(case.agency.id) == len(case.agency.brand_ids)

        yield end


def test_no_new_reply_leaves_and_its_words_are_kept(case: Case, unpaid: Callable[[], None]) -> None:
    reply_id = case.draft("Thank you, it comes on Monday.")
    unpaid()
    with pytest.raises(Conflict) as refused:
        case.do("submit", reply_id)
    assert refused.value.code == "brand_read_only"
    assert (case.row(reply_id).state, case.row(reply_id).text) == ("draft", "Thank you, it comes on Monday.")
    case.do("edit", reply_id, "Thank you, it comes on Tuesday.")
    assert case.row(reply_id).text == "Thank you, it comes on Tuesday."


def test_what_waited_for_a_yes_still_gets_it_and_is_let_out(case: Case, unpaid: Callable[[], None]) -> None:
    reply_id = case.draft()
    case.do("submit", reply_id)
    unpaid()
    case.do("approve", reply_id, case.row(reply_id).text_hash, actor="client_owner")
    assert case.row(reply_id).state == "approved"
    assert case.promises("publish_reply") == 1


def test_a_brand_is_refused_by_its_id_too(case: Case, unpaid: Callable[[], None]) -> None:
    unpaid()
    with case.agency.entered(), pytest.raises(Conflict) as refused:
        read_only.refuse_of(case.agency.brand_ids[0])
    assert refused.value.code == "brand_read_only"
