"""A9: can rows of the test zone be told from rows of training? Then the past may not repeat; it is not a leak."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.config import ModelConfig
from trady2.guards.certificate import Finding, Outcome
from trady2.guards.panel_part import rows_of_panel
from trady2.learning.fit import fit
from trady2.learning.forest import raw_scores
from trady2.learning.split import Zones
from trady2.learning.target import Labels
from trady2.stats.auc import roc_auc

if TYPE_CHECKING:
    from trady2.data.panel import Panel

__all__ = ["adversarial"]

_PROXY_AUC = 0.95
_MOST_ROWS = 12_000
_MOST_STRETCH_ROWS = 100
_SHOWN = 5
_MODEL = ModelConfig(
    signal="probability",
    max_rounds=60,
    early_stopping_rounds=15,
    learning_rate=0.15,
    num_leaves=15,
    min_data_in_leaf=50,
    num_threads=0,
)


def adversarial(panel: Panel, zones: Zones, *, seed: int = 0) -> Outcome:
    """Warn of features that stand in for time, and measure how well trees tell test rows from training rows.

    The trees learn on stretches of up to 100 rows and are measured on others between them, so memory does not help.
    """
    stretch = int(np.clip(len(zones.rows["test"]) // 12, 1, _MOST_STRETCH_ROWS))
    rows = np.sort(np.concatenate([_thinned(zones.rows[name], stretch) for name in ("train", "test")]))
    part, is_test = rows_of_panel(panel, rows), np.isin(rows, zones.rows["test"])
    areas = {name: _area(part.features[:, place], is_test) for place, name in enumerate(part.feature_names)}
    proxies = [name for name, area in areas.items() if abs(area - 0.5) > _PROXY_AUC - 0.5]
    findings = tuple(
        Finding("A9", name, f"alone tells test from training with an AUC of {areas[name]:.3f}: {_PROXY}", "warn")
        for name in sorted(proxies)
    )
    area, importance = _classified(part, is_test, stretch, seed)
    numbers = {"auc": area, "by_gain": importance, "time_proxies": len(proxies), "rows": len(rows)}
    note = f"trees tell test rows from training rows with an AUC of {area:.2f} (0.5: they look alike)"
    return Outcome(findings, numbers, {"single_feature_auc": _PROXY_AUC}, note=note)


_PROXY = "it stands in for time, and trees split on it learn the past by heart; use its change instead of its level"


def _thinned(rows: NDArray[np.int64], stretch: int) -> NDArray[np.int64]:
    """Keep whole stretches of neighbouring rows, spread over all of them."""
    keep = max(len(rows) // (_MOST_ROWS // 2), 1)
    return np.asarray(rows[(np.arange(len(rows)) // stretch) % keep == 0], np.int64)


def _area(values: NDArray[np.float32], is_test: NDArray[np.bool_]) -> float:
    known = ~np.isnan(values)
    area = roc_auc(values[known].astype(np.float64), is_test[known])
    return area if np.isfinite(area) else 0.5


def _classified(part: Panel, is_test: NDArray[np.bool_], stretch: int, seed: int) -> tuple[float, list[str]]:
    role = (np.arange(len(part)) // stretch) % 3
    places = {name: np.flatnonzero(role == number) for number, name in enumerate(("train", "stop", "test"))}
    never = np.full(len(part), np.datetime64("NaT"), "datetime64[us]")
    labels = Labels(is_test.astype(np.int8), never, np.zeros(len(part)), np.zeros(len(part), np.int8))
    zones = Zones(tuple(places), places, {}, {}, {}, shared=True)
    fitted = fit(part, labels, zones, _MODEL, seed=seed, horizon_steps=1)
    score = raw_scores(fitted.model, part.features, places["test"])
    known = np.isfinite(score)
    top = [name for name, share in list(fitted.importance.items())[:_SHOWN] if share > 0]
    return roc_auc(score[known], is_test[places["test"]][known]), top
