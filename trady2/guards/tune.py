"""Look for better parameters of the model, on the part of history that grows trees and no other.

Each try is trained along that part fold by fold, as the verdict will judge it, and compared by its direction skill:
the area under the curve of rises against falls beyond volatility, on the same rows for all. What all tries share, the
luck of these rows, then cancels; dividing by an own standard error would only add the luck of that error
(docs/tuning.md has the comparison). Every try is told to the caller, who counts it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trady2.errors import NotEnoughDataError
from trady2.guards.tune_space import with_parameters
from trady2.guards.tune_tried import State, Tried
from trady2.guards.tune_walk import Ground, Walk
from trady2.guards.walk_evidence import traded
from trady2.learning.target import label_arrays

if TYPE_CHECKING:
    from optuna.trial import Trial

    from trady2.backtest.result import Backtest
    from trady2.config import Config
    from trady2.data.panel import Panel
    from trady2.guards.tune_store import Store

__all__ = ["Ended", "Listener", "tune"]


@dataclass(frozen=True, eq=False)
class Ended:
    """One try that ended, for the ledger.

    `backtest` holds its trades from the first fold to the last that it saw; None where it failed before.
    """

    tried: Tried
    config: Config
    models_sha256: str
    backtest: Backtest | None


def _ignored(*_told: object) -> None:
    """Take no notice."""


@dataclass(frozen=True)
class Listener:
    """What is told while the search runs: a configuration before it is fitted, what came of it, and how far it is."""

    begins: Callable[[Config], object] = _ignored
    ends: Callable[[Ended], object] = _ignored
    progress: Callable[[str, float], object] = _ignored


def tune(
    panel: Panel,
    config: Config,
    store: Store,
    *,
    n_trials: int,
    minutes: float | None = None,
    listener: Listener | None = None,
) -> Ground:
    """Try parameters until the study in *store* has *n_trials* tries or the *minutes* of this call are over.

    The present parameters are tried first. A try is given up between two folds when it is below the middle of those
    that came as far. One that cannot be fitted has failed, and counts. Ctrl-C leaves what had ended, and the try that
    it hit is tried again by the next call.

    Args:
        panel: the vectors that may be seen: up to `tuning_end` and no further.
        config: sections ``target``, ``split``, ``model``, ``backtest`` and ``tune``, and the seed.
        store: where the tries are kept; they come back from `Store.tried`.
        n_trials: of the whole study, those of other calls and processes among them.
        minutes: of wall time; the try that is under way then is finished.
        listener: see `Listener`.

    Returns:
        What the tries were compared on.

    Raises:
        NotEnoughDataError: the present parameters cannot be trained on the first of the folds, or tell nothing.
    """
    told, began = listener or Listener(), time.monotonic()
    ground = Ground.of(panel, label_arrays(panel, config.target), config)
    with store.session():
        while minutes is None or time.monotonic() - began < 60 * minutes:
            trial = store.ask(n_trials)
            if trial is None:
                break
            try:
                _try(trial, ground, config, store, told, n_trials)
            except KeyboardInterrupt:
                store.give_back(trial)
                raise
    return ground


def _try(trial: Trial, ground: Ground, config: Config, store: Store, told: Listener, n_trials: int) -> None:
    own = with_parameters(config, trial.params)
    told.begins(own)
    walk, began, failure = Walk(ground, own), time.monotonic(), None
    state: State = "complete"
    try:
        state = _walked(trial, walk, store, lambda text: told.progress(text, trial.number / n_trials))
    except Exception as error:
        state, failure = "failed", error
    ended = _ended(trial, walk, state, time.monotonic() - began, failure)
    ranks = walk.ranks() if state != "failed" else None
    store.tell(trial, state, ended.tried.direction_skill, ended.tried.found(), ranks)
    told.ends(ended)
    if failure is not None and ended.tried.is_present:
        raise failure


def _walked(trial: Trial, walk: Walk, store: Store, say: Callable[[str], object]) -> State:
    """Go through the folds; raises NotEnoughDataError where no rise or no fall was predicted."""
    n_folds = len(walk.ground.parts)
    for done in range(1, n_folds + 1):
        say(f"try {trial.number}, fold {done} of {n_folds}")
        walk.step()
        skill = walk.direction().value
        if math.isnan(skill):
            raise NotEnoughDataError(
                f"fold {done}: no rise or no fall by target.return_threshold is among the rows that were predicted; "
                "lower the threshold, or use longer folds (tune.n_folds)",
                fold=done,
            )
        trial.report(skill, done)
        if done < n_folds and store.is_below_the_middle(trial, done, skill):
            return "pruned"
    return "complete"


def _ended(trial: Trial, walk: Walk, state: State, seconds: float, failure: Exception | None) -> Ended:
    values: dict[str, Any] = {"state": state, "folds": len(walk.trees), "trees": tuple(walk.trees), "seconds": seconds}
    backtest = None
    if failure is None:
        direction, backtest = walk.direction(), _traded(walk)
        equity = backtest.equity.to_numpy(np.float64)
        values |= {
            "direction_skill": _plain(direction.value),
            "direction_t": _plain(direction.t),
            "direction_low_90": _plain(direction.low_90),
            "log_loss_skill": _plain(walk.log_loss_skill()),
            "n_trades": len(backtest.trades),
            "net_return_per_bar": _plain((equity[-1] / backtest.config.initial_cash) ** (1 / len(equity)) - 1),
        }
    else:
        values["reason"] = f"{type(failure).__name__}: {failure}"
    tried = Tried.of(trial.number, trial.params, values, is_present="present" in trial.user_attrs)
    return Ended(tried, walk.config, walk.models_sha256, backtest)


def _traded(walk: Walk) -> Backtest:
    """Trade the signals of the folds that were seen."""
    panel = walk.ground.panel
    seen = panel.decision_time >= walk.ground.first
    if len(walk.trees) < len(walk.ground.parts):
        seen &= panel.decision_time < walk.ground.parts[len(walk.trees)].start
    rows = np.flatnonzero(seen)
    return traded(panel, rows, walk.signal[rows], walk.config)


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
