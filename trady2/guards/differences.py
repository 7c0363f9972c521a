"""Two computations of the same features, compared column by column, over many cuts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from trady2.guards.builds import Built

__all__ = ["Difference", "Differences", "Tolerance", "exact", "scales", "within"]

Floats = npt.NDArray[np.floating]
Tolerance = Callable[[Floats, Floats], Floats]

_RELATIVE = 1e-9
_FLOAT32_ROUNDING = 2.5e-7  # two units in the last place: a float64 that moved by its own last bit may round otherwise


def exact(values: Floats, scale: Floats) -> Floats:
    """Allow for rounding alone: 1e-9 of the larger of value and scale, and for float32 two units in the last place."""
    size = np.abs(values, dtype=np.float64)
    rounding = _FLOAT32_ROUNDING * size if values.dtype == np.float32 else 0.0
    return np.asarray(_RELATIVE * np.maximum(size, scale) + rounding, np.float64)


def within(share: float) -> Tolerance:
    """Allow for *share* of a column's standard deviation, and for rounding."""
    return lambda values, scale: np.asarray(share * scale + exact(values, scale), np.float64)


def scales(matrix: Floats) -> npt.NDArray[np.float64]:
    """Return the (f,) standard deviations of the finite values; where there is none, the largest size, or 1."""
    with np.errstate(all="ignore"):
        values = np.where(np.isfinite(matrix), matrix, np.nan).astype(np.float64)
        known = np.isfinite(values).any(axis=0)
        values[:, ~known] = 1.0
        spread, largest = np.nanstd(values, axis=0), np.nanmax(np.abs(values), axis=0)
    return np.asarray(np.where(spread > 1e-12 * largest, spread, np.where(largest > 0, largest, 1.0)), np.float64)


@dataclass
class Difference:
    """How a column differed: at how many cuts, how far before one at most, by how much, and the first example."""

    cuts: int = 0
    reach_bars: int = 0
    worst: float = 0.0
    example: str = ""
    absent: bool = False


@dataclass
class Differences:
    """What was found over all cuts of a check.

    Attributes:
        columns: by name, only those that differed.
        faults: what the function said where it could not be called, each text once with its number of cuts.
        cuts: how many were compared.
        rows: how many rows were.
    """

    columns: dict[str, Difference] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    cuts: int = 0
    rows: int = 0
    worst: float = 0.0

    def fault(self, text: str) -> None:
        """Note that the function could not be called at a cut."""
        self.cuts += 1
        self.faults[text] = self.faults.get(text, 0) + 1

    def compare(
        self,
        expected: tuple[Built, slice | npt.NDArray[np.int64]],
        found: tuple[Built, slice | npt.NDArray[np.int64]],
        *,
        scale: dict[str, float],
        tolerance: Tolerance,
        age: npt.NDArray[np.int64],
        time: npt.NDArray[np.datetime64],
    ) -> None:
        """Compare the same k bars in two builds.

        Args:
            expected: a build and which of its rows.
            found: the other one and which of its rows.
            scale: of each column; one that is not named counts by its own size.
            tolerance: how far apart values may be.
            age: (k,) bars between the row and the cut.
            time: (k,) of the rows.
        """
        self.cuts += 1
        self.rows += len(age)
        first, second = expected[0], found[0]
        for name in sorted(set(first.names) ^ set(second.names)):
            self._note(
                name, int(age.max(initial=0)), np.inf, f"it is there only in one of them, such as at {time[-1]}Z"
            )
            self.columns[name].absent = True
        common = [name for name in first.names if name in second.names]
        left, right = _taken(*expected, common), _taken(*found, common)
        if left.dtype == right.dtype and np.array_equal(left, right, equal_nan=True):
            return
        size = np.array([scale.get(name, 1.0) for name in common])
        apart = _apart(left, right, size, tolerance)
        with np.errstate(all="ignore"):
            gap = np.abs(left.astype(np.float64) - right) / size
        self.worst = max(self.worst, float(np.nanmax(gap, initial=0.0)))
        for column in np.flatnonzero(apart.any(axis=0)):
            rows = np.flatnonzero(apart[:, column])
            row = rows[np.argmin(age[rows])]
            text = f"{time[row]}Z it is {left[row, column]:.6g} or {right[row, column]:.6g}"
            worst = float(np.nanmax(gap[rows, column], initial=0.0))
            self._note(common[column], int(age[rows].max()), worst or np.inf, text)

    def _note(self, name: str, reach: int, worst: float, example: str) -> None:
        kept = self.columns.setdefault(name, Difference(example=example))
        kept.cuts += 1
        kept.reach_bars = max(kept.reach_bars, reach)
        kept.worst = max(kept.worst, worst)


def _taken(built: Built, rows: slice | npt.NDArray[np.int64], names: list[str]) -> Floats:
    part = built.matrix[rows]
    return part if names == list(built.names) else part[:, [built.names.index(name) for name in names]]


def _apart(left: Floats, right: Floats, scale: npt.NDArray[np.float64], tolerance: Tolerance) -> npt.NDArray[np.bool_]:
    """Tell where values differ by more than is allowed; NaN equals NaN, infinity itself."""
    with np.errstate(all="ignore"):
        beyond = np.abs(left.astype(np.float64) - right) > tolerance(left, scale)
    odd = ~(np.isfinite(left) & np.isfinite(right))
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    return np.where(odd, ~same, beyond)
