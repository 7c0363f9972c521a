"""The ``trady2`` command: each command runs one flow or one registry verb.

Results go to standard output (with ``--json`` exactly one JSON object), everything else to standard error.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
"""

from __future__ import annotations

import gc
import json
import sys

import typer

from flows.commands import (
    activation,
    answers,
    audit,
    bars,
    explain,
    features,
    keys,
    ledger,
    machine,
    models,
    reproduce,
    study,
    sweep,
    tune,
)
from trady2.errors import Trady2Error

__all__ = ["app", "command", "main"]

_WITHOUT_SKLEARN = {"train", "backtest", "sweep", "tune", "study", "activate", "rollback", "predict", "reproduce"}
_WITHOUT_SKLEARN |= {"explain", "keys", "bake"}

app = typer.Typer(
    help="Train, judge, version, activate and serve models of short-term upward price moves.",
    epilog="Begin with: trady2 demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(bars.app, name="bars")
app.add_typer(features.app, name="features")
app.add_typer(keys.app, name="keys")
app.add_typer(ledger.app, name="ledger")
for group in (models, audit, reproduce, explain, sweep, tune, study, activation, answers, machine):
    app.registered_commands += group.app.registered_commands


def main() -> None:
    """Run the command; a refusal is one clear sentence and exit code 1, never a traceback."""
    try:
        app()
    except Trady2Error as error:
        if "--json" in sys.argv:
            sys.stdout.write(json.dumps({"error": {"code": type(error).__name__, "message": str(error)}}) + "\n")
        sys.stderr.write(f"trady2: {error}\n")
        sys.exit(1)


def command() -> None:
    """Run the command in a process of its own.

    LightGBM imports scikit-learn where it finds it, which takes seconds and is never used by these commands. Imports
    make a million objects that live to the end: to look through them for garbage took a third of the start, and as
    long again at the end.
    """
    if len(sys.argv) > 1 and sys.argv[1] in _WITHOUT_SKLEARN:
        sys.modules.setdefault("sklearn", None)  # type: ignore[arg-type]  # Python's way to say: not to be had
    gc.set_threshold(200_000)
    try:
        main()
    finally:
        gc.freeze()


if __name__ == "__main__":
    command()
