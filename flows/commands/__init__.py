"""The commands of ``trady2``, by what they are about; each registers its own on the app of `flows.cli`."""
