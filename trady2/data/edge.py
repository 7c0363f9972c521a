"""How well the planted edge of a simulated market can be seen at best."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trady2.config import TargetConfig
from trady2.data.simulation import SIGNAL_MEMORY, TAIL_DEGREES, season, signal_weights, volatility_law
from trady2.data.timeframe import timeframe_delta

__all__ = ["best_direction_auc"]

_SIGNALS, _VOLATILITIES, _PHASES, _PATHS, _DRAWS, _LAGS = 121, 7, 3, 1_500, 100_000, 40
_SEED = 20_240_101
_DAY = np.timedelta64(1, "D")

Floats = npt.NDArray[np.float64]


def best_direction_auc(edge: float, target: TargetConfig, timeframe: str = "1h") -> float:
    """Return the highest AUC, up-rows against down-rows, that any score made of past bars can reach.

    What the past tells of the next bars of `simulate_bars` is the signal, the volatility and the time of day. The
    best score is P(up) / P(down) given these three (Neyman and Pearson), integrated on a grid of the three. Given
    the paths of volatility and of the tails' mixing variable, the forward return is normal, so that only these are
    drawn, 1,500 of them and always the same; over seeds the result has a standard deviation below 0.001.

    Outages are ignored. Without an edge nothing foretells direction: what is left over 0.5 then (up to 0.006, because
    1 % up is a smaller log return than 1 % down, which volatility knows) is not counted.

    Args:
        edge: as in `simulate_bars`.
        target: horizon in bars and threshold; down is a return of at most minus the threshold.
        timeframe: the bars' length.
    """
    if edge == 0:
        return 0.5
    random = np.random.default_rng(_SEED)
    step = timeframe_delta(timeframe)
    signals = _signal_nodes(random)
    levels, weights = np.polynomial.hermite_e.hermegauss(_VOLATILITIES)
    bars = target.horizon_steps
    noise = random.normal(size=(_PATHS, bars))
    mix = (TAIL_DEGREES - 2) / random.chisquare(TAIL_DEGREES, (_PATHS, bars))
    up, down = [], []
    for phase in range(_PHASES):
        start = np.datetime64("2020-01-01", "us") + phase * _DAY // _PHASES
        for level, weight in zip(levels.tolist(), weights.tolist(), strict=True):
            sigma = _volatility_paths(level, start, step, noise)
            drift, spread = _forward_law(sigma, mix, edge)
            mean = signals[:, None] * drift
            rise, fall = np.log1p(target.return_threshold), np.log1p(-min(target.return_threshold, 1 - 1e-12))
            up.append(weight * _normal_cdf((mean - rise) / spread).mean(axis=1))
            down.append(weight * _normal_cdf((fall - mean) / spread).mean(axis=1))
    return _auc(np.concatenate(up), np.concatenate(down))


def _signal_nodes(random: np.random.Generator) -> Floats:
    """Return equally likely values of the signal, an AR(1) with Student-t noise."""
    noise = random.standard_t(TAIL_DEGREES, (_DRAWS, _LAGS)) * np.sqrt((TAIL_DEGREES - 2) / TAIL_DEGREES)
    weights = np.sqrt(1 - SIGNAL_MEMORY**2) * SIGNAL_MEMORY ** np.arange(_LAGS)
    return np.asarray(np.quantile(noise @ weights, (np.arange(_SIGNALS) + 0.5) / _SIGNALS), np.float64)


def _volatility_paths(level: float, start: np.datetime64, step: np.timedelta64, noise: Floats) -> Floats:
    """Return (paths, bars) of σ from the next bar on, whose *level*, in standard deviations, is known."""
    base, spread, memory = volatility_law(step)
    levels = np.empty_like(noise)
    levels[:, 0] = spread * level
    for bar in range(1, noise.shape[1]):
        levels[:, bar] = memory * levels[:, bar - 1] + spread * np.sqrt(1 - memory**2) * noise[:, bar]
    times = start + np.arange(noise.shape[1]) * step
    return np.asarray(base * season(times) * np.exp(levels), np.float64)


def _forward_law(sigma: Floats, mix: Floats, edge: float) -> tuple[Floats, Floats]:
    """Return, per path, the mean of the forward return per unit of signal, and its standard deviation."""
    b = signal_weights(edge)[1]
    later = np.zeros(len(sigma))
    variance = np.zeros(len(sigma))
    for bar in range(sigma.shape[1] - 1, -1, -1):
        variance += (sigma[:, bar] + edge * b * later) ** 2 * (1 - edge**2) * mix[:, bar]
        later = sigma[:, bar] + SIGNAL_MEMORY * later
    return edge * later, np.sqrt(variance)


def _normal_cdf(x: Floats) -> Floats:
    """Return the normal distribution function, exact to 1e-7 (Abramowitz and Stegun, 26.2.17)."""
    t = 1 / (1 + 0.2316419 * np.abs(x))
    series = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    tail = np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * series
    return np.asarray(np.where(x > 0, 1 - tail, tail), np.float64)


def _auc(up: Floats, down: Floats) -> float:
    """Return the AUC of the score up / down between rows weighted by *up* and rows weighted by *down*."""
    order = np.argsort(up / np.maximum(down, 1e-300))
    up, down = up[order], down[order]
    below = np.cumsum(down) - down / 2
    return float((up * below).sum() / (up.sum() * down.sum()))
