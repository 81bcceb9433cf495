"""From the bytes of an item file to items: JSON, JSON lines, YAML, CSV and text.

`pure.items` and `pure.work_planning` decide which items are selected.
"""
