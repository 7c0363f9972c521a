"""What was judged on which history: how many configurations share the luck of one evaluation, and how they fared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from trady2.registry.ledger import Ledger
from trady2.registry.trial_recording import target_facts

__all__ = ["JUDGED", "Judged", "judged_before", "judged_so_far", "record_judgement"]

JUDGED = "judged"
"""The kind of the events."""


class Judged(NamedTuple):
    """The configurations that were judged for one model name, target and set of assets.

    Configurations count once, however often they were fitted, repeated or brought up to newer bars.
    """

    n_configurations: int
    """How many there are, the one in question among them."""
    sharpe_variance: float
    """Variance (ddof 1) of the daily Sharpe ratios of their timing excess; NaN for fewer than two."""


def judged_so_far(
    name: str, *, target: Any, assets: Sequence[str], rules_sha256: str, sharpe: float, ledger: Ledger | None = None
) -> Judged:
    """Return what was judged, with the configuration *rules_sha256*, whose excess has this daily *sharpe* ratio.

    Args:
        name: of the model.
        target: the `TargetConfig`.
        assets: in any order.
        rules_sha256: see `record_judgement`.
        sharpe: of the timing excess, per day; it takes the place of an earlier one of the same configuration.
        ledger: by default the one of `trady2.home.ledger_url`.
    """
    same = {"target": target_facts(target), "assets": sorted(assets)}
    found = {}
    for event in (ledger or Ledger()).events(name=name, kinds=[JUDGED]):
        if all(event.payload[key] == value for key, value in same.items()):
            found[event.payload["rules_sha256"]] = event.payload["excess_sharpe"]
    found[rules_sha256] = sharpe
    known = [value for value in found.values() if value is not None and np.isfinite(value)]
    return Judged(len(found), float(np.var(known, ddof=1)) if len(known) > 1 else float("nan"))


def judged_before(name: str, run: str, *, ledger: Ledger | None = None) -> tuple[list[dict[str, Any]], str | None]:
    """Return the payloads of what was judged of model *name* before the *run*, and by which rules the run was judged.

    A ledger that does not know the run gives an empty list and None.
    """
    events = [event.payload for event in (ledger or Ledger()).events(name=name, kinds=[JUDGED])]
    for place, payload in enumerate(events):
        if payload.get("run") == run:
            return events[:place], str(payload["rules_sha256"])
    return [], None


def record_judgement(
    name: str,
    *,
    target: Any,
    assets: Sequence[str],
    rules_sha256: str,
    sharpe: float,
    actor: str,
    verdict: Mapping[str, Any],
    facts: Mapping[str, Any],
    ledger: Ledger | None = None,
) -> None:
    """Write a judgement into the ledger.

    Args:
        name: of the model.
        target: the `TargetConfig`.
        assets: in any order.
        rules_sha256: the digest of everything in the configuration that a result depends on.
        sharpe: of the timing excess, per day; NaN where it is not defined.
        actor: who had it judged.
        verdict: label, text and criteria.
        facts: what else tells where the judgement comes from, such as the run and the digest of the data.
        ledger: by default the one of `trady2.home.ledger_url`.
    """
    payload = {
        **facts,
        "target": target_facts(target),
        "assets": sorted(assets),
        "rules_sha256": rules_sha256,
        "excess_sharpe": sharpe if np.isfinite(sharpe) else None,
        "label": verdict["label"],
        "criteria": verdict["criteria"],
    }
    (ledger or Ledger()).append(JUDGED, name=name, actor=actor, payload=payload)
