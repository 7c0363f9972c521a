"""Bars and feature vectors: import, check, store, simulate."""
