"""Every configuration that was tried enters the ledger, whatever came of it: luck is counted, not remembered.

An event of kind ``trial`` has a `status`. ``begun``: a fit is under way; when nothing follows, it failed or was
aborted, and counts all the same. ``done``: what it earned is known, and its daily returns are stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

import numpy as np

from trady2.errors import DataError
from trady2.registry.canonical import utc_text
from trady2.registry.ledger import Ledger
from trady2.registry.trial_moments import moments
from trady2.registry.trial_returns import store_returns

if TYPE_CHECKING:
    from pandas import DataFrame

    from trady2.config import BacktestConfig, TargetConfig
    from trady2.registry.ledger import Event

__all__ = ["TRIAL", "TrialOrigin", "begin_trial", "record_trials", "target_facts"]

TRIAL = "trial"
"""The kind of the events."""


@dataclass(frozen=True, kw_only=True)
class TrialOrigin:
    """What trials of one run have in common."""

    name: str
    """Of the model."""
    target: TargetConfig
    assets: Sequence[str]
    purpose: str
    """What they were tried for: train, tune, study, backtest or sweep."""
    zone: str
    """On which bars: test, threshold, train where parameters were searched, before test, or span: chosen by hand."""
    config_sha256: str
    data_sha256: str
    model_sha256: str | None = None
    """That of ``model.joblib``; None while there is no model yet."""
    version: str | None = None
    run: str | None = None

    def payload(self, **more: Any) -> dict[str, Any]:
        """Return what an event says of them, and *more*."""
        common = asdict(self)
        for own in ("name", "version"):
            del common[own]
        return {**common, "target": target_facts(self.target), "assets": sorted(self.assets), **more}


def target_facts(target: TargetConfig) -> dict[str, Any]:
    """Return what tells two targets apart."""
    return target.model_dump(mode="json")


def begin_trial(origin: TrialOrigin, *, actor: str, ledger: Ledger | None = None) -> Event:
    """Write that a fit begins, before it can fail."""
    return (ledger or Ledger()).append(
        TRIAL, name=origin.name, version=origin.version, actor=actor, payload=origin.payload(status="begun")
    )


def record_trials(
    origin: TrialOrigin,
    configs: Sequence[BacktestConfig],
    returns: DataFrame,
    *,
    span: tuple[np.datetime64, np.datetime64],
    actor: str,
    ledger: Ledger | None = None,
) -> list[Event]:
    """Store the *returns* of trials and write all of them behind each other into the ledger, in one transaction.

    An event holds the rules of the trial (keys that differ from their defaults, so that a later release with more
    keys still knows it again), its Sharpe ratio per day with the moments that go with it, and where its returns are.

    Args:
        origin: what they have in common.
        configs: n, the rules of each, the threshold filled in.
        returns: (days, n) net returns; see `trady2.registry.trial_returns.store_returns`.
        span: opens of the first and the last bar that were traded, UTC.
        actor: who tried.
        ledger: by default that of the environment.

    Raises:
        DataError: another number of columns than of *configs*, or returns that are not daily.
    """
    if returns.shape[1] != len(configs):
        raise DataError(
            f"{returns.shape[1]} series of returns beside {len(configs)} configurations; give one for each",
            n_series=returns.shape[1],
            n_configs=len(configs),
        )
    if not configs:
        return []
    digest, shape = store_returns(returns), moments(returns.to_numpy(dtype=np.float64))
    ends = {"first": _text(span[0]), "last": _text(span[1])}
    payloads: list[Mapping[str, Any]] = [
        origin.payload(
            status="done",
            parameters=config.model_dump(mode="json", exclude_defaults=True),
            span=ends,
            period="1d",
            n_observations=len(returns),
            **{name: values[column] for name, values in shape._asdict().items()},
            returns={"sha256": digest, "column": column},
        )
        for column, config in enumerate(configs)
    ]
    told = ledger or Ledger()
    return told.append_many(TRIAL, payloads, name=origin.name, version=origin.version, actor=actor)


def _text(moment: np.datetime64) -> str:
    return utc_text(moment.astype("datetime64[us]").item().replace(tzinfo=UTC))
