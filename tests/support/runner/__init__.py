"""A fake of GitHub's runner: its inputs, its files for commands, and the two grammars of commands in the log."""
