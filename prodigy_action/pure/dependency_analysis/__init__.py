"""Which steps of a phase may run side by side: what each step reads and writes, and the batches that follow from it.

Running the batches belongs to `effects`; the names that the specification fixes are importable from here.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodigy_action.pure.dependency_analysis.graph import CommandGraph, analyze_dependencies
    from prodigy_action.pure.dependency_analysis.step_footprint import extract_variable_reads, extract_variable_writes

__all__ = [
    "CommandGraph",
    "analyze_dependencies",
    "extract_variable_reads",
    "extract_variable_writes",
]


def __getattr__(name: str) -> object:
    """One of the names above: the analysis is imported when a phase needs it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "step_footprint" if name.startswith("extract_") else "graph"
    return getattr(import_module(f"{__name__}.{module}"), name)
