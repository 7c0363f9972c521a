"""Answering: from a request to the probability of the active version, the same for command line and HTTP.

    request ──▶ row ──▶ Snapshot.model ──▶ answer
               ▲             ▲
      vectors ─┘   alias ────┘ Following.refresh

``request`` says what may be asked, ``routing`` which model name answers it; ``row`` turns it into the float32 row
the model wants, from the store of vectors or from the features in the request; ``snapshot`` is one verified version,
ready to answer; ``answer`` puts the result into words, ``explanation`` what the features contributed to it;
``following`` holds the active snapshot of one name and swaps it when another version is activated; ``predictor`` holds
one of them for each name, ``shadows`` those that score beside it and never answer; ``catalogue`` lists the versions
there are.

    >>> from trady2.serving import Predictor
    >>> predictor = Predictor("trady2", "data/vectors")  # doctest: +SKIP
    >>> predictor.answer({"asset": "BTC-USDT"})["probability"]  # doctest: +SKIP
    0.5312
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trady2.lazy import lazy_names

if TYPE_CHECKING:
    from trady2.serving.catalogue import catalogue
    from trady2.serving.predictor import Predictor
    from trady2.serving.snapshot import Refusal, Snapshot

__all__ = ["Predictor", "Refusal", "Snapshot", "catalogue"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Predictor": "trady2.serving.predictor",
        "Refusal": "trady2.serving.snapshot",
        "Snapshot": "trady2.serving.snapshot",
        "catalogue": "trady2.serving.catalogue",
    },
)
