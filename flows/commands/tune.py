"""Look for better parameters, and tell how much of what was found is luck."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import Annotated, Any

import typer

from flows.commands.options import Actor, ConfigFile, Json, Prefect, me, run, show
from flows.telling import table

__all__ = ["app", "tuned"]

app = typer.Typer()

_INTERRUPTED = 130
_SHOWN = 10


@app.command(epilog="Example: trady2 tune --config configs/ml.example.yaml --minutes 30")
def tune(
    config: ConfigFile,
    output: Annotated[
        str, typer.Option("--output", "-o", help="The YAML file for the best configuration.")
    ] = "configs/tuned.yaml",
    study: Annotated[
        str | None, typer.Option(help="Name of the search; by default the same data and rules go on with the same one.")
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Tries that the study shall have; else tune.n_trials.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.001, help="No new try after so many; else tune.minutes.")
    ] = None,
    actor: Actor = None,
    as_json: Json = False,
    prefect: Prefect = False,
) -> None:
    """Look for better parameters of the model on the zones train and stop. Call it again to go on."""
    budget = {"trials": trials, "minutes": minutes}
    parameters = {"config": config, "output": output, "study": study, **budget, "actor": me(actor)}
    result = run("tune_model", parameters, prefect=prefect)
    show(result, as_json, tuned(result))
    if not result["complete"]:
        raise typer.Exit(_INTERRUPTED)


def tuned(result: Mapping[str, Any]) -> str:
    """Tell the best tries, the present parameters among them, what luck gave, and what to do next."""
    best, present = result["best"], result["present"]
    tries = result["trials"]
    first = sorted(tries, key=lambda one: (one["state"] != "complete", -(one["direction_skill"] or 0), one["number"]))
    shown = first[:_SHOWN] + [one for one in first[_SHOWN:] if one["is_present"]]
    names = list(best["parameters"])
    header = ["try", "direction skill", "t", "folds", "trades", *names]
    counts = {state: sum(one["state"] == state for one in tries) for state in ("complete", "pruned", "failed")}
    kept = best["number"] == present["number"] or not result["gain_is_beyond_luck"]
    return "\n".join(
        [
            f"{result['name']}  study {result['study']}  on bars before {result['end']}",
            f"{len(tries):,} tries: {', '.join(f'{count:,} {state}' for state, count in counts.items() if count)}",
            *([] if result["complete"] else ["stopped by an interruption; the same command goes on from here"]),
            "",
            table([_cells(one, names) for one in shown], header),
            "",
            *wrap(result["statement"], 110),
            "",
            f"config   {result['config']}" + ("   (nothing proves it better than what you have)" if kept else ""),
            f"tries    {result['folder']}",
            f"next     trady2 train --config {result['config']}",
        ]
    )


def _cells(one: Mapping[str, Any], names: list[str]) -> list[str]:
    mark = " (present)" if one["is_present"] else ""
    skill, t, trades = one["direction_skill"], one["direction_t"], one["n_trades"]
    return [
        f"{one['number']}{mark}",
        "–" if skill is None else f"{skill:.4f}",
        "–" if t is None else f"{t:.2f}",
        f"{one['folds']}" + ("" if one["state"] == "complete" else f" ({one['state']})"),
        "–" if trades is None else f"{trades:,}",
        *(_value(one["parameters"][name]) for name in names),
    ]


def _value(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
