"""Reading and comparing JSON values: field paths, JSONPath, equality and order.

The filter and condition languages that use them belong to `expressions`.
"""
