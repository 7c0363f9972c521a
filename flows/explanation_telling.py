"""Explanations as text: why an answer is what it is, and which features a version lives by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.telling import predicted, table

__all__ = ["explained_answer", "explained_version", "importance_rows"]

_HEADS = {"up": "a rise", "down": "a fall"}
_SHOWN = 20


def explained_answer(answer: Mapping[str, Any]) -> str:
    """Show an answer, and what each feature adds to the log odds behind it."""
    lines = [predicted({key: value for key, value in answer.items() if key != "explanation"})]
    explanation = answer.get("explanation")
    if explanation is None:
        return "\n".join([*lines, "", "no probability, so there is nothing to explain"])
    for head, of in _HEADS.items():
        if explanation[head] is not None:
            lines += ["", f"log odds of {of}, before calibration:", table(_sum_rows(explanation[head]))]
    return "\n".join(lines)


def _sum_rows(part: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    others = part["others"]
    named = [(f"  {one['feature']}", _value(one["value"]), _signed(one)) for one in part["contributions"]]
    rest = [(f"  {others['features']} others", "", _signed(others))] if others["features"] else []
    return [("  base", "", f"{part['base']:+.4f}"), *named, *rest, ("  raw score", "", f"{part['raw_score']:+.4f}")]


def explained_version(result: Mapping[str, Any]) -> str:
    """Show the most important features of a version, and how to read the figures."""
    features = result["features"]
    used = [one for one in features if one["gain"]["up"] or one["gain"]["down"]]
    told = sum((one["permutation"]["log_loss"]["low"] or 0) > 0 for one in features)
    chance = (1 - result["level"]) / 2 * len(used)
    lines = [
        f"{result['name']} {result['version']}: test zone, {result['rows']:,} of {result['rows_in_zone']:,} rows",
        f"log loss {result['log_loss']:.4f}, direction AUC {_number(result['direction_auc'], '{:.3f}')}",
        "",
        _importance_table(used[:_SHOWN]),
        *([f"… and {len(used) - _SHOWN} more; --json has all of them"] if len(used) > _SHOWN else []),
        "",
        f"In no tree: {len(features) - len(used)} of {len(features)} features.",
        f"Log loss above 0 in the whole {result['level']:.0%} interval: {told}; of useless ones about {chance:.0f}.",
        "Features that say the same share their cost: shuffled alone, each seems to matter little.",
    ]
    if not result["promised"]:
        lines.append(f"{result['n_eff']:.0f} independent labels are few: the intervals may be too narrow.")
    return "\n".join([*lines, "", f"files    {result['run']}"])


def importance_rows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each feature that is in a tree, for a table."""
    return [
        {
            "feature": one["feature"],
            **{f"gain_{head}": value for head, value in one["gain"].items()},
            **{f"shap_{head}": value for head, value in one["mean_abs_shap"].items()},
            **{f"{what}_{end}": value for what, span in one["permutation"].items() for end, value in span.items()},
        }
        for one in result["features"]
        if one["gain"]["up"] or one["gain"]["down"]
    ]


def _importance_table(features: list[Mapping[str, Any]]) -> str:
    heads = [head for head in _HEADS if features and features[0]["gain"][head] is not None]
    several = len(heads) > 1
    header = ["feature", *(f"gain {head}" if several else "gain" for head in heads)]
    header += [f"|SHAP| {head}" if several else "|SHAP|" for head in heads]
    rows = [
        (
            one["feature"],
            *(f"{one['gain'][head]:.1%}" for head in heads),
            *(f"{one['mean_abs_shap'][head]:.4f}" for head in heads),
            _span(one["permutation"]["log_loss"], 1e4, "{:+.2f}"),
            _span(one["permutation"]["direction_auc"], 1e2, "{:+.2f}"),
        )
        for one in features
    ]
    return table(rows, [*header, "log loss added, 1e-4 nats", "direction AUC lost, points"])


def _span(span: Mapping[str, Any], scale: float, form: str) -> str:
    value, *ends = (_number(span[key], form, scale) for key in ("value", "low", "high"))
    return f"{value:>7}  [{ends[0]}, {ends[1]}]"


def _number(value: float | None, form: str, scale: float = 1.0) -> str:
    return "–" if value is None else form.format(value * scale)


def _value(value: float | None) -> str:
    return "missing" if value is None else f"{value:.6g}"


def _signed(one: Mapping[str, Any]) -> str:
    return f"{one['contribution']:+.4f}"
