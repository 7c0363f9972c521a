"""The manifests: valid by the schemas of Kubernetes, at one with each other, with the service and with the pages."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest

from service.openapi import openapi_document
from tests.deploy.manifests import FOLDER, Manifest, container, one, pod, rendered
from tests.service.bento_process import ROOT

OVERLAYS = ("mounted", "baked")
SCHEMAS = ("1.29", "1.37")  # the oldest that is looked after somewhere, and the newest that is known here
MONITOR = json.loads(Path(__file__).with_name("service_monitor.schema.json").read_text("utf-8"))
DEPLOY = (ROOT / "docs/deploy.md").read_text("utf-8")


def check(manifest: Manifest, version: str) -> None:
    """Hold a manifest against the schema of its kind; keys that this does not know are faults."""
    if manifest["kind"] == "ServiceMonitor":
        jsonschema.validate(manifest, MONITOR)
    else:
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("version", SCHEMAS)
@pytest.mark.parametrize("overlay", [*OVERLAYS, "monitoring"])
def test_manifests_fit_the_schemas(overlay: str, version: str) -> None:
    """Every manifest that is applied is what Kubernetes takes, to the last key."""
    manifests = rendered(overlay)
    assert manifests
    for manifest in manifests:
        check(manifest, version)


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("Deployment", "spec/template/spec/containers/0/readynessProbe", {}),
        ("Deployment", "spec/strategy/rollingUpdate/maxUnavailable", [0]),
        ("Service", "spec/ports/0/port", "http"),
        ("HorizontalPodAutoscaler", "spec/maxReplicas", "ten"),
        ("NetworkPolicy", "spec/policyTypes", "Ingress"),
        ("ServiceMonitor", "spec/endpoints/0/interval", "15 seconds"),
        ("ServiceMonitor", "spec/endpoints/0/bearerToken", "x"),
    ],
)
def test_a_wrong_manifest_is_found(kind: str, path: str, value: object) -> None:
    """The check is one: misspelt keys and wrong types fail it."""
    manifest = copy.deepcopy(one("monitoring" if kind == "ServiceMonitor" else "mounted", kind))
    *parents, last = path.split("/")
    place = manifest
    for parent in parents:
        place = place[int(parent)] if isinstance(place, list) else place[parent]
    place[last] = value
    with pytest.raises((kubernetes_validate.ValidationError, jsonschema.ValidationError), match=r"\w"):
        check(manifest, SCHEMAS[-1])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_everything_finds_the_pods(overlay: str) -> None:
    """Service, autoscaler, budget, policy and monitor mean the one Deployment, by its labels and its port."""
    deployment = one(overlay, "Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels == one(overlay, "Service")["spec"]["selector"]
    assert one(overlay, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert one(overlay, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels
    assert (
        one("monitoring", "ServiceMonitor")["spec"]["selector"]["matchLabels"]
        == one(overlay, "Service")["metadata"]["labels"]
    )
    scaled = one(overlay, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert scaled == {
        "apiVersion": deployment["apiVersion"],
        "kind": "Deployment",
        "name": deployment["metadata"]["name"],
    }
    ports = {port["name"] for port in container(overlay)["ports"]}
    assert {port["targetPort"] for port in one(overlay, "Service")["spec"]["ports"]} == ports == {"http"}
    assert [rule["port"] for rule in one(overlay, "NetworkPolicy")["spec"]["ingress"][0]["ports"]] == ["http"]
    (endpoint,) = one("monitoring", "ServiceMonitor")["spec"]["endpoints"]
    assert endpoint["port"] in {port["name"] for port in one(overlay, "Service")["spec"]["ports"]}


def needs_a_key() -> dict[str, bool]:
    """Tell of each path that takes GET whether it asks for a key, by the service's own document."""
    paths = openapi_document("x")["paths"]
    return {path: known["get"].get("security") != [] for path, known in paths.items() if "get" in known}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_probes_ask_paths_that_are_open(overlay: str) -> None:
    """What Kubernetes asks is a route of the service that needs no key, on the port that the image listens on."""
    closed, probed = needs_a_key(), container(overlay)
    paths = {name: probed[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert paths == {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}
    assert {closed[path] for path in paths.values()} == {False}
    assert {probed[name]["httpGet"]["port"] for name in paths} == {"http"}
    command = re.findall(r"^CMD (.*)$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)[0]
    assert json.loads(command)[-2:] == ["--port", str(probed["ports"][0]["containerPort"])]


def test_prometheus_brings_a_key() -> None:
    """The metrics ask for a key, so the monitor sends one."""
    (endpoint,) = one("monitoring", "ServiceMonitor")["spec"]["endpoints"]
    assert needs_a_key()[endpoint["path"]]
    assert endpoint["authorization"]["type"] == "Bearer"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_variables_are_documented(overlay: str) -> None:
    """Each variable of ours is in the table of docs/deploy.md, and its value is a text."""
    names = [entry["name"] for entry in container(overlay)["env"]]
    assert len(names) == len(set(names))
    assert [name for name in names if f"| `{name}` |" not in DEPLOY] == []
    assert all(isinstance(entry.get("value", ""), str) for entry in container(overlay)["env"])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_named_exists_or_is_described(overlay: str) -> None:
    """Volumes are mounted, claims are made here, and each Secret and ConfigMap is made by a command of the page."""
    spec = pod(overlay)
    mounts = {mount["name"] for mount in container(overlay)["volumeMounts"]}
    assert mounts == {volume["name"] for volume in spec["volumes"]}
    claims = {
        volume["persistentVolumeClaim"]["claimName"] for volume in spec["volumes"] if "persistentVolumeClaim" in volume
    }
    assert claims == {one["metadata"]["name"] for one in rendered(overlay) if one["kind"] == "PersistentVolumeClaim"}
    text = "".join(file.read_text("utf-8") for file in FOLDER.rglob("*.yaml"))
    for name in ("trady2-api-keys", "trady2-metrics-key"):
        assert name in text
        assert f"kubectl create secret generic {name} " in DEPLOY
    assert "kubectl create configmap trady2-public-key " in DEPLOY
    assert all(f"kubectl apply -k deploy/kubernetes/{name}" in DEPLOY for name in (*OVERLAYS, "monitoring"))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_pod_has_no_more_rights_than_it_needs(overlay: str) -> None:
    """No root, no writing outside of its volumes, no privileges, no token; a rollout takes no pod away first."""
    spec, own = pod(overlay), container(overlay)["securityContext"]
    user = re.search(r"--uid (\d+)", (ROOT / "Dockerfile").read_text("utf-8"))
    assert user is not None
    assert (spec["securityContext"]["runAsNonRoot"], spec["securityContext"]["runAsUser"]) == (True, int(user[1]))
    assert own == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert spec["automountServiceAccountToken"] is False
    strategy = one(overlay, "Deployment")["spec"]["strategy"]["rollingUpdate"]
    assert strategy == {"maxUnavailable": 0, "maxSurge": 1}
    assert {"requests", "limits"} <= container(overlay)["resources"].keys()
    pause = int(container(overlay)["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pause + 10 <= spec["terminationGracePeriodSeconds"]


def test_the_images_are_stages_of_the_dockerfile() -> None:
    """trady2-<stage> is what docs/deploy.md builds from the stage of that name."""
    for overlay, stage in (("mounted", "serving"), ("baked", "baked")):
        name = container(overlay)["image"].partition(":")[0]
        assert name == f"trady2-{stage}"
        assert f"docker build --target {stage} -t {container(overlay)['image']} ." in DEPLOY
