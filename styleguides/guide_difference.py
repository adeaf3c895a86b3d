"""What one version of a guide has otherwise than another, rule by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from styleguides.rule_kinds import Rule


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule that differs. `before` is None for a new one, `after` for one that went."""

    before: Rule | None
    after: Rule | None

    @property
    def what(self) -> Literal["new", "changed", "gone"]:
        """In one word."""
        if self.before is None:
            return "new"
        return "changed" if self.after is not None else "gone"

    @property
    def rule(self) -> Rule:
        """As the newer version has it; as the older one had it, where it went."""
        rule = self.after or self.before
        assert rule is not None
        return rule


def rule_changes(before: Sequence[Rule], after: Sequence[Rule]) -> tuple[RuleChange, ...]:
    """In the newer version's order, what went last. Rules are the same rule where they have the same id."""
    was = {rule.id: rule for rule in before}
    changes = []
    for rule in after:
        old = was.pop(rule.id, None)
        if old != rule:
            changes.append(RuleChange(old, rule))
    return (*changes, *(RuleChange(rule, None) for rule in was.values()))


def same_count(before: Sequence[Rule], changes: Sequence[RuleChange]) -> int:
    """How many rules stayed as they were."""
    return len(before) - sum(1 for change in changes if change.before is not None)
