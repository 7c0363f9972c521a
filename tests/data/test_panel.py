"""Panels and the frames they come from."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pandas.testing as pt
import pytest

from trady2.data.panel import Panel
from trady2.errors import DataError, NotEnoughDataError

MakePanel = Callable[..., Panel]


def test_a_panel_comes_back_from_its_frame(make_panel: MakePanel) -> None:
    """Going to a frame and back keeps every bit."""
    panel = make_panel(50, assets=("A", "B"))
    again = Panel.from_frame(panel.frame())
    assert (again.assets, again.feature_names, again.step) == (panel.assets, panel.feature_names, panel.step)
    for name in ("asset_code", "timestamp", "open", "high", "low", "close", "volume", "features"):
        mine, theirs = getattr(panel, name), getattr(again, name)
        assert (mine.dtype, mine.tobytes()) == (theirs.dtype, theirs.tobytes()), name
    assert again.features.flags.c_contiguous


def test_the_frame_has_the_declared_columns(make_panel: MakePanel) -> None:
    """Times are UTC in microseconds, features float32, the index a plain range."""
    frame = make_panel(5, assets=("A", "B"), features=2).frame()
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    prices = dict.fromkeys(("open", "high", "low", "close", "volume"), "float64")
    features = {"f0": "float32", "f1": "float32"}
    assert kinds == {"timestamp": "datetime64[us, UTC]", "asset": "str", **prices, **features}
    assert isinstance(frame.index, pd.RangeIndex)


def test_rows_are_sorted_by_asset_and_time(make_panel: MakePanel) -> None:
    """A shuffled frame gives the same panel."""
    frame = make_panel(20, assets=("A", "B")).frame()
    shuffled = frame.sample(frac=1, random_state=1).reset_index(drop=True)
    pt.assert_frame_equal(Panel.from_frame(shuffled).frame(), frame)


def test_rows_of_an_asset_and_decision_times(make_panel: MakePanel) -> None:
    """Each asset is one slice, and a row is known one step after its bar opens."""
    panel = make_panel(7, assets=("A", "B"))
    assert [panel.asset_rows(code) for code in (0, 1, 2)] == [slice(0, 7), slice(7, 14), slice(14, 14)]
    assert str(panel.decision_time[0]) == "2024-01-01T01:00:00.000000"
    assert len(panel) == 14


def test_numbers_of_any_kind_become_float32(make_panel: MakePanel) -> None:
    """Integers and truth values are features as well."""
    frame = make_panel(3, features=0).frame().assign(whole=[1, 2, 3], flag=[True, False, True])
    assert Panel.from_frame(frame).features.tolist() == [[1, 1], [2, 0], [3, 1]]


def test_what_is_no_panel_is_refused(make_panel: MakePanel) -> None:
    """Missing columns, text features, repeated times and single rows have their message."""
    frame = make_panel(5).frame()
    with pytest.raises(DataError, match="the vectors have no column asset, close; they have timestamp, open"):
        Panel.from_frame(frame.drop(columns=["asset", "close"]))
    with pytest.raises(DataError, match=r"column 'mood' holds str, not numbers; make it numeric or drop it"):
        Panel.from_frame(frame.assign(mood="good"))
    with pytest.raises(DataError, match=r"A has 2024-01-01T02:00:00.000000Z twice \(1 such rows in all\)"):
        Panel.from_frame(pd.concat([frame, frame.iloc[[2]]]))
    with pytest.raises(NotEnoughDataError, match="1 rows tell no timeframe"):
        Panel.from_frame(frame.iloc[[0]])


def test_a_single_row_with_its_step_is_a_panel(make_panel: MakePanel) -> None:
    """The step can be given."""
    assert Panel.from_frame(make_panel(1).frame(), step=np.timedelta64(1, "h")).step == np.timedelta64(1, "h")
