"""A0, the part about vectors and labels: each label is what the prices say, is known when it claims, and not sooner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trady2.guards.certificate import Finding, Outcome
from trady2.guards.frame_contract import FORWARD_NAMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trady2.config import TargetConfig
    from trady2.data.panel import Panel
    from trady2.learning.target import Labels

__all__ = ["label_contract"]

_TOLERANCE = 1e-12


def label_contract(panel: Panel, labels: Labels, target: TargetConfig) -> Outcome:
    """Recompute the labels from the closes, by another way than training does, and compare.

    The rows of a panel lie asset by asset in time order; so the bar that settles row i is row i + N, if that is still
    of the same asset.
    """
    findings = [
        Finding("A0", name, "has the name of a label; a feature must not know it, so drop the column")
        for name in panel.feature_names
        if name.lower() in FORWARD_NAMES
    ]
    findings += _order(panel)
    known = np.flatnonzero(labels.label >= 0)
    findings += _times(panel, labels, known, target) if len(known) else []
    findings += _values(panel, labels, known, target) if len(known) else []
    numbers = {"rows": len(panel), "labelled": len(known), "assets": len(panel.assets)}
    note = f"{len(known):,} labels are what the closes say, and known when they claim"
    return Outcome(tuple(findings), numbers, note=note)


def _order(panel: Panel) -> list[Finding]:
    same = panel.asset_code[1:] == panel.asset_code[:-1]
    wrong = np.flatnonzero(np.where(same, panel.timestamp[1:] <= panel.timestamp[:-1], np.diff(panel.asset_code) < 0))
    if not len(wrong):
        return []
    when = panel.timestamp[wrong[0] + 1]
    return [
        Finding("A0", None, f"the vectors are not unique and in order by asset and time, at {when}Z; build them again")
    ]


def _times(panel: Panel, labels: Labels, known: NDArray[np.int64], target: TargetConfig) -> list[Finding]:
    ahead = target.horizon_steps
    if _past_the_end(panel, known, ahead).any():
        return [Finding("A0", None, f"a label is known within the last {ahead} bars of an asset; label the rows again")]
    ends, decided = labels.label_end[known], panel.decision_time[known]
    settled = panel.timestamp[known + ahead] + panel.step
    if target.calendar == "24/7":
        settled = np.maximum(settled, decided + ahead * panel.step)
    early = np.flatnonzero(~(ends >= settled) | ~(ends > decided))
    if not len(early):
        return []
    row = early[0]
    text = f"the label of the bar that closes at {decided[row]}Z says that it is known at {ends[row]}Z"
    return [Finding("A0", None, f"{text}, but its bar closes at {settled[row]}Z; store the real label end")]


def _values(panel: Panel, labels: Labels, known: NDArray[np.int64], target: TargetConfig) -> list[Finding]:
    known = known[~_past_the_end(panel, known, target.horizon_steps)]
    risen = panel.close[known + target.horizon_steps] / panel.close[known] - 1
    expected = risen >= target.return_threshold - _TOLERANCE
    wrong = known[expected != (labels.label[known] == 1)]
    if not len(wrong):
        return []
    row = wrong[0]
    text = f"{len(wrong):,} labels are not what the closes say, the first at {panel.timestamp[row]}Z"
    return [Finding("A0", None, f"{text}; label the rows again")]


def _past_the_end(panel: Panel, known: NDArray[np.int64], ahead: int) -> NDArray[np.bool_]:
    settling = np.minimum(known + ahead, len(panel) - 1)
    other = panel.asset_code[settling] != panel.asset_code[known]
    return np.asarray((known + ahead >= len(panel)) | other, np.bool_)
