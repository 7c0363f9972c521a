from __future__ import annotations

import os
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from trady2.backtest.threads import each_asset


def market(assets, rows):
    """Return what `each_asset` looks at."""
    return SimpleNamespace(assets=tuple(range(assets)), close=np.empty(rows))


def test_results_come_in_the_order_of_the_assets():
    """However the threads finish, each asset's part stands at its own place."""
    assert each_asset(market(20, 10**6), lambda asset: asset * asset) == [asset * asset for asset in range(20)]


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core has nothing to share")
def test_many_bars_are_shared_by_threads_and_few_are_not(monkeypatch):
    """Starting threads costs more than a few bars do."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)

    def who(_):
        return threading.get_ident()

    assert set(each_asset(market(4, 1000), who)) == {threading.get_ident()}
    assert threading.get_ident() not in each_asset(market(4, 10**6), who)
