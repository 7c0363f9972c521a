"""Pure numerics on arrays: no frames, no files, no configuration.

- `returns`: growth, spread, shape and tails of a series of returns;
- `calendar`: returns of days, months and years; `growth`: how fast and how steadily;
- `sharpe`: return for risk; `serial`: what serial correlation takes off it; `unbiased_moments`: of a small sample;
- `risk`: downside, tails and the ratios named after them; `relative`: beside a benchmark;
- `drawdown`: how deep and how long below the peak; `recovery`: how it came back;
- `trades`: what a list of trades says;
- `probabilistic_sharpe`: how sure a Sharpe ratio is, deflated by the number of trials, and how long a record must be;
- `backtest_overfitting`: how often the best of many is below the middle afterwards (CSCV);
- `effective_number`: how many independent trials there were; `superior_ability`: Hansen's test against a benchmark;
- `auc`: ranking areas, and the placements that make their bootstrap cheap;
- `resampling`: the same returns in another order; `block_length`: in blocks how long;
- `bootstrap`: studentised intervals from sums of blocks; `overlap`: how many independent labels there are.

    from trady2.stats import max_drawdown, period_returns, sharpe_ratio

    sharpe_ratio(period_returns(equity), periods_per_year=8766)
    max_drawdown(equity)

Everywhere: NaN for a figure that is not defined, fractions for returns, annual only where the name or the docstring
says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trady2.lazy import lazy_names

if TYPE_CHECKING:
    from trady2.stats.backtest_overfitting import PBO, probability_of_backtest_overfitting
    from trady2.stats.block_length import optimal_block_length
    from trady2.stats.calendar import calendar_ends, calendar_returns
    from trady2.stats.drawdown import (
        DrawdownPeriods,
        average_drawdown,
        calmar_ratio,
        drawdown_periods,
        max_drawdown,
        ulcer_index,
        underwater,
    )
    from trady2.stats.effective_number import EffectiveTrials, effective_trials
    from trady2.stats.growth import geometric_mean, log_equity_r_squared
    from trady2.stats.probabilistic_sharpe import (
        SharpeMoments,
        deflated_sharpe_ratio,
        expected_maximum_sharpe,
        minimum_backtest_length,
        minimum_track_record_length,
        probabilistic_sharpe_ratio,
        sharpe_moments,
    )
    from trady2.stats.recovery import Recoveries, bottoms, recoveries
    from trady2.stats.relative import correlation, down_capture, tracking_error, treynor_ratio, up_capture
    from trady2.stats.resampling import BootstrapPaths, stationary_bootstrap
    from trady2.stats.returns import (
        alpha_beta,
        annual_volatility,
        cagr,
        conditional_value_at_risk,
        gain_to_pain_ratio,
        kurtosis,
        omega_ratio,
        period_returns,
        skewness,
        tail_ratio,
        total_return,
        value_at_risk,
    )
    from trady2.stats.risk import (
        conditional_drawdown_at_risk,
        downside_volatility,
        martin_ratio,
        normal_conditional_value_at_risk,
        normal_value_at_risk,
        serenity_ratio,
        variance_skewness,
    )
    from trady2.stats.serial import autocorrelation, autocorrelation_penalty
    from trady2.stats.sharpe import information_ratio, sharpe_ratio, sortino_ratio
    from trady2.stats.superior_ability import SPA, superior_predictive_ability
    from trady2.stats.trades import (
        cpc_index,
        edge_ratio,
        expectancy,
        kelly_criterion,
        longest_run,
        outlier_loss_ratio,
        outlier_win_ratio,
        payoff_ratio,
        profit_factor,
        risk_of_ruin,
        sqn,
        win_rate,
    )
    from trady2.stats.unbiased_moments import unbiased_kurtosis, unbiased_skewness

__all__ = [
    "PBO",
    "SPA",
    "BootstrapPaths",
    "DrawdownPeriods",
    "EffectiveTrials",
    "Recoveries",
    "SharpeMoments",
    "alpha_beta",
    "annual_volatility",
    "autocorrelation",
    "autocorrelation_penalty",
    "average_drawdown",
    "bottoms",
    "cagr",
    "calendar_ends",
    "calendar_returns",
    "calmar_ratio",
    "conditional_drawdown_at_risk",
    "conditional_value_at_risk",
    "correlation",
    "cpc_index",
    "deflated_sharpe_ratio",
    "down_capture",
    "downside_volatility",
    "drawdown_periods",
    "edge_ratio",
    "effective_trials",
    "expectancy",
    "expected_maximum_sharpe",
    "gain_to_pain_ratio",
    "geometric_mean",
    "information_ratio",
    "kelly_criterion",
    "kurtosis",
    "log_equity_r_squared",
    "longest_run",
    "martin_ratio",
    "max_drawdown",
    "minimum_backtest_length",
    "minimum_track_record_length",
    "normal_conditional_value_at_risk",
    "normal_value_at_risk",
    "omega_ratio",
    "optimal_block_length",
    "outlier_loss_ratio",
    "outlier_win_ratio",
    "payoff_ratio",
    "period_returns",
    "probabilistic_sharpe_ratio",
    "probability_of_backtest_overfitting",
    "profit_factor",
    "recoveries",
    "risk_of_ruin",
    "serenity_ratio",
    "sharpe_moments",
    "sharpe_ratio",
    "skewness",
    "sortino_ratio",
    "sqn",
    "stationary_bootstrap",
    "superior_predictive_ability",
    "tail_ratio",
    "total_return",
    "tracking_error",
    "treynor_ratio",
    "ulcer_index",
    "unbiased_kurtosis",
    "unbiased_skewness",
    "underwater",
    "up_capture",
    "value_at_risk",
    "variance_skewness",
    "win_rate",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "alpha_beta": "trady2.stats.returns",
        "annual_volatility": "trady2.stats.returns",
        "autocorrelation": "trady2.stats.serial",
        "autocorrelation_penalty": "trady2.stats.serial",
        "average_drawdown": "trady2.stats.drawdown",
        "BootstrapPaths": "trady2.stats.resampling",
        "bottoms": "trady2.stats.recovery",
        "cagr": "trady2.stats.returns",
        "calendar_ends": "trady2.stats.calendar",
        "calendar_returns": "trady2.stats.calendar",
        "calmar_ratio": "trady2.stats.drawdown",
        "conditional_drawdown_at_risk": "trady2.stats.risk",
        "conditional_value_at_risk": "trady2.stats.returns",
        "correlation": "trady2.stats.relative",
        "cpc_index": "trady2.stats.trades",
        "deflated_sharpe_ratio": "trady2.stats.probabilistic_sharpe",
        "down_capture": "trady2.stats.relative",
        "downside_volatility": "trady2.stats.risk",
        "drawdown_periods": "trady2.stats.drawdown",
        "DrawdownPeriods": "trady2.stats.drawdown",
        "edge_ratio": "trady2.stats.trades",
        "effective_trials": "trady2.stats.effective_number",
        "EffectiveTrials": "trady2.stats.effective_number",
        "expectancy": "trady2.stats.trades",
        "expected_maximum_sharpe": "trady2.stats.probabilistic_sharpe",
        "gain_to_pain_ratio": "trady2.stats.returns",
        "geometric_mean": "trady2.stats.growth",
        "information_ratio": "trady2.stats.sharpe",
        "kelly_criterion": "trady2.stats.trades",
        "kurtosis": "trady2.stats.returns",
        "log_equity_r_squared": "trady2.stats.growth",
        "longest_run": "trady2.stats.trades",
        "martin_ratio": "trady2.stats.risk",
        "max_drawdown": "trady2.stats.drawdown",
        "minimum_backtest_length": "trady2.stats.probabilistic_sharpe",
        "minimum_track_record_length": "trady2.stats.probabilistic_sharpe",
        "normal_conditional_value_at_risk": "trady2.stats.risk",
        "normal_value_at_risk": "trady2.stats.risk",
        "omega_ratio": "trady2.stats.returns",
        "optimal_block_length": "trady2.stats.block_length",
        "outlier_loss_ratio": "trady2.stats.trades",
        "outlier_win_ratio": "trady2.stats.trades",
        "payoff_ratio": "trady2.stats.trades",
        "PBO": "trady2.stats.backtest_overfitting",
        "period_returns": "trady2.stats.returns",
        "probabilistic_sharpe_ratio": "trady2.stats.probabilistic_sharpe",
        "probability_of_backtest_overfitting": "trady2.stats.backtest_overfitting",
        "profit_factor": "trady2.stats.trades",
        "Recoveries": "trady2.stats.recovery",
        "recoveries": "trady2.stats.recovery",
        "risk_of_ruin": "trady2.stats.trades",
        "serenity_ratio": "trady2.stats.risk",
        "sharpe_moments": "trady2.stats.probabilistic_sharpe",
        "sharpe_ratio": "trady2.stats.sharpe",
        "SharpeMoments": "trady2.stats.probabilistic_sharpe",
        "skewness": "trady2.stats.returns",
        "sortino_ratio": "trady2.stats.sharpe",
        "SPA": "trady2.stats.superior_ability",
        "sqn": "trady2.stats.trades",
        "stationary_bootstrap": "trady2.stats.resampling",
        "superior_predictive_ability": "trady2.stats.superior_ability",
        "tail_ratio": "trady2.stats.returns",
        "total_return": "trady2.stats.returns",
        "tracking_error": "trady2.stats.relative",
        "treynor_ratio": "trady2.stats.relative",
        "ulcer_index": "trady2.stats.drawdown",
        "unbiased_kurtosis": "trady2.stats.unbiased_moments",
        "unbiased_skewness": "trady2.stats.unbiased_moments",
        "underwater": "trady2.stats.drawdown",
        "up_capture": "trady2.stats.relative",
        "value_at_risk": "trady2.stats.returns",
        "variance_skewness": "trady2.stats.risk",
        "win_rate": "trady2.stats.trades",
    },
)
