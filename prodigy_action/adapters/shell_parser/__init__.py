"""Shell texts through the parser of mvdan/sh: the process, its JSON, and our tree."""
