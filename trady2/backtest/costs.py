"""What trading costs, and the cost at which nothing is left."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from trady2.config import BacktestConfig

__all__ = ["Costs", "break_even_cost_bps", "costs_of"]

_BPS = 1e-4


class Costs(NamedTuple):
    """Costs of one side as fractions: *fee* of the money traded, *slippage* of the price, always against us."""

    fee: float
    slippage: float

    @property
    def buy(self) -> float:
        """Money paid for one unit of raw price on the way in: (1 + slippage) (1 + fee)."""
        return (1 + self.slippage) * (1 + self.fee)

    @property
    def sell(self) -> float:
        """Money received for one unit of raw price on the way out: (1 - slippage) (1 - fee)."""
        return (1 - self.slippage) * (1 - self.fee)

    @property
    def round_trip(self) -> float:
        """Share of the money that is lost by buying and selling at one raw price: 1 - sell / buy."""
        return 1 - self.sell / self.buy


def costs_of(config: BacktestConfig) -> Costs:
    """Return the costs of *config* as fractions."""
    return Costs(fee=config.fee_bps * _BPS, slippage=config.slippage_bps * _BPS)


def break_even_cost_bps(entry_price: NDArray[np.float64], exit_price: NDArray[np.float64]) -> float:
    """Return the cost per side, in basis points, at which the compounded trades earn exactly nothing.

    With m the mean of log(exit / entry) over raw prices, (1 - c) / (1 + c) = exp(-m) gives c = tanh(m / 2). A fee f
    and a slippage s act together as atanh c = atanh f + atanh s, about f + s. Negative: no edge before costs.
    NaN without trades.
    """
    if not entry_price.size:
        return math.nan
    return math.tanh(float(np.log(exit_price / entry_price).mean()) / 2) / _BPS
