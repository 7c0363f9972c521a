from __future__ import annotations

from types import SimpleNamespace

from trady2.reports.trade_section import trade_section


def test_reasons_are_said_in_words(case: SimpleNamespace) -> None:
    """Each reason under its usual name, with counts, shares and money."""
    row = {
        "reason": "stop_loss",
        "trades": 1200,
        "share": 0.25,
        "win_rate": 0.0,
        "mean_net_return": -0.0123,
        "pnl": -5.5,
    }
    (shown,) = trade_section(case.report | {"exit_reasons": [row]})["exits"].rows
    assert shown == ["Stop-loss", "1,200", "25.0\u202f%", "0.0\u202f%", "\u22121.23\u202f%", "\u22125.50"]


def test_a_trade_across_a_gap_says_so(case: SimpleNamespace) -> None:
    """The flag of a trade stands beside its reason."""
    worst = [case.report["worst_trades"][0] | {"gap": True, "exit_reason": "time"}]
    assert trade_section(case.report | {"worst_trades": worst})["worst"].rows[0][-1] == "Held to the end (across a gap)"


def test_best_and_worst_are_the_reports(case: SimpleNamespace) -> None:
    """Both tables begin with the extremes of the trades."""
    shown, net = trade_section(case.report), case.backtest.trades["net_return"]
    assert shown["worst"].rows[0][0] == f"\u2212{-100 * net.min():.2f}\u202f%"
    assert shown["best"].rows[0][0] == f"+{100 * net.max():.2f}\u202f%"
    assert trade_section(case.report | {"best_trades": []})["best"].rows == []


def test_the_bars_that_decided_are_named(case: SimpleNamespace) -> None:
    """Beside the counts stands on which bars stops and targets were decided, where that is known."""
    finer = case.report["intrabar"] | {"resolution": "finer 1m"}
    assert trade_section(case.report | {"intrabar": finer})["intrabar"] == [("Stops decided on", "finer 1m")]
    assert trade_section(case.report | {"intrabar": None})["intrabar"] == []
    assert ("Ambiguous bars", "0") in trade_section(case.report)["counts"]
