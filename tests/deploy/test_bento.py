"""What `bentoml containerize` hands to Docker, carried out in an empty folder and started as a process."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from service.api_keys import new_key
from tests.deploy.conftest import Stocked
from tests.deploy.container import run, started
from tests.deploy.dockerfile import Image, RunError, build
from tests.service.bento_process import BENTOML, ROOT
from tests.service.test_build import OFFLINE

TRADY2 = BENTOML.with_name("trady2")
# BentoML makes the context in a folder that it removes when the image is built.
CONTEXT = """
import shutil, sys, bentoml
from bentoml._internal.container import construct_containerfile
with construct_containerfile(bentoml.get(sys.argv[1]), enable_buildkit=False) as (folder, _):
    shutil.copytree(folder, sys.argv[2], symlinks=True)
"""


PINNED = r"^[^\s;]+==[^\s;]+"


def image_of(tag: str, folder: Path) -> Image:
    """Export the Bento *tag*, import it on another machine, and build the image that BentoML would there."""
    archive, other = folder / "exported.bento", str(folder / "elsewhere")
    run(BENTOML, "export", tag, archive, cwd=folder)
    run(BENTOML, "import", archive, cwd=folder, BENTOML_HOME=other)
    run(sys.executable, "-c", CONTEXT, tag, folder / "bento", cwd=folder, BENTOML_HOME=other, PYTHONPATH="")
    dockerfile = (folder / "bento/env/docker/Dockerfile").read_text("utf-8")
    return build(dockerfile, folder / "bento", folder / "root")


def importable(image: Image, module: str) -> bool:
    """Tell whether the image's Python finds *module* outside of the Bento."""
    command = [image.root / "app/.venv/bin/python", "-c", f"import {module}"]
    return (
        subprocess.run(command, cwd=image.root, env=image.variables(), capture_output=True, check=False).returncode == 0
    )


@pytest.mark.slow
def test_a_bento_answers_where_there_are_no_sources(stocked: Stocked, context: Path, tmp_path: Path) -> None:
    """Built offline, its locked packages in a clean environment, its own entry point, and a mounted store."""
    run(BENTOML, "build", "--version", "1", cwd=context, **OFFLINE)
    image = image_of("trady2-service:1", tmp_path)
    assert [importable(image, module) for module in ("bentoml", "trady2", "service", "prefect")] == [
        True,
        False,
        False,
        False,
    ]
    for kind in ("models", "aliases"):
        shutil.copytree(tmp_path / "store" / kind, image.root / "home/bentoml" / kind, symlinks=True)
    shutil.copytree(tmp_path / "vectors", image.root / "home/vectors")
    key, entry = new_key("predict")
    environment = {"TRADY2_API_KEYS": entry, "TRADY2_VECTORS": "/home/vectors"}
    with started(image, key, environment, "serve") as client:
        answer = client.predict("BTC-EUR")
        assert (answer["version"], answer["probability"]) == (stocked.version, stocked.probability)
    assert image.user == "bentoml"


@pytest.mark.slow
@pytest.mark.skipif(
    "TRADY2_LONG" not in os.environ, reason="the image with a model is tried: make test LONG=1 tries both"
)
def test_a_bento_with_a_model_in_it_answers_without_any_store(stocked: Stocked, context: Path, tmp_path: Path) -> None:
    """`trady2 bake`, then the other bentofile: the version that was active then answers, from the Bento alone."""
    told = json.loads(run(TRADY2, "bake", "--output", "baked", "--json", cwd=context))
    assert (told["name"], told["version"], told["output"]) == ("trady2", stocked.version, "baked")
    run(BENTOML, "build", "-f", "deploy/bentofile.baked.yaml", "--version", "1", ".", cwd=context, **OFFLINE)
    image = image_of("trady2-service-baked:1", tmp_path)
    shutil.copytree(tmp_path / "vectors", image.root / "home/vectors")
    key, entry = new_key("predict")
    environment = {"TRADY2_API_KEYS": entry, "TRADY2_VECTORS": "/home/vectors"}
    with started(image, key, environment, "serve") as client:
        answer, models = client.predict("BTC-EUR"), client.models()
        assert (answer["version"], answer["probability"]) == (stocked.version, stocked.probability)
        assert [(one["version"], one["active"]) for one in models["versions"]] == [(stocked.version, True)]
    assert list(image.root.rglob("ledger.db")) == []


@pytest.mark.slow
def test_a_package_that_is_not_the_locked_one_ends_the_build(context: Path, tmp_path: Path, home: Path) -> None:
    """The Bento's requirements are the lock file with its hashes, and uv, as BentoML calls it, compares them.

    BentoML adds a line of its own without a hash; the hashes of the locked one count for it.
    """
    run(BENTOML, "build", "--version", "1", cwd=context, **OFFLINE)
    bento = home / "store/bentos/trady2-service/1"
    required = bento / "env/python/requirements.txt"
    lines, locked = required.read_text("utf-8"), (ROOT / "locks/serve.txt").read_text("utf-8")
    bentoml = re.search(r"^bentoml==\S+", locked, re.MULTILINE)
    assert bentoml is not None
    assert re.findall(PINNED, lines, re.MULTILINE) == [*re.findall(PINNED, locked, re.MULTILINE), bentoml[0]]
    assert re.findall(r"--hash=\S+", lines) == re.findall(r"--hash=\S+", locked)
    own = re.compile(rf"^{re.escape(bentoml[0])} \\\n(?:    --hash=.*\n)+", re.MULTILINE)
    other = own.sub(f"{bentoml[0]} \\\n    --hash=sha256:{'0' * 64}\n", lines)
    assert other != lines
    required.write_text(other, "utf-8")
    with pytest.raises(RunError, match=rf"Hash mismatch for `{re.escape(bentoml[0])}`"):
        build((bento / "env/docker/Dockerfile").read_text("utf-8"), bento, tmp_path / "root")


def test_the_bentofiles_differ_in_the_model_alone() -> None:
    """What is said of the one Bento holds for the other."""
    mounted = yaml.safe_load((ROOT / "bentofile.yaml").read_text("utf-8"))
    baked = yaml.safe_load((ROOT / "deploy/bentofile.baked.yaml").read_text("utf-8"))
    assert baked["include"].pop() == "baked/**"
    assert baked["envs"].pop() == {"name": "TRADY2_STORE", "value": "/home/bentoml/bento/src/baked"}
    for document in (mounted, baked):
        del document["name"], document["description"]
    assert mounted == baked
