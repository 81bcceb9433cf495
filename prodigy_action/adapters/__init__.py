"""The implementations of the ports: only these modules use git, processes, files and the clock."""
