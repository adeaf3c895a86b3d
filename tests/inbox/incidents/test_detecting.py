"""Complaints that say the same within minutes are found, whatever their order, and a busy day is no storm."""

from __future__ import annotations

import random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from agency.demo import corpus
from agency.inbox.incidents.detecting import (
    FEWEST_PEOPLE,
    MOST_HEARD,
    MOST_STEMS,
    MOST_USUAL,
    WINDOW_SECONDS,
    Heard,
    Same,
    Usual,
    newest,
    same_as,
)
from agency.inbox.incidents.watching import TELLING
from styleguides.questions import question_words, stem_number

T0 = 1_700_000_000


def heard(at: int, who: int, *stems: int) -> Heard:
    return Heard(T0 + at, UUID(int=who + 1), who, stems or (1, 2))


def run(complaints: list[Heard], usual: Usual) -> list[Same]:
    """As intake does: each one is compared with those before it; what was found is told once."""
    kept, found = list[Heard](), list[Same]()
    for one in complaints:
        same = same_as(one, kept, usual, {stem for same in found for stem in same.stems})
        if same is not None:
            found.append(same)
        if one not in kept:
            usual.hear(one)
        kept = newest([*kept, one], max([one.at, *(k.at for k in kept)]))
    return found


def test_eight_people_within_minutes_are_found_and_seven_are_not() -> None:
    storm = [heard(at * 30, at, 1, 2, 100 + at) for at in range(FEWEST_PEOPLE)]
    assert run(storm[:-1], Usual(T0, T0)) == []
    (found,) = run(storm, Usual(T0, T0))
    assert (found.stems, found.people, len(found.cases)) == ((1, 2), FEWEST_PEOPLE, FEWEST_PEOPLE)
    assert (found.first_at, found.last_at) == (T0, T0 + 210)


def test_one_person_who_writes_again_and_again_is_no_storm_and_nor_is_a_slow_evening() -> None:
    assert run([heard(at, 7) for at in range(50)], Usual(T0, T0)) == []
    slow = [heard(at * (WINDOW_SECONDS // (FEWEST_PEOPLE - 2)), at) for at in range(60)]
    assert run(slow, Usual(T0, T0)) == []


@settings(max_examples=25)
@given(st.permutations(range(14)), st.lists(st.integers(0, 13), max_size=10))
def test_neither_order_nor_repetition_changes_what_is_found(order: list[int], again: list[int]) -> None:
    storm = [heard(number * 20, number, 1, 2, 50 + number) for number in range(14)]
    told = run([storm[number] for number in [*order, *again]], Usual(T0, T0))
    assert [(one.stems[0], one.people >= FEWEST_PEOPLE) for one in told] == [(1, True)]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 200_000), st.integers(1, 9)), min_size=1, max_size=40), st.randoms())
def test_what_is_usual_does_not_hang_on_the_order_of_arrival(
    came: list[tuple[int, int]], chance: random.Random
) -> None:
    shuffled = list(came)
    chance.shuffle(shuffled)
    measures = []
    for some in (came, shuffled):
        usual = Usual(T0 + 200_000, T0)
        for at, stem in some:
            usual.hear(heard(at, at, stem))
        measures.append([usual.within_window(stem, T0 + 200_000) for stem in range(1, 10)])
    assert all(abs(a - b) < 1e-6 for a, b in zip(*measures, strict=True))


def test_what_is_kept_is_bounded_and_comes_back_as_it_was() -> None:
    usual = Usual(T0, T0)
    for number in range(3_000):
        usual.hear(heard(number, number, number % 700, 5))
    kept = usual.kept()
    assert len(kept["sums"]) <= MOST_USUAL + 1
    again = Usual.read(kept, T0)
    assert abs(again.within_window(5, T0 + 3_000) - usual.within_window(5, T0 + 3_000)) < 0.01
    assert len(newest((heard(number, number) for number in range(1_000)), T0 + 1_000)) == MOST_HEARD


def test_a_busy_brand_does_not_cry_on_a_usual_day_and_finds_a_storm_at_once() -> None:
    """Forty complaints an hour, three times as many in the evening, one in four about the same; then three hundred in
    five minutes.
    """
    chance = random.Random(7)
    usual, kept, told, at, who = Usual(T0, T0), list[Heard](), list[Same](), 0, 0
    while at < 86_400:
        evening = 18 <= at // 3_600 % 24 < 22
        at += int(chance.expovariate((120 if evening else 40) / 3_600)) + 1
        who += 1
        about = 1 if chance.random() < 0.25 else 2 + chance.randrange(60)
        one = heard(at, who, about, 900 + chance.randrange(9))
        same = same_as(one, kept, usual, {first.stems[0] for first in told})
        told += [same] if same else []
        kept = newest([*kept, one], one.at)
        usual.hear(one)
    assert told == []
    for number in range(300):
        one = heard(at + number, 10**6 + number, 7777, 5)
        if same_as(one, kept, usual):
            break
        kept = newest([*kept, one], one.at)
        usual.hear(one)
    assert number < 16


def test_of_many_complaints_about_everything_at_a_new_brand_only_what_gathers_is_told() -> None:
    """The demo's stream: hundreds of complaints within minutes, and a burst of them asks whether the app is down."""
    brand = {one.external_id for one in corpus.load_accounts() if one.brand == "pennywell"}
    said = [one for one in corpus.load_scenario() if one.account in brand and one.text and (one.stars or 1) < 4]
    came = list[Heard]()
    words = dict[int, str]()
    for number, one in enumerate(said):
        if one.kind in ("comment", "review") and (one.age_minutes or 0) * 60 < WINDOW_SECONDS:
            read = question_words(one.text or "", "en", TELLING).items()
            stems = {stem_number(stem, b"one brand"): word for stem, word in read}
            words |= stems
            came.append(heard(int(one.at_seconds - 60 * (one.age_minutes or 0)), number, *list(stems)[:MOST_STEMS]))
    assert len(came) > 100
    usual = Usual(T0, T0)
    usual.hear(heard(-20 * 86_400, 10**6, 1))  # known for weeks, and never heard much
    told = [[words[stem] for stem in one.stems] for one in run(sorted(came), usual)]
    assert told == [["down", "app"]], "and not app, times, bank: they are all over what is said of it"
