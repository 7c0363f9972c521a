"""Judge predictions on a span of bars: scorecard, backtest and report, for a new version and an old one alike."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flows.provenance import rules_digest
from trady2.config import BacktestConfig, Config
from trady2.reports.report_files import read_report, write_report
from trady2.reports.report_html import render_html
from trady2.reports.report_json import build_report, with_verdict

if TYPE_CHECKING:
    from pandas import DataFrame

    from trady2.backtest.market import Market
    from trady2.backtest.result import Backtest
    from trady2.data.panel import Panel
    from trady2.learning.target import Labels
    from trady2.registry.loading import Opened

__all__ = ["Assessment", "assess", "data_facts", "evidence", "report_bytes", "report_of", "version_report"]
__all__ += ["write_assessment"]


@dataclass(frozen=True)
class Assessment:
    """What predictions were worth on a span: as numbers (None without a known label) and as trades."""

    scorecard: dict[str, Any] | None
    backtest: Backtest
    inside: NDArray[np.bool_]
    market: Market
    """The bars that were traded: `trady2.backtest.equity_frame` needs them beside the backtest."""
    evidence: dict[str, Any]
    """What the report says beside the backtest; the keys are those of `evidence`."""


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
    market, backtest, shaken = _traded(bars.reset_index(drop=True), traded[inside], rules, config.seed)
    known = evidence(market, backtest, labels.take(np.flatnonzero(inside)), probability[inside])
    return Assessment(scorecard, backtest, inside, market, {"robustness": shaken, **known})


def _traded(
    bars: DataFrame, score: NDArray[np.float64], rules: BacktestConfig, seed: int
) -> tuple[Market, Backtest, dict[str, Any]]:
    """Return the bars as arrays, their backtest with the excursions of its trades, and its robustness."""
    from trady2.backtest.engine import run
    from trady2.backtest.excursions import with_excursions
    from trady2.backtest.market import market_from_bars
    from trady2.backtest.robustness import robustness

    market, found = market_from_bars(bars, rules.calendar), run(bars, score, rules)
    found = replace(found, trades=with_excursions(market, found.trades))
    shaken = robustness(market, score, found, lambda scores, other: run(bars, scores, other), seed=seed)
    return market, found, shaken


def evidence(market: Market, backtest: Backtest, labels: Labels, probability: NDArray[np.float64]) -> dict[str, Any]:
    """Return what a report says beside *backtest*, as `build_report` takes it.

    predictions: probability, label (-1 unknown), forward_return (over the horizon of the label, no costs) and
    net_return (from the next open over the hold, after costs) of every bar; intrabar: on what stops and targets were
    decided, and in how many trades their order inside the exit bar was unknown.
    """
    from pandas import DataFrame

    from trady2.backtest.forward import forward_net_return

    net = forward_net_return(market, backtest.config)
    columns = {"probability": probability, "label": labels.label, "forward_return": labels.forward_return}
    return {
        "predictions": DataFrame(columns | {"net_return": net}),
        "intrabar": {
            "resolution": backtest.resolution,
            **{name: backtest.metrics[name] for name in ("ambiguous_bars", "ambiguous_share")},
        },
    }


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
        **assessment.evidence,
        **known,
    )


def version_report(
    opened: Opened, assessment: Assessment, panel: Panel, config: Config, digest: str, **known: Any
) -> dict[str, Any]:
    """Return the report of a registered version; the *digest* is that of the vectors.

    The verdict is the version's own where *config* has the rules that it was passed on; other rules are not judged.
    """
    report = report_of(
        assessment,
        version=opened.version.version,
        name=opened.version.name,
        zones=opened.manifest["zones"],
        threshold=opened.manifest.get("threshold_choice"),
        calibration=opened.manifest["calibration"],
        data=data_facts(panel, assessment.inside, config, digest),
        config=config.model_dump(mode="json"),
        **known,
    )
    judged = rules_digest(Config.read(opened.manifest["config"], source="manifest")) == rules_digest(config)
    return with_verdict(report, opened.manifest["verdict"]) if judged else report


def write_assessment(prefix: Path | str, report: dict[str, Any], assessment: Assessment) -> tuple[Path, Path]:
    """Write the four files of a report; see `write_report`."""
    from trady2.backtest.equity_frame import equity_frame

    frame = equity_frame(assessment.market, assessment.backtest)
    return write_report(prefix, report, assessment.backtest.trades, frame)


def report_bytes(prefix: Path, version: str) -> dict[str, bytes]:
    """Return ``report.html`` and ``report.json`` of a *version* from what a run wrote before it had one."""
    known, trades, equity = read_report(prefix)
    report = {**known, "version": version}
    text = json.dumps(report, indent=1, allow_nan=False)
    return {"report.html": render_html(report, trades, equity).encode(), "report.json": text.encode()}
