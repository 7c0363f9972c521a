"""How many configurations were tried, and how much their results differ: the ledger answers, never the user.

Trials belong to a model's name, target and assets. The same rules on the same model, data and span are one trial
however often they are repeated; a fit that failed or was aborted is one too, unless the same fit was finished another
time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from trady2.registry.ledger import Event, Ledger
from trady2.registry.trial_recording import TRIAL, target_facts
from trady2.registry.trial_returns import load_returns

if TYPE_CHECKING:
    from pandas import DataFrame

    from trady2.config import TargetConfig

__all__ = ["PastTrial", "Trials", "read_trials"]


@dataclass(frozen=True)
class PastTrial:
    """One trial as the ledger has it; what only the end of a trial can tell is None for an unfinished one."""

    number: int
    """Of its event."""
    at: datetime
    version: str | None
    purpose: str
    zone: str
    finished: bool
    parameters: dict[str, Any] | None
    """Keys of `BacktestConfig` that differ from their defaults."""
    first: str | None
    """Open of the first bar that was traded, UTC."""
    last: str | None
    sharpe: float | None
    """Per day; None as well for returns that do not vary."""
    skew: float | None
    kurtosis: float | None
    """Raw: a normal distribution has 3."""
    n_observations: int | None
    returns: tuple[str, int] | None
    """Digest of the stored returns, and the column in them."""


@dataclass(frozen=True)
class Trials:
    """Distinct trials in the order of the ledger. Choose among `records` to judge some of them: ``Trials(chosen)``."""

    records: tuple[PastTrial, ...]

    @property
    def n_trials(self) -> int:
        """How many were tried, unfinished ones included."""
        return len(self.records)

    @property
    def sharpe_variance(self) -> float:
        """The variance (ddof 1) of the daily Sharpe ratios that are defined; 0 for fewer than two."""
        known = [trial.sharpe for trial in self.records if trial.sharpe is not None]
        return float(np.var(known, ddof=1)) if len(known) > 1 else 0.0

    def returns(self) -> DataFrame:
        """Return the daily returns of the finished trials: days in UTC by number of the event; NaN outside its span.

        Raises:
            NotFoundError: returns that were stored elsewhere.
            IntegrityError: returns that are not what was stored.
        """
        import pandas as pd

        finished = [(trial.number, *trial.returns) for trial in self.records if trial.returns is not None]
        files = {digest: load_returns(digest) for digest in dict.fromkeys(digest for _, digest, _ in finished)}
        columns = {number: files[digest][column] for number, digest, column in finished}
        return pd.DataFrame(columns).rename_axis(index="timestamp", columns="trial")


def read_trials(name: str, *, target: TargetConfig, assets: Sequence[str], ledger: Ledger | None = None) -> Trials:
    """Return the distinct trials of a model's *name* with this *target* on these *assets*."""
    facts, traded = target_facts(target), sorted(assets)
    told = [
        event
        for event in (ledger or Ledger()).events(name=name, kinds=(TRIAL,))
        if event.payload["target"] == facts and event.payload["assets"] == traded
    ]
    ended = {_fit(event) for event in told if event.payload["status"] == "done"}
    found: dict[object, Event] = {}
    for event in told:
        if event.payload["status"] == "done":
            found.setdefault(_rules(event), event)
        elif _fit(event) not in ended:
            found.setdefault(_fit(event), event)
    return Trials(tuple(_past(event) for event in found.values()))


def _rules(event: Event) -> str:
    keys = ("parameters", "model_sha256", "data_sha256", "span")
    return json.dumps([event.payload[key] for key in keys], sort_keys=True)


def _fit(event: Event) -> tuple[str, str, str]:
    """Return what tells two fits apart; only the command that begins a fit can end it."""
    return event.payload["purpose"], event.payload["config_sha256"], event.payload["data_sha256"]


def _past(event: Event) -> PastTrial:
    told = event.payload
    span, stored = told.get("span", {}), told.get("returns")
    return PastTrial(
        number=event.number,
        at=event.at,
        version=event.version,
        purpose=told["purpose"],
        zone=told["zone"],
        finished=told["status"] == "done",
        parameters=told.get("parameters"),
        first=span.get("first"),
        last=span.get("last"),
        sharpe=told.get("sharpe"),
        skew=told.get("skew"),
        kurtosis=told.get("kurtosis"),
        n_observations=told.get("n_observations"),
        returns=(stored["sha256"], stored["column"]) if stored else None,
    )
