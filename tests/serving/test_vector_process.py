from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest

from tests.features.conftest import simulate
from trady2.config import FeaturesConfig
from trady2.errors import ConfigError, ConflictError, NotEnoughDataError, NotFoundError
from trady2.features.bar_arrays import BarArrays
from trady2.serving import vector_process
from trady2.serving.vector_child import Bars, Plan, vector_of
from trady2.serving.vector_process import VectorProcess

HOUR = 3_600_000_000
CONFIG = FeaturesConfig(indicators={"rsi": {"windows": [7, 14]}, "close_volatility": {"windows": [24]}})
PLAN = Plan(CONFIG.model_dump_json(), HOUR, market=False)


def bars(rows: int, seed: int = 1) -> Bars:
    """Return simulated hourly bars."""
    arrays = BarArrays.from_frame(simulate(rows, seed=seed), np.timedelta64(HOUR, "us"))
    return Bars(arrays.time, np.stack([arrays.open, arrays.high, arrays.low, arrays.close, arrays.volume]))


@pytest.fixture(scope="module")
def process() -> Iterator[VectorProcess]:
    """One child for all tests, as far as they let it live."""
    made = VectorProcess()
    yield made
    made.close()


def children() -> list[psutil.Process]:
    """Return the children of this process that compute vectors."""
    found = psutil.Process().children()
    return [one for one in found if "trady2.serving.vector_child" in " ".join(one.cmdline())]


@pytest.mark.parametrize("rows", [700, 20_000])
def test_the_child_gives_the_bits_of_this_process(process: VectorProcess, rows: int) -> None:
    """Names and values are the same, however many bars go over the pipe."""
    own = bars(rows)
    names, values = process(PLAN, "BTC-EUR", own, {})
    expected_names, expected = vector_of(PLAN, "BTC-EUR", own, {})
    assert names == expected_names
    assert values.tobytes() == expected.tobytes()


def test_a_market_goes_along(process: VectorProcess) -> None:
    """Cross-asset features are computed beside the others' bars."""
    plan = Plan(FeaturesConfig(higher_timeframes=()).model_dump_json(), HOUR, market=True)
    own, market = bars(700), {"ETH-EUR": bars(700, seed=2), "LTC-EUR": bars(650, seed=3)}
    names, values = process(plan, "BTC-EUR", own, market)
    expected_names, expected = vector_of(plan, "BTC-EUR", own, market)
    assert names == expected_names
    assert values.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ("config", "rows", "market", "kind", "says"),
    [
        (CONFIG, 5, {}, NotEnoughDataError, "5 bars are too few"),
        (FeaturesConfig(builder="my:own"), 700, {}, ConfigError, "works on frames"),
        (FeaturesConfig(market_leader="XRP-EUR"), 700, {"ETH-EUR": bars(700)}, NotFoundError, "XRP-EUR"),
    ],
)
def test_errors_come_back_as_they_are(
    process: VectorProcess, config: FeaturesConfig, rows: int, market: dict[str, Bars], kind: type, says: str
) -> None:
    """Class, message and values are those of this process; the child lives on."""
    plan, before = Plan(config.model_dump_json(), HOUR, market=bool(market)), children()
    with pytest.raises(kind, match=says):
        process(plan, "BTC-EUR", bars(rows), market)
    assert not before or children() == before


def test_threads_take_turns(process: VectorProcess) -> None:
    """Each gets its own answer."""
    own = [bars(600 + rows) for rows in range(6)]
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda one: process(PLAN, "BTC-EUR", one, {})[1].tobytes(), own))
    assert found == [vector_of(PLAN, "BTC-EUR", one, {})[1].tobytes() for one in own]


def test_a_child_that_was_killed_is_replaced(process: VectorProcess) -> None:
    """The request that meets a dead child is answered by the next one."""
    own = bars(700)
    expected = process(PLAN, "BTC-EUR", own, {})[1].tobytes()
    (child,) = children()
    os.kill(child.pid, signal.SIGKILL)
    assert process(PLAN, "BTC-EUR", own, {})[1].tobytes() == expected
    assert [one.pid for one in children()] != [child.pid]


def test_a_child_that_hangs_is_ended(process: VectorProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped child is killed after the patience, and whoever asked is answered by the next, or told to try again."""
    own = bars(700)
    expected = process(PLAN, "BTC-EUR", own, {})[1].tobytes()
    (child,) = children()
    child.suspend()
    monkeypatch.setattr(vector_process, "_PATIENCE_SECONDS", 0.05)
    with pytest.raises(ConflictError, match="was ended twice; try again"):
        process(PLAN, "BTC-EUR", own, {})  # a twentieth of a second is too little for the next one to start, too
    monkeypatch.undo()
    assert process(PLAN, "BTC-EUR", own, {})[1].tobytes() == expected


def test_nothing_is_left_after_the_end() -> None:
    """Closing ends the child."""
    made = VectorProcess()
    before = len(children())
    made(PLAN, "BTC-EUR", bars(700), {})
    assert len(children()) == before + 1
    made.close()
    assert len(children()) == before


LEAN = """
import sys
import numpy as np
from trady2.serving.vector_child import Bars, Plan
from trady2.serving.vector_process import VectorProcess
times = np.arange(700) * 3_600_000_000
prices = 100 + np.sin(np.arange(700)) + np.array([[0.0], [9.0], [-9.0], [0.0], [0.0]])
names, values = VectorProcess()(Plan(sys.argv[1], 3_600_000_000, False), "A", Bars(times, prices), {})
print(len(names), len(values), [name for name in ("numba", "talib", "llvmlite") if name in sys.modules])
"""


def test_whoever_asks_keeps_its_memory() -> None:
    """Computing from bars imports neither numba nor TA-Lib into the process that asks, and leaves it no child."""
    command = [sys.executable, "-W", "error", "-c", LEAN, PLAN.config]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    n_names, n_values, imported = done.stdout.split(maxsplit=2)
    assert (n_names == n_values, imported.strip(), done.stderr) == (True, "[]", "")
