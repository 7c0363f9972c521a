from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2.errors import IntegrityError
from trady2.learning.signal import Payoffs, Prediction, direction_score

SHARES = st.floats(0, 1)
MOVES = st.floats(1e-6, 2.0)


def scored(payoffs: Payoffs, p_up: float, p_down: float) -> float:
    """Return the score of one row."""
    return float(payoffs.score(payoffs.expected_return(np.array([p_up]), np.array([p_down])))[0])


@given(SHARES, SHARES, MOVES, MOVES)
def test_the_score_is_its_formula(p_up: float, p_down: float, up: float, down: float) -> None:
    """The score lies between 0 and 1 and is (1 + (p_up · up - p_down · down) / max(up, down)) / 2, reckoned exactly."""
    rise, fall, most = Fraction(p_up) * Fraction(up), Fraction(p_down) * Fraction(down), Fraction(max(up, down))
    found = scored(Payoffs(up, down), p_up, p_down)
    assert 0 <= found <= 1
    assert found == pytest.approx(float((1 + (rise - fall) / most) / 2), abs=1e-15)


@given(SHARES, SHARES, SHARES, MOVES, MOVES)
def test_likelier_rises_never_lower_the_score(low: float, high: float, other: float, up: float, down: float) -> None:
    """The score rises with the probability of a rise and falls with that of a fall."""
    low, high = min(low, high), max(low, high)
    payoffs = Payoffs(up, down)
    assert scored(payoffs, low, other) <= scored(payoffs, high, other)
    assert scored(payoffs, other, low) >= scored(payoffs, other, high)


@given(SHARES, SHARES, SHARES, SHARES, MOVES)
def test_with_equal_payoffs_only_the_difference_counts(a: float, b: float, c: float, d: float, move: float) -> None:
    """Where rises and falls go equally far, the score orders rows as p_up - p_down does."""
    first, second = scored(Payoffs(move, move), a, b), scored(Payoffs(move, move), c, d)
    if Fraction(a) - Fraction(b) > Fraction(c) - Fraction(d) + Fraction(1, 10**14):
        assert first > second


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=20), MOVES)
def test_the_score_orders_as_the_expected_return_does(expected: list[float], move: float) -> None:
    """Of two rows the one with the higher expected return never has the lower score."""
    score = Payoffs(move, move).score(np.sort(np.array(expected)) * move)
    assert (np.diff(score) >= 0).all()


def test_nothing_expected_is_one_half() -> None:
    """Half as likely falls that go twice as far leave nothing, and 0.5; certain rises of the larger kind give 1."""
    assert scored(Payoffs(0.01, 0.02), 0.5, 0.25) == 0.5
    assert scored(Payoffs(0.02, 0.01), 1.0, 0.0) == 1.0
    assert scored(Payoffs(0.01, 0.02), 0.0, 1.0) == 0.0


def test_expected_return_by_hand() -> None:
    """30 % of 2 % less 10 % of 3 % is 0.3 %; a row without a probability has no expected return."""
    expected = Payoffs(0.02, 0.03).expected_return(np.array([0.3, np.nan, 0.5]), np.array([0.1, 0.2, np.nan]))
    assert expected[0] == pytest.approx(0.003)
    assert np.isnan(expected[1:]).all()


@pytest.mark.parametrize(("up", "down"), [(np.nan, 0.01), (0.01, np.inf), (-0.01, 0.01), (0.01, -0.01), (0.0, 0.0)])
def test_payoffs_that_no_market_has(up: float, down: float) -> None:
    """What is not finite, negative, or nothing both ways is refused."""
    with pytest.raises(IntegrityError, match=r"payoffs of .* cannot be means of moves; restore calibrator.json"):
        Payoffs(up, down)


def test_payoffs_survive_json() -> None:
    """What is written is read back equal, and other keys are refused."""
    payoffs = Payoffs(0.1 + 0.2, 0.0)
    assert Payoffs.from_json(payoffs.as_json()) == payoffs
    with pytest.raises(IntegrityError, match=r"payoffs are up and down, not \['flat', 'up'\]; restore"):
        Payoffs.from_json({"up": 0.1, "flat": 0.0})


def test_direction_is_the_difference_of_the_heads() -> None:
    """Two heads give log odds of a rise less those of a fall, one head its own; NaN stays NaN."""
    raw = np.array([[1.0, 2.0, np.nan], [0.5, 3.0, 0.0]])
    assert direction_score(raw)[:2].tolist() == [0.5, -1.0]
    assert np.isnan(direction_score(raw)[2])
    assert direction_score(raw[:1])[:2].tolist() == [1.0, 2.0]


def test_rows_without_a_prediction() -> None:
    """The rows named have NaN in every part, the others keep their numbers, and the original is as it was."""
    whole = Prediction(np.array([0.1, 0.2]), np.array([0.3, 0.4]), np.array([0.5, 0.6]))
    part = whole.without(np.array([True, False]))
    assert [np.isnan(values).tolist() for values in part] == [[True, False]] * 3
    assert (part.score[1], whole.score[0]) == (0.4, 0.3)
