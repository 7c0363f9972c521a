"""The same wiring under a real Prefect server and a real worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.server import free_port, quiet_environment
from tests.flows.conftest import ASSETS, ROOT, Desk, Pipeline
from tests.serving.tiny_version import publish_tiny, tiny_model
from trady2.registry.ledger import Ledger

pytestmark = pytest.mark.slow
FLOWS = ["import-bars", "build-features", "train-model", "audit-model", "backtest-model", "sweep-backtest"]
FLOWS += ["reproduce-version", "explain-version", "tune-model", "study-model", "activate-model"]


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

    def command(self, flow: str, **parameters: Any) -> None:
        """Run a deployment by `prefect deployment run` and wait for its end; it has to complete."""
        words = ["deployment", "run", f"{flow}/example", "--params", json.dumps(parameters)]
        done = self.prefect(*words, "--watch", "--watch-interval", "1")
        assert done.returncode == 0, done.stdout + done.stderr

    def ask(self, code: str, *arguments: str) -> Any:
        """Run *code* beside the server and return the JSON that it prints; one start of Prefect for many questions."""
        command = [sys.executable, "-c", code, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])


RUN = """
import json, sys
from prefect.deployments import run_deployment
for flow, parameters in json.loads(sys.argv[1]):
    run = run_deployment(f"{flow}/example", parameters=parameters, poll_interval=0.5, as_subflow=False)
    assert run.state.is_completed(), (flow, run.state.message)
print("null")
"""
LOOK = """
import json
from prefect.client.orchestration import get_client
with get_client(sync_client=True) as client:
    deployments = [client.read_deployment_by_name(f"{flow}/example") for flow in %r]
    artifacts = client.read_artifacts()
print(json.dumps([
    [[s.schedule.cron, s.active] for d in deployments for s in d.schedules], sorted({a.key for a in artifacts})
]))
"""


@pytest.fixture(scope="module")
def orchestra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orchestra]:
    """Start server and worker by `trady2 up`, and stop them by `trady2 down`."""
    desk = Desk(tmp_path_factory.mktemp("orchestra"))
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


def test_the_whole_flow_by_deployments(orchestra: Orchestra, pipeline: Pipeline) -> None:
    """Import, build, train, audit, backtest, sweep, activate, tune and study, deployment runs on the worker."""
    desk = orchestra.desk
    folder = desk.folder
    for asset in ASSETS:
        (folder / f"{asset}.csv").write_bytes((pipeline.desk.folder / f"{asset}.csv").read_bytes())
    data = {"bars": str(folder / "bars"), "vectors": str(folder / "vectors")}
    features = {"indicators": {"log_return": {"windows": [1, 6]}, "rsi": {"windows": [7]}}, "higher_timeframes": []}
    config = str(folder / desk.configure(data=data, features=features))
    files = [str(folder / f"{asset}.csv") for asset in ASSETS]
    runs = [("import-bars", {"paths": files, "bars": data["bars"]}), ("build-features", {"config": config})]
    orchestra.ask(RUN, json.dumps(runs))
    orchestra.command("train-model", config=config)
    version = desk.json("versions")["versions"][0]["version"]
    audited = ("audit-model", {"config": config})
    tested = ("backtest-model", {"version": version, "output": str(folder / "reports" / "mine")})
    chosen = ("activate-model", {"version": version, "reason": "by deployment"})
    swept = ("sweep-backtest", {"version": version, "output": str(folder / "reports" / "mine")})
    tuned = ("tune-model", {"config": config, "output": str(folder / "tuned.yaml"), "trials": 2})
    few = {"cadence_weeks": [1, 2], "max_trainings": 4}
    short = str(folder / desk.configure("study.yaml", data=data, features=features, study=few))
    studied = ("study-model", {"config": short, "output": str(folder / "reports" / "study")})
    orchestra.ask(RUN, json.dumps([audited, tested, swept, chosen, tuned, studied]))
    assert desk.json("active")["version"] == version
    assert (folder / "reports" / "mine.html").exists()
    assert (folder / "reports" / "mine.sweep.parquet").exists()
    assert (folder / "tuned.yaml").exists()
    assert (folder / "reports" / "study.html").exists()


def test_the_server_holds_what_a_person_wants_to_see(orchestra: Orchestra) -> None:
    """What a person looks for is an artifact; every flow is deployed; the one schedule is off."""
    schedules, artifacts = orchestra.ask(LOOK % (FLOWS,))
    assert schedules == [["0 3 * * 1", False]]
    wanted = {"zones", "scorecard", "version", "report", "sweep", "tuning", "study", "leak-audit", "leak-findings"}
    assert wanted <= set(artifacts)


DECIDE = """
import json, sys, time
from prefect.client.orchestration import get_client
from prefect.deployments import run_deployment
parameters, answers = json.loads(sys.argv[1]), json.loads(sys.argv[2])

def until(client, run, wanted):
    give_up = time.monotonic() + 120
    while True:
        found = client.read_flow_run(run.id)
        if wanted(found.state):
            return found
        assert time.monotonic() < give_up, found.state
        time.sleep(0.3)

run = run_deployment("activate-model/example", parameters=parameters, timeout=0, as_subflow=False)
with get_client(sync_client=True) as client:
    until(client, run, lambda state: state.is_paused())
    statuses = [client.resume_flow_run(run.id, run_input=answer).status.value for answer in answers]
    ended = until(client, run, lambda state: state.is_final())
    print(json.dumps([statuses, ended.state_name, ended.state.message]))
"""


def decided(orchestra: Orchestra, version: str, *answers: dict[str, Any] | None, minutes: float = 5) -> list[Any]:
    """Activate with an approval, give *answers* as the run's page would, and return how each and the run ended."""
    asked = {"version": version, "reason": "beats the last one", "actor": "ann", "approval_minutes": minutes}
    return list(orchestra.ask(DECIDE, json.dumps(asked), json.dumps(answers)))


@pytest.fixture
def candidate(orchestra: Orchestra, monkeypatch: pytest.MonkeyPatch) -> str:
    """A version that is not active."""
    for name in ("TRADY2_HOME", "TRADY2_LEDGER_URL", "TRADY2_PUBLIC_KEY", "TRADY2_PRIVATE_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BENTOML_HOME", orchestra.environment["BENTOML_HOME"])
    return publish_tiny(tiny_model(), "7.0.0").version


def test_a_person_approves_an_activation(orchestra: Orchestra, candidate: str) -> None:
    """The run waits; a bare resume and a form with a gap are rejected; a full one activates, in the approver's name."""
    yes = {"approve": True, "approver": "bob", "reason": "I have read the report"}
    gap = {"approver": "bob", "reason": "in haste"}
    statuses, state, message = decided(orchestra, candidate, None, gap, yes)
    assert (statuses, state) == (["REJECT", "REJECT", "ACCEPT"], "Completed"), message
    assert orchestra.desk.json("active")["version"] == candidate
    event = Ledger().events(kinds=["activated"])[-1]
    assert (event.version, event.actor) == (candidate, "bob")
    assert event.reason == "I have read the report (asked by ann: beats the last one)"


def test_a_person_refuses_an_activation(orchestra: Orchestra, candidate: str) -> None:
    """A no ends the run with who said it and why; nothing is activated, and the ledger holds no intent."""
    before = Ledger().verify()
    no = {"approve": False, "approver": "bob", "reason": "too few trades"}
    statuses, state, message = decided(orchestra, candidate, no)
    assert (statuses, state) == (["ACCEPT"], "Failed")
    assert f"bob refused to activate trady2 {candidate}: too few trades" in message
    assert Ledger().verify() == before


def test_an_approval_that_nobody_gives_activates_nothing(orchestra: Orchestra, candidate: str) -> None:
    """After the minutes that were given the run fails, and what was active is."""
    before = Ledger().verify()
    statuses, state, _ = decided(orchestra, candidate, minutes=0.1)
    assert (statuses, state) == ([], "Failed")
    assert Ledger().verify() == before


def test_the_pages_ask_their_own_server(orchestra: Orchestra) -> None:
    """On any port, the pages in the browser fetch their data from the server that they came from."""
    url = orchestra.environment["PREFECT_API_URL"]
    with urllib.request.urlopen(f"{url.removesuffix('/api')}/ui-settings", timeout=10) as answer:  # noqa: S310 - loopback
        assert json.load(answer)["api_url"] == url


def failed_runs(orchestra: Orchestra) -> int:
    """Return how many flow runs of the server have failed."""
    return len(json.loads(orchestra.prefect("flow-run", "ls", "--state", "Failed", "--output", "json").stdout))


def test_a_command_runs_on_the_server_that_is_named(orchestra: Orchestra) -> None:
    """With PREFECT_API_URL set, a command is a flow run, and a refusal is still one sentence and exit code 1."""
    before = failed_runs(orchestra)
    command = [sys.executable, "-m", "flows.cli", "train", "--config", "none.yaml"]
    done = subprocess.run(
        command, cwd=orchestra.desk.folder, env=orchestra.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "trady2: none.yaml does not exist; copy configs/ml.example.yaml to begin"
    assert failed_runs(orchestra) == before + 1


def test_a_wrong_parameter_is_refused_before_it_runs(orchestra: Orchestra) -> None:
    """The server checks the parameters of a run when it is created."""
    done = orchestra.prefect("deployment", "run", "train-model/example", "--param", "confg=x.yaml")
    assert done.returncode == 1
    assert "config" in done.stdout + done.stderr


def test_prefect_sends_nothing_home(orchestra: Orchestra) -> None:
    """The switches against usage analytics are on in the settings that Prefect itself reports."""
    settings = "import json; from prefect.settings import get_current_settings as g; "
    assert orchestra.ask(settings + "print(json.dumps(g().server.analytics_enabled))") is False
    assert orchestra.environment["DO_NOT_TRACK"] == "1"
    assert os.environ.get("PREFECT_API_URL") is None
    assert Path(orchestra.environment["PREFECT_HOME"]).is_dir()
