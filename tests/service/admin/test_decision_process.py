from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from service.admin.decision_process import decide
from tests.service.tiny_service import stock
from tests.serving.tiny_version import publish_tiny, tiny_model
from trady2.errors import ConflictError, IntegrityError, NotFoundError, RefusedError
from trady2.learning.model import Model
from trady2.registry.current import active

SAID = {"name": "trady2", "reason": "a test", "actor": "tester"}


def test_it_decides_like_the_registry(home: Path, model: Model) -> None:
    """What it answers is what is active, and its errors are those of the registry."""
    _, first = stock(home, model)
    second = publish_tiny(tiny_model(seed=2), "1.1.0")
    leaking = publish_tiny(tiny_model(seed=3), "1.2.0", leak_certificate={"passed": False})
    told = decide("activate", **SAID, version=second.folder, force=False)
    now = active("trady2")
    assert now is not None
    assert now.since is not None
    assert told == {
        "name": "trady2",
        "version": second.version,
        "sha256": second.sha256,
        "since": now.since.isoformat(),
    }
    with pytest.raises(RefusedError, match="failed its leak audit"):
        decide("activate", **SAID, version=leaking.version, force=False)
    with pytest.raises(NotFoundError, match=r"has no version '9\.9\.9'"):
        decide("activate", **SAID, version="9.9.9", force=True)
    (first.path / "model.txt").unlink()
    with pytest.raises(IntegrityError, match=r"model\.txt is missing"):
        decide("rollback", **SAID)


@pytest.mark.parametrize("said", [b"", b"Killed\n"])
def test_an_end_without_a_word_is_told(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    """A process that was killed leaves a way out; secrets of the service were not handed to it."""
    asked: dict[str, Any] = {}

    def killed(command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        asked.update(options)
        return subprocess.CompletedProcess(command, -9, said, b"")

    monkeypatch.setenv("TRADY2_SESSION_SECRET", "s" * 32)
    monkeypatch.setenv("TRADY2_API_KEYS", "admin:" + "0" * 64)
    monkeypatch.setattr("service.admin.decision_process.subprocess.run", killed)
    with pytest.raises(ConflictError, match="ended without a word; look what is active"):
        decide("rollback", **SAID)
    assert json.loads(asked["input"])["verb"] == "rollback"
    assert {"TRADY2_SESSION_SECRET", "TRADY2_API_KEYS"} & set(asked["env"]) == set()
