"""Checkpoints for a resume: the objects of recorded items and the carried files, and how both are restored.

The journal that names them belongs to `results`.
"""
