"""The form in which a week's hours are kept."""

from __future__ import annotations

import pytest

from tenants.opening_hours import days_from


@pytest.mark.parametrize(
    "day",
    [
        [[540]],
        [[540, 540]],
        [[600, 540]],
        [[-1, 5]],
        [[0, 1441]],
        [[0, True]],
        [[0, 1.5]],
        ["ab"],
        "ab",
        [[0, 20], [10, 30]],
        [[n * 60, n * 60 + 30] for n in range(7)],
    ],
)
def test_what_is_no_day_is_refused(day: object) -> None:
    with pytest.raises(ValueError):
        days_from([day, *[[]] * 6])  # type: ignore[list-item]


def test_spans_that_touch_are_one() -> None:
    assert days_from([[[600, 660], [540, 600]], *[[]] * 6])[0] == ((540, 660),)
