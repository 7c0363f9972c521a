"""The files by which the stages of a run hand their arrays on: plain NPZ, never a pickle."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trady2.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trady2.config import Config
    from trady2.data.panel import Panel
    from trady2.learning.model import Model
    from trady2.learning.split import Zones
    from trady2.learning.target import Labels

__all__ = [
    "load_arrays",
    "load_labels",
    "load_model",
    "load_panel",
    "load_panel_before",
    "load_zones",
    "save_arrays",
    "save_labels",
    "save_model",
    "save_zones",
]


def save_arrays(path: Path, **arrays: NDArray[Any]) -> None:
    """Write arrays by name in one step."""
    with atomic_path(path) as draft, draft.open("wb") as opened:
        np.savez(opened, **arrays)  # type: ignore[arg-type]  # its stubs take a keyword of its own for all


def load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read what `save_arrays` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def load_panel(config: Config, features: Sequence[str] | None) -> Panel:
    """Read the vectors that *config* names: these *features*, [] for bars alone, None for all there are."""
    from trady2.data.vectors import read_panel

    data = config.data
    wanted = None if features is None else list(features)
    return read_panel(data.vectors, data.assets, features=wanted, start=data.start, end=data.end)


def load_panel_before(config: Config, end: str, features: Sequence[str] | None = None) -> Panel:
    """Read as `load_panel` does, of bars that open before *end*, ISO text of UTC; nothing later is read at all."""
    moment = np.datetime64(end, "us").item().replace(tzinfo=UTC)
    data = config.data.model_copy(update={"end": moment})
    return load_panel(config.model_copy(update={"data": data}), features)


def save_labels(path: Path, labels: Labels) -> None:
    """Write labels."""
    save_arrays(path, **{name: getattr(labels, name) for name in ("label", "label_end", "forward_return", "direction")})


def load_labels(path: Path) -> Labels:
    """Read labels."""
    from trady2.learning.target import Labels

    return Labels(**load_arrays(path))


def save_zones(path: Path, zones: Zones) -> None:
    """Write zones: their rows, and what a person reads of them beside the arrays as JSON text."""
    plain = {
        "names": zones.names,
        "start": {name: str(moment) for name, moment in zones.start.items()},
        "end": {name: str(moment) for name, moment in zones.end.items()},
        "dropped": zones.dropped,
        "shared": zones.shared,
    }
    save_arrays(path, _json=np.array(json.dumps(plain)), **zones.rows)


def load_zones(path: Path) -> Zones:
    """Read zones."""
    from trady2.learning.split import Zones

    arrays = load_arrays(path)
    plain = json.loads(str(arrays.pop("_json")))
    return Zones(
        names=tuple(plain["names"]),
        rows=arrays,
        start={name: np.datetime64(text) for name, text in plain["start"].items()},
        end={name: np.datetime64(text) for name, text in plain["end"].items()},
        dropped=plain["dropped"],
        shared=plain["shared"],
    )


def save_model(folder: Path, model: Model) -> None:
    """Write the files of a model, as a version will hold them."""
    for name, content in model.files().items():
        with atomic_path(folder / name) as draft:
            draft.write_bytes(content)


def load_model(folder: Path) -> Model:
    """Read a model from its texts and its JSON; its joblib is never unpickled."""
    from trady2.learning.down_head import DOWN_FILE
    from trady2.learning.model import Model

    plain = json.loads((folder / "calibrator.json").read_text("utf-8"))
    down = (folder / DOWN_FILE).read_text("utf-8") if "down" in plain else None
    return Model.from_files((folder / "model.txt").read_text("utf-8"), plain, down)
