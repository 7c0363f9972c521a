"""A version's folder appears in one step, flushed and checked."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from trady2.errors import ConfigError, IntegrityError
from trady2.learning.model import Model
from trady2.registry.drafting import place
from trady2.registry.manifest import complete
from trady2.registry.store import models_folder, staging_folder
from trady2.registry.version import Version


def drafted(model: Model, golden: np.ndarray) -> tuple[Version, dict[str, bytes], dict[str, object]]:
    """Return what `place` takes."""
    born = datetime(2025, 11, 1, 12, tzinfo=UTC)
    version = Version("trady2", "1.0.0", born, models_folder("trady2") / "1.0.0-20251101_120000")
    return version, model.files(), complete({}, version, model.files(), golden=golden, actor="ann")


def test_every_file_is_flushed_before_the_folder_appears(
    model: Model, golden: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file and the folder are synced before the rename, the parent after it."""
    steps: list[str] = []
    sync, rename = os.fsync, Path.rename

    def noted_sync(handle: int) -> None:
        steps.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        sync(handle)

    def noted_rename(self: Path, target: Path) -> Path:
        steps.append("rename")
        return rename(self, target)

    monkeypatch.setattr("os.fsync", noted_sync)
    monkeypatch.setattr(Path, "rename", noted_rename)
    place(*drafted(model, golden))
    cut = steps.index("rename")
    files = {"model.joblib", "model.txt", "model_down.txt", "calibrator.json", "manifest.json", "model.yaml"}
    assert (set(steps[: cut - 1]), steps[cut - 1]) == (files, "1.0.0-20251101_120000")
    assert steps[cut + 1] == "trady2"


def test_what_was_not_written_as_given_never_appears(
    model: Model, golden: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The draft is opened again and compared: a byte that the disk changed stops the publication."""
    real = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", lambda self, content: real(self, content.replace(b"tree", b"trea")))
    version, files, manifest = drafted(model, golden)
    with pytest.raises(IntegrityError, match=r"model\.\w+ does not have the SHA-256"):
        place(version, files, manifest)
    assert (version.path.exists(), list(staging_folder("trady2").iterdir())) == (False, [])


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EACCES])
def test_a_rename_across_file_systems_says_what_to_mount(
    model: Model, golden: np.ndarray, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Staging and models on two file systems is a configuration error; other errors stay what they are."""

    def refuse(_self: Path, _target: Path) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "rename", refuse)
    error, message = (
        (ConfigError, "lie on different file systems.*mount BENTOML_HOME as a whole")
        if number == errno.EXDEV
        else (OSError, "Permission denied")
    )
    with pytest.raises(error, match=message):
        place(*drafted(model, golden))
    assert list(models_folder("trady2").iterdir()) == []
