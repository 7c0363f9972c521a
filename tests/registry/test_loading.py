"""Versions as models that can be trusted."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.registry.conftest import ROOT
from trady2.errors import IntegrityError, NotFoundError
from trady2.learning.model import Model
from trady2.registry import Version, activate, active_key, load, open_active, open_version
from trady2.registry.canonical import canonical_json
from trady2.registry.card import alias_card
from trady2.registry.loading import read_version_file, read_version_manifest
from trady2.registry.store import aliases_folder, models_folder


@pytest.mark.parametrize("spelling", ["version", "folder", "tag"])
def test_a_version_loads_by_any_spelling(
    three: list[Version], models: tuple[Model, ...], golden: np.ndarray, spelling: str
) -> None:
    """The loaded model predicts what the published one did, to the bit."""
    for version, model in zip(three, models, strict=True):
        loaded = load("trady2", getattr(version, spelling))
        assert loaded.signal_kind == model.signal_kind
        for found, expected in zip(*(m.prediction(m.raw_scores(golden)) for m in (loaded, model)), strict=True):
            assert found.tobytes() == expected.tobytes()


def test_an_opened_version_tells_what_it_is(three: list[Version]) -> None:
    """Model, manifest and digests come from one folder."""
    opened = open_version("trady2", three[1].version)
    assert (opened.version, opened.sha256) == (three[1], three[1].sha256)
    assert opened.manifest["scorecard"]["roc_auc"] == 0.51
    assert opened.model.features == tuple(opened.manifest["features"])


def test_nothing_is_active_at_first(three: list[Version]) -> None:
    """Publishing alone activates nothing."""
    assert (open_active("trady2"), active_key("trady2"), len(three)) == (None, None, 3)


def test_what_is_active_is_read_from_the_alias(three: list[Version]) -> None:
    """The active version is opened from the folder that the alias leads to, and its key changes with it."""
    keys = []
    for version in three[:2]:
        activate("trady2", version.version, reason="test", actor="ann")
        opened = open_active("trady2")
        assert opened is not None
        assert (opened.version.version, opened.version.path) == (
            version.version,
            aliases_folder("trady2") / version.folder,
        )
        keys.append(active_key("trady2"))
    assert len(set(keys)) == 2


def test_a_deleted_version_that_was_active_still_loads(three: list[Version]) -> None:
    """What the alias keeps of a deleted version can be opened by its name; one that never was active cannot."""
    activate("trady2", three[0].version, reason="test", actor="ann")
    for version in three[:2]:
        shutil.rmtree(version.path)
    assert open_version("trady2", three[0].folder).sha256 == open_active("trady2").sha256
    with pytest.raises(NotFoundError, match=r"has no version '1\.0\.1\+20251101_130000'"):
        load("trady2", three[1].version)


def test_a_frozen_copy_serves_without_links(three: list[Version]) -> None:
    """In a container `active` is a real folder and there is no other version: it is opened all the same."""
    activate("trady2", three[0].version, reason="test", actor="ann")
    link = models_folder("trady2") / "active"
    content = link.resolve()
    link.unlink()
    shutil.copytree(content, link)
    for version in three:
        shutil.rmtree(version.path)
    opened = open_active("trady2")
    assert opened is not None
    assert (opened.version.version, opened.version.path) == (three[0].version, link)
    assert str(active_key("trady2")).startswith("folder ")


@pytest.mark.parametrize(
    "target", ["../../aliases/trady2/../../models/trady2/1.0.0-20251101_120000", "/etc", "1.0.0-20251101_120000", "x"]
)
def test_a_link_that_no_activation_wrote_is_refused(three: list[Version], target: str) -> None:
    """The alias may lead to an alias folder of its own name and nowhere else."""
    (models_folder("trady2") / "active").symlink_to(target)
    with pytest.raises(IntegrityError, match=r"trady2:active leads to .*which no activation wrote; remove"):
        open_active("trady2")
    assert len(three) == 3


def test_a_frozen_copy_without_a_proper_version_is_refused(
    three: list[Version],
) -> None:
    """A version in the manifest of a frozen copy that nobody could ask for is refused."""
    activate("trady2", three[0].version, reason="test", actor="ann")
    link = models_folder("trady2") / "active"
    content = link.resolve()
    link.unlink()
    shutil.copytree(content, link)
    manifest = {**three[0].manifest, "version": "newest"}
    text = canonical_json(manifest)
    for name, written in (
        ("manifest.json", text),
        ("model.yaml", alias_card(manifest, hashlib.sha256(text).hexdigest())),
    ):
        (link / name).unlink()
        (link / name).write_bytes(written)
    with pytest.raises(IntegrityError, match=r"trady2:active: manifest\.json has no proper version: 'newest'"):
        open_active("trady2")


def test_a_switch_while_reading_mixes_nothing(three: list[Version], monkeypatch: pytest.MonkeyPatch) -> None:
    """The link is resolved once: an activation in the middle of reading changes neither manifest nor model."""
    import trady2.registry.loading as loading

    for version in reversed(three[:2]):
        activate("trady2", version.version, reason="test", actor="ann")
    real = loading.read_sealed

    def switching(path: Path, **options: object):
        link = models_folder("trady2") / "active"
        link.unlink()
        link.symlink_to(f"../../aliases/trady2/{three[1].folder}")
        return real(path, **options)

    monkeypatch.setattr(loading, "read_sealed", switching)
    opened = open_active("trady2")
    assert opened is not None
    assert (opened.version.version, opened.sha256) == (three[0].version, three[0].sha256)


def test_reading_imports_neither_bentoml_nor_the_ledger(three: list[Version]) -> None:
    """Opening what is active in a fresh process needs no BentoML and no database, and tells BentoML not to report."""
    activate("trady2", three[0].version, reason="test", actor="ann")
    code = (
        "import sys, os, trady2.registry as r; print(r.open_active('trady2').version.version,"
        "'bentoml' in sys.modules, 'sqlalchemy' in sys.modules, os.environ['BENTOML_DO_NOT_TRACK'])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "BENTOML_DO_NOT_TRACK"}
    told = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
    )
    assert told.stdout.split() == [three[0].version, "False", "False", "True"]


def test_one_file_is_read_and_checked(three: list[Version]) -> None:
    """One file or the manifest is read alone and refused unless it is as published; others are not read."""
    version, file = three[2].version, three[2].path / "calibrator.json"
    assert read_version_manifest("trady2", version) == three[2].manifest
    assert read_version_file("trady2", version, "calibrator.json") == file.read_bytes()
    with pytest.raises(NotFoundError, match=r"has no notes\.txt"):
        read_version_file("trady2", version, "notes.txt")
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(b"{" + content[1:-1] + b" ")
    file.chmod(0o444)
    with pytest.raises(IntegrityError, match=r"calibrator\.json does not have the SHA-256"):
        read_version_file("trady2", version, "calibrator.json")
    assert read_version_manifest("trady2", version) == three[2].manifest
