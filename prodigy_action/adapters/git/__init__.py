"""Git in general: calls, objects, packs, references, settings, and the facts of the user's checkout.

The private repository of a run belongs to `repository`, worktrees of items to `worktrees`, merging to `landing`.
"""
