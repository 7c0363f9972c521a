"""What the registry adds to a manifest, and which files a version may have."""

import hashlib
import platform
from datetime import UTC, datetime
from importlib.metadata import version as installed
from pathlib import Path

import numpy as np
import pytest

from trady2.errors import ConfigError
from trady2.learning.model import Model
from trady2.registry.manifest import check_files, complete, environment
from trady2.registry.version import Version

VERSION = Version("trady2", "1.0.0", datetime(2025, 11, 1, 12, tzinfo=UTC), Path("m"))


def test_the_registry_adds_what_only_it_knows(model: Model, golden: np.ndarray) -> None:
    """Identity, digests and sizes, environment, features, threshold and golden predictions stand beside the given."""
    files = model.files()
    whole = complete({"seed": 7}, VERSION, files, golden=golden, actor="ann")
    assert (whole["seed"], whole["version"], whole["published_by"]) == (7, "1.0.0+20251101_120000", "ann")
    assert whole["created_at"] == "2025-11-01T12:00:00.000000Z"
    assert (whole["features"], whole["threshold"]) == (["a", "b", "c", "d"], 0.55)
    assert whole["signal_kind"] == "expected_return"
    for name, content in files.items():
        assert whole["files"][name] == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    assert whole["golden"]["raw"] == model.raw_score(golden).tolist()
    assert whole["environment"] == environment()


def test_the_environment_names_what_shapes_a_model() -> None:
    """Python, system and libraries are those that run; an absent library is called so."""
    told = environment()
    assert (told["python"], told["machine"]) == (platform.python_version(), platform.machine())
    assert {name: told["libraries"][name] for name in ("lightgbm", "numpy", "bentoml")} == {
        name: installed(name) for name in ("lightgbm", "numpy", "bentoml")
    }


def test_an_absent_library_is_called_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The serving image has no scikit-learn, and the manifest may still be written there."""
    monkeypatch.setattr("trady2.registry.manifest._LIBRARIES", ("no-such-library",))
    assert environment()["libraries"] == {"no-such-library": "absent"}


def test_equal_statements_are_welcome_and_others_refused(model: Model, golden: np.ndarray) -> None:
    """A maker may repeat what the registry adds, and may not contradict it."""
    complete({"features": ["a", "b", "c", "d"]}, VERSION, model.files(), golden=golden, actor="ann")
    with pytest.raises(ConfigError, match=r"manifest\['features'\] = \['b'\] is set by the registry.*leave it out"):
        complete({"features": ["b"]}, VERSION, model.files(), golden=golden, actor="ann")


def test_somebody_publishes(model: Model, golden: np.ndarray) -> None:
    """An empty actor is refused."""
    with pytest.raises(ConfigError, match=r"actor = ' ' names nobody; say who publishes trady2:1\.0\.0"):
        complete({}, VERSION, model.files(), golden=golden, actor=" ")


@pytest.mark.parametrize("missing", ["model.joblib", "model.txt", "calibrator.json"])
def test_every_version_has_its_files(model: Model, missing: str) -> None:
    """Without one of the three files of a model nothing is published."""
    files = {name: content for name, content in model.files().items() if name != missing}
    with pytest.raises(ConfigError, match=f"{missing} is missing among the files"):
        check_files(files)


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "", ".hidden", "model.yaml", "manifest.json", "custom_objects.pkl", "x\n", "a" * 101]
)
def test_file_names_stay_inside_the_folder(model: Model, name: str) -> None:
    """Paths, hidden names, the registry's own and the one that BentoML unpickles are refused."""
    with pytest.raises(ConfigError, match="cannot be the name of a version's file"):
        check_files({**model.files(), name: b""})
