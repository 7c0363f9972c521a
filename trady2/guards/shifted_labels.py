"""A5: labels that are shifted against the features in a circle must score like chance, through the real training.

Shuffled labels would hide what this finds: shuffling destroys the memory of overlapping labels, and with it the
advantage that an unpurged split gives. Shifting keeps it and breaks only the alignment. Direction AUC is measured,
because seasons of volatility outlive a shift and are learned honestly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trady2.errors import NotEnoughDataError
from trady2.guards.certificate import Finding, Outcome
from trady2.guards.direction_area import Area, direction_area
from trady2.guards.panel_part import latest_rows
from trady2.guards.training_path import TrainingPath, trained_scores
from trady2.learning.target import Labels, label_arrays

if TYPE_CHECKING:
    from trady2.config import Config
    from trady2.data.panel import Panel

__all__ = ["rolled_labels", "shifted_labels"]

_REPEATS = 10
_MOST_ROWS = 60_000
_LIMIT = 4.0


def rolled_labels(panel: Panel, labels: Labels, share: float) -> Labels:
    """Return the labels of each asset shifted in a circle by *share* of its rows.

    A row has a label only if it had one before and the one that it gets is known. When it is settled stays, because
    that is a fact about the row's own time.
    """
    order = np.arange(len(panel))
    for code in range(len(panel.assets)):
        rows = panel.asset_rows(code)
        order[rows] = np.roll(order[rows], round(share * (rows.stop - rows.start)))
    known = (labels.label >= 0) & (labels.label[order] >= 0)
    return Labels(
        np.where(known, labels.label[order], -1).astype(np.int8),
        np.where(known, labels.label_end, np.datetime64("NaT")),
        np.where(known, labels.forward_return[order], np.nan),
        np.where(known, labels.direction[order], 0).astype(np.int8),
    )


def shifted_labels(
    panel: Panel, config: Config, *, seed: int = 0, path: TrainingPath = trained_scores, repeats: int = _REPEATS
) -> Outcome:
    """Train on shifted labels *repeats* times and compare the mean direction AUC with one half.

    Shifts lie between a quarter and three quarters of history. At most the latest 60,000 rows are used and 100 trees
    grown, for a leak in the path does not wait for more. The standard error is the larger of that of blocks in time and
    of the spread over the shifts, divided by the root of their number.
    """
    panel = latest_rows(panel, _MOST_ROWS)
    labels = label_arrays(panel, config.target)
    random = np.random.default_rng([seed, 5])
    shares = 0.25 + 0.5 * (np.arange(repeats) + random.random(repeats)) / repeats
    areas, refused = [], ""
    for share in shares:
        rolled = rolled_labels(panel, labels, float(share))
        try:
            rows, score = path(panel, rolled, config)
        except NotEnoughDataError as error:
            refused = str(error)
            continue
        area = direction_area(panel, rolled, rows, score, config.target.horizon_steps)
        if area is not None:
            areas.append(area)
    if len(areas) < max(repeats // 2, 2):
        why = refused or "too few rows of the test zone moved up or down"
        return Outcome(skipped=f"only {len(areas)} of {repeats} shifts could be trained: {why}")
    return _judged(areas)


def _judged(areas: list[Area]) -> Outcome:
    values, errors = np.array([area.value for area in areas]), np.array([area.error for area in areas])
    mean = float(values.mean())
    error = max(float(np.sqrt(np.mean(errors**2))), float(values.std(ddof=1))) / np.sqrt(len(areas))
    limit = 0.5 + _LIMIT * error
    numbers = {"mean_direction_auc": mean, "standard_error": error, "direction_auc": values.tolist()}
    thresholds = {"most_direction_auc": limit, "standard_errors": _LIMIT}
    if not mean > limit:
        note = f"mean direction AUC {mean:.3f} over {len(areas)} shifts; chance ends at {limit:.3f}"
        return Outcome((), numbers, thresholds, note=note)
    text = (
        f"trained on shifted labels, which nothing can predict, the test zone has a direction AUC of {mean:.3f} "
        f"(chance ends at {limit:.3f}): rows of the test zone take part in training; mend the split"
    )
    return Outcome((Finding("A5", None, text),), numbers, thresholds)
