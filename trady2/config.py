"""configs/*.yaml as frozen, strict, typed sections.

One class per section; the class ``TargetConfig`` is the section ``target:`` and the module
``learning/target.py``. Numbers carry their unit in the name; fractions are fractions (0.01 is 1 %).
An unknown key or a wrong type is an error that names the key and the nearest right one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from trady2.backtest_config import BacktestConfig
from trady2.config_fields import Calendar, Strings, Timeframe, UtcTime
from trady2.config_serve import ServeConfig
from trady2.config_study import StudyConfig
from trady2.config_tuning import TuneConfig, check_space
from trady2.section import Section, nearest
from trady2.yaml_file import read_yaml

__all__ = [
    "BacktestConfig",
    "BarsConfig",
    "Calendar",
    "Config",
    "DataConfig",
    "FeaturesConfig",
    "ModelConfig",
    "MonitorConfig",
    "ServeConfig",
    "SplitConfig",
    "StudyConfig",
    "SweepConfig",
    "TargetConfig",
    "TuneConfig",
    "WalkForwardConfig",
    "load_config",
]


class BarsConfig(Section):
    """What the bars are."""

    timeframe: Timeframe = "1h"
    calendar: Calendar = "24/7"


class FeaturesConfig(Section):
    """Which features are computed; None means the default set of `trady2.features`.

    `higher_indicators` are taken from each of the `higher_timeframes`, with windows in their longer bars.
    """

    indicators: Mapping[str, Mapping[str, Any]] | None = None
    higher_timeframes: Annotated[tuple[Timeframe, ...], Field(strict=False)] = ("4h", "1d")
    higher_indicators: Mapping[str, Mapping[str, Any]] | None = None
    market_leader: str | None = None
    builder: Annotated[str | None, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")] = None


class DataConfig(Section):
    """Where bars and feature vectors lie, and which of them are used."""

    bars: str = "data/bars"
    vectors: str = "data/vectors"
    assets: Strings = ()
    start: UtcTime | None = None
    end: UtcTime | None = None


class TargetConfig(Section):
    """What is predicted: that the close is `return_threshold` higher, `horizon_steps` bars ahead."""

    horizon_steps: Annotated[int, Field(ge=1)]
    return_threshold: Annotated[float, Field(ge=0, lt=10)]
    calendar: Calendar = "24/7"


class SplitConfig(Section):
    """Shares of history, in time order; `threshold` 0 lets calibration and threshold share one zone."""

    train: Annotated[float, Field(gt=0, lt=1)] = 0.6
    stop: Annotated[float, Field(gt=0, lt=1)] = 0.08
    calibrate: Annotated[float, Field(gt=0, lt=1)] = 0.06
    threshold: Annotated[float, Field(ge=0, lt=1)] = 0.06
    test: Annotated[float, Field(gt=0, lt=1)] = 0.2
    embargo_bars: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _shares_fill_history(self) -> Self:
        total = self.train + self.stop + self.calibrate + self.threshold + self.test
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the shares add up to {total:g}; make them add up to 1")
        return self


class WalkForwardConfig(Section):
    """How often a model is trained again along history, and over how much of it, to be judged by what it said then."""

    n_folds: Annotated[int, Field(ge=2, le=100)] = 12
    out_of_sample_share: Annotated[float, Field(gt=0, lt=1)] = 0.7


class ModelConfig(Section):
    """LightGBM's parameters under its own names, how long it may learn, and what is made of its scores."""

    max_rounds: Annotated[int, Field(ge=1)] = 1000
    early_stopping_rounds: Annotated[int, Field(ge=1)] = 50
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.02
    num_leaves: Annotated[int, Field(ge=2)] = 31
    max_depth: int = -1
    min_data_in_leaf: Annotated[int, Field(ge=1)] = 500
    lambda_l1: Annotated[float, Field(ge=0)] = 0.0
    lambda_l2: Annotated[float, Field(ge=0)] = 20.0
    extra_trees: bool = True
    feature_fraction: Annotated[float, Field(gt=0, le=1)] = 0.1
    bagging_fraction: Annotated[float, Field(gt=0, le=1)] = 0.7
    bagging_freq: Annotated[int, Field(ge=0)] = 1
    max_bin: Annotated[int, Field(ge=2, le=255)] = 255
    num_threads: Annotated[int, Field(ge=0)] = 0
    calibration: Literal["auto", "identity", "platt", "beta", "isotonic"] = "auto"
    signal: Literal["expected_return", "probability"] = "expected_return"

    @model_validator(mode="before")
    @classmethod
    def _refuse_what_spoils_probabilities(cls, values: object) -> object:
        reasons = {
            "is_unbalance": "it distorts probabilities; the threshold handles imbalance",
            "scale_pos_weight": "it distorts probabilities; the threshold handles imbalance",
            "linear_tree": "it gives other trees with another number of threads",
            "use_quantized_grad": "it gives other trees with another number of threads",
        }
        for key in reasons.keys() & (values.keys() if isinstance(values, Mapping) else ()):
            raise ValueError(f"{key} is refused: {reasons[key]}; remove it")
        return values


# fmt: off
RankingMetric = Literal[
    "sharpe_ratio", "sortino_ratio", "calmar_ratio", "omega_ratio", "total_return", "cagr", "max_drawdown",
    "profit_factor", "expectancy", "mean_trade_return", "win_rate", "break_even_cost_bps",
]
# fmt: on


class SweepConfig(Section):
    """Which values of `backtest` are tried together; None for the usual few."""

    grid: Mapping[str, Any] | None = None
    threshold_count: Annotated[int, Field(ge=1, le=1000)] = 12
    zone: Literal["threshold", "test"] = "threshold"
    metric: RankingMetric = "sharpe_ratio"

    @model_validator(mode="after")
    def _grid_names_keys_of_backtest(self) -> Self:
        for key in self.grid or {}:
            if key not in BacktestConfig.model_fields:
                raise ValueError(f"unknown key {key!r} in grid: {nearest(key, BacktestConfig.model_fields)}")
        return self


class MonitorConfig(Section):
    """When the service refuses to answer: from a stored vector that is too old, and by a version that is."""

    stale_after_bars: Annotated[float, Field(gt=0)] = 2.0
    expires_after_days: Annotated[float, Field(gt=0, le=36_500)] | None = None


class Config(Section):
    """A whole configuration file. `backtest.hold_bars` follows `target.horizon_steps` where it is left out."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]([-._a-z0-9]{0,61}[a-z0-9])?$")] = "trady2"
    version: Annotated[str, Field(pattern=r"^\d{1,6}\.\d{1,6}\.\d{1,6}$")] = "1.0.0"
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    bars: BarsConfig = BarsConfig()
    features: FeaturesConfig = FeaturesConfig()
    data: DataConfig = DataConfig()
    target: TargetConfig
    split: SplitConfig = SplitConfig()
    model: ModelConfig = ModelConfig()
    walk_forward: WalkForwardConfig = WalkForwardConfig()
    backtest: BacktestConfig
    sweep: SweepConfig = SweepConfig()
    tune: TuneConfig = TuneConfig()
    study: StudyConfig = StudyConfig()
    monitor: MonitorConfig = MonitorConfig()
    serve: ServeConfig = ServeConfig()

    @model_validator(mode="before")
    @classmethod
    def _one_calendar_and_one_horizon(cls, values: object) -> object:
        if not isinstance(values, Mapping) or not isinstance(values.get("target"), Mapping):
            return values
        bars, target = values.get("bars") or {}, values["target"]
        if not isinstance(bars, Mapping):
            return values
        shared = {"calendar": bars.get("calendar", "24/7")}
        backtest = shared | {"hold_bars": target.get("horizon_steps")} | dict(values.get("backtest") or {})
        return {**values, "target": shared | dict(target), "backtest": backtest}

    @model_validator(mode="after")
    def _kelly_bets_by_a_probability(self) -> Self:
        if self.backtest.sizing == "kelly" and self.model.signal != "probability":
            told = f"backtest.sizing kelly bets by the probability of a rise, model.signal is {self.model.signal}"
            raise ValueError(f"{told}; set model.signal: probability, or another sizing")
        return self

    @model_validator(mode="after")
    def _space_fits_the_model(self) -> Self:
        check_space(self.tune.space, self.model)
        return self


def load_config(path: str | Path) -> Config:
    """Read a YAML file into a `Config`; raises NotFoundError without the file, ConfigError for what is wrong in it."""
    return Config.read(read_yaml(Path(path)), source=str(path))
