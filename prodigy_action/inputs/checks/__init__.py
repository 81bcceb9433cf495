"""The checks of a workflow after its model is made: names, expressions, shell texts, lints; each problem with its
place.

The forms of a field belong to `normalize`.
"""
