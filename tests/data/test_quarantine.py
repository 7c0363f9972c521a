"""The rows kept out, as they stand in their files."""

from collections.abc import Callable
from pathlib import Path

from trady2.data.importing import import_bars

WriteCsv = Callable[..., Path]
Hours = Callable[..., list[str]]


def test_rows_are_shown_as_they_stand_in_the_file(write_csv: WriteCsv, hours: Hours) -> None:
    """Source, line, time, reason and the raw text of each value; whole lines where the fields do not fit."""
    bad = {1: "soon,100,102,99,101,10", 3: "1704078000,100,n/x,99,101,10", 5: "1704085200,1"}
    first = write_csv("A-1h.csv", *hours(9, bad))
    second = write_csv("sub/A-1h-more.csv", *hours(12, {10: "1704103200,100,98,99,101,7"}))
    imported = import_bars([first, second])
    frame = imported.quarantine
    assert frame[["source", "row", "reason"]].to_numpy().tolist() == [
        ["A-1h-more.csv", 12, "high below low"],
        ["A-1h.csv", 3, "the time is missing or unreadable"],
        ["A-1h.csv", 5, "a price is missing or not finite"],
        ["A-1h.csv", 7, "a line with a wrong number of fields"],
    ]
    values = frame[["time", "open", "high", "low", "close", "volume"]]
    assert values.iloc[0].tolist() == ["1704103200", "100", "98", "99", "101", "7"]
    assert values.iloc[2].tolist() == ["1704078000", "100", "n/x", "99", "101", "10"]
    assert values.iloc[3].isna().all()
    assert frame["line"].tolist()[3] == "1704085200,1"
    assert [str(time) for time in frame["timestamp"]] == [
        "2024-01-01 10:00:00+00:00",
        "NaT",
        "2024-01-01 03:00:00+00:00",
        "NaT",
    ]


def test_an_empty_quarantine_has_its_columns(write_csv: WriteCsv, hours: Hours) -> None:
    """Without a bad row the frame is empty and typed."""
    frame = import_bars(write_csv("A-1h.csv", *hours(5))).quarantine
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    text = dict.fromkeys(("source", "reason", "time", "open", "high", "low", "close", "volume", "line"), "str")
    assert (len(frame), kinds) == (0, {**text, "row": "int64", "timestamp": "datetime64[us, UTC]"})
