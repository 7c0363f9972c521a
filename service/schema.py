"""The bodies of requests and answers, for the OpenAPI document, for BentoML, and for tests to hold answers against.

Requests are checked by `trady2.serving.request`, whose messages name the way out; these classes describe.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, StrictBool, StrictInt

from service.schema_body import Body
from service.schema_explanation import Explanation
from trady2.serving.request import EXPLAINED, MAX_BARS, MAX_EXPLAINED, MAX_INSTANCES

__all__ = [
    "Answer",
    "Answers",
    "Batch",
    "Explicit",
    "Failure",
    "FromBars",
    "ModelList",
    "ModelVersion",
    "Ready",
    "Stored",
]


AssetName = Annotated[str, Field(min_length=1, max_length=100, examples=["BTC-USDT"])]
Explain = Annotated[
    StrictBool | Annotated[StrictInt, Field(ge=1, le=MAX_EXPLAINED)],
    Field(description=f"Whether to explain the answer by its {EXPLAINED} most telling features, or by how many"),
]


ModelName = Annotated[
    str, Field(min_length=1, max_length=63, description="Answers instead of the model configured for the asset")
]


class Stored(Body):
    """Predict from a stored vector of an asset: the latest, refused when stale, or the newest known at a time."""

    asset: AssetName
    as_of: Annotated[
        datetime | Literal["latest"] | None,
        Field(description='A time with its zone; "latest" takes a stale vector too', examples=["2025-11-01T12:00:00Z"]),
    ] = None
    explain: Explain = False
    model: ModelName | None = None


class Explicit(Body):
    """Predict from an explicit vector: every feature of the model, null where a value is missing."""

    features: dict[str, FiniteFloat | None]
    asset: AssetName | None = None
    explain: Explain = False
    model: ModelName | None = None


class Bar(Body):
    """One bar: its open time with a zone, and its prices and volume."""

    timestamp: datetime
    open: Annotated[FiniteFloat, Field(gt=0)]
    high: Annotated[FiniteFloat, Field(gt=0)]
    low: Annotated[FiniteFloat, Field(gt=0)]
    close: Annotated[FiniteFloat, Field(gt=0)]
    volume: Annotated[FiniteFloat, Field(ge=0)]


ClosedBars = Annotated[list[Bar], Field(min_length=1, max_length=MAX_BARS)]


class FromBars(Body):
    """Predict from closed bars, oldest first: from the vector of the last one, computed as the batch computes it."""

    bars: ClosedBars
    asset: AssetName | None = None
    market: Annotated[
        dict[str, ClosedBars] | None,
        Field(description="Bars of other assets, for models with cross-asset features; asset is needed then"),
    ] = None
    explain: Explain = False
    model: ModelName | None = None


class Batch(Body):
    """Predict several; all are answered, in order, or none is and the error names the instance."""

    instances: Annotated[list[Stored | Explicit | FromBars], Field(min_length=1, max_length=MAX_INSTANCES)]


class Horizon(Body):
    """How far ahead the prediction looks."""

    steps: int
    duration: Annotated[str, Field(description="ISO 8601", examples=["PT4H"])]


class Answer(Body):
    """One prediction, and whether it is a signal."""

    asset: str | None
    timestamp: Annotated[datetime | None, Field(description="Open of the bar, UTC; null for explicit features")]
    decision_time: Annotated[datetime | None, Field(description="When the vector was known: the close of its bar, UTC")]
    horizon: Horizon
    probability: Annotated[
        float | None, Field(ge=0, le=1, description="That the price is the target's return higher at the horizon's end")
    ]
    expected_return: Annotated[
        float | None,
        Field(description="Over the horizon, before costs, in fractions; null from a model that knows rises alone"),
    ]
    signal_kind: Annotated[Literal["expected_return", "probability"], Field(description="What the score is made from")]
    score: Annotated[float | None, Field(ge=0, le=1, description="What is compared with the threshold")]
    threshold: float
    signal: Annotated[bool, Field(description="score > threshold, with every feature inside training's range")]
    reason: Literal["below_threshold", "outside_training_range", "missing_features"] | None
    reason_features: Annotated[list[str], Field(description="The features behind the reason")]
    model: str
    version: Annotated[str, Field(examples=["1.0.0+20251101_120000"])]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="Of the version's model.joblib")]
    explanation: Annotated[
        Explanation | None,
        Field(description="There only where the request has explain; null where probability is"),
    ] = None


class Answers(Body):
    """The answers of a batch, in its order."""

    predictions: list[Answer]


class ModelVersion(Body):
    """One version in the store."""

    version: str
    tag: Annotated[str, Field(examples=["trady2:1.0.0-20251101_120000"])]
    sha256: str | None
    born: datetime
    active: Annotated[bool, Field(description="Whether the alias names it")]
    verdict: str | None
    metrics: Annotated[dict[str, float | None], Field(description="Of the test zone")]
    error: Annotated[str | None, Field(description="Why its manifest cannot be trusted")]


class Refused(Body):
    """Why the active version does not answer in this worker."""

    reason: str
    since: datetime


class OneModel(Body):
    """A model name and its versions, newest first."""

    model: str
    answering: Annotated[str | None, Field(description="The version that this worker answers with")]
    refused: Refused | None
    versions: list[ModelVersion]


class Shadow(Body):
    """What scores beside a model and never answers; the numbers are those of this worker."""

    shadow: Annotated[str, Field(examples=["trady2-next"])]
    answering: Annotated[str | None, Field(description="The version that it scores with")]
    refused: str | None
    scored: int
    unfit: Annotated[dict[str, int], Field(description="Rows that it could not score, by reason")]


class ServedModel(OneModel):
    """A model name and what it answers for."""

    assets: Annotated[list[str], Field(description='"*": every asset that no other name is configured for')]
    shadows: list[Shadow]


class ModelList(OneModel):
    """The model names that are served; what stands beside them is said of the first one."""

    models: list[ServedModel]


class Answering(Body):
    """What a model name answers with."""

    model: str
    version: str
    refused: Annotated[str | None, Field(description="Why a newer activation was refused")]


class Ready(Answering):
    """A version of every name is in memory and answers; what stands beside them is said of the first one."""

    status: Literal["ready"]
    models: list[Answering]


class Fault(Body):
    """What went wrong."""

    code: str
    message: str
    request_id: Annotated[str, Field(description="Also in the header X-Request-ID and in the server's log")]


class Failure(Body):
    """Every error looks like this."""

    error: Fault
