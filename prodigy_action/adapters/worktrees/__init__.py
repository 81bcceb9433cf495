"""The pool of worktrees, one slot for each running item: make, scan and restore them.

Landing an item's commits belongs to `landing`.
"""
