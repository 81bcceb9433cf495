"""Landing the commits of items on the parent branch: tree merges, cherry-picks, and the record of who landed which
path.

The order of landing is decided by `pure.policies.merge_order`.
"""
