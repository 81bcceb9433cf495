"""Access to git repositories: calls, objects, packs, references, configuration, the user's checkout and the private
repository.

Worktrees of items belong to `worktrees`, merging to `landing`.
"""
