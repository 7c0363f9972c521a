"""The Dockerfile, carried out line by line in an empty folder, and its images started as processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from service.api_keys import new_key
from tests.deploy.conftest import Stocked
from tests.deploy.container import context_of, run, started
from tests.deploy.dockerfile import Image, RunError, build, let_in
from tests.deploy.manifests import container
from tests.service.bento_process import BENTOML, ROOT
from trady2.client import Client
from trady2.errors import RefusedError

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
TRADY2 = BENTOML.with_name("trady2")  # the command, which is not in the image


def as_a_pod(image: Image, overlay: str, vectors: Path) -> tuple[str, dict[str, str]]:
    """Bring vectors and the entry of a key to where the manifests mount them; returns the key and the environment."""
    shutil.copytree(vectors, image.root / "mnt/data/vectors")
    key, entry = new_key("predict")
    entries = image.root / "etc/trady2/keys/entries"
    entries.parent.mkdir(parents=True)
    entries.write_text(f"# of clients\n{entry}\n", "utf-8")
    return key, {one["name"]: one["value"] for one in container(overlay)["env"] if "value" in one}


def files_of(root: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of every file of an image, by its path."""
    files = [file for file in root.rglob("*") if file.is_file() and file != root / "log"]
    return {f"/{file.relative_to(root)}": (file.stat().st_size, file.stat().st_mtime_ns) for file in files}


def written(before: dict[str, tuple[int, int]], root: Path, overlay: str) -> set[str]:
    """Return what was written since, outside of the volumes that the manifests let a pod write."""
    volumes = tuple(f"{one['mountPath']}/" for one in container(overlay)["volumeMounts"] if not one.get("readOnly"))
    return {file for file, now in files_of(root).items() if before.get(file) != now and not file.startswith(volumes)}


@pytest.mark.slow
@pytest.mark.skipif(
    "TRADY2_LONG" not in os.environ, reason="the image with a model is tried: make test LONG=1 tries both"
)
def test_the_serving_image_answers_from_a_mounted_store(stocked: Stocked, context: Path, tmp_path: Path) -> None:
    """The image's command in its folder, as the pod of `mounted`, answers whoever has a key, and writes its volumes."""
    image = build(DOCKERFILE, context, tmp_path / "root", target="serving")
    assert sorted(path.name for path in image.path(".").iterdir()) == ["bentofile.yaml", "locks", "service", "trady2"]
    shutil.copytree(tmp_path / "store", image.root / "mnt/store", symlinks=True)
    key, environment = as_a_pod(image, "mounted", tmp_path / "vectors")
    before = files_of(image.root)
    with started(image, key, environment) as client:
        answer = client.predict("BTC-EUR")
        assert (answer["version"], answer["probability"]) == (stocked.version, stocked.probability)
        with Client(client.url, "") as stranger, pytest.raises(RefusedError, match="this needs an API key"):
            stranger.predict("BTC-EUR")
        health = [word.replace("http://127.0.0.1:3000", client.url) for word in image.health]
        assert health != image.health
        subprocess.run(health, env=image.variables(), check=True)
    assert written(before, image.root, "mounted") == set()
    (log,) = (image.root / "mnt/data/predictions").glob("*.jsonl")
    assert json.loads(log.read_text("utf-8"))["probability"] == stocked.probability
    assert image.user == "trady2"


@pytest.mark.slow
def test_the_baked_image_answers_without_any_store(stocked: Stocked, context: Path, tmp_path: Path) -> None:
    """After `trady2 bake` the stage `baked`, as the pod of `baked`, answers from what is in it, without a ledger."""
    run(TRADY2, "bake", "--output", "baked", cwd=context)
    shutil.rmtree(tmp_path / "store")
    image = build(DOCKERFILE, context, tmp_path / "root", target="baked")
    key, environment = as_a_pod(image, "baked", tmp_path / "vectors")
    before = files_of(image.root)
    with started(image, key, environment) as client:
        answer, models = client.predict("BTC-EUR"), client.models()
        assert (answer["version"], answer["probability"]) == (stocked.version, stocked.probability)
        assert [(one["version"], one["active"]) for one in models["versions"]] == [(stocked.version, True)]
    assert written(before, image.root, "baked") == set()
    assert list(image.root.rglob("ledger.db")) == []


@pytest.mark.slow
def test_the_worker_image_runs_the_command(context: Path, tmp_path: Path) -> None:
    """The stage `worker` is the whole system: its `trady2` answers, Prefect starts, and data leads to the volume."""
    image = build(DOCKERFILE, context, tmp_path / "root", target="worker")
    variables = {**image.variables(), "PREFECT_HOME": str(tmp_path / "prefect")}
    told = subprocess.run(
        [image.root / "opt/venv/bin/trady2", "versions", "--json"],
        cwd=image.path("."), env=variables, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(told.stdout) == {"name": "trady2", "versions": []}
    prefect = shutil.which(image.command[0], path=variables["PATH"])
    assert prefect == str(image.root / "opt/venv/bin/prefect")
    subprocess.run([prefect, *image.command[1:3], "--help"], env=variables, capture_output=True, check=True)
    assert image.path("data").resolve() == image.root / "var/lib/trady2/data"


@pytest.mark.slow
@pytest.mark.usefixtures("stocked")
def test_a_damaged_version_ends_the_build(context: Path, tmp_path: Path) -> None:
    """An image never holds a model that its service would refuse."""
    run(TRADY2, "bake", "--output", "baked", cwd=context)
    file = next((context / "baked").glob("models/trady2/active/model.txt"))
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content[:-1])
    with pytest.raises(RunError, match=r"(?s)RUN python -c.*model\.txt does not have the SHA-256"):
        build(DOCKERFILE, context, tmp_path / "root", target="baked")


def test_the_builder_is_given_no_more_than_it_needs(tmp_path: Path) -> None:
    """What .dockerignore lets through are the named files and folders, without compiled leftovers."""
    context = context_of(tmp_path / "context")
    for name in (".env", "data/bars/x.parquet", "trady2/__pycache__/x.pyc", "baked/models/trady2/latest"):
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        (context / name).touch()
    names = {str(file.relative_to(context)) for file in let_in(context)}
    assert {"trady2/errors.py", "locks/serve.txt", "baked/models/trady2/latest"} < names
    assert not any(name.startswith((".env", "data/", "deploy/", "tests/")) or "__pycache__" in name for name in names)
