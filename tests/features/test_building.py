from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from trady2.config import FeaturesConfig
from trady2.errors import ConfigError, DataError, NotFoundError
from trady2.features import build, feature_names, warmup_bars
from trady2.features.blocks import BLOCK_BARS

MakeBars = Callable[..., pd.DataFrame]
PRICES = ["open", "high", "low", "close"]
HOUR = pd.Timedelta("1h")


def bits(vectors: pd.DataFrame) -> np.ndarray:
    """Return the features as the integers that their bits are."""
    return np.ascontiguousarray(vectors.iloc[:, 7:].to_numpy(np.float32)).view(np.int32)


@pytest.fixture(scope="module")
def pair(gappy: pd.DataFrame, make_bars: MakeBars) -> pd.DataFrame:
    """Return two assets with different gaps; both make the market."""
    other = make_bars(5_000, seed=9, asset="BBB").drop(index=range(700, 760)).drop(index=range(3_000, 3_003))
    return pd.concat([gappy, other], ignore_index=True)


def cuts(frame: pd.DataFrame) -> list[pd.Timestamp]:
    """Return moments to cut at: around block edges, inside blocks, soon after the start, one before the end."""
    edge = pd.Timestamp(0, tz="UTC").as_unit("us") + HOUR * BLOCK_BARS
    first, last = frame.timestamp.min(), frame.timestamp.max()
    edges = [edge + HOUR * BLOCK_BARS * k for k in range(400) if first < edge + HOUR * BLOCK_BARS * k < last]
    inside = [first + HOUR * hours for hours in (3, 70, 481, 1_234, 2_222, 3_333)]
    return sorted([*inside, *(e + HOUR * k for e in edges for k in (-1, 0, 1)), last - HOUR])


def test_default_set_is_large_enough() -> None:
    """A single asset without a market gets at least 60 features, with a market more, each name once."""
    alone, beside = feature_names(), feature_names(market=True)
    assert len(alone) >= 60
    assert set(alone) < set(beside)
    assert len(set(beside)) == len(beside)


def test_later_bars_change_no_bit_of_earlier_rows(pair: pd.DataFrame) -> None:
    """Cut at any moment, all features of all rows before it keep every bit (A2, truncation)."""
    whole = build(pair)
    for cut in cuts(pair):
        part = pair[pair.timestamp <= cut].reset_index(drop=True)
        kept = whole[whole.timestamp <= cut]
        assert_array_equal(bits(build(part)), bits(kept), err_msg=str(cut))


def test_poisoned_future_changes_no_bit_of_earlier_rows(pair: pd.DataFrame) -> None:
    """Later prices and volumes multiplied by random factors leave every earlier bit alone (A3, poison)."""
    whole = build(pair)
    rng = np.random.default_rng(3)
    for cut in cuts(pair)[::2]:
        poisoned = pair.copy()
        later = (poisoned.timestamp > cut).to_numpy()
        poisoned.loc[later, PRICES] = poisoned.loc[later, PRICES].mul(rng.lognormal(0, 1, later.sum()), axis=0)
        poisoned.loc[later, "volume"] *= rng.lognormal(0, 3, later.sum())
        kept = (whole.timestamp <= cut).to_numpy()
        assert_array_equal(bits(build(poisoned))[kept], bits(whole)[kept], err_msg=str(cut))


def test_a_row_sees_its_own_bar(bars: pd.DataFrame) -> None:
    """The two tests above cannot pass by ignoring bars: another last close changes most features of the last row."""
    other = bars.copy()
    other.loc[len(bars) - 1, ["high", "close"]] = bars.high.iloc[-1] * 1.01
    changed = (bits(build(other))[-1] != bits(build(bars))[-1]).mean()
    assert changed > 0.6


def test_prices_times_a_constant_change_nothing(pair: pd.DataFrame) -> None:
    """Prices in satoshi or in billions, volume in grams or tons: the features differ by rounding alone."""
    whole = build(pair)
    for price, volume in ((1e-8, 1e6), (12_345.6, 1e-5)):
        scaled = pair.copy()
        scaled[PRICES] *= price
        scaled["volume"] *= volume
        found = build(scaled).iloc[:, 7:]
        distance = (found - whole.iloc[:, 7:]).abs().max() / whole.iloc[:, 7:].std()
        assert distance.max() < 1e-4, distance.idxmax()


def test_nothing_is_nan_after_the_warmup(bars: pd.DataFrame) -> None:
    """On a clean market NaN means warm-up: none after it, and the slowest column needs all of it."""
    vectors = build(bars)
    warmup = warmup_bars()
    assert not vectors.iloc[warmup:].isna().any().any()
    assert vectors.iloc[warmup - 1].isna().any()
    assert np.isfinite(vectors.iloc[warmup:, 7:].to_numpy()).all()


def test_starting_later_is_forgotten_after_the_warmup(bars: pd.DataFrame) -> None:
    """Bars before the warm-up move no feature by more than 1e-6 of its deviation, besides float32 rounding (A4)."""
    whole = build(bars).iloc[:, 7:].astype(np.float64)
    for start in (1, 500, 1_111, 2_900):
        part = build(bars[start:].reset_index(drop=True)).iloc[:, 7:].astype(np.float64)
        rows = slice(start + warmup_bars(), None)
        distance = (part.to_numpy()[warmup_bars() :] - whole.to_numpy()[rows]).__abs__()
        allowed = 1e-6 * whole.std().to_numpy() + 2.5e-7 * np.abs(whole.to_numpy()[rows])
        assert (distance <= allowed).all(), whole.columns[(distance > allowed).any(axis=0)]


def test_no_volume_gives_neutral_features(bars: pd.DataFrame) -> None:
    """Foreign exchange without volume: every feature is finite after the warm-up, those of volume are constant."""
    vectors = build(bars.assign(volume=0.0)).iloc[warmup_bars() :]
    assert np.isfinite(vectors.iloc[:, 7:].to_numpy()).all()
    assert vectors[["volume_z_24", "obv_slope_24", "vwap_distance_24"]].nunique().tolist() == [1, 1, 1]


def test_a_dead_market_gives_neutral_features(bars: pd.DataFrame) -> None:
    """Months of flat bars, and the first bars after them, divide nothing by zero and stay within float32."""
    dead = bars.copy()
    dead.loc[1_500:4_400, PRICES] = dead.close[1_499]
    dead.loc[1_500:4_400, "volume"] = 0.0
    vectors = build(dead)
    assert np.isfinite(vectors.iloc[warmup_bars() :, 7:].to_numpy()).all()
    row = vectors.iloc[4_000]
    assert (row.log_return_24, row.rsi_14, row.range_position_48, row.close_volatility_96) == (0, 0.5, 0.5, 0)
    assert abs(vectors.iloc[1_490:, 7:]).max().max() < 1e4


def test_vectors_stand_beside_their_bars(pair: pd.DataFrame) -> None:
    """There is one row for each bar, with the bar's own columns first, float32 features after, and a RangeIndex."""
    vectors = build(pair)
    pd.testing.assert_frame_equal(vectors[list(pair.columns)], pair)
    assert list(vectors.columns[7:]) == feature_names(market=True)
    assert set(vectors.dtypes.iloc[7:]) == {np.dtype(np.float32)}
    assert vectors.timestamp.dtype == "datetime64[us, UTC]"


def test_finer_times_come_back_in_microseconds(bars: pd.DataFrame) -> None:
    """Nanosecond stamps give the same vectors, in microseconds."""
    part = bars[:700]
    fine = part.assign(timestamp=part.timestamp.dt.as_unit("ns"))
    pd.testing.assert_frame_equal(build(fine), build(part))


def test_assets_do_not_touch_each_other(pair: pd.DataFrame) -> None:
    """Without cross-asset features an asset's vectors are the same in company and alone."""
    config = FeaturesConfig(indicators={"rsi": {}, "return_t": {}, "candle_run": {}})
    alone = [build(part.reset_index(drop=True), config) for _, part in pair.groupby("asset")]
    pd.testing.assert_frame_equal(build(pair, config), pd.concat(alone, ignore_index=True))


def test_the_frame_is_its_own_market(pair: pd.DataFrame) -> None:
    """Bars of two assets, or one of them beside the other as market, give the same bits."""
    first = pair[pair.asset == "AAA"].reset_index(drop=True)
    together = build(pair)
    apart = build(first, market=pair)
    assert_array_equal(bits(apart), bits(together[together.asset == "AAA"]))


def test_indicators_are_chosen_by_configuration(bars: pd.DataFrame) -> None:
    """Only the named columns come, in the order of the file; the windows are the given ones."""
    config = FeaturesConfig(
        indicators={"rsi": {"windows": [7, 14]}, "ema_spread": {"windows": [[5, 10]]}, "hour_sine": {}},
        higher_timeframes=["1d"],
        higher_indicators={"log_return": {"windows": [2]}, "running_return": {}},
    )
    expected = ["rsi_7", "rsi_14", "ema_spread_5_10", "hour_sine", "1d_log_return_2", "1d_running_return"]
    assert feature_names(config) == expected
    assert list(build(bars, config).columns[7:]) == expected
    assert warmup_bars(config) == 280


def test_other_columns_do_not_move_a_value(bars: pd.DataFrame) -> None:
    """A column has the same bits whichever other columns, slow ones among them, are asked for."""
    alone = build(bars, FeaturesConfig(indicators={"rsi": {"windows": [6]}}, higher_timeframes=[]))
    crowd = build(bars, FeaturesConfig(indicators={"rsi": {"windows": [90, 6]}, "price_z": {}}))
    assert_array_equal(alone["rsi_6"].to_numpy().view(np.int32), crowd["rsi_6"].to_numpy().view(np.int32))


def test_warmup_counts_base_bars() -> None:
    """The warm-up of higher timeframes is told in the bars that have to be there: twelve days of minutes."""
    assert (warmup_bars(), warmup_bars(timeframe="1m")) == (480, 12 * 1_440)
    assert warmup_bars(FeaturesConfig(indicators={"candle_body": {}}, higher_timeframes=[])) == 0


def test_a_missing_leader_is_named(bars: pd.DataFrame, pair: pd.DataFrame) -> None:
    """A market leader without bars is refused with the way out."""
    config = FeaturesConfig(market_leader="BBC")
    with pytest.raises(ConfigError, match="'BBC', but its bars are not here; give them as market"):
        build(bars, config)
    with pytest.raises(NotFoundError, match="'BBC' is not among the bars: did you mean 'BBB'"):
        build(pair, config)


def test_bad_bars_are_refused(bars: pd.DataFrame) -> None:
    """Unsorted rows and a missing asset are refused before anything is computed."""
    with pytest.raises(DataError, match=r"row 1.*not later"):
        build(bars[:50].iloc[::-1].reset_index(drop=True))
    with pytest.raises(DataError, match="no column 'asset'"):
        build(bars[:50].drop(columns="asset"))


def test_a_shorter_timeframe_above_is_refused(bars: pd.DataFrame) -> None:
    """A higher timeframe has to be a longer multiple of the bars' own."""
    for timeframe in ("1h", "90m", "30m"):
        with pytest.raises(ConfigError, match=f"{timeframe} is no multiple of the bars' own 60 minutes"):
            build(bars, FeaturesConfig(higher_timeframes=[timeframe]))
