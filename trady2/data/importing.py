"""From files of any venue to clean bars, with an account of everything that was repaired or kept out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trady2.data.identity import Identity, agree, assets_of, one_spelling
from trady2.data.import_report import account
from trady2.data.judging import judge
from trady2.data.quarantine import quarantine_frame
from trady2.data.reading import read_source
from trady2.data.sources import find_sources

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BarsImport", "group_by_asset", "import_bars"]

Paths = str | Path | Iterable[str | Path]
Progress = Callable[[str, float], None]


@dataclass(frozen=True, eq=False)
class BarsImport:
    """What an import gave.

    Attributes:
        bars: ``timestamp`` (bar open, UTC), ``asset``, OHLCV as float64; sorted, unique, possible.
        quarantine: the rows kept out: ``source, row, timestamp, reason`` and, as text, the values in the file.
        report: every repair and every row kept out, counted per file and in total; plain values for JSON.
        unconfirmed: the last bar's timestamp where nothing tells that it had closed, else None.
    """

    bars: pd.DataFrame
    quarantine: pd.DataFrame
    report: dict[str, Any]
    unconfirmed: pd.Timestamp | None


def import_bars(
    paths: Paths,
    *,
    asset: str | None = None,
    timeframe: str | None = None,
    fetched_at: object = None,
    progress: Progress | None = None,
) -> BarsImport:
    """Read the bars of one asset from files and folders, which may overlap.

    Args:
        paths: CSV (also in ZIP or gzip), Parquet or Feather files with OHLCV columns, or folders of them.
        asset: its name; None to take it from an ``asset`` or ``symbol`` column or the file names.
        timeframe: such as ``1h``; None to take the most frequent step.
        fetched_at: when the files were downloaded, a moment with a zone. Only it can tell whether the last bar had
            closed: bars that close later go to quarantine. Without it the last bar stays, as `unconfirmed`.
        progress: called with a text and the share done, 0 to 1.

    Raises:
        NotFoundError: a path does not exist, or a folder holds no such file.
        DataError: a file is empty, unreadable, lacks columns or holds no usable bar; several assets or timeframes.
    """
    import pandas as pd

    sources = find_sources(paths)
    raws = []
    for done, source in enumerate(sources):
        if progress is not None:
            progress(f"reading {source.name}", done / (len(sources) + 1))
        raws.append(read_source(source))
    who = agree(raws, asset, timeframe)
    if progress is not None:
        progress("checking bars", len(sources) / (len(sources) + 1))
    rows, repairs = judge(raws, who.keep, who.step, fetched_at)
    times, values = rows.bars()
    stamps = pd.DatetimeIndex(times).tz_localize("UTC")
    assets = pd.array([who.asset], dtype="str").take([0] * len(times))
    bars = pd.DataFrame({"timestamp": stamps, "asset": assets, **values})
    unconfirmed = stamps[-1] if fetched_at is None else None
    report = _report(who, unconfirmed, account(raws, rows, repairs, times, values, who.step))
    if progress is not None:
        progress("imported", 1.0)
    return BarsImport(bars, quarantine_frame(raws, rows), report, unconfirmed)


def _report(who: Identity, unconfirmed: pd.Timestamp | None, body: dict[str, object]) -> dict[str, Any]:
    return {
        "asset": who.asset,
        "asset_in_files": list(who.found),
        "timeframe": who.timeframe,
        "unconfirmed": None if unconfirmed is None else f"{unconfirmed.tz_localize(None).isoformat()}Z",
        **body,
    }


def group_by_asset(paths: Paths) -> dict[str, list[Path]]:
    """Tell which files hold which asset, for folders with several; a file with several assets stands under each.

    Raises:
        NotFoundError: a path does not exist, or a folder holds no such file.
        DataError: a file is unreadable, or tells its asset neither in a column nor in its name.
    """
    groups: dict[str, list[Path]] = {}
    for source in find_sources(paths):
        for asset in assets_of(read_source(source)):
            files = groups.setdefault(one_spelling(asset, groups), [])
            if source.path not in files:
                files.append(source.path)
    return dict(sorted(groups.items()))
