"""Landing the commits of items on the parent branch: tree merges, cherry-picks, and the record of which item changed
which path.

`pure.policies.merge_order` decides the order of landing.
"""
