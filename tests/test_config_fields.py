"""What several sections of a configuration share."""

from datetime import UTC, datetime

import pytest

from trady2.config import BarsConfig, DataConfig
from trady2.errors import ConfigError


@pytest.mark.parametrize(
    "written", ["2025-11-01", "2025-11-01T00:00:00Z", "2025-11-01T02:00:00+02:00", datetime(2025, 11, 1, tzinfo=UTC)]
)
def test_a_moment_is_kept_in_utc(written: object) -> None:
    """A date is its midnight UTC, another zone is converted."""
    assert DataConfig(start=written).start == datetime(2025, 11, 1, tzinfo=UTC)


def test_a_moment_without_a_zone_is_refused() -> None:
    """It could mean two moments; the message says what to write."""
    with pytest.raises(ConfigError, match="2025-11-01T01:00:00 has no time zone; write 2025-11-01T01:00:00Z"):
        DataConfig(start="2025-11-01T01:00:00")


def test_a_timeframe_is_a_number_and_a_unit() -> None:
    """Anything else is refused with an example."""
    assert BarsConfig(timeframe="15m").timeframe == "15m"
    with pytest.raises(ConfigError, match="'hourly' is no timeframe; write a number and s, m, h, d or w"):
        BarsConfig(timeframe="hourly")
