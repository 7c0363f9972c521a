"""The HTTP client of the service: the one part of the library that speaks HTTP.

    >>> from trady2.client import Client
    >>> with Client("http://127.0.0.1:3000") as client:
    ...     client.predict("BTC-USDT")["probability"]  # doctest: +SKIP
    0.5312

`AsyncClient` has the same methods to await. Answers are the service's JSON as dictionaries, whose keys and types
`Prediction` and `Models` tell to a type checker. What the service refuses is raised as the error that the library
itself would raise, with the service's ``code``, ``status`` and ``request_id`` as values.
"""

from trady2.client.answers import Explanation, Models, ModelVersion, Prediction
from trady2.client.awaited import AsyncClient
from trady2.client.blocking import Client

__all__ = ["AsyncClient", "Client", "Explanation", "ModelVersion", "Models", "Prediction"]
