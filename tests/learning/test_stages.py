"""Each stage looks at the rows of its own zone and at nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from tests.learning.conftest import panel_of
from trady2.config import Config
from trady2.data.panel import Panel
from trady2.learning.split import Zones, cut_zones
from trady2.learning.stages import calibrated, calibrated_heads, thresholded
from trady2.learning.target import Labels, label_arrays

CONFIG = Config(target={"horizon_steps": 2, "return_threshold": 0.01}, backtest={"fee_bps": 1.0})


@pytest.fixture(scope="module")
def market() -> tuple[Panel, Labels, Zones, np.ndarray]:
    """A panel, its labels and zones, and raw scores that know something."""
    panel = panel_of(4000, edge=0.6)
    labels = label_arrays(panel, CONFIG.target)
    zones = cut_zones(panel, labels, CONFIG.split, hold_bars=CONFIG.backtest.hold_bars)
    return panel, labels, zones, panel.features[:, 0].astype(float)


def elsewhere(zones: Zones, *names: str) -> np.ndarray:
    """Return the rows of all zones but those named."""
    return np.concatenate([rows for name, rows in zones.rows.items() if name not in names])


def test_the_calibrator_sees_its_zone_only(market: tuple[Panel, Labels, Zones, np.ndarray]) -> None:
    """Scores outside the zone calibrate change nothing."""
    panel, labels, zones, raw = market
    spoilt = raw.copy()
    spoilt[elsewhere(zones, "calibrate")] = 99.0
    expected = calibrated(panel, labels, zones, raw, CONFIG).as_json()
    assert calibrated(panel, labels, zones, spoilt, CONFIG).as_json() == expected


def test_each_head_is_calibrated_on_its_own_labels(market: tuple[Panel, Labels, Zones, np.ndarray]) -> None:
    """The fall's calibrator is chosen as the rise's is, by the labels of the mirrored market."""
    panel, labels, zones, raw = market
    found = calibrated_heads(panel, labels, zones, np.stack([raw, -raw]), CONFIG)
    assert found.up == calibrated(panel, labels, zones, raw, CONFIG)
    assert found.down == calibrated(panel, labels.mirrored(), zones, -raw, CONFIG)
    assert found.down
    assert found.calibrators == (found.up.calibrator, found.down.calibrator)
    assert found.as_json() == {**found.up.as_json(), "down": found.down.as_json()}


def test_one_head_has_one_calibration(market: tuple[Panel, Labels, Zones, np.ndarray]) -> None:
    """By the signal probability there is nothing of falls."""
    panel, labels, zones, raw = market
    config = CONFIG.model_copy(update={"model": CONFIG.model.model_copy(update={"signal": "probability"})})
    found = calibrated_heads(panel, labels, zones, raw[None], config)
    assert (found.down, found.calibrators) == (None, (found.up.calibrator,))
    assert found.as_json() == found.up.as_json()


def test_the_threshold_never_sees_the_test_zone(market: tuple[Panel, Labels, Zones, np.ndarray]) -> None:
    """Probabilities of the train, stop and test zones change nothing."""
    panel, _, zones, raw = market
    probability = 1 / (1 + np.exp(-raw))
    spoilt = probability.copy()
    spoilt[elsewhere(zones, "calibrate", "threshold")] = 1.0
    expected = thresholded(panel, zones, probability, CONFIG, stop=zones.start["test"]).as_json()
    assert thresholded(panel, zones, spoilt, CONFIG, stop=zones.start["test"]).as_json() == expected


def test_prices_of_the_test_zone_do_not_move_the_threshold(market: tuple[Panel, Labels, Zones, np.ndarray]) -> None:
    """A crash after the threshold zone ends is not known when the threshold is chosen."""
    panel, _, zones, raw = market
    after = panel.decision_time >= zones.start["test"]
    fall = {
        name: np.where(after, getattr(panel, name) / 2, getattr(panel, name))
        for name in ("open", "high", "low", "close")
    }
    crashed = Panel(**{**{name: getattr(panel, name) for name in panel.__dataclass_fields__}, **fall})
    probability = 1 / (1 + np.exp(-raw))
    stop = zones.start["test"]
    expected = thresholded(panel, zones, probability, CONFIG, stop=stop)
    assert thresholded(crashed, zones, probability, CONFIG, stop=stop) == expected


def test_earlier_predictions_give_more_trades_to_choose_by(market: tuple[Panel, Labels, Zones, np.ndarray]) -> None:
    """What models before this one said out of sample is counted from its first row on."""
    panel, _, zones, raw = market
    probability = 1 / (1 + np.exp(-raw))
    earlier = np.full(len(panel), np.nan)
    earlier[zones.rows["stop"]] = probability[zones.rows["stop"]]
    alone = thresholded(panel, zones, probability, CONFIG, stop=zones.start["test"])
    pooled = thresholded(panel, zones, probability, CONFIG, stop=zones.start["test"], earlier=earlier)
    assert pooled.rows == alone.rows + len(zones.rows["stop"])
