"""What Prometheus may know: requests by route and status, answers by outcome, and a refused version.

Routes come from a fixed list, so that requests to random paths cannot fill the memory; BentoML's own metrics,
which label by raw path, are off. With several workers the numbers are summed over all of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Metrics:
    """The metrics of one process; *routes* are the only labels that a request can choose."""

    def __init__(self, routes: Iterable[str]) -> None:
        """Create every series that can be, so that a rate is right from the first event on."""
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "trady2_http_requests_total", "Requests answered", ("route", "status"), registry=self._registry
        )
        seconds = Histogram(
            "trady2_http_request_seconds", "From request line to answer", ("route",), buckets=_SECONDS,
            registry=self._registry,
        )  # fmt: skip
        self._seconds = {route: seconds.labels(route) for route in routes}
        self._counters: dict[tuple[str, int], Counter] = {}
        self._answers = Counter("trady2_answers_total", "Predictions by outcome", ("outcome",), registry=self._registry)
        self._outcomes: dict[str, Counter] = {}
        self._waiting = Gauge(
            "trady2_prediction_log_waiting_bytes", "Lines of the prediction log that the disk refuses",
            multiprocess_mode="livesum", registry=self._registry,
        )  # fmt: skip
        self._dropped = Counter(
            "trady2_prediction_log_dropped_total", "Lines that found no place in memory either", registry=self._registry
        )
        self._told_dropped = 0
        self._refused = Gauge(
            "trady2_model_refused", "1 while a worker refuses the active version",
            multiprocess_mode="livemax", registry=self._registry,
        )  # fmt: skip

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        counter = self._counters.get((route, status))
        if counter is None:
            counter = self._counters[route, status] = self._requests.labels(route, str(status))
        counter.inc()
        self._seconds[route].observe(seconds)

    def answers(self, outcomes: Iterable[str]) -> None:
        """Count predictions by ``signal`` or the reason why there is none."""
        for outcome in outcomes:
            counter = self._outcomes.get(outcome)
            if counter is None:
                counter = self._outcomes[outcome] = self._answers.labels(outcome)
            counter.inc()

    def refused(self, refused: bool) -> None:
        """Say whether this worker refuses the active version."""
        self._refused.set(int(refused))

    def unlogged(self, waiting_bytes: int, dropped: int) -> None:
        """Say what the prediction log holds in memory because the disk refuses it, and how many lines it has lost."""
        self._waiting.set(waiting_bytes)
        self._dropped.inc(dropped - self._told_dropped)
        self._told_dropped = dropped

    def exposition(self) -> bytes:
        """Write the metrics of all workers in Prometheus' text format."""
        registry = self._registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no type for it
        return bytes(generate_latest(registry))
