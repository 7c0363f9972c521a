from __future__ import annotations

import os
import subprocess
import sys

import pytest
from numba import float64

from trady2.backtest.compiled import compiled


def test_without_a_place_for_machine_code_functions_compile_all_the_same():
    """Code that numba cannot cache, here because it has no file, is compiled in this process only."""
    names: dict = {}
    exec("def twice(x):\n    return 2 * x", names)  # noqa: S102 - the point is a function without a file
    assert compiled(float64)(names["twice"])(21) == 42.0


def test_a_function_keeps_its_name_and_its_source():
    """What is compiled can still be read, and run slowly."""

    def half(x):
        """Halve."""
        return x / 2

    quick = compiled(float64)(half)
    assert (quick.__name__, quick.__doc__, quick.py_func(3.0), quick(3.0)) == ("half", "Halve.", 1.5, 1.5)


@pytest.mark.slow
def test_machine_code_goes_where_the_environment_says(tmp_path):
    """NUMBA_CACHE_DIR takes the cache, and a second process finds it there."""
    code = "from trady2.backtest.kernel import mark; print(sum(mark.code.stats.cache_hits.values()))"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    hits = [
        subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True).stdout
        for _ in range(2)
    ]
    assert [int(each) for each in hits] == [0, 1]
    assert list(tmp_path.rglob("*.nbi"))
