"""Workflow files that really run, and the demonstration of `make demo`."""
