"""The taint analysis of shell commands: where a value stands, what it must not become, and the script that is safe to
run.

Reading the text itself belongs to `shell.syntax`.
"""
