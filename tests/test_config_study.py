"""The section study."""

import pytest

from trady2.config import StudyConfig
from trady2.errors import ConfigError


def test_the_usual_cadences_are_multiples_of_a_week() -> None:
    """From every week to every sixteenth."""
    assert StudyConfig().cadence_weeks == (1, 2, 4, 8, 16)
    assert StudyConfig(cadence_weeks=[2, 6]).cadence_weeks == (2, 6)


@pytest.mark.parametrize(
    ("weeks", "message"),
    [
        ([2, 3], "3 weeks are no multiple of the shortest, 2; choose another"),
        ([4, 2], r"cadence_weeks = \[4, 2\] do not ascend; write each once, the shortest first"),
        ([1, 1], "do not ascend"),
        ([], "is refused"),
        ([0, 1], "is refused"),
    ],
)
def test_cadences_that_share_no_step_are_refused(weeks: list[int], message: str) -> None:
    """Models are trained at every step of the shortest; the others use some of them."""
    with pytest.raises(ConfigError, match=message):
        StudyConfig(cadence_weeks=weeks)
