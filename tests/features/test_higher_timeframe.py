from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from trady2.config import FeaturesConfig
from trady2.features import build
from trady2.features.bar_arrays import BarArrays
from trady2.features.higher_timeframe import merge, running_return

HOUR = 3_600_000_000
START = int(np.datetime64("2024-01-01T00", "us").astype(np.int64))  # a Monday


def hours(opens: list[int], closes: list[float]) -> BarArrays:
    """Return bars that open at these hours of 2024 and have no wicks."""
    close = np.array(closes, np.float64)
    open_ = np.r_[close[:1], close[:-1]]
    time = START + np.array(opens) * HOUR
    return BarArrays(time, HOUR, open_, np.maximum(open_, close), np.minimum(open_, close), close, np.ones(len(opens)))


def test_a_longer_bar_is_known_at_its_close() -> None:
    """Ledger of 4 h bars: seen by the row that closes with them; a missing last hour delays that to the next row."""
    opens = [0, 1, 2, 3, 4, 5, 6, 8, 9, 15, 16]
    merged = merge(hours(opens, [10, 11, 12, 13, 20, 21, 22, 30, 31, 40, 50]), 4 * HOUR)
    #         row:  0   1   2  3  4  5  6   8  9  15 16: hour 7 never came, so 4-8 is first seen by hour 8;
    expected = [-1, -1, -1, 0, 0, 0, 0, 1, 1, 3, 3]  # hours 10-14 are missing: 8-12 and 12-16 are both known at 16
    assert merged.known.tolist() == expected
    assert ((merged.bars.time - START) / HOUR).tolist() == [0, 4, 8, 12, 16]
    assert merged.bars.close.tolist() == [13, 22, 31, 40, 50]
    assert merged.bars.open.tolist() == [10, 13, 22, 31, 40]
    assert merged.bars.volume.tolist() == [4, 3, 2, 1, 1]
    expected_join = [np.nan] * 3 + [13] * 4 + [22] * 2 + [40] * 2
    np.testing.assert_array_equal(merged.joined(merged.bars.close), expected_join)


def test_running_return_starts_with_the_longer_bar() -> None:
    """The return since the longer bar's open, also where its first hours are missing."""
    merged = merge(hours([0, 3, 4, 9], [10, 12, 15, 18]), 4 * HOUR)
    assert_allclose(running_return(merged), np.log([10 / 10, 12 / 10, 15 / 12, 18 / 15]))


def test_weeks_begin_on_monday() -> None:
    """A weekly bar ends with Sunday's last hour: that row is the first to know it."""
    merged = merge(hours([0, 24 * 7 - 2, 24 * 7 - 1, 24 * 7], [1, 2, 3, 4]), 7 * 24 * HOUR)
    assert merged.known.tolist() == [-1, -1, 0, 0]
    assert merged.bars.time[0] == START


def test_a_bar_across_the_end_belongs_to_the_next() -> None:
    """Bars that open at half past: the one that is open at the end of a longer bar is not part of it."""
    base = hours([0, 1, 2, 3, 4], [1, 2, 3, 4, 5])
    half = BarArrays(base.time + HOUR // 2, HOUR, base.open, base.high, base.low, base.close, base.volume)
    merged = merge(half, 2 * HOUR)
    assert merged.bars.close.tolist() == [1, 3, 5]
    assert merged.known.tolist() == [-1, 0, 0, 1, 1]


@pytest.mark.parametrize("timeframe", ["4h", "1d", "1w"])
def test_joined_features_agree_with_pandas(gappy: pd.DataFrame, timeframe: str) -> None:
    """Returns of resampled closes, joined backwards on the time of knowing, are the library's, gaps included."""
    config = FeaturesConfig(
        indicators={"candle_body": {}}, higher_timeframes=[timeframe], higher_indicators={"log_return": {}}
    )
    rule = {"4h": "4h", "1d": "1D", "1w": "W-MON"}[timeframe]
    closed = gappy.set_index("timestamp").close.resample(rule, closed="left", label="right").last().dropna()
    returns = np.log(closed).diff().rename("expected")
    known = pd.merge_asof(
        pd.DataFrame({"known": gappy.timestamp + pd.Timedelta("1h")}), returns, left_on="known", right_index=True
    )
    found = build(gappy, config)[f"{timeframe}_log_return_1"]
    later = found.notna().to_numpy()
    assert later.sum() > 4_000
    assert_allclose(found[later], known.expected[later], atol=1e-7)
