import json
import re

import pytest
from pydantic import TypeAdapter, ValidationError

from service.openapi import PREDICT_PATH, openapi_document
from service.schema import Answer, Batch, Explicit, Failure, Stored

DOCUMENT = openapi_document("v1")


def test_the_document_is_complete_in_itself() -> None:
    """Every reference leads to a schema, and every schema is reached from a path."""
    text = json.dumps(DOCUMENT)
    schemas = DOCUMENT["components"]["schemas"]
    assert set(re.findall(r"#/components/schemas/(\w+)", text)) == set(schemas)
    assert DOCUMENT["info"]["version"] == "v1"


def test_examples_are_valid_requests() -> None:
    """What the document shows as a request is one."""
    body = DOCUMENT["paths"][PREDICT_PATH]["post"]["requestBody"]["content"]["application/json"]
    request: TypeAdapter[Stored | Explicit | Batch] = TypeAdapter(Stored | Explicit | Batch)
    kinds = [type(request.validate_python(one["value"])) for one in body["examples"].values()]
    assert kinds == [Stored, Stored, Stored, Batch]


def test_explanations_are_described() -> None:
    """The document says how to ask for an explanation, and how its parts add up."""
    schemas = DOCUMENT["components"]["schemas"]
    for form in ("Stored", "Explicit"):
        asked = schemas[form]["properties"]["explain"]
        assert asked["anyOf"] == [{"type": "boolean"}, {"maximum": 1000, "minimum": 1, "type": "integer"}]
    assert "base + all contributions + that of the others = raw_score" in schemas["HeadExplanation"]["description"]
    assert "explanation" not in schemas["Answer"]["required"]


def test_predict_names_every_status_it_gives() -> None:
    """Success, and the refusals, each with the shape of an error and its codes."""
    responses = DOCUMENT["paths"][PREDICT_PATH]["post"]["responses"]
    known = ["200", "400", "401", "403", "404", "408", "409", "413", "415", "422", "431", "500", "503"]
    assert sorted(responses) == known
    failures = [response for status, response in responses.items() if status != "200"]
    reference = {"$ref": "#/components/schemas/Failure"}
    assert all(failure["content"]["application/json"]["schema"] == reference for failure in failures)
    assert "stale_vector" in responses["409"]["description"]


def test_described_answers_are_exact() -> None:
    """An answer with a key too many or too few is not as described, nor is an error."""
    with pytest.raises(ValidationError, match="probability"):
        Answer.model_validate({"asset": None})
    with pytest.raises(ValidationError, match="detail"):
        Failure.model_validate({"error": {"code": "c", "message": "m", "request_id": "r"}, "detail": 1})
