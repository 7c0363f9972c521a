"""The section ``study:``: how often a model is trained again along history, to see how it ages."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from trady2.section import Section

__all__ = ["StudyConfig"]


class StudyConfig(Section):
    """Retraining cadences to compare, multiples of the shortest, and how many trainings that may cost."""

    cadence_weeks: Annotated[tuple[Annotated[int, Field(ge=1, le=520)], ...], Field(strict=False, min_length=1)] = (
        1,
        2,
        4,
        8,
        16,
    )
    max_trainings: Annotated[int, Field(ge=4, le=1000)] = 60
    out_of_sample_share: Annotated[float, Field(gt=0, lt=1)] = 0.7

    @model_validator(mode="after")
    def _multiples_of_the_shortest(self) -> Self:
        weeks, shortest = self.cadence_weeks, self.cadence_weeks[0]
        if list(weeks) != sorted(set(weeks)):
            raise ValueError(f"cadence_weeks = {list(weeks)} do not ascend; write each once, the shortest first")
        for one in weeks:
            if one % shortest:
                raise ValueError(f"{one} weeks are no multiple of the shortest, {shortest}; choose another")
        return self
