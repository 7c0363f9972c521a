"""The plain `bentoml serve`, in the repository, with two workers and a store of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.service.bento_process import ROOT, Served, serving, until
from tests.service.tiny_service import GOOD, last_open
from tests.serving.tiny_version import explicit, publish_tiny, store, tiny_model, tiny_panel
from trady2.data.panel import Panel
from trady2.errors import Trady2Error
from trady2.learning.model import Model
from trady2.registry import alias
from trady2.registry.activation import activate

TRAINING = ("sklearn", "pandas", "numba", "llvmlite", "talib", "plotly", "prefect")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty store that this process and the service share."""
    place = tmp_path_factory.mktemp("serve")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENTOML_HOME", str(place / "store"))
        for name in ("TRADY2_HOME", "TRADY2_LEDGER_URL", "TRADY2_NAME"):
            patch.delenv(name, raising=False)
        yield place


@pytest.fixture(scope="module")
def panel(folder: Path) -> Panel:
    """Fresh vectors of BTC-EUR."""
    return store(folder / "vectors", tiny_panel("BTC-EUR", last_open=last_open()))


@pytest.fixture(scope="module")
def served(folder: Path, panel: Panel) -> Iterator[Served]:
    """Two workers, started before anything is active; BentoML would log here what it wants to send home."""
    assert panel.assets == ("BTC-EUR",)
    environment = {
        "BENTOML_DO_NOT_TRACK": "",
        "PYTHONPATH": str(ROOT),
        "TRADY2_VECTORS": str(folder / "vectors"),
        "TRADY2_WORKERS": "2",
        "__BENTOML_DEBUG_USAGE": "True",
    }
    with serving(cwd=ROOT, log=folder / "serve.log", environment=environment) as running:
        yield running


@pytest.fixture(scope="module")
def active(served: Served, model: Model) -> str:
    """The first version, activated while the service runs; every worker answers with it."""
    version = publish_tiny(model).version
    activate("trady2", version, reason="a test", actor="tester")
    until(lambda: served.all_answer_with(version))
    return version


def test_it_starts_without_a_version(served: Served) -> None:
    """The first answer ever is 503 `no_active_model`, with the way out."""
    assert served.first_refusal is not None
    assert (served.first_refusal.status, served.first_refusal.code) == (503, "no_active_model")
    assert "trady2 activate VERSION" in str(served.first_refusal)
    assert len(served.workers()) == 2


def test_http_gives_the_bits_of_the_library(served: Served, active: str, model: Model, panel: Panel) -> None:
    """By asset, by time, by explicit features and in a batch: what `Model.predict_probability` gives on the vectors."""
    expected = model.predict_probability(panel)
    assert served.client.predict("BTC-EUR")["probability"] == expected[-1]
    times = [str(time) + "Z" for time in panel.decision_time[-5:]]
    assert [served.client.predict("BTC-EUR", as_of=time)["probability"] for time in times] == list(expected[-5:])
    rows = range(len(panel))
    singles = [served.client.predict_features(explicit(panel, row)) for row in rows]
    assert [answer["probability"] for answer in singles] == list(expected)
    assert served.client.predict_many({"features": explicit(panel, row)} for row in rows) == singles
    assert {answer["version"] for answer in singles} == {active}


def test_nothing_of_training_is_mapped_into_a_worker(served: Served, active: str) -> None:
    """After answering, no worker has loaded a library of scikit-learn, pandas, numba or TA-Lib."""
    assert served.client.models()["answering"] == active
    for worker in served.workers():
        loaded = [mapped.path for mapped in worker.memory_maps()]
        assert any("lightgbm" in path for path in loaded)
        assert [path for path in loaded if any(f"/{name}/" in path for name in TRAINING)] == []


def test_an_activation_under_load_loses_no_request(served: Served, active: str) -> None:
    """While versions change, every request is answered, by a version that was active; then by the last one."""
    versions, seen, failures, stop = [active], set(), [], threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                seen.add(served.client.predict_features(GOOD)["version"])
            except Trady2Error as error:
                failures.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 4):
        versions.append(publish_tiny(tiny_model(seed=number + 1), f"1.{number}.0").version)
        activate("trady2", versions[-1], reason="a test", actor="tester")
        until(lambda: versions[-1] in seen)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert seen <= set(versions)
    until(lambda: served.all_answer_with(versions[-1]))


def test_a_tampered_version_is_refused_and_the_old_one_answers(served: Served, active: str) -> None:
    """List, readiness, metrics and log name the refusal; answers go on; the next good activation ends it."""
    before = served.client.predict_features(GOOD)["version"]
    folder = alias.target_folder("trady2")
    bad = publish_tiny(tiny_model(seed=9), "2.0.0")
    assert folder is not None
    activate("trady2", bad.version, reason="a test", actor="tester")
    until(lambda: served.all_answer_with(bad.version))
    activate("trady2", before, reason="back", actor="tester")
    until(lambda: served.all_answer_with(before))
    _spoil(folder.parent / bad.folder / "model.txt")
    link = folder.parents[2] / "models/trady2/active"
    (link.parent / "next").symlink_to(f"../../aliases/trady2/{bad.folder}")
    (link.parent / "next").rename(link)
    until(lambda: "model.txt" in str(served.client.models()["refused"]))
    until(lambda: served.all_answer_with(before))
    assert "model.txt" in served.log.read_text("utf-8")
    until(lambda: 'trady2_model_refused{model="trady2"} 1.0' in _text(served, "/metrics"))
    activate("trady2", active, reason="a good one", actor="tester")
    until(lambda: served.all_answer_with(active))
    until(lambda: 'trady2_model_refused{model="trady2"} 0.0' in _text(served, "/metrics"))


def _spoil(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.unlink()
    file.write_bytes(bytes(content))


def _text(served: Served, path: str) -> str:
    with urlopen(served.client.url + path, timeout=30) as response:  # noqa: S310 - our own service
        return str(response.read(), "utf-8")


def test_metrics_are_summed_over_the_workers(served: Served, active: str) -> None:
    """Requests that went to either worker are counted once each, whoever is asked, a moment later."""
    name = 'trady2_http_requests_total{route="predict",status="200"}'

    def counted() -> float:
        lines = [line for line in _text(served, "/metrics").splitlines() if line.startswith(name)]
        return float(lines[0].rpartition(" ")[2]) if lines else 0.0

    def settled() -> bool:
        first = counted()
        time.sleep(0.5)  # more than twice the time in which a worker tells what it counted
        return counted() == first

    until(settled)
    before = counted()
    for _ in range(10):
        assert served.client.predict_features(GOOD)["version"] == active
    until(lambda: counted() == before + 10)


def test_nothing_is_sent_home(served: Served) -> None:
    """BentoML's usage tracking is off although nobody set its variable: it would have said what it sends."""
    text = served.log.read_text("utf-8")
    assert "Starting production HTTP BentoServer" in text
    assert "Tracking" not in text
