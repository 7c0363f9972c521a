"""What went wrong, as a page."""

from __future__ import annotations

import asyncio
from typing import Final

from service.exchange import DisconnectedError, Reply, Scope
from service.faults import HttpError, fault_of
from service.page.forms import way_up
from service.page.rendering import html

__all__ = ["problem_page"]

_TITLES: Final = {
    "forbidden": "Not allowed",
    "workers_behind": "Active, but not everywhere yet",
    "model_refused": "Refused",
    "not_found": "Not found",
    "unknown_model": "Not found",
    "no_file": "Not found",
}


async def problem_page(scope: Scope, error: Exception) -> Reply:
    """Tell the person what the *error* is; what nobody foresaw is raised again, for the front to log."""
    status, code, message = fault_of(error)
    if status == 500 or isinstance(error, DisconnectedError):
        raise error
    extra = error.headers.items() if isinstance(error, HttpError) else ()
    headers = tuple((name.encode("ascii"), value.encode("ascii")) for name, value in extra)
    title = _TITLES.get(code, "This did not work")
    return await asyncio.to_thread(
        html, "problem.html", status, headers=headers, root=way_up(scope), title=title, message=message
    )
