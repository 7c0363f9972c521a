"""Both clients, asked in the same way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from trady2.client import AsyncClient, Client

Answers = Callable[..., list[Any]]


def blocking(url: str, n_times: int = 1, **options: Any) -> list[Any]:
    """Ask for the same prediction *n_times*, one after the other, with one client."""
    with Client(url, **options) as client:
        return [client.predict("BTC-EUR") for _ in range(n_times)]


def awaited(url: str, n_times: int = 1, **options: Any) -> list[Any]:
    """Do the same on asyncio."""

    async def asked() -> Sequence[Any]:
        async with AsyncClient(url, **options) as client:
            return [await client.predict("BTC-EUR") for _ in range(n_times)]

    return list(asyncio.run(asked()))


both = pytest.mark.parametrize("ask", [blocking, awaited])
