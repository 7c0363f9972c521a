from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from service import metrics
from service.metrics import Metrics

SECONDS = [0.0, 0.0001, 0.00011, 0.0025, 0.003, 0.07, 5.0, 5.1, 1e9]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other process has a part in the numbers."""
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)


def samples(text: bytes, name: str) -> dict[tuple[str, ...], float]:
    """Return the samples of a metric by name and labels."""
    found = [sample for family in text_string_to_metric_families(text.decode()) for sample in family.samples]
    return {
        (one.name, *sorted(f"{key}={value}" for key, value in one.labels.items())): one.value
        for one in found
        if one.name.startswith(name) and not one.name.endswith("_created")
    }


def test_times_are_counted_as_the_library_does() -> None:
    """Buckets, sum and count are those of a histogram that observed the same requests one by one."""
    registry = CollectorRegistry()
    kept = Histogram("trady2_http_request_seconds", "x", ("route",), buckets=metrics._SECONDS, registry=registry)
    ours = Metrics(["predict"])
    for _ in range(2):
        for seconds in SECONDS:
            ours.request("predict", 200, seconds)
            kept.labels("predict").observe(seconds)
        ours.flush()
    name = "trady2_http_request_seconds"
    assert samples(ours.exposition(), name) == pytest.approx(samples(generate_latest(registry), name), rel=1e-12)


def test_every_event_is_told_once() -> None:
    """By route and status, and by outcome; a flush without news changes nothing."""
    ours = Metrics(["predict", "other"])
    for _ in range(3):
        ours.request("predict", 200, 0.001)
        ours.answers(["signal", "below_threshold", "signal"])
    ours.request("other", 404, 0.001)
    assert samples(ours.exposition(), "trady2_http_requests") == {}
    for _ in range(2):
        ours.flush()
    assert samples(ours.exposition(), "trady2_http_requests") == {
        ("trady2_http_requests_total", "route=predict", "status=200"): 3.0,
        ("trady2_http_requests_total", "route=other", "status=404"): 1.0,
    }
    assert samples(ours.exposition(), "trady2_answers") == {
        ("trady2_answers_total", "outcome=signal"): 6.0,
        ("trady2_answers_total", "outcome=below_threshold"): 3.0,
    }


def test_the_log_tells_what_it_holds_and_lost() -> None:
    """The lines in memory as they are now, the lost ones in all."""
    ours = Metrics([])
    for waiting, dropped in ((900, 0), (100, 2), (0, 5)):
        ours.unlogged(waiting, dropped)
    assert samples(ours.exposition(), "trady2_prediction_log") == {
        ("trady2_prediction_log_waiting_bytes",): 0.0,
        ("trady2_prediction_log_dropped_total",): 5.0,
    }
