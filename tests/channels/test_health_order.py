"""The order of a list of accounts is that of their states, whatever is known of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from channels import accounts
from channels.account_standing import facts_of
from channels.health import KEY_MISSING, KINDS, NOT_TOLD, OPERATOR_WORDS, PLACE_WORDS, state_of
from channels.health_order import rank_of
from channels.models import HEALTHS, Account
from tenants.database import db
from tests.factories import Agency, Factory

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
REASONS = (None, KEY_MISSING, "platform_down HTTP 503", *sorted(OPERATOR_WORDS), *sorted(PLACE_WORDS))
MOMENTS = [NOW + timedelta(seconds=s) for s in (-86_400 * 30, -86_400 * 3, -60, -1, 0, 1, 86_400 * 14, 86_400 * 15)]


def mostly(calm: Any, *others: Any) -> st.SearchStrategy[Any]:
    """Nearly always well, so that one trouble is seldom hidden by another."""
    return st.sampled_from([calm] * 4 * len(others) + [*others])


moments = mostly(None, *MOMENTS)
columns = st.fixed_dictionaries(
    {
        "health": mostly("ok", *(health for health in HEALTHS if health not in ("ok", "disconnected"))),
        "health_reason": st.sampled_from(REASONS),
        "throttled_until": moments,
        "writes_paused_until": moments,
        "messages_paused_until": moments,
        "token_expires_at": moments,
        "data_access_expires_at": moments,
        "access_problem": mostly(None, "not_verified"),
        "subscription_problem": mostly(None, "other_topic", *NOT_TOLD),
        "last_event_at": moments,
        "last_missed_at": moments,
        "last_item_at": st.sampled_from(MOMENTS),
        "usual_gap_seconds": st.sampled_from([None, 0, 3_600, 86_400 * 8]),
    }
)


# Whatever the number of accounts, three statements judge them: many at once, not many times.
@settings(
    max_examples=40,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
    deadline=None,
)
@given(given_columns=st.lists(columns, min_size=40, max_size=40))
def test_sql_orders_accounts_as_their_states_do(
    ana: Agency, make: Factory, given_columns: list[dict[str, Any]]
) -> None:
    with ana.entered():
        found = accounts.list_accounts()
    for _missing in range(len(given_columns) - len(found)):
        make.account(ana)
    with ana.entered():
        found = accounts.list_accounts()
        for account, chosen in zip(found, given_columns, strict=True):
            for name, value in chosen.items():
                setattr(account, name, value)
        db.session.flush()
        ranks = {row[0]: row[1] for row in db.session.execute(select(Account.id, rank_of(NOW)))}
        assert ranks == {account.id: KINDS[state_of(facts_of(account), NOW)].rank for account in found}
        accounts.disconnect(None, found[0].id)
        gone = db.session.execute(select(rank_of(NOW)).where(Account.id == found[0].id)).scalar_one()
        assert gone == KINDS["disconnected"].rank
        db.session.rollback()
