from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.guards.conftest import HOUR, small_panel
from trady2.config import Config, TargetConfig
from trady2.data.panel import Panel
from trady2.data.simulation import simulate_bars
from trady2.guards.label_contract import label_contract
from trady2.learning.target import Labels, label_arrays


def told(panel: Panel, labels: Labels, target: TargetConfig) -> list[str]:
    """Return the details of the findings."""
    return [finding.detail for finding in label_contract(panel, labels, target).findings]


@pytest.mark.parametrize("assets", [1, 3])
def test_real_labels_pass(assets: int, config: Config) -> None:
    """What the one labelling function gives is confirmed by another way, on one asset and on several, over gaps."""
    panel = small_panel(1_500, assets=assets)
    assert told(panel, label_arrays(panel, config.target), config.target) == []


def test_labels_of_sessions_pass() -> None:
    """Under trading hours a label may take longer on the clock than its bars, and only then."""
    bars = simulate_bars(1_200, seed=1, calendar="sessions")
    panel = Panel.from_frame(bars.assign(x=1.0))
    sessions = TargetConfig(horizon_steps=6, return_threshold=0.004, calendar="sessions")
    always = TargetConfig(horizon_steps=6, return_threshold=0.004)
    labels = label_arrays(panel, sessions)
    assert told(panel, labels, sessions) == []
    ends = np.where(labels.label >= 0, panel.decision_time + 6 * HOUR, np.datetime64("NaT"))
    assert "but its bar closes at" in told(panel, replace(labels, label_end=ends), sessions)[0]
    assert told(panel, label_arrays(panel, always), always) == []


def changed(labels: Labels, row: int, **values: object) -> Labels:
    """Return the labels with one row changed."""
    arrays = {name: getattr(labels, name).copy() for name in values}
    for name, value in values.items():
        arrays[name][row] = value
    return replace(labels, **arrays)


@pytest.mark.parametrize(
    ("row", "values", "text"),
    [
        (700, {"label": 7}, "1 labels are not what the closes say, the first at"),
        (700, {"label_end": "early"}, "but its bar closes at"),
        (700, {"label_end": "missing"}, "but its bar closes at"),
        (-3, {"label": 1, "label_end": "early"}, "a label is known within the last 6 bars of an asset"),
    ],
)
def test_a_wrong_label_is_found(panel: Panel, config: Config, row: int, values: dict[str, object], text: str) -> None:
    """A flipped label, a label end that is a guess or missing, and a label of the last bars are told apart."""
    labels = label_arrays(panel, config.target)
    times = {"early": panel.decision_time[row] + 5 * HOUR, "missing": np.datetime64("NaT")}
    given = {name: times.get(str(value), value) for name, value in values.items()}
    if given.get("label") == 7:
        given["label"] = 1 - labels.label[row]
    (detail,) = told(panel, changed(labels, row, **given), config.target)
    assert text in detail


def test_a_label_across_assets_is_found(config: Config) -> None:
    """The last bars of an asset are not settled by the first bars of the next one."""
    panel = small_panel(600, assets=2)
    labels = label_arrays(panel, config.target)
    last = panel.asset_rows(0).stop - 2
    (detail,) = told(panel, changed(labels, last, label=1, label_end=panel.timestamp[last] + 9 * HOUR), config.target)
    assert "within the last 6 bars" in detail


def test_a_label_among_the_features_is_found(panel: Panel, config: Config) -> None:
    """A column with the name of a label is no feature."""
    named = replace(panel, feature_names=("forward_return", *panel.feature_names[1:]))
    (finding,) = label_contract(named, label_arrays(panel, config.target), config.target).findings
    assert (finding.column, "drop the column" in finding.detail) == ("forward_return", True)


def test_rows_out_of_order_are_found(panel: Panel, config: Config) -> None:
    """A time that stands twice is no history."""
    time = panel.timestamp.copy()
    time[500] = time[499]
    labels = replace(label_arrays(panel, config.target), label=np.full(len(panel), -1, np.int8))
    (detail,) = told(replace(panel, timestamp=time), labels, config.target)
    assert "not unique and in order" in detail
