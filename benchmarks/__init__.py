"""Measurements: each module has `measure() -> dict` and runs with `python -m benchmarks.<name>`."""
