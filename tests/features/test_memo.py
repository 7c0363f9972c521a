from __future__ import annotations

from pathlib import Path

from trady2.features.memo import BlockRows, Memo, Written


def test_a_memo_survives_the_way_through_its_file(tmp_path: Path) -> None:
    """What is written is read back, types included."""
    memo = Memo(
        step=60,
        engine="e",
        files={"A": {"2024.parquet": (1, 2, 3)}},
        blocks={"A": {-4: BlockRows(10, "ff"), 5: BlockRows(1, "00")}},
        written={"x.parquet": Written((4, 5, 6), "abc", 11)},
    )
    memo.write(tmp_path)
    assert Memo.read(tmp_path) == memo


def test_no_memo_is_an_empty_one(tmp_path: Path) -> None:
    """A folder without a memo knows nothing."""
    assert Memo.read(tmp_path) == Memo()
