"""The files that `init` writes: a commented workflow for the language of a repository, and the job that runs it."""
