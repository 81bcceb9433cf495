"""The bytes of an item file as items: JSON, JSON lines, YAML, CSV and text.

Which items are selected is decided by `pure.items` and `pure.work_planning`.
"""
