"""The kernel asked whether a worktree changed."""
