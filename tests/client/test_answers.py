import re
from typing import Any, get_type_hints

import pytest

from service import schema, schema_explanation
from trady2.client import answers

PAIRS = [
    (answers.Prediction, schema.Answer),
    (answers.Horizon, schema.Horizon),
    (answers.Explanation, schema_explanation.Explanation),
    (answers.HeadExplanation, schema_explanation.HeadExplanation),
    (answers.Contribution, schema_explanation.Contribution),
    (answers.OtherFeatures, schema_explanation.OtherFeatures),
    (answers.Models, schema.ModelList),
    (answers.ServedModel, schema.ServedModel),
    (answers.Shadow, schema.Shadow),
    (answers.ModelVersion, schema.ModelVersion),
    (answers.Refused, schema.Refused),
]


def told(described: Any) -> dict[str, str]:
    """Return the type of each key, as text without modules; in JSON a time is a text."""
    hints = {name: str(hint) for name, hint in get_type_hints(described).items() if name != "model_config"}
    return {
        name: re.sub(r"service\.schema(?:_explanation)?\.|trady2\.client\.answers\.", "", hint)
        for name, hint in hints.items()
    }


@pytest.mark.parametrize(("typed", "described"), PAIRS, ids=lambda kind: kind.__name__)
def test_the_client_knows_what_the_service_describes(typed: Any, described: Any) -> None:
    """Each class has the keys of the service's own description, with the same types, and the same may be absent."""
    expected = {name: hint.replace("datetime.datetime", "str") for name, hint in told(described).items()}
    assert told(typed) == expected
    assert typed.__required_keys__ == {name for name, key in described.model_fields.items() if key.is_required()}
