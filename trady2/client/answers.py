"""What the service answers, for type checkers: plain dictionaries with these keys; times are ISO 8601 in UTC."""

from typing import Literal, NotRequired, TypedDict

__all__ = [
    "Contribution",
    "Explanation",
    "HeadExplanation",
    "Horizon",
    "ModelVersion",
    "Models",
    "OtherFeatures",
    "Prediction",
    "Refused",
]


class Horizon(TypedDict):
    """How far ahead a prediction looks: bars, and the same as an ISO 8601 duration such as ``PT4H``."""

    steps: int
    duration: str


class Contribution(TypedDict):
    """What one feature adds to the raw score, in log odds; its value is None where it is missing."""

    feature: str
    value: float | None
    contribution: float


class OtherFeatures(TypedDict):
    """How many features are not named, and what they add together, in log odds."""

    features: int
    contribution: float


class HeadExplanation(TypedDict):
    """base + all contributions + that of the others = raw_score, in log odds, to rounding."""

    raw_score: float
    base: float
    contributions: list[Contribution]
    others: OtherFeatures


class Explanation(TypedDict):
    """Why the raw scores are what they are; `down` is None from a model that knows rises alone."""

    up: HeadExplanation
    down: HeadExplanation | None


class Prediction(TypedDict):
    """One prediction; ``/docs.json`` of the service says what each key means and when it is None.

    `explanation` is there where the request has asked for one, and None in it where `probability` is.
    """

    asset: str | None
    timestamp: str | None
    decision_time: str | None
    horizon: Horizon
    probability: float | None
    expected_return: float | None
    signal_kind: Literal["expected_return", "probability"]
    score: float | None
    threshold: float
    signal: bool
    reason: Literal["below_threshold", "outside_training_range", "missing_features"] | None
    reason_features: list[str]
    model: str
    version: str
    sha256: str
    explanation: NotRequired[Explanation | None]


class ModelVersion(TypedDict):
    """One version in the store; `error` says why its manifest cannot be trusted, and is None when it can."""

    version: str
    tag: str
    sha256: str | None
    born: str
    active: bool
    verdict: str | None
    metrics: dict[str, float | None]
    error: str | None


class Refused(TypedDict):
    """Why the active version does not answer, and since when."""

    reason: str
    since: str


class OneModel(TypedDict):
    """The versions of one model name, the newest first, and the one that answers."""

    model: str
    answering: str | None
    refused: Refused | None
    versions: list[ModelVersion]


class Shadow(TypedDict):
    """What scores beside a model and never answers; the numbers are those of the worker that was asked."""

    shadow: str
    answering: str | None
    refused: str | None
    scored: int
    unfit: dict[str, int]


class ServedModel(OneModel):
    """A model name, the assets that it answers for, and its shadows."""

    assets: list[str]
    shadows: list[Shadow]


class Models(OneModel):
    """The model names that are served; what stands beside them is said of the first one."""

    models: list[ServedModel]
