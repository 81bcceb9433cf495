"""The filter, sort and condition language: grammar, tree, evaluation.

Which items a workflow selects with it belongs to `items` and `work_planning`.
"""
