from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from trady2.errors import DataError, NotFoundError
from trady2.guards import Overfitting, measure_overfitting
from trady2.stats import (
    effective_trials,
    probability_of_backtest_overfitting,
    superior_predictive_ability,
)


def noise(periods: int, trials: int, seed: int, edge: float = 0.0) -> np.ndarray:
    """Return daily returns of 1 % deviation, the first trial with an annual Sharpe ratio of *edge*."""
    returns = np.random.default_rng(seed).standard_normal((periods, trials))
    returns[:, 0] += edge / math.sqrt(365)
    return returns * 0.01


def measured(returns: np.ndarray, chosen: int = 0, **changes: object) -> Overfitting:
    """Return what is found for trials named by their place."""
    given = {"periods_per_year": 365, "block_length": 5, "replicates": 100, **changes}
    return measure_overfitting(returns, [str(n) for n in range(returns.shape[1])], str(chosen), **given)  # type: ignore[arg-type]


def test_every_number_from_the_formulas() -> None:
    """Moments from pandas and quantiles from SciPy give the probabilities, luck and lengths that are reported."""
    returns = noise(730, 20, 0, edge=2.0)
    found, frame = measured(returns), pd.DataFrame(returns)
    daily = frame.mean() / frame.std()
    own, skew, kurtosis = daily[0], frame[0].skew(), frame[0].kurt() + 3
    factor = 1 - skew * own + (kurtosis - 1) / 4 * own**2
    g = 0.5772156649015329

    def luck(n: float, variance: float) -> float:
        return math.sqrt(variance) * ((1 - g) * norm.ppf(1 - 1 / n) + g * norm.ppf(1 - 1 / (n * math.e)))

    def exceeds(benchmark: float) -> float:
        return float(norm.cdf((own - benchmark) * math.sqrt(729 / factor)))

    number = effective_trials(returns).number
    expected = {
        "n_observations": 730,
        "years": 2.0,
        "sharpe": own * math.sqrt(365),
        "skew": skew,
        "kurtosis": kurtosis,
        "n_trials": 20,
        "n_compared": 20,
        "n_effective": number,
        "trials_variance": daily.var(),
        "luck": luck(20, daily.var()) * math.sqrt(365),
        "luck_effective": luck(number, 1 / 729) * math.sqrt(365),
        "psr_2012": exceeds(0),
        "dsr_2014": exceeds(luck(20, daily.var())),
        "dsr_2014_effective": exceeds(luck(number, 1 / 729)),
        "minimum_track_record_years": (1 + factor * (norm.ppf(0.95) / own) ** 2) / 365,
        "minimum_backtest_years": luck(20, 1) ** 2,
        "minimum_backtest_years_effective": luck(number, 1) ** 2,
    }
    assert {name: getattr(found, name) for name in expected} == pytest.approx(expected)
    pbo = probability_of_backtest_overfitting(returns)
    assert found.pbo is not None
    assert (found.pbo.probability, found.pbo.degradation) == (pbo.probability, pbo.degradation)
    assert found.spa["flat"] == superior_predictive_ability(returns, block_length=5, replicates=100)
    assert found.best["flat"] == str(found.spa["flat"].best)
    assert found.not_applicable == {"spa.buy_and_hold": "no returns of the market were given"}


def test_one_trial_needs_no_deflation() -> None:
    """With one trial deflation changes nothing, no length is needed, and there is no selection to be overfit."""
    found = measured(noise(400, 1, 1, edge=1.0))
    assert found.dsr_2014 == found.dsr_2014_effective == found.psr_2012
    assert (found.n_effective, found.luck, found.minimum_backtest_years, found.trials_variance) == (1, 0, 0, 0)
    assert found.pbo is None
    assert found.not_applicable["pbo"] == "a single trial was tried, so nothing was selected"
    assert set(found.spa) == {"flat"}


def test_buy_and_hold_is_harder_to_beat_in_a_bull_market() -> None:
    """A strategy that is long half of a rising market beats doing nothing and not the market."""
    generator = np.random.default_rng(2)
    market = 0.004 + 0.01 * generator.standard_normal(800)
    held = market[:, None] * (generator.random((800, 6)) < 0.5)
    found = measured(held, market=market)
    assert found.spa["flat"].p_consistent < 0.05 < 0.5 < found.spa["buy_and_hold"].p_consistent
    assert found.best["buy_and_hold"] is None
    assert "spa.buy_and_hold" not in found.not_applicable


def test_the_ledger_counts_more_than_it_has_returns_for() -> None:
    """Trials without returns raise the bar, and the variance that the ledger knows is taken."""
    returns = noise(730, 10, 3, edge=2.0)
    few, many = measured(returns), measured(returns, n_trials=200, trials_variance=0.004)
    assert (many.n_trials, many.n_compared, many.trials_variance) == (200, 10, 0.004)
    assert many.n_effective == pytest.approx(few.n_effective + 190)
    assert many.dsr_2014 < few.dsr_2014
    assert many.dsr_2014_effective < few.dsr_2014_effective
    assert many.psr_2012 == few.psr_2012


def test_trials_of_other_spans_are_counted_and_not_compared() -> None:
    """The chosen one sets the periods; a trial that lacks one of them counts as tried, by its own Sharpe ratio."""
    returns = noise(500, 5, 4)
    holed = returns.copy()
    holed[:100, 0], holed[450:, 3] = np.nan, np.nan
    found = measured(holed)
    assert (found.n_observations, found.n_trials, found.n_compared) == (400, 5, 4)
    kept = measured(returns[100:][:, [0, 1, 2, 4]])
    assert found.pbo is not None
    assert kept.pbo is not None
    assert found.pbo.probability == kept.pbo.probability
    assert found.n_effective == pytest.approx(kept.n_effective + 1)
    ratios = [returns[100:, 0], *returns.T[1:3], returns[:450, 3], returns[:, 4]]
    assert found.trials_variance == pytest.approx(np.var([r.mean() / r.std(ddof=1) for r in ratios], ddof=1))


def test_nothing_to_compare_with() -> None:
    """Where no other trial covers the periods, or there are too few of them, the reason stands in place of a number."""
    holed = noise(300, 3, 5)
    holed[0, 1:] = np.nan
    found = measured(holed)
    assert found.pbo is None
    assert found.not_applicable["pbo"] == "no other trial has returns over the same periods"
    assert found.n_effective == 3
    short = measured(noise(9, 3, 6))
    assert short.not_applicable == {"pbo": "9 periods are too few for 16 blocks", "spa": "9 periods are too few"}
    assert (short.spa, short.best) == ({}, {})


def test_a_strategy_that_never_trades() -> None:
    """Zeros alone have no Sharpe ratio, and so no probability; what does not depend on it is there."""
    returns = noise(200, 3, 7)
    returns[:, 0] = 0
    found = measured(returns)
    undefined = ("sharpe", "psr_2012", "dsr_2014", "dsr_2014_effective", "minimum_track_record_years")
    assert all(math.isnan(getattr(found, name)) for name in undefined)
    assert found.trials_variance > 0
    assert found.pbo is not None


def test_same_seed_same_result() -> None:
    """The seed decides all of it."""
    returns = noise(300, 4, 8)
    assert measured(returns).as_json() == measured(returns).as_json()
    assert measured(returns).as_json() != measured(returns, seed=1).as_json()


def test_luck_is_not_taken_for_skill_and_skill_is_seen() -> None:
    """The best of 50 worthless trials never passes in 30 cases; a real one mostly passes the effective deflation."""
    passed = {0.0: 0, 5.0: 0}
    for edge in passed:
        for seed in range(30):
            returns = noise(730, 50, seed, edge)
            best = int(np.argmax(returns.mean(axis=0) / returns.std(axis=0)))
            found = measured(returns, best, replicates=20, n_blocks=4)
            passed[edge] += found.dsr_2014_effective > 0.95
            assert edge or found.dsr_2014 < 0.95
    assert passed[0.0] <= 1
    assert passed[5.0] >= 25


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"names": ["a"]}, DataError, r"returns of shape \(50, 2\) do not belong to 1 names; give a column for each"),
        ({"chosen": "c"}, NotFoundError, r"'c' is none of the 2 trials; choose one of them"),
        ({"n_trials": 1}, DataError, r"n_trials=1 are fewer than the 2 with returns; count every trial"),
        ({"returns": np.full((50, 2), np.inf)}, DataError, r"returns hold an infinite value; look at the prices"),
        ({"market": np.zeros(49)}, DataError, r"market of shape \(49,\) needs a finite return for each of 50 periods"),
        ({"market": np.full(50, np.nan)}, DataError, r"market of shape \(50,\) needs a finite return"),
    ],
)
def test_what_does_not_fit(changes: dict[str, object], error: type[Exception], message: str) -> None:
    """Names, counts and benchmarks that do not belong to the returns are refused."""
    given = {"returns": noise(50, 2, 0), "names": ["a", "b"], "chosen": "a", "periods_per_year": 365, "block_length": 2}
    with pytest.raises(error, match=message):
        measure_overfitting(**{**given, **changes})  # type: ignore[arg-type]
