"""Results as text for a person: what happened, the numbers that matter, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flows.verdict_telling import verdict_lines

__all__ = [
    "activated",
    "backtested",
    "baked",
    "built",
    "demonstrated",
    "imported",
    "indicators",
    "is_up",
    "predicted",
    "table",
    "trained",
    "versions",
]

_METRICS = (
    ("total_return", "total return", "{:+.2%}"),
    ("buy_and_hold_return", "buy and hold", "{:+.2%}"),
    ("sharpe_ratio", "Sharpe ratio (annualised)", "{:.2f}"),
    ("max_drawdown", "maximum drawdown", "{:.2%}"),
    ("n_trades", "trades", "{:,.0f}"),
    ("win_rate", "winning trades", "{:.1%}"),
    ("profit_factor", "profit factor (money)", "{:.2f}"),
    ("exposure_time", "time in the market", "{:.1%}"),
    ("fees_paid", "fees paid", "{:,.2f}"),
    ("break_even_cost_bps", "break-even cost per side", "{:.1f} bps"),
)
_SCORES = (
    ("log_loss_skill", "log-loss skill over the base rate", "{:+.4f}"),
    ("roc_auc", "ROC AUC", "{:.3f}"),
    ("direction_auc", "direction AUC (up against down)", "{:.3f}"),
    ("direction_skill", "direction skill beyond volatility", "{:.3f}"),
    ("brier", "Brier score", "{:.4f}"),
    ("pr_auc", "PR AUC", "{:.3f}"),
    ("prevalence", "share of up-moves", "{:.3f}"),
    ("precision_at_threshold", "precision above the threshold", "{:.3f}"),
)


def table(rows: Sequence[Sequence[str]], header: Sequence[str] = ()) -> str:
    """Align *rows* in columns under a *header*."""
    every = [list(header), *map(list, rows)] if header else [list(row) for row in rows]
    widths = [max(len(row[column]) for row in every) for column in range(len(every[0]))] if every else []
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in every]
    if header:
        lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(lines)


def _number(value: Any, form: str) -> str:
    return "–" if value is None else form.format(value)


def _chosen(values: Mapping[str, Any], wanted: Iterable[tuple[str, str, str]]) -> list[tuple[str, str]]:
    return [(label, _number(values[key], form)) for key, label, form in wanted if key in values]


def _score_rows(scorecard: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    rows = []
    for key, label, form in _SCORES:
        if key in scorecard:
            span = scorecard.get("intervals", {}).get(key, {})
            ends = [_number(span.get(end), form) for end in ("low", "high")]
            rows.append((label, _number(scorecard[key], form), f"[{ends[0]}, {ends[1]}]" if span.get("low") else ""))
    return rows


def imported(result: Mapping[str, Any]) -> str:
    """Tell what was imported, mended and refused, asset by asset."""
    parts = []
    for asset, one in result["assets"].items():
        rows = [(key.replace("_", " "), _count(value)) for key, value in _flat(one["report"]) if value]
        gaps = one["report"]["gaps"]["24/7"]
        if gaps["bars"]:
            rows.append(("missing bars", f"{gaps['bars']:,} in {gaps['runs']:,} runs, the longest {gaps['longest']:,}"))
        if one["report"]["unconfirmed"]:
            rows.append(("left out", "the unconfirmed last bar: nothing says that it had closed (--fetched-at does)"))
        parts.append(f"{asset}\n" + table([("  " + key, value) for key, value in rows]))
    return "\n\n".join(parts) + f"\n\nreports and quarantine: {result['run']}"


def _flat(report: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for key, value in report.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}: {inner}", count) for inner, count in value.items() if isinstance(count, str | int))
        elif not isinstance(value, list):
            yield key, value


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def built(result: Mapping[str, Any]) -> str:
    """Tell what was built, asset by asset."""
    rows = [(asset, f"{one['rows_added']:,}", f"{one['rows_total']:,}") for asset, one in result.items()]
    return table(rows, ("asset", "new vectors", "all vectors"))


def indicators(listed: Sequence[Mapping[str, Any]]) -> str:
    """Show each indicator with its parameters and its formula."""
    lines = []
    for one in listed:
        windows = ", ".join(str(w[0]) if len(w) == 1 else str(tuple(w)) for w in one["windows"])
        lines += ["", f"{one['name']}  {windows}" + ("  (needs a market)" if one["needs_market"] else "")]
        lines += [f"    {line}".rstrip() for line in one["formula"].splitlines()]
    return "\n".join(lines[1:])


def trained(result: Mapping[str, Any]) -> str:
    """Tell which version was born, what it scored, and how to make it active."""
    name, version = result["name"], result["version"]
    lines = [
        f"{name} {version}",
        f"sha256   {result['sha256']}",
        "",
        *verdict_lines({"label": result["verdict"], **result["judgement"]}),
        "",
        f"audit    {_audit(result['audit'])}",
        f"signal   {_signal(result['signal'])}",
        "",
        f"test zone, {result['test'].get('n', 0):,} rows worth {result['test'].get('n_eff', 0):,.0f} independent ones:",
        table(_score_rows(result["test"])),
        "",
        "backtest of the test zone, after costs:",
        table(_chosen(result["backtest"], _METRICS)),
        "",
        f"report   {result['report_html']}",
        f"next     trady2 activate {version} --reason '…'" + ("" if name == "trady2" else f" --name {name}"),
    ]
    return "\n".join(lines)


def _audit(audit: Mapping[str, Any]) -> str:
    if audit["passed"]:
        return "no leak found" + ("" if audit["level"] == "full" else " in the data; there was no feature function")
    failed = ", ".join(sorted({finding["check"] for finding in audit["findings"]}))
    return f"FAILED ({failed}): trady2 audit --version tells why; activating it takes --force"


def _signal(signal: Mapping[str, Any]) -> str:
    above, payoffs = f"above {signal['threshold']:.4f}", signal["payoffs"]
    if payoffs is None:
        return f"probability of a rise {above}"
    expected = (2 * signal["threshold"] - 1) * max(payoffs.values())
    rise, fall = f"P(rise) × {payoffs['up']:.2%}", f"P(fall) × {payoffs['down']:.2%}"
    return f"score {above}: {rise} − {fall} above {expected:+.3%}; a trade costs {signal['round_trip_cost']:.3%}"


def backtested(result: Mapping[str, Any]) -> str:
    """Tell the verdict, the metrics and where the report is."""
    head = [result["version"], "", *verdict_lines(result["verdict"]), "", table(_chosen(result["metrics"], _METRICS))]
    return "\n".join([*head, "", f"report   {result['report_html']}", f"numbers  {result['report_json']}"])


def versions(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Show the versions, the newest first, the active one marked."""
    if not rows:
        return f"no version of {name!r} yet; train one: trady2 train --config configs/ml.example.yaml"
    shown = [
        (
            "●" if row["active"] else " ",
            row["version"],
            str(row["verdict"] or "–"),
            _number(row["test"].get("log_loss_skill"), "{:+.4f}"),
            _number(row["test"].get("direction_auc"), "{:.3f}"),
            (row["sha256"] or "refused")[:12],
        )
        for row in rows
    ]
    refusals = [f"refused: {row['error']}" for row in rows if row.get("error")]
    return "\n".join([table(shown, (" ", "version", "verdict", "skill", "direction AUC", "sha256")), *refusals])


def activated(result: Mapping[str, Any]) -> str:
    """Tell which version is active and since when."""
    waited = [f"workers {result['workers']}, all of which answer with it"] if "workers" in result else []
    since = f"{result['name']} {result['version']} is active since {result['since']}"
    return "\n".join([since, f"sha256 {result['sha256']}", *waited])


def baked(result: Mapping[str, Any]) -> str:
    """Tell which version was baked, and how it gets into an image."""
    return "\n".join(
        [
            f"{result['name']} {result['version']} is in {result['output']}; what is activated later is not",
            f"sha256 {result['sha256']}",
            "docker build --target baked .    or    bentoml build -f deploy/bentofile.baked.yaml",
        ]
    )


def predicted(answer: Mapping[str, Any]) -> str:
    """Show an answer line by line."""
    return table([(key, _value(value)) for key, value in answer.items()])


def _value(value: Any) -> str:
    if isinstance(value, Mapping):  # the horizon
        return f"{value['steps']} bars ({value['duration']})"
    text = ", ".join(value) if isinstance(value, list) else value
    return "–" if text in (None, "") else _count(text)


def is_up(result: Mapping[str, Any]) -> str:
    """Tell where the Prefect server is and how to use it."""
    return "\n".join(
        [
            f"Prefect server  {result['ui']}   (logs in {result['logs']})",
            f"use it          export PREFECT_API_URL={result['url']}",
            "run a flow      prefect deployment run 'train-model/example' --watch",
            "stop            trady2 down",
        ]
    )


def demonstrated(result: Mapping[str, Any]) -> str:
    """Show what the demo made, the served prediction and the next commands."""
    made = table([(str(key), str(value)) for key, value in result["made"].items()])
    lines = [made, "", "served prediction:", predicted(result["prediction"]), "", "next:", *result["next"]]
    return "\n".join(lines)
