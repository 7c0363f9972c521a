from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from trady2.reports.robustness_section import robustness_section


def changed(case: SimpleNamespace, **robustness: Any) -> dict[str, Any]:
    """The report with other parts of its robustness."""
    return case.report | {"robustness": case.report["robustness"] | robustness}


def test_the_configured_costs_stand_out(case: SimpleNamespace) -> None:
    """Multiples are named, and the row as configured is marked."""
    table = robustness_section(case.report)["costs"]
    assert [row[0] for row in table.rows] == ["none", "× 0.5", "as configured", "× 1.5", "× 2", "× 3", "× 5"]
    assert table.marked == 2
    assert table.rows[2][1] == "12.0\u202fbps"


def test_without_costs_the_basis_is_said(case: SimpleNamespace) -> None:
    """Where nothing is paid the costs stand for themselves, none is as configured, and a note has the basis."""
    free = changed(case, cost_basis_bps=10.0) | {"backtest": {"threshold": 0.7}}
    shown = robustness_section(free)
    assert [row[0] for row in shown["costs"].rows][:2] == ["0.00\u202fbps", "6.0\u202fbps"]
    assert shown["costs"].marked == 0
    assert shown["cost_basis"] == "No costs are configured, so these are multiples of 10.0\u202fbps per side."
    assert robustness_section(case.report)["cost_basis"] == ""


def test_delays_are_counted_in_bars(case: SimpleNamespace) -> None:
    """The usual entry, and each later one."""
    assert [row[0] for row in robustness_section(case.report)["delay"].rows] == [
        *("at the next open", "1 later", "2 later")
    ]


def test_intervals_stand_beside_their_values(case: SimpleNamespace) -> None:
    """Value, low and high in one unit, and how they were made."""
    ends = {"low": -0.1, "high": 0.25}
    found = {"runs": 1000, "seed": 1, "level": 0.9, "block_bars": 48.0, "total_return": ends}
    found |= {"sharpe_ratio": {"low": -1.0, "high": 2.5}, "max_drawdown": {"low": -0.3, "high": -0.05}}
    shown = robustness_section(changed(case, bootstrap=found))
    total, ratio, fall = shown["intervals"].rows
    assert total[2:] == ["\u221210.0\u202f%", "+25.0\u202f%"]
    assert ratio[2:] == ["\u22121.00", "2.50"]
    assert fall[2:] == ["\u221230.0\u202f%", "\u22125.00\u202f%"]
    assert "1,000 stationary bootstraps of the bars' returns, in blocks of 48 bars" in shown["interval_method"]


def test_assets_and_months_are_tables(case: SimpleNamespace) -> None:
    """One row each, with what buying and holding made beside it."""
    shown = robustness_section(case.report)
    assert [row[0] for row in shown["by_asset"].rows] == ["SIM-USD"]
    assert [row[0] for row in shown["by_month"].rows] == ["2023-01", "2023-02", "2023-03"]
    assert [len(row) for row in (*shown["by_asset"].rows, shown["by_month"].rows[0])] == [8, 4]


def test_of_many_assets_the_ends_are_shown(case: SimpleNamespace) -> None:
    """A thousand assets leave the fifteen best and the fifteen worst by money, and a note."""
    (row,) = case.report["robustness"]["by_asset"]
    many = [row | {"asset": f"A{place}", "pnl": float((place * 7) % 1000)} for place in range(1000)]
    shown = robustness_section(changed(case, by_asset=many))
    money = [float(cells[4]) for cells in shown["by_asset"].rows]
    assert money == [*range(999, 984, -1), *range(14, -1, -1)]
    assert shown["by_asset_note"].startswith("Of 1,000 assets the 15 best and worst")
    assert robustness_section(changed(case, by_asset=many[:30]))["by_asset_note"] == ""


def test_the_best_configurations_have_their_settings(case: SimpleNamespace) -> None:
    """Settings first, under their names, then what came out; a level that was off says so."""
    row = {"threshold": 0.6, "stop_loss": None, "total_return": 0.1, "sharpe_ratio": 1.25}
    row |= {"max_drawdown": -0.2, "n_trades": 1234}
    table = robustness_section(case.report | {"sweep": case.report["sweep"] | {"top": [row]}})["sweep_top"]
    assert [label for label, _ in table.columns][:2] == ["Threshold", "Stop loss"]
    assert table.rows == [["0.60", "off", "+10.0\u202f%", "1.25", "\u221220.0\u202f%", "1,234"]]


def test_the_sweep_says_how_many_were_tried(case: SimpleNamespace) -> None:
    """The number of configurations, the size of each axis, the purpose, and that each counts."""
    note = robustness_section(case.report)["sweep_note"]
    assert note.startswith("12 configurations: 4 of threshold, 3 of hold bars. Where between caution and activity")
    assert "Each of them counts as a trial" in note
    silent = case.report["sweep"] | {"purpose": None}
    assert "hold bars. Each of them" in robustness_section(case.report | {"sweep": silent})["sweep_note"]


def test_what_was_not_tried_is_empty(case: SimpleNamespace) -> None:
    """Without robustness and sweep there are no rows and no notes."""
    shown = robustness_section(case.report | {"robustness": None, "sweep": None})
    tables = ("costs", "delay", "intervals", "by_asset", "by_month", "sweep_top")
    assert [len(shown[name].rows) for name in tables] == [0] * 6
    assert [shown[name] for name in ("cost_basis", "interval_method", "sweep_note")] == [""] * 3
