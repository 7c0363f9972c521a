"""A version against its repetition: the same training, run again, published into a store of its own.

What is compared, in the order of the flow: zones, trees, calibrator and threshold, every prediction from the zone
``stop`` on, the walk, trades, scores, verdict. Numbers count to the last bit. ``model.joblib`` and the reports do not
count: they hold the number of the version, or what a library writes beside its content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trady2.learning.score_differences import ScoreDifference, compare_models
from trady2.learning.tree_text import first_difference, tree_body, tree_parameters
from trady2.registry.canonical import read_json
from trady2.registry.parsing import parsed
from trady2.registry.plain_differences import count_values, largest_step, plain_differences

if TYPE_CHECKING:
    from trady2.data.panel import Panel
    from trady2.registry.integrity import Sealed

__all__ = ["Part", "compare_versions", "moved_parameters"]

_FIRST = ("data", "zones")
_LAST = ("walk_forward", "trades_sha256", "backtest", "scorecard", "verdict")
_NOT_RESULTS = {"config", "created_at", "environment", "files", "judged", "leak_certificate", "name"}
_NOT_RESULTS |= {"provenance", "published_by", "run", "schema", "version"}


@dataclass(frozen=True)
class Part:
    """One part of a version beside its repetition.

    Attributes:
        name: of a file, of what was predicted, or of a key of the manifest.
        equal: to the last bit.
        compared: how many values, trees or predictions.
        different: how many of them differ; for trees 1 says that they do.
        largest: difference between two numbers; None where none can be told.
        first: the first difference in words, None where all is equal.
    """

    name: str
    equal: bool
    compared: int
    different: int = 0
    largest: float | None = None
    first: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return a plain dictionary."""
        return asdict(self)


def compare_versions(published: Sealed, repeated: Sealed, panel: Panel) -> list[Part]:
    """Compare a version with its repetition.

    Args:
        published: the version.
        repeated: what the same training gave now.
        panel: the vectors of both, with the features of the version in its order.
    """
    before, after = published.manifest, repeated.manifest
    results = [key for key in sorted(before) if key not in _NOT_RESULTS and key not in {*_FIRST, *_LAST}]
    parts = [_of_manifest(key, before, after) for key in _FIRST if key in before]
    parts += [_of_trees(name, published, repeated) for name in _texts(published)]
    parts.append(_of_settings(published, repeated))
    parts += [_of_manifest(key, before, after) for key in results]
    parts += _of_predictions(published, repeated, panel)
    return parts + [_of_manifest(key, before, after) for key in _LAST if key in before]


def moved_parameters(published: Sealed, repeated: Sealed) -> dict[str, tuple[str | None, str | None]]:
    """Return the parameters that the trees of one version were grown with and those of the other were not."""
    moved: dict[str, tuple[str | None, str | None]] = {}
    for name in _texts(published):
        before, after = (tree_parameters(sealed.files.get(name, b"").decode()) for sealed in (published, repeated))
        moved |= {key: (value, after.get(key)) for key, value in before.items() if after.get(key) != value}
    return moved


def _texts(sealed: Sealed) -> list[str]:
    return sorted(name for name in sealed.files if name.startswith("model") and name.endswith(".txt"))


def _of_trees(name: str, published: Sealed, repeated: Sealed) -> Part:
    before, after = (sealed.files.get(name, b"").decode() for sealed in (published, repeated))
    found = first_difference(before, after)
    count = tree_body(before).count("\nTree=")
    return Part(
        f"trees of {name}", found is None, count, int(found is not None), None, None if found is None else str(found)
    )


def _of_settings(published: Sealed, repeated: Sealed) -> Part:
    values = [read_json(sealed.files["calibrator.json"], source="calibrator.json") for sealed in (published, repeated)]
    return _of_values("calibrator.json", *values)


def _of_manifest(key: str, published: Mapping[str, Any], repeated: Mapping[str, Any]) -> Part:
    return _of_values(key, published[key], repeated.get(key))


def _of_values(name: str, published: Any, repeated: Any) -> Part:
    found = list(plain_differences(published, repeated))
    first = str(found[0]) if found else None
    return Part(name, not found, count_values(published), len(found), largest_step(found), first)


def _of_predictions(published: Sealed, repeated: Sealed, panel: Panel) -> list[Part]:
    """Compare what both say of the rows from the zone ``stop`` on."""
    before, after = (parsed(sealed.files, version=sealed.manifest["version"]) for sealed in (published, repeated))
    start = next(zone["start"] for zone in published.manifest["zones"] if zone["zone"] == "stop")
    rows = np.flatnonzero(panel.decision_time >= np.datetime64(start.rstrip("Z")))
    found = compare_models(before, after, panel, rows)
    return [_of_scores(what, one, panel, rows) for what, one in found.items()]


def _of_scores(name: str, found: ScoreDifference, panel: Panel, rows: Any) -> Part:
    first = None
    if found.first is not None:
        row = int(rows[found.first])
        first = f"first for {panel.assets[panel.asset_code[row]]} decided at {panel.decision_time[row]}Z"
    largest = None if np.isnan(found.largest) else found.largest
    return Part(name, not found.different, found.rows, found.different, largest, first)
