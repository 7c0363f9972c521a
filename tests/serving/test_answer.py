from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tests.serving.tiny_version import FEATURES, NOON, matrix_of, tiny_model
from trady2.serving.answer import answers, utc_text
from trady2.serving.predictor import Predictor
from trady2.serving.row import Row


def row_of(values: np.ndarray) -> Row:
    """Return an explicit row."""
    return Row(None, None, values.astype(np.float32))


@pytest.mark.parametrize("down", [False, True], ids=["one-head", "two-heads"])
def test_a_signal_needs_more_than_the_threshold(predictor: Predictor, down: bool) -> None:
    """At the threshold itself there is no signal, just below it there is; what is compared is the score."""
    model, row = tiny_model(down=down), row_of(np.zeros(5))
    chance, score, expected = (float(values[0]) for values in model.prediction(model.raw_scores(row.values[None])))
    assert (score == chance) != down
    for threshold, signal, reason in ((score, False, "below_threshold"), (np.nextafter(score, 0), True, None)):
        (answer,) = answers(replace(predictor.answering(), model=model.with_threshold(threshold)), [row])
        assert (answer["signal"], answer["reason"], answer["score"]) == (signal, reason, score)
        assert (answer["probability"], answer["expected_return"]) == (chance, expected if down else None)
        assert answer["signal_kind"] == ("expected_return" if down else "probability")


def test_an_unlikely_rise_can_be_a_signal(predictor: Predictor) -> None:
    """What counts is the score: where falls are even less likely, a rise below one half is a signal at 0.5."""
    snapshot = predictor.answering()
    rows = [row_of(values) for values in np.clip(matrix_of(200, 5), -2, 2)]
    found = [answer for answer in answers(snapshot, rows) if answer["reason"] != "outside_training_range"]
    assert {answer["signal"] for answer in found if answer["probability"] < 0.5} == {True, False}
    assert all(answer["signal"] == (answer["expected_return"] > 0) for answer in found)


def test_outside_trainings_range_no_signal_is_given(predictor: Predictor) -> None:
    """The probability is shown, the features are named, and the signal is withheld."""
    snapshot = predictor.answering()
    sure = replace(snapshot, model=snapshot.model.with_threshold(0.0))
    (answer,) = answers(sure, [row_of(np.array([99, 0, -99, 0, np.nan]))])
    assert answer["probability"] > 0
    assert (answer["signal"], answer["reason"]) == (False, "outside_training_range")
    assert answer["reason_features"] == ["momentum_12", "volume_z"]


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [(0, np.nan, ["momentum_12"]), (1, np.inf, ["range_24"]), (4, -np.inf, ["market_beta"])],
)
def test_what_training_never_missed_gives_no_probability(
    predictor: Predictor, place: int, value: float, named: list[str]
) -> None:
    """A missing value where training had one, or an infinite one anywhere, gives null and the feature's name."""
    values = np.zeros(5)
    values[place] = value
    (answer,) = answers(predictor.answering(), [row_of(values)])
    assert [answer[name] for name in ("probability", "score", "expected_return")] == [None] * 3
    assert (answer["signal"], answer["reason"]) == (False, "missing_features")
    assert answer["reason_features"] == named


def test_answers_do_not_depend_on_their_neighbours(predictor: Predictor) -> None:
    """A row has the same answer alone and among others, whatever those are."""
    rows = [row_of(values) for values in matrix_of(50, 3)]
    rows[7].values[:] = np.nan
    assert answers(predictor.answering(), rows) == [answers(predictor.answering(), [row])[0] for row in rows]


def test_decision_time_is_the_close_of_the_bar(predictor: Predictor) -> None:
    """The vector of the hour from 11 is known at 12."""
    row = Row("BTC-EUR", NOON - timedelta(hours=1), np.zeros(len(FEATURES), np.float32))
    (answer,) = answers(predictor.answering(), [row])
    assert (answer["timestamp"], answer["decision_time"]) == ("2025-11-01T11:00:00Z", "2025-11-01T12:00:00Z")


@pytest.mark.parametrize(
    ("step", "duration"),
    [
        (timedelta(minutes=1), "PT4M"),
        (timedelta(minutes=20), "PT1H20M"),
        (timedelta(days=1), "PT96H"),
        (timedelta(seconds=20), "PT1M20S"),
    ],
)
def test_the_horizon_is_told_in_steps_and_time(predictor: Predictor, step: timedelta, duration: str) -> None:
    """Four steps of a bar's length, as an ISO 8601 duration."""
    (answer,) = answers(replace(predictor.answering(), step=step), [row_of(np.zeros(5))])
    assert answer["horizon"] == {"steps": 4, "duration": duration}


def test_times_are_written_with_z() -> None:
    """UTC is written as Z, fractions of a second included."""
    assert utc_text(datetime(2025, 11, 1, 12, 0, 0, 5, tzinfo=UTC)) == "2025-11-01T12:00:00.000005Z"
