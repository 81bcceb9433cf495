"""The results directory: journal, state, logs and the lock.

The git objects of a checkpoint belong to `checkpoints`.
"""
