from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learning.conftest import panel_of
from trady2.config import SplitConfig, TargetConfig
from trady2.data.panel import Panel
from trady2.errors import NotEnoughDataError
from trady2.learning.split import Zones, cut_zones, make_zones, require_both_classes, trade_exits
from trady2.learning.target import Labels, label_arrays

SPLIT = SplitConfig(train=0.5, stop=0.1, calibrate=0.1, threshold=0.1, test=0.2)
NAMES = ("train", "stop", "calibrate", "threshold", "test")


def zones_of(
    panel: Panel, split: SplitConfig | None = None, horizon: int = 12, hold: int = 12
) -> tuple[Zones, Labels, np.ndarray]:
    """Return the zones of a panel with the labels and trade exits behind them."""
    labels = label_arrays(panel, TargetConfig(horizon_steps=horizon, return_threshold=0.01))
    exits = trade_exits(panel, hold)
    made = make_zones(panel.decision_time, labels.label_end, exits, split or SPLIT, panel.step)
    return made, labels, exits


@pytest.mark.parametrize("assets", [1, 3])
@pytest.mark.parametrize("embargo", [0, 30])
@pytest.mark.parametrize(("horizon", "hold"), [(12, 12), (12, 30), (30, 1)])
def test_nothing_of_a_zone_reaches_into_the_next(assets: int, embargo: int, horizon: int, hold: int) -> None:
    """Each label has ended, each trade is over and the embargo has passed before the next zone begins."""
    panel = panel_of(3000, assets=assets)
    made, labels, exits = zones_of(panel, SPLIT.model_copy(update={"embargo_bars": embargo}), horizon, hold)
    assert made.names == NAMES
    for name, following in pairwise(NAMES):
        rows = made.rows[name]
        start = panel.decision_time[made.rows[following]].min()
        assert start == made.start[following]
        assert (labels.label_end[rows] + embargo * panel.step < start).all()
        assert (exits[rows] + embargo * panel.step < start).all()
        assert made.end[name] == panel.decision_time[rows].max()


def test_only_what_has_to_go_is_dropped() -> None:
    """With one row an hour and trades that outlast the label by an hour, 13 hours per boundary are purged."""
    made, labels, _ = zones_of(panel_of(2012))
    assert [made.dropped[name] for name in NAMES] == [12, 12, 12, 12, 0]
    assert [len(made.rows[name]) for name in NAMES] == [988, 188, 188, 188, 400]
    together = np.concatenate([made.rows[name] for name in NAMES])
    assert np.all(np.diff(together) > 0)
    assert (labels.label[together] >= 0).all()


def test_shares_count_bars_that_exist() -> None:
    """A year without bars takes no share: the zones have the same sizes as without it."""
    panel = panel_of(2012)
    late = panel.timestamp + np.where(np.arange(2012) >= 1500, np.timedelta64(365, "D"), np.timedelta64(0, "D"))
    gap = Panel(**{**panel.__dict__, "timestamp": late})
    assert len(zones_of(gap)[0].rows["train"]) == pytest.approx(len(zones_of(panel)[0].rows["train"]), abs=7)


def test_rows_without_a_label_end_are_in_no_zone() -> None:
    """A row whose label is unknown is nowhere."""
    panel = panel_of(2000)
    labels = label_arrays(panel, TargetConfig(horizon_steps=12, return_threshold=0.01))
    ends = labels.label_end.copy()
    ends[100:200] = np.datetime64("NaT")
    made = make_zones(panel.decision_time, ends, trade_exits(panel, 12), SPLIT, panel.step)
    used = np.concatenate(list(made.rows.values()))
    assert not set(used) & set(range(100, 200))
    assert used.max() == 2000 - 13


def test_shared_zone() -> None:
    """Without a share of its own, the threshold uses the calibrator's zone, and the table says so."""
    split = SplitConfig(train=0.5, stop=0.1, calibrate=0.2, threshold=0.0, test=0.2)
    made = zones_of(panel_of(2000), split)[0]
    assert made.shared
    assert made.names == ("train", "stop", "calibrate", "test")
    assert made.rows["threshold"] is made.rows["calibrate"]
    assert [row["shared_with"] for row in made.table()] == [None, None, "threshold", None]


def test_table_is_plain() -> None:
    """The table survives JSON and names times in UTC."""
    made = zones_of(panel_of(2012))[0]
    table = json.loads(json.dumps(made.table()))
    assert [row["zone"] for row in table] == list(NAMES)
    assert table[0]["start"] == "2020-01-01T01:00:00.000000Z"
    assert table[0]["rows"] == 988


def test_trades_end_at_an_open() -> None:
    """A signal at the close of bar t is sold at the open of bar t + 1 + hold, within its own asset."""
    panel = panel_of(20, assets=2)
    exits = trade_exits(panel, 3)
    assert exits[0] == panel.timestamp[4]
    assert np.isnat(exits).tolist() == ([False] * 16 + [True] * 4) * 2
    assert np.isnat(trade_exits(panel, 40)).all()


@settings(max_examples=25, deadline=None)
@given(rows=st.integers(700, 1500), horizon=st.integers(1, 20), embargo=st.integers(0, 5))
def test_zones_are_large_enough_or_refused(rows: int, horizon: int, embargo: int) -> None:
    """Every zone has fifty rows, and with one bar less than needed there is an error."""
    made = zones_of(panel_of(rows), SPLIT.model_copy(update={"embargo_bars": embargo}), min(horizon, 12), hold=1)[0]
    assert min(len(made.rows[name]) for name in NAMES) >= 50
    with pytest.raises(NotEnoughDataError, match=r"add history|bars of history"):
        zones_of(panel_of(499 + horizon), SPLIT.model_copy(update={"embargo_bars": embargo}), horizon, hold=1)


def test_too_few_rows() -> None:
    """Too little history is refused with the rows that are there and those that are needed."""
    message = (
        r"388 bar times .* too few for 5 zones: the smallest share, 10%, has to hold 50 rows, which takes 500; add"
    )
    with pytest.raises(NotEnoughDataError, match=message) as caught:
        zones_of(panel_of(400))
    assert (caught.value.rows, caught.value.needed) == (388, 500)


def test_horizon_longer_than_a_zone() -> None:
    """A horizon that outlasts a zone is refused with both lengths and the ways out."""
    message = (
        r"zone 'stop' spans 90 bars, and the horizon reaches 100 bars ahead: .* shorter horizon .* split.stop than 0.1"
    )
    with pytest.raises(NotEnoughDataError, match=message) as caught:
        zones_of(panel_of(1000), horizon=100, hold=1)
    assert (caught.value.zone, caught.value.bars, caught.value.horizon_bars) == ("stop", 90, 100)


def test_zone_that_keeps_too_few() -> None:
    """A zone that the purge leaves too small is refused with its numbers."""
    message = r"zone 'stop' keeps 28 of its 88 rows after the purge, and needs 50; .* or about 1100 bars of history"
    with pytest.raises(NotEnoughDataError, match=message):
        zones_of(panel_of(940), horizon=60, hold=1)


@pytest.mark.parametrize(("threshold", "only", "change"), [(0.9, 0, "lower"), (0.0, 1, "raise")])
def test_one_class_only(threshold: float, only: int, change: str) -> None:
    """Zones in which nothing or everything reaches the threshold are refused, with the returns that there are."""
    panel = panel_of(2000)
    rising = Panel(**{**panel.__dict__, "close": np.linspace(100, 200, 2000)})
    labels = label_arrays(rising, TargetConfig(horizon_steps=12, return_threshold=threshold))
    made = make_zones(panel.decision_time, labels.label_end, trade_exits(panel, 12), SPLIT, panel.step)
    message = rf"zone 'train' has \d+ rows and all of them are labelled {only}: .* {change} target.return_threshold"
    with pytest.raises(NotEnoughDataError, match=message) as caught:
        require_both_classes(made, labels)
    assert caught.value.zone == "train"


def test_both_classes_pass() -> None:
    """Zones with both outcomes are let through."""
    made, labels, _ = zones_of(panel_of(2000))
    require_both_classes(made, labels)
    assert all(0 < labels.label[made.rows[name]].sum() < len(made.rows[name]) for name in NAMES)


def test_panel_is_cut_without_its_warm_up() -> None:
    """The zones of a panel leave out its first rows without features and check the classes."""
    panel = panel_of(2000, assets=2)
    labels = label_arrays(panel, TargetConfig(horizon_steps=12, return_threshold=0.01))
    made = cut_zones(panel, labels, SPLIT, hold_bars=12)
    assert sorted({*range(10), *range(2000, 2010)} & set(np.concatenate(list(made.rows.values())))) == []
    assert made.rows["train"][0] == 10
    rising = label_arrays(panel, TargetConfig(horizon_steps=12, return_threshold=9.0))
    with pytest.raises(NotEnoughDataError, match=r"all of them are labelled 0"):
        cut_zones(panel, rising, SPLIT, hold_bars=12)
