"""The OpenAPI document of the service, as it really answers."""

from __future__ import annotations

from typing import Any, Final

from pydantic.json_schema import models_json_schema

from service.faults import CODES
from service.schema import Answer, Answers, Batch, Explicit, Failure, FromBars, ModelList, Ready, Stored

__all__ = ["DOCUMENT_PATH", "MODELS_PATH", "PREDICT_PATH", "openapi_document"]

PREDICT_PATH: Final = "/api/v1/analytics/predict/"
MODELS_PATH: Final = "/api/v1/models/"
DOCUMENT_PATH: Final = "/docs.json"

_BODIES: Final = (Stored, Explicit, FromBars, Batch, Answer, Answers, ModelList, Ready, Failure)
_EXAMPLES: Final = {
    "latest": {"value": {"asset": "BTC-USDT"}},
    "as_of": {"value": {"asset": "BTC-USDT", "as_of": "2025-11-01T12:00:00Z"}},
    "explained": {"value": {"asset": "BTC-USDT", "explain": True}},
    "batch": {"value": {"instances": [{"asset": "BTC-USDT"}, {"asset": "ETH-USDT"}]}},
}

# Before anybody knows what is asked for.
_ANY: Final = (400, 408, 431)
_OPEN: Final[dict[str, Any]] = {"security": []}


def openapi_document(version: str) -> dict[str, Any]:
    """Return the document for the service in *version*, as plain JSON values (OpenAPI 3.1)."""
    _, schemas = models_json_schema(
        [(body, "validation") for body in _BODIES], ref_template="#/components/schemas/{model}"
    )
    predict = {
        "operationId": "predict",
        "summary": "Probability of a rise, expected return, and whether they are a signal",
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _one_of("Stored", "Explicit", "FromBars", "Batch"),
                    "examples": _EXAMPLES,
                }
            },
        },
        "responses": {
            "200": _json("One answer, or those of a batch", _one_of("Answer", "Answers")),
            **_failures(401, 403, 404, 409, 413, 415, 422, 500, 503),
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Trady2",
            "version": version,
            "description": "Predictions of short-term upward price moves, from the version that a person activated.",
        },
        "servers": [{"url": "."}],
        "paths": {
            PREDICT_PATH: {"post": predict},
            MODELS_PATH: {"get": _get("models", "The versions there are", "ModelList", 401, 403, 500)},
            "/readyz": {"get": {**_get("ready", "Whether a version answers", "Ready", 503), **_OPEN}},
            "/livez": {"get": {**_plain("live", "Whether the process answers", "application/json"), **_OPEN}},
            "/metrics": {"get": _plain("metrics", "Metrics of all workers for Prometheus", "text/plain", 401, 403)},
            DOCUMENT_PATH: {"get": _plain("document", "This document", "application/json", 401, 403)},
        },
        "security": [{"bearer": []}, {"key": []}, {}],
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "Needed once keys are configured"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def _get(operation: str, summary: str, schema: str, *failures: int) -> dict[str, Any]:
    responses = {"200": _json(summary, _one_of(schema)), **_failures(*failures)}
    return {"operationId": operation, "summary": summary, "responses": responses}


def _plain(operation: str, summary: str, media_type: str, *failures: int) -> dict[str, Any]:
    responses = {"200": {"description": summary, "content": {media_type: {"schema": {}}}}, **_failures(*failures)}
    return {"operationId": operation, "summary": summary, "responses": responses}


def _failures(*statuses: int) -> dict[str, Any]:
    return {
        str(status): _json(f"code: {', '.join(CODES[status])}", _one_of("Failure"))
        for status in sorted({*_ANY, *statuses})
    }


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _one_of(*names: str) -> dict[str, Any]:
    references = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    return references[0] if len(references) == 1 else {"oneOf": references}
