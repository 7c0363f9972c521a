"""From bytes to a model, without a pickle and without two readings."""

import dataclasses
import pickle

import numpy as np
import pytest

from trady2.errors import IntegrityError
from trady2.learning.model import Model
from trady2.registry.golden import record
from trady2.registry.integrity import Sealed
from trady2.registry.parsing import parsed, usable


def sealed(model: Model, golden: np.ndarray) -> Sealed:
    """Seal a model as a version would be."""
    manifest = {"features": list(model.features), "golden": record(model, golden)}
    return Sealed(manifest, "0" * 64, model.files())


def test_the_parsed_model_is_the_same(model: Model, golden: np.ndarray) -> None:
    """Text and calibrator give bit-equal predictions to the model in memory and to the joblib file."""
    again = parsed(model.files(), version="trady2:1.0.0")
    assert np.array_equal(again.raw_scores(golden), model.raw_scores(golden))
    for found, expected in zip(*(m.prediction(m.raw_scores(golden)) for m in (again, model)), strict=True):
        assert found.tobytes() == expected.tobytes()
    assert (again.features, again.threshold, again.missing_allowed) == (
        model.features,
        model.threshold,
        model.missing_allowed,
    )


def test_the_joblib_file_is_never_unpickled(model: Model, golden: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version whose model.joblib holds hostile code is parsed without running it."""

    class Hostile:
        def __reduce__(self) -> tuple[object, ...]:
            return pytest.fail, ("it ran",)

    monkeypatch.setattr(pickle, "loads", lambda *_: pytest.fail("unpickled"))
    whole = sealed(model, golden)
    hostile = {**whole.files, "model.joblib": pickle.dumps(Hostile())}
    assert usable(dataclasses.replace(whole, files=hostile), version="trady2:1.0.0").features == model.features


@pytest.mark.parametrize("file", ["model.txt", "model_down.txt"])
@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (b"num_leaves=", b"num_leaves=2\nnum_leaves=", "num_leaves="),
        (b"\nleaf_value=", b"\nleaf_value=9 9\nleaf_value=", "leaf_value="),
        (b"max_feature_idx=3", b"max_feature_idx=3\nmax_feature_idx=9", "max_feature_idx=9"),
        (b"Tree=1\n", b"Tree=0\n", "Tree=0"),
    ],
    ids=["num_leaves", "leaf_value", "header", "tree"],
)
def test_a_key_that_stands_twice_is_refused(model: Model, old: bytes, new: bytes, line: str, file: str) -> None:
    """In LightGBM's text a second value would win silently, in the header as in a tree."""
    files = model.files()
    assert old in files[file]
    files[file] = files[file].replace(old, new, 1)
    with pytest.raises(IntegrityError, match=rf"{file} has the line '{line}.*in a place where its key stood before"):
        parsed(files, version="trady2:1.0.0")


def test_doubled_keys_of_the_calibrator_are_refused(model: Model) -> None:
    """A second threshold in calibrator.json is refused."""
    files = model.files()
    files["calibrator.json"] = files["calibrator.json"].replace(b"{", b'{"threshold":0.1,', 1)
    with pytest.raises(IntegrityError, match=r"calibrator\.json is no proper JSON: the key '\w+' stands twice"):
        parsed(files, version="trady2:1.0.0")


@pytest.mark.parametrize("file", ["model.txt", "model_down.txt"])
def test_a_text_is_text(model: Model, file: str) -> None:
    """Bytes that are no UTF-8 are refused before LightGBM sees them."""
    with pytest.raises(IntegrityError, match=rf"trady2:1\.0\.0: {file} is no text"):
        parsed({**model.files(), file: b"\xff"}, version="trady2:1.0.0")


def test_a_second_head_that_is_missing_is_named(model: Model) -> None:
    """A version whose manifest leaves out the trees for falls is refused, though every digest be right."""
    files = {name: content for name, content in model.files().items() if name != "model_down.txt"}
    with pytest.raises(
        IntegrityError, match=r"model_down\.txt is missing, though calibrator.json has a second head"
    ) as caught:
        parsed(files, version="trady2:1.0.0")
    assert caught.value.file == "model_down.txt"


def test_a_second_head_too_many_is_refused(models: tuple[Model, ...]) -> None:
    """Trees for falls that calibrator.json does not know would never be used, and are no part of the version."""
    files = {**models[1].files(), "model_down.txt": models[0].files()["model_down.txt"]}
    with pytest.raises(
        IntegrityError, match=r"there is model_down.txt, but calibrator.json has the signal 'probability'"
    ):
        parsed(files, version="trady2:1.0.1")


def test_other_features_than_the_manifest_are_refused(model: Model, golden: np.ndarray) -> None:
    """Manifest and model have to name the same features in the same order."""
    whole = sealed(model, golden)
    whole.manifest["features"] = ["b", "a", "c", "d"]
    with pytest.raises(IntegrityError, match=r"calibrator\.json names other features than the manifest"):
        usable(whole, version="trady2:1.0.0")


def test_golden_predictions_are_replayed(models: tuple[Model, ...], golden: np.ndarray) -> None:
    """Another model's files under right digests do not repeat the golden predictions."""
    whole = dataclasses.replace(sealed(models[0], golden), files=models[1].files())
    with pytest.raises(IntegrityError, match="predicts raw score"):
        usable(whole, version="trady2:1.0.0")
