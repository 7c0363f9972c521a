"""Which handler answers which path, and what a request needs to reach it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from service.api_keys import Scope as KeyScope
from service.exchange import Receive, Reply, Scope
from service.faults import HttpError

__all__ = ["LABELS", "Handler", "Route", "Routes"]

LABELS: Final = ("predict", "models", "ready", "live", "metrics", "document", "admin", "page", "other")
"""The names of the routes as metrics know them."""

Handler = Callable[[Scope, Receive], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path.

    Attributes:
        label: One of `LABELS`.
        method: GET answers HEAD as well.
        path: With ``{name}`` for a part that may be anything; the handler finds it in ``scope["path_params"]``.
        needs: The scope of the API key; None: open to everybody.
    """

    label: str
    method: str
    path: str
    needs: KeyScope | None
    handler: Handler


class Routes:
    """The table of all routes; a path is taken with and without its last slash."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Lay the table."""
        self._exact: dict[str, dict[str, Route]] = {}
        self._open: dict[tuple[str, ...], dict[str, Route]] = {}
        for route in routes:
            if "{" in route.path:
                self._open.setdefault(_parts(route.path), {})[route.method] = route
                continue
            for spelling in {route.path, route.path.rstrip("/") or "/"}:
                self._exact.setdefault(spelling, {})[route.method] = route

    def find(self, scope: Scope) -> Route:
        """Return the route of the request, its path parameters put into *scope*; raises HttpError 404 or 405."""
        methods = self._exact.get(scope["path"]) or self._matching(scope)
        if methods is None:
            raise HttpError(404, "not_found", "there is nothing at this path; /docs.json describes what there is")
        method = scope["method"]
        route = methods.get("GET" if method == "HEAD" else method)
        if route is None:
            allowed = ", ".join(sorted(methods))
            raise HttpError(405, "method_not_allowed", f"this path takes {allowed} alone", allow=allowed)
        return route

    def _matching(self, scope: Scope) -> dict[str, Route] | None:
        # From the raw path: an encoded slash belongs to its part.
        raw = scope.get("raw_path") or scope["path"].encode()
        asked = tuple(unquote(part) for part in _parts(raw.decode("latin-1")))
        for pattern, methods in self._open.items():
            if len(pattern) == len(asked) and all(
                known[0] == "{" or known == part for known, part in zip(pattern, asked, strict=True)
            ):
                scope["path_params"] = {
                    known[1:-1]: part for known, part in zip(pattern, asked, strict=True) if known[0] == "{"
                }
                return methods
        return None


def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.strip("/").split("/"))
