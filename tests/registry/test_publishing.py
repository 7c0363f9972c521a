"""A new version: whole, named, recorded, and never over another one."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.registry.conftest import BORN
from trady2.errors import ConfigError, DataError, IntegrityError
from trady2.learning.model import Model
from trady2.registry import Ledger, Version, load, publish, verify, versions
from trady2.registry.store import models_folder, staging_folder


def test_a_version_is_whole_and_recorded(three: list[Version], models: tuple[Model, ...], golden: np.ndarray) -> None:
    """Folder, digests, manifest, `latest` and the event `trained` agree; the loaded model predicts bit-equal."""
    version = three[2]
    assert (version.version, version.tag) == ("1.0.2+20251101_140000", "trady2:1.0.2-20251101_140000")
    manifest = json.loads((version.path / "manifest.json").read_text())
    for name, pin in manifest["files"].items():
        content = (version.path / name).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (pin["sha256"], pin["bytes"])
    assert sorted(manifest["files"]) == ["calibrator.json", "model.joblib", "model.txt", "report.html"]
    assert version.sha256 == hashlib.sha256(models[2].files()["model.joblib"]).hexdigest()
    event = Ledger().events(name="trady2", version=version.version)[0]
    assert (event.kind, event.actor, event.payload["files"]["model.joblib"]) == ("trained", "ann", version.sha256)
    assert (models_folder("trady2") / "latest").read_text() == version.folder
    loaded = load("trady2", version.version)
    assert np.array_equal(loaded.probability(golden), models[2].probability(golden))


def test_both_heads_are_part_of_a_version(three: list[Version], models: tuple[Model, ...]) -> None:
    """A version with two heads has the trees for falls as a file of its own; its SHA-256 stays one file's."""
    manifest = three[0].manifest
    assert set(manifest["files"]) - set(three[2].manifest["files"]) == {"model_down.txt"}
    assert (manifest["signal_kind"], three[2].manifest["signal_kind"]) == ("expected_return", "probability")
    content = models[0].files()["model_down.txt"]
    assert manifest["files"]["model_down.txt"] == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    assert three[0].sha256 == hashlib.sha256(models[0].files()["model.joblib"]).hexdigest()


def test_files_are_read_only_and_the_folder_open(three: list[Version]) -> None:
    """Another user of a shared volume can read everything and nobody writes by accident."""
    modes = {oct(file.stat().st_mode)[-3:] for file in three[0].path.iterdir()}
    assert (modes, oct(three[0].path.stat().st_mode)[-3:]) == ({"444"}, "755")


def test_versions_of_one_second_take_the_next(model: Model, golden: np.ndarray) -> None:
    """Three publications born in the same second get three seconds, in order."""
    born = [publish("trady2", "1.0.0", model.files(), {}, golden=golden, actor="ann", born=BORN) for _ in range(3)]
    assert [version.born - BORN for version in born] == [timedelta(seconds=number) for number in range(3)]
    assert versions("trady2") == born


def test_an_older_birth_does_not_become_latest(three: list[Version], model: Model, golden: np.ndarray) -> None:
    """A version that is published later but born earlier leaves `latest` alone."""
    old = publish(
        "trady2", "0.9.0", model.files(), {}, golden=golden, actor="ann", born=datetime(2020, 1, 1, tzinfo=UTC)
    )
    assert versions("trady2")[0] == old
    assert (models_folder("trady2") / "latest").read_text() == three[2].folder


def test_an_empty_folder_in_the_way_is_not_overwritten(model: Model, golden: np.ndarray) -> None:
    """A rename onto an empty folder would succeed: its name counts as taken instead."""
    empty = models_folder("trady2") / "1.0.0-20251101_120000"
    empty.mkdir(parents=True)
    version = publish("trady2", "1.0.0", model.files(), {}, golden=golden, actor="ann", born=BORN)
    assert (version.version, list(empty.iterdir())) == ("1.0.0+20251101_120001", [])


def test_birth_is_now_by_default(model: Model, golden: np.ndarray) -> None:
    """Without `born` the version carries the present second."""
    before = datetime.now(UTC).replace(microsecond=0)
    version = publish("trady2", "1.0.0", model.files(), {}, golden=golden, actor="ann")
    assert before <= version.born <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"name": "Trady2"}, ConfigError, "'Trady2' is no model name"),
        ({"semver": "1.0"}, ConfigError, r"'1\.0' is no version"),
        ({"semver": "active"}, ConfigError, "'active' is no version"),
        ({"files": {}}, ConfigError, r"calibrator\.json is missing"),
        ({"manifest": {"created_at": "x"}}, ConfigError, r"manifest\['created_at'\] = 'x' is set by the registry"),
        ({"manifest": {"x": object()}}, DataError, r"value\.x is a object"),
        ({"actor": ""}, ConfigError, "names nobody"),
        ({"golden": np.zeros((1, 3), np.float32)}, DataError, r"shape \(1, 3\)"),
        ({"born": datetime(2025, 11, 1)}, DataError, "has no time zone"),  # noqa: DTZ001 - the fault
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_refused_publication_leaves_nothing(
    model: Model, golden: np.ndarray, change: dict[str, object], error: type[Exception], message: str
) -> None:
    """Whatever is refused, no version, no draft and no event is left of it."""
    given = {"name": "trady2", "semver": "1.0.0", "files": model.files(), "manifest": {}, "actor": "ann"} | change
    options = {"golden": given.pop("golden", golden), "actor": given.pop("actor"), "born": given.pop("born", BORN)}
    with pytest.raises(error, match=message):
        publish(given["name"], given["semver"], given["files"], given["manifest"], **options)
    assert (versions("trady2"), Ledger().events()) == ([], [])
    assert list(staging_folder("trady2").glob("*")) == []


def test_a_model_that_cannot_be_read_back_is_not_published(model: Model, golden: np.ndarray) -> None:
    """Files that do not belong together are noticed at birth."""
    files = model.files()
    files["calibrator.json"] = files["calibrator.json"].replace(b'["a","b","c","d"]', b'["a","b","c"]')
    with pytest.raises(IntegrityError, match="splits 4 features"):
        publish("trady2", "1.0.0", files, {}, golden=golden, actor="ann")
    assert versions("trady2") == []


def test_a_disk_error_leaves_nothing(model: Model, golden: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing fails halfway, nothing appears, and the next publication works."""
    real = Path.write_bytes

    def full(self: Path, content: bytes) -> int:
        if self.name == "model.txt":
            raise OSError(28, "No space left on device")
        return real(self, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(OSError, match="No space left"):
            publish("trady2", "1.0.0", model.files(), {}, golden=golden, actor="ann", born=BORN)
    assert (versions("trady2"), list(staging_folder("trady2").iterdir())) == ([], [])
    verify("trady2", publish("trady2", "1.0.0", model.files(), {}, golden=golden, actor="ann", born=BORN).version)
