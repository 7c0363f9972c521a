"""The best AUC that the planted edge allows, compared with long simulated markets."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from trady2.config import TargetConfig
from trady2.data.edge import best_direction_auc
from trady2.data.simulation import planted_signal, simulate_bars

HALF_DAY = TargetConfig(horizon_steps=12, return_threshold=0.01)


@pytest.mark.parametrize(("bars", "threshold"), [(1, 0.0), (12, 0.01), (24, 0.03)])
def test_without_an_edge_there_is_nothing_to_see(bars: int, threshold: float) -> None:
    """With edge 0 no score is better than a coin; with hardly any edge, hardly any is."""
    target = TargetConfig(horizon_steps=bars, return_threshold=threshold)
    assert best_direction_auc(0.0, target) == 0.5
    assert best_direction_auc(1e-9, target) == pytest.approx(0.5, abs=0.006)


def test_more_edge_is_easier_to_see() -> None:
    """The AUC rises with the edge, the same in every call."""
    found = [best_direction_auc(edge, HALF_DAY) for edge in (0.0, 0.05, 0.1, 0.4)]
    assert found == sorted(found)
    assert best_direction_auc(0.1, HALF_DAY) == found[2]


def learned_and_raw_auc(edge: float, target: TargetConfig, bars: int) -> tuple[float, float]:
    """Return the AUC of two scores on the second half of a long market.

    One is P(up) / P(down), counted on the first half in cells of signal and volatility; the other is the signal.
    """
    market = simulate_bars(bars, seed=21, edge=edge)
    close, ahead = market["close"].to_numpy(), target.horizon_steps
    forward = close[ahead:] / close[:-ahead] - 1
    sigma = np.log(market["volume"].to_numpy())[:-ahead]
    signal = planted_signal(market, edge=edge)[:-ahead] / np.exp(sigma / 1.4)
    up, down = forward >= max(target.return_threshold, 1e-12), forward <= -max(target.return_threshold, 1e-12)
    cells = [np.searchsorted(np.quantile(clue, np.linspace(0, 1, 26)[1:-1]), clue) for clue in (signal, sigma)]
    cell = cells[0] * 25 + cells[1]
    learn = np.arange(len(cell)) < len(cell) // 2
    rise, fall = (np.bincount(cell[learn & rows], minlength=625) + 1.0 for rows in (up, down))
    seen = ~learn & (up | down)
    return roc_auc_score(up[seen], (rise / fall)[cell[seen]]), roc_auc_score(up[seen], signal[seen])


@pytest.mark.parametrize(
    ("edge", "target"),
    [(0.1, HALF_DAY), (0.3, HALF_DAY), (0.2, TargetConfig(horizon_steps=1, return_threshold=0.0))],
    ids=["0.1", "0.3", "one bar"],
)
def test_the_best_auc_is_reached_and_not_passed(edge: float, target: TargetConfig) -> None:
    """A score that knows signal and volatility comes within 0.01 in 400,000 bars, and none passes it."""
    best = best_direction_auc(edge, target)
    learned, raw = learned_and_raw_auc(edge, target, 400_000)
    assert max(learned, raw) == pytest.approx(best, abs=0.01)


@pytest.mark.slow
def test_the_best_auc_in_a_very_long_market() -> None:
    """In 1,500,000 bars the best of both scores is within 0.005."""
    best = best_direction_auc(0.15, HALF_DAY)
    assert max(learned_and_raw_auc(0.15, HALF_DAY, 1_500_000)) == pytest.approx(best, abs=0.005)
