"""Ask the active version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows import queries, telling
from flows.commands.options import Json, Name, show
from flows.explanation_telling import explained_answer

__all__ = ["app"]

app = typer.Typer()


@app.command(epilog="Example: trady2 predict --asset BTC-USDT --as-of latest")
def predict(
    asset: Annotated[str, typer.Option(help="The asset.")],
    as_of: Annotated[str | None, typer.Option("--as-of", help="`latest`, or an ISO time with zone.")] = None,
    url: Annotated[str | None, typer.Option(help="Ask a running service; else answer here.")] = None,
    vectors: Annotated[str, typer.Option(help="Folder of the feature vectors.")] = "data/vectors",
    explain: Annotated[bool, typer.Option("--explain", help="Say which features made the answer.")] = False,
    name: Name = "trady2",
    as_json: Json = False,
) -> None:
    """Predict from the newest stored vector; the answer is the service's, to the bit."""
    answer = queries.answer(asset, as_of, url=url, vectors=Path(vectors), name=name, explain=explain)
    show(answer, as_json, explained_answer(answer) if explain else telling.predicted(answer))
