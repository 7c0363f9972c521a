"""What Prometheus may know of shadow models; their names come from the configuration, the reasons from a short list."""

from __future__ import annotations

from collections import Counter as Tally
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge

if TYPE_CHECKING:
    from trady2.serving.shadows import Shadows

__all__ = ["ShadowMetrics"]


class ShadowMetrics:
    """The series of one process; they are there from the first `tell` on."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Put them into *registry*."""
        self._scored = Counter(
            "trady2_shadow_scored_total", "Rows that a shadow model scored", ("shadow",), registry=registry
        )
        self._unfit = Counter(
            "trady2_shadow_unfit_total", "Rows that it could not score", ("shadow", "reason"), registry=registry
        )
        self._dropped = Counter(
            "trady2_shadow_dropped_total", "Rows that no shadow scored for want of time", registry=registry
        )
        self._refused = Gauge(
            "trady2_shadow_refused", "1 while a worker refuses the version of a shadow", ("shadow",),
            multiprocess_mode="livemax", registry=registry,
        )  # fmt: skip
        self._told: Tally[tuple[str, ...]] = Tally()

    def tell(self, shadows: Shadows) -> None:
        """Say what *shadows* have done since the last time."""
        for key, following in shadows.following.items():
            self._refused.labels(key).set(int(following.refusal is not None))
            self._scored.labels(key).inc(self._news(("scored", key), shadows.scored[key]))
        for (key, reason), count in list(shadows.unfit.items()):
            self._unfit.labels(key, reason).inc(self._news(("unfit", key, reason), count))
        self._dropped.inc(self._news(("dropped",), shadows.dropped))

    def _news(self, what: tuple[str, ...], count: int) -> int:
        news = count - self._told[what]
        self._told[what] = count
        return news
