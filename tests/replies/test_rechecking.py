"""A guide that comes in force is held against what is not sent yet, and says so before anybody acts in vain."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agency.replies import rechecking
from jobs.rechecking import recheck_words
from styleguides import guides
from tenants.errors import Invalid
from tenants.outbox import JobName
from tests.factories import Agency, Factory
from tests.replies.conftest import Case

OLD = {"id": "calm", "kind": "exclamation", "level": "warn", "max_count": 5}
NEW = {"id": "no-refund", "kind": "banned", "level": "stop", "phrases": ["refund"], "reason": "The bank decides."}
WRONG, RIGHT = "Your refund is on its way.", "Your card is on its way."


@pytest.fixture
def guided(case: Case, make: Factory) -> Case:
    make.guide(case.agency, [OLD])
    return case


def comes_in_force(case: Case, *rules: dict[str, Any]) -> int:
    lead, brand = case.agency.team_lead, case.agency.brand_ids[0]
    with case.agency.entered(lead):
        number = guides.draft_version(lead, brand, list(rules)).number
        guides.put_in_force(lead, brand, number)
    return number


def promises(case: Case) -> list[dict[str, Any]]:
    with case.superuser.connect() as connection:
        found = connection.execute(
            text("select ids from outbox_entry where job_name = :name order by id"), {"name": JobName.RECHECK_WORDS}
        )
        return list(found.scalars())


def run(case: Case, **more: Any) -> None:
    recheck_words(case.agency.app, **promises(case)[-1], **more)


def told(case: Case, reply_id: UUID) -> tuple[int | None, str | None]:
    row = case.row(reply_id)
    return row.stopped_by_version, row.stopped_now


def versions(case: Case) -> int:
    with case.superuser.connect() as connection:
        return int(connection.execute(text("select sum(version) from conversation")).scalar_one())


def test_drafts_and_waiting_and_approved_replies_are_told(guided: Case) -> None:
    approved = guided.approved(WRONG)
    number = comes_in_force(guided, NEW)
    before = versions(guided)
    run(guided)
    by, words = told(guided, approved)
    assert by == number
    assert words is not None
    assert "refund" in words
    assert "The bank decides." in words
    assert versions(guided) == before + 1, "open pages look again"
    run(guided)
    assert versions(guided) == before + 1, "twice changes nothing more"
    assert guided.row(approved).state == "approved", "who decides is not told what to decide"


def test_what_the_guide_lets_pass_is_left_alone_and_what_was_known_is_not_told_again(guided: Case) -> None:
    right = guided.draft(RIGHT)
    comes_in_force(guided, OLD, NEW)
    wrong = guided.draft(WRONG)
    run(guided)
    assert told(guided, right) == (None, None)
    assert told(guided, wrong) == (None, None), "its writer reads that under the words already"


def test_other_words_and_another_guide_take_it_back(guided: Case) -> None:
    draft = guided.draft(WRONG)
    comes_in_force(guided, NEW)
    run(guided)
    assert told(guided, draft)[1] is not None
    comes_in_force(guided, OLD)
    run(guided)
    assert told(guided, draft) == (None, None)
    comes_in_force(guided, NEW)
    run(guided)
    assert told(guided, draft)[1] is not None
    guided.do("edit", draft, RIGHT)
    assert told(guided, draft) == (None, None)


def test_a_run_for_a_guide_that_is_in_force_no_more_does_nothing(guided: Case) -> None:
    draft = guided.draft(WRONG)
    comes_in_force(guided, NEW)
    late = promises(guided)[-1]
    comes_in_force(guided, OLD)
    recheck_words(guided.agency.app, **late)
    assert told(guided, draft) == (None, None)


def test_words_that_were_changed_while_they_were_checked_keep_their_own_check(guided: Case) -> None:
    draft = guided.draft(WRONG)
    number = comes_in_force(guided, NEW)
    with guided.agency.entered(guided.agency.staff):
        rows = rechecking._undecided(guided.agency.brand_ids[0], None)
    with guided.superuser.begin() as connection:
        connection.execute(text("update reply set text_id = null where id = :id"), {"id": draft})
    with guided.agency.entered(guided.agency.staff):
        rechecking._tell(rows, {draft: "stopped"}, number)
    with guided.superuser.connect() as connection:
        assert connection.execute(text("select stopped_now from reply")).scalar_one() is None


def test_it_goes_on_slice_by_slice_and_promises_the_rest(
    guided: Case, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency: Agency = guided.agency
    drafts = [guided.draft(WRONG)]
    account = make.account(agency, credential="more")
    for _ in range(4):
        more = make.conversation(agency, account_id=account)
        drafts.append(Case(agency, more, guided.superuser).draft(WRONG))
    monkeypatch.setattr(rechecking, "SLICE", 2)
    comes_in_force(guided, NEW)
    run(guided, run_seconds=0)
    assert [told(guided, draft)[1] is not None for draft in drafts].count(True) == 2
    assert promises(guided)[-1]["after"] == str(sorted(drafts)[1])
    run(guided)
    assert all(told(guided, draft)[1] is not None for draft in drafts)


def test_approving_still_has_the_last_word(guided: Case) -> None:
    reply_id = guided.draft(WRONG)
    guided.do("submit", reply_id)
    comes_in_force(guided, NEW)
    run(guided)
    assert told(guided, reply_id)[1] is not None
    with pytest.raises(Invalid) as refused:
        guided.do("approve", reply_id, guided.row(reply_id).text_hash, actor="client_owner")
    assert refused.value.code == "style_stop"
