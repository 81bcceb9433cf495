"""Commands of a workflow as processes: start them, read their output, end the whole process tree, choose the user they
run as.

The program's own calls of git belong to `git`.
"""
