"""How often the scorecard's 90 % intervals hold the truth, on simulated markets with overlapping labels.

Bars are independent normal steps, a label looks 12 or 24 bars ahead on every bar, and the score is a slow noise that
knows some of the forward return. Score and forward return are jointly normal, so that the truth of every measure is an
integral over one variable and no simulation: nothing of the library computes it. Prints one JSON line; *passed* asks
for 87 to 93 % in every cell of `coverage`.

`beyond` is told and not asked for: there volatility remembers for 100 bars, the score follows it, and 200 labels are
some twenty stretches of calm and storm. Its truth is the mean over long markets.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import NamedTuple

import numpy as np
from scipy.integrate import quad
from scipy.signal import lfilter
from scipy.stats import norm

from trady2.learning.calibrator import sigmoid
from trady2.learning.scorecard import Scorecard, score
from trady2.learning.target import Labels

LIMIT, SLOPE, OFFSET, THRESHOLD = 0.8, 0.3, -1.2, 0.27
MEASURES = (
    "roc_auc",
    "direction_auc",
    "direction_skill",
    "log_loss_skill",
    "brier",
    "precision_at_threshold",
    "mean_return_at_threshold",
)
BAND = (0.87, 0.93)


class Scenario(NamedTuple):
    """A market: bars, horizon, how slow the score is (autocorrelation of a bar), how much it knows, how many assets."""

    rows: int
    horizon: int
    slow: float
    skill: float
    assets: int = 1
    storms: bool = False


SCENARIOS = {
    "200 labels, no skill": Scenario(2400, 12, 0.9, 0.0),
    "200 labels, skill": Scenario(2400, 12, 0.9, 0.2),
    "200 labels of 24, slow score": Scenario(4800, 24, 0.97, 0.2),
    "200 labels of 1": Scenario(200, 1, 0.5, 0.2),
    "830 labels of 24, very slow score": Scenario(20_000, 24, 0.98, 0.1),
    "200 labels in each of three related assets": Scenario(2400, 12, 0.9, 0.2, assets=3),
}
BEYOND = {
    "200 labels, slow storms": Scenario(2400, 12, 0.9, 0.2, storms=True),
    "1,700 labels, slow storms": Scenario(20_000, 12, 0.9, 0.2, storms=True),
}


def truth(skill: float) -> dict[str, float]:
    """Return the measures of score s = skill F + noise, F the forward return, both standard normal, by integration."""
    total = 1 + skill**2
    spread = np.sqrt(total)

    def density(s: float) -> float:
        return float(norm.pdf(s / spread) / spread)

    def up(s: float) -> float:
        return float(norm.sf((LIMIT - skill * s / total) * spread))

    def down(s: float) -> float:
        return float(norm.cdf((-LIMIT - skill * s / total) * spread))

    def mean(of: object, low: float = -9.0) -> float:
        return float(quad(lambda s: of(s) * density(s), low * spread, 9 * spread, epsabs=1e-10, limit=200)[0])  # type: ignore[operator]

    def chance(s: float) -> float:
        return float(1 / (1 + np.exp(-(SLOPE * s + OFFSET))))

    def area(losers: object) -> float:
        grid = np.linspace(-9 * spread, 9 * spread, 20_001)
        winners = np.array([up(s) * density(s) for s in grid])
        others = np.array([losers(s) * density(s) for s in grid])  # type: ignore[operator]
        below = np.cumsum(others) - 0.5 * others
        return float(winners @ below / (winners.sum() * others.sum()))

    share = norm.sf(LIMIT)
    entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
    loss = mean(lambda s: -up(s) * np.log(chance(s)) - (1 - up(s)) * np.log(1 - chance(s)))
    cut = (np.log(THRESHOLD / (1 - THRESHOLD)) - OFFSET) / SLOPE / spread
    above = mean(lambda _: 1.0, cut)
    return {
        "roc_auc": area(lambda s: 1 - up(s)),
        "direction_auc": area(down),
        "direction_skill": area(down),
        "log_loss_skill": 1 - loss / entropy,
        "brier": mean(lambda s: up(s) * (1 - chance(s)) ** 2 + (1 - up(s)) * chance(s) ** 2),
        "precision_at_threshold": mean(up, cut) / above,
        "mean_return_at_threshold": mean(lambda s: skill * s / total, cut) / above,
    }


def ar(generator: np.random.Generator, shape: tuple[int, int], slow: float) -> np.ndarray:
    """Return stationary autoregressions of variance 1 in columns, related at 0.5 where there are several."""
    common = generator.standard_normal((shape[0] + 800, 1))
    own = generator.standard_normal((shape[0] + 800, shape[1]))
    steps = own if shape[1] == 1 else np.sqrt(0.5) * (own + common)
    return lfilter([np.sqrt(1 - slow**2)], [1, -slow], steps, axis=0)[800:]


def card(scenario: Scenario, seed: int, rows: int | None = None) -> Scorecard:
    """Return the scorecard on one simulated market, of *rows* bars where it is to be longer."""
    rows, horizon, assets = rows or scenario.rows, scenario.horizon, scenario.assets
    generator = np.random.default_rng([seed, rows, horizon, assets])
    steps = ar(generator, (rows + horizon, assets), 0.0)
    storm = (
        0.4 * ar(generator, (rows + horizon, assets), 0.99) if scenario.storms else np.zeros((rows + horizon, assets))
    )
    summed = np.cumsum(np.vstack([np.zeros((2, assets)), steps * np.exp(storm)]), axis=0)[1:]
    forward = (summed[horizon + 1 :] - summed[1:-horizon])[:rows] / np.sqrt(horizon)
    raw = ar(generator, (rows, assets), scenario.slow) + scenario.skill * forward + storm[:rows]
    times = np.datetime64("2000-01-01", "us") + np.arange(rows + horizon) * np.timedelta64(1, "h")
    forward, raw = forward.T.ravel(), raw.T.ravel()
    direction = (np.where(forward >= LIMIT, 1, 0) - np.where(forward <= -LIMIT, 1, 0)).astype(np.int8)
    return score(
        sigmoid(SLOPE * raw + OFFSET),
        Labels((direction == 1).astype(np.int8), np.tile(times[horizon:], assets), forward, direction),
        np.tile(times[:rows], assets),
        np.repeat(np.arange(assets, dtype=np.int32), rows),
        storm[:rows].T.ravel() if scenario.storms else (np.arange(rows * assets) * 7919 % 1009).astype(float),
        threshold=THRESHOLD,
        horizon_steps=horizon,
    )


def long_run(scenario: Scenario) -> dict[str, float]:
    """Return the mean of every measure over ten markets of 400,000 bars."""
    cards = [card(scenario, 10**6 + seed, 400_000) for seed in range(10)]
    return {name: float(np.mean([getattr(one, name) for one in cards])) for name in MEASURES}


def coverage(scenario: Scenario, cases: int) -> dict[str, float]:
    """Return by measure the share of *cases* whose interval holds the truth; no interval counts as a miss."""
    known, hits = long_run(scenario) if scenario.storms else truth(scenario.skill), dict.fromkeys(MEASURES, 0)
    for seed in range(cases):
        found = card(scenario, seed)
        for name in MEASURES:
            hits[name] += found.metrics[name].low <= known[name] <= found.metrics[name].high
    return {name: hit / cases for name, hit in hits.items()}


def main() -> None:
    """Measure every scenario and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--only", choices=[*SCENARIOS, *BEYOND], action="append")
    arguments = parser.parse_args()
    begun, cpu = time.perf_counter(), time.process_time()
    asked = arguments.only or [*SCENARIOS, *BEYOND]
    shares = {name: coverage(SCENARIOS[name], arguments.cases) for name in asked if name in SCENARIOS}
    beyond = {name: coverage(BEYOND[name], arguments.cases) for name in asked if name in BEYOND}
    print(
        json.dumps(
            {
                "benchmark": "coverage",
                "cases": arguments.cases,
                "nominal": 0.9,
                "band": BAND,
                "coverage": shares,
                "beyond": beyond,
                "seconds": round(time.perf_counter() - begun, 1),
                "cpu_seconds": round(time.process_time() - cpu, 1),
                "passed": all(BAND[0] <= share <= BAND[1] for found in shares.values() for share in found.values()),
            }
        )
    )


if __name__ == "__main__":
    main()
