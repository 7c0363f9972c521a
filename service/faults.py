"""From what went wrong to an HTTP answer: one shape for everything.

{"error": {"code": "stale_vector", "message": "…", "request_id": "5f0c…"}}
"""

from __future__ import annotations

import json
from typing import Final

from trady2.errors import (
    ConflictError,
    DataError,
    IntegrityError,
    NotFoundError,
    RefusedError,
    StaleDataError,
    Trady2Error,
)

__all__ = ["CODES", "HttpError", "error_body", "fault_of"]

# The first class that fits decides; the code stands where the error itself brings none.
_BY_CLASS: Final = (
    (StaleDataError, 409, "stale_vector"),
    (DataError, 422, "invalid_request"),
    (NotFoundError, 404, "not_found"),
    (IntegrityError, 503, "model_refused"),
    (ConflictError, 503, "busy"),
    (RefusedError, 409, "refused"),
)
_BY_CODE: Final = {"no_active_model": 503, "vectors_do_not_fit": 409, "bars_not_taken": 409}

CODES: Final = {
    400: ("invalid_json", "malformed_http", "invalid_request"),
    401: ("unauthorized",),
    403: ("forbidden", "no_api_keys"),
    404: ("not_found", "unknown_asset", "no_vector", "unknown_model", "unassigned_asset", "no_file"),
    405: ("method_not_allowed",),
    408: ("request_timeout",),
    409: (
        "stale_vector", "expired_version", "vectors_do_not_fit", "bars_not_taken", "refused", "model_refused",
        "workers_behind",
    ),
    413: ("body_too_large",),
    415: ("unsupported_media_type",),
    422: (
        "invalid_request", "unknown_key", "invalid_asset", "invalid_time", "invalid_features", "unknown_feature",
        "missing_feature", "missing_value", "invalid_value", "invalid_explain", "invalid_model", "model_needed",
        "batch_too_large",
        "invalid_bars", "too_few_bars", "too_many_bars", "unfinished_bar", "bars_not_enough",
        "invalid_reason",
    ),
    429: ("rate_limited",),
    431: ("head_too_large",),
    500: ("internal",),
    503: ("no_active_model", "model_refused", "busy", "no_api_keys"),
    504: ("timeout",),
}  # fmt: skip


class HttpError(Exception):
    """Something wrong with the HTTP of a request, before anybody looked at what it asks for."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        """Answer with *status*, *code*, *message* and extra *headers*, named with underscores."""
        super().__init__(message)
        self.status, self.code = status, code
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def fault_of(error: Exception) -> tuple[int, str, str]:
    """Return status, code and message for *error*; what nobody foresaw says nothing about the inside."""
    if isinstance(error, HttpError):
        return error.status, error.code, str(error)
    if isinstance(error, Trady2Error):
        for kind, status, default in _BY_CLASS:
            if isinstance(error, kind):
                code = str(error.values.get("code", default))
                return _BY_CODE.get(code, status), code, str(error)
    return 500, "internal", "something went wrong inside; the server's log tells more under this request_id"


def error_body(code: str, message: str, request_id: str) -> bytes:
    """Write the one shape of an error."""
    return json.dumps({"error": {"code": code, "message": message, "request_id": request_id}}).encode()
