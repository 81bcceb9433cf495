"""What one step means: its rules, variables, environment, captures and validation result.

Running it belongs to `effects.steps`; its shell text to `shell`.
"""
