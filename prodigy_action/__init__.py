"""Data-driven fan-out inside one CI job: items in isolated git worktrees, merged back deterministically."""

__version__ = "0.1.0"
