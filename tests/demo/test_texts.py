"""The demo's texts: enough of them, of every brand and language, with their licences, and about nobody real."""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from agency.demo import corpus
from agency.demo.corpus import ScenarioItem

ROOT = Path(__file__).parents[2]
TEST_CARD = "4111 1111 1111 1111"
LONGEST_NAME_WORDS = 5
# First half of the SHA-256 of every bank's, shop's, hotel chain's and town's name in the sources, in lower case: the
# check needs them, and this tree holds no real company's name.
REAL_NAMES = frozenset(Path(__file__).with_name("real_names.sha256").read_text(encoding="ascii").split())

EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w")
LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
LONG_NUMBER = re.compile(r"\d(?:[ .()-]?\d){6,}")
REDACTION = re.compile(r"X{2,}/|XXXX|\{\$")


@pytest.fixture(scope="module")
def items() -> list[ScenarioItem]:
    return list(corpus.load_scenario())


@pytest.fixture(scope="module")
def written(items: list[ScenarioItem]) -> list[ScenarioItem]:
    """What customers wrote."""
    return [item for item in items if item.kind in ("comment", "review")]


def brand_of(item: ScenarioItem) -> str:
    return next(a.brand for a in corpus.load_accounts() if a.external_id == item.account)


def real_names_in(text: str) -> Iterator[str]:
    words = re.findall(r"\w+", text.lower())
    for length in range(1, LONGEST_NAME_WORDS + 1):
        for start in range(len(words) - length + 1):
            phrase = " ".join(words[start : start + length])
            if hashlib.sha256(phrase.encode()).hexdigest()[:16] in REAL_NAMES:
                yield phrase


def test_several_hundred_items_of_every_brand(written: list[ScenarioItem]) -> None:
    per_brand = Counter(brand_of(item) for item in written)
    assert len(written) >= 350
    assert per_brand["pennywell"] >= 130
    assert per_brand["bursztynowa-zatoka"] >= 110
    assert per_brand["sol-poente"] >= 100


def test_every_account_has_items_and_every_network_of_posts_has_posts(items: list[ScenarioItem]) -> None:
    for account in corpus.load_accounts():
        kinds = Counter(item.kind for item in items if item.account == account.external_id)
        if account.platform == "google_business":
            assert kinds["review"] >= 15
        else:
            assert 6 <= kinds["post"] <= 10
            assert kinds["comment"] >= 20


def test_each_brand_is_written_to_in_its_language(written: list[ScenarioItem]) -> None:
    common = {
        "pennywell": re.compile(r"\b(the|is|and|you|it|to|i|my|app|me|not|for|very)\b", re.IGNORECASE),
        "bursztynowa-zatoka": re.compile(r"[ąęłżśćńźó]|\b(i|w|na|do|się)\b", re.IGNORECASE),
        "sol-poente": re.compile(r"[ãçõâêéáíú]|\b(o|a|e|que|com|de|um|uma|se|do|da|no|na)\b", re.IGNORECASE),
    }
    for brand, pattern in common.items():
        own = [item.text or "" for item in written if brand_of(item) == brand and item.mark != "hostile"]
        texts = [text for text in own if len(text) > 30]
        assert sum(bool(pattern.search(text)) for text in texts) / len(texts) > 0.95


def test_stars_of_every_number_and_reviews_of_stars_only(written: list[ScenarioItem]) -> None:
    for brand in corpus.load_brands():
        stars = {item.stars for item in written if item.kind == "review" and brand_of(item) == brand.key}
        assert stars == {1, 2, 3, 4, 5}
        assert any(item.kind == "review" and not item.text and brand_of(item) == brand.key for item in written)


def test_no_real_name_is_left(items: list[ScenarioItem]) -> None:
    found = {name for item in items for name in real_names_in(f"{item.text or ''} \n {item.author or ''}")}
    assert found == set()


def test_the_search_for_real_names_finds_one() -> None:
    assert list(real_names_in(codecs.decode("V nfxrq Jryyf Snetb gjvpr", "rot13")))


def test_no_personal_data(items: list[ScenarioItem]) -> None:
    for item in items:
        text = (item.text or "").replace(TEST_CARD, "") if item.mark == "test_card" else item.text or ""
        for pattern in (EMAIL, LINK, LONG_NUMBER, REDACTION):
            assert not pattern.search(text), f"{item.key}: {pattern.pattern}"


def test_exactly_one_text_holds_the_test_card_and_says_so(items: list[ScenarioItem]) -> None:
    assert [item.mark for item in items if item.text and TEST_CARD in item.text] == ["test_card"]


def test_texts_are_not_repeated(written: list[ScenarioItem]) -> None:
    texts = Counter(item.text for item in written if item.text and item.text != "❤️❤️❤️")
    assert [text for text, count in texts.items() if count > 1] == []


def test_nobody_reviews_the_same_place_twice(written: list[ScenarioItem]) -> None:
    pairs = Counter((item.account, item.author) for item in written if item.kind == "review")
    assert [pair for pair, count in pairs.items() if count > 1] == []


def test_some_customers_come_back(written: list[ScenarioItem]) -> None:
    comments = Counter((item.account, item.author) for item in written if item.kind == "comment")
    assert sum(count > 1 for count in comments.values()) >= 3


def test_customers_answer_each_other_edit_and_delete(items: list[ScenarioItem]) -> None:
    assert sum(item.parent is not None for item in items) >= 15
    assert sum(item.kind == "edit" for item in items) >= 5
    assert sum(item.kind == "delete" for item in items) >= 3


def test_the_queue_is_full_at_once_and_keeps_moving(written: list[ScenarioItem]) -> None:
    assert sum(item.at_seconds == 0 for item in written) >= 40
    times = sorted(item.at_seconds for item in written)
    assert 300 <= times[-1] <= 420
    assert max(later - earlier for earlier, later in pairwise(t for t in times if t <= 330)) < 15


def test_a_burst_asks_whether_the_app_is_down(written: list[ScenarioItem]) -> None:
    times = [item.at_seconds for item in written if re.search(r"\bdown\b", item.text or "", re.IGNORECASE)]
    assert max(sum(start <= other < start + 45 for other in times) for start in times) >= 10


def test_hostile_items_are_what_they_claim(items: list[ScenarioItem]) -> None:
    hostile = [item for item in items if item.mark == "hostile"]
    texts = "".join(item.text or "" for item in hostile)
    for needed in ("<script>", "\u202e", "\u2066", "\u200b", "\x00", "\x1b", "{{", "DROP TABLE", "\U0002070e"):
        assert needed in texts, repr(needed)
    assert any("<" in (item.author or "") for item in hostile)
    assert any(19_000 < len((item.text or "").encode()) < 25_000 for item in hostile)
    assert any(item.drop == ["from"] for item in hostile)
    assert sum(item.raw is not None for item in hostile) >= 2


def test_only_hostile_items_hold_control_signs(items: list[ScenarioItem]) -> None:
    hidden = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")
    assert {item.mark for item in items if hidden.search(f"{item.text}{item.author}")} == {"hostile"}


def test_each_licence_stands_beside_its_texts(items: list[ScenarioItem]) -> None:
    licences = corpus.DATA_FOLDER / "licences"
    assert "Permission is hereby granted" in (licences / "app-reviews-en.MIT.txt").read_text(encoding="utf-8")
    assert "work of the United States government" in (licences / "customer-complaints-en.public-domain.txt").read_text(
        encoding="utf-8"
    )
    share_alike = corpus.DATA_FOLDER / "share-alike"
    licence = (share_alike / "LICENSE.txt").read_text(encoding="utf-8")
    assert licence.startswith("Creative Commons Attribution-ShareAlike 4.0 International Public License")
    notice = (share_alike / "README.md").read_text(encoding="utf-8")
    for owed in ("Kocoń", "creativecommons.org/licenses/by-sa/4.0", "Changes made"):
        assert owed in notice
    readme = (corpus.DATA_FOLDER / "README.md").read_text(encoding="utf-8")
    for origin in {item.origin.partition(":")[0] for item in items}:
        assert f"`{origin}" in readme


def test_share_alike_texts_stay_in_their_folder(items: list[ScenarioItem]) -> None:
    for item in items:
        if item.origin.startswith("wccrs-hotels:"):
            assert item.share_alike, item.key
        if item.share_alike:
            # An edit beside the review it changes is an adaptation of it.
            assert item.origin.startswith("wccrs-hotels:") or item.kind == "edit", item.key


def test_only_the_demo_reads_the_share_alike_folder() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for package in ("agency", "tenants", "channels", "styleguides", "jobs", "migrations")
        for path in (ROOT / package).rglob("*.py")
        if "share-alike" in path.read_text(encoding="utf-8") or "scenario-pl" in path.read_text(encoding="utf-8")
    ]
    assert readers == ["agency/demo/corpus.py"]


def test_files_are_unescaped_utf8_with_one_object_a_line() -> None:
    for name in corpus.SCENARIO_FILES:
        text = (corpus.DATA_FOLDER / name).read_bytes().decode("utf-8")
        assert text.endswith("\n")
        assert all(isinstance(json.loads(line), dict) for line in text.split("\n")[:-1])
        assert "\\u0105" not in text
