"""What the defaults find on real bars, beside the base rate, volatility alone, and the ways that fool people.

    python benchmarks/real_bars.py [--data FOLDER] [--seed 0] [--write docs/real-bars.md]

Each file in ``FOLDER/bars`` (by default $TRADY2_SHARED_DATA, or shared/data beside the checkout) is one market: target
"up by what one window in five of the first 30 % reached, within 12 bars", all default features, default zones. On the
test zone, the last fifth of history, it measures

- ``base_rate``: the share of rises before the test zone, for every row;
- ``volatility``: a logistic regression on the logarithm of the trailing volatility, fitted on all zones before;
- ``lightgbm_unpurged``: LightGBM's own defaults, on every row before the zone, labels that reach into it included;
- ``trady2``: the default pipeline, and the verdict of its walk-forward at 10 basis points a side (1 with sessions);

and, on rows of its own, ``lightgbm_shuffled``: the same LightGBM, tested on a random fifth of all rows, as many a
notebook does it. Prints one JSON line, and with ``--write`` puts the table between the marks of a document.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from signals import HORIZON, ROOT, judged, real_markets

METHODS = {
    "base_rate": "base rate",
    "volatility": "volatility alone",
    "lightgbm_unpurged": "LightGBM, unpurged",
    "lightgbm_shuffled": "LightGBM, shuffled rows",
    "trady2": "Trady2",
}
MEASURES = ("log_loss_skill", "roc_auc", "direction_skill")
ROUNDS = 100
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->\n"


def main() -> int:
    """Measure every market and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("TRADY2_SHARED_DATA") or str(ROOT / "shared" / "data"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", metavar="DOCUMENT")
    arguments = parser.parse_args()
    folder = Path(arguments.data) / "bars"
    if not folder.is_dir():
        print(json.dumps({"benchmark": "real_bars", "skipped": f"there are no real bars in {folder}; name --data"}))
        return 0
    found = {name: market(bars, {**rules, "seed": arguments.seed}) for name, bars, rules in real_markets(folder)}
    if arguments.write:
        document = Path(arguments.write)
        before, after = document.read_text("utf-8").split(BEGIN)[0], document.read_text("utf-8").split(END)[1]
        document.write_text(before + BEGIN + table(found) + END + after, "utf-8")
    print(json.dumps({"benchmark": "real_bars", "seed": arguments.seed, "markets": found}))
    return 0


def market(bars: object, rules: dict) -> dict:
    """Return what each method reaches on one market."""
    from trady2.config import Config
    from trady2.data.panel import Panel
    from trady2.features import build
    from trady2.learning.learn import learn
    from trady2.learning.runs import complete_rows
    from trady2.learning.volatility import trailing_volatility

    panel, config = Panel.from_frame(build(bars)), Config(**rules)
    learned, calm = learn(panel, config), trailing_volatility(panel, HORIZON)
    labels, zones = learned.labels, learned.zones
    usable = np.flatnonzero(complete_rows(panel) & (labels.label >= 0))
    before = usable[panel.decision_time[usable] < zones.start["test"]]
    known, rises = np.concatenate([zones.rows[name] for name in zones.names[:-1]]), labels.label == 1
    shuffled = np.random.default_rng(config.seed).permutation(usable)
    part, rest = np.sort(shuffled[: len(shuffled) // 5]), np.sort(shuffled[len(shuffled) // 5 :])
    test = zones.rows["test"]
    said = {
        "base_rate": (test, np.full(len(test), rises[known].mean())),
        "volatility": (test, by_volatility(np.log(calm), rises, known, test)),
        "lightgbm_unpurged": (test, by_trees(panel.features, rises, before, test, config.seed)),
        "lightgbm_shuffled": (part, by_trees(panel.features, rises, rest, part, config.seed)),
    }
    figures = {name: measured(panel, labels, calm, rows, chance) for name, (rows, chance) in said.items()}
    card = learned.scorecard.as_json()
    ours = judged(panel, rules, "expected_return")
    return {
        "rows": len(panel),
        "return_threshold": rules["target"]["return_threshold"],
        "prevalence": round(float(rises[test].mean()), 4),
        "n_eff": round(learned.scorecard.n_eff),
        **{name: shown(figure) for name, figure in figures.items()},
        "trady2": shown(card),
        "walk_forward": {key: ours[key] for key in ("label", "direction_skill", "direction_t", "timing_t", "trades")},
    }


def by_volatility(logged: np.ndarray, rises: np.ndarray, known: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return the probabilities of a logistic regression on one number."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().fit(logged[known, None], rises[known])
    return fitted.predict_proba(logged[asked, None])[:, 1]


def by_trees(features: np.ndarray, rises: np.ndarray, known: np.ndarray, asked: np.ndarray, seed: int) -> np.ndarray:
    """Return the probabilities of LightGBM's own defaults."""
    import lightgbm

    settings = {"objective": "binary", "verbosity": -1, "seed": seed, "deterministic": True, "force_col_wise": True}
    data = lightgbm.Dataset(features[known], rises[known])
    return lightgbm.train(settings, data, num_boost_round=ROUNDS).predict(features[asked])


def measured(panel: object, labels: object, calm: np.ndarray, rows: np.ndarray, chance: np.ndarray) -> dict:
    """Return the scorecard of *chance* on *rows*."""
    from trady2.learning.scorecard import score

    times, codes = panel.decision_time[rows], panel.asset_code[rows]
    card = score(chance, labels.take(rows), times, codes, calm[rows], threshold=0.5, horizon_steps=HORIZON)
    return card.as_json()


def shown(card: Mapping) -> dict:
    """Return the measures that the table shows, each with its 90 % interval."""
    ends = card["intervals"]
    return {name: [rounded(card[name]), rounded(ends[name]["low"]), rounded(ends[name]["high"])] for name in MEASURES}


def rounded(value: float | None) -> float | None:
    """Return four decimals."""
    return None if value is None else round(value, 4)


def table(found: Mapping[str, Mapping]) -> str:
    """Return the table as Markdown."""
    lines = ["| market | method | log-loss skill | ROC-AUC | direction skill |", "|---|---|---|---|---|"]
    for name, figures in found.items():
        share = f"{figures['prevalence']:.0%} rise {figures['return_threshold']:.2%}"
        about = f"**{name}**, {figures['rows']:,} bars, {share}, n_eff {figures['n_eff']:,}"
        for method, title in METHODS.items():
            cells = " | ".join(cell(figures[method][measure]) for measure in MEASURES)
            lines.append(f"| {about} | {title} | {cells} |")
            about = ""
        walk = figures["walk_forward"]
        told = f"verdict **{walk['label']}**: direction t {walk['direction_t']}, timing t {walk['timing_t']}"
        lines.append(
            f"| | Trady2, walked along history | {told}, {walk['trades']} trades | | {walk['direction_skill']:.3f} |"
        )
    return "\n".join(lines) + "\n"


def cell(figures: list[float | None]) -> str:
    """Return value and interval."""
    value, low, high = figures
    return "—" if value is None else f"{value:.3f}" + ("" if low is None else f" [{low:.3f}, {high:.3f}]")


if __name__ == "__main__":
    sys.exit(main())
