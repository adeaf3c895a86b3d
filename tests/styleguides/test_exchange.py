"""A guide as a file: what is written reads back to the same, in both forms; hostile files are refused with words."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import agency.demo
from styleguides.exchange import LONGEST_SOURCE, Unreadable, read_guide, write_guide
from styleguides.identity import identity_from_data, identity_to_data
from styleguides.rules import RulesInvalid, rules_from_data, rules_to_data

CHECKOUT = Path(__file__).resolve().parents[2]
GUIDES = Path(agency.demo.__file__).parent / "data" / "guides"

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("`#:-\n'\"|>&*!%@"), max_size=40)
ENTRY = TEXT.map(str.strip).filter(bool)
RULE = st.fixed_dictionaries(
    {"kind": st.just("banned"), "id": st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)},
    optional={"reason": ENTRY, "level": st.sampled_from(["stop", "hint"]), "good": ENTRY, "bad": ENTRY},
).flatmap(lambda rule: st.lists(ENTRY, min_size=1, max_size=3).map(lambda words: {**rule, "phrases": words}))
HEAD = st.dictionaries(ENTRY, ENTRY | st.lists(ENTRY, min_size=1, max_size=3), max_size=3)


@pytest.mark.parametrize("form", ["yaml", "markdown"])
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(voice=TEXT, head=HEAD, rules=st.lists(RULE, max_size=4, unique_by=lambda rule: rule["id"]), note=TEXT)
def test_what_is_written_reads_back_to_the_same(
    form: Any, voice: str, head: dict[str, Any], rules: list[dict[str, Any]], note: str
) -> None:
    read = read_guide(write_guide(form, voice=voice, identity=head, rules=rules, note=note))
    assert (read.voice, read.identity, read.rules, read.note) == (voice, head, rules, note)


@pytest.mark.parametrize("form", ["yaml", "markdown"])
@pytest.mark.parametrize("name", ["pennywell", "bursztynowa-zatoka", "sol-poente"])
def test_the_demo_guides_survive_the_round(form: Any, name: str) -> None:
    data = yaml.safe_load((GUIDES / f"{name}.yaml").read_text(encoding="utf-8"))
    rules = rules_from_data(data["rules"])
    identity = identity_from_data(data["identity"])
    written = write_guide(
        form, voice=data["voice"], identity=identity_to_data(identity), rules=rules_to_data(rules), note=data["note"]
    )
    read = read_guide(written)
    assert rules_from_data(read.rules) == rules
    assert identity_from_data(read.identity) == identity
    assert (read.voice, read.note) == (data["voice"], data["note"])


def test_the_examples_of_the_document_are_what_it_says() -> None:
    document = (CHECKOUT / "docs" / "style-guide-format.md").read_text(encoding="utf-8")
    whole_yaml = re.search(r"<!-- example yaml -->\n````yaml\n(.*?)````\n", document, re.S)
    whole_markdown = re.search(r"<!-- example markdown -->\n`````markdown\n(.*?)`````\n", document, re.S)
    assert whole_yaml is not None
    assert whole_markdown is not None
    one, other = read_guide(whole_yaml[1]), read_guide(whole_markdown[1])
    assert rules_from_data(one.rules) == rules_from_data(other.rules)
    assert len(one.rules) == 2
    assert (one.voice, one.identity, one.note) == (other.voice, other.identity, other.note)
    assert identity_from_data(one.identity).languages["pl"].address


def test_lines_of_rules_and_fields_are_those_of_the_file() -> None:
    text = write_guide("markdown", voice="a", identity={}, rules=[{"kind": "emoji", "id": "few", "max_count": 1}])
    place, fields = read_guide(text).rule_lines["few"]
    lines = text.split("\n")
    assert lines[place - 1] == "kind: emoji"
    assert lines[fields["max_count"] - 1] == "max_count: 1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "rules:\n - &a {kind: banned}\n - *a",
        "a: &a [x]\nb: *a",
        "rules: " + "[" * 200 + "]" * 200,
        "rules: [\x00]",
        "rules: !!python/object/apply:os.system ['true']",
        "rules: []\nrules: []",
        "voice: !!timestamp x",
        "voice: !!bool x",
        "rules: !!set {a, b}",
        "<<: {voice: x}",
        "? [a]\n: b",
        "other: 1",
        "x" * (LONGEST_SOURCE + 1),
        "# Rules\n\n```yaml\nkind: emoji\n",
        "```yaml\nkind: emoji\n```\n",
        "# Rules\n```yaml\n- &a x\n- *a\n```\n",
        "# Rules\n```yaml\n!!python/name:os.system\n```\n",
    ],
)
def test_hostile_files_are_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_guide(text)
    assert refused.value.message


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(max_size=200) | st.text("#` \n-:[]{}&*!yamlRulesVoice", max_size=120))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = read_guide(text)
    except Unreadable:
        return
    assert isinstance(read.rule_lines, dict)


def test_a_long_file_of_open_fences_takes_no_longer_than_its_length() -> None:
    def seconds(count: int) -> float:
        began = time.process_time()
        with pytest.raises(Unreadable):
            read_guide("# Rules\n" + "````yaml\n```yaml\n" * count)
        return time.process_time() - began

    small = max(seconds(2_000), 0.001)
    assert seconds(20_000) < 60 * small


@pytest.mark.parametrize(
    "file",
    [
        lambda n: "rules: [1" + ":1" * n + "]",
        lambda n: "rules: [1" + ":1" * n + ".5]",
        lambda n: "# Rules\n" + "```yaml\n```\n" * (n // 8),
        lambda n: "# Rules\n" + "```yaml\na: b\n```\n" * (n // 16),
    ],
)
def test_what_looks_like_a_number_or_many_fences_takes_no_longer_than_its_length(file: Callable[[int], str]) -> None:
    def seconds(n: int) -> float:
        text, began = file(n), time.process_time()
        with pytest.raises(RulesInvalid):
            rules_from_data(read_guide(text).rules)
        return time.process_time() - began

    seconds(1_000)  # modules and caches
    assert seconds(180_000) < 60 * max(seconds(18_000), 0.001)


@pytest.mark.parametrize(
    "written", ["1:1", "0x" + "f" * 6_000, "9" * 6_000, "1e999999", ".nan", "2027-13-45", "0o7", "1_0"]
)
def test_what_looks_like_a_number_is_text(written: str) -> None:
    assert read_guide(f"voice: {written}").voice == written
    with pytest.raises(RulesInvalid):
        rules_from_data(read_guide(f"rules: [{{kind: banned, id: a, phrases: [x], level: {written}}}]").rules)
