from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.api_keys import new_key
from service.faults import HttpError
from service.limits import Limits, LimitSettings, Rates, ThreadLane
from service.service import Trady2
from tests.service.bento_process import until
from tests.service.tiny_service import GOOD, PREDICT, refused, running, stock
from trady2.errors import ConfigError
from trady2.learning.model import Model


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time that was set."""
        return self.now


def lane(places: int, seconds: float = 20.0) -> ThreadLane:
    """Return a lane with one thread."""
    return ThreadLane("calls", threads=1, places=places, timeout_seconds=seconds)


def test_a_burst_and_then_the_rate() -> None:
    """Three at once, then one each half second; a refusal tells how long to wait and takes nothing."""
    clock = Clock()
    rates = Rates(2.0, 3, clock=clock)
    for _ in range(3):
        rates.take(b"a")
    for _ in range(5):
        with pytest.raises(HttpError, match=r"may ask 2 times a second; try again in 0\.5 s") as caught:
            rates.take(b"a")
    assert (caught.value.status, caught.value.code, caught.value.headers) == (429, "rate_limited", {"retry-after": "1"})
    rates.take(b"another key")
    clock.now = 0.5
    rates.take(b"a")
    with pytest.raises(HttpError, match="try again"):
        rates.take(b"a")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0, 2), min_size=1, max_size=60),
    st.floats(0.1, 20),
    st.integers(1, 10),
)
def test_no_stretch_of_time_lets_more_through(pauses: list[float], rate: float, burst: int) -> None:
    """Between any two requests that pass, no more than a burst and the rate's share of that time do."""
    clock, passed = Clock(), []
    rates = Rates(rate, burst, clock=clock)
    for pause in pauses:
        clock.now += pause
        try:
            rates.take(b"a")
        except HttpError:
            continue
        passed.append(clock.now)
    for first, begin in enumerate(passed):
        for last in range(first, len(passed)):
            assert last - first + 1 <= burst + rate * (passed[last] - begin) + 1e-6


def test_buckets_do_not_grow() -> None:
    """Keys that come and go leave no more than a few buckets."""
    rates = Rates(1.0)
    for number in range(1_000):
        rates.take(b"%d" % number)
    assert len(rates._buckets) <= 64


def test_a_lane_takes_no_more_than_its_places() -> None:
    """One runs, one waits, the third is refused at once; when they are done there is place again."""

    async def run() -> None:
        narrow, gate = lane(2), threading.Event()
        calls = [asyncio.create_task(narrow.run(gate.wait, 20)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(HttpError, match=r"^2 calls are in progress, and no more are taken") as caught:
            await narrow.run(int)
        assert (caught.value.status, caught.value.code, caught.value.headers) == (503, "busy", {"retry-after": "1"})
        gate.set()
        assert await asyncio.gather(*calls) == [True, True]
        assert await narrow.run(int, "7") == 7
        narrow.close()

    asyncio.run(run())


def test_a_call_that_is_late_keeps_its_place_until_it_ends() -> None:
    """504 after the time-out, 503 while the thread is still at it; one that had not begun is given up."""

    async def run() -> None:
        narrow, gate = lane(2, 0.05), threading.Event()
        late = asyncio.create_task(narrow.run(gate.wait, 20))
        waiting = asyncio.create_task(narrow.run(gate.wait, 20))
        for call in (late, waiting):
            with pytest.raises(HttpError, match=r"no answer after 0\.05 seconds") as caught:
                await call
            assert (caught.value.status, caught.value.code) == (504, "timeout")
        assert narrow._taken == 1
        with pytest.raises(HttpError, match="no answer"):
            await narrow.run(int)
        assert narrow._taken == 1
        gate.set()
        while narrow._taken:
            await asyncio.sleep(0.01)
        assert await narrow.run(int, "7") == 7

    asyncio.run(run())


def test_what_a_call_raises_comes_out() -> None:
    """A time-out of its own is no time-out of the lane, and the place is free again."""

    async def run() -> None:
        narrow = lane(1)

        def fail() -> None:
            raise TimeoutError("of the disk")

        for _ in range(3):
            with pytest.raises(TimeoutError, match="of the disk"):
                await narrow.run(fail)

    asyncio.run(run())


def test_requests_in_progress_are_counted() -> None:
    """The third of two is refused, and what left makes place."""
    limits = Limits(LimitSettings(requests=2))
    limits.enter(None)
    limits.enter(b"key")
    with pytest.raises(HttpError, match="2 requests are in progress"):
        limits.enter(None)
    limits.leave()
    limits.enter(None)


def test_the_environment_says_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every number has its variable; what is none is refused by name."""
    for name, text in (
        ("TRADY2_RATE_LIMIT", "0.5"), ("TRADY2_RATE_BURST", "3"), ("TRADY2_MAX_REQUESTS", "10"),
        ("TRADY2_MAX_HEAVY", "2"), ("TRADY2_MAX_CONNECTIONS", "64"), ("TRADY2_TIMEOUT_SECONDS", "2.5"),
    ):  # fmt: skip
        monkeypatch.setenv(name, text)
    assert LimitSettings.from_environment() == LimitSettings(0.5, 3, 10, 2, 64, 2.5)
    for text, says in (("many", "whole number from 1 to 10000"), ("0", "from 1"), ("1.5", "whole number")):
        monkeypatch.setenv("TRADY2_MAX_HEAVY", text)
        with pytest.raises(ConfigError, match=f"TRADY2_MAX_HEAVY = '{text}' is refused; .*{says}"):
            LimitSettings.from_environment()
    monkeypatch.setenv("TRADY2_MAX_HEAVY", "")
    monkeypatch.setenv("TRADY2_TIMEOUT_SECONDS", "nan")
    with pytest.raises(ConfigError, match=r"TRADY2_TIMEOUT_SECONDS = 'nan' is refused; .* number from 0\.01"):
        LimitSettings.from_environment()


def test_a_key_that_asks_too_often_is_told_when_to_come_back(
    home: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 in the one shape with Retry-After; another key and the open paths are not its affair."""
    stock(home, model)
    keys = [new_key("predict") for _ in range(2)]
    monkeypatch.setenv("TRADY2_API_KEYS", " ".join(entry for _, entry in keys))
    monkeypatch.setenv("TRADY2_RATE_LIMIT", "0.01")
    monkeypatch.setenv("TRADY2_RATE_BURST", "2")
    mine, other = ({"authorization": f"Bearer {key}"} for key, _ in keys)
    with running() as client:
        answers = [client.post(PREDICT, json={"features": GOOD}, headers=mine) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert "may ask 0.01 times a second" in refused(answers[2], 429, "rate_limited")
        assert 90 <= int(answers[2].headers["retry-after"]) <= 100
        assert client.post(PREDICT, json={"features": GOOD}, headers=other).status_code == 200
        assert [client.get("/readyz").status_code for _ in range(5)] == [200] * 5
        assert (
            'trady2_http_requests_total{route="predict",status="429"} 1.0' in client.get("/metrics", headers=other).text
        )


def test_single_rows_are_answered_while_batches_are_at_their_limit(
    home: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of batches gets 503 or, later, 504; a row beside it is answered; then all is as before."""
    stock(home, model)
    monkeypatch.setenv("TRADY2_MAX_HEAVY", "2")
    monkeypatch.setenv("TRADY2_TIMEOUT_SECONDS", "0.4")
    gate, begun = threading.Event(), threading.Semaphore(0)
    batch, single = {"instances": [{"features": GOOD}]}, {"features": GOOD}
    with running() as client:
        predictor = Trady2.instance.predictor
        answer = predictor.answer

        def slowly(request: object, request_id: str = "") -> object:
            begun.release()
            gate.wait(20)
            return answer(request, request_id)

        with monkeypatch.context() as slow:
            slow.setattr(predictor, "answer", slowly)
            found: list[object] = []
            threads = [
                threading.Thread(target=lambda: found.append(client.post(PREDICT, json=batch))) for _ in range(2)
            ]
            for thread in threads:
                thread.start()
                assert begun.acquire(timeout=20)
            refused(client.post(PREDICT, json=batch), 503, "busy")
            assert client.post(PREDICT, json=single).status_code == 200
            for thread in threads:
                thread.join()
            for late in found:
                refused(late, 504, "timeout")
            refused(client.post(PREDICT, json=batch), 503, "busy")
            gate.set()
        until(lambda: client.post(PREDICT, json=batch).status_code == 200)
