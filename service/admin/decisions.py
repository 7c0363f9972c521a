"""A person's decisions over HTTP: which version is active. Verified, told and recorded as on the command line.

They run one after the other, each in a process of its own that a thread of its own waits for, so that neither
predictions nor the loop that brings a new version into memory wait for them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from service.admin.decision_process import decide
from service.faults import HttpError
from trady2.errors import ConflictError, IntegrityError, NotFoundError
from trady2.registry.store import names

__all__ = ["MAX_REASON", "Decisions", "actor_of", "checked_name", "checked_reason"]

MAX_REASON: Final = 500
_PATIENCE_SECONDS: Final = 20.0
_MOST_WAITING: Final = 8
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_Result = TypeVar("_Result")


def actor_of(holder: str | None) -> str:
    """Say who decides, as the ledger holds it: the key's fingerprint, or that none was needed."""
    return f"key {holder}" if holder else "loopback, without a key"


def checked_name(name: str) -> str:
    """Return *name* when the store has a model of that name; raises NotFoundError before it touches a path."""
    known = names()
    if name not in known:
        listed = f"known are {', '.join(known[:5])}" if known else "the store holds none; `trady2 train` makes one"
        raise NotFoundError(f"there is no model {name[:80]!r}: {listed}", code="unknown_model", name=name)
    return name


def checked_reason(reason: str) -> str:
    """Return *reason* on one line; raises HttpError 422 for an empty or a very long one."""
    said = _CONTROL.sub(" ", reason).strip()
    if not 0 < len(said) <= MAX_REASON:
        raise HttpError(
            422,
            "invalid_reason",
            f"the reason has {len(said)} characters; say in 1 to {MAX_REASON} why, for those who come later",
        )
    return said


class Decisions:
    """Activates and rolls back, one at a time; a few may wait for their turn."""

    def __init__(self) -> None:
        """Start no thread yet."""
        self._thread = ThreadPoolExecutor(1, "trady2-decision")
        self._waiting = 0

    async def activate(
        self, name: str, version: str, *, reason: str, actor: str, force: bool, wait: bool
    ) -> dict[str, Any]:
        """Activate a *version* of *name*; returns what ``trady2 activate --json`` prints.

        Args:
            name: the model's name.
            version: in either spelling, in full.
            reason: why, for those who come later.
            actor: who decides, see `actor_of`.
            force: activate although the leak audit failed.
            wait: return when every worker answers with it; 20 seconds at most.

        Raises:
            NotFoundError: there is no such model or version.
            RefusedError: the audit failed and *force* is False.
            HttpError: 409 ``model_refused`` for a version that is not what was published or that a worker refuses,
                409 ``workers_behind`` for one that is active and not yet everywhere, 422 for a reason that says
                nothing, 503 ``busy``.
        """
        name, reason = checked_name(name), checked_reason(reason)
        said = {"name": name, "version": version, "reason": reason, "actor": actor, "force": force}
        return await self._decided("activate", said, wait)

    async def rollback(self, name: str, *, reason: str, actor: str, wait: bool) -> dict[str, Any]:
        """Go back to the version of *name* that was active before; arguments and errors as in `activate`."""
        said = {"name": checked_name(name), "reason": checked_reason(reason), "actor": actor}
        return await self._decided("rollback", said, wait)

    async def _decided(self, verb: str, said: dict[str, Any], wait: bool) -> dict[str, Any]:
        told = await self._in_turn(lambda: _unless_refused(verb, said))
        if not wait:
            return told
        return {**told, "workers": await self._in_turn(lambda: _followed(told["name"], told["version"]))}

    async def _in_turn(self, work: Callable[[], _Result]) -> _Result:
        if self._waiting >= _MOST_WAITING:
            raise HttpError(503, "busy", f"{self._waiting} activations wait already; look what they do, then try again")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waiting -= 1


def _unless_refused(verb: str, said: dict[str, Any]) -> dict[str, Any]:
    try:
        return decide(verb, **said)
    except IntegrityError as error:
        raise HttpError(409, "model_refused", str(error)) from None


def _followed(name: str, version: str) -> int:
    from trady2.serving.workers import await_workers

    try:
        return await_workers(name, version, patience_seconds=_PATIENCE_SECONDS)
    except IntegrityError as error:
        raise HttpError(409, "model_refused", str(error)) from None
    except ConflictError as error:
        raise HttpError(409, "workers_behind", str(error)) from None
