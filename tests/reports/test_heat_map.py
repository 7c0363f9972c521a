from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trady2.reports.heat_map import grid_axis, grid_line, heat_map, outlined, setting_texts


def drawn(z: list[list[float | None]], metric: str = "total_return") -> dict:
    """The trace of a grid whose settings are numbered."""
    across, up = ([str(place) for place in range(size)] for size in (len(z[0]), len(z)))
    return heat_map(z, ("across", across), ("up", up), metric)


def test_cells_are_written_in_their_unit() -> None:
    """A return is a percentage with its sign, a ratio a number, what is not known a dash."""
    assert drawn([[0.5, None]])["text"] == [["+50.0\u202f%", "–"]]
    assert drawn([[0.5]], "sharpe_ratio")["text"] == [["0.50"]]


def test_colours_are_even_around_zero() -> None:
    """The deepest colour belongs to the largest size of either sign, so equal sizes look equal."""
    found = drawn([[0.1, -0.4], [0.2, None]])
    assert (found["zmin"], found["zmax"]) == (-0.4, 0.4)
    assert (drawn([[0.0]])["zmin"], drawn([[None]])["zmax"]) == (-1, 1)


def test_a_hover_names_both_settings() -> None:
    """Value, setting across, setting up."""
    assert drawn([[0.1, 0.2], [0.3, 0.4]])["hovertext"][1][0] == "+30.0\u202f%<br>across 0<br>up 1"


def test_a_large_grid_has_no_texts() -> None:
    """Beyond two hundred cells numbers would hide the colours."""
    assert "texttemplate" in drawn([[0.1] * 20] * 10)
    assert "texttemplate" not in drawn([[0.1] * 21] * 10)


@pytest.mark.parametrize(("size", "marked"), [(1, 1), (12, 12), (13, 7), (50, 10)])
def test_an_axis_marks_at_most_twelve(size: int, marked: int) -> None:
    """Each value has a place; every one is named while there is room."""
    axis = grid_axis([str(place) for place in range(size)], "x")
    assert len(axis["tickvals"]) == marked <= 12
    assert axis["ticktext"] == [str(place) for place in axis["tickvals"]]
    assert axis["range"] == [-0.5, size - 0.5]


def test_the_line_runs_where_the_value_is_zero() -> None:
    """Between the rows whose values have different signs, in proportion; None where no row is above or below."""
    columns = [[3.0, 1.0, -1.0], [1.0, 0.0, -2.0], [1.0, 2.0, 3.0], [-1.0, -2.0, -3.0], [None, 1.0, None]]
    assert grid_line([list(row) for row in zip(*columns, strict=True)]) == [1.5, 1.0, None, None, None]
    assert grid_line([]) == []


@settings(deadline=None)
@given(st.lists(st.integers(-5, 5).map(float), min_size=2, max_size=9))
def test_at_a_crossing_the_value_is_zero(column: list[float]) -> None:
    """Between the rows the value is 0 where the line is drawn; without a line no value falls through 0."""
    (at,) = grid_line([[value] for value in column])
    if at is None:
        assert not any(here > 0 >= above for here, above in pairwise(column))
    else:
        assert np.interp(at, np.arange(len(column)), column) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("value", "place"), [(0.5, 0), (0.61, 1), (0.69, 2), (0.7, 2), (0.8, None), (None, None)])
def test_the_nearest_setting_is_framed(value: float | None, place: int | None) -> None:
    """The configuration's own place is the nearest one, and none where it lies outside the grid."""
    assert outlined([0.5, 0.6, 0.7], value) == place


def test_an_empty_grid_frames_nothing() -> None:
    """Without settings there is no nearest one."""
    assert outlined([], 0.5) is None


def test_settings_are_written() -> None:
    """Fractions, counts and words as they are read; a setting of None is off; no setting is a dash."""
    assert setting_texts("hold_bars", [6, 12]) == ["6", "12"]
    assert setting_texts("stop_loss", [None, 0.02]) == ["off", "0.02"]
    assert setting_texts("hold_bars", []) == ["–"]
