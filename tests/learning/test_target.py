from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learning.conftest import panel_of
from trady2.config import TargetConfig
from trady2.data.panel import Panel
from trady2.errors import DataError
from trady2.learning.target import label, label_arrays


def target(steps: int = 2, threshold: float = 0.01, calendar: str = "24/7") -> TargetConfig:
    """Return a target of some steps and threshold."""
    return TargetConfig(horizon_steps=steps, return_threshold=threshold, calendar=calendar)


def frame_of(close: list[float], hours: list[int] | None = None, asset: str = "BTC-EUR") -> pd.DataFrame:
    """Return bare vectors with these closes at these hours."""
    hours = list(range(len(close))) if hours is None else hours
    times = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(hours, unit="h")
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    return pd.DataFrame({"timestamp": times, "asset": asset, **prices, "volume": 1.0, "momentum": 0.5})


def test_labels_by_hand() -> None:
    """A close that is 1 % higher two bars later is 1; the last two bars are unknown; a label ends at a bar's close."""
    found = label(frame_of([100, 100, 101, 100.9, 104]), target())
    assert found["label"].tolist() == [1, 0, 1, pd.NA, pd.NA]
    assert list(found.columns) == ["timestamp", "asset", "label", "label_end"]
    assert found["label"].dtype == "Int8"
    assert str(found["label_end"].dtype) == "datetime64[us, UTC]"
    expected = pd.to_datetime(["2024-01-01T03:00Z", "2024-01-01T04:00Z", "2024-01-01T05:00Z", pd.NaT, pd.NaT])
    assert found["label_end"].tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("end", "expected"), [(101.0, 1), (101.0 - 1e-11, 1), (101.0 - 1e-9, 0), (101.0 + 1e-9, 1), (99.0, 0)]
)
def test_tolerance(end: float, expected: int) -> None:
    """A return that misses the threshold by less than 1e-12 reaches it, one that misses it by more does not."""
    assert label(frame_of([100.0, 100.0, end]), target())["label"][0] == expected


@pytest.mark.parametrize(("end", "direction"), [(101.0, 1), (100.5, 0), (99.5, 0), (99.0, -1), (99.0 + 1e-11, -1)])
def test_direction_mirrors_the_threshold(end: float, direction: int) -> None:
    """Down is a fall by the same fraction, with the same tolerance."""
    labels = label_arrays(Panel.from_frame(frame_of([100.0, 100.0, end])), target())
    assert labels.direction.tolist() == [direction, 0, 0]
    assert labels.forward_return[0] == pytest.approx(end / 100 - 1)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), threshold=st.sampled_from([0.003, 0.01]))
def test_mirrored_labels_are_those_of_the_mirrored_market(seed: int, threshold: float) -> None:
    """A market in which each bar moves the other way has the mirrored labels, and two mirrors are none."""
    panel = panel_of(60, seed=seed)
    returns = np.diff(panel.close) / panel.close[:-1]
    other = replace(panel, close=panel.close[0] * np.cumprod(np.append(1.0, 1 - returns)))
    labels = label_arrays(panel, target(steps=1, threshold=threshold))
    expected, found = label_arrays(other, target(steps=1, threshold=threshold)), labels.mirrored()
    assert found.label.tolist() == expected.label.tolist()
    assert found.direction.tolist() == expected.direction.tolist()
    assert found.forward_return == pytest.approx(expected.forward_return, abs=1e-12, nan_ok=True)
    assert np.array_equal(found.label_end, expected.label_end, equal_nan=True)
    assert found.mirrored().label.tolist() == labels.label.tolist()


def test_threshold_of_zero() -> None:
    """Without a threshold an unchanged close counts as up, and as nothing else."""
    labels = label_arrays(Panel.from_frame(frame_of([100.0, 100.0, 100.0, 99.0])), target(steps=1, threshold=0.0))
    assert labels.label.tolist() == [1, 1, 0, -1]
    assert labels.direction.tolist() == [1, 1, -1, 0]


def test_missing_bars_make_labels_unknown() -> None:
    """Where the clock skips an hour inside the horizon, nothing is known, and later labels are not touched."""
    found = label(frame_of([1.0] * 8, hours=[0, 1, 2, 4, 5, 6, 7, 8]), target())
    assert found["label"].isna().tolist() == [False, True, True, False, False, False, True, True]
    assert found["label_end"].isna().equals(found["label"].isna())


def test_weekend_is_no_gap_for_sessions() -> None:
    """With trading sessions a label reaches over the weekend; around the clock the same bars are a gap."""
    hours = [hour for hour in range(24 * 7 * 8) if hour % 168 < 120]
    frame = frame_of([1.0] * len(hours), hours)
    friday = hours.index(119 + 168 * 3)
    sessions = label(frame, target(calendar="sessions"))
    assert sessions["label_end"][friday] == pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(hours=168 * 4 + 2)
    assert sessions["label"].isna().sum() == 2
    assert label(frame, target())["label"].isna()[friday]


def test_assets_do_not_mix() -> None:
    """Each asset's last bars are unknown; no label looks into the next asset, and rows keep their order."""
    both = pd.concat([frame_of([1, 2, 3, 4]), frame_of([4, 3, 2, 1], asset="ETH-EUR")], ignore_index=True)
    found = label(both, target(steps=1))
    assert found["label"].fillna(-1).tolist() == [1, 1, 1, -1, 0, 0, 0, -1]
    mixed = both.iloc[[7, 0, 4, 2, 6, 1, 5, 3]].reset_index(drop=True)
    assert label(mixed, target(steps=1))["label"].fillna(-1).tolist() == [-1, 1, 0, 1, 0, 1, 0, -1]


@settings(deadline=None)
@given(
    closes=st.lists(st.floats(0.5, 2), min_size=3, max_size=30),
    skips=st.lists(st.sampled_from([1, 1, 1, 2, 5]), min_size=29, max_size=29),
    steps=st.integers(1, 5),
)
def test_panel_and_frame_equal_a_loop(closes: list[float], skips: list[int], steps: int) -> None:
    """Both forms of input give what a loop over the rows gives."""
    hours = np.cumsum([0, *skips])[: len(closes)].tolist()
    frame = frame_of(closes, hours)
    panel = Panel.from_frame(frame, step=np.timedelta64(3600, "s"))
    labels = label_arrays(panel, target(steps, 0.05))
    for row, close in enumerate(closes):
        ahead = row + steps
        known = ahead < len(closes) and hours[ahead] - hours[row] == steps
        change = closes[ahead] / close - 1 if known else np.nan
        assert labels.label[row] == (int(change >= 0.05 - 1e-12) if known else -1)
        assert labels.forward_return[row] == pytest.approx(change, nan_ok=True)
    if panel.step == Panel.from_frame(frame).step:
        assert label(frame, target(steps, 0.05))["label"].fillna(-1).tolist() == labels.label.tolist()
        assert label(Panel.from_frame(frame), target(steps, 0.05)).equals(label(frame, target(steps, 0.05)))


def test_future_beyond_the_horizon_changes_nothing() -> None:
    """Labels known today stay the same when more bars arrive."""
    panel = panel_of(400, assets=1)
    whole = label_arrays(panel, target(12))
    early = label_arrays(Panel.from_frame(panel.frame().iloc[:300]), target(12))
    known = early.label >= 0
    assert known.sum() == 288
    assert early.forward_return[known].tobytes() == whole.forward_return[:300][known].tobytes()


@pytest.mark.parametrize("close", [0.0, -1.0, np.nan, np.inf])
def test_impossible_price(close: float) -> None:
    """A close that no return can be computed from is named with its row."""
    with pytest.raises(
        DataError, match=r"row 2 \(2024-01-01T02:00:00.000000Z\) has a close of .* quarantine"
    ) as caught:
        label(frame_of([1.0, 1.0, close, 1.0]), target())
    assert caught.value.row == 2


def test_frame_without_what_is_needed() -> None:
    """A missing column is named."""
    with pytest.raises(DataError, match=r"no column asset, close; add it"):
        label(frame_of([1.0, 1.0])[["timestamp", "open"]], target())


def test_time_that_stands_twice() -> None:
    """Two bars of one time in one asset are refused."""
    with pytest.raises(DataError, match=r"is not later than .* drop duplicates"):
        label(frame_of([1.0] * 4, hours=[0, 1, 1, 2]), target())
