from __future__ import annotations

import json
from datetime import UTC, timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.serving.tiny_version import NOON
from trady2.errors import DataError
from trady2.serving.logged import read_predictions
from trady2.serving.prediction_log import PredictionLog
from trady2.serving.predictor import Predictor


def logged(folder: Path, predictor: Predictor) -> list[dict[str, object]]:
    """Log answers of three days in two processes, the later process first, and return them by time."""
    answers = []
    for days in (2, 0, 1):
        log = PredictionLog(folder, now=lambda days=days: NOON + timedelta(days=days))  # type: ignore[misc]
        answer = predictor.answer({"asset": "BTC-EUR", "explain": days == 1})
        assert log.add([json.dumps(answer)], f"id-{days}")
        log.close()
        answers.append((days, answer))
    return [answer for _, answer in sorted(answers, key=lambda one: one[0])]


def test_what_was_logged_comes_back(predictor: Predictor, tmp_path: Path) -> None:
    """Every number to the bit, times in UTC, by time, and once more after a way through Parquet."""
    answers = logged(tmp_path / "log", predictor)
    frame = read_predictions(tmp_path / "log")
    assert list(frame["request_id"]) == ["id-0", "id-1", "id-2"]
    assert list(frame["probability"]) == [answer["probability"] for answer in answers]
    assert frame["time"].iloc[0] == pd.Timestamp(NOON)
    assert frame["decision_time"].dt.tz is UTC or str(frame["decision_time"].dt.tz) == "UTC"
    assert list(frame["horizon"]) == [4, 4, 4]
    frame.to_parquet(tmp_path / "log.parquet")
    assert list(pd.read_parquet(tmp_path / "log.parquet")["probability"]) == list(frame["probability"])


def test_days_are_chosen_by_their_date(predictor: Predictor, tmp_path: Path) -> None:
    """Both ends are included; without any file there is an empty frame."""
    logged(tmp_path / "log", predictor)
    assert list(read_predictions(tmp_path / "log", first="2025-11-02")["request_id"]) == ["id-1", "id-2"]
    assert list(read_predictions(tmp_path / "log", last="2025-11-01")["request_id"]) == ["id-0"]
    assert len(read_predictions(tmp_path / "log", first="2030-01-01")) == 0
    assert len(read_predictions(tmp_path / "none")) == 0


def test_a_torn_end_is_left_out_and_a_spoilt_line_is_named(predictor: Predictor, tmp_path: Path) -> None:
    """A crash tears the last line alone; anything else that is no line is an error with its place."""
    logged(tmp_path / "log", predictor)
    file = sorted((tmp_path / "log").iterdir())[0]
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:50])
    assert len(read_predictions(tmp_path / "log")) == 3
    file.write_bytes(whole + b"[1, 2]\n")
    with pytest.raises(DataError, match="line 2 is no prediction") as caught:
        read_predictions(tmp_path / "log")
    assert caught.value.row == 2
    with pytest.raises(DataError, match="'yesterday' is no day; write one such as 2025-11-01"):
        read_predictions(tmp_path / "log", first="yesterday")
