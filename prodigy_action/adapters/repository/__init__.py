"""The private repository of a run: making it, its parent worktree and history, and publishing to the user's checkout.

Calls, objects and settings of git in general belong to `git`; worktrees of items belong to `worktrees`.
"""
