"""The numbers that tell skill from the luck of many trials, as one result."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from trady2.stats.backtest_overfitting import PBO
from trady2.stats.superior_ability import SPA

__all__ = ["Overfitting"]


@dataclass(frozen=True, kw_only=True)
class Overfitting:
    """A result beside what luck makes of as many trials. NaN for what is not defined; probabilities between 0 and 1.

    Attributes:
        chosen: the trial that is judged.
        n_observations: periods it has returns for.
        years: these periods amount to.
        sharpe: its annual Sharpe ratio.
        skew: of its returns, unbiased.
        kurtosis: of its returns, raw (normal = 3), unbiased.
        n_trials: how many were tried, those without returns included.
        n_compared: how many have returns over all periods of the chosen one; the others are taken for independent.
        n_effective: how many independent trials all of them amount to, see `stats.effective_number`.
        trials_variance: of the per-period Sharpe ratios of all trials; 0 for a single one.
        luck: annual Sharpe ratio that the best of `n_trials` reaches without any skill.
        luck_effective: the same for `n_effective` trials that each vary as a worthless one does.
        psr_2012: probability of a true Sharpe ratio above 0 (Bailey and López de Prado 2012).
        dsr_2014: probability of one above *luck* (Bailey and López de Prado 2014).
        dsr_2014_effective: probability of one above *luck_effective*.
        minimum_track_record_years: after which `psr_2012` reaches 95 % if it goes on like this; infinity for never.
        minimum_backtest_years: below which the best of `n_trials` reaches *target_sharpe* by luck alone.
        minimum_backtest_years_effective: the same for `n_effective`.
        target_sharpe: annual.
        pbo: probability of backtest overfitting, None where it does not apply.
        spa: Hansen's test by benchmark, ``flat`` and ``buy_and_hold``; over the compared trials.
        best: by benchmark, the trial that reached the statistic of *spa*; None where none was above it.
        not_applicable: by name, why a statistic is missing.
    """

    chosen: str
    n_observations: int
    years: float
    sharpe: float
    skew: float
    kurtosis: float
    n_trials: int
    n_compared: int
    n_effective: float
    trials_variance: float
    luck: float
    luck_effective: float
    psr_2012: float
    dsr_2014: float
    dsr_2014_effective: float
    minimum_track_record_years: float
    minimum_backtest_years: float
    minimum_backtest_years_effective: float
    target_sharpe: float
    pbo: PBO | None = field(repr=False)
    spa: dict[str, SPA]
    best: dict[str, str | None]
    not_applicable: dict[str, str]

    def as_json(self) -> dict[str, object]:
        """Return a plain dictionary: None for unknown and for never."""
        plain = {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__ if name not in ("pbo", "spa")}
        pbo = None
        if self.pbo:
            names = ("probability", "degradation", "probability_of_loss", "n_blocks", "n_combinations", "n_dropped")
            pbo = {name: _plain(getattr(self.pbo, name)) for name in names}
        spa = {name: {key: _plain(value) for key, value in test._asdict().items()} for name, test in self.spa.items()}
        return {**plain, "pbo": pbo, "spa": spa}


def _plain(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
