from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from trady2.data.panel import PRICES
from trady2.guards.evidence import TrainingEvidence
from trady2.guards.too_good import lag_loss, too_good, up_lift

SANE = {"direction_auc": 0.55, "intervals": {"direction_auc": {"low": 0.5, "high": 0.6}}}
CALM = {"sharpe_ratio": 1.0, "years": 1.0, "periods_per_year": 8766.0}


def judged(evidence: TrainingEvidence, scores: dict, metrics: dict, probability: np.ndarray | None = None) -> list:
    """Return level and detail of each finding."""
    random = 0.5 * np.random.default_rng(0).random(len(evidence.panel))
    given = {"probability": random if probability is None else probability, "threshold": 0.99}
    outcome = too_good(replace(evidence, scorecard=SANE | scores, metrics=CALM | metrics, **given))
    return [(finding.level, finding.detail) for finding in outcome.findings]


def test_ordinary_results_pass(evidence: TrainingEvidence) -> None:
    """What honest models reach is no finding."""
    assert judged(evidence, {}, {}) == []


def test_before_a_training_there_is_nothing_to_judge(evidence: TrainingEvidence) -> None:
    """Without probabilities the check is skipped and says who does it."""
    assert "no model has been trained yet" in str(too_good(evidence).skipped)


@pytest.mark.parametrize(
    ("scores", "metrics", "level", "text"),
    [
        ({"direction_auc": 0.8, "intervals": {"direction_auc": {"low": 0.7}}}, {}, "hard", "direction AUC of 0.800"),
        ({"direction_auc": 0.66, "intervals": {"direction_auc": {"low": 0.5}}}, {}, "warn", "can show by luck"),
        ({"direction_auc": 0.66, "intervals": {}}, {}, "hard", "direction AUC of 0.660, above 0.65"),
        ({}, {"sharpe_ratio": 9.0}, "hard", "Sharpe ratio of 9.00, above 3: look for a leak"),
        ({}, {"sharpe_ratio": 3.5}, "warn", "Sharpe ratio of 3.50, above 3, which this much data can show by luck"),
        ({}, {"sharpe_ratio": 3.5, "years": 16.0}, "hard", "Sharpe ratio of 3.50"),
    ],
)
def test_what_is_too_good_is_quarantined(
    evidence: TrainingEvidence, scores: dict, metrics: dict, level: str, text: str
) -> None:
    """Beyond a cap, and surely so, a result is a hard finding; where luck reaches as far, a warning."""
    ((found, detail),) = judged(evidence, scores, metrics)
    assert (found, text in detail) == (level, True), detail


def test_precision_is_held_against_that_for_down_moves(evidence: TrainingEvidence) -> None:
    """A score that knows who rises is hard; one that knows only who moves is a warning."""
    high = evidence.config.model_copy(
        update={"target": evidence.config.target.model_copy(update={"return_threshold": 0.03})}
    )
    from tests.guards.conftest import evidence_of, small_panel

    rare = evidence_of(small_panel(6_000, seed=3), high)
    random = np.random.default_rng(0).random(len(rare.panel))
    knows = judged(rare, {}, {}, 0.2 * random + 0.5 * (rare.labels.direction == 1))
    moves = judged(rare, {}, {}, 0.2 * random + 0.5 * (rare.labels.direction != 0))
    assert ("hard", True) in [(level, "times the share of up-moves" in text) for level, text in knows]
    assert ("warn", True) in [(level, "times the share of up-moves" in text) for level, text in moves]
    assert "hard" not in [level for level, _ in moves]


def test_lift_is_average_precision_over_prevalence() -> None:
    """As another library computes it, for both directions; NaN where nothing moved that way."""
    random = np.random.default_rng(0)
    score, direction = np.round(random.random(400), 2), random.integers(-1, 2, 400).astype(np.int8)
    score[::11] = np.nan
    known = np.isfinite(score)
    for found, sign in zip(up_lift(score, direction), (1, -1), strict=True):
        right = direction[known] == sign
        assert found == pytest.approx(average_precision_score(right, score[known]) / right.mean())
    assert np.isnan(up_lift(score, np.abs(direction))[1])


def test_a_lag_costs_what_the_next_bar_gave(evidence: TrainingEvidence) -> None:
    """Buying before each rise is worth nothing a bar later; a signal that lasts loses little; a loss has no share."""
    panel = evidence.panel
    bars = panel.frame()[["timestamp", "asset", *PRICES]]
    rules = evidence.config.backtest.model_copy(update={"threshold": 0.5, "hold_bars": 1, "fee_bps": 0.0})
    ahead = np.r_[panel.close[1:] - panel.open[1:], 0.0]
    knowing = (ahead > 0).astype(float)
    assert lag_loss(bars, panel.asset_code, knowing, rules) > 0.9
    assert np.isnan(lag_loss(bars, panel.asset_code, 1 - knowing, rules))
    hold = rules.model_copy(update={"hold_bars": 400})
    rising = np.zeros(len(panel))
    rising[np.argmin(panel.close[:1_500])] = 1.0
    assert abs(lag_loss(bars, panel.asset_code, rising, hold)) < 0.5


def test_a_lag_that_ruins_is_a_warning(evidence: TrainingEvidence) -> None:
    """A signal that is gone a bar later may be real, but a person should see it."""
    ahead = np.r_[evidence.panel.close[1:] / evidence.panel.open[1:] - 1, 0.0]
    rules = evidence.config.backtest.model_copy(update={"hold_bars": 1, "fee_bps": 0.0})
    quick = replace(evidence, config=evidence.config.model_copy(update={"backtest": rules}))
    found = judged(quick, {}, {}, (ahead > 0.004).astype(float))
    assert ("warn", True) in [(level, "acting one bar later loses" in text) for level, text in found]
