from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from trady2.guards.feature_scan import Scanned, scan, scan_outcome


def market(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return features and a direction, both with memory and unrelated."""
    random = np.random.default_rng(seed)
    smooth = np.ones(12) / 12
    features = np.stack([np.convolve(random.normal(size=rows), smooth, "same") for _ in range(5)], axis=1)
    moves = np.convolve(random.normal(size=rows + 11), smooth, "valid")
    return features, np.where(moves > 0.1, 1, np.where(moves < -0.1, -1, 0)).astype(np.int8)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_auc_is_that_of_another_library(seed: int) -> None:
    """Direction AUC and its value a bar earlier agree with scikit-learn, ties and missing values included."""
    features, direction = market(600, seed)
    features = np.round(features, 1)
    features[::7, 0] = np.nan
    for place, found in enumerate(scan(features, list("abcde"), direction)):
        moved = np.flatnonzero(direction != 0)
        for rows, value in ((moved, found.auc), (np.maximum(moved - 1, 0), found.auc_a_bar_earlier)):
            score = features[rows, place]
            known = ~np.isnan(score)
            assert value == pytest.approx(roc_auc_score(direction[moved][known] > 0, score[known]), abs=1e-12)


def test_the_statistic_is_what_its_words_say() -> None:
    """Mean rank share on up-rows less that on down-rows, and its maximum over shifts, by the slow way."""
    features, direction = market(512, 3)
    found = scan(features, list("abcde"), direction)
    share = (np.argsort(np.argsort(features, axis=0), axis=0) + 0.5) / 512
    slow = np.empty((512, 5))
    for shift in range(512):
        rolled = np.roll(direction, -shift)
        slow[shift] = share[rolled == 1].mean(axis=0) - share[rolled == -1].mean(axis=0)
    np.testing.assert_allclose([each.statistic for each in found], np.abs(slow[0]), atol=1e-12)
    spread = np.sqrt(np.mean(slow[128:384] ** 2, axis=0))
    np.testing.assert_allclose([each.spread for each in found], spread, rtol=0.02)
    by_shift = np.abs(slow[128:384]).max(axis=1)
    assert found[0].chance == pytest.approx(np.quantile(by_shift, 0.99), abs=2e-3)


def test_chance_is_rarely_beaten() -> None:
    """Unrelated features with memory beat the 99 % maximum in few of 60 markets, where plain chance would not do."""
    beaten = sum(any(each.beyond_chance for each in scan(*_named(market(1_500, seed)))) for seed in range(60))
    assert beaten <= 4


def _named(made: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, list[str], np.ndarray]:
    return made[0], list("abcde"), made[1]


def test_a_feature_that_knows_is_hard_beyond_the_cap() -> None:
    """A strong one is a finding, a weak one a warning, and an inverted one counts as much."""
    features, direction = market(4_000, 5)
    random = np.random.default_rng(6)
    features[:, 0] = -direction + random.normal(0, 1, 4_000)
    features[:, 1] = 0.2 * direction + random.normal(0, 1, 4_000)
    findings = scan_outcome({"12 bars": scan(features, list("abcde"), direction)}).findings
    assert [(each.column, each.level) for each in findings] == [("a", "hard"), ("b", "warn")]
    assert "alone tells up from down over 12 bars" in findings[0].detail


def test_little_data_only_warns() -> None:
    """An AUC beyond the cap that luck could explain is a warning; with more data behind it, it is a finding."""
    levels = [
        scan_outcome({"1 bar": [Scanned("x", 0.67, 0.6, 0.17, spread, 0.05)]}).findings[0].level
        for spread in (0.03, 0.005)
    ]
    assert levels == ["warn", "hard"]


def test_a_collapse_is_told() -> None:
    """A feature that knows only at its own bar loses that a bar earlier, and the detail says so."""
    hard = scan_outcome({"1 bar": [Scanned("x", 0.9, 0.52, 0.4, 0.02, 0.05)]}).findings[0]
    soft = scan_outcome({"1 bar": [Scanned("x", 0.6, 0.59, 0.1, 0.02, 0.05)]}).findings[0]
    assert ("taken a bar earlier" in hard.detail, "taken a bar earlier" in soft.detail) == (True, False)


def test_the_harder_of_two_targets_counts() -> None:
    """Scanned against two horizons, a feature has one finding, the hard one."""
    weak, strong = Scanned("x", 0.55, 0.5, 0.1, 0.02, 0.05), Scanned("x", 0.8, 0.5, 0.3, 0.02, 0.05)
    for results in ({"1 bar": [weak], "12 bars": [strong]}, {"1 bar": [strong], "12 bars": [weak]}):
        assert [each.level for each in scan_outcome(results).findings] == ["hard"]


def test_too_few_moves_are_not_judged() -> None:
    """A market that stands still, or only rises, says nothing about direction."""
    features, direction = market(500, 1)
    assert scan(features, list("abcde"), np.zeros(500, np.int8)) == []
    assert scan(features, list("abcde"), np.abs(direction)) == []
    assert "fewer than 200 rows moved" in str(scan_outcome({"12 bars": []}).skipped)


def test_a_column_without_values_is_no_chance_and_no_signal() -> None:
    """A feature that is missing throughout has no AUC and is passed over."""
    features, direction = market(500, 1)
    features[:, 2] = np.nan
    found = scan(features, list("abcde"), direction)
    assert (np.isnan(found[2].auc), found[2].statistic) == (True, pytest.approx(0, abs=1e-12))
    assert all(each.column != "c" for each in scan_outcome({"x": found}).findings)
