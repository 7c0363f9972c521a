from __future__ import annotations

from types import SimpleNamespace

from trady2.reports.headline import headline


def test_there_are_ten_numbers(case: SimpleNamespace) -> None:
    """Ten rows, each the value of the metric or score of its key."""
    rows = headline(case.report["metrics"], case.report["scorecard"])
    known = case.report["metrics"] | {"direction_auc": 0.523}
    assert [row["value"] for row in rows] == [known[row["key"]] for row in rows]
    assert len({row["key"] for row in rows}) == 10


def test_the_skill_has_its_interval(case: SimpleNamespace) -> None:
    """The direction AUC comes with its bounds, the others without."""
    last = headline(case.report["metrics"], case.report["scorecard"])[-1]
    assert (last["key"], last["low"], last["high"]) == ("direction_auc", 0.493, 0.553)


def test_without_labels_the_mean_trade_takes_its_place() -> None:
    """No scorecard leaves no skill to show."""
    assert headline({"mean_trade_return": 0.004}, None)[-1]["value"] == 0.004


def test_what_is_unknown_is_none() -> None:
    """Missing metrics and an empty scorecard give ten rows of None."""
    assert [row["value"] for row in headline({}, {"direction_auc": None, "intervals": {}})] == [None] * 10


def test_the_bootstrap_gives_intervals(case: SimpleNamespace) -> None:
    """Return, Sharpe ratio and deepest fall have the ends of their resampled histories, the others none."""
    bootstrap = case.report["robustness"]["bootstrap"]
    rows = {row["key"]: row for row in headline(case.report["metrics"], None, case.report["robustness"])}
    for name in ("total_return", "sharpe_ratio", "max_drawdown"):
        assert (rows[name]["low"], rows[name]["high"]) == (bootstrap[name]["low"], bootstrap[name]["high"])
    assert [name for name, row in rows.items() if row["low"] is not None] == [
        *("total_return", "sharpe_ratio", "max_drawdown")
    ]


def test_the_break_even_stands_beside_what_is_paid() -> None:
    """The hint of the break-even cost says what a side costs; where nothing is paid it keeps to the meaning."""
    paid = {row["key"]: row["hint"] for row in headline({}, None, None, {"fee_bps": 10.0, "slippage_bps": 2.5})}
    assert paid["break_even_cost_bps"] == "per side; 12.5 bps are paid"
    free = {row["key"]: row["hint"] for row in headline({}, None, None, {})}
    assert free["break_even_cost_bps"] == "per side, then nothing is left"
