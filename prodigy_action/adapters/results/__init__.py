"""The results directory: journal, state, logs and the lock.

The objects that a checkpoint keeps belong to `checkpoints`.
"""
