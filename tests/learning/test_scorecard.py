from __future__ import annotations

import json
import os

import numpy as np
import pytest
from scipy.signal import lfilter
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, precision_score, roc_auc_score

from benchmarks.interval_coverage import BAND, SCENARIOS, coverage
from trady2.errors import DataError
from trady2.learning.calibrator import sigmoid
from trady2.learning.scorecard import BY_SIGNAL, Scorecard, score
from trady2.learning.target import Labels
from trady2.stats.bootstrap import block_interval

HOURS = np.datetime64("2000-01-01", "us") + np.arange(300_000) * np.timedelta64(1, "h")


def market(rows: int, horizon: int, *, slow: float, skill: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a score with memory that knows *skill* of the overlapping forward returns, and those returns."""
    generator = np.random.default_rng(seed)
    steps = generator.standard_normal(rows + horizon)
    forward = np.convolve(steps, np.ones(horizon), "valid")[1 : rows + 1] / np.sqrt(horizon)
    noise = lfilter([np.sqrt(1 - slow**2)], [1, -slow], generator.standard_normal(rows + 200))[200:]
    return noise + skill * forward, forward


def labels_of(forward: np.ndarray, horizon: int, limit: float = 0.8) -> Labels:
    """Return the labels of forward returns on an hourly clock."""
    direction = np.where(forward >= limit, 1, np.where(forward <= -limit, -1, 0)).astype(np.int8)
    ends = HOURS[: len(forward)] + np.timedelta64(horizon, "h")
    return Labels((direction == 1).astype(np.int8), ends, forward, direction)


def card(rows: int = 3000, horizon: int = 12, *, slow: float = 0.9, skill: float = 0.3, seed: int = 0) -> Scorecard:
    """Return the scorecard of such a market."""
    raw, forward = market(rows, horizon, slow=slow, skill=skill, seed=seed)
    return scored(sigmoid(0.3 * raw - 1), labels_of(forward, horizon), horizon=horizon)


def scored(probability: np.ndarray, labels: Labels, *, horizon: int = 12, **changes: object) -> Scorecard:
    """Return a scorecard on an hourly clock of one asset with an uninformative baseline."""
    rows = len(probability)
    given = {
        "decision_time": HOURS[:rows],
        "asset_code": np.zeros(rows, np.int32),
        "volatility": (np.arange(rows) * 7919 % 1009).astype(float),
        "threshold": 0.35,
        "horizon_steps": horizon,
        **changes,
    }
    return score(probability, labels, **given)  # type: ignore[arg-type]


def test_values_equal_scikit_learn() -> None:
    """Every measure that scikit-learn has is scikit-learn's."""
    raw, forward = market(2000, 12, slow=0.9, skill=0.3, seed=0)
    probability, labels = np.round(sigmoid(0.3 * raw - 1), 2), labels_of(forward, 12)
    found, positive, moved = scored(probability, labels), labels.label == 1, labels.direction != 0
    base = log_loss(positive, np.full(2000, positive.mean()))
    expected = {
        "log_loss": log_loss(positive, probability),
        "log_loss_skill": 1 - log_loss(positive, probability) / base,
        "brier": brier_score_loss(positive, probability),
        "roc_auc": roc_auc_score(positive, probability),
        "pr_auc": average_precision_score(positive, probability),
        "prevalence": positive.mean(),
        "precision_at_threshold": precision_score(positive, probability > 0.35),
        "signal_rate": (probability > 0.35).mean(),
        "mean_return_at_threshold": forward[probability > 0.35].mean(),
        "direction_auc": roc_auc_score(labels.direction[moved] == 1, probability[moved]),
        "down_auc": roc_auc_score(labels.direction == -1, probability),
    }
    assert {name: getattr(found, name) for name in expected} == pytest.approx(expected, abs=1e-12)
    assert (found.n, found.n_blocks, found.block_bars) == (2000, 33, 60)


def test_reliability_equals_scikit_learn() -> None:
    """The reliability table is scikit-learn's calibration curve over tenths of the rows."""
    raw, forward = market(2000, 12, slow=0.9, skill=0.3, seed=0)
    labels = labels_of(forward, 12)
    observed, probability = calibration_curve(labels.label, sigmoid(raw), n_bins=10, strategy="quantile")
    table = scored(sigmoid(raw), labels).reliability
    assert [row["probability"] for row in table] == pytest.approx(probability.tolist(), abs=1e-3)
    assert [row["observed"] for row in table] == pytest.approx(observed.tolist(), abs=5e-3)
    assert sum(row["rows"] for row in table) == 2000


def test_volatility_alone_is_no_direction() -> None:
    """A score that knows only how much will move has an AUC, and none against down-moves or within volatility."""
    generator = np.random.default_rng(1)
    spread = np.exp(lfilter([0.05], [1, -0.99], generator.standard_normal(40_000)))
    forward = spread * generator.standard_normal(40_000)
    found = scored(sigmoid(spread - 2), labels_of(forward, 1, 1.5), horizon=1, volatility=spread)
    assert found.roc_auc > 0.55
    assert found.volatility_auc == pytest.approx(found.roc_auc, abs=1e-9)
    assert found.down_auc == pytest.approx(found.roc_auc, abs=0.03)
    for name in ("direction_auc", "direction_skill"):
        assert found.metrics[name].low < 0.5 < found.metrics[name].high


def test_direction_shows_within_volatility() -> None:
    """A score that knows direction and volatility keeps its direction skill within fifths of the volatility."""
    generator = np.random.default_rng(2)
    spread = np.exp(lfilter([0.05], [1, -0.99], generator.standard_normal(20_000)))
    forward = spread * generator.standard_normal(20_000)
    raw = 0.5 * forward / spread + spread + generator.standard_normal(20_000)
    found = scored(sigmoid(raw - 2), labels_of(forward, 1, 1.0), horizon=1, volatility=spread)
    assert found.metrics["direction_skill"].low > 0.6
    assert found.direction_skill > found.direction_auc
    assert found.down_auc < found.roc_auc


def test_direction_skill_by_hand() -> None:
    """The score is ranked among the movers of each fifth of volatility, and the ranks of all are compared."""
    raw, forward = market(1000, 4, slow=0.5, skill=0.4, seed=5)
    labels, volatility = labels_of(forward, 4), np.random.default_rng(6).permutation(1000).astype(float)
    movers = np.flatnonzero(labels.direction)
    by_volatility = movers[np.argsort(volatility[movers])]
    ranks = np.empty(1000)
    for part in range(5):
        rows = by_volatility[len(movers) * part // 5 : len(movers) * (part + 1) // 5]
        ranks[rows[np.argsort(raw[rows])]] = (np.arange(len(rows)) + 0.5) / len(rows)
    expected = roc_auc_score(labels.direction[movers] == 1, ranks[movers])
    assert scored(sigmoid(raw), labels, horizon=4, volatility=volatility).direction_skill == pytest.approx(
        expected, abs=2e-3
    )


def test_the_signals_score_has_its_own_measures() -> None:
    """What tells direction or lies above the threshold is measured by the score, all else by the probability."""
    raw, forward = market(2000, 12, slow=0.9, skill=0.3, seed=0)
    labels = labels_of(forward, 12)
    probability, other = sigmoid(0.3 * raw - 1), sigmoid(0.5 * np.roll(raw, 7))
    plain, ranked = scored(probability, labels), scored(probability, labels, signal_score=other)
    swapped = scored(other, labels)
    assert set(BY_SIGNAL) < set(ranked.metrics)
    for name in ranked.metrics:
        assert ranked.metrics[name] == (swapped if name in BY_SIGNAL else plain).metrics[name]
    assert ranked.reliability == plain.reliability
    assert (plain.signal_kind, ranked.signal_kind) == ("probability", "expected_return")
    assert (ranked.as_json()["signal_kind"], ranked.as_json()["by_signal"]) == ("expected_return", list(BY_SIGNAL))


def test_scores_of_rows_without_a_probability_are_left_out() -> None:
    """The score is taken from the rows that are measured, in their order."""
    raw, forward = market(600, 12, slow=0.9, skill=0.3, seed=0)
    labels, probability = labels_of(forward, 12), sigmoid(0.3 * raw - 1)
    probability[::7] = np.nan
    found = scored(probability, labels, signal_score=np.where(np.isnan(probability), np.nan, sigmoid(-raw)))
    known = np.isfinite(probability) & (labels.direction != 0)
    assert found.direction_auc == pytest.approx(roc_auc_score(labels.direction[known] == 1, -raw[known]))


def test_independent_labels_are_counted_in_each_asset() -> None:
    """Labels of 12 bars on every bar amount to a twelfth of the rows; two assets to twice that, promised by one."""
    one = card(2500, 12)
    assert one.n_eff == pytest.approx(2500 / 12, rel=0.01)
    assert one.promised
    assert not card(2300, 12).promised
    raw, forward = market(3000, 12, slow=0.5, skill=0.0, seed=0)
    labels = labels_of(np.tile(forward[:1500], 2), 12)
    ends = np.tile(labels.label_end[:1500], 2)
    both = Labels(labels.label, ends, labels.forward_return, labels.direction)
    clock, codes = np.tile(HOURS[:1500], 2), np.repeat([0, 1], 1500)
    pooled = scored(sigmoid(raw), both, decision_time=clock, asset_code=codes)
    assert pooled.n_eff == pytest.approx(250, rel=0.01)
    assert not pooled.promised
    assert pooled.n_blocks == 25


def test_assets_that_move_together_are_drawn_together() -> None:
    """A second asset that copies the first adds rows, but makes no interval narrower."""
    raw, forward = market(3000, 12, slow=0.9, skill=0.3, seed=0)
    labels = labels_of(forward, 12)
    one = scored(sigmoid(raw), labels)
    twice = Labels(
        *(np.tile(getattr(labels, name), 2) for name in ("label", "label_end", "forward_return", "direction"))
    )
    volatility = np.tile((np.arange(3000) * 7919 % 1009).astype(float), 2)
    clock, codes = np.tile(HOURS[:3000], 2), np.repeat([0, 1], 3000)
    both = scored(np.tile(sigmoid(raw), 2), twice, decision_time=clock, asset_code=codes, volatility=volatility)
    for name in ("roc_auc", "brier", "precision_at_threshold"):
        assert both.metrics[name] == pytest.approx(one.metrics[name], abs=1e-9)


def test_rows_without_a_probability_or_label() -> None:
    """Rows that have no probability or no label change nothing but the count."""
    raw, forward = market(2400, 12, slow=0.9, skill=0.3, seed=0)
    labels = labels_of(forward, 12)
    probability, label = sigmoid(raw), labels.label.copy()
    probability[2000:2200], label[2200:] = np.nan, -1
    holed = Labels(label, labels.label_end, labels.forward_return, labels.direction)
    found = scored(probability, holed)
    whole = scored(sigmoid(raw)[:2000], labels.take(np.arange(2000)), volatility=(np.arange(2000) * 7919 % 1009) * 1.0)
    assert found.metrics == whole.metrics
    assert (found.n, found.n_without_probability) == (2000, 200)


def test_nothing_to_measure() -> None:
    """Without a single row that has both, there is an error."""
    labels = labels_of(np.zeros(5), 1)
    with pytest.raises(DataError, match=r"none of 5 rows has both a probability and a label"):
        scored(np.full(5, np.nan), labels)


def test_what_is_not_defined_is_none() -> None:
    """No signals and one class only give None in strict JSON, and no warning."""
    found = scored(np.full(300, 0.1), labels_of(np.zeros(300), 1), horizon=1)
    plain = json.loads(json.dumps(found.as_json(), allow_nan=False))
    undefined = {"precision_at_threshold", "roc_auc", "pr_auc", "direction_auc", "log_loss_skill"}
    assert {plain[name] for name in undefined} == {None}
    assert plain["brier"] == pytest.approx(0.01)
    assert plain["intervals"]["roc_auc"] == {"low": None, "high": None}
    assert plain["signal_rate"] == 0


def test_names_of_the_measures() -> None:
    """The JSON holds every promised measure as a number with its interval, and a wrong name is told the right ones."""
    found = card()
    plain = found.as_json()
    assert set(plain["intervals"]) == set(found.metrics)  # type: ignore[call-overload]
    assert all(isinstance(plain[name], float) for name in found.metrics)
    assert {"n", "n_eff", "promised", "threshold", "level", "block_bars", "n_blocks", "reliability"} < set(plain)
    with pytest.raises(AttributeError, match=r"a scorecard has no 'accuracy'; it has log_loss, "):
        _ = found.accuracy


def test_intervals_are_made_of_pieces_of_blocks() -> None:
    """The interval of the Brier score is that of eighths of blocks; the one of the log-loss skill is symmetric."""
    raw, forward = market(2400, 12, slow=0.9, skill=0.3, seed=0)
    labels, probability = labels_of(forward, 12), sigmoid(0.3 * raw - 1)
    found = scored(probability, labels).metrics
    squares = np.square(probability - labels.label)
    pieces = np.split(squares, [int(np.ceil(7.5 * piece)) for piece in range(1, 320)])
    sums = np.array([[piece.sum(), len(piece)] for piece in pieces])
    by_hand = block_interval(lambda parts: parts[..., 0] / parts[..., 1], sums, pieces_per_block=8)
    np.testing.assert_allclose(found["brier"], by_hand, rtol=1e-9)
    skill = found["log_loss_skill"]
    assert skill.high - skill.value == pytest.approx(skill.value - skill.low)
    assert found["brier"].high - found["brier"].value != pytest.approx(found["brier"].value - found["brier"].low)


def test_same_seed_same_card() -> None:
    """The seed decides every interval."""
    assert card() == card()


LONG = bool(os.environ.get("TRADY2_LONG"))
SHORT_FORM = "200 labels, skill"


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_intervals_cover_what_they_promise(name: str) -> None:
    """On simulated markets with overlapping labels and a truth in closed form, 90 % intervals hold it in 87 to 93 %.

    In the short form 200 cases of one market have to come within three errors of counting.
    """
    if not LONG and name != SHORT_FORM:
        pytest.skip("takes minutes: make test LONG=1 runs it")
    cases, low, high = (1000, *BAND) if LONG else (200, 0.835, 0.965)
    found = coverage(SCENARIOS[name], cases)
    assert {measure: share for measure, share in found.items() if not low <= share <= high} == {}
