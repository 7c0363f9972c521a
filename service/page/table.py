"""The routes of the pages, put together."""

from __future__ import annotations

from collections.abc import Callable

from service.admin.decisions import Decisions
from service.endpoints import Service
from service.page.decision_pages import DecisionPages
from service.page.pages import Page
from service.page.sessions import Sessions
from service.page.sign_in import SignIn
from service.page.sign_in_pages import SignInPages
from service.routes import Route

__all__ = ["page_routes"]


def page_routes(service: Callable[[], Service], decisions: Decisions) -> tuple[Route, ...]:
    """Return the routes to every page; *service* gives the service once it is built, *decisions* makes them."""
    sign_in = SignIn(service, Sessions())
    return Page(service, SignInPages(sign_in), DecisionPages(sign_in, decisions)).routes()
