from __future__ import annotations

import numpy as np
import pytest

from tests.guards.conftest import MODEL, small_config, small_panel
from trady2.config import Config
from trady2.data.panel import Panel
from trady2.errors import NotEnoughDataError
from trady2.guards.shifted_labels import rolled_labels, shifted_labels
from trady2.guards.training_path import trained_scores
from trady2.learning.split import Zones, cut_zones
from trady2.learning.target import Labels, label_arrays


def test_labels_are_shifted_within_their_asset(config: Config) -> None:
    """Each asset's labels move in a circle, keep their memory, and what was unknown at either end is unknown."""
    panel = small_panel(400, assets=2)
    labels = label_arrays(panel, config.target)
    rolled = rolled_labels(panel, labels, 0.25)
    for code in range(2):
        rows = panel.asset_rows(code)
        expected = np.roll(labels.label[rows], 100)
        known = (labels.label[rows] >= 0) & (expected >= 0)
        np.testing.assert_array_equal(rolled.label[rows], np.where(known, expected, -1))
        np.testing.assert_array_equal(rolled.direction[rows][known], np.roll(labels.direction[rows], 100)[known])
        np.testing.assert_array_equal(rolled.label_end[rows][known], labels.label_end[rows][known])
    assert np.isnat(rolled.label_end[rolled.label < 0]).all()
    assert np.isnan(rolled.forward_return[rolled.label < 0]).all()


@pytest.mark.parametrize("seed", range(4))
def test_an_honest_training_scores_like_chance(seed: int, config: Config) -> None:
    """The real path passes, also where the market has an edge: a shift breaks it."""
    outcome = shifted_labels(small_panel(seed=seed), config, seed=seed)
    assert outcome.findings == ()
    assert len(outcome.numbers["direction_auc"]) == 10
    assert outcome.numbers["mean_direction_auc"] < outcome.thresholds["most_direction_auc"] < 0.65


def shuffled_zones(*given: object, **named: object) -> Zones:
    """Cut zones as a shuffled k-fold does."""
    zones = cut_zones(*given, **named)  # type: ignore[arg-type]
    rows = np.random.default_rng(0).permutation(np.concatenate([zones.rows[name] for name in zones.names]))
    parts = np.split(rows, [int(share * len(rows)) for share in (0.5, 0.6, 0.7, 0.8)])
    zones.rows.update(dict(zip(zones.names, map(np.sort, parts), strict=True)))
    return zones


def test_a_shuffled_split_is_exposed(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Overlapping labels on both sides of a split are learned by heart, which no shuffled label would show."""
    monkeypatch.setattr("trady2.guards.training_path.cut_zones", shuffled_zones)
    config = small_config(target={"horizon_steps": 24, "return_threshold": 0.004}, model=MODEL)
    (finding,) = shifted_labels(panel, config, repeats=4).findings
    assert (finding.check, finding.column, finding.level) == ("A5", None, "hard")
    assert "rows of the test zone take part in training; mend the split" in finding.detail


def test_a_path_that_knows_the_labels_is_exposed(panel: Panel, config: Config) -> None:
    """A path whose scores contain a little of the labels is far from chance."""

    def knowing(panel: Panel, labels: Labels, config: Config) -> tuple[np.ndarray, np.ndarray]:
        rows, score = trained_scores(panel, labels, config)
        return rows, score + 0.5 * labels.direction[rows]

    assert shifted_labels(panel, config, path=knowing, repeats=4).findings


def test_what_cannot_be_trained_is_skipped(panel: Panel, config: Config) -> None:
    """Where shifts cannot be trained, or nothing moves, the check says why and judges nothing."""

    def refusing(_panel: Panel, _labels: Labels, _config: Config) -> tuple[np.ndarray, np.ndarray]:
        raise NotEnoughDataError("zone 'stop' has one class only; add history")

    def still(_panel: Panel, _labels: Labels, _config: Config) -> tuple[np.ndarray, np.ndarray]:
        return np.arange(5), np.full(5, np.nan)

    one, other = (shifted_labels(panel, config, path=path) for path in (refusing, still))
    assert one.skipped == "only 0 of 10 shifts could be trained: zone 'stop' has one class only; add history"
    assert other.skipped == "only 0 of 10 shifts could be trained: too few rows of the test zone moved up or down"
