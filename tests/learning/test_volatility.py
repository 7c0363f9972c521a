from __future__ import annotations

import numpy as np
import pytest

from tests.learning.conftest import panel_of
from trady2.data.panel import Panel
from trady2.learning.volatility import trailing_volatility


@pytest.mark.parametrize(("horizon", "window"), [(1, 48), (12, 48), (30, 120)])
def test_equals_the_root_mean_square_of_the_window(horizon: int, window: int) -> None:
    """Each row holds the root mean square of its own window of log returns, in each asset by itself."""
    panel = panel_of(300, assets=2)
    found = trailing_volatility(panel, horizon)
    for first in (0, 300):
        assert np.isnan(found[first])
        for row in (1, 5, 47, 48, 49, 150, 299):
            closes = panel.close[first + max(row - window, 0) : first + row + 1]
            assert found[first + row] == pytest.approx(np.sqrt(np.mean(np.diff(np.log(closes)) ** 2)))


def test_later_closes_change_nothing() -> None:
    """A row depends on closes up to its own."""
    panel = panel_of(200)
    later = panel.close.copy()
    later[120:] *= 3
    changed = trailing_volatility(Panel(**{**panel.__dict__, "close": later}), 12)
    assert changed[:120].tobytes() == trailing_volatility(panel, 12)[:120].tobytes()


def test_still_prices() -> None:
    """Prices that do not move have no volatility, and rounding gives no NaN."""
    panel = panel_of(200)
    close = np.where(np.arange(200) < 100, panel.close, 50.0)
    assert trailing_volatility(Panel(**{**panel.__dict__, "close": close}), 12)[160:] == pytest.approx(0, abs=1e-9)
