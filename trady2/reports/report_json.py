"""Everything that is known about a run as one dict with a published schema; the page is made from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

from trady2.reports.assumptions import assumptions
from trady2.reports.headline import headline
from trady2.reports.judgement import judgement
from trady2.reports.plain import plain
from trady2.reports.tables import exit_reasons, monthly_returns, probability_deciles, worst_trades, zone_table

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["SCHEMA_NAME", "BacktestLike", "build_report", "report_schema"]

SCHEMA_NAME = "trady2.report/1"


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
    intrabar: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Gather what is known about a run; what is missing becomes None.

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
        predictions: probability, label and, if known, forward_return by row: for the deciles.
        robustness: what becomes of the result when something is changed.
        intrabar: on which bars stops were decided, and how often their order was unknown.

    Raises:
        DataError: for a naive time, or a value that JSON cannot hold.
    """
    rules, metrics, card = _fields(backtest.config), plain(backtest.metrics), plain(scorecard)
    facts = {**plain(data), "years": _years(backtest.equity)}
    return {
        "schema": SCHEMA_NAME,
        "name": name,
        "version": version,
        "created_at": plain(created_at),
        "verdict": judgement(plain(verdict), metrics=metrics, scorecard=card, data=facts),
        "assumptions": assumptions(rules, timeframe=facts["timeframe"], assets=len(facts["assets"])),
        "headline": headline(metrics, card),
        "metrics": metrics,
        "intrabar_bounds": _bounds(backtest),
        "scorecard": card,
        **plain({"threshold": threshold, "calibration": calibration, "intrabar": intrabar, "robustness": robustness}),
        "zones": zone_table(zones),
        "data": facts,
        **_tables(backtest, rules["initial_cash"], predictions),
        "counts": plain(backtest.counts),
        "backtest": plain(rules),
        "config": plain(config),
    }


def _tables(backtest: BacktestLike, initial_cash: float, predictions: DataFrame | None) -> dict[str, Any]:
    return {
        "exit_reasons": exit_reasons(backtest.trades),
        "monthly_returns": monthly_returns(backtest.equity, initial_cash),
        "worst_trades": worst_trades(backtest.trades),
        "deciles": _deciles(predictions),
    }


def _bounds(backtest: BacktestLike) -> dict[str, float | None]:
    return {
        "pessimistic_total_return": plain(backtest.pessimistic.total_return),
        "optimistic_total_return": plain(backtest.optimistic.total_return),
    }


def _years(equity: Series[float]) -> float:
    if len(equity) < 2:
        return 0.0
    return float((equity.index[-1] - equity.index[0]).total_seconds() / (365.25 * 86_400))


def _fields(config: Any) -> dict[str, Any]:
    return dict(config) if isinstance(config, Mapping) else config.model_dump()


def _deciles(predictions: DataFrame | None) -> list[dict[str, Any]]:
    if predictions is None:
        return []
    columns = predictions.reindex(columns=["probability", "label", "forward_return"])
    return probability_deciles(*columns.to_numpy(dtype="float64", na_value=float("nan")).T)
