from __future__ import annotations

import json
from typing import Any

import pytest

from trady2.errors import IntegrityError
from trady2.learning.calibrator import Calibrator
from trady2.learning.down_head import DownHead
from trady2.learning.signal import Payoffs

HEAD = DownHead("trees", Calibrator("platt", (1.1, -0.2)), 7, Payoffs(0.02, 0.03))
SETTINGS = {"signal": "expected_return", "down": HEAD.settings()}


def test_settings_and_trees_give_the_head_again() -> None:
    """What is written as JSON is read back equal."""
    read = DownHead.read("trees", json.loads(json.dumps(SETTINGS)))
    assert read is not None
    assert (read.text, read.calibrator, read.best_iteration, read.payoffs) == (
        HEAD.text,
        HEAD.calibrator,
        HEAD.best_iteration,
        HEAD.payoffs,
    )


@pytest.mark.parametrize("settings", [{}, {"signal": "probability"}, {"down": None}])
def test_one_head_alone(settings: dict[str, Any]) -> None:
    """Without trees, settings and the signal of a second head there is none."""
    assert DownHead.read(None, settings) is None


@pytest.mark.parametrize("settings", [SETTINGS, {"down": HEAD.settings()}, {"signal": "expected_return"}])
def test_trees_that_are_missing(settings: dict[str, Any]) -> None:
    """Settings that need the second head's trees are refused without them, by the name of the file."""
    with pytest.raises(IntegrityError, match=r"has the signal '\w+' .* there is no model_down.txt; restore it"):
        DownHead.read(None, settings)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"signal": "expected_return"},
        {"signal": "probability", "down": HEAD.settings()},
        {"signal": "momentum", "down": HEAD.settings()},
        {"signal": "expected_return", "down": {"calibrator": {}}},
    ],
)
def test_settings_that_are_missing(settings: dict[str, Any]) -> None:
    """Trees of a second head are refused where the settings do not know it."""
    with pytest.raises(IntegrityError, match=r"there is model_down.txt, but .* nothing proper on falls; restore both"):
        DownHead.read("trees", settings)
