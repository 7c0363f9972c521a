from __future__ import annotations

import json

import pytest

from tests.learning.conftest import small_model
from trady2.learning.fitted import Fitted, Grown


def grown(trees: int, rounds: int = 40) -> Grown:
    """Return a head that keeps so many trees."""
    history = tuple(0.7 - 0.001 * min(number, 2 * trees - number) for number in range(1, rounds + 1))
    return Grown("text", history, trees, {"momentum": 0.75, "range": 0.25})


@pytest.mark.parametrize(("up", "down", "signal"), [(19, 19, False), (20, 1, True), (1, 20, True), (19, None, False)])
def test_one_head_that_learned_is_a_signal(up: int, down: int | None, signal: bool) -> None:
    """Something was learned where any head keeps 20 trees."""
    found = Fitted(small_model(), grown(up), grown(down) if down else None, {})
    assert found.signal == signal
    assert ("no signal, fewer than 20" in found.text()) == (not signal)


def test_both_heads_are_told() -> None:
    """The sentence counts the trees of each head."""
    found = Fitted(small_model(down=True), grown(25), grown(30, 50), {})
    assert found.text() == "25 trees for rises of 40 grown, 30 trees for falls of 50 grown"


def test_summary_of_two_heads() -> None:
    """The summary has the rise's figures, the fall's under its name, the payoffs, and survives strict JSON."""
    model = small_model(down=True)
    assert model.down
    summary = json.loads(json.dumps(Fitted(model, grown(25), grown(30), {"seed": 1}).summary(), allow_nan=False))
    assert (summary["best_iteration"], summary["down"]["best_iteration"]) == (25, 30)
    assert (summary["signal_kind"], summary["payoffs"]) == ("expected_return", model.down.payoffs.as_json())
    assert summary["stop_log_loss"] == pytest.approx(0.675)
    assert summary["parameters"] == {"seed": 1}


def test_summary_of_one_head() -> None:
    """Without a second head nothing is said of falls."""
    found = Fitted(small_model(), grown(25), None, {})
    assert {"down", "payoffs"} & set(found.summary()) == set()
    assert found.summary()["signal_kind"] == "probability"
    assert (found.best_iteration, found.history, found.importance) == (25, grown(25).history, grown(25).importance)
