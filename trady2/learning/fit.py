"""Grow the trees: LightGBM on the train zone, stopped in time order by the log loss of the stop zone.

The same data, parameters and seed give the same trees with any number of threads: `deterministic` and
`force_col_wise` together did so in every case tried (DESIGN section 5), and nothing that breaks it can be configured.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import lightgbm
import numpy as np
from numpy.typing import NDArray

from trady2.cores import available_cores
from trady2.learning.calibrator import Calibrator
from trady2.learning.model import Model
from trady2.learning.runs import run_slices

if TYPE_CHECKING:
    from trady2.config import ModelConfig
    from trady2.data.panel import Panel
    from trady2.learning.split import Zones
    from trady2.learning.target import Labels

__all__ = ["LEAST_TREES", "Fitted", "Progress", "fit", "parameters_of"]

Progress = Callable[[str, float], None]

LEAST_TREES = 20
"""Fewer trees than that say that early stopping found nothing to learn."""

_SEEDS = (
    "seed",
    "data_random_seed",
    "bagging_seed",
    "feature_fraction_seed",
    "extra_seed",
    "objective_seed",
    "drop_seed",
)


@dataclass(frozen=True)
class Fitted:
    """What growing the trees gave.

    Attributes:
        model: the trees up to the best iteration, uncalibrated, with a threshold of 0.5.
        history: the log loss on the stop zone after each tree.
        best_iteration: the number of trees kept.
        signal: whether they are at least 20.
        importance: by feature, its share of the total gain, the largest first.
        parameters: LightGBM's parameters, without the number of threads.
    """

    model: Model
    history: tuple[float, ...]
    best_iteration: int
    signal: bool
    importance: dict[str, float]
    parameters: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Return what belongs into a manifest, as a plain dictionary."""
        return {
            "signal": self.signal,
            "best_iteration": self.best_iteration,
            "rounds": len(self.history),
            "stop_log_loss": self.history[self.best_iteration - 1],
            "importance": self.importance,
            "parameters": self.parameters,
        }


def fit(
    panel: Panel,
    labels: Labels,
    zones: Zones,
    config: ModelConfig,
    *,
    seed: int,
    horizon_steps: int,
    progress: Progress | None = None,
) -> Fitted:
    """Grow trees on the zone ``train`` until the zone ``stop`` gets no better.

    The matrix is never copied: LightGBM reads views of it. *progress* is called after every tree, and what it
    raises, or Ctrl-C, ends the fit between two trees.

    Args:
        panel: the vectors.
        labels: aligned with the rows of *panel*.
        zones: their rows; both outcomes are in ``train`` and ``stop``, see `require_both_classes`.
        config: LightGBM's parameters and how long it may learn.
        seed: of everything that is drawn.
        horizon_steps: kept in the model.
        progress: called with a text and the share done, before the first tree and after each one.
    """
    if progress:
        progress("bin the features", 0.0)
    parameters = parameters_of(config, seed)
    threads = {"num_threads": config.num_threads or available_cores()}
    chunks = [panel.features[run] for run in run_slices(zones.rows["train"])]
    train = _dataset(chunks, labels, zones.rows["train"], parameters | threads, panel.feature_names)
    ahead = [panel.features[run] for run in run_slices(zones.rows["stop"])]
    stop = _dataset(ahead, labels, zones.rows["stop"], parameters | threads, panel.feature_names, reference=train)
    history: dict[str, dict[str, list[float]]] = {}
    callbacks: list[Callable[..., Any]] = [
        lightgbm.early_stopping(config.early_stopping_rounds, verbose=False),
        lightgbm.record_evaluation(history),
        *([_telling(progress)] if progress else []),
    ]
    booster = lightgbm.train(
        parameters | threads, train, config.max_rounds, valid_sets=[stop], valid_names=["stop"], callbacks=callbacks
    )
    best = booster.best_iteration
    minimum, maximum, missing = _ranges(chunks, len(panel.feature_names))
    model = Model(
        text=_text(booster, best),
        features=panel.feature_names,
        calibrator=Calibrator(),
        threshold=0.5,
        missing_allowed=frozenset(name for name, gone in zip(panel.feature_names, missing, strict=True) if gone),
        minimum=minimum,
        maximum=maximum,
        horizon_steps=horizon_steps,
        step_seconds=int(panel.step / np.timedelta64(1, "s")),
        best_iteration=best,
    )
    losses = tuple(float(loss) for loss in history["stop"]["binary_logloss"])
    importance = _importance(booster, panel.feature_names, best)
    return Fitted(model, losses, best, best >= LEAST_TREES, importance, parameters)


def parameters_of(config: ModelConfig, seed: int) -> dict[str, Any]:
    """Return LightGBM's parameters for *config*, all but the number of threads, on which no tree depends."""
    ours = {"max_rounds", "early_stopping_rounds", "num_threads", "calibration"}
    return {
        **{name: value for name, value in config.model_dump().items() if name not in ours},
        **dict.fromkeys(_SEEDS, seed),
        "objective": "binary",
        "metric": "binary_logloss",
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
    }


def _dataset(
    chunks: list[NDArray[np.float32]],
    labels: Labels,
    rows: NDArray[np.int64],
    parameters: dict[str, Any],
    features: tuple[str, ...],
    reference: lightgbm.Dataset | None = None,
) -> lightgbm.Dataset:
    return lightgbm.Dataset(
        chunks,
        labels.label[rows].astype(np.float32),
        reference=reference,
        params=parameters,
        feature_name=_safe_names(features),
        free_raw_data=True,
    )


def _safe_names(features: tuple[str, ...]) -> list[str] | Literal["auto"]:
    """Return names that LightGBM's text format can hold; "auto", its own, where two would become one."""
    safe = [re.sub(r"[^\w.+\-]", "_", name, flags=re.ASCII) for name in features]
    return safe if len(set(safe)) == len(safe) else "auto"


def _telling(progress: Progress) -> Callable[[Any], None]:
    def tell(state: Any) -> None:
        done, total = state.iteration + 1, state.end_iteration
        loss = state.evaluation_result_list[0][2]
        progress(f"tree {done} of at most {total}, log loss {loss:.5f}", done / total)

    return tell


def _text(booster: lightgbm.Booster, best: int) -> str:
    """Return the model's text; the number of threads in it would make equal models differ."""
    return re.sub(
        r"^\[num_threads: \d+\]$", "[num_threads: 0]", booster.model_to_string(num_iteration=best), flags=re.M
    )


def _ranges(
    chunks: list[NDArray[np.float32]], width: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    minimum, maximum = np.full(width, np.nan, np.float32), np.full(width, np.nan, np.float32)
    missing = np.zeros(width, bool)
    for chunk in chunks:
        np.fmin(minimum, np.fmin.reduce(chunk, axis=0), out=minimum)
        np.fmax(maximum, np.fmax.reduce(chunk, axis=0), out=maximum)
        missing |= np.isnan(chunk).any(axis=0)
    return minimum, maximum, missing


def _importance(booster: lightgbm.Booster, features: tuple[str, ...], best: int) -> dict[str, float]:
    gain = booster.feature_importance("gain", iteration=best)
    shares = gain / gain.sum() if gain.sum() > 0 else gain
    return {features[place]: float(shares[place]) for place in np.argsort(-shares, kind="stable")}
