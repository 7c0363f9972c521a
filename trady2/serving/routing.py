"""Which model name answers for an asset: what the configuration says, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from trady2.config_serve import EVERY_OTHER, ServeConfig
from trady2.errors import ConfigError, DataError, NotFoundError
from trady2.section import nearest
from trady2.serving.request import Ask, shown

__all__ = ["Routing"]


class Routing:
    """The names that are served, in the order of the configuration, and who answers for which asset.

    Attributes:
        assets: by name, those that it answers for; ``*`` among them stands for all that no name has.
        shadows: by name, what scores beside it: a name, or ``name:version``.
    """

    def __init__(self, assets: Mapping[str, Sequence[str]], shadows: Mapping[str, Sequence[str]] | None = None) -> None:
        """Lay the routes; raises ConfigError for shadows of a name that is not served."""
        self.assets = {name: tuple(given) for name, given in assets.items()}
        self.shadows = {name: tuple(given) for name, given in (shadows or {}).items()}
        for name in self.shadows.keys() - self.assets.keys():
            raise ConfigError(
                f"serve.shadows names {name}, but {', '.join(self.assets)} answers; name that, or give serve.models",
                name=name,
            )
        self._by_asset = {asset: name for name, given in self.assets.items() for asset in given}
        self._for_others = self._by_asset.pop(EVERY_OTHER, None)
        self._only = next(iter(self.assets)) if len(self.assets) == 1 else None

    @classmethod
    def of(cls, config: ServeConfig, name: str) -> Self:
        """Lay the routes of a configuration; *name* answers for every asset where it names no models."""
        return cls(config.models or {name: (EVERY_OTHER,)}, config.shadows)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that are served, the first one first."""
        return tuple(self.assets)

    def name_for(self, ask: Ask) -> str:
        """Return who answers: the model that *ask* names, else the one of its asset, else the only one there is.

        Raises:
            NotFoundError: that model is not served (code ``unknown_model``), or nobody answers for the asset
                (``unassigned_asset``).
            DataError: several are served, and the request names neither a model nor an asset (``model_needed``).
        """
        if ask.model is not None:
            if ask.model in self.assets:
                return ask.model
            served: dict[str, Any] = {"code": "unknown_model", "model": ask.model}
            raise NotFoundError(f"model {shown(ask.model)} is not served: {nearest(ask.model, self.assets)}", **served)
        if ask.asset is not None:
            name = self._by_asset.get(ask.asset, self._for_others)
            if name is not None:
                return name
            raise NotFoundError(
                f"no model is configured for the asset {shown(ask.asset)}: "
                f"{nearest(ask.asset, self._by_asset)}; or name a model, or add the asset to serve.models",
                code="unassigned_asset",
                asset=ask.asset,
            )
        if self._only is not None:
            return self._only
        raise DataError(
            f"{len(self.assets)} models are served, so the request has to say which one; add asset, or model: "
            f"{', '.join(self.assets)}",
            code="model_needed",
        )
