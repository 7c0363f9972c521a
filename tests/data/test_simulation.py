"""The simulated market: its realism and its edge."""

import hashlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pandas.testing as pt
import pytest

from trady2.data.calendar import missing_bars
from trady2.data.checks import check_bars
from trady2.data.simulation import planted_signal, season, signal_weights, simulate_bars, volatility_law
from trady2.errors import DataError

HOUR = np.timedelta64(3_600_000_000, "us")


def log_returns(bars: pd.DataFrame) -> np.ndarray:
    """Close to close, in logs, one fewer than the bars."""
    return np.diff(np.log(bars["close"].to_numpy()))


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's."""
    return float(np.corrcoef(one, other)[0, 1])


@pytest.fixture(scope="module")
def market() -> pd.DataFrame:
    """A long market without an edge."""
    return simulate_bars(100_000, seed=1)


@pytest.mark.parametrize("timeframe", ["1m", "1h", "1d", "1w"])
@pytest.mark.parametrize("calendar", ["24/7", "sessions"])
@pytest.mark.parametrize("edge", [0.0, 0.3])
def test_bars_are_possible(timeframe: str, calendar: str, edge: float) -> None:
    """Bars of any kind pass the check for handed-in frames."""
    if timeframe != "1w" or calendar == "24/7":
        bars = simulate_bars(3_000, seed=7, edge=edge, timeframe=timeframe, calendar=calendar, asset="X")
        assert check_bars(bars) is None
        assert (len(bars), set(bars["asset"])) == (3_000, {"X"})


def test_a_seed_is_a_market_in_every_process(market: pd.DataFrame) -> None:
    """The same seed gives the same bits here and in another process; another seed another market."""
    pt.assert_frame_equal(simulate_bars(100_000, seed=1), market)
    assert not np.isclose(simulate_bars(100, seed=2)["close"], market["close"][:100]).all()
    code = """
import hashlib
from trady2.data.simulation import simulate_bars
print(hashlib.sha256(simulate_bars(500, seed=9, edge=0.1)["close"].to_numpy().tobytes()).hexdigest())
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    here = simulate_bars(500, seed=9, edge=0.1)["close"].to_numpy().tobytes()
    assert done.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_returns_look_like_a_market(market: pd.DataFrame) -> None:
    """Fat tails, clustered volatility, a daily season, volume that goes with volatility, joined bars and some jumps."""
    returns = pd.Series(log_returns(market))
    assert 5 < returns.kurt() < 200
    assert 0.1 < returns.abs().autocorr(1) < 0.5
    assert returns.abs().autocorr(48) > 0.03
    by_hour = returns.abs().groupby(market["timestamp"].dt.hour[1:].to_numpy()).mean()
    assert (by_hour.idxmin() in {3, 4, 5}, by_hour.idxmax() in {15, 16, 17}) == (True, True)
    assert correlation(np.log(market["volume"][1:]), np.log(returns.abs())) > 0.3
    jumps = market["open"].to_numpy()[1:] != market["close"].to_numpy()[:-1]
    assert 0.001 < jumps.mean() < 0.02
    assert 0.2 < returns.std() * np.sqrt(8_766) < 1.2


def test_the_range_is_that_of_a_diffusion() -> None:
    """High and low lie as far apart as a random walk of 2,000 steps inside the bar would put them."""
    bars = simulate_bars(40_000, seed=3)
    law = np.log(bars["high"] / bars["low"]).mean() / np.abs(np.log(bars["close"] / bars["open"])).mean()
    walks = np.cumsum(np.random.default_rng(0).normal(size=(4_000, 2_000)), axis=1)
    walk_range = np.maximum(walks.max(axis=1), 0) - np.minimum(walks.min(axis=1), 0)
    assert law == pytest.approx(walk_range.mean() / np.abs(walks[:, -1]).mean(), rel=0.04)


def test_outages_and_sessions(market: pd.DataFrame) -> None:
    """Some bars are missing in runs; with sessions the weekends are too, and the calendar explains them."""
    times = market["timestamp"].dt.tz_localize(None).to_numpy()
    missing = missing_bars(times, HOUR, "24/7")
    assert 0.0003 < (missing > 0).mean() < 0.0012
    assert 1.5 < missing[missing > 0].mean() < 4
    bars = simulate_bars(20_000, seed=1, calendar="sessions")
    assert not bars["timestamp"].dt.day_of_week.eq(5).any()
    rest = bars["timestamp"].dt.tz_localize(None).to_numpy()
    assert (missing_bars(rest, HOUR, "24/7") >= 47).sum() == pytest.approx(20_000 / 120, abs=3)
    assert missing_bars(rest, HOUR, "sessions").sum() < 100


@pytest.mark.parametrize("edge", [0.0, 0.05, 0.1, 0.3])
def test_the_edge_is_the_correlation_with_the_next_return(edge: float) -> None:
    """The signal, from public columns alone, has the planted correlation with the next log return."""
    bars = simulate_bars(200_000, seed=11, edge=edge)
    signal, returns = planted_signal(bars, edge=edge), log_returns(bars)
    assert correlation(signal[100:-1], returns[100:]) == pytest.approx(edge, abs=0.009)
    # 2 · f(0) · E|s| with the density f of Student's t with 5 degrees and unit variance, to first order in the edge.
    agreement = (np.sign(signal[100:-1]) * np.sign(returns[100:])).mean()
    assert agreement == pytest.approx(2 * 0.4901 * 0.78 * edge, abs=0.01)


def test_without_an_edge_signs_are_fair_coins(market: pd.DataFrame) -> None:
    """Neither past returns, ranges, volume nor the hour tell the next sign."""
    returns = log_returns(market)
    sign = np.sign(returns)[1:]
    width = np.log(market["high"] / market["low"]).to_numpy()[1:-1]
    hour = market["timestamp"].dt.hour.to_numpy()[1:-1]
    clues = [
        returns[:-1],
        np.sign(returns)[:-1],
        width,
        np.log(market["volume"]).to_numpy()[1:-1],
        np.cos(hour / 12 * np.pi),
    ]
    assert [abs(correlation(sign, clue)) < 4 / np.sqrt(len(sign)) for clue in clues] == [True] * 5
    assert abs(sign.mean()) < 4 / np.sqrt(len(sign))


def test_the_signal_is_a_function_of_the_past() -> None:
    """Later bars change nothing, and a later start is forgotten."""
    bars = simulate_bars(2_000, seed=4, edge=0.2)
    whole = planted_signal(bars, edge=0.2)
    assert np.array_equal(planted_signal(bars.iloc[:1_000], edge=0.2), whole[:1_000])
    tail = planted_signal(bars.iloc[500:].reset_index(drop=True), edge=0.2)
    assert np.allclose(tail[100:], whole[600:], rtol=0, atol=1e-9 * whole.std())


@pytest.mark.parametrize("edge", [0.0, 0.2, 0.9])
def test_the_signal_keeps_its_law_at_any_edge(edge: float) -> None:
    """Variance 1 and memory 0.8 follow from the weights."""
    a, b = signal_weights(edge)
    assert a + b * edge == pytest.approx(0.8)
    assert b**2 * (1 - edge**2) / (1 - 0.8**2) == pytest.approx(1)


def test_longer_bars_are_wider_and_forget_faster() -> None:
    """Volatility grows with the root of time; a day later its memory is that of 24 hours."""
    hour, day = volatility_law(HOUR), volatility_law(24 * HOUR)
    assert (day[0] / hour[0], day[1], day[2]) == pytest.approx((np.sqrt(24), hour[1], hour[2] ** 24))
    clock = np.datetime64("2024-01-01", "us") + np.arange(24) * HOUR
    assert np.mean(season(clock) ** 2) == pytest.approx(1, abs=0.001)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"n_bars": 0}, "n_bars=0 is refused: a market has at least one bar"),
        ({"edge": -0.1}, "edge=-0.1 is refused: it is a correlation; give one from 0 to 0.9"),
        ({"edge": 1.0}, "edge=1.0 is refused"),
        ({"calendar": "nyse"}, "unknown calendar 'nyse'"),
        ({"timeframe": "1x"}, "'1x' is no timeframe"),
    ],
)
def test_impossible_markets_are_refused(values: dict[str, object], message: str) -> None:
    """Arguments outside their range have their message."""
    with pytest.raises(DataError, match=message):
        simulate_bars(**{"n_bars": 10, "seed": 1, **values})
