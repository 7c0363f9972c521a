"""Each guard is tried on leaks that were planted on purpose, and must not cry wolf on what is honest."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.guards.conftest import evidence_of, small_config, small_panel
from tests.guards.leaky_features import LEAKS, WARMUP_BARS, honest, with_leaks
from tests.guards.leaky_splits import FAULTS
from trady2.data.simulation import simulate_bars
from trady2.features import build, warmup_bars
from trady2.guards import LeakCertificate, TrainingEvidence, audit_features
from trady2.guards.label_contract import label_contract
from trady2.guards.split_overlap import zone_overlaps

LONG = bool(os.environ.get("TRADY2_LONG"))
RARE = ("rarely_two_ahead", "rarely_one_ahead", "before_a_gap", "filled_outages")


@pytest.fixture(scope="module")
def dense_audit(bars: pd.DataFrame) -> LeakCertificate:
    """Audit every leak at once, beside honest features: in eight windows, or with LONG in all."""
    with pytest.MonkeyPatch.context() as patch:
        if not LONG:
            patch.setattr("trady2.guards.cuts._WINDOWS", 8)
            patch.setattr("trady2.guards.cuts._SPECIAL_WINDOWS", 2)
        return audit_features(with_leaks, bars, warmup_bars=WARMUP_BARS)


@pytest.fixture(scope="module")
def rare_audit(bars: pd.DataFrame) -> LeakCertificate:
    """Audit the rare leaks in all windows."""

    def build_rare(given: pd.DataFrame) -> pd.DataFrame:
        rare = {name: LEAKS[name](given) for name in RARE}
        return pd.DataFrame({"timestamp": given.timestamp, "momentum": given.close.pct_change(12), **rare})

    return audit_features(build_rare, bars, warmup_bars=WARMUP_BARS)


@pytest.mark.parametrize("name", [name for name in LEAKS if name not in RARE])
def test_a_planted_leak_is_caught_by_name(name: str, dense_audit: LeakCertificate) -> None:
    """Each of the leaks that show everywhere fails the audit with its own column."""
    found = {finding.check for finding in dense_audit.findings if finding.column == name}
    assert found & {"A2", "A3"}


@pytest.mark.parametrize("name", RARE)
def test_a_rare_leak_is_caught_by_name(name: str, rare_audit: LeakCertificate) -> None:
    """One row in forty that looks one or two bars ahead, bars before a gap, and filled outages are caught as well."""
    assert name in {finding.column for finding in rare_audit.findings}


def test_there_are_leaks_enough() -> None:
    """The audit is tried on at least 20 kinds of feature leaks and 6 of split faults."""
    assert len(LEAKS) >= 30
    assert len(FAULTS) >= 10


def test_honest_features_beside_leaks_are_not_blamed(
    dense_audit: LeakCertificate, rare_audit: LeakCertificate, bars: pd.DataFrame
) -> None:
    """No finding names an honest column."""
    blamed = {finding.column for certificate in (dense_audit, rare_audit) for finding in certificate.findings}
    assert blamed <= set(LEAKS)
    assert not blamed & set(honest(bars).columns)


@pytest.mark.parametrize("seed", range(12))
def test_honest_features_give_no_alarm(seed: int, request: pytest.FixtureRequest) -> None:
    """The default features pass on twelve markets, some with an edge, some with sessions, in hours and in minutes."""
    if not LONG:
        request.getfixturevalue("few_cuts")
    timeframe = "15m" if seed % 4 == 3 else "1h"
    calendar = "sessions" if seed % 4 == 2 else "24/7"
    edge = 0.15 if seed % 3 == 1 else 0.0
    warmup = warmup_bars(timeframe=timeframe)
    bars = simulate_bars(warmup + 1_500, seed=200 + seed, edge=edge, timeframe=timeframe, calendar=calendar)
    certificate = audit_features(build, bars, warmup_bars=warmup, seed=seed)
    assert (certificate.passed, certificate.findings) == (True, ())


@pytest.mark.parametrize("file", ["BTCEUR_1h", "ETHEUR_1h", "LTCEUR_1h", "BTCUSD-BITSTAMP_1h", "EURUSD-OANDA_1h"])
def test_honest_features_give_no_alarm_on_real_bars(
    file: str, market_data: object, request: pytest.FixtureRequest
) -> None:
    """The default features pass on real bars, with their gaps, sessions and bars without volume."""
    if not LONG:
        request.getfixturevalue("few_cuts")
    bars = pd.read_parquet(f"{market_data}/bars/{file}.parquet")[-6_000:].reset_index(drop=True)
    certificate = audit_features(build, bars, warmup_bars=warmup_bars())
    assert (certificate.passed, certificate.findings) == (True, ())


@pytest.fixture(scope="module")
def panel_evidence() -> TrainingEvidence:
    """The evidence of an honest training on three assets, whose trades are held for a bar."""
    return evidence_of(small_panel(1_800, assets=3), small_config(backtest={"hold_bars": 1}))


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_split_fault_is_caught(name: str, panel_evidence: TrainingEvidence) -> None:
    """Each fault is found by A1, or by A0 where what is known of the labels is false."""
    faulty = FAULTS[name](panel_evidence)
    steps, hold = faulty.config.target.horizon_steps, faulty.config.backtest.hold_bars
    split = zone_overlaps(faulty.panel, faulty.labels, faulty.zones, hold_bars=hold, horizon_steps=steps)
    contract = label_contract(faulty.panel, faulty.labels, faulty.config.target)
    found = [finding.check for finding in (*split.findings, *contract.findings) if finding.level == "hard"]
    assert found
    if name not in ("guessed_label_end", "oversampled_before_the_split"):
        assert "A1" in found


def test_an_honest_split_is_not_blamed(panel_evidence: TrainingEvidence) -> None:
    """The zones that training cuts have no fault, with trades as short and as long as may be."""
    for hold in (1, 6, 60):
        found = evidence_of(panel_evidence.panel, small_config(backtest={"hold_bars": hold}))
        assert zone_overlaps(found.panel, found.labels, found.zones, hold_bars=hold, horizon_steps=6).findings == ()


def test_faults_change_what_they_say(panel_evidence: TrainingEvidence) -> None:
    """A fault that changes nothing would prove nothing."""
    for name, plant in FAULTS.items():
        faulty = plant(panel_evidence)
        same_rows = all(np.array_equal(faulty.zones.rows[z], panel_evidence.zones.rows[z]) for z in faulty.zones.names)
        other = (faulty.panel, faulty.labels, faulty.config)
        before = (panel_evidence.panel, panel_evidence.labels, panel_evidence.config)
        assert not same_rows or any(a is not b for a, b in zip(other, before, strict=True)), name
    assert replace(panel_evidence).zones is panel_evidence.zones
