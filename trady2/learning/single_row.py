"""LightGBM's call for one row: nothing is set up and nothing allocated per call, so that only the trees cost time.

`lightgbm.Booster.predict` makes a predictor for every call, three times the work of two hundred trees. LightGBM's C
interface keeps one (``LGBM_BoosterPredictForMatSingleRowFast``, c_api.h); the Python package declares it and does not
use it.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

import lightgbm
import numpy as np
from numpy.typing import NDArray

from trady2.errors import DataError

__all__ = ["SingleRow"]

_LIBRARY: Final = lightgbm.basic._LIB  # type: ignore[attr-defined]  # the handle that the package itself calls by
_RAW_SCORE: Final = 1  # C_API_PREDICT_RAW_SCORE
_FLOAT32: Final = 0  # C_API_DTYPE_FLOAT32
# The interpreter's lock is kept: LightGBM lets one thread at a time into a predictor anyway, and giving the lock away
# for microseconds can cost milliseconds until it is back.
_predict: Final = ctypes.PYFUNCTYPE(ctypes.c_int, *(ctypes.c_void_p,) * 4)(
    ("LGBM_BoosterPredictForMatSingleRowFast", _LIBRARY)
)


class SingleRow:
    """Scores one row of *width* float32 features by *booster*, which it keeps alive; threads may share it."""

    __slots__ = ("_booster", "_config", "_row", "_width")

    def __init__(self, booster: lightgbm.Booster, width: int) -> None:
        """Let LightGBM make a predictor that stays."""
        config = ctypes.c_void_p()
        self._booster, self._width, self._config = booster, width, None
        self._row = ctypes.c_float * width
        _checked(
            _LIBRARY.LGBM_BoosterPredictForMatSingleRowFastInit(
                booster._handle, _RAW_SCORE, 0, -1, _FLOAT32, ctypes.c_int32(width), b"num_threads=1",
                ctypes.byref(config),
            )
        )  # fmt: skip
        self._config = config.value

    def __call__(self, row: NDArray[np.float32]) -> float:
        """Return the log odds of the (f,) *row*, NaN where a value is missing: the bits of `Booster.predict`.

        Raises DataError for another number of values, which LightGBM would read past.
        """
        row = np.ascontiguousarray(row, np.float32)
        if row.shape != (self._width,):
            raise DataError(f"a row of shape {row.shape} is not ({self._width},); give every feature")
        # A copy of the row costs a fifth of asking numpy for its address.
        values, length, score = self._row.from_buffer_copy(row.data), ctypes.c_int64(), ctypes.c_double()
        _checked(_predict(self._config, values, ctypes.byref(length), ctypes.byref(score)))
        return score.value

    def __del__(self, _free: Any = _LIBRARY.LGBM_FastConfigFree) -> None:
        """Free the predictor."""
        if getattr(self, "_config", None) is not None:
            _free(ctypes.c_void_p(self._config))


def _checked(status: int) -> None:
    if status:
        raise lightgbm.basic.LightGBMError(_LIBRARY.LGBM_GetLastError().decode("utf-8"))
