"""Folding the records of the journal: what happened, what a resume has left to do, the results of the run.

Reading and writing the file belongs to `adapters.results`.
"""
