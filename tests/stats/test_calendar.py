from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trady2.stats import calendar_ends, calendar_returns

CLOCK = pd.date_range("2022-11-29 05:00", periods=11_000, freq="h", tz="UTC").delete(slice(300, 400))
TIMES = CLOCK.to_numpy(dtype="datetime64[us]")
EQUITY = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.003, TIMES.size)))


@pytest.mark.parametrize(("unit", "code"), [("day", "D"), ("month", "M"), ("quarter", "Q"), ("year", "Y")])
def test_returns_follow_pandas(unit, code):
    """Ends and returns are those of a group-by over the periods of pandas, gaps and parts included."""
    last = pd.Series(EQUITY, index=CLOCK.tz_localize(None)).groupby(CLOCK.tz_localize(None).to_period(code)).last()
    assert EQUITY[calendar_ends(TIMES, unit)].tolist() == last.tolist()
    expected = pd.concat([pd.Series([100.0]), last]).pct_change().dropna()
    assert calendar_returns(TIMES, EQUITY, unit, before=100.0) == pytest.approx(expected.to_numpy())


def test_no_time_has_no_end():
    """Without times there is no day."""
    assert calendar_ends(TIMES[:0], "day").size == 0
