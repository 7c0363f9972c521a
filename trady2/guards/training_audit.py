"""The audit of a training: every check of the table, in one certificate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from trady2.errors import NotEnoughDataError
from trady2.guards.certificate import CheckResult, Finding, LeakCertificate, Outcome
from trady2.guards.check import TITLES, not_applicable
from trady2.guards.evidence import Case, TrainingEvidence
from trady2.guards.feature_audit import probe_features
from trady2.guards.feature_source import FeatureSource, find_source
from trady2.guards.training_checks import TRAINING_CHECKS

__all__ = ["audit_training"]

Progress = Callable[[str, float], None]

_OF_FEATURES = ("A0", "A2", "A3", "A4")


def audit_training(evidence: TrainingEvidence, *, progress: Progress | None = None) -> LeakCertificate:
    """Run every check that the *evidence* allows.

    The feature function is the one that the configuration names, on the stored bars. Without it the certificate says
    ``data-only`` and why: then only what can be seen in the vectors themselves was checked.

    Args:
        evidence: what a training used, and gave if it has ended.
        progress: called with the title of a check and the share done.

    Returns:
        The certificate. What a user's builder or the data raise is a finding, not an error.
    """
    say = progress or _silent
    say("features", 0.0)
    source = find_source(evidence.panel, evidence.config)
    found, why = _of_features(source, evidence.seed)
    case = Case(evidence, source)
    for place, (name, check) in enumerate(TRAINING_CHECKS.items()):
        say(TITLES[name], 0.4 + 0.6 * place / len(TRAINING_CHECKS))
        result = check.run(case)
        found[name] = _joined(found[name], result) if name in found else result
    checks = tuple(found.get(name) or not_applicable(name, "is not among the checks") for name in TITLES)
    ended, revisions = datetime.now(UTC), tuple(case.revisions)
    return LeakCertificate(checks, "data-only" if why else "full", why, evidence.seed, ended, revisions)


def _of_features(source: FeatureSource, seed: int) -> tuple[dict[str, CheckResult], str]:
    """Return the results about the feature function, and why there are none."""
    skipped = _OF_FEATURES[1:]
    if source.missing:
        return {name: not_applicable(name, source.missing) for name in skipped}, source.missing
    if source.fault:
        broken = not_applicable("A0", "").with_outcome(
            Outcome((Finding("A0", None, f"the features cannot be built: {source.fault}"),))
        )
        why = "the features could not be built; see A0"
        return {"A0": broken} | {name: not_applicable(name, why) for name in skipped}, why
    try:
        bars, warmup = source.audited_bars(), source.warmup_bars
        return probe_features(source.build, bars, warmup_bars=warmup, seed=seed, only=_OF_FEATURES), ""
    except NotEnoughDataError as error:
        return {name: not_applicable(name, str(error)) for name in skipped}, str(error)


def _joined(one: CheckResult, other: CheckResult) -> CheckResult:
    """Return what two parts of one check found as one result."""
    first, second = one.outcome, other.outcome
    outcome = Outcome(
        first.findings + second.findings,
        {**first.numbers, **second.numbers},
        {**first.thresholds, **second.thresholds},
        note="; ".join(note for note in (first.note, second.note) if note),
    )
    return other.with_outcome(outcome, seconds=one.seconds + other.seconds)


def _silent(_text: str, _share: float) -> None:
    """Take no notice."""
