"""The life of one item: admission, limits, retries, failure and the record of its end.

Its steps belong to `effects.steps`, its merge to `effects.merge` and `effects.landing`.
"""
