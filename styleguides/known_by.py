"""What a brand's guide in force says about whose words a draft is in: its addresses, its numbers, how it signs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from styleguides.compiled import NAME_PLACE
from styleguides.other_brands import SHARED_HOSTS
from styleguides.rule_kinds import Links, NoPersonalData, Rule, SignOff
from tenants.brand_marks import Mark, folded, replace_marks


def note_guide(brand_id: UUID, rules: Sequence[Rule]) -> None:
    """From now on the brand is known by what this guide, just put in force, names as its own."""
    replace_marks(brand_id, "guide", marks_of(rules))


def marks_of(rules: Sequence[Rule]) -> Iterator[Mark]:
    """Allowed domains and mail addresses' domains, own numbers, sign-offs. A place for a name is no part of one."""
    for rule in rules:
        if isinstance(rule, Links):
            yield from (Mark("domain", domain) for domain in rule.allowed_domains)
        elif isinstance(rule, SignOff):
            yield from (Mark("sign_off", written) for written in rule.any_of if NAME_PLACE not in written)
        elif isinstance(rule, NoPersonalData):
            for entry in rule.allowed:
                if "." in entry and any(map(str.isalpha, entry)):
                    host = folded(entry.rpartition("@")[2])
                    if "@" in entry and host in SHARED_HOSTS:
                        yield Mark("domain", entry, key=f"d:{host}")  # a mailbox where everybody has one
                    else:
                        yield Mark("domain", entry.rpartition("@")[2])
                else:
                    yield Mark("phone", entry)
