"""Bars and feature vectors: import, check, store, simulate.

In the order of the flow: `sources` finds files and opens archives, `columns` and `times` understand them,
`reading` reads one file, `identity` (with `naming`) agrees on asset and timeframe, `rows` joins the files,
`judging` decides with `checks` and `repair` what is a bar, `quarantine` and `import_report` account for the rest,
`importing` runs it all. `bars` stores bars (`periods` cuts them into files, `bar_rows` merges them), `vectors` feature
vectors (below it `folders`, `vector_files`, `panel_reader`, `latest`), `panel` is their form in memory (`asset_codes`
its assets), `digest` their identity. `timeframe` and `calendar` measure time; `simulation` and `edge` make markets
with a known answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trady2.lazy import lazy_names

if TYPE_CHECKING:
    from trady2.data.bars import assets_in, check_bars, read_bars, write_bars
    from trady2.data.calendar import missing_bars, periods_per_year
    from trady2.data.digest import panel_digest
    from trady2.data.edge import best_direction_auc
    from trady2.data.importing import BarsImport, group_by_asset, import_bars
    from trady2.data.panel import Panel
    from trady2.data.simulation import planted_signal, simulate_bars
    from trady2.data.timeframe import modal_step, timeframe_delta, timeframe_name
    from trady2.data.vectors import VectorRow, feature_columns, read_latest, read_panel, read_vectors, write_vectors

_MODULES = {
    "bars": ("assets_in", "check_bars", "read_bars", "write_bars"),
    "calendar": ("missing_bars", "periods_per_year"),
    "digest": ("panel_digest",),
    "edge": ("best_direction_auc",),
    "importing": ("BarsImport", "group_by_asset", "import_bars"),
    "panel": ("Panel",),
    "simulation": ("planted_signal", "simulate_bars"),
    "timeframe": ("modal_step", "timeframe_delta", "timeframe_name"),
    "vectors": ("VectorRow", "feature_columns", "read_latest", "read_panel", "read_vectors", "write_vectors"),
}
__getattr__, __dir__ = lazy_names(
    __name__, {name: f"{__name__}.{module}" for module, names in _MODULES.items() for name in names}
)

__all__ = [
    "BarsImport",
    "Panel",
    "VectorRow",
    "assets_in",
    "best_direction_auc",
    "check_bars",
    "feature_columns",
    "group_by_asset",
    "import_bars",
    "missing_bars",
    "modal_step",
    "panel_digest",
    "periods_per_year",
    "planted_signal",
    "read_bars",
    "read_latest",
    "read_panel",
    "read_vectors",
    "simulate_bars",
    "timeframe_delta",
    "timeframe_name",
    "write_bars",
    "write_vectors",
]
