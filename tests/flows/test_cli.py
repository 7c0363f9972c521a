"""The command as a user meets it: results, exit codes, and what it says when something is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flows.cli import app
from tests.flows.conftest import ASSETS, Desk, Pipeline
from trady2.data.simulation import simulate_bars
from trady2.registry import Ledger


def commands() -> list[tuple[str, ...]]:
    """Return every command with its group."""
    direct = [(command.name or command.callback.__name__,) for command in app.registered_commands if command.callback]
    grouped = [
        (group.name or "", command.name or "")
        for group in app.registered_groups
        if group.typer_instance
        for command in group.typer_instance.registered_commands
    ]
    return direct + grouped


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...], desk: Desk) -> None:
    """--help of each command says what it does and shows an example."""
    done = desk.run(*command, "--help")
    assert done.returncode == 0
    assert f"Example: trady2 {' '.join(command)}" in " ".join(done.stdout.split())


def test_wrong_usage_ends_with_two(desk: Desk) -> None:
    """An unknown option, a missing one and an unknown command are wrong usage."""
    codes = [desk.run(*words).returncode for words in (["train", "--fast"], ["train"], ["trian"], ["activate", "v"])]
    assert codes == [2, 2, 2, 2]


def test_a_refusal_ends_with_one_sentence(desk: Desk) -> None:
    """What fails on purpose marks its stage and says one sentence on standard error; no traceback, exit code 1."""
    done = desk.run("train", "--config", "none.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    sentence = "trady2: none.yaml does not exist; copy configs/ml.example.yaml to begin"
    assert done.stderr.splitlines() == ["vectors      ✗", sentence]


def test_a_refusal_is_json_too(desk: Desk) -> None:
    """With --json a refusal is one JSON object with the kind of error and its message."""
    done = desk.run("train", "--config", "none.yaml", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "NotFoundError"


def test_training_reports_the_version_and_its_scores(pipeline: Pipeline) -> None:
    """`train --json` has name, version, sha256, verdict and the scorecard of the test zone."""
    trained = pipeline.trained
    assert {"name", "version", "sha256", "verdict", "test", "report_html"} <= set(trained)
    assert {"log_loss_skill", "roc_auc", "direction_auc", "brier", "n", "n_eff"} <= set(trained["test"])
    assert trained["version"].startswith("1.0.0+20")
    assert Path(trained["report_html"]).exists()
    assert sorted(trained["assets"]) == sorted(ASSETS)


def test_training_says_what_its_signal_is(pipeline: Pipeline) -> None:
    """`train` tells the kind of the signal, its threshold, what rises and falls pay, and what a trade costs."""
    signal, manifest = pipeline.trained["signal"], manifest_of(pipeline, pipeline.trained["version"])
    assert (signal["kind"], manifest["signal_kind"]) == ("expected_return", "expected_return")
    assert signal["threshold"] == manifest["threshold"] == pipeline.trained["test"]["threshold"]
    assert signal["payoffs"] == manifest["fit"]["payoffs"]
    assert min(signal["payoffs"].values()) > 0.004
    assert signal["round_trip_cost"] == pytest.approx(1 - 0.9992 / 1.0008)
    assert (pipeline.trained["test"]["signal_kind"], len(pipeline.trained["test"]["by_signal"])) == (
        "expected_return",
        6,
    )
    assert {"method", "parameters"} < set(manifest["calibration"]["down"])


def test_the_original_signal_is_there_to_be_had(pipeline: Pipeline) -> None:
    """By `model.signal: probability` a version has one head, its score is P(rise), and that is the same to the bit."""
    desk = pipeline.desk
    config = desk.configure("rises.yaml", name="rises", model={"signal": "probability"})
    trained = desk.json("train", "--config", config)
    assert (trained["signal"]["kind"], trained["signal"]["payoffs"]) == ("probability", None)
    assert trained["test"]["roc_auc"] == pipeline.trained["test"]["roc_auc"]
    assert trained["test"]["direction_auc"] != pipeline.trained["test"]["direction_auc"]
    scores = [np.load(Path(one["run"]) / "06_probability.npz") for one in (trained, pipeline.trained)]
    assert scores[0]["score"].tobytes() == scores[0]["probability"].tobytes() == scores[1]["probability"].tobytes()
    folder = desk.folder / "bentoml" / "models" / "rises" / trained["version"].replace("+", "-")
    assert not (folder / "model_down.txt").exists()
    desk.json("activate", trained["version"], "--reason", "as it always was", "--name", "rises")
    answer = desk.json("predict", "--asset", ASSETS[0], "--as-of", "latest", "--name", "rises")
    assert (answer["score"], answer["expected_return"]) == (answer["probability"], None)
    tested = desk.json("backtest", "--version", trained["version"], "--name", "rises", "--output", "reports/rises")
    assert tested["metrics"] == pytest.approx(trained["backtest"], nan_ok=True)


def manifest_of(pipeline: Pipeline, version: str) -> dict[str, Any]:
    """Return the manifest of a version of the desk's default model."""
    folder = pipeline.desk.folder / "bentoml" / "models" / "trady2" / version.replace("+", "-")
    return dict(json.loads((folder / "manifest.json").read_text("utf-8")))


def test_a_version_is_born_with_its_report(pipeline: Pipeline) -> None:
    """The version's folder holds the model in both forms, the manifest and the report."""
    tag = pipeline.trained["version"].replace("+", "-")
    folder = pipeline.desk.folder / "bentoml" / "models" / "trady2" / tag
    files = [
        "calibrator.json",
        "manifest.json",
        "model.joblib",
        "model.txt",
        "model.yaml",
        "model_down.txt",
        "report.html",
        "report.json",
    ]
    assert sorted(file.name for file in folder.iterdir()) == files


def test_the_report_shakes_the_result(pipeline: Pipeline) -> None:
    """The report of a new version holds its robustness, which agrees with its figures, and what each decile earned."""
    report = json.loads(Path(pipeline.trained["report_json"]).read_text("utf-8"))
    shaken, metrics = report["robustness"], report["metrics"]
    assert sorted(row["asset"] for row in shaken["by_asset"]) == sorted(ASSETS)
    assert sum(row["n_trades"] for row in shaken["by_month"]) == metrics["n_trades"]
    same = [row["total_return"] for row in shaken["costs"] if row["cost_bps_per_side"] == _cost_bps(report)]
    assert same == [pytest.approx(metrics["total_return"])]
    assert 1 <= len(report["deciles"]) <= 10
    assert report["intrabar"]["resolution"] == "bars"
    assert (metrics["mean_mae_return"] is None) == (metrics["n_trades"] == 0)


def _cost_bps(report: dict) -> float:
    return report["backtest"]["fee_bps"] + report["backtest"]["slippage_bps"]


def test_a_backtest_carries_the_verdict_of_its_rules(pipeline: Pipeline) -> None:
    """By the version's own rules its verdict comes first in the report; by others nothing has been judged."""
    desk, version = pipeline.desk, pipeline.trained["version"]
    own = desk.json("backtest", "--version", version, "--output", "own")
    known = {"label": pipeline.trained["verdict"], **pipeline.trained["judgement"]}
    assert own["verdict"] == known
    assert json.loads(Path(desk.folder, own["report_json"]).read_text("utf-8"))["verdict"]["label"] == known["label"]
    config = desk.configure("dearer.yaml", backtest={"fee_bps": 9.0})
    other = desk.json("backtest", "--version", version, "--config", config, "--output", "other")
    assert other["verdict"]["label"] == "not judged"


def test_the_run_folder_shows_how_far_it_came(pipeline: Pipeline) -> None:
    """Each stage left its numbered file."""
    numbers = sorted({file.name[:2] for file in Path(pipeline.trained["run"]).iterdir()})
    assert numbers == [f"{number:02d}" for number in range(10)]


def test_the_life_of_a_version(pipeline: Pipeline) -> None:
    """List, activate, ask, predict, backtest: each by the version's exact name in either spelling."""
    desk, version = pipeline.desk, pipeline.trained["version"]
    listed = desk.json("versions")["versions"]
    assert [(row["version"], row["sha256"]) for row in listed] == [(version, pipeline.trained["sha256"])]
    assert desk.run("active").returncode == 1
    activated = desk.json("activate", version.replace("+", "-"), "--reason", "the first")
    assert (activated["version"], activated["sha256"]) == (version, pipeline.trained["sha256"])
    assert desk.json("active")["since"] == activated["since"]
    assert desk.json("active", "--as-of", activated["since"])["version"] == version
    answer = desk.json("predict", "--asset", ASSETS[0], "--as-of", "latest")
    assert (answer["version"], answer["asset"]) == (version, ASSETS[0])
    tested = desk.json("backtest", "--version", version, "--output", "reports/mine")
    assert {"version", "metrics", "report_html", "report_json"} <= set(tested)
    assert json.loads((desk.folder / "reports" / "mine.json").read_text("utf-8"))
    assert tested["metrics"] == pytest.approx(pipeline.trained["backtest"], nan_ok=True)


def test_a_stale_vector_is_no_basis_for_a_prediction(pipeline: Pipeline) -> None:
    """Without --as-of, vectors of simulated history are too old, and the answer says the way out."""
    desk = pipeline.desk
    desk.json("activate", pipeline.trained["version"], "--reason", "to be asked")
    done = desk.run("predict", "--asset", ASSETS[0])
    assert done.returncode == 1
    assert "as_of" in done.stderr


def test_an_unknown_asset_names_the_near_one(pipeline: Pipeline) -> None:
    """Asking for an asset without vectors lists what there is."""
    pipeline.desk.json("activate", pipeline.trained["version"], "--reason", "to be asked")
    done = pipeline.desk.run("predict", "--asset", "SIM-ALPHA", "--as-of", "latest")
    assert done.returncode == 1
    assert "SIM-ALFA" in done.stderr


def test_a_negative_fee_is_refused(pipeline: Pipeline) -> None:
    """A configuration with a negative fee says the value and the rule."""
    config = pipeline.desk.configure("fee.yaml", backtest={"fee_bps": -1.0})
    done = pipeline.desk.run("backtest", "--version", pipeline.trained["version"], "--config", config)
    assert done.returncode == 1
    assert "backtest.fee_bps = -1.0 is refused: it has to be greater than or equal to 0" in done.stderr


def test_an_unknown_version_lists_the_known(pipeline: Pipeline) -> None:
    """A version has to be named exactly: its beginning is not enough."""
    done = pipeline.desk.run("activate", pipeline.trained["version"][:-2], "--reason", "typed in haste")
    assert done.returncode == 1
    assert pipeline.trained["version"] in done.stderr


def test_a_corrupted_model_is_refused_by_name(desk: Desk, pipeline: Pipeline) -> None:
    """One changed byte in a stored model stops activation, and the message names version and file."""
    source = pipeline.desk.folder / "bentoml"
    subprocess.run(["cp", "-a", str(source), str(desk.folder / "bentoml")], check=True)
    version = pipeline.trained["version"]
    file = desk.folder / "bentoml" / "models" / "trady2" / version.replace("+", "-") / "model.txt"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o644)
    file.unlink()
    file.write_bytes(bytes(content))
    file.chmod(0o444)
    done = desk.run("activate", version, "--reason", "looks fine")
    assert done.returncode == 1
    assert "model.txt" in done.stderr
    assert version in done.stderr or version.replace("+", "-") in done.stderr


def test_one_class_only_is_refused(pipeline: Pipeline) -> None:
    """A threshold that no bar reaches leaves one class, and the message says to lower it."""
    config = pipeline.desk.configure("calm.yaml", target={"return_threshold": 5.0})
    done = pipeline.desk.run("train", "--config", config)
    assert done.returncode == 1
    assert "lower target.return_threshold" in done.stderr


def test_a_horizon_longer_than_a_zone_is_refused(pipeline: Pipeline) -> None:
    """A horizon that eats a whole zone is refused with the numbers."""
    config = pipeline.desk.configure("far.yaml", target={"horizon_steps": 900})
    done = pipeline.desk.run("train", "--config", config)
    assert done.returncode == 1
    assert "use a shorter horizon" in done.stderr


def test_too_little_history_is_refused(desk: Desk) -> None:
    """Bars that cannot fill the zones are refused with what would be needed."""
    simulate_bars(700, seed=3, edge=0.0, asset="SIM-NEW").to_csv(desk.folder / "new.csv", index=False)
    config = desk.configure()
    desk.json("bars", "import", "new.csv")
    desk.json("features", "build", "--config", config)
    done = desk.run("train", "--config", config)
    assert done.returncode == 1
    assert "add history" in done.stderr or "bars of history" in done.stderr


def test_training_without_vectors_says_what_to_do(desk: Desk) -> None:
    """A folder without vectors names the command that makes them."""
    done = desk.run("train", "--config", desk.configure())
    assert done.returncode == 1
    assert "features build" in done.stderr


def test_mixed_assets_are_refused(desk: Desk) -> None:
    """Two markets imported as one asset are refused."""
    for seed, asset in enumerate(("A-B", "C-D")):
        simulate_bars(50, seed=seed, asset=asset).to_csv(desk.folder / f"{asset}.csv", index=False)
    done = desk.run("bars", "import", "A-B.csv", "C-D.csv", "--asset", "A-B")
    assert done.returncode == 1
    assert "mixed assets" in done.stderr


def test_ctrl_c_loses_nothing(pipeline: Pipeline) -> None:
    """Interrupting a training leaves no version behind and shows no traceback, and it still counts as a trial."""
    desk = pipeline.desk
    config = desk.configure("slow.yaml", model={"max_rounds": 100_000, "early_stopping_rounds": 100_000})
    before = desk.json("versions")
    ledger = Ledger(f"sqlite:///{desk.folder / 'bentoml' / 'trady2' / 'ledger.db'}")
    with desk.start("train", "--config", config, stderr=subprocess.PIPE, start_new_session=True) as training:
        give_up = time.monotonic() + 120
        while ledger.events(kinds=("trial",))[-1].payload["status"] != "begun":
            assert time.monotonic() < give_up
            time.sleep(0.05)
        time.sleep(0.5)
        os.killpg(training.pid, signal.SIGINT)
        _, told = training.communicate(timeout=60)
    assert training.returncode in (130, -signal.SIGINT), told
    assert "Traceback" not in told
    assert desk.json("versions") == before
    trial = ledger.events(kinds=("trial",))[-1]
    assert (trial.payload["status"], trial.payload["purpose"], trial.version) == ("begun", "train", None)


def test_the_installed_command_is_the_same(desk: Desk) -> None:
    """`trady2` as a process of its own ends with the same code and sentence."""
    with desk.start("train", "--config", "none.yaml", stderr=subprocess.PIPE) as refused:
        _, told = refused.communicate(timeout=60)
    assert (refused.returncode, told.splitlines()[-1]) == (
        1,
        desk.run("train", "--config", "none.yaml").stderr.splitlines()[-1],
    )
