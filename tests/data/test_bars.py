"""The store of bars."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pandas.testing as pt
import pytest

from trady2.data.bars import assets_in, read_bars, write_bars
from trady2.data.importing import BarsImport, import_bars
from trady2.data.simulation import simulate_bars
from trady2.errors import DataError, NotFoundError


def imported(bars: pd.DataFrame, *, unconfirmed: bool = False, timeframe: str = "1h") -> BarsImport:
    """Make an import of bars, the last one unconfirmed or not."""
    report = {"asset": str(bars["asset"].iloc[0]), "timeframe": timeframe}
    return BarsImport(bars, bars.iloc[:0], report, bars["timestamp"].iloc[-1] if unconfirmed else None)


def counts(result: dict[str, object]) -> dict[str, object]:
    """Leave out what is zero or no count."""
    return {name: value for name, value in result.items() if isinstance(value, int) and value}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Bars come back with their bits, over several years, and writing them again changes nothing."""
    bars = simulate_bars(20_000, seed=1, asset="BTC/USD")
    first = write_bars(tmp_path, imported(bars))
    assert counts(first) == {"added": 20_000, "stored": 20_000}
    assert (first["asset"], first["timeframe"], first["conflicts_file"]) == ("BTC/USD", "1h", None)
    pt.assert_frame_equal(read_bars(tmp_path, "BTC/USD"), bars)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    assert sorted(path.stem for path in files) == ["2020", "2021", "2022"]
    assert counts(write_bars(tmp_path, imported(bars))) == {"unchanged": 20_000, "stored": 20_000}
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == files
    assert assets_in(tmp_path) == ["BTC/USD"]


def stems(folder: Path) -> list[str]:
    """Name the files of bars."""
    return sorted(path.stem for path in folder.rglob("*.parquet"))


@pytest.mark.parametrize(
    ("timeframe", "files"),
    [
        ("1d", ["2020"]),
        ("15m", ["2020-01", "2020-02"]),
        ("1m", ["2020-W01", "2020-W02"]),
        ("5s", ["2020-01-01", "2020-01-02"]),
    ],
)
def test_short_bars_lie_in_short_files(tmp_path: Path, timeframe: str, files: list[str]) -> None:
    """Whatever the length of a file, parts in any order give the bars back; a new bar touches its own file alone."""
    rows = {"1d": 200, "15m": 3_400, "1m": 12_000, "5s": 20_000}[timeframe]
    bars = simulate_bars(rows, seed=3, timeframe=timeframe)
    for start, stop in ((rows // 2, rows - 1), (0, rows * 2 // 3)):
        write_bars(tmp_path, imported(bars.iloc[start:stop], timeframe=timeframe))
    assert stems(tmp_path) == files
    before = {path: path.stat().st_ino for path in tmp_path.rglob("*.parquet")}
    assert write_bars(tmp_path, imported(bars.iloc[-1:], timeframe=timeframe))["stored"] == rows
    assert [path.stem for path, inode in before.items() if path.stat().st_ino != inode] == files[-1:]
    pt.assert_frame_equal(read_bars(tmp_path, "SIM-USD"), bars)
    middle = bars.iloc[rows // 3 : rows // 2]
    start, end = middle["timestamp"].iloc[0], middle["timestamp"].iloc[-1] + pd.Timedelta("1us")
    pt.assert_frame_equal(read_bars(tmp_path, "SIM-USD", start=start, end=end), middle.reset_index(drop=True))


def test_a_store_cut_in_another_way_keeps_each_bar_once(tmp_path: Path) -> None:
    """Bars whose time has a file of another length stay in it; no bar is ever in two files."""
    bars = simulate_bars(12_000, seed=4, timeframe="1m", asset="A")
    write_bars(tmp_path, imported(bars.iloc[:3_000], timeframe="1m"))
    week = next(tmp_path.rglob("2020-W01.parquet"))
    week.rename(week.with_name("2020-01.parquet"))
    result = write_bars(tmp_path, imported(bars, timeframe="1m"))
    assert counts(result) == {"added": 9_000, "unchanged": 3_000, "stored": 12_000}
    assert stems(tmp_path) == ["2020-01"]
    pt.assert_frame_equal(read_bars(tmp_path, "A"), bars)


@pytest.mark.parametrize("note", [None, "{}", "[[1]]", "rubbish"])
def test_the_note_of_the_counts_may_be_lost(tmp_path: Path, bars: pd.DataFrame, note: str | None) -> None:
    """Without the note of the counted rows, or with rubbish for one, the files are counted."""
    write_bars(tmp_path, imported(bars.iloc[:9]))
    file = next(tmp_path.rglob(".rows.json"))
    file.unlink() if note is None else file.write_text(note)
    assert write_bars(tmp_path, imported(bars))["stored"] == 10


def test_parts_in_any_order_make_the_whole(tmp_path: Path) -> None:
    """Overlapping parts, the later one first, give the same store as one import."""
    bars = simulate_bars(500, seed=2)
    for start, stop in ((200, 500), (0, 300), (100, 250)):
        write_bars(tmp_path, imported(bars.iloc[start:stop]))
    pt.assert_frame_equal(read_bars(tmp_path, "SIM-USD"), bars)


def test_a_span_is_read(tmp_path: Path, bars: pd.DataFrame) -> None:
    """The start is inclusive, the end exclusive; outside there are no rows, but the columns."""
    write_bars(tmp_path, imported(bars))
    part = read_bars(tmp_path, "BTC-USD", start="2024-01-01T02:00:00Z", end="2024-01-01T05:00:00Z")
    pt.assert_frame_equal(part, bars.iloc[2:5].reset_index(drop=True), check_dtype=False)
    late = read_bars(tmp_path, "BTC-USD", start=pd.Timestamp("2025-01-01", tz="UTC"))
    assert (len(late), list(late)) == (0, list(bars))
    with pytest.raises(DataError, match="end='2024-01-01' has no time zone"):
        read_bars(tmp_path, "BTC-USD", end="2024-01-01")
    with pytest.raises(NotFoundError, match=r"asset 'BTC-EUR' is not in .*: did you mean 'BTC-USD'"):
        read_bars(tmp_path, "BTC-EUR")


def test_a_conflict_keeps_the_stored_bar(tmp_path: Path, bars: pd.DataFrame) -> None:
    """A closed bar that comes with other values is refused, counted and set aside; `replace` takes it."""
    write_bars(tmp_path, imported(bars))
    other = bars.assign(volume=bars["volume"].where(bars.index != 4, 99.0))
    for _ in range(2):
        result = write_bars(tmp_path, imported(other))
        assert counts(result) == {"unchanged": 9, "conflicts": 1, "stored": 10}
        refused = pd.read_parquet(str(result["conflicts_file"]))
        assert refused[["timestamp", "volume"]].to_numpy().tolist() == [[bars["timestamp"][4], 99.0]]
    assert read_bars(tmp_path, "BTC-USD")["volume"].tolist() == bars["volume"].tolist()
    result = write_bars(tmp_path, imported(other), replace=True)
    assert counts(result) == {"unchanged": 9, "replaced": 1, "stored": 10}
    assert read_bars(tmp_path, "BTC-USD")["volume"][4] == 99.0
    assert assets_in(tmp_path) == ["BTC-USD"]


def test_an_unconfirmed_bar_is_kept_apart_and_superseded(tmp_path: Path, bars: pd.DataFrame) -> None:
    """It is stored, left out of reading, and gives way silently; what stays unproven stays unconfirmed."""
    early = bars.iloc[:6].assign(volume=bars["volume"].where(bars.index != 5, 1.0))
    write_bars(tmp_path, imported(early, unconfirmed=True))
    assert len(read_bars(tmp_path, "BTC-USD")) == 5
    everything = read_bars(tmp_path, "BTC-USD", closed_only=False)
    assert everything["closed"].tolist() == [True] * 5 + [False]
    assert counts(write_bars(tmp_path, imported(bars.iloc[6:8]))) == {"added": 2, "stored": 8}
    assert len(read_bars(tmp_path, "BTC-USD")) == 7
    assert counts(write_bars(tmp_path, imported(bars))) == {"added": 2, "unchanged": 7, "superseded": 1, "stored": 10}
    pt.assert_frame_equal(read_bars(tmp_path, "BTC-USD"), bars, check_dtype=False)


def test_confirmation_and_doubt(tmp_path: Path, bars: pd.DataFrame) -> None:
    """The same bar, later known to be closed, becomes confirmed; a doubtful bar never touches a confirmed one."""
    write_bars(tmp_path, imported(bars, unconfirmed=True))
    assert counts(write_bars(tmp_path, imported(bars, unconfirmed=True))) == {"unchanged": 10, "stored": 10}
    assert counts(write_bars(tmp_path, imported(bars))) == {"unchanged": 9, "closed": 1, "stored": 10}
    doubtful = bars.assign(volume=bars["volume"].where(bars.index != 9, 1.0))
    assert counts(write_bars(tmp_path, imported(doubtful, unconfirmed=True))) == {"unchanged": 10, "stored": 10}
    assert read_bars(tmp_path, "BTC-USD")["volume"].tolist() == bars["volume"].tolist()


def test_another_timeframe_is_refused(tmp_path: Path, bars: pd.DataFrame) -> None:
    """A store holds one timeframe per asset."""
    write_bars(tmp_path, imported(bars))
    other = replace(imported(bars), report={"asset": "BTC-USD", "timeframe": "5m"})
    later = replace(other, bars=bars.assign(timestamp=bars["timestamp"] + pd.Timedelta(days=900)))
    for wrong in (other, later):
        with pytest.raises(DataError, match="BTC-USD is stored as 1h bars, these are 5m; import them into another"):
            write_bars(tmp_path, wrong)


def test_an_import_of_the_store_gives_its_bars(tmp_path: Path) -> None:
    """Stored files are files of bars like any others."""
    bars = simulate_bars(100, seed=2, asset="A/B")
    write_bars(tmp_path, imported(bars))
    pt.assert_frame_equal(import_bars(tmp_path).bars, bars)


def test_killed_writers_leave_old_or_new(tmp_path: Path) -> None:
    """However often writers are killed, each file is old or new, and the next run finishes the work and cleans up.

    ``TRADY2_KILL_MOMENTS`` sets how often, by default 10 times.
    """
    kills = int(os.environ.get("TRADY2_KILL_MOMENTS", "10"))
    script = Path(__file__).with_name("killed_writers.py")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, str(script), str(tmp_path), str(kills)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["left"] == []
    assert result["killed"] > 0
