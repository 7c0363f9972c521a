from __future__ import annotations

from types import SimpleNamespace

import pytest

from trady2.reports.equity_columns import as_equity_frame


@pytest.mark.parametrize("form", ["series", "frame", "file"])
def test_every_form_of_equity_will_do(case: SimpleNamespace, form: str) -> None:
    """A series, a frame by time, and one with a timestamp column mean the same."""
    forms = {"series": case.backtest.equity, "frame": case.frame[["equity"]]}
    forms["file"] = forms["frame"].reset_index()
    found = as_equity_frame(forms[form])
    assert found["equity"].tolist() == case.backtest.equity.tolist()
    assert found.index.name == "timestamp"


def test_a_benchmark_beside_takes_its_place(case: SimpleNamespace) -> None:
    """What is handed in beside the equity becomes the column, in a frame of its own."""
    doubled = case.backtest.benchmark * 2
    found = as_equity_frame(case.frame, doubled)
    assert found["benchmark"].tolist() == doubled.tolist()
    assert case.frame["benchmark"].tolist() == case.backtest.benchmark.tolist()
