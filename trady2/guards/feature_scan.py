"""A6: does a single feature know the direction better than chance, and better than is believable?

Direction, because "a big move" is predicted by volatility alone. Chance is measured by shifting the labels against the
features in a circle, which keeps the memory of both and breaks only their alignment. All shifts at once are one
circular correlation, hence a Fourier transform a feature; the largest statistic over all features is taken at each
shift, so that many features do not make one of them look special (the maximum statistic of Westfall and Young 1993).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from trady2.guards.certificate import Finding, Outcome
from trady2.stats.auc import placements, rank_groups

__all__ = ["DIRECTION_CAP", "Scanned", "scan", "scan_outcome"]

DIRECTION_CAP = 0.15
"""Distance of a direction AUC from 0.5 beyond which no honest single feature has been seen.

Few rows show it by luck, and an honest edge that is large comes near it: hence the lower end of an interval.
"""

_LEVEL = 0.99
_LEAST_ROWS = 200
_COLLAPSE = 0.5
_SURE = 1.645
_SHOWN = 10

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Scanned:
    """One feature.

    Attributes:
        name: its column.
        auc: its direction AUC.
        auc_a_bar_earlier: that of its value a bar earlier.
        statistic: how far up-rows and down-rows lie apart in rank.
        spread: the root mean square of that over shifts.
        chance: the 99 % quantile over shifts of the largest statistic of all features.
    """

    name: str
    auc: float
    auc_a_bar_earlier: float
    statistic: float
    spread: float
    chance: float

    @property
    def beyond_chance(self) -> bool:
        """Whether shifted labels give such a statistic in fewer than one shift of a hundred, over all features."""
        return self.statistic > self.chance

    @property
    def surely(self) -> float:
        """How far the AUC lies from one half at least: the lower end of its 90 % interval, at the spread by chance."""
        distance = abs(self.auc - 0.5)
        return distance * (1 - _SURE * self.spread / self.statistic)


def scan(
    matrix: Floats, names: Sequence[str], direction: npt.NDArray[np.int8], rows: npt.NDArray[np.int64] | None = None
) -> list[Scanned]:
    """Scan (n, f) features against what the price did: 1 up, -1 down, 0 neither or unknown; n rows in time order.

    With *rows* only those of the matrix count, and the (k,) directions are theirs.

    The statistic is the mean rank share of a feature on up-rows less that on down-rows; a missing value has the
    middle rank. No result where fewer than 200 rows moved, or only one way.
    """
    ups, downs = direction == 1, direction == -1
    if min(ups.sum(), downs.sum()) < _LEAST_ROWS // 2:
        return []
    size = fft.prev_fast_len(len(direction))
    weight = (ups / ups.sum() - downs / downs.sum())[-size:]
    target = np.conj(fft.rfft(weight))
    shifts = slice(size // 4, size - size // 4)
    largest, now = np.zeros(shifts.stop - shifts.start), []
    moved = np.flatnonzero(direction != 0)
    for place in range(len(names)):
        column = matrix[:, place]
        groups = _groups(column if rows is None else column[rows])
        by_shift = fft.irfft(fft.rfft(_centred_ranks(groups)[-size:]) * target, size)
        np.maximum(largest, np.abs(by_shift[shifts]), out=largest)
        earlier = groups[np.maximum(moved - 1, 0)]
        spread = float(np.sqrt(np.mean(by_shift[shifts] ** 2)))
        now.append((_auc(groups[moved], ups[moved]), _auc(earlier, ups[moved]), abs(float(by_shift[0])), spread))
    chance = float(np.quantile(largest, _LEVEL))
    return [Scanned(name, *found, chance) for name, found in zip(names, now, strict=True)]


def scan_outcome(results: dict[str, list[Scanned]]) -> Outcome:
    """Judge scans by what they were against: a finding for each feature beyond the cap, a warning beyond chance."""
    if not any(results.values()):
        return Outcome(skipped=f"fewer than {_LEAST_ROWS} rows moved up or down; bring more bars, or a lower threshold")
    findings: dict[str, Finding] = {}
    for target, scanned in results.items():
        for each in scanned:
            found = _finding(each, target)
            if found and (each.name not in findings or found.level == "hard"):
                findings[each.name] = found
    strongest = sorted(
        (each for scanned in results.values() for each in scanned), key=lambda each: -np.nan_to_num(abs(each.auc - 0.5))
    )
    numbers = {
        "features": max(len(scanned) for scanned in results.values()),
        "targets": list(results),
        "strongest": [{"column": each.name, "direction_auc": each.auc} for each in strongest[:_SHOWN]],
        "chance": {target: scanned[0].chance for target, scanned in results.items() if scanned},
    }
    thresholds = {"direction_auc_from_half": DIRECTION_CAP, "chance_level": _LEVEL}
    note = f"the strongest of all has a direction AUC of {strongest[0].auc:.3f} ({strongest[0].name})"
    return Outcome(tuple(findings.values()), numbers, thresholds, note=note)


def _finding(each: Scanned, target: str) -> Finding | None:
    if not each.beyond_chance:
        return None
    distance, before = abs(each.auc - 0.5), abs(each.auc_a_bar_earlier - 0.5)
    collapse = (
        ", and loses more than half of that when it is taken a bar earlier" if before < _COLLAPSE * distance else ""
    )
    if each.surely > DIRECTION_CAP:
        text = (
            f"alone tells up from down over {target} with an AUC of {each.auc:.3f}{collapse}; no honest feature does: "
            "see where its values come from"
        )
        return Finding("A6", each.name, text, "hard")
    text = (
        f"alone tells up from down over {target} with an AUC of {each.auc:.3f}, more than chance over all features"
        f"{collapse}; look whether it may know that"
    )
    return Finding("A6", each.name, text, "warn")


def _groups(values: Floats) -> npt.NDArray[np.int64]:
    """Return how many distinct values are lower; -1 for a missing one."""
    groups = np.full(len(values), -1, np.int64)
    known = ~np.isnan(values)
    groups[known] = rank_groups(values[known].astype(np.float64))
    return groups


def _centred_ranks(groups: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return mid-ranks as shares of the known values, less their mean; 0 for what is missing."""
    known = groups >= 0
    ranks = np.zeros(len(groups))
    if known.any():
        counts = np.bincount(groups[known])
        share = ((np.cumsum(counts) - 0.5 * counts) / known.sum())[groups[known]]
        ranks[known] = share - share.mean()
    return ranks


def _auc(groups: npt.NDArray[np.int64], up: npt.NDArray[np.bool_]) -> float:
    known = groups >= 0
    place, up = placements(groups[known], up[known]), up[known]
    return float(place[up].mean()) if up.any() else float("nan")
