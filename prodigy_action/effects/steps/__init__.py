"""Running one step with all that stands around it: conditions, loops, retries, checks, repair and validation.

Phases compose steps; decisions about them belong to `pure.steps`.
"""
