from typing import Any

import pytest

from service.exchange import Receive, Reply, Scope
from service.faults import HttpError
from service.metrics import Metrics
from service.routes import LABELS, Route, Routes
from service.table import all_routes


async def handler(_scope: Scope, _receive: Receive) -> Reply:
    """Answer nothing."""
    return Reply(204, b"")


ROUTES = Routes(
    [
        Route("models", "GET", "/models/", "predict", handler),
        Route("page", "POST", "/models/", "admin", handler),
        Route("page", "POST", "/models/{name}/{version}/activate", "admin", handler),
    ]
)


def asked(method: str, path: str, raw: bytes | None = None) -> dict[str, Any]:
    """Return the scope of a request."""
    return {"method": method, "path": path, "raw_path": raw or path.encode()}


@pytest.mark.parametrize(
    ("method", "path", "label", "needs"),
    [
        ("GET", "/models/", "models", "predict"),
        ("HEAD", "/models", "models", "predict"),
        ("POST", "/models", "page", "admin"),
    ],
)
def test_methods_of_one_path_have_handlers_of_their_own(method: str, path: str, label: str, needs: str) -> None:
    """With and without the last slash; HEAD is answered like GET."""
    route = ROUTES.find(asked(method, path))
    assert (route.label, route.needs) == (label, needs)


def test_open_parts_of_a_path_are_given_to_the_handler() -> None:
    """Decoded one by one, so that an encoded slash stays inside its part."""
    scope = asked("POST", "/models/a/b/1.0.0+x/activate", b"/models/a%2Fb/1.0.0%2Bx/activate/")
    assert ROUTES.find(scope).path == "/models/{name}/{version}/activate"
    assert scope["path_params"] == {"name": "a/b", "version": "1.0.0+x"}


@pytest.mark.parametrize("path", ["/", "/model", "/models/a/activate", "/models/a/1/b/activate", "/models/a/1/other"])
def test_other_paths_are_not_found(path: str) -> None:
    """A pattern matches part by part, and all of it."""
    with pytest.raises(HttpError, match="nothing at this path"):
        ROUTES.find(asked("POST", path))


@pytest.mark.parametrize("method", ["DELETE", "PUT", "post", ""])
def test_another_method_names_those_there_are(method: str) -> None:
    """As the header ``Allow`` has to say."""
    with pytest.raises(HttpError, match="takes GET, POST alone") as caught:
        ROUTES.find(asked(method, "/models/"))
    assert caught.value.headers == {"allow": "GET, POST"}


def test_every_label_is_known_to_the_metrics() -> None:
    """A label that is not in the list could not be counted, and one that no route has says nothing."""

    def service() -> Any:
        return None

    labels = {route.label for route in all_routes(service, Metrics(LABELS), dict, "1")}
    assert labels | {"other"} == set(LABELS)
