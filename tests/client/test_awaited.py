import asyncio
import inspect
import time

import pytest

from tests.client.conftest import Real
from tests.client.faulty_server import answering, faulty, stall
from tests.serving.tiny_version import explicit
from trady2.client import AsyncClient, Client
from trady2.errors import NotFoundError


def test_both_clients_have_the_same_methods() -> None:
    """Every public method takes the same arguments; here each is awaited."""
    public = [name for name, _ in inspect.getmembers(Client, inspect.isfunction) if not name.startswith("_")]
    assert public == [name for name, _ in inspect.getmembers(AsyncClient, inspect.isfunction) if name[0] != "_"]
    for name in [*public, "__init__"]:
        blocking, awaited = getattr(Client, name), getattr(AsyncClient, name)
        assert inspect.signature(blocking) == inspect.signature(awaited)
        assert inspect.iscoroutinefunction(awaited) == (name != "__init__")


def test_requests_run_beside_each_other(real: Real) -> None:
    """A hundred requests at once to the real service each get their own answer."""
    expected = real.model.predict_probability(real.panel).tolist()

    async def asked() -> list[float | None]:
        async with AsyncClient(real.url, real.key) as client:
            rows = [client.predict_features(explicit(real.panel, row % len(expected))) for row in range(100)]
            return [answer["probability"] for answer in await asyncio.gather(*rows)]

    assert asyncio.run(asked()) == [expected[row % len(expected)] for row in range(100)]


def test_every_form_of_request_is_answered(real: Real) -> None:
    """By asset, in a batch, and the versions; a refusal is the library's error."""

    async def asked() -> None:
        async with AsyncClient(real.url, real.key) as client:
            one = await client.predict("BTC-EUR", as_of="latest")
            assert [one, one] == await client.predict_many([{"asset": "BTC-EUR"}] * 2)
            assert (await client.models())["answering"] == one["version"] == real.version
            with pytest.raises(NotFoundError, match="BTC-EURO"):
                await client.predict("BTC-EURO")

    asyncio.run(asked())


def test_waiting_holds_up_nobody_else() -> None:
    """While one request waits for an answer that never comes, others of the same loop are answered."""

    async def asked(url: str) -> float:
        async with AsyncClient(url, timeout_seconds=30) as client:
            waiting = asyncio.create_task(client.predict("BTC-EUR"))
            await asyncio.sleep(0.1)
            started = time.monotonic()
            await client.models()
            took = time.monotonic() - started
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError, match=r"^$"):
                await waiting
            return took

    with faulty([stall, answering()]) as server:
        assert asyncio.run(asked(server.url)) < 1
    assert len(server.times) == 2
