"""YAML and JSON texts as trees whose nodes know their line and column, and the diagnostics that show it.

What a key means belongs to `normalize`.
"""
