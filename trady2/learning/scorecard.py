"""How good probabilities and signal are, with intervals that know that labels overlap."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trady2.errors import DataError
from trady2.learning.measures import Measured, measures
from trady2.stats.bootstrap import Interval, block_interval, block_sums
from trady2.stats.overlap import TimeBlocks, time_blocks, uniqueness

if TYPE_CHECKING:
    from trady2.learning.signal import SignalKind
    from trady2.learning.target import Labels

__all__ = ["BY_SIGNAL", "LEAST_N_EFF", "Scorecard", "score"]

Floats = NDArray[np.float64]

LEAST_N_EFF = 200
"""Independent labels in one asset from which on the coverage of the intervals is promised."""


BY_SIGNAL: tuple[str, ...] = ("precision_at_threshold", "signal_rate", "mean_return_at_threshold")
BY_SIGNAL += ("direction_auc", "direction_skill", "down_auc")
"""The measures of the signal's score; all others but the baseline's are of the probability of a rise."""

_RELIABILITY_BINS = 10
_RANGES = {"log_loss": (0, np.inf), "log_loss_skill": (-np.inf, 1), "mean_return_at_threshold": (-1, np.inf)}


@dataclass(frozen=True)
class Scorecard:
    """The measures of one zone. NaN for what is not defined there.

    Attributes:
        metrics: each measure by name with its interval:
            ``log_loss`` in nats; ``log_loss_skill`` 1 - log loss / log loss of the zone's own base rate;
            ``brier``; ``roc_auc``; ``pr_auc`` average precision, to be read beside ``prevalence``. These are of the
            probability of a rise, those of `BY_SIGNAL` of the signal's score: ``precision_at_threshold``,
            ``signal_rate`` and ``mean_return_at_threshold`` (forward, before costs) of the rows above the threshold;
            ``direction_auc`` of up-movers against down-movers; ``direction_skill`` the same within fifths of the
            volatility baseline; ``down_auc`` against the mirrored target, at most 0.5 where the score knows direction.
            ``volatility_auc`` is what the baseline alone reaches.
        signal_kind: what the score is made from; by ``probability`` it is the probability of a rise itself.
        threshold: above which a row's score is a signal.
        n: rows measured.
        n_eff: how many independent labels they amount to.
        n_without_probability: rows left out because they have none.
        n_blocks: blocks in the bootstrap.
        block_bars: bar times in a block.
        level: of the intervals.
        promised: whether one asset alone has an n_eff of 200, below which the intervals may be too narrow.
        reliability: per tenth of the rows by probability: ``rows``, mean ``probability``, ``observed`` share of ones.
    """

    metrics: dict[str, Interval]
    signal_kind: SignalKind
    threshold: float
    n: int
    n_eff: float
    n_without_probability: int
    n_blocks: int
    block_bars: int
    level: float
    promised: bool
    reliability: list[dict[str, float]] = field(repr=False)

    def __getattr__(self, name: str) -> float:
        """Give the value of a measure by its name."""
        metrics = self.__dict__.get("metrics", {})
        if name in metrics:
            return float(metrics[name].value)
        raise AttributeError(f"a scorecard has no {name!r}; it has {', '.join(metrics)}")

    def as_json(self) -> dict[str, object]:
        """Return a plain dictionary: measures as numbers, ends under ``intervals``, `BY_SIGNAL`; None for unknown."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "metrics"}
        return {
            **{name: _plain(interval.value) for name, interval in self.metrics.items()},
            "intervals": {n: {"low": _plain(i.low), "high": _plain(i.high)} for n, i in self.metrics.items()},
            "by_signal": list(BY_SIGNAL),
            **plain,
        }


def _plain(number: float) -> float | None:
    return None if np.isnan(number) else float(number)


def score(
    probability: Floats,
    labels: Labels,
    decision_time: NDArray[np.datetime64],
    asset_code: NDArray[np.integer],
    volatility: Floats,
    *,
    threshold: float,
    horizon_steps: int,
    signal_score: Floats | None = None,
    level: float = 0.9,
    replicates: int = 999,
    seed: int = 0,
) -> Scorecard:
    """Measure (k,) probabilities, and the scores that are traded on, against what became of their rows.

    Rows without a probability or a known label are left out. The intervals come from a studentised bootstrap of blocks
    of at least 5 horizons of time; rows of several assets at one time stay in one block. Those of the log-loss skill
    are symmetric: its error grows so much away from 0 that equal tails covered 86 %. What they cover is measured by
    ``benchmarks/interval_coverage.py``.

    Args:
        probability: (k,) of the label being 1; NaN for none.
        labels: of the same rows.
        decision_time: of the same rows, UTC.
        asset_code: of the same rows.
        volatility: of the same rows, the baseline that knows no direction; see `trailing_volatility`.
        threshold: a row whose score is above it is a signal.
        horizon_steps: N.
        signal_score: (k,) of the signal ``expected_return``; None where the probability itself is the score.
        level: of the intervals.
        replicates: of the bootstrap.
        seed: of the bootstrap.

    Raises DataError where no row has both a probability and a label.
    """
    use, scores = _rows_to_measure(probability, labels), probability if signal_score is None else signal_score
    without = int(np.count_nonzero(~np.isfinite(probability)))
    probability, labels, volatility = probability[use], labels.take(use), np.nan_to_num(volatility[use], nan=0.0)
    times, codes = decision_time[use], asset_code[use]
    blocks = time_blocks(times, horizon_steps)
    unique = uniqueness(times, labels.label_end, codes)
    n_eff_of_assets = np.bincount(codes, unique)
    independent = unique / int(np.count_nonzero(n_eff_of_assets))
    measured = measures(probability, scores[use], labels, volatility, threshold, independent)
    settings = {"level": level, "replicates": replicates, "seed": seed}
    metrics = {name: _interval(name, one, blocks, **settings) for name, one in measured.items()}
    return Scorecard(
        metrics=metrics,
        signal_kind="probability" if signal_score is None else "expected_return",
        threshold=float(threshold),
        n=len(use),
        n_eff=float(n_eff_of_assets.sum()),
        n_without_probability=without,
        n_blocks=blocks.n_blocks,
        block_bars=blocks.length,
        level=level,
        promised=bool(n_eff_of_assets.max() >= LEAST_N_EFF),
        reliability=_reliability(probability, labels.label),
    )


def _rows_to_measure(probability: Floats, labels: Labels) -> NDArray[np.int64]:
    use = np.flatnonzero(np.isfinite(probability) & (labels.label >= 0))
    if not len(use):
        raise DataError(
            f"none of {len(probability)} rows has both a probability and a label; predict rows whose label is known",
            rows=len(probability),
        )
    return use


def _interval(name: str, measured: Measured, blocks: TimeBlocks, **settings: Any) -> Interval:
    statistic, columns, rows = measured
    pieces = blocks.piece if rows is None else blocks.piece[rows]
    sums = block_sums(columns, pieces, blocks.n_blocks * blocks.pieces_per_block)
    symmetric = name == "log_loss_skill"
    found = block_interval(statistic, sums, pieces_per_block=blocks.pieces_per_block, symmetric=symmetric, **settings)
    return Interval(found.value, *np.clip(found[1:], *_RANGES.get(name, (0, 1))).tolist())


def _reliability(probability: Floats, label: NDArray[np.int8]) -> list[dict[str, float]]:
    edges = np.quantile(probability, np.linspace(0, 1, _RELIABILITY_BINS + 1)[1:-1])
    place = np.searchsorted(edges, probability, side="left")
    rows = np.bincount(place, minlength=_RELIABILITY_BINS)
    sums = np.bincount(place, probability, _RELIABILITY_BINS), np.bincount(place, label, _RELIABILITY_BINS)
    return [
        {"rows": int(n), "probability": float(p / n), "observed": float(y / n)}
        for n, p, y in zip(rows, *sums, strict=True)
        if n
    ]
