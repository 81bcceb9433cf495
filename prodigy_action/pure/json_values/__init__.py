"""Reading and comparing JSON values: field paths, JSONPath, equality and order.

The filter and condition languages, which use them, belong to `expressions`.
"""
