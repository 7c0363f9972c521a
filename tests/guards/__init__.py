"""The guards, by the mirror of their modules."""
