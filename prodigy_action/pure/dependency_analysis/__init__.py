"""Which steps of a phase may run side by side: what each step reads and writes, and the batches that follow from it.

Running the batches belongs to `effects`; the names that the specification fixes are importable from here.
"""

from prodigy_action.pure.dependency_analysis.graph import CommandGraph, analyze_dependencies
from prodigy_action.pure.dependency_analysis.step_footprint import extract_variable_reads, extract_variable_writes

__all__ = [
    "CommandGraph",
    "analyze_dependencies",
    "extract_variable_reads",
    "extract_variable_writes",
]
