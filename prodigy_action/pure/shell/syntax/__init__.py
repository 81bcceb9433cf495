"""The syntax of a shell text: its words, quotes, expansions and commands, each with its place.

No rule about values belongs here; those are in `shell.safety`.
"""
