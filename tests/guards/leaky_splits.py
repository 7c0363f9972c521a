"""Planted split faults: what somebody once did to the rows of zones, or to what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from trady2.guards.evidence import TrainingEvidence

Fault = Callable[[TrainingEvidence], TrainingEvidence]
FAULTS: dict[str, Fault] = {}


def fault(function: Fault) -> Fault:
    """Register a fault under its name."""
    FAULTS[function.__name__] = function
    return function


def with_rows(evidence: TrainingEvidence, **rows: np.ndarray) -> TrainingEvidence:
    """Return the evidence with other rows in some zones."""
    changed = {name: np.sort(each) for name, each in rows.items()}
    return replace(evidence, zones=replace(evidence.zones, rows={**evidence.zones.rows, **changed}))


def known(evidence: TrainingEvidence) -> np.ndarray:
    """Return all rows with a label, by their time."""
    rows = np.flatnonzero(evidence.labels.label >= 0)
    return rows[np.argsort(evidence.panel.decision_time[rows], kind="stable")]


@fault
def no_purge(evidence: TrainingEvidence) -> TrainingEvidence:
    """Let training run up to the first row of the next zone."""
    rows, panel = known(evidence), evidence.panel
    begin = evidence.zones.start["stop"]
    return with_rows(evidence, train=rows[panel.decision_time[rows] < begin])


@fault
def one_row_too_many(evidence: TrainingEvidence) -> TrainingEvidence:
    """Keep the row whose label ends exactly when the next zone begins: touching is leaking."""
    panel, begin = evidence.panel, evidence.zones.start["test"]
    touching = np.flatnonzero((evidence.labels.label_end == begin) & (panel.asset_code == 0))
    return with_rows(evidence, threshold=np.r_[evidence.zones.rows["threshold"], touching])


@fault
def purge_by_rows_of_a_panel(evidence: TrainingEvidence) -> TrainingEvidence:
    """Drop as many stacked rows as the horizon has bars, as if the panel were one asset."""
    rows, panel = known(evidence), evidence.panel
    before = rows[panel.decision_time[rows] < evidence.zones.start["stop"]]
    return with_rows(evidence, train=before[: -evidence.config.target.horizon_steps])


@fault
def shuffled(evidence: TrainingEvidence) -> TrainingEvidence:
    """Deal rows out at random, as a shuffled k-fold does."""
    rows = np.random.default_rng(0).permutation(known(evidence))
    parts = np.split(rows, [int(share * len(rows)) for share in (0.5, 0.6, 0.7, 0.8)])
    return with_rows(evidence, **dict(zip(evidence.zones.names, parts, strict=True)))


@fault
def shuffled_stop_zone(evidence: TrainingEvidence) -> TrainingEvidence:
    """Stop early on random rows of the train zone."""
    both = np.concatenate([evidence.zones.rows["train"], evidence.zones.rows["stop"]])
    dealt = np.random.default_rng(1).permutation(both)
    size = len(evidence.zones.rows["stop"])
    return with_rows(evidence, stop=dealt[:size], train=dealt[size:])


@fault
def test_rows_in_training(evidence: TrainingEvidence) -> TrainingEvidence:
    """Train on a few rows of the test zone as well."""
    rows = evidence.zones.rows
    return with_rows(evidence, train=np.r_[rows["train"], rows["test"][::50]])


@fault
def threshold_on_test(evidence: TrainingEvidence) -> TrainingEvidence:
    """Choose the threshold on the first half of the test zone."""
    rows = evidence.zones.rows["test"]
    return with_rows(evidence, threshold=rows[: len(rows) // 2])


@fault
def oversampled_before_the_split(evidence: TrainingEvidence) -> TrainingEvidence:
    """Copy rows with a label of 1 under later times before history is cut."""
    panel, rows = evidence.panel, evidence.zones.rows
    source = rows["train"][evidence.labels.label[rows["train"]] == 1][:30]
    source = source[(panel.volume[source] > 0) & (panel.high > panel.low)[source]]
    columns = ("open", "high", "low", "close", "volume", "features")
    copied = {name: getattr(panel, name).copy() for name in columns}
    for values in copied.values():
        values[rows["test"][: len(source)]] = values[source]
    return replace(evidence, panel=replace(panel, **copied))


@fault
def exits_forgotten(evidence: TrainingEvidence) -> TrainingEvidence:
    """Purge by label end, though a trade is held for four times as long."""
    steps = evidence.config.target.horizon_steps
    backtest = evidence.config.backtest.model_copy(update={"hold_bars": 4 * steps})
    return replace(evidence, config=evidence.config.model_copy(update={"backtest": backtest}))


@fault
def guessed_label_end(evidence: TrainingEvidence) -> TrainingEvidence:
    """Say that a label is known after one bar, and let the zones follow from that."""
    labels, panel = evidence.labels, evidence.panel
    ends = np.where(labels.label >= 0, panel.decision_time + panel.step, np.datetime64("NaT"))
    return replace(evidence, labels=replace(labels, label_end=ends))


@fault
def zones_in_the_wrong_order(evidence: TrainingEvidence) -> TrainingEvidence:
    """Train on the newest rows and test on the oldest, with no gap between."""
    rows = known(evidence)
    cut = int(0.4 * len(rows))
    return with_rows(evidence, test=rows[:cut], train=rows[cut : 2 * cut])
