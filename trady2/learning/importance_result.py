"""What is known of the importance of a model's features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from trady2.stats.bootstrap import Interval

__all__ = ["FeatureImportance", "Importance"]

_HEADS: Final = ("up", "down")


@dataclass(frozen=True)
class FeatureImportance:
    """One feature; `gain` and `mean_abs_shap` have a value for each head, that of the rise first.

    Attributes:
        gain: its share of the gain of all splits, 0 … 1.
        mean_abs_shap: what it adds to the log odds, up or down, in the mean over rows of the zone.
        log_loss: by how many nats a row the log loss grows where the feature is shuffled.
        direction_auc: by how much the AUC of up-movers against down-movers falls; NaN where there are not both.
    """

    feature: str
    gain: tuple[float, ...]
    mean_abs_shap: tuple[float, ...]
    log_loss: Interval
    direction_auc: Interval

    def as_json(self) -> dict[str, Any]:
        """Return a plain dictionary; None for a head that is not there, and for NaN."""
        return {
            "feature": self.feature,
            "gain": _by_head(self.gain),
            "mean_abs_shap": _by_head(self.mean_abs_shap),
            "permutation": {
                name: {end: _plain(value) for end, value in span._asdict().items()}
                for name, span in (("log_loss", self.log_loss), ("direction_auc", self.direction_auc))
            },
        }


@dataclass(frozen=True)
class Importance:
    """All features, the one whose shuffling costs most log loss first, and what they were measured on.

    Attributes:
        features: in that order; features in no tree last, with 0 throughout.
        log_loss: of the rows as they are.
        direction_auc: of the rows as they are.
        rows: that were measured.
        rows_in_zone: of which they are evenly spaced ones.
        n_eff: how many independent labels the zone amounts to.
        promised: whether one asset alone has 200 of them, below which the intervals may be too narrow.
        n_blocks: blocks in the bootstrap.
        block_bars: bar times in a block.
        repeats: how often each feature was shuffled.
        level: of the intervals.
    """

    features: tuple[FeatureImportance, ...]
    log_loss: float
    direction_auc: float
    rows: int
    rows_in_zone: int
    n_eff: float
    promised: bool
    n_blocks: int
    block_bars: int
    repeats: int
    level: float

    def as_json(self) -> dict[str, Any]:
        """Return a plain dictionary; None for NaN."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain |= {name: _plain(plain[name]) for name in ("log_loss", "direction_auc")}
        return {**plain, "features": [one.as_json() for one in self.features]}


def _by_head(values: tuple[float, ...]) -> dict[str, float | None]:
    return {name: float(values[place]) if place < len(values) else None for place, name in enumerate(_HEADS)}


def _plain(number: float) -> float | None:
    return None if np.isnan(number) else float(number)
