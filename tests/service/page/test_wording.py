import math
from datetime import UTC, datetime

import pytest

from service.page import wording

NARROW = "\u202f"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 second"), (1.4, "1 second"), (119, "119 seconds"), (120, "2 minutes"), (7_199, "120 minutes"),
        (7_200, "2 hours"), (2 * 86_400 - 1, "48 hours"), (2 * 86_400, "2 days"), (14 * 86_400, "2 weeks"),
        (61 * 86_400, "2 months"), (-180, "3 minutes"),
    ],
)  # fmt: skip
def test_an_age_is_told_by_its_largest_unit(seconds: float, text: str) -> None:
    """From two of a unit on it is used."""
    assert wording.age(seconds) == text


@pytest.mark.parametrize(
    ("tell", "value", "text"),
    [
        (wording.percent, 0.28731, f"+28.7{NARROW}%"),
        (wording.percent, -0.0434, f"−4.3{NARROW}%"),
        (wording.share, 0.3629, f"36.3{NARROW}%"),
        (wording.points, 0.60256, "0.603"),
        (wording.points, -0.5, "−0.500"),
        (wording.decimal, 0.0292914, "0.02929"),
        (wording.count, 5242428, f"5{NARROW}242{NARROW}428"),
        (wording.price, 97_512.5, f"97{NARROW}512.50"),
        (wording.price, 0.1234567, "0.1234567"),
        (wording.price, 171, "171.00"),
    ],
)
def test_numbers_are_told_as_people_read_them(tell: object, value: float, text: str) -> None:
    """With signs, thousands apart and as many digits as say something."""
    assert tell(value) == text  # type: ignore[operator]


@pytest.mark.parametrize("tell", [wording.percent, wording.share, wording.points, wording.count, wording.price])
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, "1", True, []])
def test_what_is_no_number_is_a_dash(tell: object, value: object) -> None:
    """Whatever a manifest holds, the page is written."""
    assert tell(value) == wording.DASH  # type: ignore[operator]


def test_times_are_utc() -> None:
    """A moment is written to the second, with Z."""
    assert wording.iso(datetime(2025, 11, 1, 12, 0, 0, 999, tzinfo=UTC)) == "2025-11-01T12:00:00Z"
