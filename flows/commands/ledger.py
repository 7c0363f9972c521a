"""The ledger: whether it still is what was written."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands.options import Json, show

__all__ = ["app"]

app = typer.Typer(help="The ledger of versions, trials and activations.", no_args_is_help=True)


@app.callback()
def ledger() -> None:
    """Keep `verify` a command of a group although it is the only one."""


@app.command("verify", epilog="Example: trady2 ledger verify --head 5e1d…")
def ledger_verify(
    head: Annotated[
        str | None, typer.Option("--head", help="A head that an earlier run showed: it has to be in the chain still.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Walk the whole chain of events; exit code 1, with the number of the event, where it is broken or cut short."""
    from trady2.registry.ledger import Ledger

    hashes = Ledger().hashes(known=head)
    result = {"events": len(hashes), "head": hashes[-1] if hashes else None}
    text = f"{len(hashes):,} events, each follows from the one before it\nhead {result['head'] or '–'}"
    show(result, as_json, text)
