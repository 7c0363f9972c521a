from __future__ import annotations

import pytest

from trady2.reports.capital import capital, shared_slots, sizing, volume_cap

LEVELS = {"take_profit": 0.02, "stop_loss": 0.015}


def test_cash_is_for_one_or_shared_equally() -> None:
    """One asset uses all of it; several have their shares from the start; what is left out has its default."""
    one = "Begins with 10,000.00; each trade uses all of the cash, gains included. Nothing is borrowed."
    assert capital({}, 1) == one
    several = capital({"fraction": 0.25}, 3)
    assert "split equally over 3 assets; each asset trades only its own share" in several
    assert several.endswith("and each trade uses 25\u202f% of it. Nothing is borrowed.")


def test_shared_capital_is_one_account() -> None:
    """Assets that share the money have one account; a single asset has it anyway."""
    text = "Begins with 500.00 in one account for 3 assets; each trade uses 10\u202f% of it, gains included."
    assert capital({"capital": "shared", "initial_cash": 500.0, "fraction": 0.1}, 3).startswith(text)
    assert "account" not in capital({"capital": "shared"}, 1)


def test_a_cap_is_called_one() -> None:
    """Under volatility and Kelly sizing the fraction is the most that a trade may use."""
    assert "each trade uses at most 50\u202f% of the cash" in capital({"sizing": "kelly", "fraction": 0.5}, 1)


def test_volatility_sizing_has_its_numbers() -> None:
    """Aim and window, in bars and hours."""
    text = sizing({"sizing": "volatility", "target_volatility": 0.15, "volatility_bars": 48}, "1h")
    assert "a volatility of 15\u202f% a year, measured over the last 48 bars (2 d) up to its signal" in text
    assert "20\u202f% a year, measured over the last 168 bars (7 d)" in sizing({"sizing": "volatility"}, "1h")


@pytest.mark.parametrize(
    ("config", "odds"),
    [
        (LEVELS | {"kelly_win": 0.03, "kelly_loss": 0.01}, "3\u202f% to win and 1\u202f% to lose"),
        (LEVELS, "2\u202f% to win and 1.5\u202f% to lose"),
        ({}, "an unknown part to win"),
    ],
    ids=["own", "levels", "neither"],
)
def test_kelly_sizing_has_its_odds(config: dict[str, float], odds: str) -> None:
    """Win and loss are its own, or those of target and stop."""
    text = sizing({"sizing": "kelly", "kelly_multiplier": 0.25} | config, "1h")
    assert text.startswith("A trade is sized by 0.25 of the Kelly fraction")
    assert odds in text


def test_a_fixed_fraction_needs_no_sentence() -> None:
    """The share of each trade is said with the cash."""
    assert sizing({"sizing": "fraction"}, "1h") == sizing({}, "1h") == ""


def test_slots_have_their_rule() -> None:
    """Who comes first, how many at once, and when money from a sale can buy again; only where capital is shared."""
    text = shared_slots({"capital": "shared", "max_positions": 4})
    assert "highest probability above the threshold comes first, at most 4 open at once; equals are drawn" in text
    assert "as many positions as there is cash for" in shared_slots({"capital": "shared"})
    assert shared_slots({"capital": "each", "max_positions": 4}) == ""


def test_a_volume_cap_may_mean_no_trade() -> None:
    """The cap is a share of the signal bar's volume; without one there is no sentence."""
    assert "at most 2\u202f% of the volume of its signal bar" in volume_cap({"max_volume_share": 0.02})
    assert volume_cap({}) == ""
