"""What a draft would have said of replies that were written before."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from styleguides.check import CheckContext, check_text, compile_rules
from styleguides.rules import rules_from_data
from styleguides.trial import WrittenText, hold_against

HERE = CheckContext(platform="facebook", kind="comment", language="en")
TEXTS = [
    "It is our policy.",
    "We use synergy!!",
    "All is well.",
    "Our policy is synergy.",
    "Thanks! Really! Always!",
]


def banned(identity: str, words: str, level: str = "stop") -> dict[str, Any]:
    return {"kind": "banned", "id": identity, "level": level, "phrases": [words]}


def outcomes(draft: list[dict[str, Any]], in_force: list[dict[str, Any]]) -> dict[int, str]:
    trial = hold_against(
        compile_rules(rules_from_data(draft)),
        compile_rules(rules_from_data(in_force)),
        [WrittenText(place, text, HERE) for place, text in enumerate(TEXTS)],
    )
    assert trial.held == len(TEXTS)
    return {case.written.key: case.outcome for case in trial.cases}


def test_each_text_is_named_with_how_it_fares() -> None:
    policy, synergy = banned("no-policy", "our policy"), banned("no-jargon", "synergy")
    assert outcomes([policy], [policy]) == {0: "stopped_still", 3: "stopped_still"}
    assert outcomes([policy, synergy], [policy]) == {0: "stopped_still", 1: "stopped_now", 3: "stopped_still"}
    assert outcomes([synergy], [policy]) == {0: "free_now", 1: "stopped_now", 3: "stopped_still"}
    calm = {"kind": "exclamation", "id": "calm", "level": "warn", "max_count": 1}
    assert outcomes([calm], []) == {1: "warned_now", 4: "warned_now"}
    assert outcomes([calm], [calm]) == {}
    assert outcomes([{**calm, "level": "hint"}], []) == {}


def test_the_findings_are_the_drafts_own() -> None:
    draft = compile_rules(rules_from_data([banned("a", "policy"), banned("b", "our", "warn")]))
    trial = hold_against(draft, compile_rules(()), [WrittenText("x", TEXTS[0], HERE)])
    (case,) = trial.cases
    assert [(finding.rule, finding.level) for finding in case.findings] == [("a", "stop")]
    assert trial.count("stopped_now") == 1


RULES = st.lists(
    st.builds(banned, st.sampled_from("abcdef"), st.sampled_from(["policy", "synergy", "well", "thanks"]),
              st.sampled_from(["stop", "warn", "hint"])),
    unique_by=lambda rule: rule["id"],
    max_size=5,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(RULES, RULES)
def test_every_text_the_draft_stops_is_listed_and_no_other_as_stopped(
    draft: list[dict[str, Any]], in_force: list[dict[str, Any]]
) -> None:
    found = outcomes(draft, in_force)
    for place, text in enumerate(TEXTS):
        stopped = any(f.level == "stop" for f in check_text(rules_from_data(draft), text, HERE))
        before = any(f.level == "stop" for f in check_text(rules_from_data(in_force), text, HERE))
        assert (found.get(place) == "stopped_now") == (stopped and not before)
        assert (found.get(place) == "stopped_still") == (stopped and before)
        assert (found.get(place) == "free_now") == (before and not stopped)
