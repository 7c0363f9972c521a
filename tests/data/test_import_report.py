"""The account of an import."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from trady2.data.import_report import BROKEN_LINE
from trady2.data.importing import import_bars

WriteCsv = Callable[..., Path]
Hours = Callable[..., list[str]]


def test_every_row_is_accounted_for(write_csv: WriteCsv, hours: Hours) -> None:
    """Per file and in total: rows = kept + other assets + copies dropped + quarantined; and it is plain JSON."""
    first = hours(40, {3: "x,1,1,1,1,1", 5: "1,2,3", 8: "1704096000,100,98,99,101,10"})
    second = [line + (",OTHER" if place % 9 == 4 else ",A") for place, line in enumerate(hours(50))]
    paths = [
        write_csv("A-1h.csv", *first),
        write_csv("b.csv", "timestamp,open,high,low,close,volume,symbol", *second[1:]),
    ]
    report = import_bars(paths, asset="A").report
    assert json.loads(json.dumps(report)) == report
    for entry in [*report["files"], {**report, "kept": report["bars"], "other_assets": 6}]:
        dropped = entry["repairs"].get("exact duplicates dropped", 0)
        assert entry["rows"] == entry["kept"] + entry["other_assets"] + dropped + sum(entry["quarantine"].values())
    assert report["quarantine"] == {BROKEN_LINE: 1, "high below low": 1, "the time is missing or unreadable": 1}
    assert report["rows"] == 90


def test_order_notes_and_flat_bars(write_csv: WriteCsv, hours: Hours) -> None:
    """Rows out of order are counted, flat bars without volume are listed in runs, and so are gaps."""
    flat = {row: f"{1_704_067_200 + 3_600 * row},7,7,7,7,0" for row in (4, 5, 9)}
    lines = hours(20, flat)
    del lines[13:15]
    report = import_bars(write_csv("A-1h.csv", lines[0], *reversed(lines[1:]))).report
    assert report["repairs"] == {"rows brought into time order": 17}
    runs = [["2024-01-01T04:00:00Z", 2], ["2024-01-01T09:00:00Z", 1]]
    assert report["flat_zero_volume"] == {"bars": 3, "runs": runs}
    assert report["gaps"]["24/7"] == {"bars": 2, "runs": 1, "longest": 2}
    assert (report["first"], report["last"]) == ("2024-01-01T00:00:00Z", "2024-01-01T19:00:00Z")


def test_bars_that_miss_the_next_open_are_suspect(write_csv: WriteCsv) -> None:
    """In a market whose bars join, a close far from the next open is listed and left as it is."""
    prices = [100 + (row * 7) % 5 for row in range(201)]
    lines = [
        f"{1_704_067_200 + 3_600 * row},{opened},200,50,{close + (3 if row == 99 else 0)},{10 + row}"
        for row, (opened, close) in enumerate(pairwise(prices))
    ]
    imported = import_bars(write_csv("A-1h.csv", "time,open,high,low,close,volume", *lines))
    assert imported.report["suspect_unfinished"] == {"bars": 1, "times": ["2024-01-05T03:00:00Z"]}
    assert len(imported.bars) == 200
    loose = [line.replace(",200,50,", f",200,50,{100 + row % 3}#").split("#") for row, line in enumerate(lines)]
    rows = [f"{head},{tail.split(',', 1)[1]}" for head, tail in loose]
    assert (
        import_bars(write_csv("B-1h.csv", "time,open,high,low,close,volume", *rows)).report["suspect_unfinished"][
            "bars"
        ]
        == 0
    )


@pytest.mark.parametrize("hours_apart", [5, 24 * 7])
def test_steps_without_a_week_have_a_report(tmp_path: Path, bars: pd.DataFrame, hours_apart: int) -> None:
    """A step that does not divide a week has no sessions to learn; the report still comes."""
    times = pd.date_range("2024-01-01", periods=10, freq=f"{hours_apart}h", tz="UTC", unit="us").delete(4)
    bars.iloc[:9].assign(timestamp=times).to_parquet(tmp_path / "x.parquet")
    gaps = import_bars(tmp_path).report["gaps"]
    assert (gaps["24/7"]["bars"], gaps["sessions"]["bars"]) == (1, int(hours_apart > 5))
