"""Whatever was done to a version that becomes active: the one before answers on, and everybody can see why."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.service.bento_process import until
from tests.service.tiny_service import GOOD, PREDICT, running, stock
from tests.serving.tiny_version import publish_tiny, tiny_model
from trady2.learning.model import Model
from trady2.registry import alias
from trady2.registry.activation import activate
from trady2.registry.keys import create_keys
from trady2.registry.signing import sign
from trady2.serving.workers import workers


def flip(folder: Path, _other: Path) -> None:
    """Flip one bit of the trees."""
    content = bytearray((folder / "model.txt").read_bytes())
    content[len(content) // 2] ^= 1
    put(folder / "model.txt", bytes(content))


def truncate(folder: Path, _other: Path) -> None:
    """Cut the trees in half."""
    content = (folder / "model.txt").read_bytes()
    put(folder / "model.txt", content[: len(content) // 2])


def swap(folder: Path, other: Path) -> None:
    """Put a whole other version into its place."""
    shutil.rmtree(folder)
    shutil.copytree(other, folder)


def unsign(folder: Path, _other: Path) -> None:
    """Take the signature away."""
    (folder / "manifest.sig").unlink()


def put(file: Path, content: bytes) -> None:
    """Give the name of a file to other bytes; the old ones may have other names."""
    file.unlink()
    file.write_bytes(content)
    file.chmod(0o444)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (flip, "model.txt does not have the SHA-256 that the manifest holds"),
        (truncate, "model.txt does not have the SHA-256 that the manifest holds"),
        (swap, "manifest.json belongs to trady2:1.0.0"),
        (unsign, "manifest.sig is missing: the version is unsigned"),
    ],
)
def test_a_harmed_version_is_refused_by_name_and_reason(
    harm: Callable[[Path, Path], None],
    reason: str,
    home: Path,
    model: Model,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """List, readiness, metrics, log and the word to those who wait tell it; a restored version ends it."""
    monkeypatch.setenv("TRADY2_PUBLIC_KEY", create_keys(home / "signing.pem"))
    monkeypatch.setenv("TRADY2_PRIVATE_KEY", str(home / "signing.pem"))
    _, good = stock(home, model)
    bad = publish_tiny(tiny_model(seed=2), "2.0.0")
    for version in (bad, good):
        activate("trady2", version.version, reason="a test", actor="tester")
    monkeypatch.delenv("TRADY2_PRIVATE_KEY")
    folder, active = home / "store/aliases/trady2" / bad.folder, alias.target_folder("trady2")
    shutil.copytree(folder, home / "whole")
    harm(folder, active)
    monkeypatch.setattr("trady2.serving.following._RETRY_SECONDS", 0.1)
    monkeypatch.setattr(logging.getLogger("trady2"), "propagate", True)
    with running() as client:
        alias.switch("trady2", folder)
        until(lambda: client.get("/api/v1/models/").json()["refused"] is not None)
        told = client.get("/api/v1/models/").json()
        assert (told["answering"], told["refused"]["reason"].startswith(f"{bad.tag}: {reason}")) == (good.version, True)
        assert client.post(PREDICT, json={"features": GOOD}).json()["version"] == good.version
        assert client.get("/readyz").json()["refused"] == told["refused"]["reason"]
        until(lambda: 'trady2_model_refused{model="trady2"} 1.0' in client.get("/metrics").text)
        until(lambda: [worker.refused for worker in workers("trady2")] == [told["refused"]["reason"]])
        assert f"the active version is refused, {good.version} answers on: {bad.tag}: {reason}" in caplog.text
        folder.rename(home / "harmed")
        shutil.copytree(home / "whole", folder)
        until(lambda: client.post(PREDICT, json={"features": GOOD}).json()["version"] == bad.version)
        until(lambda: 'trady2_model_refused{model="trady2"} 0.0' in client.get("/metrics").text)


def test_a_signature_that_comes_later_ends_a_refusal(home: Path, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that asks for signatures answers 503 by name until the active version is signed, without a restart."""
    monkeypatch.delenv("TRADY2_PUBLIC_KEY", raising=False)
    _, version = stock(home, model)
    monkeypatch.setenv("TRADY2_PUBLIC_KEY", create_keys(home / "signing.pem"))
    monkeypatch.setattr("trady2.serving.following._RETRY_SECONDS", 0.1)
    with running() as client:
        until(lambda: client.post(PREDICT, json={"features": GOOD}).json()["error"]["code"] == "model_refused")
        listed = client.get("/api/v1/models/").json()["versions"][0]
        assert (listed["active"], listed["sha256"]) == (True, None)
        assert "the version is unsigned" in listed["error"]
        monkeypatch.setenv("TRADY2_PRIVATE_KEY", str(home / "signing.pem"))
        sign("trady2", version.version, actor="tester")
        until(lambda: client.post(PREDICT, json={"features": GOOD}).status_code == 200)
