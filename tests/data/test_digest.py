"""The digest of a panel."""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from trady2.data.digest import changed_parts, panel_digest, panel_parts
from trady2.data.panel import Panel
from trady2.data.vectors import read_panel, write_vectors

MakePanel = Callable[..., Panel]


def rows(panel: Panel, start: int, stop: int) -> Panel:
    """Cut rows out of a panel."""
    names = ("asset_code", "timestamp", "open", "high", "low", "close", "volume", "features")
    return replace(panel, **{name: getattr(panel, name)[start:stop] for name in names})


def test_files_and_their_order_do_not_count(tmp_path: Path, make_panel: MakePanel) -> None:
    """One file or three in any order hold the same content."""
    panel = make_panel(90)
    write_vectors(tmp_path / "one", "A", "all", panel)
    for name, start in (("c", 0), ("a", 30), ("b", 60)):
        write_vectors(tmp_path / "three", "A", name, rows(panel, start, start + 30))
    digests = {panel_digest(read_panel(tmp_path / folder, ["A"])) for folder in ("one", "three")}
    assert digests == {panel_digest(panel)}


@pytest.mark.parametrize(
    "change",
    [
        {"assets": ("B",)},
        {"feature_names": ("f0", "f2", "f1")},
        {"step": np.timedelta64(1, "m")},
        {"timestamp": np.datetime64("2024-01-02", "us") + np.arange(8) * np.timedelta64(1, "h")},
        {"volume": np.ones(8)},
        {"close": np.ones(8)},
        {"features": np.ones((8, 3), np.float32)},
        {"asset_code": np.array([0] * 7 + [1], np.int32)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_part_counts(make_panel: MakePanel, change: dict[str, object]) -> None:
    """A change of names, times or values changes the digest."""
    panel = make_panel(8)
    assert panel_digest(replace(panel, **change)) != panel_digest(panel)


def test_one_changed_bit_counts(make_panel: MakePanel) -> None:
    """The smallest step of a single feature value is seen."""
    panel = make_panel(70_000)
    features = panel.features.copy()
    features[69_999, 2] = np.nextafter(features[69_999, 2], np.float32(9))
    assert panel_digest(replace(panel, features=features)) != panel_digest(panel)


def test_spellings_of_nothing_do_not_count(make_panel: MakePanel) -> None:
    """A NaN is a NaN whatever its bits, zero has no sign, and the memory layout is no content."""
    panel = make_panel(4)
    features = panel.features.copy()
    features[0, 0] = np.array([0xFFC0_0001], np.uint32).view(np.float32)[0]
    features[3, 0], other = -0.0, features.copy()
    other[0, 0], other[3, 0] = np.nan, 0.0
    assert panel_digest(replace(panel, features=features)) == panel_digest(
        replace(panel, features=np.asfortranarray(other))
    )


def test_the_digest_is_the_declared_hash(make_panel: MakePanel) -> None:
    """The digest of known content never changes, for stored models name their data by it: packed here by hand."""
    prices = {name: np.array([1.5, 2.5]) for name in ("open", "high", "low", "close", "volume")}
    panel = replace(make_panel(2, features=1), features=np.array([[0.5], [np.nan]], np.float32), **prices)
    head = b'{"assets": ["A"], "features": ["f0"], "format": "trady2.panel.1", "rows": 2, "step_us": 3600000000}'
    body = struct.pack("<2i2q", 0, 0, 1_704_067_200_000_000, 1_704_070_800_000_000) + struct.pack("<2d", 1.5, 2.5) * 5
    assert panel_digest(panel) == hashlib.sha256(head + body + struct.pack("<ff", 0.5, float("nan"))).hexdigest()


def changed(panel: Panel, **values: object) -> list[str]:
    """Say what differs in a panel with other *values*."""
    return changed_parts(panel_parts(panel), panel_parts(replace(panel, **values)))


def test_equal_panels_have_equal_parts(make_panel: MakePanel) -> None:
    """Nothing differs between a panel and the same one with other NaNs and zeros."""
    panel = make_panel(70_000)
    assert panel_parts(panel)["assets"]["A"]["rows"] == 70_000
    features = np.where(np.isnan(panel.features), -np.float32("nan"), panel.features) * np.float32(1)
    assert changed(panel, features=features, close=panel.close + 0.0) == []


def test_a_changed_feature_is_named(make_panel: MakePanel) -> None:
    """One bit of one feature names the asset, that it is a feature, and which one."""
    panel = make_panel(70_000)
    features = panel.features.copy()
    features[69_999, 2] = np.nextafter(features[69_999, 2], np.float32(9))
    assert changed(panel, features=features) == ["A: other features", f"of the features {panel.feature_names[2]}"]


def test_a_changed_price_is_told_from_a_changed_feature(make_panel: MakePanel) -> None:
    """A close that moved leaves times and features as they were."""
    panel = make_panel(8)
    assert changed(panel, close=panel.close + 1) == ["A: other prices"]


def test_rows_are_counted(make_panel: MakePanel) -> None:
    """A row less at the end is told by count and last time."""
    panel = make_panel(8)
    (told, *_) = changed_parts(panel_parts(panel), panel_parts(rows(panel, 0, 7)))
    assert told == f"A: rows 8 → 7, last {panel.timestamp[7]}Z → {panel.timestamp[6]}Z"


def test_assets_come_and_go(make_panel: MakePanel) -> None:
    """Another name is one asset gone and one new."""
    panel = make_panel(8)
    assert changed(panel, assets=("B",)) == ["A is gone", "B is new"]
