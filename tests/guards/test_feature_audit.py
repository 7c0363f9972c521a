from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.guards.leaky_features import honest
from trady2.errors import DataError, NotEnoughDataError
from trady2.guards import Finding, LeakCertificate, audit_features
from trady2.guards.feature_audit import probe_features

pytestmark = pytest.mark.usefixtures("few_cuts")


def test_the_certificate_names_every_check(bars: pd.DataFrame) -> None:
    """An honest function passes; what was not checked is there, with the way to check it."""
    certificate = audit_features(honest, bars, warmup_bars=60)
    assert isinstance(certificate, LeakCertificate)
    status = {result.check: result.status for result in certificate.checks}
    assert list(status) == [f"A{number}" for number in range(11)]
    assert [name for name, each in status.items() if each == "skipped"] == ["A1", "A5", "A7", "A8", "A9", "A10"]
    assert "trady2 audit --config FILE" in next(r.reason for r in certificate.checks if r.check == "A1")
    assert (certificate.passed, certificate.findings, certificate.level) == (True, (), "full")


def test_findings_have_check_column_and_detail(bars: pd.DataFrame) -> None:
    """The public fields of a finding."""
    certificate = audit_features(lambda b: honest(b).assign(ahead=b.close.shift(-1)), bars, warmup_bars=60)
    assert not certificate.passed
    assert {finding.column for finding in certificate.findings} == {"ahead"}
    assert {finding.check for finding in certificate.findings} >= {"A2", "A3"}
    assert all(isinstance(finding, Finding) and finding.detail for finding in certificate.findings)


def test_a_function_that_fails_is_a_finding(bars: pd.DataFrame) -> None:
    """Whatever is raised is one sentence in A0, and the rest is skipped."""

    def failing(given: pd.DataFrame) -> pd.DataFrame:
        return given.assign(x=given["funding_rate"])

    certificate = audit_features(failing, bars, warmup_bars=60)
    (finding,) = certificate.findings
    assert (finding.check, finding.column) == ("A0", None)
    assert "it raised KeyError: 'funding_rate'" in finding.detail
    skipped = {result.check: result.reason for result in certificate.checks if result.check in ("A2", "A3", "A4", "A6")}
    assert set(skipped.values()) == {"the features could not be built; see A0"}


def test_no_feature_is_a_finding(bars: pd.DataFrame) -> None:
    """A function that returns the bars alone has nothing to audit."""
    certificate = audit_features(lambda given: given, bars, warmup_bars=60)
    assert [finding.check for finding in certificate.findings] == ["A0"]


def test_the_same_seed_gives_the_same_certificate(bars: pd.DataFrame) -> None:
    """But for times, a certificate can be made again."""

    def facts(seed: int) -> list[object]:
        found = audit_features(lambda b: honest(b).assign(x=b.close.bfill()), bars, warmup_bars=60, seed=seed)
        return [(result.check, result.outcome) for result in found.checks]

    first, again = facts(3), facts(3)
    assert repr(first) == repr(again)
    assert repr(first) != repr(facts(4))


def test_only_some_checks_can_be_run(bars: pd.DataFrame) -> None:
    """An audit of a training scans features against its own target, and leaves A6 out here."""
    assert list(probe_features(honest, bars, warmup_bars=60, seed=0, only=("A0", "A4"))) == ["A0", "A4"]


def test_the_default_features_pass(bars: pd.DataFrame) -> None:
    """The library's own function, called as a user would."""
    from trady2.features import build, warmup_bars

    assert audit_features(build, bars, warmup_bars=warmup_bars()).passed


@pytest.mark.parametrize(
    ("change", "warmup", "error", "message"),
    [
        (lambda b: b[:120], 60, NotEnoughDataError, "120 bars are too few to audit features with a warm-up of 60"),
        (lambda b: b.drop(columns="high"), 60, DataError, "have no column high"),
        (lambda b: b[::-1], 60, DataError, "not later than the bar before it"),
        (lambda b: b, -1, DataError, "warmup_bars = -1 is no number of bars"),
    ],
)
def test_bars_that_cannot_be_audited_are_refused(
    bars: pd.DataFrame, change: object, warmup: int, error: type[Exception], message: str
) -> None:
    """What the caller got wrong is an error, not a finding; the function is not called."""

    def never(_given: pd.DataFrame) -> pd.DataFrame:
        raise AssertionError

    with pytest.raises(error, match=message):
        audit_features(never, change(bars), warmup_bars=warmup)  # type: ignore[operator]


def test_several_assets_are_audited_together() -> None:
    """A function of a panel may compare assets at one time, and not ahead of it."""
    from trady2.data.simulation import simulate_bars

    both = pd.concat([simulate_bars(900, seed=s, asset=a) for s, a in ((1, "A"), (2, "B"))], ignore_index=True)

    def build(given: pd.DataFrame) -> pd.DataFrame:
        mean = given.groupby("timestamp").close.transform("mean")
        made = given[["timestamp", "asset"]].assign(relative=np.log(given.close / mean))
        return made.assign(ahead=made.groupby("asset").relative.shift(-1))

    certificate = audit_features(build, both, warmup_bars=5)
    assert {finding.column for finding in certificate.findings} == {"ahead"}
