"""activate-model: a person's decision → the version that the service answers with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flows.engine import current_engine, flow, task
from flows.queries import told
from trady2.errors import RefusedError
from trady2.registry.activation import activate, rollback
from trady2.registry.current import active
from trady2.registry.store import find
from trady2.registry.verification import verify

if TYPE_CHECKING:
    from trady2.registry.current import Active

__all__ = ["activate_model_flow", "rollback_model_flow"]


@task("verify", retries=2)
def verify_version(name: str, version: str) -> None:
    """Compare every byte of the version with its manifest and replay its golden vectors."""
    verify(name, version)
    current_engine().say(f"{name} {version} is what was registered")


@task("activate", retries=2)
def switch(name: str, version: str, reason: str, actor: str, force: bool) -> dict[str, Any]:
    """Switch the alias in one step and write it to the ledger."""
    return _show(activate(name, version, reason=reason, actor=actor, force=force), reason)


@task("rollback", retries=2)
def switch_back(name: str, reason: str, actor: str) -> dict[str, Any]:
    """Switch the alias back to the version that was active before."""
    return _show(rollback(name, reason=reason, actor=actor), reason)


@task("workers")
def wait_for_workers(result: dict[str, Any], wait_seconds: float) -> dict[str, Any]:
    """Wait until every worker of the service answers with what is active."""
    from trady2.serving.workers import await_workers

    count = await_workers(result["name"], result["version"], patience_seconds=wait_seconds)
    current_engine().say(f"{count} {'worker answers' if count == 1 else 'workers answer'} with {result['version']}")
    return {**result, "workers": count}


def _show(now: Active, reason: str) -> dict[str, Any]:
    row = told(now)
    current_engine().say(f"{now.name} {now.version} is active")
    current_engine().show_table(f"active-{now.name}", [{**row, "reason": reason}])
    return row


def approved(name: str, version: str, reason: str, actor: str, minutes: float) -> tuple[str, str]:
    """Ask a person on the page of the run, and return reason and actor as the ledger is to hold them.

    Raises RefusedError when the person says no, or nobody answers in time.
    """
    now = active(name)
    verdict = find(name, version).manifest.get("verdict") or {}
    text = (
        f"## Activate {name} {version}?\n\nAsked by {actor}: {reason}\n\n"
        f"Its verdict: {verdict.get('label', 'none')}. Active now: {now.version if now else 'nothing'}.\n"
    )
    decision = current_engine().ask(text, 60 * minutes)
    if not decision.approve:
        raise RefusedError(
            f"{decision.approver} refused to activate {name} {version}: {decision.reason}",
            version=version,
            approver=decision.approver,
        )
    return f"{decision.reason} (asked by {actor}: {reason})", decision.approver


@flow("activate-model")
def activate_model_flow(
    version: str,
    reason: str,
    actor: str = "prefect",
    name: str = "trady2",
    force: bool = False,
    wait_seconds: float | None = None,
    approval_minutes: float | None = None,
) -> dict[str, Any]:
    """Make a version the active one.

    Args:
        version: The exact version, such as 1.0.0+20251101_120000.
        reason: Why; it goes into the ledger.
        actor: Who decided.
        name: The model's name.
        force: Overrule a failed audit; a failed digest cannot be overruled.
        wait_seconds: Wait that long, at most, until every worker of the service answers with it; None for not at all.
        approval_minutes: Wait that long, at most, for a person to approve it on this run's page; None for not at all.
    """
    verify_version(name, version)
    if approval_minutes is not None:
        reason, actor = approved(name, version, reason, actor, approval_minutes)
    result = switch(name, version, reason, actor, force)
    return result if wait_seconds is None else wait_for_workers(result, wait_seconds)


@flow("rollback-model")
def rollback_model_flow(
    reason: str, actor: str = "prefect", name: str = "trady2", wait_seconds: float | None = None
) -> dict[str, Any]:
    """Go back to the version that was active before.

    Args:
        reason: Why; it goes into the ledger.
        actor: Who decided.
        name: The model's name.
        wait_seconds: Wait that long, at most, until every worker of the service answers with it; None for not at all.
    """
    result = switch_back(name, reason, actor)
    return result if wait_seconds is None else wait_for_workers(result, wait_seconds)
