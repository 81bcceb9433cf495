"""The pool of worktrees, one slot per running item: making, scanning and restoring them.

What becomes of an item's commits belongs to `landing`.
"""
