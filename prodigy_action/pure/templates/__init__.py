"""The `${…}` and `$NAME` placeholders of a text: where they stand, which names they read, what they are replaced by.

How a value is quoted inside a shell command belongs to `shell.safety`.
"""
