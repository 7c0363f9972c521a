"""Which map from raw score to probability to keep: the plain sigmoid, unless another one is proven better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.errors import NotEnoughDataError
from trady2.learning.calibrator import Calibrator, Method
from trady2.learning.calibrator_fit import fit_calibrator, log_losses
from trady2.learning.splitter import WalkForward
from trady2.learning.splitter_combinatorial import CombinatorialPurged
from trady2.stats.bootstrap import Interval, block_interval, block_sums
from trady2.stats.overlap import time_blocks, uniqueness

if TYPE_CHECKING:
    from trady2.learning.target import Labels

__all__ = ["Calibration", "calibrate"]

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]
Rows = NDArray[np.int64]

_FOLDS = 4
_LARGE_SAMPLE = 5000


@dataclass(frozen=True)
class Calibration:
    """The calibrator that was chosen, and why.

    `gains` holds for each candidate the log loss that it saves per row against the plain sigmoid, out of sample inside
    the zone, with its 90 % interval.
    """

    calibrator: Calibrator
    reason: str
    gains: dict[Method, Interval]
    rows: int
    n_eff: float

    def as_json(self) -> dict[str, object]:
        """Return a plain dictionary; an end of an interval that is unknown is None."""
        return {
            **self.calibrator.as_json(),
            "reason": self.reason,
            "gains": {name: [None if np.isnan(x) else x for x in gain] for name, gain in self.gains.items()},
            "rows": self.rows,
            "n_eff": self.n_eff,
        }


def calibrate(
    raw: Floats,
    labels: Labels,
    decision_time: Times,
    asset_code: NDArray[np.integer],
    *,
    method: Method | Literal["auto"],
    horizon_steps: int,
    seed: int = 0,
) -> Calibration:
    """Choose a calibrator on the rows of its zone.

    Platt and beta are fitted on three quarters of the zone and judged on the purged fourth, in turn; the better one
    is kept if the lower end of the 90 % block-bootstrap interval of its gain in log loss is above 0, so the plain
    sigmoid wins ties. Isotonic regression stands only with more than 5,000 independent labels, and has to beat the
    chosen one on the last third of the zone after learning on the rest. The winner is fitted again on the whole zone.

    Args:
        raw: (k,) raw scores.
        labels: of the same k rows, all known.
        decision_time: of the same rows.
        asset_code: of the same rows.
        method: ``auto``, or the one that is wanted without a contest.
        horizon_steps: sets the length of the blocks.
        seed: of the bootstrap.
    """
    positive = labels.label == 1
    n_eff = float(uniqueness(decision_time, labels.label_end, asset_code).sum())
    if method != "auto":
        return Calibration(fit_calibrator(method, raw, positive), "given by the configuration", {}, len(raw), n_eff)
    blocks = time_blocks(decision_time, horizon_steps).code
    contest = _Contest(raw, positive, decision_time, labels.label_end, blocks, seed)
    gains = contest.cross_fitted()
    chosen: Method = "identity"
    reason = "no candidate is proven better than the plain sigmoid" if gains else "too few rows to prove a gain"
    for name in sorted(gains, key=lambda name: -gains[name].value)[:1]:
        if gains[name].low > 0:
            chosen = name
            reason = f"{name} saves {gains[name].value:.2e} of log loss a row, at least {gains[name].low:.2e}"
    if gains and n_eff > _LARGE_SAMPLE:
        gains["isotonic"] = contest.isotonic_later(chosen)
        if gains["isotonic"].low > 0:
            reason = f"isotonic saves {gains['isotonic'].value:.2e} of log loss a row over {chosen} on a later slice"
            chosen = "isotonic"
    return Calibration(fit_calibrator(chosen, raw, positive), reason, gains, len(raw), n_eff)


class _Contest(NamedTuple):
    """The rows on which candidates are compared, always on rows that they have not learned from."""

    raw: Floats
    positive: NDArray[np.bool_]
    decision_time: Times
    label_end: Times
    blocks: NDArray[np.int64]
    seed: int

    def cross_fitted(self) -> dict[Method, Interval]:
        """Return the gains of Platt and beta over the plain sigmoid; nothing where the purge leaves nothing."""
        try:
            splits = list(
                CombinatorialPurged(n_blocks=_FOLDS, n_test_blocks=1).split(self.decision_time, self.label_end)
            )
        except NotEnoughDataError:
            return {}
        gains: dict[Method, Interval] = {}
        names: tuple[Method, ...] = ("platt", "beta")
        for name in names:
            gain, whole = np.empty(len(self.raw)), fit_calibrator(name, self.raw, self.positive)
            for train, test in splits:
                gain[test] = self._gain(name, "identity", train, test, near=whole)
            gains[name] = self._interval(gain, np.arange(len(gain)))
        return gains

    def isotonic_later(self, rival: Method) -> Interval:
        """Return the gain of isotonic regression over *rival* on the last third, both fitted on what comes before."""
        train, test = list(WalkForward(n_folds=2).split(self.decision_time, self.label_end))[-1]
        return self._interval(self._gain("isotonic", rival, train, test), test)

    def _gain(self, name: Method, rival: Method, train: Rows, test: Rows, *, near: Calibrator | None = None) -> Floats:
        raw, positive = self.raw[train], self.positive[train]
        losses = [
            log_losses(fit_calibrator(method, raw, positive, near=near)(self.raw[test]), self.positive[test])
            for method in (rival, name)
        ]
        return losses[0] - losses[1]

    def _interval(self, gain: Floats, rows: Rows) -> Interval:
        blocks = self.blocks[rows] - self.blocks[rows].min()
        sums = block_sums([gain, np.ones(len(gain))], blocks, int(blocks.max()) + 1)
        return block_interval(lambda parts: parts[..., 0] / parts[..., 1], sums, seed=self.seed)
