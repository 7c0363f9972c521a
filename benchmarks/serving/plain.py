"""The plain way to serve such a model: a synchronous BentoML API, a DataFrame, and LightGBM's scikit-learn wrapper."""

from __future__ import annotations

import os

import bentoml
import joblib
import pandas as pd


@bentoml.service
class Plain:
    """Loads a pickled classifier and predicts with it."""

    def __init__(self) -> None:
        """Load the model."""
        self.model = joblib.load(os.environ["PLAIN_MODEL"])

    @bentoml.api
    def predict(self, features: dict[str, float]) -> dict[str, float]:
        """Return the probability of a rise."""
        return {"probability": float(self.model.predict_proba(pd.DataFrame([features]))[0, 1])}
