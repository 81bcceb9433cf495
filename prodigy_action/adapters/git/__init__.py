"""A repository as git has it: calls, objects, packs, references, configuration, the user's checkout and our private
repository.

Worktrees of items belong to `worktrees`, merging to `landing`.
"""
