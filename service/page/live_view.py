"""What the active version says now of each asset that has vectors, as texts for the live panel."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from service.page import wording
from trady2.data.folders import assets_in
from trady2.errors import Trady2Error
from trady2.serving.newest import utc_datetime

if TYPE_CHECKING:
    from service.endpoints import Service
    from trady2.serving.predictor import Predictor

__all__ = ["ASSETS_PER_PAGE", "live"]

ASSETS_PER_PAGE: Final = 100
_REASONS: Final = {
    "below_threshold": "below threshold",
    "outside_training_range": "outside training's range",
    "missing_features": "features missing",
}


def live(service: Service, now: datetime, *, search: str = "", page: int = 1) -> dict[str, Any]:
    """Return the assets whose name contains *search*, a page of at most 100, each with its newest prediction.

    Nothing of it goes into the prediction log: nobody has asked for it to act on.
    """
    known = assets_in(service.predictor.newest.folder)
    found = [asset for asset in known if search.lower() in asset.lower()]
    pages = max(-(-len(found) // ASSETS_PER_PAGE), 1)
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * ASSETS_PER_PAGE : page * ASSETS_PER_PAGE]
    rows = [_row(service.predictor, asset, now) for asset in shown]
    return {
        "rows": rows,
        "total": len(known),
        "found": len(found),
        "page": page,
        "pages": pages,
        "checked": f"{wording.iso(now)[11:19]} UTC",
        "summary": _summary(rows, len(found)),
    }


def _summary(rows: list[dict[str, Any]], found: int) -> str:
    signals = [row["asset"] for row in rows if row["tone"] == "good"]
    stale, failed = sum(row["stale"] for row in rows), sum(row["tone"] == "bad" for row in rows)
    named = f": {', '.join(signals[:5])}{' …' if len(signals) > 5 else ''}" if signals else ""
    parts = [f"{found} {'asset' if found == 1 else 'assets'}", f"{len(signals)} with a signal{named}"]
    parts += [f"{stale} stale"] if stale else []
    return ", ".join([*parts, f"{failed} without an answer"] if failed else parts)


def _row(predictor: Predictor, asset: str, now: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {"asset": asset, "stale": False, **dict.fromkeys(_CELLS, wording.DASH)}
    try:
        vector = predictor.newest.read(asset, None)
        decided = utc_datetime(vector.decision_time)
        old = wording.seconds_since(decided, now)
        row |= {"price": wording.price(vector.close), "decided": wording.iso(decided), "age": wording.age(old)}
        snapshot = predictor.answering(asset)
        row["stale"] = old > snapshot.stale_after.total_seconds()
        asked = {"asset": asset, "as_of": "latest"}
        answer = predictor.answer_at_once(asked, None) or predictor.answer(asked, None)
    except (Trady2Error, OSError) as error:
        short = "nothing is active" if getattr(error, "values", {}).get("code") == "no_active_model" else str(error)
        return {**row, "outcome": short, "tone": "bad"}
    return {**row, **_told(answer, stale=row["stale"])}


def _told(answer: dict[str, Any], *, stale: bool) -> dict[str, Any]:
    outcome = "signal" if answer["signal"] else _REASONS.get(answer["reason"], str(answer["reason"]))
    named = answer["reason_features"]
    if named:
        outcome += f": {', '.join(named[:3])}{' …' if len(named) > 3 else ''}"
    return {
        "probability": wording.share(answer["probability"]),
        "score": wording.points(answer["score"]),
        "threshold": wording.points(answer["threshold"]),
        "outcome": "refused as stale" if stale else outcome,
        "tone": "open" if stale or not answer["signal"] else "good",
        "model": f"{answer['model']} {answer['version']}",
    }


_CELLS: Final = ("price", "decided", "age", "probability", "score", "threshold", "outcome", "model")
