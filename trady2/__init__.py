"""Trady2 trains, judges, versions, activates, serves and watches models of short-term upward price moves.

The packages in the order of the flow; each stage is a library function, each imports only from those before it:

    data       files of bars → checked bars, feature vectors on disk, simulated markets
    features   bars → feature vectors, each from bars up to and including its own
    backtest   bars and probabilities → trades, equity, metrics
    learning   vectors → label → zones → fit → calibrate → threshold → scorecard
    registry   a fitted model → a version in the BentoML store → `<name>:active`, and the ledger of it all
    guards     features, labels, zones, results, delivered data → a leak certificate
    serving    a request → the answer of the active version
    reports    report.json and report.html

Below them lie `stats` (numerics on arrays), `config`, `files`, `home`, `cores` and `errors`. Nothing here knows Prefect
or a server: `flows/` and `service/` stand on top. All times are UTC; a bar carries its open time, and is known at its
close.

>>> from trady2.backtest import BacktestConfig, run
>>> from trady2.data import simulate_bars
>>> from trady2.features import build
>>> bars = simulate_bars(1_500, seed=1)
>>> vectors = build(bars)
>>> up = (vectors["close"] > vectors["open"]).to_numpy(float)
>>> backtest = run(bars, up, BacktestConfig(threshold=0.5, hold_bars=12, fee_bps=10))
>>> len(vectors) == len(bars), backtest.metrics["total_return"] < 0
(True, True)
"""
