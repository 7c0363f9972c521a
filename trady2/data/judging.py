"""The judgement of an import: which rows are bars, which are repaired, which are kept out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trady2.data.checks import off_grid, value_faults
from trady2.data.reading import RawBars
from trady2.data.repair import CONFLICT, drop_duplicates, keep_out_repeated, swap_volumes
from trady2.data.rows import Rows
from trady2.data.times import UNREADABLE, utc_time
from trady2.errors import DataError

__all__ = ["judge"]


# Fewer conflicts than this may be chance.
_STRANGERS = 24

Flags = npt.NDArray[np.bool_]


def judge(
    raws: list[RawBars], keep: list[Flags | None], step: np.timedelta64, fetched_at: object
) -> tuple[Rows, dict[str, Flags]]:
    """Join the files' rows, repair and judge them, in the order in which one fault can hide another.

    Args:
        raws: the files.
        keep: per file, flags of the rows of the asset; None for all.
        step: the timeframe.
        fetched_at: a moment with a zone after which no bar can have been closed, or None.

    Returns:
        The rows, and (n,) flags of those repaired, or left although something is odd, per kind.

    Raises:
        DataError: no usable bar is left; the message counts the reasons.
    """
    fetched = None if fetched_at is None else utc_time(fetched_at, "fetched_at")
    rows = Rows.of(raws, keep)
    rows.fault("the time is missing or unreadable", rows.micro == UNREADABLE)
    swapped, unproven = swap_volumes(rows)
    for reason, wrong in value_faults(rows.values):
        rows.fault(reason, wrong)
    good = np.flatnonzero(rows.good)
    wrong = np.zeros(len(rows), bool)
    wrong[good] = off_grid(rows.micro[good], step)
    rows.fault("off the grid of the timeframe", wrong)
    if fetched is not None:
        closes = rows.micro.view("datetime64[us]") + step
        rows.fault("unfinished: it closes after the time of download", rows.good & (closes > fetched))
    drop_duplicates(rows)
    _refuse_strangers(raws, rows)
    keep_out_repeated(rows, step)
    if not rows.good.any():
        reasons = ", ".join(f"{count} × {reason}" for reason, count in rows.faults().most_common())
        names = ", ".join(raw.source for raw in raws)
        raise DataError(f"no usable bar in {names}: {reasons or 'no rows'}; mend the files", reasons=rows.faults())
    odd = "base and quote volume disagree with the price either way (left as they are)"
    return rows, {"base and quote volume exchanged": swapped & rows.good, odd: unproven & rows.good}


def _refuse_strangers(raws: list[RawBars], rows: Rows) -> None:
    """Raise DataError when files contradict each other at most of the times they share: they are two markets."""
    if len(raws) < 2 or CONFLICT not in rows.reasons:
        return
    shared = rows.dropped | np.isin(rows.code, [rows.reasons.index(CONFLICT)])
    conflicts = np.unique(rows.micro[shared & ~rows.dropped])
    overlap = np.unique(rows.micro[shared])
    if len(conflicts) >= _STRANGERS and 2 * len(conflicts) > len(overlap):
        raise DataError(
            f"{', '.join(raw.source for raw in raws)} give other values for {len(conflicts)} of the {len(overlap)} "
            "times that several of them hold: they are not one market; import each venue on its own",
            conflicts=len(conflicts),
            overlap=len(overlap),
        )
