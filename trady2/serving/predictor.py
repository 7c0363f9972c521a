"""Answers from the active versions of the names that are served, each for the assets that are configured for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trady2.errors import Trady2Error
from trady2.serving.answer import answers, answers_to
from trady2.serving.bars import bars_row
from trady2.serving.following import Following, utc_now
from trady2.serving.newest import NewestVectors
from trady2.serving.request import Ask, read_request
from trady2.serving.routing import Routing
from trady2.serving.row import Row, explicit_row, stored_row

if TYPE_CHECKING:
    from trady2.serving.bars import Compute
    from trady2.serving.last_good import LastGood
    from trady2.serving.shadows import Shadows
    from trady2.serving.snapshot import Refusal, Snapshot

__all__ = ["Predictor"]


def _known_at(ask: Ask, now: datetime) -> datetime | None:
    return None if ask.as_of == "latest" else ask.as_of or now


class Predictor:
    """The model names that are served, each with its active version in memory, over one set of stored vectors.

    What answers for an asset is what `routing` says. An answer, and an instance of a batch, is of one version as a
    whole; all instances of a batch that one name answers are of the same version of it.

    Args:
        routing: Which name answers for what; a text is the one name that answers for all.
        vectors_folder: The data set of stored vectors.
        now: Tells the time, UTC; what is stale is judged by it.
        memory: Gives what knows which version of a name answered before a restart. None: nothing does.
        compute: Computes features from bars. None: this process does.

    Attributes:
        following: By name, what it answers with; `first` is the first of them.
        shadows: Who is told of every row that was answered; None for nobody.
    """

    def __init__(
        self,
        routing: Routing | str,
        vectors_folder: str | Path,
        *,
        now: Callable[[], datetime] = utc_now,
        memory: Callable[[str], LastGood] | None = None,
        compute: Compute | None = None,
    ) -> None:
        """Start without a version; `refresh` brings the active ones."""
        self.routing = Routing({routing: ("*",)}) if isinstance(routing, str) else routing
        self.newest = NewestVectors(vectors_folder)
        self.following = {
            name: Following(name, now=now, memory=memory(name) if memory else None) for name in self.routing.names
        }
        self.first = next(iter(self.following.values()))
        self.shadows: Shadows | None = None
        self._now = now
        self._from_bars = bars_row if compute is None else partial(bars_row, compute=compute)

    @property
    def name(self) -> str:
        """Return the name that is served, of several the first one."""
        return self.first.name

    @property
    def snapshot(self) -> Snapshot | None:
        """Return what the first name answers with."""
        return self.first.snapshot

    @property
    def refusal(self) -> Refusal | None:
        """Return why the active version of the first name does not answer."""
        return self.first.refusal

    def is_behind(self) -> bool:
        """Tell in microseconds whether `refresh` has something to do."""
        return any(following.is_behind() for following in self.following.values())

    def refresh(self) -> None:
        """Let the active version of every name answer; takes as long as verifying takes, never raises."""
        for following in self.following.values():
            following.refresh()

    def answer(self, request: object, request_id: str | None = "") -> dict[str, Any]:
        """Answer one parsed JSON *request*, in the forms of `trady2.serving.request`.

        The *request_id* tells shadows what they were asked beside; None: they are not asked.

        Returns:
            The answer, or ``{"predictions": [answer, …]}`` for a batch, in its order.

        Raises:
            NotFoundError: Nothing is active, the asset is unknown, or no name answers for it.
            IntegrityError: The active version was refused and there is none before it.
            StaleDataError: The newest stored vector is too old, or the version itself is.
            DataError: The request is wrong; a batch is answered as a whole or not at all.
        """
        asks, now = read_request(request), self._now()
        if not (isinstance(request, Mapping) and "instances" in request):
            snapshot = self._snapshot(asks[0], now)
            row = self._row(snapshot, asks[0], now)
            answer = answers_to(snapshot, asks, [row])[0]
            self._offer(snapshot, row, request_id)
            return answer
        snapshots: dict[str, Snapshot] = {}
        chosen, rows = [], []
        for position, ask in enumerate(asks):
            try:
                name = self._following(ask).name
                if name not in snapshots:
                    snapshots[name] = self._snapshot(ask, now)
                chosen.append(snapshots[name])
                rows.append(self._row(chosen[-1], ask, now))
            except Trady2Error as error:
                raise type(error)(f"instances[{position}]: {error}", **{**error.values, "instance": position}) from None
        found = _each_by_its_own(snapshots.values(), chosen, asks, rows)
        for snapshot, row in zip(chosen, rows, strict=True):
            self._offer(snapshot, row, request_id)
        return {"predictions": found}

    def answer_at_once(self, request: object, request_id: str | None = "") -> dict[str, Any] | None:
        """Return what `answer` does where that takes microseconds, else None; raises like it.

        That is one prediction, from features in the request or from a vector that is in memory, of which each version
        predicts once.
        """
        if not isinstance(request, Mapping) or "instances" in request:
            return None
        (ask,), now = read_request(request), self._now()
        snapshot = self._snapshot(ask, now)
        if ask.explain or ask.bars is not None:
            return None
        if ask.features is not None:
            row = explicit_row(snapshot, ask)
            answer = answers(snapshot, [row])[0]
            self._offer(snapshot, row, request_id)
            return answer
        vector = self.newest.at_hand(str(ask.asset), _known_at(ask, now))
        if vector is None:
            return None
        row = stored_row(snapshot, ask, vector, now)
        known = snapshot.answers.get(vector.asset)
        if known is None or known[0] is not row:
            known = snapshot.answers[vector.asset] = row, answers(snapshot, [row])[0]
        self._offer(snapshot, row, request_id)
        return dict(known[1])

    def answering(self, asset: str | None = None) -> Snapshot:
        """Return the version that answers for *asset*, by default that of the first name; raises like `answer`."""
        return (self.first if asset is None else self._following(Ask(asset))).answering()

    def _offer(self, snapshot: Snapshot, row: Row, request_id: str | None) -> None:
        if self.shadows is not None and request_id is not None:
            self.shadows.offer(snapshot, row, request_id)

    def _following(self, ask: Ask) -> Following:
        return self.following[self.routing.name_for(ask)]

    def _snapshot(self, ask: Ask, now: datetime) -> Snapshot:
        snapshot = self.following[self.routing.name_for(ask)].answering()
        snapshot.refuse_expired(now)
        return snapshot

    def _row(self, snapshot: Snapshot, ask: Ask, now: datetime) -> Row:
        if ask.features is not None:
            return explicit_row(snapshot, ask)
        if ask.bars is not None:
            return self._from_bars(snapshot, ask, now)
        return stored_row(snapshot, ask, self.newest.read(str(ask.asset), _known_at(ask, now)), now)


def _each_by_its_own(
    snapshots: Iterable[Snapshot], chosen: Sequence[Snapshot], asks: Sequence[Ask], rows: Sequence[Row]
) -> list[dict[str, Any]]:
    """Answer the rows, those of one snapshot together, in their order."""
    found: list[dict[str, Any]] = [{}] * len(rows)
    for snapshot in snapshots:
        places = [place for place, other in enumerate(chosen) if other is snapshot]
        told = answers_to(snapshot, [asks[place] for place in places], [rows[place] for place in places])
        for place, answer in zip(places, told, strict=True):
            found[place] = answer
    return found
