from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.learning.conftest import panel_of
from trady2.config import Config
from trady2.errors import NotEnoughDataError
from trady2.learning.heads import head_labels, payoffs_of, require_falls
from trady2.learning.split import Zones, cut_zones
from trady2.learning.target import Labels, label_arrays

CONFIG = Config(target={"horizon_steps": 2, "return_threshold": 0.01})


@pytest.fixture(scope="module")
def labelled() -> tuple[Labels, Zones]:
    """Labels and zones of a random walk."""
    panel = panel_of(2000)
    labels = label_arrays(panel, CONFIG.target)
    return labels, cut_zones(panel, labels, CONFIG.split, hold_bars=2)


def test_the_signal_says_what_is_learned(labelled: tuple[Labels, Zones]) -> None:
    """A probability needs rises alone; an expected return needs falls as well, and rises come first."""
    labels, _ = labelled
    assert head_labels(labels, "probability") == (labels,)
    up, down = head_labels(labels, "expected_return")
    assert up is labels
    assert np.array_equal(down.label == 1, labels.direction == -1)


def test_payoffs_are_means_by_direction(labelled: tuple[Labels, Zones]) -> None:
    """The payoffs are the mean returns that pandas finds by direction, those of falls as positive numbers."""
    labels, zones = labelled
    rows = zones.rows["train"]
    means = pd.Series(labels.forward_return[rows]).groupby(labels.direction[rows]).mean()
    found = payoffs_of(labels, rows)
    assert (found.up, found.down) == (pytest.approx(means[1]), pytest.approx(-means[-1]))
    assert 0.01 < found.up < 0.05


def test_rises_of_nothing_pay_nothing() -> None:
    """With a threshold of 0 an unchanged price is a rise, and one that fell by a rounding error pays 0, not less."""
    still = np.array([-1e-13, -1e-13, -0.01])
    ends = np.full(3, np.datetime64("2024-01-01", "us"))
    labels = Labels(np.array([1, 1, 0], np.int8), ends, still, np.array([1, 1, -1], np.int8))
    assert payoffs_of(labels, np.arange(3)).up == 0.0


@pytest.mark.parametrize("zone", ["train", "stop", "calibrate"])
@pytest.mark.parametrize(("direction", "count"), [(1, "none"), (-1, r"\d+")])
def test_a_zone_with_one_outcome_is_refused(
    labelled: tuple[Labels, Zones], zone: str, direction: int, count: str
) -> None:
    """A zone where the second head learns and nothing falls, or all does, is named with the way out."""
    labels, zones = labelled
    changed = labels.direction.copy()
    changed[zones.rows[zone]] = direction
    with pytest.raises(
        NotEnoughDataError, match=rf"zone '{zone}' has \d+ rows, and {count} of them fall.*signal: prob"
    ):
        require_falls(zones, replace(labels, direction=changed))


@pytest.mark.parametrize("zone", ["threshold", "test"])
def test_other_zones_need_no_falls(labelled: tuple[Labels, Zones], zone: str) -> None:
    """Where nothing is learned of falls, none is needed."""
    labels, zones = labelled
    changed = labels.direction.copy()
    changed[zones.rows[zone]] = 1
    require_falls(zones, replace(labels, direction=changed))
