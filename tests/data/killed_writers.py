"""Writers that are killed at random moments, in a process of their own: run as a script by the tests.

Arguments: folder, number of kills. Prints how many writers were killed and how many had finished, and fails with an
assertion when a bar or vector file was ever neither old nor new.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from trady2.data.bars import read_bars, write_bars
from trady2.data.importing import BarsImport
from trady2.data.simulation import simulate_bars
from trady2.data.vectors import read_vectors, write_vectors


def fork_and_kill(work: Callable[[], object], after: float) -> bool:
    """Run *work* in a child, kill it after so many seconds, and return whether that was before its end."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main(folder: Path, kills: int) -> None:
    """Kill writers that replace all bars and vectors by a second version, again and again."""
    old = simulate_bars(30_000, seed=1, timeframe="1m")
    versions = [old, old.assign(volume=old["volume"] * 2)]
    imports = [BarsImport(bars, bars.iloc[:0], {"asset": "SIM-USD", "timeframe": "1m"}, None) for bars in versions]
    volumes = [bars["volume"].to_numpy() for bars in versions]

    def write(version: int) -> None:
        write_bars(folder / "bars", imports[version], replace=True)
        write_vectors(folder / "vectors", "SIM-USD", "all", versions[version])

    write(0)
    start = time.monotonic()
    write(1)
    duration = time.monotonic() - start
    killed = 0
    chance = np.random.default_rng(5)
    for number in range(kills):
        killed += fork_and_kill(lambda number=number: write(number % 2), chance.uniform(0, 1.1 * duration))
        stored = read_bars(folder / "bars", "SIM-USD")
        pd.testing.assert_series_equal(stored["timestamp"], old["timestamp"])
        volume = stored["volume"].to_numpy()
        assert ((volume == volumes[0]) | (volume == volumes[1])).all()
        weeks = stored["timestamp"].dt.isocalendar().week.to_numpy()
        assert all(len(np.unique((volume == volumes[0])[weeks == week])) == 1 for week in np.unique(weeks))
        vectors = read_vectors(folder / "vectors", [])["volume"].to_numpy()
        assert any(np.array_equal(vectors, own) for own in volumes)
    write(1)
    assert np.array_equal(read_bars(folder / "bars", "SIM-USD")["volume"], volumes[1])
    left = [path.name for path in (folder / "bars/asset=SIM-USD").iterdir() if path.name.endswith(".tmp")]
    sys.stdout.write(json.dumps({"killed": killed, "finished": kills - killed, "left": left}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
