"""Versions, their integrity, and which one is active.

A version is a folder of the BentoML model store, ``$BENTOML_HOME/models/<name>/<semver>-<time>/``, that
plain ``bentoml models …`` and ``bentoml build`` understand. The modules, in the order of a version's life:

* `canonical`   one way to write JSON, so that equal content has equal digests
* `version`     ``1.0.0+20251101_120000`` and ``trady2:1.0.0-20251101_120000``: one version, two spellings
* `card`        BentoML's ``model.yaml``, written without importing BentoML (which takes seconds)
* `keys`        Ed25519: who may make versions, and whose are used; `signing` signs one that was made without
* `integrity`   files are read once, without following links, and compared with their digests before any parsing
* `manifest`    what a version knows about itself; `golden` the predictions that it has to repeat
* `store`       where everything lies, what there is, which is the latest
* `publishing`  a new version, whole or not at all; `drafting` writes its folder
* `parsing`     from bytes that were checked to a model that repeats its golden predictions
* `first_parse` does so in a child with limits before this process dares to: `parse_child`
* `loading`     a version, or what is active, as such a model; `verification` asks the ledger as well
* `alias`       ``<name>:active``: a link that is switched in one step to a folder that never changes
* `ledger`      the append-only, hash-chained memory of all of it; `history` reads activations from it
* `trials`      every configuration that was tried, and what the ledger says of them together; `trial_recording` writes
                them, `trial_returns` keeps their daily returns, `trial_moments` describes these
* `reconciliation`  what a killed process left half done is finished or given up before the next write
* `activation`  activate and roll back, by a `switchover`; `current` is what is active, or was
* `baking`      a store that holds what is active and nothing else, for an image
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from trady2.lazy import lazy_names

if TYPE_CHECKING:
    from trady2.registry.activation import activate, rollback
    from trady2.registry.baking import bake
    from trady2.registry.current import Active, active
    from trady2.registry.keys import create_keys
    from trady2.registry.ledger import Event, Ledger
    from trady2.registry.loading import Opened, active_key, load, open_active, open_version
    from trady2.registry.publishing import publish
    from trady2.registry.reconciliation import reconcile
    from trady2.registry.signing import sign
    from trady2.registry.store import find, names, versions
    from trady2.registry.trial_recording import TrialOrigin, begin_trial, record_trials
    from trady2.registry.trials import PastTrial, Trials, read_trials
    from trady2.registry.verification import verify
    from trady2.registry.version import Version

__all__ = [
    "Active",
    "Event",
    "Ledger",
    "Opened",
    "PastTrial",
    "TrialOrigin",
    "Trials",
    "Version",
    "activate",
    "active",
    "active_key",
    "bake",
    "begin_trial",
    "create_keys",
    "find",
    "load",
    "names",
    "open_active",
    "open_version",
    "publish",
    "read_trials",
    "reconcile",
    "record_trials",
    "rollback",
    "sign",
    "verify",
    "versions",
]

# BentoML reports its use over the network unless this is set before it is imported, by whomever.
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")

_MODULES = {
    "activation": ("activate", "rollback"),
    "baking": ("bake",),
    "current": ("Active", "active"),
    "keys": ("create_keys",),
    "ledger": ("Event", "Ledger"),
    "loading": ("Opened", "active_key", "load", "open_active", "open_version"),
    "publishing": ("publish",),
    "reconciliation": ("reconcile",),
    "signing": ("sign",),
    "store": ("find", "names", "versions"),
    "trial_recording": ("TrialOrigin", "begin_trial", "record_trials"),
    "trials": ("PastTrial", "Trials", "read_trials"),
    "verification": ("verify",),
    "version": ("Version",),
}
__getattr__, __dir__ = lazy_names(
    __name__, {name: f"trady2.registry.{module}" for module, names in _MODULES.items() for name in names}
)
