"""Compiled loops over one array. Each result depends on the values before it alone, never on the array's length.

That is why the logarithm lives here too: numpy's own may round differently in its vector part and in its tail,
so appending a bar could change the last bit of an earlier one.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt

__all__ = [
    "circle",
    "divide",
    "log_ratio",
    "logarithm",
    "merge_by_clock",
    "run_length",
    "sum_between",
    "window_moments",
    "window_sum",
]

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

_compiled = numba.njit(nogil=True, cache=True, error_model="numpy")


@_compiled
def logarithm(values: Array) -> Array:
    """Return the natural logarithm of each value; values are positive."""
    result = np.empty(values.size)
    for row in range(values.size):
        result[row] = math.log(values[row])
    return result


@_compiled
def log_ratio(numerator: Array, denominator: Array) -> Array:
    """Return ln(numerator / denominator) row by row; 0 where either is not positive, NaN where either is NaN."""
    result = np.empty(numerator.size)
    for row in range(numerator.size):
        above, below = numerator[row], denominator[row]
        result[row] = 0.0 if above <= 0 or below <= 0 else math.log(above / below)
    return result


@_compiled
def circle(position: Array, period: float) -> tuple[Array, Array]:
    """Return sine and cosine of *position* on a circle of *period*, both in the same unit."""
    sine, cosine = np.empty(position.size), np.empty(position.size)
    for row in range(position.size):
        angle = 2.0 * math.pi * position[row] / period
        sine[row], cosine[row] = math.sin(angle), math.cos(angle)
    return sine, cosine


@_compiled
def window_sum(values: Array, window: int) -> Array:
    """Return the sum of the last *window* values of each row, NaN in the first window - 1 rows.

    A running sum adds the newest value and subtracts the oldest, so a spike that has left leaves its rounding
    error behind, and a flat window never sums to zero again. Here the rows are cut into chunks of one window;
    each sum is the tail of one chunk plus the head of the next, and nothing is ever subtracted
    (van Herk 1992; Gil and Werman 1993, for maxima). Two additions a row, whatever the window.
    """
    n = values.size
    result = np.full(n, np.nan)
    tail = np.zeros(window + 1)
    for start in range(0, n - window + 1, window):
        for back in range(window - 1, -1, -1):
            tail[back] = tail[back + 1] + values[start + back]
        result[start + window - 1] = tail[0]
        head = 0.0
        for step in range(1, min(window, n - start - window + 1)):
            head += values[start + window + step - 1]
            result[start + window + step - 1] = tail[step] + head
    return result


@_compiled
def window_moments(values: Array, window: int) -> tuple[Array, Array]:
    """Return mean and population variance of the last *window* values, NaN in the first window - 1 rows.

    Sums as in `window_sum`. A variance of at most 1e-12 of the mean square is the rounding error of a constant,
    and becomes exactly 0.
    """
    n = values.size
    average, spread = np.full(n, np.nan), np.full(n, np.nan)
    tail, tail_square = np.zeros(window + 1), np.zeros(window + 1)
    for start in range(0, n - window + 1, window):
        for back in range(window - 1, -1, -1):
            value = values[start + back]
            tail[back] = tail[back + 1] + value
            tail_square[back] = tail_square[back + 1] + value * value
        head = head_square = 0.0
        for step in range(min(window, n - start - window + 1)):
            if step > 0:
                value = values[start + window + step - 1]
                head += value
                head_square += value * value
            first = (tail[step] + head) / window
            square = (tail_square[step] + head_square) / window
            variance = square - first * first
            row = start + window + step - 1
            average[row] = first
            spread[row] = 0.0 if variance <= 1e-12 * square else variance
    return average, spread


@_compiled
def divide(numerator: Array, denominator: Array, neutral: float) -> Array:
    """Return numerator / denominator, and *neutral* where the denominator is 0."""
    result = np.empty(numerator.size)
    for row in range(numerator.size):
        result[row] = neutral if denominator[row] == 0 else numerator[row] / denominator[row]
    return result


@_compiled
def run_length(sign: Array, longest: int) -> Array:
    """Return how many bars in a row had the sign of this one, times that sign; at most *longest*, 0 for sign 0."""
    result = np.zeros(sign.size)
    length = 0
    for row in range(sign.size):
        same = row > 0 and sign[row] == sign[row - 1]
        length = min(length + 1, longest) if same else 1
        result[row] = sign[row] * length
    return result


@_compiled
def merge_by_clock(
    bucket: Rows, open_: Array, high: Array, low: Array, close: Array, volume: Array
) -> tuple[Rows, Array, Rows]:
    """Merge rows of the same *bucket* number (sorted) into one longer bar each.

    Returns the m bucket numbers, the (5, m) open, high, low, close and volume, and for each row the first row
    of its own bucket. Rows that do not exist are simply not there: a bucket without any row has no bar.
    """
    n = bucket.size
    number, merged, first_row = np.empty(n, np.int64), np.empty((5, n)), np.empty(n, np.int64)
    m = -1
    for row in range(n):
        if row == 0 or bucket[row] != bucket[row - 1]:
            m += 1
            number[m] = bucket[row]
            merged[0, m], merged[1, m], merged[2, m], merged[4, m] = open_[row], high[row], low[row], 0.0
            first_row[row] = row
        else:
            first_row[row] = first_row[row - 1]
        merged[1, m] = max(merged[1, m], high[row])
        merged[2, m] = min(merged[2, m], low[row])
        merged[3, m] = close[row]
        merged[4, m] += volume[row]
    return number[: m + 1].copy(), merged[:, : m + 1].copy(), first_row


@_compiled
def sum_between(row_time: Rows, time: Rows, value: Array, patience: int) -> Array:
    """Return the sum of *value* over the *time*s after the row before, up to and including the row's own time.

    The first row takes all up to its time. NaN where the newest time lies more than *patience* back, or there is none.
    """
    result = np.full(row_time.size, np.nan)
    position = 0
    for row in range(row_time.size):
        total = 0.0
        while position < time.size and time[position] <= row_time[row]:
            total += value[position]
            position += 1
        if position > 0 and row_time[row] - time[position - 1] <= patience:
            result[row] = total
    return result
