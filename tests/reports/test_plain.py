from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trady2.errors import DataError
from trady2.reports.plain import plain

MISSING = [float("nan"), np.float32("nan"), float("inf"), -np.inf, pd.NaT, pd.NA, np.datetime64("NaT"), None]


@pytest.mark.parametrize("missing", MISSING)
def test_what_json_cannot_say_is_null(missing: object) -> None:
    """NaN, the infinities and missing times become None, alone and inside containers."""
    assert plain({"x": [missing]}) == {"x": [None]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(0.1), 0.1),
        (np.int8(-3), -3),
        (np.bool_(True), True),
        (True, True),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (("a", 1), ["a", 1]),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({1: "x"}, {"1": "x"}),
        (pd.Timestamp("2024-01-02 03:04", tz="UTC"), "2024-01-02T03:04:00Z"),
        (np.datetime64("2024-01-02T03:04", "us"), "2024-01-02T03:04:00Z"),
        (datetime(2024, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=2))), "2024-01-02T01:04:00Z"),
        (date(2024, 1, 2), "2024-01-02"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_become_those_of_json(value: object, expected: object) -> None:
    """NumPy numbers, arrays, tuples, sets and times get their one JSON form; the type fits as well."""
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)


@settings(max_examples=50)
@given(st.lists(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.floats())))
def test_plain_values_are_strict_json_and_stay(value: object) -> None:
    """Whatever comes out is strict JSON, survives the way through text, and is plain already."""
    once = plain(value)
    assert json.loads(json.dumps(once, allow_nan=False)) == once
    assert plain(once) == once


def test_a_naive_time_is_refused() -> None:
    """A time without a zone could be anywhere, and the message says what to do."""
    with pytest.raises(DataError, match=r"2024-01-02T00:00:00 has no time zone; make it UTC first"):
        plain(datetime(2024, 1, 2, tzinfo=UTC).replace(tzinfo=None))


def test_an_unknown_type_is_refused() -> None:
    """An object that has no JSON form is named with its type."""
    with pytest.raises(DataError, match=r"of type object has no JSON form") as caught:
        plain({"x": object()})
    assert caught.value.kind == "object"
