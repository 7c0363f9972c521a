"""What surrounds the code says what the code does."""

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yaml").read_text("utf-8"))
PREFECT = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def stages() -> dict[str, str]:
    """Return the stages of the Dockerfile by name."""
    parts = re.split(r"^FROM \S+ AS (\w+)$", DOCKERFILE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_copied_file_exists_and_reaches_the_builder() -> None:
    """What the Dockerfile copies is in the repository and not kept out by .dockerignore."""
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    copied = [word for line in re.findall(r"^COPY (.*)$", DOCKERFILE, re.MULTILINE) for word in line.split()[:-1]]
    assert copied
    for name in copied:
        assert (ROOT / name).exists() or name == "baked", name  # which `trady2 bake` makes
        assert name.split("/")[0] in let_in, name


@pytest.mark.parametrize("stage", ["serving", "worker"])  # baked has both from serving
def test_images_run_without_root_and_tell_their_health(stage: str) -> None:
    """Both images end as a user of their own and have a health check."""
    assert re.search(r"^USER trady2$", stages()[stage], re.MULTILINE)
    assert re.search(r"^HEALTHCHECK ", stages()[stage], re.MULTILINE)


def test_the_serving_image_holds_no_prefect_and_no_training() -> None:
    """What answers requests installs the small set and copies no flows."""
    serving = (ROOT / "locks" / "serve.txt").read_text("utf-8")
    assert not re.search(r"^(prefect|plotly|typer|scikit-learn)==", serving, re.MULTILINE)
    assert "COPY flows" not in stages()["serving"]


def test_compose_builds_stages_that_exist() -> None:
    """Every service of ours is built from a stage of the Dockerfile; worker and service share the store."""
    targets = {name: part["build"]["target"] for name, part in COMPOSE["services"].items() if "build" in part}
    assert targets == {"prefect": "worker", "worker": "worker", "service": "serving"}
    assert COMPOSE["services"]["worker"]["volumes"] == COMPOSE["services"]["service"]["volumes"]


def test_compose_publishes_on_loopback_only() -> None:
    """No port is open to the network unless somebody opens it."""
    ports = [port for part in COMPOSE["services"].values() for port in part.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_prefect_deploys_every_flow_and_schedules_none() -> None:
    """The deployments exist under the name example, and the one schedule is off."""
    entrypoints = [deployment["entrypoint"] for deployment in PREFECT["deployments"]]
    names = ["import_bars", "build_features", "train_model", "audit_model", "backtest_model", "sweep_backtest"]
    names += ["reproduce_version", "explain_version", "tune_model", "study_model", "activate_model"]
    assert entrypoints == [f"flows.deployments.{name}" for name in names]
    assert {deployment["name"] for deployment in PREFECT["deployments"]} == {"example"}
    schedules = [schedule for deployment in PREFECT["deployments"] for schedule in deployment["schedules"]]
    assert [(schedule["slug"], schedule["active"]) for schedule in schedules] == [("weekly", False)]


def test_ci_calls_the_same_commands() -> None:
    """The workflow runs .ci/run and installs what the original system named."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yaml").read_text("utf-8"))
    runs = " ".join(step.get("run", "") for step in workflow["jobs"]["check-and-test"]["steps"])
    assert all(word in runs for word in ("build-essential", "cmake", ".ci/run"))


def test_versions_of_prefect_agree() -> None:
    """prefect.yaml, the requirement and the lock name one version."""
    locked = re.search(r"^prefect==(\S+)", (ROOT / "locks" / "worker.txt").read_text("utf-8"), re.MULTILINE)
    assert locked is not None
    assert json.dumps(PREFECT["prefect-version"]) == json.dumps(locked[1])
