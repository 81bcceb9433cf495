"""What the tests share: repositories, runs of the program, fakes of the ports, generated data.

A helper that one directory alone uses stays beside its tests; no test module imports from another.
"""
