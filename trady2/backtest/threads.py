"""Assets side by side: the compiled core leaves the interpreter lock alone, so threads share the cores."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from trady2.cores import available_cores

if TYPE_CHECKING:
    from trady2.backtest.market import Market

__all__ = ["each_asset"]

_Part = TypeVar("_Part")
_ROWS_WORTH_A_THREAD = 100_000


def each_asset(market: Market, work: Callable[[int], _Part]) -> list[_Part]:
    """Return what *work* gives for each asset's position, in order; on all cores where there are many bars."""
    assets = range(len(market.assets))
    workers = min(available_cores(), len(assets), market.close.size // _ROWS_WORTH_A_THREAD)
    if workers < 2:
        return [work(asset) for asset in assets]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, assets))
