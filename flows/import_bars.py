"""import-bars: files of bars → the checked and merged bars of each asset."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from flows.engine import current_engine, flow, task
from flows.runs import new_run, write_json
from trady2.data.bars import write_bars
from trady2.data.importing import group_by_asset, import_bars

__all__ = ["import_bars_flow"]


@task("find files", retries=2)
def find_files(paths: list[str], asset: str | None) -> dict[str, list[str]]:
    """Sort the files by asset, or take them all for the one that was named."""
    if asset:
        return {asset: paths}
    groups = group_by_asset([Path(path) for path in paths])
    current_engine().say(", ".join(f"{name}: {len(files)}" for name, files in groups.items()))
    return {name: [str(file) for file in files] for name, files in groups.items()}


@task("import", retries=2)
def import_asset(
    run: str,
    asset: str,
    files: list[str],
    bars: str,
    timeframe: str | None = None,
    fetched_at: datetime | None = None,
    replace: bool = False,
) -> dict[str, Any]:
    """Read, mend, check and store the bars of one asset; what was mended or refused is written to the run."""
    imported = import_bars([Path(file) for file in files], asset=asset, timeframe=timeframe, fetched_at=fetched_at)
    stored = write_bars(Path(bars), imported, replace=replace)
    stem = Path(run) / asset.replace("/", "-")
    result = {"asset": asset, "report": imported.report, "stored": stored, "file": f"{stem}.json"}
    write_json(Path(f"{stem}.json"), result)
    imported.quarantine.to_csv(f"{stem}.quarantine.csv", index=False)
    current_engine().say(f"{asset}: {len(imported.bars):,} bars, {len(imported.quarantine):,} rows in quarantine")
    current_engine().show_table(
        f"import-{asset}", [{"what": key, "count": str(value)} for key, value in stored.items()]
    )
    return result


@flow("import-bars")
def import_bars_flow(
    paths: list[str],
    asset: str | None = None,
    timeframe: str | None = None,
    bars: str = "data/bars",
    fetched_at: datetime | None = None,
    replace: bool = False,
) -> dict[str, Any]:
    """Import files and folders of bars.

    Args:
        paths: Files or folders: CSV, ZIP, Parquet, Feather.
        asset: The asset of all files; left out, it is read from the files or their names.
        timeframe: What one bar spans, such as 1h; left out, the usual step of the file.
        bars: Where the bars are stored.
        fetched_at: When the files were fetched; bars that were open then are refused.
        replace: Let a new bar that differs from the stored one take its place.
    """
    run = str(new_run("import-bars"))
    groups = find_files(paths, asset)
    results = [import_asset(run, name, files, bars, timeframe, fetched_at, replace) for name, files in groups.items()]
    return {"run": run, "assets": {result["asset"]: result for result in results}}
