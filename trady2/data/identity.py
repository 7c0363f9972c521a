"""Which asset and which timeframe files hold, agreed between their columns, their names and their times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trady2.data.naming import name_facts, same_asset
from trady2.data.reading import RawBars
from trady2.data.timeframe import modal_step, timeframe_delta, timeframe_name
from trady2.data.times import UNREADABLE
from trady2.errors import DataError

__all__ = ["Identity", "agree", "assets_of", "one_spelling"]

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Identity:
    """What the files agree on; `keep` flags, per file, the rows of the asset (None for all)."""

    asset: str
    found: tuple[str, ...]
    step: np.timedelta64
    keep: list[Flags | None]

    @property
    def timeframe(self) -> str:
        """The step's name."""
        return timeframe_name(self.step)


def agree(raws: list[RawBars], asset: str | None, timeframe: str | None) -> Identity:
    """Return the one asset and the one timeframe of the files.

    With *asset*, a file with several gives the rows of that one; a single other name counts as its spelling.

    Raises:
        DataError: several assets or timeframes, others than asked for, or nothing that tells them.
    """
    found: dict[str, str] = {}
    keep = []
    for raw in raws:
        names, flags = _of_one(raw, assets_of(raw, required=asset is None), asset)
        keep.append(flags)
        for name in names:
            found.setdefault(one_spelling(name, found), raw.source)
    if len(found) > 1:
        listed = ", ".join(f"{name} ({source})" for name, source in sorted(found.items()))
        raise DataError(
            f"mixed assets: {listed}; import one at a time, group_by_asset tells the files apart",
            assets=sorted(found),
        )
    return Identity(asset or next(iter(found)), tuple(found), _agreed_step(raws, keep, timeframe), keep)


def assets_of(raw: RawBars, *, required: bool = True) -> list[str]:
    """Return the assets in a file: those of its asset column, else the one in its name.

    Raises:
        DataError: there is none, and one is *required*.
    """
    column = pc.unique(raw.asset).to_pylist() if raw.asset is not None else []
    found: dict[str, None] = {}
    for name in sorted(filter(None, column)) or filter(None, [name_facts(raw.told).asset]):
        found.setdefault(one_spelling(name, found))
    if required and not found:
        raise DataError(
            f"neither a column nor the name of {raw.source} tells its asset; give asset='BTC-USDT' or the like",
            source=raw.source,
        )
    return list(found)


def one_spelling(asset: str, known: Iterable[str]) -> str:
    """Return the spelling among *known* that means the same asset, else *asset* itself."""
    return next((name for name in known if same_asset(name, asset)), asset)


def _of_one(raw: RawBars, names: list[str], asset: str | None) -> tuple[list[str], Flags | None]:
    if asset is None or raw.asset is None or len(names) < 2 or not any(same_asset(name, asset) for name in names):
        return names, None
    spellings = [name for name in pc.unique(raw.asset).to_pylist() if name and same_asset(name, asset)]
    flags = pc.is_in(raw.asset, value_set=pa.array(spellings, pa.string())).to_numpy()
    return spellings[:1], flags.astype(bool)


def _agreed_step(raws: list[RawBars], keep: list[Flags | None], timeframe: str | None) -> np.timedelta64:
    """Return the modal step of the files' bars; with too few of them, what was asked for or a file name says."""
    asked = None if timeframe is None else timeframe_delta(timeframe)
    times = [_moments(raw, flags) for raw, flags in zip(raws, keep, strict=True)]
    own = {raw.source: modal_step(moments) for raw, moments in zip(raws, times, strict=True) if len(moments) > 2}
    if len(set(own.values())) > 1:
        listed = ", ".join(f"{timeframe_name(step)} ({source})" for source, step in own.items())
        raise DataError(f"mixed timeframes: {listed}; import one timeframe at a time", timeframes=listed)
    if not own:
        told = timeframe or next((facts.timeframe for raw in raws if (facts := name_facts(raw.told)).timeframe), None)
        return timeframe_delta(told) if told else modal_step(np.unique(np.concatenate(times)))
    found = next(iter(own.values()))
    if asked is not None and asked != found:
        raise DataError(
            f"{timeframe} bars were asked for, but these are {timeframe_name(found)} bars ({next(iter(own))}); "
            f"ask for {timeframe_name(found)}, or bring other files",
            asked=timeframe,
            found=timeframe_name(found),
        )
    return found


def _moments(raw: RawBars, flags: Flags | None) -> npt.NDArray[np.datetime64]:
    micro = raw.micro if flags is None else raw.micro[flags]
    return np.unique(micro[micro != UNREADABLE]).view("datetime64[us]")
