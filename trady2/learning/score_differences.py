"""Two models on the same rows: how many predictions differ, by how much, and which one first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.learning.forest import head_scores

if TYPE_CHECKING:
    from trady2.data.panel import Panel
    from trady2.learning.model import Model

__all__ = ["ScoreDifference", "compare_models", "compare_scores"]

Floats = NDArray[np.float64]


class ScoreDifference(NamedTuple):
    """What differs between two scores of the same rows, bit by bit; a NaN equals a NaN.

    Attributes:
        rows: compared.
        different: of these, how many differ.
        largest: absolute difference, NaN where one of two is NaN and nothing else differs.
        first: position of the first row that differs among all rows compared, None without one.
    """

    rows: int
    different: int
    largest: float
    first: int | None


def compare_scores(published: Floats, repeated: Floats) -> ScoreDifference:
    """Compare two (n,) scores."""
    unlike = ~((published == repeated) | (np.isnan(published) & np.isnan(repeated)))
    places = np.flatnonzero(unlike)
    if not len(places):
        return ScoreDifference(len(published), 0, 0.0, None)
    sizes = np.abs(published[places] - repeated[places])
    largest = float(np.nanmax(sizes)) if np.isfinite(sizes).any() else float("nan")
    return ScoreDifference(len(published), len(places), largest, int(places[0]))


def compare_models(
    published: Model, repeated: Model, panel: Panel, rows: NDArray[np.int64]
) -> dict[str, ScoreDifference]:
    """Compare what two models say of ascending *rows* of a panel, by the bulk path.

    Of the heads that both have, the raw scores by the file of their trees; of the models ``probability`` and, where the
    published one has two heads, ``score`` and ``expected return``.
    """
    models = (published, repeated)
    raw = [head_scores(model, model.matrix(panel), rows) for model in models]
    found = {
        f"raw score by {trees.file}": compare_scores(before, after)
        for trees, before, after in zip(published.heads, *raw, strict=False)
    }
    said = [model.prediction(scores) for model, scores in zip(models, raw, strict=True)]
    names = ("probability", "score", "expected_return") if published.down else ("probability",)
    return found | {name.replace("_", " "): compare_scores(*(getattr(one, name) for one in said)) for name in names}
