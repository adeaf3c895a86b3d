"""By what a brand's cases are ranked, and the SQL that reads it beside what a statement reads anyway."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from agency.inbox.clock_rules import CLOCKS_OF_BRAND, BrandClocks
from agency.inbox.heard_lines import HeardLine, lines_of
from agency.inbox.weights import Weights, weights_of

VIP: Final = 100
"""Added to the weight of a person who is a VIP, in a `standing`."""

STANDING: Final = f"weight + case when is_vip then {VIP} else 0 end"
"""What staff set of a person, in one number: it costs a thread and a page's contacts no statement of their own."""

_MARKED = "select id from contact where agency_id = :agency_id and brand_id = :brand_id and spam_since is not null"
BY_SPAMMER: Final = f"""coalesce(contact_id = any(array({_MARKED}))
               and (stars is null or contact_id = any(array({_MARKED} and spam_stars))), false)"""
"""Of a message, whether it is by somebody marked as spam: each list is read once for the statement, not a message."""

ONLY_HEARD: Final = """coalesce((select only_heard from reply r
               where r.agency_id = :agency_id and r.id = message.reply_id), false)"""
"""Of a message, whether it is a reply of ours that says only that we heard."""

RULES_OF_BRAND: Final = f"""
    select jsonb_build_array(cast(:platform as text), tier,
        (select points from ranking_weights where agency_id = :agency_id order by number desc limit 1),
        (select jsonb_build_array(count(*), coalesce(sum(version), 0)) from topic
            where agency_id = :agency_id and brand_id = :brand_id), {CLOCKS_OF_BRAND.format(b="brand")},
        (select jsonb_build_array(count(*), coalesce(sum(version + moves), 0),
                count(*) filter (where brand_id = agency_id),
                coalesce(sum(version + moves) filter (where brand_id = agency_id), 0)) from triage_rule
            where agency_id = :agency_id and brand_id in (:agency_id, :brand_id)), time_zone,
        (select jsonb_build_array(count(*), coalesce(sum(version), 0)) from incident
            where agency_id = :agency_id and brand_id = :brand_id),
        (select terms -> 'acknowledge' from approval_policy
            where agency_id = :agency_id and brand_id = :brand_id and state = 'in_force'))
    from brand where agency_id = :agency_id and id = :brand_id
    """


class BrandRules(NamedTuple):
    """By what a brand's clocks run, on the platform that is asked about, its tier, what counts how much in its agency,
    and the state of its own topics (`agency.inbox.topic_words`).
    """

    platform: str
    tier: str
    weights: Weights
    topics: tuple[int, int]
    clocks: BrandClocks
    triage: tuple[int, ...] = ()
    """The state of the rules of the desk (`agency.inbox.triage.ready`); nothing where there are none."""
    time_zone: str = "UTC"
    incidents: tuple[int, ...] = ()
    """The state of the brand's incidents (`agency.inbox.incidents.attaching`); nothing where there never was one."""
    heard: tuple[HeardLine, ...] = ()
    """For which words the brand says by itself that it has read them."""

    @classmethod
    def read(cls, row: Sequence[Any]) -> BrandRules:
        """From what RULES_OF_BRAND gives."""
        topics, triage = (int(row[3][0]), int(row[3][1])), tuple(map(int, row[5])) if row[5][0] else ()
        incidents = tuple(map(int, row[7])) if row[7][0] else ()
        clocks, heard = BrandClocks.read(row[4]), lines_of(row[8])
        return cls(row[0], row[1], weights_of(row[2]), topics, clocks, triage, row[6], incidents, heard)
