from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from tests.reports.stand_in import report_of
from trady2.errors import NotFoundError
from trady2.reports import read_report, render_html, write_report


def written(case: SimpleNamespace, prefix: Path) -> tuple[Path, Path]:
    """Write the case's report under a prefix."""
    return write_report(prefix, case.report, case.backtest.trades, case.frame)


def test_four_files_lie_beside_each_other(case: SimpleNamespace, tmp_path: Path) -> None:
    """The prefix keeps its dots, folders are made, and nothing else is left."""
    html, text = written(case, tmp_path / "new" / "report-1.0.0")
    names = [f"report-1.0.0.{end}" for end in ("equity.parquet", "html", "json", "trades.parquet")]
    assert sorted(path.name for path in html.parent.iterdir()) == names
    assert (html.name, text.name) == ("report-1.0.0.html", "report-1.0.0.json")


def test_the_page_can_be_made_from_the_files(case: SimpleNamespace, tmp_path: Path) -> None:
    """JSON, trades and equity read back give the very same page, by hand and by `read_report`."""
    html, text = written(case, tmp_path / "r")
    trades = pd.read_parquet(tmp_path / "r.trades.parquet")
    equity = pd.read_parquet(tmp_path / "r.equity.parquet")
    assert render_html(json.loads(text.read_text("utf-8")), trades, equity) == html.read_text("utf-8")
    assert render_html(*read_report(tmp_path / "r")) == html.read_text("utf-8")


def test_the_series_are_whole(case: SimpleNamespace, tmp_path: Path) -> None:
    """Every bar and every trade is in the files, to the bit, with times in UTC."""
    written(case, tmp_path / "r")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "r.trades.parquet"), case.backtest.trades)
    money = pd.read_parquet(tmp_path / "r.equity.parquet")
    assert list(money.columns) == [
        *("timestamp", "equity", "benchmark", "equity_pessimistic", "equity_optimistic", "exposure", "close:SIM-USD")
    ]
    assert str(money["timestamp"].dtype) == "datetime64[us, UTC]"
    pd.testing.assert_frame_equal(money.set_index("timestamp"), case.frame)


def test_a_series_and_its_benchmark_will_do(case: SimpleNamespace, tmp_path: Path) -> None:
    """A plain series of equity is written beside its benchmark, and the page can be made from the files too."""
    backtest = case.backtest
    html, _ = write_report(tmp_path / "r", case.report, backtest.trades, backtest.equity, backtest.benchmark)
    money = pd.read_parquet(tmp_path / "r.equity.parquet")
    assert list(money.columns) == ["timestamp", "equity", "benchmark"]
    assert money["benchmark"].tolist() == backtest.benchmark.tolist()
    assert render_html(*read_report(tmp_path / "r")) == html.read_text("utf-8")


@pytest.mark.parametrize("suffix", [".json", ".trades.parquet", ".equity.parquet"])
def test_a_missing_file_is_named(case: SimpleNamespace, tmp_path: Path, suffix: str) -> None:
    """Reading a report that is not whole says which file is not there."""
    written(case, tmp_path / "r")
    (tmp_path / f"r{suffix}").unlink()
    with pytest.raises(NotFoundError, match=rf"r{suffix} does not exist; write the report again"):
        read_report(tmp_path / "r")


def test_writing_twice_gives_the_same_bytes(case: SimpleNamespace, tmp_path: Path) -> None:
    """All four files are the same, byte by byte, wherever and whenever they are written."""
    for folder in ("one", "two"):
        written(case, tmp_path / folder / "r")
    for first in (tmp_path / "one").iterdir():
        assert first.read_bytes() == (tmp_path / "two" / first.name).read_bytes()


def test_without_a_benchmark_there_is_no_column(silent: SimpleNamespace, tmp_path: Path) -> None:
    """A run without trades and without a benchmark is written as well."""
    write_report(str(tmp_path / "r"), report_of(silent), silent.trades, silent.equity)
    assert list(pd.read_parquet(tmp_path / "r.equity.parquet").columns) == ["timestamp", "equity"]
    assert len(pd.read_parquet(tmp_path / "r.trades.parquet")) == 0


def test_a_report_that_is_no_json_leaves_nothing(case: SimpleNamespace, tmp_path: Path) -> None:
    """NaN is refused before the first file is written."""
    broken = case.report | {"metrics": {"sharpe_ratio": float("nan")}}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_report(tmp_path / "r", broken, case.backtest.trades, case.backtest.equity)
    assert list(tmp_path.iterdir()) == []
