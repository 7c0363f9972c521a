"""A8 over all assets: compare, remember what is new, and take a revision into the ledger."""

from __future__ import annotations

from typing import Any

import numpy as np

from trady2.data.digest import panel_digest
from trady2.guards.certificate import Finding, Outcome
from trady2.guards.evidence import TrainingEvidence
from trady2.guards.feature_source import FeatureSource
from trady2.guards.snapshots import DayRecords, compared, digest_of, records_of, stored_records
from trady2.home import trady2_home
from trady2.registry.ledger import Ledger

__all__ = ["REVISION", "point_in_time"]

REVISION = "revision"
"""The kind of the ledger's event by which a person accepts that delivered data changed."""

_SHOWN = 5


def point_in_time(evidence: TrainingEvidence, source: FeatureSource) -> tuple[Outcome, tuple[dict[str, Any], ...]]:
    """Compare each day with its first delivery; return the outcome and the revisions that were accepted.

    A day that differs keeps its first hash until a revision is entered; then the new one takes its place.
    """
    folder = trady2_home() / "snapshots" / evidence.config.name
    panel, changed, records, first = evidence.panel, [], {}, 0
    for code, asset in enumerate(panel.assets):
        now, known = records_of(panel, code, source.made_by), stored_records(folder, asset)
        if known is None:
            first += len(now.first)
            records[asset] = now
            continue
        days, differ = compared(panel, code, known, source.made_by)
        changed += [{"asset": asset, "what": what, "days": named} for what, named in days.items()]
        keep = differ if evidence.revision is None else np.zeros(len(differ), bool)
        first += int(np.count_nonzero(~np.isin(now.day, known.day)))
        records[asset] = known.joined(now, keep)
    revisions = _revised(evidence, changed) if changed and evidence.revision is not None else ()
    for asset, each in records.items():
        each.save(folder, asset)
    return _outcome(evidence, changed, records, first, revisions), revisions


def _revised(evidence: TrainingEvidence, changed: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    reason = evidence.revision or ""
    event = Ledger().append(
        REVISION, name=evidence.config.name, actor=evidence.actor, reason=reason, payload={"changed": changed}
    )
    return ({"event": event.number, "reason": reason, "actor": evidence.actor, "changed": changed},)


def _outcome(
    evidence: TrainingEvidence,
    changed: list[dict[str, Any]],
    records: dict[str, DayRecords],
    first: int,
    revisions: tuple[dict[str, Any], ...],
) -> Outcome:
    days = sum(len(each.first) for each in records.values())
    numbers = {
        "days": days,
        "days_seen_for_the_first_time": first,
        "days_changed": sum(len(each["days"]) for each in changed),
        "revised": bool(revisions),
        "snapshot_sha256": digest_of(records),
    }
    note = (
        f"{days - first:,} days of {days:,} are as they were delivered first"
        if first < days
        else ("every day is seen for the first time; a later delivery will be compared with it")
    )
    if revisions:
        note = f"{numbers['days_changed']:,} days changed and were accepted: {evidence.revision}"
        return Outcome(_since_training(evidence), numbers, note=note)
    findings = tuple(
        Finding(
            "A8",
            None,
            f"the {each['what']} of {each['asset']} are no longer what was delivered first, on {_days(each['days'])}; "
            "find out who changed them, then enter it: trady2 audit --config FILE --revision 'why'",
        )
        for each in changed
    ) + _since_training(evidence)
    return Outcome(findings, numbers, {"days_changed": 0}, note=note)


def _since_training(evidence: TrainingEvidence) -> tuple[Finding, ...]:
    if evidence.data_sha256 in (None, panel_digest(evidence.panel)):
        return ()
    text = "the vectors are no longer those that were trained on: their digest is another one; train again"
    return (Finding("A8", None, text),)


def _days(days: list[str]) -> str:
    return ", ".join(days[:_SHOWN]) + (f" and {len(days) - _SHOWN:,} more days" if len(days) > _SHOWN else "")
