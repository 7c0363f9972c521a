"""One row, one probability, whichever way it is asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flows import run_files
from flows.demo import served
from tests.flows.conftest import ASSETS, Pipeline
from trady2.client import Client
from trady2.data.vectors import read_panel, read_vectors
from trady2.learning.signal import Prediction


def stacked(file: Path) -> np.ndarray:
    """Return probability, score and expected return as a run has written them, (3, n)."""
    arrays = run_files.load_arrays(file)
    return np.stack([arrays[name] for name in Prediction._fields])


@pytest.fixture(scope="module")
def active(pipeline: Pipeline) -> Pipeline:
    """Activate the one version of the pipeline."""
    pipeline.desk.json("activate", pipeline.trained["version"], "--reason", "parity")
    return pipeline


def test_the_same_bits_everywhere(active: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training, batch, backtest, command line and HTTP give a row the same probability and score, to the last bit."""
    desk = active.desk
    for key in ("BENTOML_HOME", "PYTHONPATH"):
        monkeypatch.setenv(key, desk.environment[key])
    from trady2.registry.loading import load

    model = load("trady2", active.trained["version"])
    vectors = desk.folder / "data" / "vectors"
    panel = read_panel(vectors, [])
    batch = np.stack(model.predict(panel))
    trained = stacked(Path(active.trained["run"]) / "06_probability.npz")
    known = np.flatnonzero(np.isfinite(trained).all(axis=0))
    assert known.size > 1_000
    np.testing.assert_array_equal(trained[:, known], batch[:, known])
    np.testing.assert_array_equal(np.stack([model.predict_probability(panel), model.predict_signal(panel)]), batch[:2])
    frame = read_vectors(vectors, [])
    one_by_one = [np.stack(model.predict(frame.iloc[[row]]))[:, 0] for row in known[-5:]]
    np.testing.assert_array_equal(batch[:, known[-5:]].T, one_by_one)

    tested = desk.json("backtest", "--version", active.trained["version"], "--output", "reports/parity")
    np.testing.assert_array_equal(stacked(Path(tested["run"]) / "02_probability.npz"), batch)

    rows = known[np.linspace(0, known.size - 1, 12).astype(int)]
    with served(desk.folder, "trady2", vectors) as url, Client(url) as client:
        for row in rows:
            decided = f"{pd.Timestamp(panel.decision_time[row])}Z"
            asset = panel.assets[panel.asset_code[row]]
            features = dict(zip(panel.feature_names, panel.features[row].astype(float).tolist(), strict=True))
            for answer in (client.predict(asset, as_of=decided), client.predict_features(features)):
                assert [answer[name] for name in Prediction._fields] == batch[:, row].tolist()
        latest = client.predict(ASSETS[0], as_of="latest")
    told = desk.json("predict", "--asset", ASSETS[0], "--as-of", "latest")
    assert told == latest


def test_the_joblib_predicts_the_same_bits(active: Pipeline) -> None:
    """The whole model in model.joblib, unpickled in a process of its own, gives the bits of the text form."""
    desk = active.desk
    folder = desk.folder / "bentoml" / "models" / "trady2" / active.trained["version"].replace("+", "-")
    code = (
        "import joblib, json, sys; from trady2.data.vectors import read_panel;"
        "found = joblib.load(sys.argv[1]).predict(read_panel(sys.argv[2], []));"
        "print(json.dumps([[x.hex() for x in values[-50:]] for values in found]))"
    )
    arguments = [str(folder / "model.joblib"), str(desk.folder / "data" / "vectors")]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=desk.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    model = run_files.load_model(folder)
    expected = np.stack(model.predict(read_panel(desk.folder / "data" / "vectors", [])))[:, -50:]
    assert json.loads(done.stdout) == [[value.hex() for value in values] for values in expected.tolist()]
