"""Everything that is known about a run as one dict with a published schema; the page is made from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

from trady2.reports import tables
from trady2.reports.assumptions import assumptions
from trady2.reports.deciles import probability_deciles
from trady2.reports.headline import headline
from trady2.reports.judgement import judgement
from trady2.reports.plain import plain

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["SCHEMA_NAME", "BacktestLike", "build_report", "report_schema", "with_verdict"]

Rows = Sequence[Mapping[str, Any]]

SCHEMA_NAME = "trady2.report/2"


class BacktestLike(Protocol):
    """What a report needs of `trady2.backtest.Backtest`."""

    @property
    def trades(self) -> DataFrame:
        """One row per trade."""

    @property
    def equity(self) -> Series[float]:
        """Money at the close of every bar, by the bar's open time in UTC."""

    @property
    def metrics(self) -> Mapping[str, Any]:
        """Numbers by name."""

    @property
    def counts(self) -> Mapping[str, Any]:
        """Signals, ambiguous bars, gaps, forced closes by name."""

    @property
    def pessimistic(self) -> Any:
        """The stop comes before the target inside a bar: its `.total_return`."""

    @property
    def optimistic(self) -> Any:
        """The target comes first: its `.total_return`."""

    @property
    def config(self) -> Any:
        """The `BacktestConfig`, the threshold filled in."""


def report_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) that every report fulfils."""
    return json.loads((files("trady2.reports") / "report.schema.json").read_text("utf-8"))  # type: ignore[no-any-return]


def build_report(
    *,
    version: str | None,
    name: str,
    created_at: datetime | str,
    backtest: BacktestLike,
    scorecard: Mapping[str, Any] | None,
    zones: Sequence[Mapping[str, Any]] | None,
    threshold: Mapping[str, Any] | None,
    calibration: Mapping[str, Any] | None,
    data: Mapping[str, Any],
    config: Mapping[str, Any],
    verdict: Mapping[str, Any] | None,
    predictions: DataFrame | None = None,
    robustness: Mapping[str, Any] | None = None,
    sweep: Mapping[str, Any] | None = None,
    drawdowns: Rows | None = None,
    best_trades: Rows | None = None,
    intrabar: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Gather what is known about a run; what is missing becomes None. `report.schema.json` says what each part holds.

    Args:
        version: of the model; None where probabilities were handed in without one.
        name: of the model.
        created_at: time with a zone, or its ISO text.
        backtest: the result to report.
        scorecard: `Scorecard.as_json()`, None where there are no labels.
        zones: `Zones.table()`.
        threshold: how it was chosen.
        calibration: what was tried, and what won.
        data: assets (list), first, last (times), bars (count), digest, timeframe.
        config: the whole configuration.
        verdict: label, text, criteria; None is "not judged".
        predictions: probability, label and, where known, forward_return and net_return by row: for the deciles.
        robustness: costs, delay, months, assets, random entries, bootstrap, thresholds.
        sweep: the configurations that were tried.
        drawdowns: the deepest; None works them out from the equity.
        best_trades: None works them out from the trades.
        intrabar: on which bars stops were decided, and how often the order was unknown.

    Raises:
        DataError: for a naive time, or a value that JSON cannot hold.
    """
    facts = {**plain(data), "years": _years(backtest.equity)}
    tried = {"robustness": robustness, "sweep": sweep, "intrabar": intrabar, "threshold": threshold}
    known = plain({"scorecard": scorecard, **tried, "calibration": calibration, "config": config})
    return {
        "schema": SCHEMA_NAME,
        "name": name,
        "version": version,
        "created_at": plain(created_at),
        **_first_screen(backtest, plain(verdict), facts, known),
        **_measured(backtest),
        **_tables(backtest, drawdowns, best_trades),
        "deciles": _deciles(predictions),
        "zones": tables.zone_table(zones),
        "data": facts,
        **known,
    }


def with_verdict(report: Mapping[str, Any], verdict: Mapping[str, Any]) -> dict[str, Any]:
    """Return *report* with the *verdict* (label, text, criteria) that was passed on it afterwards."""
    known = {name: report[name] for name in ("metrics", "scorecard", "data", "robustness", "sweep")}
    return {**report, "verdict": judgement(plain(verdict), rules=report["backtest"], **known)}


def _first_screen(
    backtest: BacktestLike, verdict: Mapping[str, Any] | None, data: Mapping[str, Any], known: Mapping[str, Any]
) -> dict[str, Any]:
    rules, metrics = _rules(backtest), plain(backtest.metrics)
    tried = {name: known[name] for name in ("scorecard", "robustness", "sweep")}
    span = {"timeframe": data["timeframe"], "assets": len(data["assets"])}
    funded = "funding" in backtest.trades and bool(backtest.trades["funding"].any())
    return {
        "verdict": judgement(verdict, metrics=metrics, data=data, rules=rules, **tried),
        "assumptions": assumptions(rules, **span, intrabar=known["intrabar"], funded=funded),
        "headline": headline(metrics, known["scorecard"], known["robustness"], rules),
    }


def _measured(backtest: BacktestLike) -> dict[str, Any]:
    return {
        "metrics": plain(backtest.metrics),
        "intrabar_bounds": {
            "pessimistic_total_return": plain(backtest.pessimistic.total_return),
            "optimistic_total_return": plain(backtest.optimistic.total_return),
        },
        "counts": plain(backtest.counts),
        "backtest": _rules(backtest),
    }


def _tables(backtest: BacktestLike, drawdowns: Rows | None, best_trades: Rows | None) -> dict[str, Any]:
    trades, equity = backtest.trades, backtest.equity
    return {
        "exit_reasons": tables.exit_reasons(trades),
        "monthly_returns": tables.monthly_returns(equity, _rules(backtest)["initial_cash"]),
        "drawdowns": tables.deepest_drawdowns(equity) if drawdowns is None else plain(drawdowns),
        "worst_trades": tables.worst_trades(trades),
        "best_trades": tables.best_trades(trades) if best_trades is None else plain(best_trades),
    }


def _years(equity: Series[float]) -> float:
    if len(equity) < 2:
        return 0.0
    return float((equity.index[-1] - equity.index[0]).total_seconds() / (365.25 * 86_400))


def _rules(backtest: BacktestLike) -> dict[str, Any]:
    config = backtest.config
    return plain(config if isinstance(config, Mapping) else config.model_dump())  # type: ignore[no-any-return]


def _deciles(predictions: DataFrame | None) -> list[dict[str, Any]]:
    if predictions is None:
        return []
    columns = predictions.reindex(columns=["probability", "label", "forward_return", "net_return"])
    return probability_deciles(*columns.to_numpy(dtype="float64", na_value=float("nan")).T)
