"""Whole imports, of made and of real files."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pandas.testing as pt
import pytest

from trady2.data.checks import check_bars
from trady2.data.importing import group_by_asset, import_bars
from trady2.data.simulation import simulate_bars
from trady2.errors import DataError, NotFoundError

WriteCsv = Callable[..., Path]
Hours = Callable[..., list[str]]
PRICES = ["open", "high", "low", "close", "volume"]


@pytest.mark.parametrize("form", ["csv", "shuffled csv", "parquet", "feather", "zip", "gz", "binance ms", "binance us"])
def test_bars_survive_any_form(tmp_path: Path, form: str) -> None:
    """The same bars, written in any supported form, are imported with their bits."""
    bars = simulate_bars(300, seed=3, asset="SIMUSD")
    path = tmp_path / "SIMUSD-1h-2020-01"
    plain = bars.drop(columns="asset")
    kind = form.split()[-1]
    if kind == "parquet":
        plain.to_parquet(path.with_suffix(".parquet"))
    elif kind == "feather":
        plain.to_feather(path.with_suffix(".feather"))
    elif kind in ("ms", "us"):
        stamps = bars["timestamp"].astype("int64") // (1_000 if kind == "ms" else 1)
        extra = dict.fromkeys(("closed", "quote", "count", "buy", "buy quote", "ignore"), 0)
        frame = plain.assign(timestamp=stamps, **extra)
        frame.to_csv(path.with_suffix(".csv"), index=False, header=False)
    else:
        rows = plain.sample(frac=1, random_state=1) if form.startswith("shuffled") else plain
        suffix = {"csv": ".csv", "zip": ".zip", "gz": ".csv.gz"}[kind]
        compression = {"method": "zip", "archive_name": "SIMUSD-1h-2020-01.csv"} if kind == "zip" else "infer"
        rows.to_csv(path.with_name(path.name + suffix), index=False, compression=compression)
    imported = import_bars(tmp_path)
    pt.assert_frame_equal(imported.bars, bars)
    assert (imported.report["timeframe"], imported.report["bars"], len(imported.quarantine)) == ("1h", 300, 0)


def test_overlapping_files_are_one_history(write_csv: WriteCsv, hours: Hours) -> None:
    """Files that overlap, in any order, give each bar once."""
    lines = hours(30)
    paths = [
        write_csv(f"A-1h-{part}.csv", lines[0], *lines[start:stop]) for part, start, stop in ((1, 12, 31), (2, 1, 20))
    ]
    imported = import_bars(paths)
    assert imported.bars["volume"].tolist() == [10.0 + row for row in range(30)]
    assert imported.report["repairs"] == {"exact duplicates dropped": 8}


def test_the_last_bar_is_unconfirmed_until_the_download_is_dated(write_csv: WriteCsv, hours: Hours) -> None:
    """Without `fetched_at` the last bar is flagged; with it, it is confirmed or kept out."""
    path = write_csv("A-1h.csv", *hours(5))
    unknown = import_bars(path)
    assert (str(unknown.unconfirmed), unknown.report["unconfirmed"]) == (
        "2024-01-01 04:00:00+00:00",
        "2024-01-01T04:00:00Z",
    )
    assert len(unknown.bars) == 5
    for fetched_at, left in (("2024-01-01T05:00:00Z", 5), ("2024-01-01T04:59:00Z", 4)):
        known = import_bars(path, fetched_at=fetched_at)
        assert (known.unconfirmed, known.report["unconfirmed"], len(known.bars)) == (None, None, left)


def test_bars_have_the_declared_form(write_csv: WriteCsv, hours: Hours) -> None:
    """Times are UTC in microseconds, the asset text, the values float64, the index a plain range."""
    bars = import_bars(write_csv("x.csv", *hours(4)), asset="BTC-USD", timeframe="1h").bars
    assert {name: str(kind) for name, kind in bars.dtypes.items()} == {
        "timestamp": "datetime64[us, UTC]", "asset": "str", **dict.fromkeys(PRICES, "float64"),
    }  # fmt: skip
    assert bars["asset"].tolist() == ["BTC-USD"] * 4
    assert isinstance(bars.index, pd.RangeIndex)


def test_progress_is_told(write_csv: WriteCsv, hours: Hours) -> None:
    """Each file and the end are told, with a share that only rises."""
    told: list[tuple[str, float]] = []
    paths = [write_csv(f"A-1h-{part}.csv", *hours(5)) for part in (1, 2)]
    import_bars(paths, progress=lambda text, share: told.append((text, share)))
    assert [text for text, _ in told] == ["reading A-1h-1.csv", "reading A-1h-2.csv", "checking bars", "imported"]
    shares = [share for _, share in told]
    assert (shares, shares[-1]) == (sorted(shares), 1.0)


def test_files_are_told_apart_by_asset(write_csv: WriteCsv, hours: Hours) -> None:
    """A mixed folder is grouped by column or name; each group imports."""
    write_csv("in/AAA-1h-1.csv", *hours(5))
    write_csv("in/AAA-1h-2.csv", *hours(8))
    mixed = [f"{line},{name}" for line, name in zip(hours(6), ["symbol", *["AA/A", "BBB"] * 3], strict=True)]
    path = write_csv("in/both.csv", *mixed)
    with zipfile.ZipFile(path.parent / "AAA.zip", "w") as archive:
        for part in (1, 2):
            archive.write(path.parent / f"AAA-1h-{part}.csv", f"AAA-1h-{part}.csv")
    groups = group_by_asset(path.parent)
    assert {name: [file.name for file in files] for name, files in groups.items()} == {
        "AAA": ["AAA-1h-1.csv", "AAA-1h-2.csv", "AAA.zip", "both.csv"],
        "BBB": ["both.csv"],
    }
    assert import_bars(groups["BBB"], asset="BBB").report["bars"] == 3
    with pytest.raises(DataError, match="mixed assets: AA"):
        import_bars(path.parent)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["when,price", "1,2"], r"x-1h\.csv has the columns when, price, but no time, open"),
        (["time,open,high,low,close,volume"], r"has a header but no rows"),
        (["time,open,high,low,close,volume", "1704067200,1,0.5,0.9,1,1"] * 1, r"no usable bar in .*high below low"),
    ],
)
def test_unusable_files_are_refused(write_csv: WriteCsv, lines: list[str], message: str) -> None:
    """Wrong columns, no rows and no possible bar have their message."""
    with pytest.raises(DataError, match=message):
        import_bars(write_csv("x-1h.csv", *lines), asset="A")
    with pytest.raises(NotFoundError, match="does not exist; check the path"):
        import_bars("no such file.csv")


def test_coinbase_twelve_hour_dates_and_a_clock_error(market_data: Path) -> None:
    """Newest first, a comment line, 12-hour dates, base volume by name, and five bars that stand at two times."""
    path = market_data / "raw/cryptodatadownload/Coinbase_BTCUSD_1h.csv"
    imported = import_bars(path)
    report = imported.report
    assert (report["rows"], report["bars"], report["quarantine"]) == (
        20_111, 20_101, {"the same run of bars stands at two times, and only one can be right": 10},
    )  # fmt: skip
    assert report["notes"] == {"comment lines skipped": 1, "times without a zone, read as UTC": 20_111}
    assert report["flat_zero_volume"]["bars"] == 28
    last = imported.bars.iloc[-1]
    assert (str(last["timestamp"]), last["close"], last["volume"]) == ("2019-10-17 09:00:00+00:00", 8_035.88, 61.25)
    assert check_bars(imported.bars) is None


def test_bitstamp_volumes_are_exchanged(market_data: Path) -> None:
    """20,143 of 33,259 rows are swapped; after the repair the bars equal the clean sample."""
    imported = import_bars(market_data / "raw/cryptodatadownload/Bitstamp_BTCUSD_swapped_volume.csv")
    assert imported.report["repairs"] == {
        "base and quote volume exchanged": 20_143,
        "rows brought into time order": 33_258,
    }
    clean = pd.read_parquet(market_data / "bars/BTCUSD-BITSTAMP_1h.parquet")
    assert np.array_equal(imported.bars[PRICES].to_numpy(), clean[PRICES].to_numpy())
    assert (imported.bars["timestamp"] == clean["timestamp"]).all()


def test_two_venues_in_one_folder_are_refused(market_data: Path) -> None:
    """Coinbase and Bitstamp are not one market."""
    with pytest.raises(DataError, match="of the 12464 times that several of them hold: they are not one market"):
        import_bars(market_data / "raw/cryptodatadownload")


def test_binance_archives_in_all_forms(market_data: Path) -> None:
    """With and without header, milliseconds and microseconds, CSV and ZIP of the same months: each hour once."""
    groups = group_by_asset(market_data / "raw/binance")
    assert sorted(groups) == ["BTCUSDT", "ETHUSDT"]
    imported = import_bars(groups["BTCUSDT"])
    expected = {
        month: pd.Period(month).days_in_month * 24
        for month in ("2023-01", "2023-02", "2024-11", "2024-12", "2025-01", "2025-02")
    }
    assert imported.bars["timestamp"].dt.strftime("%Y-%m").value_counts().sort_index().to_dict() == expected
    assert imported.report["repairs"] == {"exact duplicates dropped": 1_488}
    assert imported.report["notes"] == {
        "files without a header": 6, "times in microseconds": 2_160, "times in milliseconds": 3_624,
    }  # fmt: skip
    with pytest.raises(DataError, match=r"mixed assets: BTCUSDT .*, ETHUSDT "):
        import_bars(market_data / "raw/binance")
    with pytest.raises(DataError, match="5m bars were asked for, but these are 1h bars"):
        import_bars(market_data / "raw/binance/BTCUSDT-1h-2025-01.zip", timeframe="5m")


def test_a_zip_equals_its_file(market_data: Path) -> None:
    """The ZIP of a month gives the bars of its CSV."""
    one, other = (import_bars(market_data / f"raw/binance/BTCUSDT-1h-2024-12.{form}").bars for form in ("csv", "zip"))
    pt.assert_frame_equal(one, other)
    with zipfile.ZipFile(market_data / "raw/binance/BTCUSDT-1h-2024-12.zip") as archive:
        assert len(one) == archive.read("BTCUSDT-1h-2024-12.csv").count(b"\n")


def test_ccxt_times_with_offset(market_data: Path) -> None:
    """Capitalised columns and ISO times with an offset; gaps are counted."""
    report = import_bars(market_data / "raw/ccxt").report
    assert (report["asset"], report["timeframe"], report["bars"]) == ("ADA-EUR", "1h", 17_701)
    assert report["gaps"]["24/7"] == {"bars": 20, "runs": 5, "longest": 6}


def test_an_unfinished_bar_is_flagged_and_its_elders_suspected(market_data: Path) -> None:
    """The last bar is unconfirmed, or kept out once dated; frozen ones inside are listed, for nothing proves them."""
    folder = market_data / "raw/unfinished_bar"
    imported = import_bars(folder)
    assert str(imported.unconfirmed) == "2026-03-25 13:00:00+00:00"
    suspects = imported.report["suspect_unfinished"]
    assert (suspects["bars"], suspects["times"][-1]) == (12, "2026-03-25T11:00:00Z")
    dated = import_bars(folder, fetched_at="2026-03-25T13:20:00Z")
    assert dated.report["quarantine"] == {"unfinished: it closes after the time of download": 1}
    assert str(dated.bars["timestamp"].iloc[-1]) == "2026-03-25 12:00:00+00:00"


@pytest.mark.parametrize("name", ["BTCEUR", "ETHEUR", "LTCEUR", "BTCUSD-BITSTAMP", "EURUSD-OANDA"])
def test_clean_bars_need_no_repair(market_data: Path, name: str) -> None:
    """The cleaned samples come through unchanged."""
    path = market_data / f"bars/{name}_1h.parquet"
    imported = import_bars(path)
    assert (imported.report["repairs"], imported.report["quarantine"]) == ({}, {})
    assert np.array_equal(imported.bars[PRICES].to_numpy(), pd.read_parquet(path)[PRICES].to_numpy())
