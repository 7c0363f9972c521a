import json
from dataclasses import replace
from typing import Any

import lightgbm
import numpy as np
import pytest

from service.schema import Answer
from tests.serving.tiny_version import FEATURES, explicit, matrix_of, tiny_model
from trady2.data.panel import Panel
from trady2.learning.contributions import contributions
from trady2.learning.model import Model
from trady2.serving.answer import answers
from trady2.serving.explanation import explain
from trady2.serving.predictor import Predictor
from trady2.serving.request import Ask
from trady2.serving.row import Row


def total(part: dict[str, Any]) -> float:
    """Add up what an explanation says."""
    named = sum(one["contribution"] for one in part["contributions"])
    return float(part["base"] + named + part["others"]["contribution"])


def test_an_explanation_is_the_models_contributions(predictor: Predictor, panel: Panel, model: Model) -> None:
    """Of both heads, each feature with its value and what it adds, the largest first; all adds up."""
    answer = predictor.answer({"asset": "BTC-EUR", "as_of": "2025-11-01T08:59:00Z", "explain": True})
    row = panel.features[-5]
    for place, name in enumerate(("up", "down")):
        expected = dict(zip(FEATURES, contributions(model, row[None])[place, 0], strict=False))
        part = answer["explanation"][name]
        assert {one["feature"]: one["contribution"] for one in part["contributions"]} == expected
        values = [row[FEATURES.index(one["feature"])].item() for one in part["contributions"]]
        assert [one["value"] for one in part["contributions"]] == [None if np.isnan(one) else one for one in values]
        sizes = [abs(one["contribution"]) for one in part["contributions"]]
        assert sizes == sorted(sizes, reverse=True)
        assert part["raw_score"] == model.raw_scores(row[None])[place, 0]
        assert part["others"] == {"features": 0, "contribution": 0.0}
        assert total(part) == pytest.approx(part["raw_score"], abs=1e-12)
    Answer.model_validate_json(json.dumps(answer))


def test_a_model_that_knows_rises_alone_explains_them_alone(predictor: Predictor, panel: Panel) -> None:
    """With one head, what would be told of falls is null."""
    one = tiny_model(down=False)
    row = Row("BTC-EUR", None, panel.features[-1])
    found = answers(replace(predictor.answering(), model=one), [row])
    explain(one, [Ask("BTC-EUR", explain=10)], [row], found)
    assert found[0]["explanation"]["up"]["raw_score"] == one.raw_score(row.values[None])[0]
    assert found[0]["explanation"]["down"] is None


def test_the_largest_are_named_and_the_rest_is_added_up(predictor: Predictor, panel: Panel) -> None:
    """Two features by name, three as one number; the sum stays the raw score."""
    asked = {"features": explicit(panel, -1)}
    whole = predictor.answer({**asked, "explain": True})["explanation"]["up"]
    part = predictor.answer({**asked, "explain": 2})["explanation"]["up"]
    assert part["contributions"] == whole["contributions"][:2]
    assert part["others"]["features"] == 3
    assert part["others"]["contribution"] != 0
    assert total(part) == pytest.approx(part["raw_score"], abs=1e-12)


def test_explaining_changes_nothing_else(predictor: Predictor, panel: Panel) -> None:
    """The answer is the same to the bit with and without, and without it has no such key."""
    asked = {"features": explicit(panel, -2)}
    told, plain = predictor.answer({**asked, "explain": True}), predictor.answer({**asked, "explain": False})
    assert told.pop("explanation") is not None
    assert told == plain == predictor.answer(asked)


def test_a_batch_explains_where_it_is_asked_to(predictor: Predictor) -> None:
    """Each instance says for itself; a row has the same explanation alone and among others."""
    rows = [dict(zip(FEATURES, row.tolist(), strict=True)) for row in matrix_of(4, 3)[1:]]
    instances: list[dict[str, Any]] = [{"features": row} for row in rows]
    instances[0]["explain"], instances[2]["explain"] = True, 1
    found = predictor.answer({"instances": instances})["predictions"]
    assert [("explanation" in one) for one in found] == [True, False, True]
    assert found == [predictor.answer(one) for one in instances]
    assert len(found[2]["explanation"]["up"]["contributions"]) == 1


def test_a_feature_that_adds_nothing_is_not_named(panel: Panel, model: Model) -> None:
    """What no tree looks at is left out of the list and counts among the others."""
    stump = lightgbm.train(
        {"objective": "binary", "verbosity": -1, "num_leaves": 2},
        lightgbm.Dataset(matrix := matrix_of(500, 1), matrix[:, 2] > 0),
        1,
    )
    row = Row("BTC-EUR", None, panel.features[-1])
    found: list[dict[str, Any]] = [{"probability": 0.5}]
    explain(replace(model, text=stump.model_to_string()), [Ask("BTC-EUR", explain=1_000)], [row], found)
    part = found[0]["explanation"]["up"]
    assert [one["feature"] for one in part["contributions"]] == [FEATURES[2]]
    assert part["others"] == {"features": 4, "contribution": 0.0}


def test_without_a_probability_there_is_nothing_to_explain(predictor: Predictor, panel: Panel, model: Model) -> None:
    """A row that the model cannot judge has null for its explanation."""
    values = panel.features[-1].copy()
    values[0] = np.nan
    rows = [Row("BTC-EUR", None, values)]
    found = answers(predictor.answering(), rows)
    explain(model, [Ask("BTC-EUR", explain=10)], rows, found)
    assert (found[0]["probability"], found[0]["explanation"]) == (None, None)
