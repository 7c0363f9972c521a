"""Fit a calibrator: Platt and beta by maximum likelihood, isotonic regression by least squares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from trady2.learning.calibrator import Calibrator, Method

__all__ = ["fit_calibrator", "log_losses"]

Floats = NDArray[np.float64]

_TINY = 1e-15
_NEWTON_STEPS = 30


def log_losses(probability: Floats, positive: NDArray[np.bool_]) -> Floats:
    """Return each row's log loss in nats; probabilities are cut at 1e-15."""
    chance = np.where(positive, probability, 1.0 - probability)
    return np.asarray(-np.log(np.clip(chance, _TINY, 1.0)), np.float64)


def fit_calibrator(
    method: Method, raw: Floats, positive: NDArray[np.bool_], *, near: Calibrator | None = None
) -> Calibrator:
    """Return the calibrator of that method with the least log loss on the rows; the plain sigmoid where it degenerates.

    Slopes are kept from falling below 0, so the order of the rows is kept. Isotonic values stay half a row away from
    0 and 1, which would be certainty from a finite sample. A calibrator *near* the result saves steps towards it.
    """
    start = np.array(near.parameters if near is not None and near.method == method else (1.0, 1.0, 0.0))
    if method == "platt":
        slope, intercept = _logistic(raw[None, :], positive, start[[0, -1]])
        return Calibrator("platt", (slope, intercept)) if slope > 0 else Calibrator()
    if method == "beta":
        a, b, c = _logistic(np.stack([log_expit(raw), -log_expit(-raw)]), positive, start)
        return Calibrator("beta", (a, b, c)) if a + b > 0 else Calibrator()
    return _isotonic(raw, positive) if method == "isotonic" else Calibrator()


def _logistic(columns: Floats, positive: NDArray[np.bool_], start: Floats) -> list[float]:
    """Return weights of the (k, n) *columns*, none negative, and an intercept, by maximum likelihood.

    Newton's method; a column whose weight would be negative gets 0 and the others are fitted again (as in betacal).
    """
    use = np.ones(len(columns) + 1, bool)
    columns = np.vstack([columns, np.ones(columns.shape[1])])
    while True:
        weights = np.zeros(len(columns))
        weights[use] = _newton(columns[use], positive, start[use])
        if (weights[:-1] >= 0).all():
            return [float(weight) for weight in weights]
        use[np.argmin(weights[:-1])] = False


def _newton(columns: Floats, positive: NDArray[np.bool_], weights: Floats) -> Floats:
    margin = weights @ columns
    loss = _margin_loss(margin, positive)
    for _ in range(_NEWTON_STEPS):
        probability = expit(margin)
        pull = columns @ (probability - positive) / len(positive)
        curvature = (columns * (probability * (1 - probability))) @ columns.T / len(positive)
        step = np.linalg.solve(curvature + 1e-12 * np.eye(len(columns)), pull)
        if pull @ step < 1e-8:
            return weights - step
        step, moved = _shortened(step, weights, columns, positive, loss)
        if moved >= loss:
            break
        weights, loss = weights - step, moved
        margin = weights @ columns
    return weights


def _shortened(
    step: Floats, weights: Floats, columns: Floats, positive: NDArray[np.bool_], loss: float
) -> tuple[Floats, float]:
    """Halve the step until it makes the loss smaller."""
    moved = loss
    for _ in range(14):
        moved = _margin_loss((weights - step) @ columns, positive)
        if moved <= loss:
            break
        step = step / 2
    return step, moved


def _margin_loss(margin: Floats, positive: NDArray[np.bool_]) -> float:
    return -float(log_expit(np.where(positive, margin, -margin)).mean())


def _isotonic(raw: Floats, positive: NDArray[np.bool_]) -> Calibrator:
    from scipy.optimize import isotonic_regression  # a tenth of a second to import, and seldom used

    knots, place = np.unique(raw, return_inverse=True)
    if len(knots) < 2:
        return Calibrator()
    weights = np.bincount(place)
    values = isotonic_regression(np.bincount(place, positive) / weights, weights=weights).x
    values = np.clip(values, 0.5 / len(raw), 1 - 0.5 / len(raw))
    ends = np.append(True, values[1:] != values[:-1]) | np.append(values[1:] != values[:-1], True)
    return Calibrator("isotonic", (*knots[ends].tolist(), *values[ends].tolist()))
