"""A search on disk: Optuna's journal of what was tried, and the scores of every try, in one folder.

Several processes may work on one folder at a time, and a killed one leaves it whole: what it was at is tried again.
The same seed and the same history of tries give the same next try, so a search that was interrupted goes on as if
nothing had happened.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trady2.errors import ConfigError, ConflictError
from trady2.files import atomic_path, atomic_write, locked
from trady2.guards.tune_journal import open_journal
from trady2.guards.tune_space import distributions, present, search_space
from trady2.guards.tune_tried import Tried

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial, Trial

    from trady2.config import Config

__all__ = ["Store"]

_BY, _FOUND, _PRESENT = "by", "found", "present"
_LEVELS = 65_535


class Store:
    """The tries of one study; use it inside ``with store.session():``."""

    def __init__(self, folder: Path, config: Config, facts: Mapping[str, Any]) -> None:
        """Open or begin the study in *folder*, which is about *facts* alone: data, target, everything but the search.

        Raises:
            ConfigError: the folder holds tries of other facts, with which these cannot be compared.
        """
        self.folder, self.config, self.space = folder, config, search_space(config)
        self._by = uuid.uuid4().hex
        facts = json.loads(json.dumps({**facts, "space": {n: _plain(v) for n, v in self.space.items()}}))
        with locked(folder / "lock"):
            _same_or_new(folder / "study.json", facts)
            self._study = open_journal(folder / "journal.log")

    @contextmanager
    def session(self) -> Iterator[None]:
        """Let the other processes see that this one is alive; the kernel tells them when it is not."""
        mark = self._mark(self._by)
        with locked(mark):
            yield
        mark.unlink(missing_ok=True)

    def ask(self, n_trials: int) -> Trial | None:
        """Return the next try, the present parameters first; None when there are *n_trials* tries already."""
        import optuna

        with locked(self.folder / "lock"):
            tries = self._counted()
            if len(tries) >= n_trials:
                return None
            if not any(_PRESENT in trial.user_attrs and trial.state.name != "FAIL" for trial in tries):
                self._put_the_present_first()
            seed = np.random.SeedSequence([self.config.seed, len(tries)]).generate_state(1)[0]
            self._study.sampler = optuna.samplers.TPESampler(
                seed=int(seed), n_startup_trials=self.config.tune.startup_trials, multivariate=True, constant_liar=True
            )
            trial = self._study.ask(distributions(self.space, self.config.model))
            trial.set_user_attr(_BY, self._by)
            return trial

    def _put_the_present_first(self) -> None:
        if not any(trial.state.name == "WAITING" for trial in self._tries()):
            self._study.enqueue_trial(present(self.space, self.config), user_attrs={_PRESENT: True})

    def is_below_the_middle(self, trial: Trial, folds_done: int, value: float) -> bool:
        """Tell whether to give *trial* up: its *value* is below the median of all tries after as many folds.

        Optuna's own median rule takes the best value of any fold so far, so that one lucky fold saves a try for good.
        """
        asked = self.config.tune
        if asked.prune_after_folds is None or folds_done < asked.prune_after_folds or _PRESENT in trial.user_attrs:
            return False
        reached = [other.intermediate_values.get(folds_done) for other in self._tries() if other.number != trial.number]
        others = [other for other in reached if other is not None]
        return len(others) >= asked.startup_trials and value < float(np.median(others))

    def tell(
        self, trial: Trial, state: str, value: float | None, found: Mapping[str, Any], ranks: NDArray[np.float64] | None
    ) -> None:
        """Keep what came of *trial*: *state* is complete, pruned or failed; (n,) *ranks* in (0, 1), NaN for none."""
        if ranks is not None:
            levels = np.where(np.isfinite(ranks), 1 + np.round(np.nan_to_num(ranks) * (_LEVELS - 1)), 0)
            with atomic_path(self._ranks(trial.number)) as draft, draft.open("wb") as opened:
                np.savez_compressed(opened, levels=levels.astype(np.uint16))
        trial.set_user_attr(_FOUND, dict(found))
        self._end(trial.number, state, value)

    def _end(self, number: int, state: str, value: float | None) -> None:
        from optuna.trial import TrialState

        states = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
        self._study.tell(number, value if state == "complete" else None, states[state])

    def give_back(self, trial: Trial) -> None:
        """End a *trial* that was interrupted: unless all was found, it does not count, and comes again."""
        for other in self._tries():
            if other.number == trial.number and not other.state.is_finished():
                self._abandon(other)

    def _abandon(self, trial: FrozenTrial) -> None:
        """End a *trial* that nobody works on any more, by what was found where only the last write was missing."""
        found = trial.user_attrs.get(_FOUND)
        self._end(trial.number, found["state"] if found else "failed", found and found["direction_skill"])

    def tried(self) -> list[Tried]:
        """Return what came of every try that ended, in their order."""
        return [
            Tried.of(trial.number, trial.params, trial.user_attrs[_FOUND], is_present=_PRESENT in trial.user_attrs)
            for trial in self._tries()
            if _FOUND in trial.user_attrs and trial.state.is_finished()
        ]

    def ranks(self, numbers: Sequence[int]) -> NDArray[np.float64]:
        """Return the (m, n) ranks of the tries with these *numbers*, NaN for a row without one."""
        rows = []
        for number in numbers:
            with np.load(self._ranks(number), allow_pickle=False) as stored:
                rows.append(np.where(stored["levels"] > 0, (stored["levels"] - 1.0) / (_LEVELS - 1), np.nan))
        return np.stack(rows)

    def _tries(self) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False)

    def _counted(self) -> list[FrozenTrial]:
        """Return the tries that ended by themselves or are under way.

        One whose process died is given back, or ended by what was found where the process died only just before it.
        """
        from optuna.trial import TrialState

        counted = []
        for trial in self._tries():
            if trial.state == TrialState.RUNNING and not self._is_alive(trial):
                self._abandon(trial)
                counted += [trial] if _FOUND in trial.user_attrs else []
            elif trial.state == TrialState.RUNNING or _FOUND in trial.user_attrs:
                counted.append(trial)
        return counted

    def _is_alive(self, trial: FrozenTrial) -> bool:
        mark = self._mark(trial.user_attrs.get(_BY, "none"))
        if trial.user_attrs.get(_BY) == self._by:
            return True
        with suppress(ConflictError), locked(mark, patience_seconds=0):
            mark.unlink(missing_ok=True)
            return False
        return True

    def _mark(self, by: str) -> Path:
        return self.folder / "alive" / by

    def _ranks(self, number: int) -> Path:
        return self.folder / "ranks" / f"{number:05d}.npz"


def _same_or_new(file: Path, facts: Mapping[str, Any]) -> None:
    if not file.exists():
        atomic_write(file, json.dumps(facts, indent=1, sort_keys=True).encode())
        return
    known = json.loads(file.read_text("utf-8"))
    changed = sorted(key for key in facts.keys() | known.keys() if facts.get(key) != known.get(key))
    if changed:
        raise ConfigError(
            f"the study {file.parent.name} was begun with another {', '.join(changed)}, so its tries cannot be "
            "compared with new ones; give another --study name",
            study=file.parent.name,
            changed=changed,
        )


def _plain(values: Any) -> Any:
    return list(values) if isinstance(values, tuple) else values.model_dump()
