"""A person decides which version is active, and says why."""

from __future__ import annotations

from typing import Any

from trady2.errors import NotFoundError, RefusedError
from trady2.registry.current import Active, active
from trady2.registry.history import changes, past_versions
from trady2.registry.reconciliation import settled
from trady2.registry.switchover import switch_over
from trady2.registry.verification import verified

__all__ = ["activate", "rollback"]


def activate(name: str, version: str, *, reason: str, actor: str, force: bool = False) -> Active:
    """Let ``<name>:active`` stand for a *version*, given in either spelling and in full; returns what is active now.

    Args:
        name: the model's name.
        version: either spelling; there is no default and no "newest".
        reason: why, for those who come later.
        actor: who decides.
        force: activate although the leak audit failed; a failed digest cannot be forced.

    Raises:
        RefusedError: no reason or actor was given, or the audit failed and *force* is False.
        NotFoundError: there is no such version.
        IntegrityError: the version is not what was published.
    """
    _said(reason, actor)
    with settled(name) as ledger:
        opened = verified(name, version, ledger)
        payload = {"force": force, "verdict": _label(opened.manifest.get("verdict"))}
        if _audit_failed(opened.manifest) and not force:
            raise RefusedError(
                f"{opened.version.tag} failed its leak audit: its scores cannot be believed; "
                "train again without the leak, or activate it with force",
                name=name,
                version=opened.version.version,
            )
        switch_over(opened, ledger, "activated", reason=reason, actor=actor, payload=payload)
        return _now(name)


def rollback(name: str, *, reason: str, actor: str) -> Active:
    """Let the alias stand for the version that was active before; a second rollback goes one further back.

    Raises:
        RefusedError: no reason or actor was given.
        NotFoundError: nothing was active before, or that version is gone.
        IntegrityError: that version is not what was published.
    """
    _said(reason, actor)
    with settled(name) as ledger:
        pile = past_versions(changes(ledger, name))
        if len(pile) < 2:
            raise NotFoundError(
                f"{name} has nothing to roll back to: before {pile[-1] if pile else 'now'} no version was active; "
                "activate one by its version",
                name=name,
            )
        opened = verified(name, pile[-2], ledger)
        switch_over(opened, ledger, "rolled_back", reason=reason, actor=actor, payload={})
        return _now(name)


def _said(reason: str, actor: str) -> None:
    for what, said in (("reason", reason), ("actor", actor)):
        if not said.strip():
            raise RefusedError(
                f"{what} = {said!r}: an activation needs both a reason and an actor; say them", missing=what
            )


def _now(name: str) -> Active:
    now = active(name)
    if now is None:
        raise NotFoundError(f"{name}:active vanished while it was being switched; activate again", name=name)
    return now


def _audit_failed(manifest: dict[str, Any]) -> bool:
    certificate = manifest.get("leak_certificate")
    return isinstance(certificate, dict) and certificate.get("passed") is False


def _label(verdict: object) -> object:
    return verdict.get("label") if isinstance(verdict, dict) else verdict
