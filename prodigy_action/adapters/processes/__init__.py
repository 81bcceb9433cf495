"""Commands of a workflow as processes: starting them, reading their output, ending the whole process tree, the user
they run as.

Our own calls of git belong to `git`.
"""
