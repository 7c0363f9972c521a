from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.client.conftest import Real
from tests.serving.tiny_version import explicit
from trady2.client import Client, Models, Prediction
from trady2.errors import NotFoundError, RefusedError, StaleDataError


@pytest.fixture(scope="module")
def client(real: Real) -> Client:
    """A client of the real service."""
    return Client(real.url, real.key)


def test_the_service_answers_what_the_model_says(real: Real, client: Client) -> None:
    """By asset, by features and in a batch: the same bits that the model gives here."""
    expected = real.model.predict_probability(real.panel).tolist()
    assert client.predict("BTC-EUR")["probability"] == expected[-1]
    assert client.predict_features(explicit(real.panel, 3))["probability"] == expected[3]
    batch = client.predict_many([{"features": explicit(real.panel, row)} for row in range(9)])
    assert [one["probability"] for one in batch] == expected[:9]


def test_answers_have_the_keys_that_their_types_tell(client: Client) -> None:
    """What a type checker is told about an answer is what arrives."""
    answer, explained, models = client.predict("BTC-EUR"), client.predict("BTC-EUR", explain=2), client.models()
    assert answer.keys() == Prediction.__required_keys__
    assert explained.keys() == Prediction.__required_keys__ | {"explanation"}
    assert explained["explanation"] is not None
    assert len(explained["explanation"]["up"]["contributions"]) == 2
    assert models.keys() == Models.__required_keys__


def test_refusals_are_errors_of_the_library(real: Real, client: Client) -> None:
    """An asset that is unknown, a vector that is old, a key that is wrong: each is raised as its own kind."""
    with pytest.raises(NotFoundError, match="BTC-EURO"):
        client.predict("BTC-EURO")
    with pytest.raises(StaleDataError, match="OLD-EUR"):
        client.predict("OLD-EUR")
    with Client(real.url, "wrong") as stranger, pytest.raises(RefusedError, match="this needs an API key"):
        stranger.predict("BTC-EUR")
    with Client(real.url, "") as nobody, pytest.raises(RefusedError, match="this needs an API key"):
        nobody.models()


def test_threads_share_a_client(real: Real, client: Client) -> None:
    """Eight threads get their own answers, not those of the others."""
    expected = real.model.predict_probability(real.panel)
    rows = np.arange(200) % len(expected)

    def asked(row: int) -> float | None:
        return client.predict_features(explicit(real.panel, row))["probability"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(asked, rows.tolist())) == expected[rows].tolist()


def test_a_closed_client_says_so(real: Real) -> None:
    """After its block a client has no connections, and makes none."""
    with Client(real.url, real.key) as client:
        client.models()
    with pytest.raises(RuntimeError, match="closed"):
        client.models()
