from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.registry.conftest import trained
from trady2.data.panel import Panel
from trady2.learning.calibrator import Calibrator
from trady2.learning.model import Model
from trady2.registry.integrity import Sealed
from trady2.registry.repetition import Part, compare_versions, moved_parameters

HOUR = np.timedelta64(3_600_000_000, "us")
MANIFEST: dict[str, Any] = {
    "version": "1.0.0+20251101_120000",
    "run": "one",
    "config": {"seed": 0},
    "zones": [{"zone": "train", "start": "2020-01-01T00:00:00Z"}, {"zone": "stop", "start": "2020-01-03T00:00:00Z"}],
    "walk_forward": {"folds": [{"trees": 20}]},
    "trades_sha256": "f" * 64,
    "scorecard": {"roc_auc": 0.51, "n": 400},
}


def sealed(model: Model, *, files: dict[str, bytes] | None = None, **manifest: Any) -> Sealed:
    """Return a version as it is read from its folder."""
    return Sealed({**MANIFEST, **manifest}, "0" * 64, {**model.files(), **(files or {})})


@pytest.fixture(scope="module")
def models() -> tuple[Model, Model]:
    """Two models that know rises alone."""
    return trained(1), trained(2)


@pytest.fixture(scope="module")
def model(models: tuple[Model, ...]) -> Model:
    """One of them."""
    return models[0]


@pytest.fixture(scope="module")
def panel() -> Panel:
    """A hundred hours of four features."""
    features = np.random.default_rng(3).standard_normal((100, 4)).astype(np.float32)
    price = np.full(100, 100.0)
    times = np.datetime64("2020-01-01", "us") + np.arange(100) * HOUR
    codes = np.zeros(100, np.int32)
    return Panel(("A",), codes, times, *[price] * 5, features, ("a", "b", "c", "d"), HOUR)


def moved(published: Sealed, repeated: Sealed, panel: Panel) -> dict[str, Part]:
    """Return the parts that differ, by name."""
    return {part.name: part for part in compare_versions(published, repeated, panel) if not part.equal}


def test_a_version_equals_itself(model: Model, panel: Panel) -> None:
    """Nothing moved, everything was compared, and what identifies a run does not count."""
    again = sealed(model, run="two", version="1.0.0+20251101_130000", config={"seed": 1}, environment={"python": "4"})
    parts = {part.name: part for part in compare_versions(sealed(model), again, panel)}
    assert list(parts) == [
        *("zones", "trees of model.txt", "calibrator.json", "raw score by model.txt", "probability"),
        *("walk_forward", "trades_sha256", "scorecard"),
    ]
    assert [part.equal for part in parts.values()] == [True] * len(parts)
    assert (parts["trees of model.txt"].compared, parts["raw score by model.txt"].compared) == (5, 53)


def test_other_trees_are_told_with_their_predictions(models: tuple[Model, ...], panel: Panel) -> None:
    """Of another model the first difference of the trees is named, how many predictions moved and by how much."""
    found = moved(sealed(models[0]), sealed(models[1]), panel)
    assert set(found) == {"trees of model.txt", "calibrator.json", "raw score by model.txt", "probability"}
    assert str(found["trees of model.txt"].first).startswith("tree 0")
    rows = np.flatnonzero(panel.decision_time >= np.datetime64("2020-01-03"))
    gaps = np.abs(models[0].raw_score(panel.features[rows]) - models[1].raw_score(panel.features[rows]))
    scores = found["raw score by model.txt"]
    assert (scores.compared, scores.different, scores.largest) == (53, np.count_nonzero(gaps), gaps.max())
    first = panel.decision_time[rows[np.flatnonzero(gaps)[0]]]
    assert scores.first == f"first for A decided at {first}Z"


def test_a_calibrator_is_told_by_its_number(model: Model, panel: Panel) -> None:
    """A calibrator or threshold that moved is named inside its file; the trees are equal."""
    other = replace(model, calibrator=Calibrator("platt", (1.5, -0.1)), threshold=0.6)
    found = moved(sealed(model), sealed(other), panel)
    assert set(found) == {"calibrator.json", "probability"}
    part = found["calibrator.json"]
    assert (part.different, part.largest) == (2, pytest.approx(0.25))
    assert str(part.first).endswith("parameters[0] 1.25 → 1.5")


@pytest.mark.parametrize(
    ("key", "value", "first"),
    [
        ("trades_sha256", "e" * 64, "value 'ffff"),
        ("walk_forward", {"folds": [{"trees": 21}]}, "folds[0].trees 20 → 21"),
        ("scorecard", {"roc_auc": 0.5100000000000001, "n": 400}, "roc_auc 0.51 → 0.5100000000000001"),
        ("zones", [*MANIFEST["zones"], {"zone": "test"}], "value (how many) 2 → 3"),
    ],
)
def test_each_result_of_the_manifest_counts(model: Model, panel: Panel, key: str, value: Any, first: str) -> None:
    """A result that moved by one bit is named with its place and both values; the rest is equal."""
    found = moved(sealed(model), sealed(model, **{key: value}), panel)
    assert list(found) == [key]
    assert str(found[key].first).startswith(first)


def test_what_is_measured_later_is_no_difference(model: Model, panel: Panel) -> None:
    """Later code may put more into a manifest; what is gone from it counts."""
    more = {"scorecard": {**MANIFEST["scorecard"], "brier": 0.2}, "explain": {"rows": 5}}
    assert moved(sealed(model), sealed(model, **more), panel) == {}
    assert set(moved(sealed(model, **more), sealed(model), panel)) == {"scorecard", "explain"}


def test_both_heads_are_compared(panel: Panel) -> None:
    """A version with a head for falls is compared in both; other trees for falls move what they tell."""
    first, second = trained(1, down=True), trained(2, down=True)
    assert first.down
    assert second.down
    assert moved(sealed(first), sealed(first), panel) == {}
    found = moved(sealed(first), sealed(replace(first, down=replace(first.down, text=second.down.text))), panel)
    assert set(found) == {"trees of model_down.txt", "raw score by model_down.txt", "score", "expected return"}


def test_a_head_that_is_gone_is_told(panel: Panel) -> None:
    """Where the repetition has one head, the trees of the other are told to be nothing."""
    two = trained(1, down=True)
    found = moved(sealed(two), sealed(replace(two, down=None)), panel)
    assert str(found["trees of model_down.txt"].first).endswith("→ nothing")
    assert set(found) == {"trees of model_down.txt", "calibrator.json", "score", "expected return"}


def test_parameters_that_moved_are_named(models: tuple[Model, ...]) -> None:
    """What the trees were grown with is compared, all but the number of threads."""
    threads = replace(models[0], text=models[0].text.replace("[num_threads: 1]", "[num_threads: 4]"))
    assert threads.text != models[0].text
    assert moved_parameters(sealed(models[0]), sealed(threads)) == {}
    found = moved_parameters(sealed(models[0]), sealed(models[1]))
    assert found["seed"] == ("1", "2")
