"""A10: the vectors on disk, from which models learn and the service answers, are what the bars give, to the bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.data.bars import read_bars
from trady2.data.times import utc_frame_times
from trady2.errors import DataError
from trady2.features.building import build
from trady2.guards.builds import told_error
from trady2.guards.certificate import Finding, Outcome
from trady2.guards.feature_source import FeatureSource

if TYPE_CHECKING:
    import pandas as pd

    from trady2.data.panel import Panel

__all__ = ["replay"]

_MOST_ASSETS = 4
_MOST_MARKET = 64


def replay(panel: Panel, source: FeatureSource) -> Outcome:
    """Build the features again from the stored bars, in memory, and compare the bits; of up to four assets.

    Vectors from before the configured start and later bars without a vector are no fault. With a market of
    more than 64 assets, the columns that compare assets are left out.
    """
    market = _market(source)
    chosen = panel.assets if len(panel.assets) <= _MOST_ASSETS else panel.assets[:: len(panel.assets) // _MOST_ASSETS]
    findings, rows = [], 0
    left_out: set[str] = set()
    for asset in chosen[:_MOST_ASSETS]:
        bars = read_bars(source.config.data.bars, asset)
        again = _built(bars, source, market)
        part = panel.asset_rows(panel.assets.index(asset))
        rows += part.stop - part.start
        left_out |= set(panel.feature_names) - set(again.columns)
        findings += _compared(panel, part, asset, again)
    numbers = {"assets": len(chosen[:_MOST_ASSETS]), "rows": rows, "columns_left_out": sorted(left_out)}
    return Outcome(tuple(findings), numbers, {"bits_that_differ": 0}, note=f"{rows:,} vectors agree to the bit")


def _built(bars: pd.DataFrame, source: FeatureSource, market: pd.DataFrame | None) -> pd.DataFrame:
    try:
        return build(bars, source.config.features, market=market)
    except Exception as error:  # a user's own builder may raise anything
        raise DataError(f"the features cannot be built again: {told_error(error)}") from error


def _market(source: FeatureSource) -> pd.DataFrame | None:
    import pandas as pd

    leader = source.config.features.market_leader
    names = [leader] if leader else list(source.assets)
    if not source.has_market or (len(names) > _MOST_MARKET and source.config.features.indicators is None):
        return None
    return pd.concat([read_bars(source.config.data.bars, name) for name in names], ignore_index=True)


def _compared(panel: Panel, part: slice, asset: str, again: pd.DataFrame) -> list[Finding]:
    time, stored = utc_frame_times(again["timestamp"]), panel.timestamp[part]
    place = np.minimum(np.searchsorted(time, stored), len(time) - 1)
    lost = np.flatnonzero(time[place] != stored)
    if len(lost):
        text = f"{asset} has {len(lost):,} vectors without a stored bar, the first at {stored[lost[0]]}Z"
        return [Finding("A10", None, f"{text}; build them again: trady2 features build --config FILE")]
    findings = []
    for number, name in enumerate(panel.feature_names):
        if name not in again.columns:
            continue
        differ = _differ(panel.features[part, number], again[name].to_numpy(np.float32)[place])
        if len(differ):
            row = differ[0]
            text = f"{asset}: {len(differ):,} stored values are not what the bars give, the first at {stored[row]}Z"
            way_out = "the bars or the code changed since they were built: trady2 features build --config FILE"
            findings.append(Finding("A10", name, f"{text}; {way_out}"))
    return findings


def _differ(stored: NDArray[np.float32], again: NDArray[np.float32]) -> NDArray[np.int64]:
    missing = np.isnan(stored) & np.isnan(again)
    same = np.ascontiguousarray(stored).view(np.int32) == np.ascontiguousarray(again).view(np.int32)
    return np.flatnonzero(~(same | missing))
