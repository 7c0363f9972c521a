"""The judge of the load can fail, and real workers pass it."""

from __future__ import annotations

import os
import time
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flows.running import run_flow
from tests.service.activation_load import Asked, Switch, loaded, wrong_answers
from tests.service.bento_process import ROOT, serving, until
from tests.service.tiny_service import GOOD
from tests.serving.tiny_version import publish_tiny, tiny_model
from trady2.learning.model import Model
from trady2.registry.activation import activate
from trady2.registry.ledger import Ledger
from trady2.serving.workers import workers

SWITCHES = [Switch("a", 0, 1), Switch("b", 5, 6), Switch("a", 9, 10)]


@pytest.mark.parametrize(
    ("version", "sent", "read", "wrong"),
    [
        ("a", 5.9, 6.5, False),  # sent before the wait for b returned
        ("a", 6.1, 6.5, True),
        ("b", 4.0, 4.9, True),  # read before b was activated
        ("b", 4.0, 5.1, False),
        ("b", 9.5, 9.9, False),
        ("b", 10.1, 10.2, True),
        ("a", 11.0, 12.0, False),
        ("c", 5.0, 5.1, True),
    ],
)
def test_the_judge_knows_when_a_version_may_answer(version: str, sent: float, read: float, wrong: bool) -> None:
    """A version answers from the beginning of its activation until the wait for the next one has returned."""
    asked = Asked(sent, read, version, None)
    assert wrong_answers([asked], SWITCHES) == ([asked] if wrong else [])


@pytest.mark.slow
def test_activations_under_load_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Model) -> None:
    """Two workers, activations that wait: no failed request, no answer out of its time, all followed within 3 s."""
    for name in ("TRADY2_HOME", "TRADY2_LEDGER_URL", "TRADY2_NAME", "TRADY2_PUBLIC_KEY", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path / "store"))
    versions = [publish_tiny(model).version, publish_tiny(tiny_model(seed=2), "1.1.0").version]
    begun = time.monotonic()
    activate("trady2", versions[0], reason="the first", actor="tester")
    switches = [Switch(versions[0], begun, time.monotonic())]
    followed: list[float] = []
    environment = {"PYTHONPATH": str(ROOT), "TRADY2_WORKERS": "2", "TRADY2_VECTORS": str(tmp_path / "vectors")}
    rounds = 200 if os.environ.get("TRADY2_LONG") else 12
    with serving(cwd=ROOT, log=tmp_path / "serve.log", environment=environment) as served:
        url = urlsplit(served.client.url)
        until(lambda: len(workers("trady2")) == 2)
        with loaded(str(url.hostname), int(url.port or 0), {"features": GOOD}, clients=2, pause_seconds=0.005) as load:
            for number in range(rounds):
                begun = time.monotonic()
                told = run_flow("activate_model", _asked_for(versions[(number + 1) % 2]))
                switches.append(Switch(told["version"], begun, time.monotonic()))
                followed.append(time.time() - datetime.fromisoformat(told["since"]).timestamp())
                assert told["workers"] == 2
    assert load.failures == []
    assert len(load.asked) > 10 * rounds
    assert wrong_answers(load.asked, switches) == []
    assert {one.version for one in load.asked} == set(versions)
    assert max(followed) <= 3.0
    assert Ledger().verify() == 2 + 2 * (rounds + 1)


def _asked_for(version: str) -> dict[str, object]:
    return {"version": version, "reason": "a test", "actor": "tester", "wait_seconds": 20.0}
