"""YAML and JSON texts as trees whose nodes know their line and column, and the diagnostics that show these.

The meaning of a key belongs to `normalize`.
"""
