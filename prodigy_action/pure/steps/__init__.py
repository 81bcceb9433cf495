"""The meaning of one step: its rules, variables, environment, captures and validation result.

Running it belongs to `effects.steps`; its shell text to `shell`.
"""
