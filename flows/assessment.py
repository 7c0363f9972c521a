"""Judge predictions on a span of bars: scorecard, backtest and report, for a new version and an old one alike."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trady2.config import Config
from trady2.reports.report_html import render_html
from trady2.reports.report_json import build_report

if TYPE_CHECKING:
    from trady2.backtest.result import Backtest
    from trady2.data.panel import Panel

__all__ = ["Assessment", "assess", "data_facts", "report_bytes", "report_of"]


@dataclass(frozen=True)
class Assessment:
    """What predictions were worth on a span: as numbers (None without a known label) and as trades."""

    scorecard: dict[str, Any] | None
    backtest: Backtest
    inside: NDArray[np.bool_]


def assess(
    panel: Panel,
    probability: NDArray[np.float64],
    config: Config,
    threshold: float,
    start: Any,
    end: Any = None,
    *,
    signal_score: NDArray[np.float64] | None = None,
) -> Assessment:
    """Score and trade the rows decided from *start* on and before *end*; (n,) *probability*, NaN for none.

    What is traded on is the (n,) *signal_score* of the signal ``expected_return``; None: the probability itself.
    The scorecard sees only labels that are settled before *end*; the backtest ends all trades there.
    """
    from trady2.backtest.engine import run
    from trady2.learning.scorecard import score
    from trady2.learning.target import label_arrays
    from trady2.learning.volatility import trailing_volatility

    inside = panel.decision_time >= np.datetime64(start)
    if end is not None:
        inside &= panel.decision_time < np.datetime64(end)
    labels = label_arrays(panel, config.target)
    settled = inside & (labels.label >= 0) & np.isfinite(probability)
    if end is not None:
        settled &= ~(labels.label_end >= np.datetime64(end))
    rows = np.flatnonzero(settled)
    scorecard = None
    if len(rows):
        horizon = config.target.horizon_steps
        scorecard = score(
            probability[rows],
            labels.take(rows),
            panel.decision_time[rows],
            panel.asset_code[rows],
            trailing_volatility(panel, horizon)[rows],
            threshold=threshold,
            horizon_steps=horizon,
            signal_score=None if signal_score is None else signal_score[rows],
            seed=config.seed,
        ).as_json()
    rules = config.backtest.model_copy(update={"threshold": threshold})
    bars = panel.frame().loc[inside, ["timestamp", "asset", "open", "high", "low", "close", "volume"]]
    traded = probability if signal_score is None else signal_score
    return Assessment(scorecard, run(bars.reset_index(drop=True), traded[inside], rules), inside)


def data_facts(panel: Panel, inside: NDArray[np.bool_], config: Config, digest: str) -> dict[str, Any]:
    """Return what the report says of the bars that were judged."""
    times = panel.timestamp[inside]
    return {
        "assets": [panel.assets[code] for code in np.unique(panel.asset_code[inside])],
        "first": f"{times.min()}Z",
        "last": f"{times.max()}Z",
        "bars": int(inside.sum()),
        "digest": digest,
        "timeframe": config.bars.timeframe,
    }


def report_of(assessment: Assessment, *, version: str | None, name: str, **known: Any) -> dict[str, Any]:
    """Return the report as a dict; *known* is what `build_report` takes beside the backtest."""
    return build_report(
        version=version,
        name=name,
        created_at=datetime.now(UTC),
        backtest=assessment.backtest,
        scorecard=assessment.scorecard,
        verdict=None,
        **known,
    )


def report_bytes(prefix: Path, version: str) -> dict[str, bytes]:
    """Return ``report.html`` and ``report.json`` of a *version* from what a run wrote before it had one."""
    import pandas as pd

    report = {**json.loads(prefix.with_suffix(".json").read_text("utf-8")), "version": version}
    trades = pd.read_parquet(f"{prefix}.trades.parquet")
    equity = pd.read_parquet(f"{prefix}.equity.parquet").set_index("timestamp")
    html = render_html(report, trades, equity["equity"], equity.get("benchmark"))
    return {"report.html": html.encode(), "report.json": json.dumps(report, indent=1, allow_nan=False).encode()}
