"""What a flow tells the ledger of the configurations that it tried."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.provenance import config_digest
from trady2.files import sha256_of_file
from trady2.home import ledger_url
from trady2.registry.ledger import Ledger
from trady2.registry.trial_recording import TrialOrigin, begin_trial, record_trials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trady2.backtest.result import Backtest
    from trady2.config import Config
    from trady2.guards.study_cadence import Traded
    from trady2.guards.study_walk import StudyWalk
    from trady2.guards.tune import Ended
    from trady2.registry.loading import Opened

__all__ = ["TuneRecords", "begin_fit", "fit_origin", "record_backtest", "record_cadence", "version_origin"]


def fit_origin(run: Path, config: Config, facts: Mapping[str, Any]) -> TrialOrigin:
    """Return the origin of a training's trial; *facts* are those of its data, the model is there once it is saved."""
    model = run / "06_model" / "model.joblib"
    return TrialOrigin(
        name=config.name,
        target=config.target,
        assets=facts["assets"],
        purpose="train",
        zone="test",
        config_sha256=config_digest(config),
        data_sha256=facts["digest"],
        model_sha256=sha256_of_file(model) if model.exists() else None,
        run=run.name,
    )


def version_origin(
    opened: Opened, run: Path, config: Config, *, assets: tuple[str, ...], digest: str, purpose: str, zone: str
) -> TrialOrigin:
    """Return the origin of trials of a version; the target is the one of its training, whatever *config* says."""
    from trady2.config import TargetConfig

    return TrialOrigin(
        name=opened.version.name,
        target=TargetConfig.read(opened.manifest["target"], source=f"manifest of {opened.version.tag}"),
        assets=assets,
        purpose=purpose,
        zone=zone,
        config_sha256=config_digest(config),
        data_sha256=digest,
        model_sha256=opened.sha256,
        version=opened.version.version,
        run=run.name,
    )


def begin_fit(run: Path, config: Config, facts: Mapping[str, Any], actor: str) -> None:
    """Tell that a fit begins: it is a trial even if it fails or is aborted."""
    begin_trial(fit_origin(run, config, facts), actor=actor, ledger=Ledger(ledger_url()))


def record_backtest(origin: TrialOrigin, backtest: Backtest, actor: str) -> None:
    """Tell what one backtest earned each day."""
    from trady2.backtest.sweep_periods import returns_by_period

    equity = backtest.equity
    clock = equity.index.to_numpy(dtype="datetime64[us]")
    returns = returns_by_period(equity, backtest.config.initial_cash).to_frame()
    ledger = Ledger(ledger_url())
    record_trials(origin, [backtest.config], returns, span=(clock[0], clock[-1]), actor=actor, ledger=ledger)


def record_cadence(
    run: Path, config: Config, facts: Mapping[str, Any], traded: Traded, walk: StudyWalk, actor: str
) -> None:
    """Tell what one retraining cadence of a study earned: a trial of its own, for the purpose ``study``."""
    models = hashlib.sha256("".join(walk.models_sha256[number] for number in traded.models).encode()).hexdigest()
    origin = replace(fit_origin(run, config, facts), purpose="study", zone="before test", model_sha256=models)
    record_backtest(origin, traded.backtest, actor)


@dataclass(frozen=True)
class TuneRecords:
    """Tells the ledger of the tries of a search: one trial each, from its first tree on, for the purpose ``tune``.

    Attributes:
        run: its folder.
        facts: ``assets`` and the ``digest`` of the rows that the search may see.
        actor: who asks.
    """

    run: Path
    facts: Mapping[str, Any]
    actor: str

    def begins(self, config: Config) -> None:
        """Tell that a try with this *config* begins."""
        begin_trial(self._origin(config), actor=self.actor, ledger=Ledger(ledger_url()))

    def ends(self, ended: Ended) -> None:
        """Tell what its trades earned; a try that failed stays one that began."""
        if ended.backtest is not None:
            origin = replace(self._origin(ended.config), model_sha256=ended.models_sha256)
            record_backtest(origin, ended.backtest, self.actor)

    def _origin(self, config: Config) -> TrialOrigin:
        fit = fit_origin(self.run, config, self.facts)
        return replace(fit, purpose="tune", zone="train", model_sha256=None)
