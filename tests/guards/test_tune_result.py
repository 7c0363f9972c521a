from __future__ import annotations

from pathlib import Path

import pytest

from tests.guards.quick_market import market
from tests.guards.tuning import store_in, tuning_config
from trady2.errors import NotEnoughDataError
from trady2.guards.tune import tune
from trady2.guards.tune_luck import Luck
from trady2.guards.tune_result import Tuned, ranked, tuned
from trady2.guards.tune_tried import Tried

BEST = Tried(4, {"num_leaves": 5}, False, "complete", 3, 0.56)
PRESENT = Tried(0, {"num_leaves": 8}, True, "complete", 3, 0.55)


def luck(**other: float) -> Luck:
    """Return the luck of ten tries."""
    known = {"best": 0.56, "by_luck": 0.515, "by_luck_95": 0.53, "p_value": 0.004, "gain": 0.01, "gain_by_luck": 0.02}
    return Luck(n_trials=10, n_shifts=200, **{**known, "gain_p_value": 0.8, **other})  # type: ignore[arg-type]


def test_the_best_complete_try_is_taken(tmp_path: Path) -> None:
    """It is as good as its try says, and compared with the present parameters on the same rows."""
    config, panel = tuning_config(), market(rows=2_000)
    ground = tune(panel, config, store_in(tmp_path), n_trials=6)
    found = tuned(store_in(tmp_path), ground)
    complete = [one for one in found.tried if one.state == "complete"]
    assert found.best.direction_skill == max(one.direction_skill or 0 for one in complete)
    assert found.luck.best == pytest.approx(found.best.direction_skill, abs=5e-3)
    assert found.present.is_present
    assert found.luck.n_trials == len([one for one in found.tried if one.state != "failed"])
    assert found.luck.p_value < 0.05
    told = found.as_json()
    assert (told["best"]["number"], len(told["trials"])) == (found.best.number, 6)


def test_a_search_without_an_end_is_refused(tmp_path: Path) -> None:
    """Nothing can be said before the present parameters were walked to the end."""
    config, panel = tuning_config(), market(rows=2_000)
    ground = tune(panel, config, store_in(tmp_path), n_trials=1, minutes=1e-9)
    with pytest.raises(NotEnoughDataError, match="none of 0 tries is complete"):
        tuned(store_in(tmp_path), ground)


def test_the_share_of_luck_is_said() -> None:
    """Of 6 % beyond a coin 1.5 % are luck: a quarter."""
    said = Tuned(BEST, PRESENT, luck(), (PRESENT, BEST)).statement
    assert "The best of 10 tries has a direction skill of 0.5600." in said
    assert "25% of what it has beyond a coin is the luck of choosing (p = 0.004)" in said
    assert said.endswith("luck explains that. There is no reason to leave the present parameters.")
    assert "all of what it has" in Tuned(BEST, PRESENT, luck(by_luck=0.57), ()).statement


def test_a_gain_beyond_luck_is_said_with_a_warning() -> None:
    """One case of twenty is the bound."""
    found = Tuned(BEST, PRESENT, luck(gain_p_value=0.05), ())
    assert found.gain_is_beyond_luck
    assert "more than luck explains. Expect less of it" in found.statement


def test_without_a_gain_the_present_parameters_are_kept() -> None:
    """When they are the best, there is nothing to be lucky about."""
    found = Tuned(PRESENT, PRESENT, luck(gain_p_value=0.005), ())
    assert not found.gain_is_beyond_luck
    assert found.statement.endswith("No try was better than the present parameters: keep them.")


def test_tries_are_ranked_by_what_they_came_to() -> None:
    """Complete ones by skill, then those that were given up, then those that failed."""
    pruned, failed = Tried(1, {}, False, "pruned", 1, 0.9), Tried(2, {}, False, "failed")
    assert ranked([failed, pruned, PRESENT, BEST]) == [BEST, PRESENT, pruned, failed]
