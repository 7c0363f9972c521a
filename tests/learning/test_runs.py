from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learning.conftest import panel_of
from trady2.data.panel import Panel
from trady2.learning import runs
from trady2.learning.runs import complete_rows, in_runs, rows_that_lack, run_slices


def with_features(features: np.ndarray, assets: int = 1) -> Panel:
    """Return a panel that has these features, its rows dealt out evenly to the assets."""
    panel = panel_of(len(features) // assets, assets=assets)
    names = tuple(f"f{place}" for place in range(features.shape[1]))
    return Panel(**{**panel.__dict__, "features": features.astype(np.float32), "feature_names": names})


@given(st.sets(st.integers(0, 60)))
def test_runs_cover_the_rows_in_order(numbers: set[int]) -> None:
    """Put together, the slices are the rows, and no two slices touch."""
    rows = np.array(sorted(numbers), np.int64)
    slices = run_slices(rows)
    assert [row for run in slices for row in range(run.start, run.stop)] == rows.tolist()
    assert all(run.stop < following.start for run, following in pairwise(slices))


def test_a_function_sees_views() -> None:
    """The function is called on views of the matrix, and its results stand in the order of the rows."""
    matrix = np.arange(20, dtype=np.float32).reshape(10, 2)
    seen = []

    def total(part: np.ndarray) -> np.ndarray:
        seen.append(np.shares_memory(part, matrix))
        return part.sum(axis=1).astype(float)

    assert in_runs(total, matrix, np.array([1, 2, 7])).tolist() == [5.0, 9.0, 29.0]
    assert seen == [True, True]
    assert in_runs(total, matrix, np.array([], np.int64)).tolist() == []


def test_several_results_a_row() -> None:
    """A function with two results a row gives two rows of results, also where no row is asked for."""
    matrix = np.arange(20, dtype=np.float32).reshape(10, 2)
    rows = np.array([0, 4, 5, 9])
    assert in_runs(lambda part: part.T.astype(float), matrix, rows).tolist() == matrix[rows].T.tolist()
    assert in_runs(lambda part: part.T.astype(float), matrix, rows[:0]).shape == (2, 0)


@given(seed=st.integers(0, 999), at_once=st.sampled_from([1, 3, 1 << 16]))
def test_rows_that_lack_a_value(seed: int, at_once: int) -> None:
    """A row lacks something where a value is infinite, or NaN in a needed column, however huge the others are."""
    generator = np.random.default_rng(seed)
    matrix = generator.choice(
        np.array([0, 1, 3e38, -3e38, np.nan, np.inf], np.float32), (40, 4), p=[0.5, 0.2, *[0.075] * 4]
    )
    needed = generator.random(4) < 0.5
    expected = [bool((np.isinf(row) | (np.isnan(row) & needed)).any()) for row in matrix]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "_SUSPECTS_AT_ONCE", at_once)
        assert rows_that_lack(matrix, needed).tolist() == expected


def slow_complete_rows(panel: Panel) -> np.ndarray:
    """Return the definition, feature by feature and row by row."""
    assets = [panel.asset_rows(code) for code in range(len(panel.assets))]
    clean = []
    for place in range(panel.features.shape[1]):
        columns = [panel.features[rows, place] for rows in assets]
        clean.append(all(has_no_gap(column) for column in columns))
    complete = ~np.isinf(panel.features).any(axis=1)
    return complete & ~np.isnan(panel.features[:, clean]).any(axis=1)


def has_no_gap(column: np.ndarray) -> bool:
    """Tell whether a column has values, and none is missing after the first."""
    present = np.flatnonzero(~np.isnan(column))
    return len(present) > 0 and len(present) == len(column) - present[0]


@settings(max_examples=60, deadline=None)
@given(data=st.data(), assets=st.integers(1, 3), block=st.sampled_from([1, 3, 1000]))
def test_complete_rows_follow_the_definition(data: st.DataObject, assets: int, block: int) -> None:
    """Random warm-ups, gaps, empty features and infinite values, in any block size, follow the definition."""
    values = st.sampled_from([0.0, 0.0, 0.0, 1.0, np.nan, np.inf, -np.inf])
    features = np.array(data.draw(st.lists(st.lists(values, min_size=4, max_size=4), min_size=24, max_size=24)))
    for place in range(4):
        for asset in range(assets):
            warm = data.draw(st.integers(0, 24 // assets))
            begin = asset * 24 // assets
            column = features[begin : begin + 24 // assets, place]
            if data.draw(st.booleans()):
                column[np.isnan(column)] = 0.0
            column[:warm] = np.nan
    panel = with_features(features, assets)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "_ROWS_AT_ONCE", block)
        found = complete_rows(panel)
    assert found.tolist() == slow_complete_rows(panel).tolist()


def test_warm_up_ends_with_the_slowest_feature() -> None:
    """The rows before the last feature has begun are left out, in each asset by itself."""
    features = np.ones((20, 2))
    features[:3, 0] = features[:6, 1] = features[10:11, 1] = np.nan
    assert np.flatnonzero(~complete_rows(with_features(features, assets=2))).tolist() == [0, 1, 2, 3, 4, 5, 10]


def test_a_feature_with_gaps_costs_no_rows() -> None:
    """Where a feature is missing later on as well, its first missing rows are no warm-up."""
    features = np.ones((20, 2))
    features[:6, 1] = features[12, 1] = np.nan
    assert complete_rows(with_features(features)).all()
