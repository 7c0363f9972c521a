from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.guards.conftest import MODEL, evidence_of, small_config, small_panel
from tests.guards.leaky_features import honest
from tests.guards.leaky_splits import FAULTS
from trady2.config import Config, FeaturesConfig
from trady2.data.panel import Panel
from trady2.guards import LeakCertificate, TrainingEvidence, audit_features, audit_training
from trady2.guards.feature_checks import FEATURE_CHECKS
from trady2.guards.training_checks import TRAINING_CHECKS

pytestmark = pytest.mark.usefixtures("few_cuts")


@pytest.fixture(scope="session")
def whole(store: Config, stored_panel: Panel) -> TrainingEvidence:
    """The evidence of a training on the store, as after its end, with ordinary results."""
    made = evidence_of(stored_panel, store)
    random = np.random.default_rng(0).random(len(stored_panel)) * 0.5
    return replace(made, probability=random, threshold=0.9, scorecard={"direction_auc": 0.52})


def test_a_whole_training_is_audited(whole: TrainingEvidence) -> None:
    """Eleven checks, all of them run, nothing found."""
    told: list[tuple[str, float]] = []
    certificate = audit_training(whole, progress=lambda text, share: told.append((text, share)))
    assert [result.check for result in certificate.checks] == [f"A{number}" for number in range(11)]
    assert {result.status for result in certificate.checks} <= {"passed", "warned"}
    assert (certificate.passed, certificate.level, certificate.why_data_only) == (True, "full", "")
    assert [share for _, share in told] == sorted(share for _, share in told)


def test_vectors_alone_are_audited_as_data(evidence: TrainingEvidence) -> None:
    """Without bars the certificate says data only and why; what needs a function is skipped, the rest is checked."""
    certificate = audit_training(evidence)
    status = {result.check: result.status for result in certificate.checks}
    assert (certificate.level, "holds no bars of SIM-0" in certificate.why_data_only) == ("data-only", True)
    assert {name for name, each in status.items() if each == "skipped"} == {"A2", "A3", "A4", "A7", "A10"}
    assert certificate.passed
    assert certificate.as_json()["why_data_only"] == certificate.why_data_only


def test_a_users_builder_is_audited_the_same_way(stocked: Callable[..., Config]) -> None:
    """Columns of a user's own function that look ahead inside their block are named; honest ones pass."""
    from trady2.data.vectors import read_panel

    for name, leaking in (("honest", set()), ("leaking", {"own_ahead"})):
        config = stocked("SIM-A", rows=1_200, builder=f"tests.guards.own_features:{name}")
        certificate = audit_training(evidence_of(read_panel(config.data.vectors, []), config))
        assert {each.column for each in certificate.findings if each.check in ("A2", "A3")} == leaking
        assert certificate.passed is not bool(leaking)


@pytest.mark.parametrize(
    ("builder", "text"),
    [
        ("tests.guards.own_features:failing_later", "it raised RuntimeError: out of memory"),
        ("tests.guards.no_such_module:f", "No module named"),
    ],
)
def test_a_builder_that_fails_is_a_finding(builder: str, text: str, store: Config, stored_panel: Panel) -> None:
    """What a user's builder raises, on its trial or on the bars, is in the certificate; nothing is raised."""
    features = FeaturesConfig(**store.features.model_dump() | {"builder": builder})
    config = store.model_copy(update={"features": features})
    names = (*stored_panel.feature_names, "own_x")
    matrix = np.column_stack([stored_panel.features, np.ones(len(stored_panel), np.float32)])
    panel = replace(stored_panel, features=matrix, feature_names=names)
    certificate = audit_training(evidence_of(panel, config))
    assert any(each.check == "A0" and text in each.detail for each in certificate.findings)


def test_too_few_bars_leave_the_data(stocked: Callable[..., Config]) -> None:
    """Where history is shorter than the warm-up takes, features are not probed, and the certificate says so."""
    from trady2.data.vectors import read_panel

    config = stocked("SIM-A", rows=800, indicators={"log_return": {"windows": [1]}, "rsi": {"windows": [100]}})
    panel = read_panel(config.data.vectors, [])
    assert audit_training(evidence_of(panel, config)).level == "data-only"


# What follows removes each guard in turn: with it a leak is found, without it the leak gets through.


def _label_as_feature(given: pd.DataFrame) -> pd.DataFrame:
    return honest(given).assign(label=given.close.rolling(3).mean())


def _is_anything_after(given: pd.DataFrame) -> pd.DataFrame:
    return honest(given).assign(followed=given.close.shift(-2).notna())


class _Remembering:
    """Keeps the longest history that it was ever given, and takes noisy futures from there."""

    def __init__(self) -> None:
        self.longest = pd.Series(dtype=float)

    def __call__(self, given: pd.DataFrame) -> pd.DataFrame:
        closes = given.set_index("timestamp").close
        if len(closes) >= len(self.longest):
            self.longest = closes
        noise = np.random.default_rng(0).normal(0, 60, len(self.longest))
        ahead = self.longest.shift(-1).ffill() + noise
        return honest(given).assign(remembered=ahead.reindex(given.timestamp).to_numpy())


def _slow_average(given: pd.DataFrame) -> pd.DataFrame:
    return honest(given).assign(slow=given.close.ewm(span=300).mean())


def _captured(bars: pd.DataFrame) -> Callable[[pd.DataFrame], pd.DataFrame]:
    future = np.log(bars.set_index("timestamp").close).diff().shift(-1)
    return lambda given: honest(given).assign(captured=future.reindex(given.timestamp).to_numpy())


FEATURE_MUTANTS: dict[str, tuple[Callable[[pd.DataFrame], Any], str]] = {
    "A0": (lambda _: _label_as_feature, "label"),
    "A2": (lambda _: _is_anything_after, "followed"),
    "A3": (lambda _: _Remembering(), "remembered"),
    "A4": (lambda _: _slow_average, "slow"),
    "A6": (_captured, "captured"),
}


@pytest.mark.parametrize("name", FEATURE_CHECKS)
def test_without_a_feature_check_a_leak_gets_through(
    name: str, bars: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each check of features alone stands between some leak and the registry."""
    make, column = FEATURE_MUTANTS[name]
    caught = audit_features(make(bars), bars, warmup_bars=60)
    assert {(each.check, each.column) for each in caught.findings} == {(name, column)}
    monkeypatch.delitem(FEATURE_CHECKS, name)
    assert audit_features(make(bars), bars, warmup_bars=60).passed


def _flipped_label(evidence: TrainingEvidence) -> TrainingEvidence:
    label = evidence.labels.label.copy()
    row = evidence.zones.rows["train"][10]
    label[row] = 1 - label[row]
    return replace(evidence, labels=replace(evidence.labels, label=label))


def _knowing_feature(evidence: TrainingEvidence) -> TrainingEvidence:
    features = evidence.panel.features.copy()
    features[:, 0] = evidence.labels.direction + np.random.default_rng(0).normal(0, 1, len(features))
    return replace(evidence, panel=replace(evidence.panel, features=features))


def _too_good(evidence: TrainingEvidence) -> TrainingEvidence:
    return replace(evidence, scorecard={"direction_auc": 0.9})


def _changed_day(evidence: TrainingEvidence) -> TrainingEvidence:
    assert audit_training(evidence).passed
    features = evidence.panel.features.copy()
    features[900, 0] += 1
    return replace(evidence, panel=replace(evidence.panel, features=features))


def _touched_vector(evidence: TrainingEvidence) -> TrainingEvidence:
    features = evidence.panel.features.copy()
    features[900, 1] += 1e-3
    return replace(evidence, panel=replace(evidence.panel, features=features))


def _clock(evidence: TrainingEvidence) -> TrainingEvidence:
    features = evidence.panel.features.copy()
    features[:, 0] = np.arange(len(features))
    return replace(evidence, panel=replace(evidence.panel, features=features))


def _same(evidence: TrainingEvidence) -> TrainingEvidence:
    return evidence


TRAINING_MUTANTS: dict[str, Callable[[TrainingEvidence], TrainingEvidence]] = {
    "A0": _flipped_label,
    "A1": FAULTS["no_purge"],
    "A5": _same,
    "A6": _knowing_feature,
    "A7": _too_good,
    "A8": _changed_day,
    "A9": _clock,
    "A10": _touched_vector,
}


@pytest.fixture
def shuffling_split(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a switch that lets the real training path cut shuffled zones."""
    from tests.guards.test_shifted_labels import shuffled_zones

    return lambda: monkeypatch.setattr("trady2.guards.training_path.cut_zones", shuffled_zones)


def _told(certificate: LeakCertificate, name: str) -> bool:
    """Tell whether a certificate fails because of that check alone; A9 only warns."""
    if name == "A9":
        return any(each.check == name for each in certificate.warnings)
    return {each.check for each in certificate.findings} == {name}


@pytest.mark.parametrize("name", TRAINING_CHECKS)
def test_without_a_training_check_a_leak_gets_through(
    name: str, whole: TrainingEvidence, evidence: TrainingEvidence, monkeypatch: pytest.MonkeyPatch,
    shuffling_split: Callable[[], None],
) -> None:  # fmt: skip
    """Each check of trainings alone stands between some leak and the registry."""
    slow = small_config(target={"horizon_steps": 24, "return_threshold": 0.004}, model=MODEL)
    honest_one = {"A10": whole, "A5": evidence_of(small_panel(), slow)}.get(name, evidence)
    honest_one = replace(honest_one, probability=np.zeros(len(honest_one.panel)), threshold=0.9)
    faulty = TRAINING_MUTANTS[name](honest_one)
    if name == "A5":
        shuffling_split()
    assert _told(audit_training(faulty), name)
    monkeypatch.delitem(TRAINING_CHECKS, name)
    found = audit_training(faulty)
    assert (found.passed, any(each.check == name for each in found.warnings)) == (True, False)
