"""`reproduce`: one item of an ended run, executed once more on this machine."""
