"""Making the files of slots: read once, then written by a process of its own for each slot."""
