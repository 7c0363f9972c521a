"""The tries of a study on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.guards.tuning import store_in, tuning_config
from trady2.errors import ConfigError
from trady2.guards.tune_store import Store

FOUND = {"state": "complete", "folds": 3, "direction_skill": 0.53}


def ended(store: Store, n_trials: int = 9, *, skill: float = 0.53, state: str = "complete") -> int:
    """End the next try with that result and return its number."""
    trial = store.ask(n_trials)
    assert trial is not None
    for fold in (1, 2, 3):
        trial.report(skill, fold)
    found = {**FOUND, "state": state, "direction_skill": skill}
    store.tell(trial, state, skill, found, np.array([np.nan, 0.25, 0.75]))
    return int(trial.number)


def test_ranks_come_back_as_they_were(tmp_path: Path) -> None:
    """To one in 65,534; NaN stays NaN."""
    store = store_in(tmp_path)
    number = ended(store)
    np.testing.assert_allclose(store_in(tmp_path).ranks([number]), [[np.nan, 0.25, 0.75]], atol=1e-5)


def test_another_process_goes_on_where_one_ended(tmp_path: Path) -> None:
    """The number of tries is counted over all of them, and the history is the same."""
    ended(store_in(tmp_path))
    other = store_in(tmp_path)
    assert [one.is_present for one in other.tried()] == [True]
    ended(other)
    assert other.ask(2) is None
    assert [one.number for one in store_in(tmp_path).tried()] == [0, 1]


def test_a_study_of_other_facts_is_refused(tmp_path: Path) -> None:
    """Tries on other data, or in another space, cannot be compared; the message names what differs."""
    store_in(tmp_path)
    with pytest.raises(ConfigError, match="was begun with another data, so its tries cannot be compared"):
        store_in(tmp_path, data="b")
    with pytest.raises(ConfigError, match="another space"):
        store_in(tmp_path, tuning_config(space={"num_leaves": [8, 9]}))


def test_a_try_of_a_dead_process_is_given_back(tmp_path: Path) -> None:
    """While its process lives it counts; afterwards its parameters come again."""
    living = store_in(tmp_path)
    with living.session():
        first = living.ask(1)
        assert first is not None
        assert store_in(tmp_path).ask(1) is None
    again = store_in(tmp_path).ask(1)
    assert again is not None
    assert (again.number, again.params) == (1, first.params)


def test_a_try_that_was_found_and_not_ended_is_ended(tmp_path: Path) -> None:
    """A process that dies between its last two writes loses nothing."""
    dying = store_in(tmp_path)
    with dying.session():
        trial = dying.ask(5)
        assert trial is not None
        trial.set_user_attr("found", FOUND)
    other = store_in(tmp_path)
    assert other.ask(1) is None
    (tried,) = other.tried()
    assert (tried.state, tried.direction_skill) == ("complete", 0.53)


def test_an_ended_try_cannot_be_given_back(tmp_path: Path) -> None:
    """Ctrl-C just after the end changes nothing; just before it, what was found ends the try."""
    store = store_in(tmp_path)
    trial = store.ask(5)
    assert trial is not None
    trial.set_user_attr("found", FOUND)
    store.give_back(trial)
    store.give_back(trial)
    assert [one.state for one in store.tried()] == ["complete"]
    interrupted = store.ask(5)
    assert interrupted is not None
    store.give_back(interrupted)
    assert (len(store.tried()), store.ask(1)) == (1, None)


def test_a_try_below_the_middle_is_given_up(tmp_path: Path) -> None:
    """Not before enough others came as far, not before the first folds, and never the present parameters."""
    store = store_in(tmp_path, tuning_config(startup_trials=3, prune_after_folds=2))
    present = store.ask(9)
    assert present is not None
    assert not store.is_below_the_middle(present, 2, 0.1)
    store.tell(present, "complete", 0.5, {**FOUND, "direction_skill": 0.5}, None)
    for skill in (0.50, 0.52, 0.54):
        ended(store, skill=skill)
    trial = store.ask(9)
    assert trial is not None
    told = [store.is_below_the_middle(trial, folds, skill) for folds, skill in ((1, 0.1), (2, 0.519), (2, 0.521))]
    assert told == [False, True, False]
