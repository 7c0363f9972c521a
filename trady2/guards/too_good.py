"""A7: a result that is too good to be true is a leak until somebody has shown that it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.engine import run
from trady2.data.panel import PRICES
from trady2.guards.certificate import Finding, Outcome
from trady2.guards.evidence import TrainingEvidence
from trady2.stats.auc import average_precision, rank_groups

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from trady2.config import BacktestConfig

__all__ = ["MOST_DIRECTION_AUC", "MOST_LIFT", "MOST_SHARPE", "lag_loss", "too_good", "up_lift"]

MOST_DIRECTION_AUC = 0.65
MOST_SHARPE = 3.0
MOST_LIFT = 2.0
_SURE_DIRECTION_AUC = 0.6
_SURE = 1.645
_MOST_LAG_LOSS = 0.5

Floats = NDArray[np.float64]


def too_good(evidence: TrainingEvidence) -> Outcome:
    """Compare the test zone with caps that no honest result has been seen above.

    A cap on a number counts only as far as the number is sure: short test zones reach a Sharpe ratio of 3 by luck.
    Precision is compared with that for the mirrored down-move, not with prevalence alone: volatility predicts both,
    and lifts the precision of rare moves to three times their prevalence on honest data.
    """
    if evidence.probability is None:
        return Outcome(skipped="no model has been trained yet; `trady2 train` checks its results")
    scorecard, metrics = evidence.scorecard, evidence.metrics
    rows = evidence.zones.rows["test"]
    up, down = up_lift(evidence.probability[rows], evidence.labels.direction[rows])
    lost = _lost_by_lag(evidence, evidence.probability if evidence.score is None else evidence.score)
    findings = [*_direction(scorecard), *_sharpe(metrics), *_lift(up, down), *_lag(lost)]
    numbers = {
        "direction_auc": scorecard.get("direction_auc"),
        "sharpe_ratio": metrics.get("sharpe_ratio"),
        "pr_auc_over_prevalence": up,
        "the_same_for_down_moves": down,
        "lost_by_a_lag_of_one_bar": lost,
    }
    thresholds = {
        "direction_auc": MOST_DIRECTION_AUC,
        "sharpe_ratio": MOST_SHARPE,
        "pr_auc_over_prevalence_against_down_moves": MOST_LIFT,
        "lost_by_a_lag_of_one_bar": _MOST_LAG_LOSS,
    }
    known = [f"{name} {value:.2f}" for name, value in list(numbers.items())[:2] if value is not None]
    return Outcome(tuple(findings), numbers, thresholds, note=", ".join(known).replace("_", " "))


def up_lift(score: Floats, direction: NDArray[np.int8]) -> tuple[float, float]:
    """Return the average precision over prevalence of (k,) scores, for up-moves and for mirrored down-moves."""
    known = np.isfinite(score)
    groups = rank_groups(score[known])
    return _lift_of(groups, direction[known] == 1), _lift_of(groups, direction[known] == -1)


def lag_loss(bars: pd.DataFrame, code: NDArray[np.integer], score: Floats, rules: BacktestConfig) -> float:
    """Return the share of the total return that is lost when each score acts a bar later; NaN without a gain."""
    later = np.full(len(score), np.nan)
    same = np.flatnonzero(code[1:] == code[:-1])
    later[same + 1] = score[same]
    gains = [float(run(bars, each, rules).pessimistic.total_return) for each in (score, later)]
    return float(1 - gains[1] / gains[0]) if gains[0] > 0 else float("nan")


def _lost_by_lag(evidence: TrainingEvidence, score: Floats) -> float:
    import pandas as pd

    panel = evidence.panel
    inside = panel.decision_time >= evidence.zones.start["test"]
    named = np.array(panel.assets)[panel.asset_code[inside]]
    times = pd.DatetimeIndex(panel.timestamp[inside], tz="UTC")
    prices = {name: getattr(panel, name)[inside] for name in PRICES}
    bars = pd.DataFrame({"timestamp": times, "asset": named, **prices})
    rules = evidence.config.backtest.model_copy(update={"threshold": evidence.threshold})
    return lag_loss(bars, panel.asset_code[inside], score[inside], rules)


def _lift_of(groups: NDArray[np.int64], positive: NDArray[np.bool_]) -> float:
    return average_precision(groups, positive)[0] / float(positive.mean()) if positive.any() else float("nan")


def _direction(scorecard: Mapping[str, Any]) -> list[Finding]:
    value = scorecard.get("direction_auc")
    if value is None or not value > MOST_DIRECTION_AUC:
        return []
    low = scorecard.get("intervals", {}).get("direction_auc", {}).get("low")
    sure = low is None or low > _SURE_DIRECTION_AUC
    return [_quarantine(f"a direction AUC of {value:.3f}", f"{MOST_DIRECTION_AUC}", sure)]


def _sharpe(metrics: Mapping[str, Any]) -> list[Finding]:
    value, years = metrics.get("sharpe_ratio"), metrics.get("years")
    if value is None or not value > MOST_SHARPE:
        return []
    error = np.sqrt((1 + 0.5 * value**2 / metrics["periods_per_year"]) / years) if years else 0.0
    return [_quarantine(f"a Sharpe ratio of {value:.2f}", f"{MOST_SHARPE:g}", value - _SURE * error > MOST_SHARPE)]


def _lift(up: float, down: float) -> list[Finding]:
    if not up > MOST_LIFT:
        return []
    sure = not up <= MOST_LIFT * down
    return [_quarantine(f"a precision of {up:.1f} times the share of up-moves", f"{MOST_LIFT:g} times", sure)]


def _quarantine(what: str, cap: str, sure: bool) -> Finding:
    if sure:
        text = f"the test zone shows {what}, above {cap}: look for a leak, or activate it with force and say why"
        return Finding("A7", None, text)
    text = f"the test zone shows {what}, above {cap}, which this much data can show by luck"
    return Finding("A7", None, text, "warn")


def _lag(lost: float) -> list[Finding]:
    if not lost > _MOST_LAG_LOSS:
        return []
    text = f"acting one bar later loses {lost:.0%} of the return; see that orders can really be placed that fast"
    return [Finding("A7", None, text, "warn")]
