from __future__ import annotations

import numpy as np
import pytest

from trady2.guards.builds import Built
from trady2.guards.differences import Differences, exact, scales, within


def built(matrix: np.ndarray, names: tuple[str, ...] = ("a", "b")) -> Built:
    """Return a build of these values."""
    return Built(names, matrix, ordered=True, rows=len(matrix), odd={}, available_at=None)


def compared(left: np.ndarray, right: np.ndarray, **options: object) -> Differences:
    """Compare two matrices of as many rows, the last of which lies before the cut."""
    found = Differences()
    rows, count = slice(None), len(left)
    time = np.datetime64("2024-01-01", "us") + np.arange(count) * np.timedelta64(1, "h")
    found.compare(
        (built(left), rows),
        (built(right), rows),
        scale={"a": 1.0, "b": 1.0},
        age=np.arange(count, 0, -1),
        time=time,
        **{"tolerance": exact, **options},  # type: ignore[arg-type]
    )
    return found


def test_equal_values_do_not_differ() -> None:
    """Missing equals missing and infinite equals infinite, by sign."""
    values = np.array([[1.0, np.nan], [np.inf, -np.inf], [0.0, 5.0]])
    found = compared(values, values.copy())
    assert (found.columns, found.cuts, found.rows) == ({}, 1, 3)


@pytest.mark.parametrize(("value", "other"), [(1.0, np.nan), (np.nan, 1.0), (np.inf, -np.inf), (np.inf, 1.0), (1.0, 2)])
def test_a_difference_names_its_column(value: float, other: float) -> None:
    """Another value, a missing one or another infinity is a difference, with its row and its distance to the cut."""
    left, right = np.zeros((4, 2)), np.zeros((4, 2))
    left[1, 1], right[1, 1] = value, other
    found = compared(left, right)
    assert list(found.columns) == ["b"]
    each = found.columns["b"]
    assert (each.cuts, each.reach_bars) == (1, 3)
    assert each.example == f"2024-01-01T01:00:00.000000Z it is {value:.6g} or {other:.6g}"


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_rounding_is_no_difference(kind: type) -> None:
    """The last place may differ, and 1e-9 of the scale; a hundred times that may not."""
    left = np.full((2, 2), 3.0, kind)
    step = 2 * np.spacing(left)
    assert not compared(left, left + step).columns
    assert set(compared(left, left * kind(1 + 1e-5)).columns) == {"a", "b"}


def test_a_share_of_the_deviation_can_be_allowed() -> None:
    """With `within`, a difference counts from that share of the scale on."""
    left = np.zeros((2, 2))
    near, far = left + 0.9e-3, left + 1.1e-3
    assert not compared(left, near, tolerance=within(1e-3)).columns
    assert set(compared(left, far, tolerance=within(1e-3)).columns) == {"a", "b"}


def test_a_column_that_comes_and_goes_differs() -> None:
    """A column in one of two builds only is named."""
    found = Differences()
    time = np.array(["2024-01-01"], "datetime64[us]")
    left, right = built(np.zeros((1, 2))), built(np.zeros((1, 1)), ("a",))
    rows = slice(None)
    found.compare((left, rows), (right, rows), scale={}, tolerance=exact, age=np.array([1]), time=time)
    assert found.columns["b"].absent
    assert "a" not in found.columns


def test_faults_are_counted_once_each() -> None:
    """The same message at many cuts is one fault."""
    found = Differences()
    for text in ("x", "y", "x"):
        found.fault(text)
    assert (found.faults, found.cuts) == ({"x": 2, "y": 1}, 3)


def test_scales_are_deviations() -> None:
    """The scale is the standard deviation of what is finite; of a constant its size, and 1 of nothing."""
    matrix = np.array([[1.0, 4.0, np.nan, 0.0], [3.0, 4.0, np.inf, 0.0], [np.nan, 4.0, np.nan, 0.0]])
    np.testing.assert_allclose(scales(matrix), [1.0, 4.0, 1.0, 1.0])
