"""What is checked once a workflow has its model: names, expressions, shell texts, lints; each problem with its place.

The forms of a field belong to `normalize`.
"""
