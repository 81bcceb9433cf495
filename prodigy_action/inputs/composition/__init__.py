"""Workflows made of several files: `extends`, `imports`, `template`, resolved before anything is normalized.

The result is one located tree whose nodes keep their places in the files that they come from.
"""
