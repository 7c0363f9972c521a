"""The same wiring under a real Prefect server and a real worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.server import free_port, quiet_environment
from tests.flows.conftest import ASSETS, ROOT, Desk, Pipeline

pytestmark = pytest.mark.slow
FLOWS = ["import-bars", "build-features", "train-model", "backtest-model", "activate-model"]


class Orchestra:
    """A desk with a running server and worker, and the plain `prefect` command."""

    def __init__(self, desk: Desk, url: str) -> None:
        """Point the command at the server."""
        self.desk = desk
        quiet = {**quiet_environment(), "PREFECT_HOME": str(desk.folder / "prefect"), "PREFECT_API_URL": url}
        self.environment = {**desk.environment, **quiet}

    def prefect(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``prefect`` in the root of the project."""
        command = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=240
        )

    def deployment(self, flow: str, **parameters: Any) -> None:
        """Run a deployment on the worker and wait for its end; it has to complete."""
        words = ["deployment", "run", f"{flow}/example", "--params", json.dumps(parameters)]
        done = self.prefect(*words, "--watch", "--watch-interval", "1")
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def orchestra(tmp_path_factory: pytest.TempPathFactory, pipeline: Pipeline) -> Iterator[Orchestra]:
    """Start server and worker by `trady2 up`, with the bars of the pipeline at hand, and stop them by `trady2 down`."""
    desk = Desk(tmp_path_factory.mktemp("orchestra"))
    for asset in ASSETS:
        (desk.folder / f"{asset}.csv").write_bytes((pipeline.desk.folder / f"{asset}.csv").read_bytes())
    here = {**desk.environment, "PREFECT_HOME": str(desk.folder / "prefect")}
    words = [sys.executable, "-m", "flows.cli"]
    started = subprocess.run(
        [*words, "up", "--port", str(free_port()), "--json"],
        cwd=ROOT,
        env=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 0, started.stderr
    try:
        yield Orchestra(desk, json.loads(started.stdout)["url"])
    finally:
        stopped = subprocess.run([*words, "down"], cwd=ROOT, env=here, capture_output=True, text=True, check=False)
        assert stopped.returncode == 0, stopped.stderr


def test_the_whole_flow_by_deployments(orchestra: Orchestra) -> None:
    """Import, build, train, backtest and activate, each as a deployment run on the worker."""
    desk = orchestra.desk
    folder = desk.folder
    data = {"bars": str(folder / "bars"), "vectors": str(folder / "vectors")}
    config = str(folder / desk.configure(data=data))
    orchestra.deployment("import-bars", paths=[str(folder / f"{asset}.csv") for asset in ASSETS], bars=data["bars"])
    orchestra.deployment("build-features", config=config)
    orchestra.deployment("train-model", config=config)
    version = desk.json("versions")["versions"][0]["version"]
    orchestra.deployment("backtest-model", version=version, output=str(folder / "reports" / "mine"))
    orchestra.deployment("activate-model", version=version, reason="by deployment")
    assert desk.json("active")["version"] == version
    assert (folder / "reports" / "mine.html").exists()


def test_prefect_keeps_what_a_person_wants_to_see(orchestra: Orchestra) -> None:
    """After a training, the server holds zones, scorecard, version and a link to the report as artifacts."""
    listed = orchestra.prefect("artifact", "ls", "--output", "json")
    assert listed.returncode == 0, listed.stderr
    assert {"zones", "scorecard", "version", "report"} <= {artifact["key"] for artifact in json.loads(listed.stdout)}


def test_what_is_deployed_is_what_the_file_says(orchestra: Orchestra) -> None:
    """Every flow is deployed once, and the schedule of train-model exists and is off."""
    for flow in FLOWS:
        inspected = orchestra.prefect("deployment", "inspect", f"{flow}/example", "--output", "json")
        assert inspected.returncode == 0, inspected.stderr
        deployment = json.loads(inspected.stdout)
        expected = [("0 3 * * 1", False)] if flow == "train-model" else []
        found = [(schedule["schedule"]["cron"], schedule["active"]) for schedule in deployment["schedules"]]
        assert found == expected


def test_a_command_runs_on_the_server_that_is_named(orchestra: Orchestra) -> None:
    """With PREFECT_API_URL set, a command is a flow run, and a refusal is still one sentence and exit code 1."""
    command = [sys.executable, "-m", "flows.cli", "train", "--config", "none.yaml"]
    done = subprocess.run(
        command, cwd=orchestra.desk.folder, env=orchestra.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "trady2: none.yaml does not exist; copy configs/ml.example.yaml to begin"
    failed = orchestra.prefect("flow-run", "ls", "--state", "Failed", "--output", "json")
    assert "train-model" in failed.stdout + orchestra.prefect("flow-run", "ls", "--state", "Failed").stdout


def test_a_wrong_parameter_is_refused_before_it_runs(orchestra: Orchestra) -> None:
    """The server checks the parameters of a run when it is created."""
    done = orchestra.prefect("deployment", "run", "train-model/example", "--param", "confg=x.yaml")
    assert done.returncode == 1
    assert "config" in done.stdout + done.stderr


def test_prefect_sends_nothing_home(orchestra: Orchestra) -> None:
    """The switches against usage analytics are on in the settings that Prefect itself reports."""
    shown = orchestra.prefect("config", "view", "--show-sources").stdout
    assert "PREFECT_SERVER_ANALYTICS_ENABLED='false'" in shown or "PREFECT_SERVER_ANALYTICS_ENABLED='False'" in shown
    assert orchestra.environment["DO_NOT_TRACK"] == "1"
    assert os.environ.get("PREFECT_API_URL") is None
    assert Path(orchestra.environment["PREFECT_HOME"]).is_dir()
