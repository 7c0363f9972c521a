"""The leak audit as a user meets it: before a training, inside one, of a version, and at activation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from tests.flows.conftest import Desk, Pipeline
from trady2.data.simulation import simulate_bars
from trady2.registry.ledger import Ledger

FEATURES: dict[str, Any] = {
    "indicators": {"log_return": {"windows": [1, 6]}, "rsi": {"windows": [7]}},
    "higher_timeframes": [],
}


@pytest.fixture(scope="module", autouse=True)
def few_cuts() -> Iterator[None]:
    """Cut in eight windows: these tests are about the wiring."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trady2.guards.cuts._WINDOWS", 8)
        patch.setattr("trady2.guards.cuts._SPECIAL_WINDOWS", 2)
        yield


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, dict[str, Any]]:
    """Train on a user's builder that looks three bars ahead; return the desk and what `train` answered."""
    desk = Desk(tmp_path_factory.mktemp("leaky"))
    simulate_bars(2_500, seed=5, asset="SIM-A").to_csv(desk.folder / "SIM-A.csv", index=False)
    desk.json("bars", "import", "SIM-A.csv")
    config = desk.configure(features={**FEATURES, "builder": "tests.guards.own_features:leaking"})
    desk.json("features", "build", "--config", config)
    return desk, desk.json("train", "--config", config)


def test_a_version_is_born_with_its_certificate(pipeline: Pipeline) -> None:
    """The manifest holds the certificate, the ledger an event with its digest, the run the file."""
    trained, folder = pipeline.trained, pipeline.desk.folder
    tag = trained["version"].replace("+", "-")
    manifest = json.loads((folder / "bentoml" / "models" / "trady2" / tag / "manifest.json").read_text("utf-8"))
    certificate = manifest["leak_certificate"]
    assert (certificate["passed"], certificate["level"]) == (True, "full")
    assert [check["check"] for check in certificate["checks"]] == [f"A{number}" for number in range(11)]
    assert all(check["status"] != "skipped" and check["version"] >= 1 for check in certificate["checks"])
    assert trained["audit"] == {"passed": True, "level": "full", "findings": [], "sha256": certificate["sha256"]}
    assert json.loads((Path(trained["run"]) / "08_leak_audit.json").read_text("utf-8")) == certificate
    ledger, run = Ledger(f"sqlite:///{folder / 'bentoml' / 'trady2' / 'ledger.db'}"), Path(trained["run"]).name
    (event,) = [event for event in ledger.events(kinds=("audited",)) if event.payload["run"] == run]
    assert (event.payload["sha256"], event.payload["passed"]) == (certificate["sha256"], True)


def test_an_audit_before_training(pipeline: Pipeline) -> None:
    """`audit --config` needs no model, says what it could not check, and ends with 0."""
    result = pipeline.desk.json("audit", "--config", "ml.yaml")
    assert (result["name"], result["version"], result["passed"], result["findings"]) == ("trady2", None, True, [])
    skipped = {check["check"]: check["reason"] for check in result["checks"] if check["status"] == "skipped"}
    assert list(skipped) == ["A7"]
    assert (Path(result["run"]) / "08_leak_audit.json").exists()


def test_an_audit_of_a_version(pipeline: Pipeline) -> None:
    """`audit --version` takes either spelling and checks the results as well."""
    version = pipeline.trained["version"]
    done = pipeline.desk.run("audit", "--version", version.replace("+", "-"))
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"leak audit of trady2 {version}: passed, 11 of 11 checks")
    assert any(line.startswith(("✓ A8", "! A8")) for line in lines)


@pytest.mark.parametrize("arguments", [[], ["--config", "ml.yaml", "--version", "1.0.0+20251101_120000"]])
def test_an_audit_is_of_one_thing(pipeline: Pipeline, arguments: list[str]) -> None:
    """Neither or both of configuration and version is refused with the way out."""
    done = pipeline.desk.run("audit", *arguments)
    assert (done.returncode, "name either a YAML file or a version" in done.stderr) == (1, True)


def test_a_leak_is_told_with_its_column(leaky: tuple[Desk, dict[str, Any]]) -> None:
    """A failed audit names check and column, says what it means, and ends with 1; as JSON too."""
    desk, _ = leaky
    done = desk.run("audit", "--config", "ml.yaml")
    assert done.returncode == 1
    assert "FAILED A2, A3" in done.stdout
    assert "own_ahead: changes when later bars are taken away" in done.stdout
    assert "can only be activated with --force" in done.stdout
    as_json = desk.run("audit", "--config", "ml.yaml", "--json")
    assert as_json.returncode == 1
    result = json.loads(as_json.stdout)
    assert (result["passed"], {finding["column"] for finding in result["findings"]}) == (False, {"own_ahead"})


def test_a_leaky_version_is_born_and_not_activated(leaky: tuple[Desk, dict[str, Any]]) -> None:
    """A failed audit registers the version with its certificate; activating it takes force and a reason."""
    desk, trained = leaky
    version = trained["version"]
    assert trained["audit"]["passed"] is False
    refused = desk.run("activate", version, "--reason", "it looks wonderful")
    assert refused.returncode == 1
    assert "failed its leak audit: its scores cannot be believed" in refused.stderr
    assert desk.run("active").returncode == 1
    assert desk.json("activate", version, "--reason", "to study it", "--force")["version"] == version


def test_training_tells_of_a_failed_audit(leaky: tuple[Desk, dict[str, Any]]) -> None:
    """A person who reads what `train` prints sees that it failed, and what to do."""
    from flows.telling import trained as told

    text = told(leaky[1])
    assert "audit    FAILED (A2, A3): trady2 audit --version tells why; activating it takes --force" in text


def test_changed_data_needs_a_revision(desk: Desk) -> None:
    """Vectors that somebody brings and changes later fail A8 until it is said why."""
    bars = simulate_bars(1_500, seed=2, asset="MINE")
    frame = bars.assign(momentum=bars.close.pct_change(12)).astype({"momentum": "float32"})
    place = desk.folder / "data" / "vectors" / "asset=MINE"
    place.mkdir(parents=True)
    config = desk.configure()

    def deliver(rows: pd.DataFrame) -> None:
        rows.drop(columns="asset").to_parquet(place / "all.parquet", index=False)

    deliver(frame[:1_400])
    first = desk.json("audit", "--config", config)
    assert (first["passed"], first["level"]) == (True, "data-only")
    assert "holds no bars of MINE" in first["why_data_only"]
    deliver(frame)
    assert desk.json("audit", "--config", config)["passed"]
    deliver(frame.assign(momentum=frame.momentum.where(frame.index != 700, 0.5)))
    failed = desk.run("audit", "--config", config)
    assert (failed.returncode, "the features of MINE are no longer" in " ".join(failed.stdout.split())) == (1, True)
    accepted = desk.json("audit", "--config", config, "--revision", "the vendor mended a bar", "--actor", "ann")
    assert (accepted["passed"], accepted["revisions"][0]["reason"]) == (True, "the vendor mended a bar")
    assert desk.json("audit", "--config", config)["passed"]


def test_a_version_remembers_its_data(pipeline: Pipeline, desk: Desk) -> None:
    """An audit of a version on vectors that changed since says that they are no longer those it learned from."""
    import shutil

    for name in ("bentoml", "data"):
        shutil.copytree(pipeline.desk.folder / name, desk.folder / name, symlinks=True)
    shutil.rmtree(desk.folder / "bentoml" / "trady2" / "snapshots")
    config = yaml.safe_load((pipeline.desk.folder / "ml.yaml").read_text("utf-8"))
    (desk.folder / "ml.yaml").write_text(yaml.safe_dump({**config, "features": FEATURES}), "utf-8")
    vectors = sorted((desk.folder / "data" / "vectors" / "asset=SIM-ALFA").glob("*.parquet"))[0]
    frame = pd.read_parquet(vectors)
    frame.loc[frame.index[-5], frame.columns[-1]] += 1
    frame.to_parquet(vectors, index=False)
    result = json.loads(desk.run("audit", "--version", pipeline.trained["version"], "--json").stdout)
    found = {
        (finding["check"], "no longer those that were trained on" in finding["detail"])
        for finding in result["findings"]
    }
    assert ("A8", True) in found
    assert {"A8", "A10"} <= {check for check, _ in found}
