"""Pure numerics on arrays: no frames, no files, no configuration.

- `returns`: growth, spread, shape and tails of a series of returns;
- `sharpe`: return for risk;
- `drawdown`: how deep and how long below the peak;
- `trades`: what a list of trades says;
- `probabilistic_sharpe`: how sure a Sharpe ratio is, deflated by the number of trials, and how long a record must be;
- `backtest_overfitting`: how often the best of many is below the middle afterwards (CSCV);
- `effective_number`: how many independent trials there were; `superior_ability`: Hansen's test against a benchmark;
- `auc`: ranking areas, and the placements that make their bootstrap cheap;
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
    from trady2.stats.probabilistic_sharpe import (
        SharpeMoments,
        deflated_sharpe_ratio,
        expected_maximum_sharpe,
        minimum_backtest_length,
        minimum_track_record_length,
        probabilistic_sharpe_ratio,
        sharpe_moments,
    )
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
    from trady2.stats.sharpe import information_ratio, sharpe_ratio, sortino_ratio
    from trady2.stats.superior_ability import SPA, superior_predictive_ability
    from trady2.stats.trades import expectancy, kelly_criterion, longest_run, payoff_ratio, profit_factor, sqn, win_rate

__all__ = [
    "PBO",
    "SPA",
    "DrawdownPeriods",
    "EffectiveTrials",
    "SharpeMoments",
    "alpha_beta",
    "annual_volatility",
    "average_drawdown",
    "cagr",
    "calmar_ratio",
    "conditional_value_at_risk",
    "deflated_sharpe_ratio",
    "drawdown_periods",
    "effective_trials",
    "expectancy",
    "expected_maximum_sharpe",
    "gain_to_pain_ratio",
    "information_ratio",
    "kelly_criterion",
    "kurtosis",
    "longest_run",
    "max_drawdown",
    "minimum_backtest_length",
    "minimum_track_record_length",
    "omega_ratio",
    "payoff_ratio",
    "period_returns",
    "probabilistic_sharpe_ratio",
    "probability_of_backtest_overfitting",
    "profit_factor",
    "sharpe_moments",
    "sharpe_ratio",
    "skewness",
    "sortino_ratio",
    "sqn",
    "superior_predictive_ability",
    "tail_ratio",
    "total_return",
    "ulcer_index",
    "underwater",
    "value_at_risk",
    "win_rate",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "PBO": "trady2.stats.backtest_overfitting",
        "SPA": "trady2.stats.superior_ability",
        "DrawdownPeriods": "trady2.stats.drawdown",
        "EffectiveTrials": "trady2.stats.effective_number",
        "SharpeMoments": "trady2.stats.probabilistic_sharpe",
        "alpha_beta": "trady2.stats.returns",
        "annual_volatility": "trady2.stats.returns",
        "average_drawdown": "trady2.stats.drawdown",
        "cagr": "trady2.stats.returns",
        "calmar_ratio": "trady2.stats.drawdown",
        "conditional_value_at_risk": "trady2.stats.returns",
        "deflated_sharpe_ratio": "trady2.stats.probabilistic_sharpe",
        "drawdown_periods": "trady2.stats.drawdown",
        "effective_trials": "trady2.stats.effective_number",
        "expectancy": "trady2.stats.trades",
        "expected_maximum_sharpe": "trady2.stats.probabilistic_sharpe",
        "gain_to_pain_ratio": "trady2.stats.returns",
        "information_ratio": "trady2.stats.sharpe",
        "kelly_criterion": "trady2.stats.trades",
        "kurtosis": "trady2.stats.returns",
        "longest_run": "trady2.stats.trades",
        "max_drawdown": "trady2.stats.drawdown",
        "minimum_backtest_length": "trady2.stats.probabilistic_sharpe",
        "minimum_track_record_length": "trady2.stats.probabilistic_sharpe",
        "omega_ratio": "trady2.stats.returns",
        "payoff_ratio": "trady2.stats.trades",
        "period_returns": "trady2.stats.returns",
        "probabilistic_sharpe_ratio": "trady2.stats.probabilistic_sharpe",
        "probability_of_backtest_overfitting": "trady2.stats.backtest_overfitting",
        "profit_factor": "trady2.stats.trades",
        "sharpe_moments": "trady2.stats.probabilistic_sharpe",
        "sharpe_ratio": "trady2.stats.sharpe",
        "skewness": "trady2.stats.returns",
        "sortino_ratio": "trady2.stats.sharpe",
        "sqn": "trady2.stats.trades",
        "superior_predictive_ability": "trady2.stats.superior_ability",
        "tail_ratio": "trady2.stats.returns",
        "total_return": "trady2.stats.returns",
        "ulcer_index": "trady2.stats.drawdown",
        "underwater": "trady2.stats.drawdown",
        "value_at_risk": "trady2.stats.returns",
        "win_rate": "trady2.stats.trades",
    },
)
