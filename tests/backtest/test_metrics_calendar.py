from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from trady2.backtest.metrics_calendar import calendar_metrics, trailing_returns

CLOCK = pd.date_range("2020-03-17 05:00", "2023-11-09 13:00", freq="h", tz="UTC").delete(slice(300, 400))
EQUITY = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.003, len(CLOCK))))
EQUITY[2_000:3_000] = EQUITY[2_000]
TIMES = CLOCK.to_numpy(dtype="datetime64[us]")
CURVE = pd.Series(EQUITY, index=CLOCK.tz_localize(None))


def spans(code: str) -> pd.Series:
    """Return the returns of the periods of pandas, the first one from the first close."""
    last = CURVE.groupby(CURVE.index.to_period(code)).last()
    return pd.concat([CURVE.iloc[:1], last]).pct_change().dropna()


@pytest.mark.parametrize(("name", "code"), [("day", "D"), ("month", "M"), ("quarter", "Q"), ("year", "Y")])
def test_extremes_follow_pandas(name, code):
    """Best, worst, mean and share of days, months, quarters and years are those of a group-by."""
    found, returns = calendar_metrics(TIMES, EQUITY), spans(code)
    moved = returns[returns != 0]
    expected = {
        f"best_{name}_return": returns.max(),
        f"worst_{name}_return": returns.min(),
        f"expected_{name}_return": (1 + returns).prod() ** (1 / len(returns)) - 1,
        f"positive_{name}_share": (moved > 0).mean(),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_months_and_days_follow_pandas():
    """Means of months, runs of days and the risk of a day are those of a group-by."""
    found, month, day = calendar_metrics(TIMES, EQUITY), spans("M"), spans("D")
    runs = (day > 0).astype(int).diff().ne(0).cumsum()
    falls = (day < 0).astype(int).diff().ne(0).cumsum()
    low = day.quantile(0.05)
    expected = {
        "mean_up_month_return": month[month > 0].mean(),
        "mean_down_month_return": month[month < 0].mean(),
        "month_gain_to_pain_ratio": month.sum() / -month[month < 0].sum(),
        "longest_up_day_run": day[day > 0].groupby(runs).size().max(),
        "longest_down_day_run": day[day < 0].groupby(falls).size().max(),
        "day_value_at_risk_historical": low,
        "day_conditional_value_at_risk_historical": day[day <= low].mean(),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "start", "years"),
    [
        ("return_month_to_date", "2023-11-01", 1),
        ("return_year_to_date", "2023-01-01", 1),
        ("return_3_months", "2023-08-09", 1),
        ("return_6_months", "2023-05-09", 1),
        ("return_12_months", "2022-11-09", 1),
        ("cagr_3_years", "2020-11-09", 3),
    ],
)
def test_trailing_returns_begin_on_their_day(name, start, years):
    """Growth is counted from the last close before the window's first day."""
    before = CURVE[CURVE.index < start].iloc[-1]
    expected = (EQUITY[-1] / before) ** (1 / years) - 1
    assert calendar_metrics(TIMES, EQUITY)[name] == pytest.approx(expected)


def test_windows_before_the_first_bar_are_unknown():
    """Five years cannot be told from less than four; this year can, from its first bar on."""
    found = calendar_metrics(TIMES, EQUITY)
    assert math.isnan(found["cagr_5_years"])
    assert math.isnan(found["cagr_10_years"])
    short = calendar_metrics(TIMES[-30:], EQUITY[-30:])
    assert short["return_year_to_date"] == pytest.approx(EQUITY[-1] / EQUITY[-30] - 1)
    assert math.isnan(short["return_3_months"])


def test_a_month_that_is_too_short_ends_earlier():
    """Three months before the 31st of May is the last of February."""
    days = pd.date_range("2023-02-20", "2023-05-31", freq="D").to_numpy(dtype="datetime64[us]")
    equity = np.arange(1.0, days.size + 1)
    found = trailing_returns(days, equity, 1.0)
    assert found["return_3_months"] == pytest.approx(days.size / 8 - 1)
