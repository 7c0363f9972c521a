"""As much of `kubectl kustomize` as deploy/kubernetes uses: resources of other folders, and JSON patches (RFC 6902)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.service.bento_process import ROOT

FOLDER = ROOT / "deploy/kubernetes"
Manifest = dict[str, Any]


def rendered(overlay: str) -> list[Manifest]:
    """Return the manifests that `kubectl apply -k deploy/kubernetes/<overlay>` would apply."""
    return _rendered(FOLDER / overlay)


def one(overlay: str, kind: str) -> Manifest:
    """Return the only manifest of a *kind*."""
    (found,) = [manifest for manifest in rendered(overlay) if manifest["kind"] == kind]
    return found


def pod(overlay: str) -> Manifest:
    """Return the pod's specification."""
    return dict(one(overlay, "Deployment")["spec"]["template"]["spec"])


def container(overlay: str) -> Manifest:
    """Return the only container of the pod."""
    (found,) = pod(overlay)["containers"]
    return dict(found)


def _rendered(folder: Path) -> list[Manifest]:
    own = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
    unknown = own.keys() - {"apiVersion", "kind", "resources", "patches"}
    assert not unknown, f"{folder.name}: {unknown} is not understood here"
    found: list[Manifest] = []
    for resource in own["resources"]:
        path = (folder / resource).resolve()
        found += _rendered(path) if path.is_dir() else [yaml.safe_load(path.read_text("utf-8"))]
    for patch in own.get("patches", []):
        target = patch["target"]
        (goal,) = [one for one in found if (one["kind"], one["metadata"]["name"]) == (target["kind"], target["name"])]
        for step in yaml.safe_load((folder / patch["path"]).read_text("utf-8")):
            _carry_out(goal, step)
    return found


def _carry_out(manifest: Any, step: Manifest) -> None:
    *parents, last = step["path"].lstrip("/").split("/")
    for parent in parents:
        manifest = manifest[int(parent) if isinstance(manifest, list) else parent]
    if step["op"] == "add" and last == "-":
        manifest.append(step["value"])
    else:
        assert step["op"] == "replace"
        assert last in manifest, f"{step['path']}: there is nothing to replace"
        manifest[last] = step["value"]
