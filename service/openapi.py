"""The OpenAPI document of the service, as it really answers."""

from __future__ import annotations

from typing import Any, Final

from pydantic.json_schema import models_json_schema

from service.admin.schema import Activation, Decided, EventList, Rollback
from service.faults import CODES
from service.schema import Answer, Answers, Batch, Explicit, Failure, FromBars, ModelList, Ready, Stored

__all__ = ["DOCUMENT_PATH", "MODELS_PATH", "PREDICT_PATH", "openapi_document"]

PREDICT_PATH: Final = "/api/v1/analytics/predict/"
MODELS_PATH: Final = "/api/v1/models/"
DOCUMENT_PATH: Final = "/docs.json"

_BODIES: Final = (Stored, Explicit, FromBars, Batch, Answer, Answers, ModelList, Ready, Failure)
_ADMIN_BODIES: Final = (Activation, Rollback, Decided, EventList)
_EXAMPLES: Final = {
    "latest": {"value": {"asset": "BTC-USDT"}},
    "as_of": {"value": {"asset": "BTC-USDT", "as_of": "2025-11-01T12:00:00Z"}},
    "explained": {"value": {"asset": "BTC-USDT", "explain": True}},
    "model": {"value": {"asset": "BTC-USDT", "model": "trady2"}},
    "batch": {"value": {"instances": [{"asset": "BTC-USDT"}, {"asset": "ETH-USDT"}]}},
}

# Before anybody knows what is asked for.
_ANY: Final = (400, 408, 431)
_OPEN: Final[dict[str, Any]] = {"security": []}
_WITH_KEY: Final = (401, 403, 429, 431, 500, 503)
_RETRY_AFTER: Final = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 1}}}


def openapi_document(version: str) -> dict[str, Any]:
    """Return the document for the service in *version*, as plain JSON values (OpenAPI 3.1)."""
    _, schemas = models_json_schema(
        [(body, "validation") for body in (*_BODIES, *_ADMIN_BODIES)], ref_template="#/components/schemas/{model}"
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
            **_failures(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 431, 500, 503, 504),
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
            MODELS_PATH: {"get": _get("models", "The versions there are", "ModelList", *_WITH_KEY, 504)},
            **_admin_paths(),
            "/readyz": {"get": {**_get("ready", "Whether every model answers", "Ready", 431, 503), **_OPEN}},
            "/livez": {"get": {**_plain("live", "Whether the process answers", "application/json", 431), **_OPEN}},
            "/metrics": {"get": _plain("metrics", "Metrics of all workers for Prometheus", "text/plain", *_WITH_KEY)},
            DOCUMENT_PATH: {"get": _plain("document", "This document", "application/json", *_WITH_KEY)},
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


def _admin_paths() -> dict[str, Any]:
    model = MODELS_PATH + "{name}"
    version, reading = model + "/{version}", (*_WITH_KEY, 404, 504)
    operations: dict[str, dict[str, Any]] = {
        version + "/activate": {
            "post": _decision("activate", "Make a version the active one; scope admin", "Activation")
        },
        model + "/rollback": {"post": _decision("rollback", "Go back to the one before; scope admin", "Rollback")},
        model + "/events": {"get": _get("events", "What the ledger remembers", "EventList", *reading)},
        version + "/manifest": {"get": _plain("manifest", "All that a version says", "application/json", *reading)},
        version + "/report": {"get": _plain("report", "Its backtest, for people", "text/html", *reading)},
    }
    return {path: {"parameters": _parameters(path), **methods} for path, methods in operations.items()}


def _decision(operation: str, summary: str, body: str) -> dict[str, Any]:
    return {
        "operationId": operation,
        "summary": summary,
        "requestBody": {"required": True, "content": {"application/json": {"schema": _one_of(body)}}},
        "responses": {
            "200": _json("What is active now", _one_of("Decided")),
            **_failures(*_WITH_KEY, 400, 404, 408, 409, 413, 415, 422, 504),
        },
    }


def _parameters(path: str) -> list[dict[str, Any]]:
    described = {"name": "The model's name", "version": "In full, with + or -: 1.0.0+20251101_120000"}
    return [
        {"name": name, "in": "path", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in described.items()
        if f"{{{name}}}" in path
    ]


def _get(operation: str, summary: str, schema: str, *failures: int) -> dict[str, Any]:
    responses = {"200": _json(summary, _one_of(schema)), **_failures(*failures)}
    return {"operationId": operation, "summary": summary, "responses": responses}


def _plain(operation: str, summary: str, media_type: str, *failures: int) -> dict[str, Any]:
    responses = {"200": {"description": summary, "content": {media_type: {"schema": {}}}}, **_failures(*failures)}
    return {"operationId": operation, "summary": summary, "responses": responses}


def _failures(*statuses: int) -> dict[str, Any]:
    found = {
        str(status): _json(f"code: {', '.join(CODES[status])}", _one_of("Failure"))
        for status in sorted({*_ANY, *statuses})
    }
    for status in found.keys() & {"429", "503"}:
        found[status]["headers"] = _RETRY_AFTER
    return found


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _one_of(*names: str) -> dict[str, Any]:
    references = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    return references[0] if len(references) == 1 else {"oneOf": references}
