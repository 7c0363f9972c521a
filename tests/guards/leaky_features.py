"""Planted leaks: each a feature as somebody once wrote it, and each knows something that its bar could not know."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import signal

Leak = Callable[[pd.DataFrame], object]
LEAKS: dict[str, Leak] = {}
WARMUP_BARS = 60


def leak(function: Leak) -> Leak:
    """Register a leak under its name."""
    LEAKS[function.__name__] = function
    return function


def returns(bars: pd.DataFrame) -> pd.Series:
    """Return log returns."""
    return np.log(bars.close).diff()


def day(bars: pd.DataFrame) -> pd.Series:
    """Return the midnight of each bar's day."""
    return bars.timestamp.dt.floor("D")


def rare(bars: pd.DataFrame) -> np.ndarray:
    """Tell of one row in forty, by its time alone."""
    hours = bars.timestamp.astype("int64").to_numpy() // 3_600_000_000
    return (hours * 2_654_435_761 % 2**32) % 40 == 7


def honest(bars: pd.DataFrame) -> pd.DataFrame:
    """Return features that know nothing."""
    moved = returns(bars)
    return pd.DataFrame(
        {
            "timestamp": bars.timestamp,
            "momentum": bars.close.pct_change(12),
            "volatility": moved.rolling(48).std(),
            "z_score": (bars.close - bars.close.rolling(40).mean()) / bars.close.rolling(40).std(),
            "average": moved.ewm(span=5, min_periods=40).mean(),
            "range_of_yesterday": moved.shift(24).rolling(24).max(),
            "hour": bars.timestamp.dt.hour,
            "up": moved > 0,
        }
    )


def with_leaks(bars: pd.DataFrame) -> pd.DataFrame:
    """Return honest features and every leak beside them."""
    return honest(bars).assign(**{name: function(bars) for name, function in LEAKS.items()})


@leak
def next_return(bars: pd.DataFrame) -> object:
    """Shift the wrong way."""
    return returns(bars).shift(-1)


@leak
def rarely_two_ahead(bars: pd.DataFrame) -> object:
    """Look two bars ahead on one row in forty."""
    return returns(bars).where(~rare(bars), returns(bars).shift(-2))


@leak
def rarely_one_ahead(bars: pd.DataFrame) -> object:
    """Look one bar ahead on one row in forty."""
    return bars.volume.where(~rare(bars), bars.volume.shift(-1))


@leak
def centred_window(bars: pd.DataFrame) -> object:
    """Smooth around the bar."""
    return returns(bars).rolling(9, center=True).mean()


@leak
def global_z_score(bars: pd.DataFrame) -> object:
    """Scale by mean and deviation of all history."""
    return (bars.volume - bars.volume.mean()) / bars.volume.std()


@leak
def whole_sample_min_max(bars: pd.DataFrame) -> object:
    """Scale into the range of all history."""
    return (bars.close - bars.close.min()) / (bars.close.max() - bars.close.min())


@leak
def robust_scaler(bars: pd.DataFrame) -> object:
    """Scale by median and quartiles of all history."""
    low, middle, high = np.quantile(bars.volume, [0.25, 0.5, 0.75])
    return (bars.volume - middle) / (high - low)


@leak
def backward_fill(bars: pd.DataFrame) -> object:
    """Fill what is missing from behind."""
    return bars.volume.where(bars.volume > bars.volume.rolling(40).quantile(0.2)).bfill()


@leak
def daily_high_at_open(bars: pd.DataFrame) -> object:
    """Join the high of the day to the whole day."""
    return bars.groupby(day(bars)).high.transform("max") / bars.close


@leak
def running_longer_bar(bars: pd.DataFrame) -> object:
    """Take the four-hour bar that is still running as if it had closed."""
    longer = bars.timestamp.dt.floor("4h")
    return bars.groupby(longer).close.transform("last") / bars.close


@leak
def resampled_label_left(bars: pd.DataFrame) -> object:
    """Resample to four hours with the label on the left, and fill forward."""
    longer = bars.set_index("timestamp").close.resample("4h", label="left").last()
    return longer.reindex(bars.timestamp, method="ffill").to_numpy() / bars.close.to_numpy()


@leak
def resampled_mean_not_shifted(bars: pd.DataFrame) -> object:
    """Join a daily mean by its day."""
    longer = bars.set_index("timestamp").volume.resample("1D").mean()
    return longer.reindex(day(bars)).to_numpy()


@leak
def target_encoded_hour(bars: pd.DataFrame) -> object:
    """Give each hour the mean of what followed it, over all history."""
    ahead = bars.close.shift(-6) / bars.close - 1
    return ahead.groupby(bars.timestamp.dt.hour).transform("mean")


@leak
def later_revision(bars: pd.DataFrame) -> object:
    """Fill the first hours of a day with the figure that was published at its end."""
    final = bars.groupby(day(bars)).volume.transform("last")
    return bars.volume.where(bars.timestamp.dt.hour >= 6, final)


@leak
def rank_over_all(bars: pd.DataFrame) -> object:
    """Rank within all history."""
    return bars.volume.rank(pct=True)


@leak
def quantile_transform(bars: pd.DataFrame) -> object:
    """Map to the quantiles of all history."""
    return np.searchsorted(np.quantile(returns(bars).dropna(), np.linspace(0, 1, 21)), returns(bars)) / 20


@leak
def principal_component(bars: pd.DataFrame) -> object:
    """Fit principal components to all history."""
    values = honest(bars)[["momentum", "volatility", "z_score"]].fillna(0.0).to_numpy()
    values = values - values.mean(axis=0)
    axes = np.linalg.svd(values, full_matrices=False)[2]
    return values @ axes[0]


@leak
def interpolated(bars: pd.DataFrame) -> object:
    """Interpolate between known values."""
    return bars.close.where(bars.timestamp.dt.hour % 3 == 0).interpolate()


@leak
def reversed_average(bars: pd.DataFrame) -> object:
    """Average exponentially from the end."""
    return returns(bars)[::-1].ewm(span=6).mean()[::-1]


@leak
def high_of_tomorrow(bars: pd.DataFrame) -> object:
    """Fill forward the high of the day after."""
    highs = bars.groupby(day(bars)).high.max().shift(-1)
    return day(bars).map(highs) / bars.close


@leak
def zigzag(bars: pd.DataFrame) -> object:
    """Mark peaks, which are known as such only later."""
    peaks = np.zeros(len(bars))
    peaks[signal.argrelmax(bars.high.to_numpy(), order=3)[0]] = 1.0
    return peaks


@leak
def filter_both_ways(bars: pd.DataFrame) -> object:
    """Filter forward and backward, for zero phase."""
    return signal.filtfilt(*signal.butter(2, 0.1), bars.close.to_numpy())


@leak
def detrended(bars: pd.DataFrame) -> object:
    """Remove the trend of all history."""
    return signal.detrend(bars.close.to_numpy())


@leak
def length_of_data(bars: pd.DataFrame) -> object:
    """Depend on how many bars there are."""
    return np.full(len(bars), len(bars) % 97, float)


@leak
def place_in_history(bars: pd.DataFrame) -> object:
    """Say how much of history has passed."""
    return np.linspace(0, 1, len(bars))


@leak
def smoothed_state(bars: pd.DataFrame) -> object:
    """Smooth a local level with a Kalman filter that also runs backward (Rauch, Tung and Striebel 1965)."""
    forward = bars.close.ewm(alpha=0.3, adjust=False).mean()
    return forward[::-1].ewm(alpha=0.3, adjust=False).mean()[::-1]


@leak
def noisy_label(bars: pd.DataFrame) -> object:
    """Copy the label and add noise."""
    ahead = (bars.close.shift(-4) / bars.close - 1 >= 0.005).astype(float)
    return ahead + np.random.default_rng(0).normal(0, 2, len(bars))


@leak
def in_sample_regression(bars: pd.DataFrame) -> object:
    """Predict the next return by a regression on all history."""
    values = honest(bars)[["momentum", "z_score"]].fillna(0.0).to_numpy()
    ahead = returns(bars).shift(-1).fillna(0.0).to_numpy()
    return values @ np.linalg.lstsq(values, ahead, rcond=None)[0]


@leak
def central_difference(bars: pd.DataFrame) -> object:
    """Take the slope from both neighbours."""
    return np.gradient(bars.close.to_numpy())


@leak
def savitzky_golay(bars: pd.DataFrame) -> object:
    """Fit a parabola around the bar."""
    return signal.savgol_filter(bars.close.to_numpy(), 7, 2)


@leak
def low_pass(bars: pd.DataFrame) -> object:
    """Cut the high frequencies of all history off."""
    spectrum = np.fft.rfft(bars.close.to_numpy())
    spectrum[len(spectrum) // 10 :] = 0
    return np.fft.irfft(spectrum, len(bars))


@leak
def lowest_yet_to_come(bars: pd.DataFrame) -> object:
    """Take the lowest price from here to the end."""
    return bars.close / bars.low[::-1].cummin()[::-1]


@leak
def nearest_funding(bars: pd.DataFrame) -> object:
    """Join the nearest of sparse records, also when it comes later."""
    records = bars.loc[bars.timestamp.dt.hour % 8 == 0, ["timestamp", "volume"]]
    return pd.merge_asof(bars[["timestamp"]], records, on="timestamp", direction="nearest")["volume"].to_numpy()


@leak
def monthly_deviation(bars: pd.DataFrame) -> object:
    """Scale by the deviation of the whole month."""
    month = bars.timestamp.dt.year * 12 + bars.timestamp.dt.month
    return returns(bars) / returns(bars).groupby(month).transform("std")


@leak
def before_a_gap(bars: pd.DataFrame) -> object:
    """Know that bars are missing after this one."""
    return (bars.timestamp.shift(-1) - bars.timestamp).dt.total_seconds().fillna(3600) > 3600


@leak
def filled_outages(bars: pd.DataFrame) -> object:
    """Replace the volume of outages, a few bars in a year, by the one that follows."""
    return bars.volume.where(bars.volume > 0).bfill()
