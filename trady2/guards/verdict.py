"""Edge, unproven or no edge: one label, with every reason as a number, a threshold and a sentence."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, Literal

from trady2.guards.estimate import Estimate

__all__ = ["Criterion", "Evidence", "Label", "Verdict", "direction_bar", "judge", "provable_sharpe"]

Label = Literal["edge", "unproven", "no edge"]

_FALSE_ALARM = 0.001
_NOTHING_BELOW, _TIMING_WEIGHT = -1.0, 0.5
_LEAST_DEFLATED = 0.90
_BPS = 1e4
_PROVABLE = 2.35


@dataclass(frozen=True)
class Criterion:
    """One reason: what was measured, what it has to reach (both None where it is a plain yes or no), what it means."""

    name: str
    value: float | None
    threshold: float | None
    passed: bool | None
    text: str


@dataclass(frozen=True)
class Evidence:
    """What a verdict is passed on, all of it out of sample.

    Attributes:
        direction: see `trady2.guards.direction.direction_skill`.
        excess: net return per bar beyond what the assets earned at the same mean position.
        net: net return per bar.
        n_trades: trades.
        years: out of sample.
        n_judged: configurations that were judged on this evaluation set, this one among them.
        deflated_sharpe: the Deflated Sharpe Ratio of the excess, None for the first configuration, which needs none.
        audit_passed: whether the leak audit passed; None where there was none.
        confirmed: whether the test zone, read once, agrees in the signs of excess and direction; None where unknown.
    """

    direction: Estimate
    excess: Estimate
    net: Estimate
    n_trades: int
    years: float
    n_judged: int = 1
    deflated_sharpe: float | None = None
    audit_passed: bool | None = None
    confirmed: bool | None = None


@dataclass(frozen=True)
class Verdict:
    """The label, a sentence for a person, and the criteria in the order of their weight."""

    label: Label
    text: str
    criteria: tuple[Criterion, ...]

    def as_json(self) -> dict[str, Any]:
        """Return a plain dictionary, as manifest and report hold it."""
        return {**asdict(self), "criteria": [asdict(criterion) for criterion in self.criteria]}


def direction_bar(n_judged: int) -> float:
    """Return the t that direction skill has to reach: one chance in a thousand, shared by all that were judged.

    z(1 - 0.001 / n): 3.09 for the first configuration, 3.72 for the tenth, 4.26 for the hundredth.
    """
    return NormalDist().inv_cdf(1 - _FALSE_ALARM / max(n_judged, 1))


def provable_sharpe(years: float) -> float:
    """Return the annual Sharpe ratio that *years* of history tell from luck four times in five: 2.35 / sqrt(years).

    Measured on simulated markets with and without an edge; a smaller true ratio is missed more often than found.
    """
    return _PROVABLE / math.sqrt(years) if years > 0 else math.inf


def judge(evidence: Evidence) -> Verdict:
    """Judge the *evidence*.

    ``edge`` where every criterion is passed. ``no edge`` where nothing points to one: no trade at all, or direction and
    timing together point the wrong way, the t of direction and half the t of timing adding up to less than -1, as true
    edges of a size worth having hardly ever do. ``unproven`` is the rest: this history cannot tell.

    The thresholds were compared on simulated markets without and with an edge; docs/verdict.md has the figures.
    """
    criteria = _criteria(evidence)
    if all(criterion.passed for criterion in criteria):
        return Verdict("edge", _EDGE, criteria)
    if _nothing_there(evidence):
        return Verdict("no edge", _no_edge(evidence), criteria)
    return Verdict("unproven", _unproven(evidence, criteria), criteria)


def _nothing_there(evidence: Evidence) -> bool:
    leaning = _or_zero(evidence.direction.t) + _TIMING_WEIGHT * _or_zero(evidence.excess.t)
    return not evidence.n_trades or leaning < _NOTHING_BELOW


def _criteria(evidence: Evidence) -> tuple[Criterion, ...]:
    found = [_direction(evidence), _excess(evidence), _net(evidence)]
    if evidence.n_judged > 1:
        found.append(_deflated(evidence))
    return (*found, _audit(evidence), *([] if evidence.confirmed is None else [_confirmation(evidence)]))


def _direction(evidence: Evidence) -> Criterion:
    bar, skill = direction_bar(evidence.n_judged), evidence.direction
    passed = skill.t >= bar
    text = (
        f"Of a coming rise and a coming fall, the model gives the rise the higher score {skill.value:.1%} of the time "
        f"(50 % is a coin). "
        if math.isfinite(skill.value)
        else "No rise or no fall was predicted. "
    )
    shown = "Luck does that less than once in a thousand tries." if passed else "Luck does that too often to trust it."
    return Criterion("direction skill in standard errors", _plain(skill.t), bar, passed, text + shown)


def _excess(evidence: Evidence) -> Criterion:
    low, passed = evidence.excess.low_67, evidence.excess.low_67 > 0
    shown = (
        "Being in the market when the model says so beat being in it as often at other times, on a cautious count too."
        if passed
        else "Being in the market when the model says so may be no better than being in it as often at other times."
    )
    return Criterion("timing excess in bps per bar, lower bound", _plain(low * _BPS), 0.0, passed, shown)


def _net(evidence: Evidence) -> Criterion:
    mean, passed = evidence.net.value, evidence.net.value > 0
    shown = "After costs the trades earned money." if passed else "After costs the trades did not earn money."
    return Criterion("net return in bps per bar", _plain(mean * _BPS), 0.0, passed, shown)


def _deflated(evidence: Evidence) -> Criterion:
    value = evidence.deflated_sharpe
    passed = value is not None and value >= _LEAST_DEFLATED
    shown = (
        f"{evidence.n_judged} configurations were judged on this history; the best of so many looks good by chance, "
        f"and this one {'is better than that' if passed else 'is not clearly better than that'}."
    )
    return Criterion("deflated Sharpe ratio of the excess", _plain(value), _LEAST_DEFLATED, passed, shown)


def _audit(evidence: Evidence) -> Criterion:
    passed = evidence.audit_passed
    shown = {
        True: "The leak audit found nothing from the future in the features or the splits.",
        False: "The leak audit found something from the future: good numbers mean nothing.",
        None: "There was no leak audit.",
    }[passed]
    return Criterion("leak audit", None, None, passed, shown)


def _confirmation(evidence: Evidence) -> Criterion:
    passed = bool(evidence.confirmed)
    shown = "does not contradict" if passed else "contradicts: neither direction nor timing points the right way"
    text = f"The test zone, which nothing was chosen on, {shown}."
    return Criterion("confirmation by the test zone", None, None, passed, text)


_EDGE = (
    "The model told coming rises from coming falls, and trading on it earned more than its costs and more than the "
    "market did at the same exposure. Luck is an unlikely explanation. It is no promise that it stays so."
)


def _no_edge(evidence: Evidence) -> str:
    if not evidence.n_trades:
        return "Nothing was traded: the model never stood out from its own threshold. There is nothing to use here."
    return (
        "Nothing here points to an edge: the model does not tell rises from falls better than chance, or trading on it "
        "did worse than being in the market as often at any time. Do not trade it."
    )


def _unproven(evidence: Evidence, criteria: tuple[Criterion, ...]) -> str:
    missed = ", ".join(criterion.name.split(" in ")[0] for criterion in criteria if not criterion.passed)
    judged = f"{evidence.years:.1f} years out of sample and {evidence.n_trades:,} trades, {_ordinal(evidence.n_judged)}"
    return (
        f"There may be something, but this history does not prove it (what falls short: {missed}). {judged} judged on "
        f"them, can prove a Sharpe ratio of about {provable_sharpe(evidence.years):.1f} or more; a smaller edge stays "
        "hidden. Treat it as luck until more history says otherwise."
    )


def _ordinal(n_judged: int) -> str:
    return "the first configuration" if n_judged == 1 else f"configuration number {n_judged}"


def _or_zero(t: float) -> float:
    return t if math.isfinite(t) else 0.0


def _plain(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
