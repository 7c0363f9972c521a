"""A training repeated in a process of its own: ``python -P -m flows.repeating FOLDER``.

It reads ``request.json`` and ``config.yaml`` of the folder and runs the very wiring of `train-model`, publishing into
whatever store the environment names; ``result.json`` tells what became of it. Two stages are not repeated: the leak
audit, whose certificate is taken over, for it judges data and code and has a command of its own; and the choice of
columns, which are those of the version.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from flows.auditing import AUDIT_FILE, audit_training_run
from flows.console import Console
from flows.engine import Direct, Task, using
from flows.learning import read_vectors
from flows.provenance import rules_digest
from flows.runs import read_json, write_json
from flows.train_model import train_model_flow
from trady2.errors import Trady2Error

__all__ = ["Repeating", "main", "repeat"]

P = ParamSpec("P")
R = TypeVar("R")
ACTOR = "reproduce-version"


class Repeating(Direct):
    """Runs the stages of a training, with the columns and the leak certificate of the version that is repeated."""

    def __init__(self, console: Console, request: Mapping[str, Any]) -> None:
        """Keep ``features`` and ``leak_certificate`` of the *request*."""
        super().__init__(console)
        self._request = request

    def run(self, task: Task[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one stage, or do what takes its place."""
        stage: Task[Any, Any] = task
        if stage is audit_training_run:
            write_json(Path(str(args[0])) / AUDIT_FILE, self._request["leak_certificate"])
            return None  # type: ignore[return-value]  # what that task returns
        if stage is read_vectors:
            kwargs["features"] = self._request["features"]
        return super().run(task, *args, **kwargs)


def repeat(folder: Path, console: Console) -> dict[str, Any]:
    """Train as the request in *folder* says, what was judged before in the ledger; return the result."""
    from trady2.config import load_config
    from trady2.registry.judgements import JUDGED
    from trady2.registry.ledger import Ledger

    request, file = read_json(folder / "request.json"), folder / "config.yaml"
    config = load_config(file)
    own = {request["rules_sha256"]: rules_digest(config)}
    judged = [{**one, "rules_sha256": own.get(one["rules_sha256"], one["rules_sha256"])} for one in request["judged"]]
    Ledger().append_many(JUDGED, judged, name=config.name, actor=ACTOR)
    with using(Repeating(console, request)):
        return train_model_flow(str(file), ACTOR)


def main(folder: Path) -> int:
    """Repeat, write ``result.json``, and return the exit code."""
    # LightGBM imports scikit-learn where it finds it, which takes seconds and is never used here.
    sys.modules.setdefault("sklearn", None)  # type: ignore[arg-type]  # Python's way to say: not to be had
    try:
        result = repeat(folder, Console())
    except Trady2Error as error:
        write_json(folder / "result.json", {"error": str(error)})
        return 1
    write_json(folder / "result.json", {key: result[key] for key in ("name", "version")})
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
