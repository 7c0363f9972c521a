"""Which bars are swept."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from flows.spans import backtest_span, sweep_span, zone_of, zone_start
from trady2.errors import ConfigError

ZONES = [
    {"zone": "calibrate", "start": "2024-05-01T00:00:00.000000Z", "shared_with": None},
    {"zone": "threshold", "start": "2024-06-01T00:00:00.000000Z", "shared_with": None},
    {"zone": "test", "start": "2024-07-01T00:00:00.000000Z", "shared_with": None},
]
SHARED = [{**ZONES[0], "shared_with": "threshold"}, ZONES[2]]
MAY, JUNE, JULY, AUGUST = (datetime(2024, month, 15, tzinfo=UTC) for month in (5, 6, 7, 8))


def told(span: dict[str, object]) -> tuple[object, ...]:
    """Return start and end by day, the zone, and whether the model has learned there."""
    ends = [None if span[key] is None else str(span[key])[:10] for key in ("start", "end")]
    return (*ends, span["zone"], span["in_sample"])


@pytest.mark.parametrize(
    ("zone", "start", "end", "expected"),
    [
        ("threshold", None, None, ("2024-06-01", "2024-07-01", "threshold", False)),
        ("threshold", JUNE, None, ("2024-06-15", "2024-07-01", "threshold", False)),
        ("threshold", MAY, JUNE, ("2024-05-15", "2024-06-15", "span", True)),
        ("test", None, None, ("2024-07-01", None, "test", False)),
        ("test", JULY, AUGUST, ("2024-07-15", "2024-08-15", "test", False)),
        ("test", MAY, JULY, ("2024-05-15", "2024-07-15", "test", True)),
    ],
)
def test_a_span_is_a_zone_or_what_was_asked_for(zone, start, end, expected) -> None:
    """The threshold zone ends where the test zone begins; the test zone is open; times narrow or widen either."""
    assert told(sweep_span(ZONES, zone, start, end)) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, ("2024-07-01", None, "test", False)),
        (JULY, AUGUST, ("2024-07-15", "2024-08-15", "test", False)),
        (JUNE, JULY, ("2024-06-15", "2024-07-15", "test", True)),
        (MAY, JUNE, ("2024-05-15", "2024-06-15", "span", True)),
    ],
)
def test_a_backtest_runs_on_the_test_zone_unless_told_otherwise(start, end, expected) -> None:
    """What a backtest counts as follows from its times."""
    assert told(backtest_span(ZONES, start, end)) == expected


def test_a_shared_zone_is_that_of_calibration() -> None:
    """Where calibration and threshold share a zone, that one is swept."""
    assert told(sweep_span(SHARED, "threshold", None, None)) == ("2024-05-01", "2024-07-01", "threshold", False)
    assert zone_start(SHARED, "threshold") == np.datetime64("2024-05-01")


@pytest.mark.parametrize(("start", "end"), [(None, JULY), (JULY, AUGUST)])
def test_the_test_zone_has_to_be_asked_for_by_name(start, end) -> None:
    """A span that touches the test zone is refused with the way out, unless the zone was named."""
    with pytest.raises(ConfigError, match=r"inside the test zone, which begins at 2024-07-01.*--zone test"):
        sweep_span(ZONES, "threshold", start, end)


def test_an_unknown_zone_names_the_known() -> None:
    """There are two zones to sweep."""
    with pytest.raises(ConfigError, match="'train' is no zone to sweep; write threshold or test"):
        sweep_span(ZONES, "train", None, None)


def test_each_span_says_what_its_best_is_worth() -> None:
    """Choosing on the test zone is called a read of it; choosing where the model learned is called worth little."""
    assert "is a read of it" in sweep_span(ZONES, "test", None, None)["purpose"]
    assert "stays unread" in sweep_span(ZONES, "threshold", None, None)["purpose"]
    assert "says little" in sweep_span(ZONES, "threshold", MAY, JUNE)["purpose"]


def test_what_touches_the_test_zone_counts_as_test() -> None:
    """One decision inside it is enough, and so is an open end."""
    first, test = np.datetime64("2024-06-02"), zone_start(ZONES, "test")
    assert zone_of(ZONES, first, test) == "threshold"
    assert zone_of(ZONES, first, test + 1) == "test"
    assert zone_of(ZONES, first, None) == "test"
    assert zone_of(ZONES, first - np.timedelta64(5, "D"), test) == "span"
