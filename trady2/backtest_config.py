"""The section `backtest:` of a configuration; `trady2.config` hands it on."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from trady2.config_fields import Calendar
from trady2.section import Section

__all__ = ["BacktestConfig"]


class BacktestConfig(Section):
    """How a probability becomes trades. Stops are fractions of the entry bar's open.

    docs/backtesting.md has the formula of every key. The defaults charge nothing beyond fee and slippage, put
    `fraction` of an asset's own money in each trade, and enter at the next open.
    """

    threshold: Annotated[float | None, Field(ge=0, le=1)] = None
    hold_bars: Annotated[int, Field(ge=1)]
    stop_loss: Annotated[float | None, Field(gt=0, lt=1)] = None
    take_profit: Annotated[float | None, Field(gt=0)] = None
    trailing_stop: Annotated[float | None, Field(gt=0, lt=1)] = None
    fee_bps: Annotated[float, Field(ge=0, lt=10_000)] = 0.0
    slippage_bps: Annotated[float, Field(ge=0, lt=10_000)] = 0.0
    slippage_range_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    impact_bps: Annotated[float, Field(ge=0, lt=10_000)] = 0.0
    funding_bps_per_bar: Annotated[float, Field(gt=-10_000, lt=10_000)] = 0.0
    sizing: Literal["fraction", "volatility", "kelly"] = "fraction"
    fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    target_volatility: Annotated[float, Field(gt=0)] = 0.2
    volatility_bars: Annotated[int, Field(ge=2)] = 168
    kelly_multiplier: Annotated[float, Field(gt=0, le=1)] = 0.5
    kelly_win: Annotated[float | None, Field(gt=0)] = None
    kelly_loss: Annotated[float | None, Field(gt=0)] = None
    max_volume_share: Annotated[float | None, Field(gt=0)] = None
    capital: Literal["each", "shared"] = "each"
    max_positions: Annotated[int | None, Field(ge=1)] = None
    initial_cash: Annotated[float, Field(gt=0)] = 10_000.0
    delay_bars: Annotated[int, Field(ge=0)] = 0
    intrabar: Literal["pessimistic", "optimistic"] = "pessimistic"
    calendar: Calendar = "24/7"

    @model_validator(mode="after")
    def _options_fit_together(self) -> Self:
        if self.max_positions is not None and self.capital == "each":
            raise ValueError(f"max_positions = {self.max_positions} needs one account; add capital: shared")
        if self.sizing == "kelly":
            for odds, level in (("kelly_win", "take_profit"), ("kelly_loss", "stop_loss")):
                if getattr(self, odds) is None and getattr(self, level) is None:
                    raise ValueError(f"sizing: kelly has to know what is at stake; set {odds} or {level}")
        return self
