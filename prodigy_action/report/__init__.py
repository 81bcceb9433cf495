"""A run, rendered: summary, artifact, workflow commands."""
