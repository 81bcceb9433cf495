"""Operations on any files: temporary directories, ownership, permissions.

The files of a run's results belong to `results`, those of a worktree to `worktrees`.
"""
