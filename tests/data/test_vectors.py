"""The set of feature vectors."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pandas.testing as pt
import pytest

from trady2.data.panel import Panel
from trady2.data.vectors import feature_columns, read_panel, read_vectors, write_vectors
from trady2.errors import DataError, NotFoundError

MakePanel = Callable[..., Panel]


@pytest.mark.parametrize("asset", ["BTC-USDT", "BTC/USD", "a b"])
@pytest.mark.parametrize("as_frame", [True, False])
def test_what_is_written_is_read(tmp_path: Path, make_panel: MakePanel, asset: str, as_frame: bool) -> None:
    """Vectors come back with their bits, from a frame or a panel."""
    panel = make_panel(30, assets=(asset,))
    path = write_vectors(tmp_path, asset, "2024", panel.frame() if as_frame else panel)
    assert path.parent.parent == tmp_path
    pt.assert_frame_equal(read_vectors(tmp_path, [asset]), panel.frame())


def test_assets_come_sorted_and_features_in_the_order_asked_for(tmp_path: Path, make_panel: MakePanel) -> None:
    """No assets named means all of them; the order of features is the caller's."""
    for asset in ("C", "A", "B"):
        write_vectors(tmp_path, asset, "x", make_panel(4, assets=(asset,)))
    everything = read_panel(tmp_path, [])
    assert (everything.assets, everything.asset_code.tolist()) == (("A", "B", "C"), [0] * 4 + [1] * 4 + [2] * 4)
    some = read_panel(tmp_path, ["C", "A", "C"], features=["f2", "f0"])
    assert (some.assets, some.feature_names) == (("A", "C"), ("f2", "f0"))
    assert np.array_equal(some.features[4:], everything.features[8:, [2, 0]], equal_nan=True)
    assert some.features.flags.c_contiguous


def test_a_rewrite_replaces_and_repeats_its_bytes(tmp_path: Path, make_panel: MakePanel) -> None:
    """The same stem is replaced; the same content gives the same file."""
    path = write_vectors(tmp_path, "A", "x", make_panel(5))
    first = path.read_bytes()
    write_vectors(tmp_path, "A", "x", make_panel(6))
    assert len(read_vectors(tmp_path, ["A"])) == 6
    assert write_vectors(tmp_path, "A", "x", make_panel(5)).read_bytes() == first


@pytest.mark.parametrize("stem", ["", "../x", "a/b", ".hidden", "ä"])
def test_a_stem_is_no_path(tmp_path: Path, make_panel: MakePanel, stem: str) -> None:
    """File stems that could lead elsewhere are refused."""
    with pytest.raises(DataError, match="is no file stem; use letters, digits"):
        write_vectors(tmp_path, "A", stem, make_panel(2))


def test_mistakes_are_named(tmp_path: Path, make_panel: MakePanel) -> None:
    """Other assets in a file, features named twice, unknown assets and empty sets have their message."""
    with pytest.raises(DataError, match="the vectors are of A, B, not of A alone; write one asset at a time"):
        write_vectors(tmp_path, "A", "x", make_panel(2, assets=("A", "B")))
    with pytest.raises(NotFoundError, match="holds no feature vectors; build them first"):
        feature_columns(tmp_path)
    write_vectors(tmp_path, "BTC-USD", "x", make_panel(2, assets=("BTC-USD",)))
    with pytest.raises(DataError, match="the features name f0 twice; name each once"):
        read_panel(tmp_path, [], features=["f0", "f1", "f0"])
    with pytest.raises(NotFoundError, match=r"asset 'BTC-EUR' is not in .*: did you mean 'BTC-USD'"):
        read_panel(tmp_path, ["BTC-EUR"])
    assert feature_columns(tmp_path) == ["f0", "f1", "f2"]


def test_pandas_reads_the_set(tmp_path: Path, make_panel: MakePanel) -> None:
    """Any reader of Hive-partitioned Parquet sees the same rows, the asset from the folder."""
    write_vectors(tmp_path, "BTC/USD", "x", make_panel(4, assets=("BTC/USD",)))
    frame = pd.read_parquet(tmp_path)
    assert frame["asset"].tolist() == ["BTC/USD"] * 4
    assert frame["close"].tolist() == read_panel(tmp_path, []).close.tolist()


@pytest.mark.slow
def test_memory_stays_near_the_matrix(tmp_path: Path, make_panel: MakePanel) -> None:
    """Reading 400,000 x 60 floats (96 MB) takes the matrix, the prices and times (a fifth of it) and 50 MB at most."""
    write_vectors(tmp_path, "A", "x", make_panel(400_000, features=60))
    code = """
import json, resource, sys
from trady2.data.vectors import feature_columns, read_panel
feature_columns(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
panel = read_panel(sys.argv[1], [])
print(json.dumps([panel.features.nbytes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before]))
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True, text=True)
    matrix, kilobytes = json.loads(done.stdout)
    assert kilobytes * 1024 < 1.25 * matrix + 50e6
