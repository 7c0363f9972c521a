"""A version and its repetition, through the real command and a real second process."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from tests.flows.conftest import Desk, Pipeline
from trady2.data.simulation import simulate_bars
from trady2.registry.canonical import canonical_json
from trady2.registry.drafting import place
from trady2.registry.golden import record
from trady2.registry.ledger import Ledger
from trady2.registry.loading import read_version
from trady2.registry.manifest import _pin
from trady2.registry.parsing import parsed
from trady2.registry.version import Version

FEATURES: dict[str, Any] = {
    "indicators": {"log_return": {"windows": [1, 6]}, "rsi": {"windows": [7]}, "close_volatility": {"windows": [24]}},
    "higher_timeframes": [],
}


class Small(NamedTuple):
    """A desk with one small version."""

    desk: Desk
    version: str


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """Train one small version."""
    desk = Desk(tmp_path_factory.mktemp("small"))
    simulate_bars(2_500, seed=5, asset="SIM-A").to_csv(desk.folder / "SIM-A.csv", index=False)
    desk.json("bars", "import", "SIM-A.csv")
    config = desk.configure(features=FEATURES, walk_forward={"n_folds": 2})
    desk.json("features", "build", "--config", config)
    with pytest.MonkeyPatch.context() as patch:  # the audit is none of our business here
        patch.setattr("trady2.guards.cuts._WINDOWS", 4)
        patch.setattr("trady2.guards.cuts._SPECIAL_WINDOWS", 1)
        return Small(desk, desk.json("train", "--config", config)["version"])


@pytest.fixture
def small(trained: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Small]:
    """Give the test a desk of its own with that version, and let this process see its store."""
    desk = Desk(tmp_path / "desk")
    shutil.copytree(trained.desk.folder, desk.folder, symlinks=True)
    monkeypatch.setenv("BENTOML_HOME", desk.environment["BENTOML_HOME"])
    for name in ("TRADY2_HOME", "TRADY2_LEDGER_URL"):
        monkeypatch.delenv(name, raising=False)
    return Small(desk, trained.version)


def doctored(
    small: Small, change: Callable[[dict[str, Any]], object], text: Callable[[str], str] = lambda text: text
) -> str:
    """Publish the version once more with a manifest and a model text that were tampered with, sealed all the same."""
    sealed = read_version("trady2", small.version)
    old = Version.spelt("trady2", small.version, Path(small.desk.environment["BENTOML_HOME"]) / "models" / "trady2")
    assert old
    born = old.born + timedelta(days=1)
    new = Version("trady2", "1.0.1", born, old.path.parent / f"1.0.1-{born:%Y%m%d_%H%M%S}")
    files = {**sealed.files, "model.txt": text(sealed.files["model.txt"].decode()).encode()}
    model = parsed(files, version=new.version)
    manifest = copy.deepcopy(sealed.manifest) | {"version": new.version}
    rows = [[np.nan if value is None else value for value in row] for row in manifest["golden"]["vectors"]]
    manifest["golden"] = record(model, np.array(rows, np.float32))
    manifest["files"] = {name: _pin(content) for name, content in files.items()}
    change(manifest)
    place(new, files, json.loads(canonical_json(manifest)))
    return new.version


def told(desk: Desk, version: str, threads: str = "1") -> tuple[int, dict[str, Any]]:
    """Reproduce a version and return exit code and JSON."""
    done = desk.run("reproduce", version, "--threads", threads, "--json")
    return done.returncode, json.loads(done.stdout)


def recorded(desk: Desk) -> tuple[int, list[str]]:
    """Count the events of the ledger and list the store."""
    home = desk.folder / "bentoml"
    events = Ledger(f"sqlite:///{home / 'trady2' / 'ledger.db'}").events()
    return len(events), sorted(str(path.relative_to(home)) for path in (home / "models").rglob("*"))


def test_a_version_is_repeated_with_one_and_two_threads(pipeline: Pipeline) -> None:
    """Everything is equal to the last bit, nothing enters ledger or store, and it takes little more than training."""
    before = recorded(pipeline.desk)
    code, result = told(pipeline.desk, pipeline.trained["version"].replace("+", "-"), "1,2")
    assert (code, result["equal"], result["moved"], result["likely_cause"]) == (0, True, [], None)
    assert [(one["threads"], one["equal"], one["sha256"]) for one in result["repetitions"]] == [
        (1, True, pipeline.trained["sha256"]),
        (2, True, pipeline.trained["sha256"]),
    ]
    parts = {part["name"]: part for part in result["repetitions"][0]["parts"]}
    wanted = {"zones", "trees of model.txt", "calibrator.json", "golden", "raw score by model.txt", "trades_sha256"}
    wanted |= {"trees of model_down.txt", "raw score by model_down.txt", "probability", "score", "expected return"}
    assert wanted | {"walk_forward", "scorecard", "verdict", "backtest"} <= parts.keys()
    assert parts["probability"]["compared"] > 2_000
    assert all(one["cpu_seconds"] < 30 for one in result["repetitions"])
    assert recorded(pipeline.desk) == before
    assert json.loads((Path(result["run"]) / "05_reproduced.json").read_text("utf-8")) == result


def test_a_person_reads_what_was_compared(small: Small) -> None:
    """The text names every part; a library that is another one now is told although nothing moved."""
    version = doctored(small, lambda manifest: manifest["environment"]["libraries"].update(numpy="1.0"))
    done = small.desk.run("reproduce", version, "--threads", "1")
    assert done.returncode == 0
    assert f"{version}: repeated to the last bit with 1 thread\n" in done.stdout
    for line in ("✓  trees of model.txt", "✓  trades_sha256", "✓  verdict", "numpy  1.0", "and yet nothing moved"):
        assert line in done.stdout


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda manifest: manifest["config"].update(seed=1), ("bagging_seed 0 → 1", "seed 0 → 1")),
        (lambda manifest: manifest["config"]["model"].update(learning_rate=0.2), ("learning_rate 0.1 → 0.2",)),
    ],
    ids=["seed", "parameter"],
)
def test_a_changed_configuration_is_told(small: Small, change: Any, cause: tuple[str, ...]) -> None:
    """With another seed or parameter in the manifest the trees move, and the parameter is named with both values."""
    code, result = told(small.desk, doctored(small, change))
    assert (code, result["equal"]) == (1, False)
    assert "trees of model.txt" in result["moved"]
    assert result["likely_cause"].startswith("the trees of the version were grown with other parameters")
    for words in cause:
        assert words in result["likely_cause"]
    assert "configuration" in [one["what"] for one in result["origin"]]
    part = next(part for part in result["repetitions"][0]["parts"] if part["name"] == "trees of model.txt")
    assert part["first"].startswith("tree 0")


def leaf_moved(text: str) -> str:
    """Move the first leaf of the second tree by a little; the text keeps its length, without which LightGBM aborts."""
    head, *trees = text.split("\nTree=")
    before, mark, rest = trees[1].partition("\nleaf_value=")
    other = "1" if rest[9] == "0" else "0"
    trees[1] = before + mark + rest[:9] + other + rest[10:]
    return "\nTree=".join([head, *trees])


def test_other_trees_are_told_with_tree_and_leaf(small: Small) -> None:
    """A leaf that moved is named with both values and the predictions it moves; the library is the likely cause."""

    def elsewhere(manifest: dict[str, Any]) -> None:
        manifest["environment"]["libraries"]["lightgbm"] = "4.5.0"
        manifest["provenance"]["code_sha256"] = "0" * 64

    version = doctored(small, elsewhere, leaf_moved)
    done = small.desk.run("reproduce", version, "--threads", "1")
    assert done.returncode == 1
    text = " ".join(done.stdout.split())
    assert "NOT repeated with 1 thread: trees of model.txt" in text
    assert "✗ trees of model.txt tree 1, leaf 0: leaf_value" in text
    assert "likely cause: lightgbm 4.5.0 → " in text
    code, result = told(small.desk, version)
    assert {"lightgbm", "code"} == {one["what"] for one in result["origin"]}
    parts = {part["name"]: part for part in result["repetitions"][0]["parts"]}
    raw = parts["raw score by model.txt"]
    assert (code, 0 < raw["different"] <= raw["compared"], 0 < raw["largest"] < 1e-4) == (1, True, True)
    assert raw["first"].startswith("first for SIM-A decided at 20")
    kept = Path(result["run"]) / "04_threads_1"
    assert (kept / "model.txt").read_bytes() == read_version("trady2", small.version).files["model.txt"]


def test_changed_vectors_are_told_before_anything_is_trained(small: Small) -> None:
    """One changed feature names asset and column, and the way out; later rows and columns do not count."""
    file = sorted((small.desk.folder / "data" / "vectors" / "asset=SIM-A").glob("*.parquet"))[0]
    frame = pd.read_parquet(file)
    frame.loc[700, "rsi_7"] += 1
    frame.to_parquet(file, index=False)
    done = small.desk.run("reproduce", small.version, "--json")
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["code"]) == (1, "DataError")
    assert (
        "SIM-A: other features; of the features rsi_7; restore them from a copy, build them again" in error["message"]
    )
    assert list((small.desk.folder / "bentoml" / "trady2" / "runs").glob("*reproduce*/04*")) == []


def test_what_came_later_does_not_count(small: Small) -> None:
    """Bars, columns and assets that came after the training are left out, and it is repeated all the same."""
    folder = small.desk.folder / "data" / "vectors"
    for file in sorted((folder / "asset=SIM-A").glob("*.parquet")):
        frame = pd.read_parquet(file)
        frame.insert(8, "newer", np.float32(1))
        frame.to_parquet(file, index=False)
    last = frame.tail(1).assign(timestamp=lambda row: row["timestamp"] + pd.Timedelta("1h"))
    last.to_parquet(folder / "asset=SIM-A" / "later.parquet", index=False)
    (folder / "asset=OTHER").mkdir()
    frame.to_parquet(folder / "asset=OTHER" / "all.parquet", index=False)
    code, result = told(small.desk, small.version)
    known = read_version("trady2", small.version).manifest["data"]
    assert (code, result["equal"], result["data"]["digest"]) == (0, True, known["digest"])


def test_a_training_that_fails_now_says_why(small: Small) -> None:
    """Where the repetition itself is refused, its reason is told with the place of its log."""
    version = doctored(small, lambda manifest: manifest["config"]["target"].update(return_threshold=0.9))
    done = small.desk.run("reproduce", version)
    assert done.returncode == 1
    assert "the training does not end well any more: " in done.stderr
    assert "return_threshold" in done.stderr


@pytest.mark.parametrize("threads", ["0", "", "1,two", "5000"])
def test_impossible_threads_are_refused(small: Small, threads: str) -> None:
    """A number of threads that cannot be is a refusal with an example."""
    done = small.desk.run("reproduce", small.version, "--threads", threads)
    assert (done.returncode, "write such as --threads 1,2" in done.stderr) == (1, True)


def test_a_version_from_elsewhere_has_no_training(small: Small) -> None:
    """A version that `train` did not make cannot be repeated, and that is said."""
    version = doctored(small, lambda manifest: [manifest.pop(key) for key in ("run", "config")])
    done = small.desk.run("reproduce", version)
    assert (
        done.returncode,
        "lacks config, run: it does not come from `trady2 train`" in " ".join(done.stderr.split()),
    ) == (1, True)
