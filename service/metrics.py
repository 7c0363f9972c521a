"""What Prometheus may know: requests by route and status, answers by outcome, and a refused version.

Routes come from a fixed list, so that requests to random paths cannot fill the memory; BentoML's own metrics,
which label by raw path, are off. With several workers the numbers are summed over all of them.

Events are counted in plain numbers first and handed to Prometheus' library a few times a second: its counters live in
files that the workers share, and cost a tenth of a prediction each.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from service.shadow_metrics import ShadowMetrics

if TYPE_CHECKING:
    from trady2.serving.shadows import Shadows

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class _Times:
    """How many requests took how long: counts by bucket, the last one without a bound, and the seconds in all."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        """Begin with none."""
        self.counts, self.total = [0] * (len(_SECONDS) + 1), 0.0


class Metrics:
    """The metrics of one process; *routes* are the only labels that a request can choose."""

    def __init__(self, routes: Sequence[str]) -> None:
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
        self._times = {route: _Times() for route in routes}
        self._answered: Tally[tuple[str, int]] = Tally()
        self._predicted: Tally[str] = Tally()
        self._answers = Counter("trady2_answers_total", "Predictions by outcome", ("outcome",), registry=self._registry)
        self._waiting = Gauge(
            "trady2_prediction_log_waiting_bytes", "Lines of the prediction log that the disk refuses",
            multiprocess_mode="livesum", registry=self._registry,
        )  # fmt: skip
        self._dropped = Counter(
            "trady2_prediction_log_dropped_total", "Lines that found no place in memory either", registry=self._registry
        )
        self._told_dropped = 0
        self._refused = Gauge(
            "trady2_model_refused", "1 while a worker refuses the active version", ("model",),
            multiprocess_mode="livemax", registry=self._registry,
        )  # fmt: skip
        self._shadows = ShadowMetrics(self._registry)

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count one answered request; `flush` tells."""
        self._answered[route, status] += 1
        times = self._times[route]
        times.counts[bisect_left(_SECONDS, seconds)] += 1
        times.total += seconds

    def connection(self, status: int) -> None:
        """Count what was answered below HTTP, before there was a request."""
        self.request("other", status, 0.0)

    def answers(self, outcomes: Iterable[str]) -> None:
        """Count predictions by ``signal`` or the reason why there is none; `flush` tells."""
        for outcome in outcomes:
            self._predicted[outcome] += 1

    def flush(self) -> None:
        """Tell Prometheus' library what was counted since the last time; from the thread that counts."""
        for (route, status), count in self._answered.items():
            self._requests.labels(route, str(status)).inc(count)
        for outcome, count in self._predicted.items():
            self._answers.labels(outcome).inc(count)
        self._answered.clear()
        self._predicted.clear()
        for route, times in self._times.items():
            # The library observes one by one; its own parts of a histogram take several at once.
            for bucket, count in zip(self._seconds[route]._buckets, times.counts, strict=True):
                if count:
                    bucket.inc(count)
            self._seconds[route]._sum.inc(times.total)
            self._times[route] = _Times()

    def refused(self, model: str, refused: bool) -> None:
        """Say whether this worker refuses the active version of *model*, a name from the configuration."""
        self._refused.labels(model).set(int(refused))

    def unlogged(self, waiting_bytes: int, dropped: int) -> None:
        """Say what the prediction log holds in memory because the disk refuses it, and how many lines it has lost."""
        self._waiting.set(waiting_bytes)
        self._dropped.inc(dropped - self._told_dropped)
        self._told_dropped = dropped

    def shadows(self, shadows: Shadows) -> None:
        """Say what the shadow models have done so far."""
        self._shadows.tell(shadows)

    def exposition(self) -> bytes:
        """Write the metrics of all workers in Prometheus' text format."""
        registry = self._registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no type for it
        return bytes(generate_latest(registry))
