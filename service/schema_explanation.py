"""The part of an answer that explains it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from service.schema_body import Body

__all__ = ["Explanation"]


class Contribution(Body):
    """What one feature adds to the raw score: its SHAP value."""

    feature: str
    value: Annotated[float | None, Field(description="Of the feature in this row; null where it is missing")]
    contribution: Annotated[float, Field(description="In log odds")]


class OtherFeatures(Body):
    """All features that are not named."""

    features: Annotated[int, Field(ge=0, description="How many they are")]
    contribution: Annotated[float, Field(description="What they add together, in log odds")]


class HeadExplanation(Body):
    """base + all contributions + that of the others = raw_score, to rounding."""

    raw_score: Annotated[float, Field(description="Log odds as the trees tell them, before calibration")]
    base: Annotated[float, Field(description="Mean raw score over the rows that the trees were grown on")]
    contributions: Annotated[list[Contribution], Field(description="The largest by absolute value, the largest first")]
    others: OtherFeatures


class Explanation(Body):
    """Why the raw scores are what they are, by SHAP values."""

    up: Annotated[HeadExplanation, Field(description="Of the log odds of a rise")]
    down: Annotated[
        HeadExplanation | None,
        Field(description="Of the log odds of a fall; null from a model that knows rises alone"),
    ]
