"""Rules for the raw content of git's objects: what `git fsck --strict` refuses, and what no file system can check out.

Reading and walking objects belongs to `adapters.git`.
"""
