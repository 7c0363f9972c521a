"""An activation or rollback in a process of its own: verifying a version takes memory that a worker never gives back.

    python -m service.admin.decision_process   # reads {"verb": "activate", …} and writes {"result": …} or {"error": …}

It ends before anybody is answered, it shares nothing with the worker but the store and the ledger, and what it cannot
survive, such as a forgery that ends whoever parses it, does not end the worker.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from trady2 import errors
from trady2.errors import ConflictError, Trady2Error

__all__ = ["decide"]

_PATIENCE_SECONDS: Final = 180.0
# What only those who are asked need to know.
_KEPT_BACK: Final = ("TRADY2_API_KEYS", "TRADY2_API_KEYS_FILE", "TRADY2_SESSION_SECRET", "TRADY2_PRIVATE_KEY")


def decide(verb: str, **arguments: Any) -> dict[str, Any]:
    """Run ``activate`` or ``rollback`` of `trady2.registry` with *arguments*; returns what is active now.

    Raises what the verb raises, and ConflictError when the process ended without a word.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _KEPT_BACK}
    environment = {**kept, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONSAFEPATH": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "service.admin.decision_process"],
            input=json.dumps({"verb": verb, **arguments}).encode(),
            capture_output=True,
            timeout=_PATIENCE_SECONDS,
            env=environment,
            check=False,
        )
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError):
        text = "the process that should decide ended without a word; look what is active now, then try again"
        raise ConflictError(text, verb=verb) from None
    if "error" in told:
        wrong = told["error"]
        raise getattr(errors, wrong["kind"])(wrong["message"], **wrong["values"])
    return dict(told["result"])


def _decided(verb: str, arguments: dict[str, Any]) -> dict[str, Any]:
    for module in ("pandas", "sklearn"):  # LightGBM imports them where it finds them
        sys.modules.setdefault(module, None)  # type: ignore[arg-type]  # Python's way to say: not to be had
    from trady2.registry.activation import activate, rollback

    try:
        now = activate(**arguments) if verb == "activate" else rollback(**arguments)
    except Trady2Error as error:
        values = {key: value for key, value in error.values.items() if key == "code"}
        return {"error": {"kind": type(error).__name__, "message": str(error), "values": values}}
    since = now.since.isoformat() if now.since else None
    return {"result": {"name": now.name, "version": now.version, "sha256": now.sha256, "since": since}}


if __name__ == "__main__":
    asked = json.loads(sys.stdin.buffer.read())
    sys.stdout.write(json.dumps(_decided(asked.pop("verb"), asked)) + "\n")
