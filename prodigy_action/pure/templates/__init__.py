"""The `${…}` and `$NAME` placeholders of a text: where they are, which names they read, what replaces them.

Quoting a value inside a shell command belongs to `shell.safety`.
"""
