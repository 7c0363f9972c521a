"""A version's manifest and report, checked when they are read."""

from __future__ import annotations

from typing import Any, Final

from service.admin.decisions import checked_name
from service.exchange import Reply

__all__ = ["manifest", "report"]

# The report brings its own scripts: in a sandbox they can neither ask this service nor see who is signed in.
_POLICY: Final = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = ((b"content-security-policy", _POLICY.encode()), (b"referrer-policy", b"no-referrer"))


def manifest(name: str, version: str) -> dict[str, Any]:
    """Return the manifest; raises NotFoundError, and IntegrityError when it is not what was published."""
    from trady2.registry.loading import read_version_manifest

    return read_version_manifest(checked_name(name), version)


def report(name: str, version: str) -> Reply:
    """Answer with ``report.html`` under a policy of its own; raises as `manifest`, also for a version without one."""
    from trady2.registry.loading import read_version_file

    content = read_version_file(checked_name(name), version, "report.html")
    return Reply(200, content, b"text/html; charset=utf-8", _HEADERS)
