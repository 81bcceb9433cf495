"""Compositions of effects, one per phase of a run."""
