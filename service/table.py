"""The table of all routes, put together: what programs ask, what people see, and what both decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service.admin.decisions import Decisions
from service.admin.endpoints import Admin
from service.endpoints import Endpoints, Service
from service.metrics import Metrics
from service.page.table import page_routes
from service.routes import Route

__all__ = ["all_routes"]


def all_routes(
    service: Callable[[], Service], metrics: Metrics, schema: Callable[[], dict[str, Any]], version: str
) -> tuple[Route, ...]:
    """Return every route there is; the arguments are those of `Endpoints`."""
    decisions, endpoints = Decisions(), Endpoints(service, metrics, schema, version)
    return (*endpoints.routes(), *Admin(service, decisions).routes(), *page_routes(service, decisions))
