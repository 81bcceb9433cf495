"""Running one step with its conditions, loops, retries, checks, repair and validation.

Phases compose steps; decisions about them belong to `pure.steps`.
"""
