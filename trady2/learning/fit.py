"""Grow the trees of each head: LightGBM on the train zone, stopped in time order by the log loss of the stop zone.

The same data, parameters and seed give the same trees with any number of threads: `deterministic` and
`force_col_wise` together did so in every case tried (DESIGN section 5), and nothing that breaks it can be configured.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import lightgbm
import numpy as np
from numpy.typing import NDArray

from trady2.cores import available_cores
from trady2.learning.calibrator import Calibrator
from trady2.learning.calibrator_fit import log_losses
from trady2.learning.fitted import Fitted, Grown
from trady2.learning.heads import head_labels, payoffs_of, require_falls
from trady2.learning.model import DownHead, Model
from trady2.learning.runs import run_slices

if TYPE_CHECKING:
    from trady2.config import ModelConfig
    from trady2.data.panel import Panel
    from trady2.learning.split import Zones
    from trady2.learning.target import Labels

__all__ = ["Progress", "fit", "parameters_of"]

Progress = Callable[[str, float], None]

_SEEDS = (
    "seed",
    "data_random_seed",
    "bagging_seed",
    "feature_fraction_seed",
    "extra_seed",
    "objective_seed",
    "drop_seed",
)


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
    """Grow trees on the zone ``train`` until the zone ``stop`` gets no better, for each head that the signal needs.

    The matrix is never copied: LightGBM reads views of it, and bins it once for both heads. *progress* is called after
    every tree, and what it raises, or Ctrl-C, ends the fit between two trees.

    Args:
        panel: the vectors.
        labels: aligned with the rows of *panel*.
        zones: their rows; both outcomes are in ``train`` and ``stop``, see `require_both_classes`.
        config: LightGBM's parameters, how long it may learn, and the signal.
        seed: of everything that is drawn.
        horizon_steps: kept in the model.
        progress: called with a text and the share done, before the first tree and after each one.

    Raises:
        NotEnoughDataError: the signal weighs rises against falls, and a zone has no fall; see `require_falls`.
    """
    targets = head_labels(labels, config.signal)
    if len(targets) > 1:
        require_falls(zones, labels)
    if progress:
        progress("bin the features", 0.0)
    parameters = parameters_of(config, seed)
    threads = {"num_threads": config.num_threads or available_cores()}
    chunks = [panel.features[run] for run in run_slices(zones.rows["train"])]
    ahead = [panel.features[run] for run in run_slices(zones.rows["stop"])]
    train = _dataset(chunks, parameters | threads, panel.feature_names)
    stop = _dataset(ahead, parameters | threads, panel.feature_names, reference=train)
    heads = []
    for number, target in enumerate(targets):
        for data, zone in ((train, "train"), (stop, "stop")):
            data.set_label(target.label[zones.rows[zone]].astype(np.float32))
        told = _telling(progress, number, len(targets)) if progress else None
        heads.append(_grow(train, stop, config, parameters | threads, panel.feature_names, told))
    up, down = heads[0], heads[1] if len(heads) > 1 else None
    model = _model(panel, chunks, up, horizon_steps=horizon_steps)
    if down:
        payoffs = payoffs_of(labels, zones.rows["train"])
        model = replace(model, down=DownHead(down.text, Calibrator(), down.best_iteration, payoffs))
    return Fitted(model, up, down, parameters)


def _model(panel: Panel, chunks: list[NDArray[np.float32]], up: Grown, *, horizon_steps: int) -> Model:
    minimum, maximum, missing = _ranges(chunks, len(panel.feature_names))
    return Model(
        text=up.text,
        features=panel.feature_names,
        calibrator=Calibrator(),
        threshold=0.5,
        missing_allowed=frozenset(name for name, gone in zip(panel.feature_names, missing, strict=True) if gone),
        minimum=minimum,
        maximum=maximum,
        horizon_steps=horizon_steps,
        step_seconds=int(panel.step / np.timedelta64(1, "s")),
        best_iteration=up.best_iteration,
    )


def _grow(
    train: lightgbm.Dataset,
    stop: lightgbm.Dataset,
    config: ModelConfig,
    parameters: dict[str, Any],
    features: tuple[str, ...],
    told: Callable[[Any], None] | None,
) -> Grown:
    history: dict[str, dict[str, list[float]]] = {}
    callbacks: list[Callable[..., Any]] = [
        lightgbm.early_stopping(config.early_stopping_rounds, verbose=False),
        lightgbm.record_evaluation(history),
        *([told] if told else []),
    ]
    booster = lightgbm.train(
        parameters | {"metric": "None"},
        train,
        config.max_rounds,
        valid_sets=[stop],
        valid_names=["stop"],
        feval=_stop_loss,
        callbacks=callbacks,
    )
    best = booster.best_iteration
    losses = tuple(float(loss) for loss in history["stop"]["binary_logloss"])
    return Grown(_text(booster, best), losses, best, _importance(booster, features, best))


def _stop_loss(probability: NDArray[np.float64], stop: lightgbm.Dataset) -> tuple[str, float, bool]:
    """Return the mean log loss of the stop zone.

    LightGBM's own one is a sum over threads, whose last bits change with their number (in 280 of 300 rounds that were
    looked at): early stopping might see it.
    """
    losses = log_losses(probability, np.asarray(stop.get_label()) > 0)
    return "binary_logloss", float(losses.mean()), False


def parameters_of(config: ModelConfig, seed: int) -> dict[str, Any]:
    """Return LightGBM's parameters for *config*, all but the number of threads, on which no tree depends."""
    ours = {"max_rounds", "early_stopping_rounds", "num_threads", "calibration", "signal"}
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
    parameters: dict[str, Any],
    features: tuple[str, ...],
    reference: lightgbm.Dataset | None = None,
) -> lightgbm.Dataset:
    return lightgbm.Dataset(
        chunks,
        reference=reference,
        params=parameters,
        feature_name=_safe_names(features),
        free_raw_data=True,
    )


def _safe_names(features: tuple[str, ...]) -> list[str] | Literal["auto"]:
    """Return names that LightGBM's text format can hold; "auto", its own, where two would become one."""
    safe = [re.sub(r"[^\w.+\-]", "_", name, flags=re.ASCII) for name in features]
    return safe if len(set(safe)) == len(safe) else "auto"


def _telling(progress: Progress, number: int, heads: int) -> Callable[[Any], None]:
    what = "" if heads == 1 else (" for rises", " for falls")[number]

    def tell(state: Any) -> None:
        done, total = state.iteration + 1, state.end_iteration
        loss = state.evaluation_result_list[0][2]
        progress(f"tree {done} of at most {total}{what}, log loss {loss:.5f}", (number + done / total) / heads)

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
