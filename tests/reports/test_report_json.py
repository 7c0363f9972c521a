from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from jsonschema import Draft202012Validator

from tests.reports.stand_in import held, random_bars, report_of
from trady2.config import BacktestConfig
from trady2.errors import DataError
from trady2.reports import build_report, report_schema

CONFIG = BacktestConfig(threshold=0.5, hold_bars=3)


def faults(report: dict[str, Any]) -> list[str]:
    """What the schema finds wrong with a report that went through a file."""
    text = json.dumps(report, allow_nan=False)
    return [
        f"{fault.json_path}: {fault.message}"
        for fault in Draft202012Validator(report_schema()).iter_errors(json.loads(text))
    ]


def test_the_schema_is_a_schema() -> None:
    """The published file is a valid schema of its own draft, and requires every key that it knows."""
    schema = report_schema()
    Draft202012Validator.check_schema(schema)
    assert sorted(schema["required"]) == sorted(schema["properties"])


def test_a_full_report_fulfils_the_schema(case: SimpleNamespace) -> None:
    """Everything at once is valid, under the name of the schema, and no part of it is empty."""
    assert faults(case.report) == []
    assert case.report["schema"] == "trady2.report/2"
    parts = ("deciles", "robustness", "sweep", "intrabar", "drawdowns", "best_trades", "worst_trades")
    assert all(case.report[part] for part in parts)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("verdict", {}),
        ("headline", []),
        ("created_at", "yesterday"),
        ("assumptions", [""]),
        ("metrics", {"x": [1]}),
        ("exit_reasons", [{"reason": "bored"}]),
        ("surprise", 1),
        ("robustness", {"costs": []}),
        ("sweep", {"n_configurations": 0}),
        ("drawdowns", [{"start": "2024"}]),
        ("best_trades", [{}]),
        ("intrabar", {"resolution": 1}),
    ],
)
def test_the_schema_can_say_no(case: SimpleNamespace, key: str, value: object) -> None:
    """A wrong section, or one that nobody knows, is a fault of that section."""
    assert faults(case.report | {key: value})


def test_no_trades_make_a_report(silent: SimpleNamespace) -> None:
    """Nothing was traded: ratios are null, tables are empty, the verdict names the reason."""
    report = report_of(silent)
    assert faults(report) == []
    assert (report["exit_reasons"], report["worst_trades"]) == ([], [])
    assert "0 trades are too few" in report["verdict"]["cannot_show"][0]


def test_one_bar_makes_a_report() -> None:
    """A single bar has one month and no years."""
    report = report_of(held(random_bars(1), np.zeros(1), CONFIG))
    assert faults(report) == []
    assert (report["data"]["years"], len(report["monthly_returns"])) == (0.0, 1)


def test_a_scorecard_of_nothing_makes_a_report(case: SimpleNamespace) -> None:
    """Scores that are not defined become null all the way down."""
    ends = {name: {"low": np.nan, "high": np.inf} for name in ("direction_auc", "brier")}
    nothing = {"direction_auc": float("nan"), "brier": np.nan, "intervals": ends, "n": 0, "n_eff": float("nan")}
    report = report_of(case.backtest, scorecard=nothing)
    assert faults(report) == []
    assert report["scorecard"]["brier"] is None
    assert report["scorecard"]["intervals"]["brier"] == {"low": None, "high": None}
    assert report["headline"][-1]["value"] is None


def test_many_assets_make_a_report(case: SimpleNamespace) -> None:
    """Assets share the capital, and the assumptions say so."""
    data = {**case.report["data"], "assets": ["A", "B"]}
    report = report_of(case.backtest, data=data)
    assert faults(report) == []
    assert any("split equally over 2 assets" in line for line in report["assumptions"])


def test_a_verdict_makes_a_report(case: SimpleNamespace, verdict: dict[str, Any]) -> None:
    """A judge's criteria fit the schema."""
    report = report_of(case.backtest, verdict=verdict)
    assert faults(report) == []
    assert report["verdict"]["criteria"] == verdict["criteria"]


def test_the_bounds_are_the_backtests(case: SimpleNamespace) -> None:
    """Both orders inside a bar are reported, whichever was chosen."""
    bounds = {"pessimistic": SimpleNamespace(total_return=0.1), "optimistic": SimpleNamespace(total_return=np.nan)}
    report = report_of(SimpleNamespace(**(vars(case.backtest) | bounds)))
    assert report["intrabar_bounds"] == {"pessimistic_total_return": 0.1, "optimistic_total_return": None}


def test_the_schema_looks_inside_robustness(case: SimpleNamespace) -> None:
    """A part of the wrong shape is a fault, and one that was not measured is none."""
    robustness = case.report["robustness"]
    for name in robustness:
        assert faults(case.report | {"robustness": robustness | {name: None}}) == []
        if name not in {"cost_basis_bps", "break_even_cost_bps"}:
            assert faults(case.report | {"robustness": robustness | {name: 1}})


def test_what_was_not_tried_is_null(case: SimpleNamespace) -> None:
    """Old callers give neither robustness nor sweep nor the bars that decided; drawdowns and best trades are found."""
    report = report_of(case.backtest)
    assert faults(report) == []
    assert [report[part] for part in ("robustness", "sweep", "intrabar")] == [None] * 3
    assert report["drawdowns"][0]["depth"] == pytest.approx(case.backtest.metrics["max_drawdown"])
    assert report["best_trades"][0]["net_return"] == case.backtest.trades["net_return"].max()


def test_given_tables_are_passed_on(case: SimpleNamespace) -> None:
    """Drawdowns and best trades that the caller worked out are taken as they are, an empty list included."""
    report = report_of(case.backtest, drawdowns=case.report["drawdowns"][1:], best_trades=[])
    assert faults(report) == []
    assert (report["drawdowns"], report["best_trades"]) == (case.report["drawdowns"][1:], [])


def test_funding_in_the_trades_is_an_assumption(case: SimpleNamespace) -> None:
    """Trades that paid funding bring its sentence, those that paid none do not."""
    for paid, said in ((-0.5, True), (0.0, False)):
        trades = case.backtest.trades.assign(funding=paid)
        report = report_of(SimpleNamespace(**(vars(case.backtest) | {"trades": trades})))
        assert any("funding rate of each bar" in line for line in report["assumptions"]) is said


def test_robustness_reaches_the_first_screen(case: SimpleNamespace) -> None:
    """Intervals, costs paid and the guess inside bars stand among the ten numbers, the sentences, the assumptions."""
    rows = {row["key"]: row for row in case.report["headline"]}
    assert rows["total_return"]["low"] == case.report["robustness"]["bootstrap"]["total_return"]["low"]
    assert rows["break_even_cost_bps"]["hint"] == "per side; 12 bps are paid"
    assert any("at twice the costs" in line for line in case.report["verdict"]["shows"])
    assert any("12 configurations" in line for line in case.report["verdict"]["cannot_show"])
    levels = case.backtest.config.model_copy(update={"stop_loss": 0.01})
    decided = report_of(SimpleNamespace(**(vars(case.backtest) | {"config": levels})), intrabar=case.report["intrabar"])
    assert any("No bar held both." in line for line in decided["assumptions"])


def test_metrics_are_passed_on_unchanged(case: SimpleNamespace) -> None:
    """No number is computed twice: the metrics are those of the backtest."""
    assert case.report["metrics"] == dict(case.backtest.metrics)


def test_labels_may_be_nullable(case: SimpleNamespace) -> None:
    """Labels as pandas keeps them, with <NA> for the last bars and no forward return, give deciles."""
    frame = pd.DataFrame({"probability": [0.2, 0.4, 0.6], "label": pd.array([0, 1, None], dtype="Int8")})
    deciles = report_of(case.backtest, predictions=frame)["deciles"]
    assert [(row["rows"], row["realised_rate"], row["mean_forward_return"]) for row in deciles] == [
        (1, 0, None),
        (1, 1, None),
    ]


def test_a_configuration_may_be_a_dict(case: SimpleNamespace) -> None:
    """Rules read back from a manifest do as well as the section itself."""
    again = SimpleNamespace(**(vars(case.backtest) | {"config": case.backtest.config.model_dump()}))
    assert report_of(again) == report_of(case.backtest)


def test_a_naive_creation_time_is_refused(case: SimpleNamespace) -> None:
    """A report has to say when it was made, everywhere."""
    with pytest.raises(DataError, match="has no time zone; make it UTC first"):
        report_of(case.backtest, created_at=pd.Timestamp("2025-11-01"))


def test_importing_the_package_is_cheap() -> None:
    """The face of the package brings neither pandas nor plotly with it."""
    import subprocess
    import sys

    code = "import sys, trady2.reports; print(sorted({'pandas', 'plotly', 'numpy', 'jinja2'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert build_report.__module__ == "trady2.reports.report_json"
