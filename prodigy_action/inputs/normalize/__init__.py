"""The accepted forms of each field, rewritten to the one form of the model.

Checks of whole workflows belong to `checks`.
"""
