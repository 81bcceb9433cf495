"""Frozen values: what a workflow says, what a plan decided, what a run recorded."""
