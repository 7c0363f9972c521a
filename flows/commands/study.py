"""Tell how a model ages, and how often to train it again."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import Annotated, Any

import typer

from flows.commands.options import Actor, ConfigFile, Json, Prefect, me, run, show
from flows.telling import table

__all__ = ["app", "studied"]

app = typer.Typer()


@app.command(epilog="Example: trady2 study --config configs/ml.example.yaml")
def study(
    config: ConfigFile,
    output: Annotated[str, typer.Option("--output", "-o", help="Prefix of the files.")] = "reports/study",
    actor: Actor = None,
    as_json: Json = False,
    prefect: Prefect = False,
) -> None:
    """Train again and again along history before the test zone: how a model ages, how often to retrain."""
    result = run("study_model", {"config": config, "output": output, "actor": me(actor)}, prefect=prefect)
    show(result, as_json, studied(result))


def studied(result: Mapping[str, Any]) -> str:
    """Tell skill by age, the cadences side by side, and what they allow to say."""
    ages = [[_weeks(one["weeks"]), *_triple(one, "skill"), *_triple(one, "change")] for one in result["ages"]["ages"]]
    rows = [
        [
            "never again" if one["weeks"] is None else f"every {_weeks(one['weeks'])}",
            f"{one['trainings']}",
            *_triple(one, "skill"),
            *_triple(one, "skill_change"),
            _number(one["excess"], "{:+.3f}"),
            *_triple(one, "excess_change", "{:+.3f}"),
            f"{one['n_trades']:,}",
        ]
        for one in result["cadences"]
    ]
    count = len(result["trainings"])
    return "\n".join(
        [
            f"{result['name']}  {count} trainings in {result['seconds']:.0f} s, before {result['end']}",
            "",
            "direction skill by the age of the model, on the same bars (90 % intervals):",
            table(ages, ("age", "skill", "", "against fresh", "")),
            "",
            "retraining cadences, on the same bars (timing excess in basis points per bar):",
            table(rows, ("train", "times", "skill", "", "against first", "", "excess", "against first", "", "trades")),
            "",
            *wrap(result["statement"], 110),
            "",
            f"report   {result['report_html']}",
            f"numbers  {result['report_json']}",
        ]
    )


def _weeks(weeks: int) -> str:
    return "fresh" if weeks == 0 else f"{weeks} week" + ("s" if weeks > 1 else "")


def _triple(one: Mapping[str, Any], key: str, form: str = "") -> list[str]:
    form = form or ("{:.4f}" if key == "skill" else "{:+.4f}")
    value, low, high = (_number(one[name], form) for name in (key, f"{key}_low", f"{key}_high"))
    return [value, f"[{low}, {high}]"]


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)
