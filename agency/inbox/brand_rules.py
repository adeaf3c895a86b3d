"""By what a brand's cases are ranked, and the SQL that reads it beside what a statement reads anyway."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from agency.inbox.weights import Weights, weights_of

VIP: Final = 100
"""Added to the weight of a person who is a VIP, in a `standing`."""

STANDING: Final = f"weight + case when is_vip then {VIP} else 0 end"
"""What staff set of a person, in one number: it costs a thread and a page's contacts no statement of their own."""

_MARKED = "select id from contact where agency_id = :agency_id and brand_id = :brand_id and spam_since is not null"
BY_SPAMMER: Final = f"""coalesce(contact_id = any(array({_MARKED}))
               and (stars is null or contact_id = any(array({_MARKED} and spam_stars))), false)"""
"""Of a message, whether it is by somebody marked as spam: each list is read once for the statement, not a message."""

RULES_OF_BRAND: Final = """
    select jsonb_build_array(coalesce((answer_due_hours_on ->> cast(:platform as text))::int, answer_due_hours), tier,
        (select points from ranking_weights where agency_id = :agency_id order by number desc limit 1),
        (select jsonb_build_array(count(*), coalesce(sum(version), 0)) from topic
            where agency_id = :agency_id and brand_id = :brand_id))
    from brand where agency_id = :agency_id and id = :brand_id
    """


class BrandRules(NamedTuple):
    """Within how many hours a brand answers on a platform, its tier, what counts how much in its agency, and the state
    of its own topics (`agency.inbox.topic_words`).
    """

    due_hours: int
    tier: str
    weights: Weights
    topics: tuple[int, int] = (0, 0)

    @classmethod
    def read(cls, row: Sequence[Any]) -> BrandRules:
        """From what RULES_OF_BRAND gives."""
        return cls(int(row[0]), row[1], weights_of(row[2]), (int(row[3][0]), int(row[3][1])))
