"""The language of filters, sort orders and conditions: grammar, syntax tree, evaluation.

Selecting the items of a workflow belongs to `items` and `work_planning`.
"""
