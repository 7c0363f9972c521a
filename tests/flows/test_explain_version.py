"""Why a version says what it says, through the real command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.flows.conftest import ASSETS, Pipeline
from trady2.data.vectors import read_panel
from trady2.learning.contributions import contributions
from trady2.registry.ledger import Ledger
from trady2.registry.loading import load


@pytest.fixture(scope="module")
def active(pipeline: Pipeline) -> Pipeline:
    """Activate the one version of the pipeline."""
    pipeline.desk.json("activate", pipeline.trained["version"], "--reason", "explain")
    return pipeline


def test_importance_is_measured_on_the_test_zone(pipeline: Pipeline) -> None:
    """Every feature is told, on the rows and with the losses of the scorecard; the read is in the ledger."""
    desk, version = pipeline.desk, pipeline.trained["version"]
    result = desk.json("explain", version.replace("+", "-"), "--repeats", "2")
    test = pipeline.trained["test"]
    assert (result["version"], result["sha256"]) == (version, pipeline.trained["sha256"])
    assert (result["rows"], result["repeats"]) == (test["n"], 2)
    assert (result["log_loss"], result["direction_auc"]) == pytest.approx((test["log_loss"], test["direction_auc"]))
    assert sum(one["gain"]["up"] for one in result["features"]) == pytest.approx(1)
    losses = [one["permutation"]["log_loss"] for one in result["features"] if one["gain"]["up"]]
    assert losses == sorted(losses, key=lambda span: -span["value"])
    assert all(span["low"] <= span["value"] <= span["high"] for span in losses if span["low"] is not None)
    assert json.loads((Path(result["run"]) / "02_importance.json").read_text("utf-8")) == result
    ledger = Ledger(f"sqlite:///{desk.folder / 'bentoml' / 'trady2' / 'ledger.db'}")
    trained, *_, explained = ledger.events(kinds=("tested",))
    assert explained.payload["run"] == Path(result["run"]).name
    for key in ("config_sha256", "data_sha256"):
        assert explained.payload[key] == trained.payload[key]


def test_a_person_reads_the_most_important_features(pipeline: Pipeline) -> None:
    """The table has a line a feature with its figures, and says how to read them."""
    done = pipeline.desk.run("explain", pipeline.trained["version"], "--repeats", "1")
    assert done.returncode == 0, done.stderr
    assert "feature" in done.stdout
    assert "log loss added, 1e-4 nats" in done.stdout
    assert "Features that say the same share their cost" in done.stdout


def test_a_prediction_is_explained(active: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command gives the contributions of the stored vector; as text they add up before the reader's eyes."""
    desk = active.desk
    monkeypatch.setenv("BENTOML_HOME", desk.environment["BENTOML_HOME"])
    asked = ("predict", "--asset", ASSETS[0], "--as-of", "latest", "--explain")
    answer = desk.json(*asked)
    model = load("trady2", active.trained["version"])
    panel = read_panel(desk.folder / "data" / "vectors", [ASSETS[0]], features=list(model.features))
    expected = dict(zip(model.features, contributions(model, panel.features[-1:])[0, 0].tolist(), strict=False))
    told = answer["explanation"]["up"]
    assert len(told["contributions"]) == 10
    assert {one["feature"]: one["contribution"] for one in told["contributions"]}.items() <= expected.items()
    plain = desk.json(*asked[:-1])
    assert {key: value for key, value in answer.items() if key != "explanation"} == plain
    text = desk.run(*asked).stdout
    for head in ("a rise", "a fall"):
        block = text.partition(f"log odds of {head}, before calibration:\n")[2].split("\n\n")[0]
        shown = [float(line.split()[-1]) for line in block.splitlines()]
        assert len(shown) >= 12
        assert sum(shown[:-1]) == pytest.approx(shown[-1], abs=1e-3)


def test_a_version_whose_vectors_changed_is_not_explained(pipeline: Pipeline) -> None:
    """Vectors that are no longer those of the training are named, and nothing is measured on them."""
    file = sorted((pipeline.desk.folder / "data" / "vectors" / f"asset={ASSETS[0]}").glob("*.parquet"))[0]
    kept = file.read_bytes()
    frame = pd.read_parquet(file)
    frame.iloc[900, frame.columns.get_loc("rsi_14")] += np.float32(1)
    try:
        frame.to_parquet(file, index=False)
        done = pipeline.desk.run("explain", pipeline.trained["version"])
    finally:
        file.write_bytes(kept)
    assert done.returncode == 1
    text = " ".join(done.stderr.split())
    assert f"{ASSETS[0]}: other features; of the features rsi_14; restore them from a copy" in text
