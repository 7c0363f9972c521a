"""BentoML's ``model.yaml`` for a version and for its alias.

Written here rather than by ``bentoml.models.create``: importing BentoML takes seconds, its store has neither
locks nor fsync, and a card with a fixed form can be compared byte for byte when a version is read. A test holds
it against the one that BentoML writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from trady2.registry.canonical import utc_time

__all__ = [
    "CARD_FILE",
    "MANIFEST_FILE",
    "MANIFEST_SCHEMA",
    "SIGNATURE_FILE",
    "alias_card",
    "pinned_digest",
    "version_card",
]

CARD_FILE = "model.yaml"
MANIFEST_FILE = "manifest.json"
SIGNATURE_FILE = "manifest.sig"
MANIFEST_SCHEMA = 1
_PIN = re.compile(rb'^  manifest_sha256: "([0-9a-f]{64})"$', re.MULTILINE)
# So old that BentoML's own search for the latest never finds the alias.
_ALIAS_BORN = "1970-01-01T00:00:00+00:00"


def version_card(manifest: Mapping[str, Any], manifest_sha256: str) -> bytes:
    """Write the card of the version with this *manifest*, whose own digest is *manifest_sha256*."""
    folder = manifest["version"].replace("+", "-")
    born = utc_time(manifest["created_at"]).isoformat()
    return _card(manifest, manifest_sha256, folder, born, {"trady2": "version"})


def alias_card(manifest: Mapping[str, Any], manifest_sha256: str) -> bytes:
    """Write the card of ``<name>:active`` when it stands for the version with this *manifest*."""
    target = f"{manifest['name']}:{manifest['version'].replace('+', '-')}"
    return _card(manifest, manifest_sha256, "active", _ALIAS_BORN, {"trady2": "alias", "target": target})


def pinned_digest(card: bytes) -> str:
    """Return the digest of the manifest that the *card* pins, without parsing YAML; empty unless there is just one."""
    found = _PIN.findall(card)
    return found[0].decode() if len(found) == 1 else ""


def _card(
    manifest: Mapping[str, Any], manifest_sha256: str, folder: str, born: str, labels: Mapping[str, str]
) -> bytes:
    environment = manifest["environment"]
    lines = [
        f"name: {_text(manifest['name'])}",
        f"version: {_text(folder)}",
        "module: ''",
        "labels:",
        *(f"  {key}: {_text(value)}" for key, value in labels.items()),
        "options: {}",
        "metadata:",
        f"  version: {_text(manifest['version'])}",
        f"  sha256: {_text(manifest['files']['model.joblib']['sha256'])}",
        f"  manifest_sha256: {_text(manifest_sha256)}",
        "context:",
        "  framework_name: lightgbm",
        "  framework_versions:",
        f"    lightgbm: {_text(environment['libraries']['lightgbm'])}",
        f"  bentoml_version: {_text(environment['libraries']['bentoml'])}",
        f"  python_version: {_text(environment['python'])}",
        "signatures: {}",
        "api_version: v1",
        f"creation_time: {_text(born)}",
    ]
    return ("\n".join(lines) + "\n").encode()


def _text(value: str) -> str:
    return json.dumps(value)  # JSON's strings are YAML's double-quoted ones
